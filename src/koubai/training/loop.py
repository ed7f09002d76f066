"""The fit loop: runs the engine for as many epochs at a time as need no inspection in between, and monitors them."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError, InPython
from koubai.core.language import worded
from koubai.core.warning import warn_caller
from koubai.engines.protocol import WHOLE, Engine, Patience, Plan, Rows, Shares, Together
from koubai.optimizers.schedules import Schedule
from koubai.training.checkpoints import CheckpointFile
from koubai.training.history import INTERRUPTED, Epoch
from koubai.training.interrupts import deferred_interrupts
from koubai.training.progress import Show, newest_numbers, progress_bar
from koubai.training.run import Run, Unfinished
from koubai.training.shares import ShareSchedules
from koubai.training.sources import Source

Callback: TypeAlias = Callable[[Epoch], bool | str | None]
"""Called after each epoch; True stops training, `INTERRUPTED` does as Ctrl-C."""

Callbacks: TypeAlias = Callback | Sequence[Callback] | None
"""One, several, or none."""

SECONDS_PER_CALL = 0.075
"""Target duration of one call of the engine, since Ctrl-C, progress and checkpoints wait for its end."""
LARGEST_GROWTH = 16
"""Maximum growth factor of the number of epochs per call: the first epoch may be slower than the rest."""


@dataclass(frozen=True, slots=True)
class TrainingCourse:
    """The course of training, beyond what `Plan` specifies.

    Parameters
    ----------
    epochs : int
        Maximum number of epochs.
    schedule : Schedule
        α of each update, derived from the base rate held by `Run`.
    total_epochs : int, optional
        Number of epochs that the schedule spans, if different from ``epochs``.
    decay_schedule, dropout_schedule : Schedule, optional
        The share of weight decay and of dropout probabilities that applies, as a schedule with base 1.
    score : callable, optional
        Returns a validation score of θ, higher is better; called after each epoch. If it has a ``loss``, that is the
        loss of the validation rows in the last call.
    score_is_loss : bool
        Whether that score is minus the loss, and is displayed as a loss.
    stop_on_score : bool
        Whether patience monitors that score instead of the training loss, and the best θ is kept.
    callbacks : sequence of Callback
        All are called after each epoch; any that returns True stops training.
    verbose : bool
        Whether to print a line per epoch, worded as in scikit-learn.
    progress : bool
        Whether to show a progress bar on standard error.
    checkpoint : CheckpointFile, optional
        Where the run is saved from time to time.
    who : str
        Name of the caller, for messages.
    """

    epochs: int
    schedule: Schedule
    total_epochs: int | None = None
    decay_schedule: Schedule | None = None
    dropout_schedule: Schedule | None = None
    score: Callable[[Array], float] | None = None
    score_is_loss: bool = False
    stop_on_score: bool = False
    callbacks: Sequence[Callback] = ()
    verbose: bool = False
    progress: bool = False
    checkpoint: CheckpointFile | None = None
    who: str = "train"


FOREVER = 2**62
"""More updates than any run will make; a larger number would not fit into 64 bits."""


def next_rates(plan: Plan, run: Run, course: TrainingCourse, n_rows: int, n_epochs: int) -> npt.NDArray[np.float64]:
    """Return α of the updates of the next epochs, (n_epochs, steps_per_epoch)."""
    steps = plan.steps_per_epoch(n_rows)
    return _rates(plan, run, course, n_rows, n_epochs * steps).reshape(n_epochs, steps)


def _rates(plan: Plan, run: Run, course: TrainingCourse, n_rows: int, n_updates: int) -> npt.NDArray[np.float64]:
    """Return α of the next updates, (n_updates,), in a training whose epochs have ``n_rows`` rows."""
    steps = plan.steps_per_epoch(n_rows)
    return course.schedule.rates(
        run.learning_rate,
        run.state.step,
        n_updates,
        steps,
        _total(course, steps),
        n_rows=n_rows,
        rows_seen=run.rows_seen,
    )


def _shares(plan: Plan, run: Run, course: TrainingCourse, n_rows: int, shape: tuple[int, int]) -> Shares:
    """Return the share of weight decay and dropout that applies in the next updates, of shape (n_epochs, steps)."""
    steps = plan.steps_per_epoch(n_rows)
    schedules = ShareSchedules(course.decay_schedule, course.dropout_schedule, course.who)
    return schedules.of(run.state.step, shape, steps, _total(course, steps), n_rows, run.rows_seen)


def _total(course: TrainingCourse, steps: int) -> int:
    """Return the number of updates that schedules span, given the updates per epoch."""
    return min((course.total_epochs or course.epochs) * steps, FOREVER)


def _run_engine(
    engine: Engine,
    plan: Plan,
    run: Run,
    course: TrainingCourse,
    rows: Rows,
    rates: npt.NDArray[np.float64],
    n_rows: int,
    patience: Patience | None = None,
) -> npt.NDArray[np.float64]:
    """Run epochs in one call of the engine; shares are passed only if there are any: some engines know none."""
    shares = _shares(plan, run, course, n_rows, (rates.shape[0], rates.shape[1]))
    if shares is WHOLE:
        return engine.run(plan, run.state, rows, rates, patience)
    return engine.run(plan, run.state, rows, rates, patience, shares)


def train(engine: Engine, plan: Plan, run: Run, source: Source, course: TrainingCourse) -> None:
    """Train until all epochs are done or something stops it; ``run.history.stopped`` records which.

    After Ctrl-C the run is left as after the last completed call of the engine, and a warning is issued.

    Raises
    ------
    DivergenceError
        If the loss or θ is no longer finite and there is no best θ to fall back on.
    """
    together: Together | None = getattr(engine, "together", None)
    writes = together is None or together.writes
    if together is not None and course.score is not None:
        course = replace(course, score=_AgreedScore(together, course.score))
    ended = run.ended if run.ended in ("patience", "diverged") else ""  # more epochs may be requested now
    run.history.stopped = ended or ("" if run.done < course.epochs else "epochs")
    with deferred_interrupts() as check_interrupt, progress_bar(course.progress, course.epochs, run.done) as show:
        n_epochs, pressed = 1, False
        try:
            while not run.history.stopped:
                n_epochs = _agreed(together, n_epochs, check_interrupt)
                if source.constant:
                    seconds = _run_epochs(engine, plan, run, source, course, n_epochs)
                    n_epochs = _epochs_of_next_call(course, run, n_epochs, seconds)
                else:
                    # Of several processes all stop at once, between epochs
                    check_part = check_interrupt if together is None else _go_on
                    _run_parts(engine, plan, run, source, course, check_part, show, writes)
                show(run.done, newest_numbers(run.history[-1], course.score_is_loss))
                _decide(plan, run, course)
                if course.checkpoint is not None and writes and not run.history.stopped:
                    course.checkpoint.save_if_due(run)
        except KeyboardInterrupt:
            run.history.stopped = run.history.stopped or INTERRUPTED
            pressed = True
    if run.history and not np.isfinite(run.theta).all():
        raise _divergence(plan, run, course)
    if course.checkpoint is not None and writes:
        course.checkpoint.close(run, finished=run.history.stopped != INTERRUPTED)
    if pressed:
        warn_caller(_interruption(course.checkpoint))


def _interruption(checkpoint: CheckpointFile | None) -> str:
    """Return what is said after Ctrl-C: where training can go on from, if anywhere."""
    if checkpoint is None or not checkpoint.path.exists():
        return worded("training.note.interrupted")
    return worded("training.note.interrupted_kept", path=checkpoint.path)


def _go_on() -> None:
    """Stop nothing."""


class _AgreedScore:
    """The first process's score of θ, for all, so that none stops for a last bit of its own."""

    def __init__(self, together: Together, score: Callable[[Array], float]) -> None:
        self._together, self._score = together, score

    def __call__(self, theta: Array) -> float:
        return self._together.same(self._score(theta))

    @property
    def loss(self) -> float | None:
        """The validation loss, where the score is another."""
        return getattr(self._score, "loss", None)


