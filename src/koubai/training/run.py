"""Where a training run stands."""

from dataclasses import dataclass, field

import numpy as np

from koubai.core.arrays import Array
from koubai.engines.protocol import Patience, State
from koubai.training.history import History


@dataclass
class Unfinished:
    """The parts of an epoch that is under way: Σ loss · rows, rows, and seconds of those that are done."""

    loss: float = 0.0
    rows: int = 0
    seconds: float = 0.0

    @property
    def mean_loss(self) -> float:
        """Mean loss over the rows so far; NaN before the first part."""
        return self.loss / self.rows if self.rows else np.nan


@dataclass
class Run:
    """Where a training run stands; `koubai.training.loop.train` changes it in place.

    Parameters
    ----------
    state : State
        θ, slots, updates and epochs.
    patience : Patience
        When to stop.
    learning_rate : float
        The base rate, which an adaptive schedule lowers.
    history : History
        What happened so far.
    done : int
        Epochs run of those that were asked for.
    rows_seen : int
        Training rows gone through, counted over all epochs that are done.
    best_theta : (n_parameters,) or None
        θ with the best validation score, if training stops on it.
    best_score : float
        That score.
    whole : bool
        Whether θ stands where the engine's last call ended; an interrupt in the midst of a call leaves False.
    unfinished : Unfinished
        What the parts of an epoch that is under way have shown.
    ended : str
        How a run that was read from a checkpoint had ended, as ``history.stopped`` says it; "" if it had not.
    """

    state: State
    patience: Patience
    learning_rate: float
    history: History = field(default_factory=History)
    done: int = 0
    rows_seen: int = 0
    best_theta: Array | None = None
    best_score: float = -np.inf
    whole: bool = True
    unfinished: Unfinished = field(default_factory=Unfinished)
    ended: str = ""

    @property
    def theta(self) -> Array:
        """The θ to use: the one with the best validation score, or the last."""
        return self.state.theta if self.best_theta is None else self.best_theta


@dataclass
class RunningOptimizer:
    """What ``partial_fit`` goes on from: the run, the seed of its shuffles, and α of the next update."""

    run: Run
    seed: int
    learning_rate: float
