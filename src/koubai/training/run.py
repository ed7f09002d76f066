"""The state of a training run."""

from dataclasses import dataclass, field

import numpy as np

from koubai.core.arrays import Array
from koubai.engines.protocol import Patience, State
from koubai.training.history import History


@dataclass
class Unfinished:
    """Totals over the finished parts of an epoch in progress: Σ loss · rows, rows, and seconds."""

    loss: float = 0.0
    rows: int = 0
    seconds: float = 0.0

    @property
    def mean_loss(self) -> float:
        """Mean loss over the rows so far; NaN before the first part."""
        return self.loss / self.rows if self.rows else np.nan


@dataclass
class Run:
    """The state of a training run; `koubai.training.loop.train` modifies it in place.

    Parameters
    ----------
    state : State
        θ, slots, updates and epochs.
    patience : Patience
        When to stop.
    learning_rate : float
        The base rate, which an adaptive schedule lowers.
    history : History
        The epochs so far.
    done : int
        Number of requested epochs already run.
    rows_seen : int
        Number of training rows processed, over all finished epochs.
    best_theta : (n_parameters,) or None
        θ with the best validation score, if training stops on it.
    best_score : float
        That score.
    whole : bool
        Whether θ is as the engine's last call left it; False after an interrupt within a call.
    unfinished : Unfinished
        Totals over the parts of an epoch in progress.
    ended : str
        For a run read from a checkpoint, how it had ended, as in ``history.stopped``; "" if it had not.
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
    """What ``partial_fit`` continues from: the run, the seed of its shuffles, and α of the next update."""

    run: Run
    seed: int
    learning_rate: float