def _agreed(together: Together | None, n_epochs: int, check_interrupt: Callable[[], None]) -> int:
    """Return the number of epochs of the next call, or raise KeyboardInterrupt: in all processes alike."""
    if together is None:
        check_interrupt()
        return n_epochs
    came = False
    try:
        check_interrupt()
    except KeyboardInterrupt:
        came = True
    n_epochs, one_came = together.agree(n_epochs, came)
    if one_came:
        raise KeyboardInterrupt
    return n_epochs


def _epochs_of_next_call(course: TrainingCourse, run: Run, n_epochs: int, seconds: float) -> int:
    """Return the number of epochs to run before the next inspection."""
    if course.score is not None or course.callbacks:
        return 1
    fitting = int(n_epochs * SECONDS_PER_CALL / max(seconds, 1e-9))
    return max(1, min(fitting, n_epochs * LARGEST_GROWTH, course.epochs - run.done))


def _run_epochs(engine: Engine, plan: Plan, run: Run, source: Source, course: TrainingCourse, n_epochs: int) -> float:
    """Run epochs in one call of the engine, score θ, and record the history; return the seconds taken."""
    begin = perf_counter()
    (rows,) = source.parts(plan, run.state.epoch)
    rates = next_rates(plan, run, course, rows.n_rows, n_epochs)
    run.whole = False
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # divergence is reported in one sentence
        patience = None if course.stop_on_score else run.patience
        losses = _run_engine(engine, plan, run, course, rows, rates, rows.n_rows, patience).tolist()
    return _take_in(run, course, losses, rates[: len(losses), -1].tolist(), rows.n_rows, begin)


