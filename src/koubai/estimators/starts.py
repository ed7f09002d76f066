"""Where training starts; several sets of initial values tried at once, of which the best on validation rows is kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.randomness import seed_from
from koubai.engines.cpu.threads import available_threads
from koubai.engines.protocol import WHOLE, Engine, Patience, Plan, Population, Rows, Shares
from koubai.training.progress import progress_bar


@dataclass(frozen=True, slots=True)
class Start:
    """A starting point of training: initial values, and the seed of its shuffles and dropout masks."""

    theta: Array
    seed: int


@dataclass(frozen=True, slots=True)
class Fitting:
    """One call of ``fit`` or ``partial_fit``: the network, the θ where it starts, and its source of randomness.

    ``fresh`` says that nothing is left of an earlier call, ``incremental`` that it is ``partial_fit``.
    """

    network: Network
    theta: Array
    rng: np.random.RandomState
    fresh: bool
    incremental: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """How long and by what each start is tried.

    Parameters
    ----------
    rates : (n_epochs, steps_per_epoch)
        α of every update.
    shares : Shares
        The share of weight decay and dropout left in every update.
    patience : Patience
        Early stopping by the training loss.
    score : callable
        Returns the validation score of θ; higher is better.
    """

    rates: npt.NDArray[np.float64]
    shares: Shares
    patience: Patience
    score: Callable[[Array], float]


def draw_starts(first: Start, n_starts: int, draw: Callable[[], Array], rng: np.random.RandomState) -> list[Start]:
    """Return the first start and others whose θ is drawn after it, so that a single start is unaffected."""
    return [first, *(Start(draw(), seed_from(rng)) for _ in range(n_starts - 1))]


def try_starts(
    engine: Engine,
    plan: Plan,
    starts: list[Start],
    rows: Rows,
    trial: Trial,
    *,
    progress: bool,
    who: str,
) -> npt.NDArray[np.float64]:
    """Train from each start, as many at a time as there are threads; return the score of each, -inf if it diverged.

    Parameters
    ----------
    progress : bool
        Whether to show a progress bar on standard error.
    who : str
        The estimator, for the message.

    Raises
    ------
    ParameterError
        If the engine does not train populations.
    """
    train_population = getattr(engine, "run_population", None)
    if train_population is None:
        raise ParameterError(
            who=who,
            parameter="n_starts",
            required=worded("core.must.engine_trains_network_at_time"),
            got=worded("core.got.engine", n_starts=len(starts), name=repr(engine.name)),
            remedy=worded("core.remedy.try_engine_cpu"),
        )
    at_a_time = getattr(engine, "at_a_time", None) or available_threads()
    scores: list[float] = []
    with progress_bar(progress, len(starts), 0) as show, np.errstate(over="ignore", invalid="ignore"):
        for begin in range(0, len(starts), at_a_time):
            some = starts[begin : begin + at_a_time]
            population = Population(
                np.stack([start.theta for start in some]),
                [plan.optimizer] * len(some),
                np.array([start.seed for start in some], np.uint64),
                np.ones(len(some)),
            )
            shares = () if trial.shares is WHOLE else (trial.shares,)
            train_population(plan, population, rows, trial.rates, trial.patience, *shares)
            found = [trial.score(theta) if np.isfinite(theta).all() else -np.inf for theta in population.thetas]
            scores += [value if np.isfinite(value) else -np.inf for value in found]
            show(len(scores), worded("estimators.note.starts", value=f"{max(scores):.3f}"))
    return np.array(scores)
