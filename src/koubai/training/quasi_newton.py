"""Training by L-BFGS: all rows at once, no schedule, no dropout."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.warning import warn_caller
from koubai.engines.cpu.threads import blas_threads_for
from koubai.engines.protocol import Engine, Rows
from koubai.optimizers.lbfgs import minimize_lbfgs
from koubai.training.history import INTERRUPTED, History
from koubai.training.interrupts import deferred_interrupts
from koubai.training.loop import Callback
from koubai.training.progress import newest_numbers, progress_bar


@dataclass(frozen=True, slots=True)
class QuasiNewtonCourse:
    """Limits and reporting of L-BFGS.

    Parameters
    ----------
    max_iterations, max_evaluations : int
        Maximum number of iterations, and of evaluations of loss and gradient.
    tolerance : float
        Training stops when no component of the gradient is larger in absolute value.
    callbacks, verbose, progress
        As in `koubai.training.loop.TrainingCourse`, with iterations in place of epochs.
    """

    max_iterations: int
    max_evaluations: int
    tolerance: float
    callbacks: Sequence[Callback] = ()
    verbose: bool = False
    progress: bool = False


@dataclass(frozen=True, slots=True)
class QuasiNewtonResult:
    """Result of L-BFGS: θ, its loss, iterations, and SciPy's message if it did not converge, else ``""``."""

    theta: Array
    loss: float
    n_iterations: int
    complaint: str


def train_lbfgs(
    engine: Engine,
    network: Network,
    theta: Array,
    rows: Rows,
    penalty: Penalty,
    course: QuasiNewtonCourse,
    history: History,
) -> QuasiNewtonResult:
    """Minimise the mean loss of all rows plus the penalty; each iteration is recorded in ``history`` as an epoch.

    After Ctrl-C the last iteration is used, and a warning is issued.
    """
    reached: list[tuple[Array, float]] = []
    began = perf_counter()
    history.stopped = ""
    with deferred_interrupts() as check_interrupt, progress_bar(course.progress, course.max_iterations, 0) as show:

        def evaluate(theta: Array) -> tuple[float, Array]:
            check_interrupt()
            return engine.loss_and_gradient(network, theta, rows, penalty)

        def after_iteration(iteration: int, theta: Array, loss: float) -> bool:
            nonlocal began
            now = perf_counter()
            history.extend([loss], [1.0], now - began)
            began = now
            reached[:] = [(theta, loss)]
            epoch = history[-1]
            show(iteration, newest_numbers(epoch))
            if course.verbose:
                print(f"Iteration {iteration}, loss = {loss:.8f}")
            history.stop_if_asked([callback(epoch) for callback in course.callbacks])  # all of them are told
            return bool(history.stopped)

        n_before = len(history)
        try:
            with (
                np.errstate(over="ignore", invalid="ignore", divide="ignore"),
                blas_threads_for(network, rows.n_rows),
            ):
                found = minimize_lbfgs(
                    evaluate,
                    theta,
                    gradient_tolerance=course.tolerance,
                    max_iterations=course.max_iterations,
                    max_evaluations=course.max_evaluations,
                    callback=after_iteration,
                )
        except KeyboardInterrupt:
            history.stopped = INTERRUPTED
            warn_caller("Training interrupted by user.")
            last, loss = reached[-1] if reached else (theta, engine.loss_and_gradient(network, theta, rows, penalty)[0])
            return QuasiNewtonResult(last, loss, len(history) - n_before, "")
    complaint = "" if found.converged or history.stopped else found.message
    history.stopped = history.stopped or ("patience" if found.converged else "epochs")
    return QuasiNewtonResult(found.theta, found.value, found.n_iterations, complaint)