def _run_parts(
    engine: Engine,
    plan: Plan,
    run: Run,
    source: Source,
    course: TrainingCourse,
    check_interrupt: Callable[[], None],
    show: Show,
    writes: bool,
) -> None:
    """Run one epoch, or the rest of one, part by part; score θ, and record the history.

    The engine treats each part as an epoch, so ``run.state.epoch`` encodes epoch and part.
    """
    begin = perf_counter() - run.unfinished.seconds
    so_far = run.unfinished
    epoch, first = divmod(run.state.epoch, source.n_parts(plan))
    rates = np.empty(1)
    with closing(source.parts(plan, epoch, first)) as parts, np.errstate(all="ignore"):
        for rows in parts:
            check_interrupt()
            rates = _rates(plan, run, course, source.n_rows, plan.steps_per_epoch(rows.n_rows))
            run.whole = False
            (loss,) = _run_engine(engine, plan, run, course, rows, rates[np.newaxis], source.n_rows).tolist()
            run.whole = True
            so_far.loss += loss * rows.n_rows
            so_far.rows += rows.n_rows
            so_far.seconds = perf_counter() - begin
            if not np.isfinite(loss):
                break
            show(run.done + so_far.rows / source.n_rows, worded("training.note.loss", loss=f"{so_far.mean_loss:.4g}"))
            if course.checkpoint is not None and writes and so_far.rows < source.n_rows:
                course.checkpoint.save_if_due(run)
    run.whole = False
    loss = so_far.mean_loss
    if not course.stop_on_score:
        run.patience.observe(loss)
    _take_in(run, course, [loss], [float(rates[-1])], source.n_rows, begin)
    run.unfinished = Unfinished()


def _take_in(
    run: Run, course: TrainingCourse, losses: list[float], last_rates: list[float], n_rows: int, begin: float
) -> float:
    """Score θ after epochs of ``n_rows`` rows that started at ``begin``, and record the history; return the seconds."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        score = None if course.score is None else course.score(run.state.theta)
    seconds = perf_counter() - begin
    run.history.extend(losses, last_rates, seconds, score, getattr(course.score, "loss", None))
    run.done += len(losses)
    run.rows_seen += len(losses) * n_rows
    run.whole = True
    if course.stop_on_score and score is not None:
        run.patience.observe(-score)
        if score > run.best_score:
            run.best_score, run.best_theta = score, run.state.theta.copy()
    if course.verbose:
        for number, loss in enumerate(losses, run.done - len(losses) + 1):
            print(f"Iteration {number}, loss = {loss:.8f}")
        if score is not None:
            print(f"Validation score: {score:f}")
    return seconds


def _decide(plan: Plan, run: Run, course: TrainingCourse) -> None:
    """Set ``run.history.stopped`` if training must end here, and lower an adaptive rate on stagnation."""
    history, last = run.history, run.history[-1]
    if not np.isfinite(last.loss):
        error = _divergence(plan, run, course)
        if run.best_theta is None:
            raise error
        history.stopped = "diverged"
        warn_caller(worded("training.note.best_parameters_before_kept", error=error), RuntimeWarning)
        return
    if run.patience.count > run.patience.limit:
        lower = course.schedule.after_stagnation(run.learning_rate)
        if course.verbose:
            print(_stagnation(run, course, lower))
        if lower is None:
            history.stopped = "patience"
        else:
            run.learning_rate, run.patience.count = lower, 0
    if not history.stopped and run.done >= course.epochs:
        history.stopped = "epochs"
    # Called last, so that a callback that raises leaves the run consistent.
    history.stop_if_asked([callback(last) for callback in course.callbacks])


def _stagnation(run: Run, course: TrainingCourse, lower: float | None) -> str:
    watched = "Validation score" if course.stop_on_score else "Training loss"
    then = "Stopping." if lower is None else f"Setting learning rate to {lower:f}"
    return (
        f"{watched} did not improve more than tol={run.patience.tolerance:f} for {run.patience.limit:.0f} "
        f"consecutive epochs. {then}"
    )


def _divergence(plan: Plan, run: Run, course: TrainingCourse) -> DivergenceError:
    """Return an error that says where training became non-finite."""
    broken = [
        index
        for index, (_, blocks) in enumerate(plan.network.parts(run.state.theta))
        if not all(np.isfinite(block).all() for block in blocks)
    ]
    where = (
        worded("training.note.parameters_layer", broken=broken[0] + 1, n_layers=len(plan.network.layers))
        if broken
        else worded("training.note.the_loss")
    )
    return DivergenceError(
        who=course.who,
        what=worded(
            "training.error.training_stay_finite_became_nan",
            where=where,
            done=run.done,
            losses=f"{run.history.losses[-1]:g}",
            learning_rates=f"{run.history.learning_rates[-1]:g}",
        ),
        remedy=InPython(
            worded("core.remedy.lower_rate"),
            typed=worded("core.remedy.lower"),
        ),
    )
