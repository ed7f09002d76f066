"""Averages of several networks: how many are trained, how, and what their common answer is.

Networks that start from other initial values err in part differently, so that the mean of their predictions (of
probabilities, for classes) is better than each of them on average (Hansen and Salamon 1990, "Neural network
ensembles"). The first training chooses the epoch on held-out rows; then all members are trained anew on all rows, as
many epochs of the same schedule.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import term, worded
from koubai.core.layers import Dense
from koubai.engines.cpu.threads import available_threads
from koubai.models.defaults import uses_lbfgs
from koubai.training.executors import n_workers
from koubai.training.progress import progress_bar

if TYPE_CHECKING:
    from koubai.models.estimator_choice import Estimator

QUALITIES: Mapping[str, tuple[int, float]] = {"fast": (1, 0.0), "good": (8, 3e11), "best": (32, 2e12)}
"""The most members of each quality, and the most work for all of them: rows × epochs × parameters."""

MORE_WORK = (10_000, 40_000)
"""Numbers of rows from which on the work may grow with them, and up to which."""

MARGINS = ("hinge", "perceptron")
"""Losses whose outputs are no probabilities."""

MOST_MEMBERS = 1000
"""More networks than anyone could wait for or keep."""

ONE_NETWORK = {
    "checkpoint": worded("models.note.checkpoint_network"),
    "n_starts": worded("models.note.best_several_starts_network"),
}
"""Parameters that leave one network, and why."""


@dataclass(frozen=True, slots=True)
class Members:
    """What the user asks of the number of networks.

    Parameters
    ----------
    quality : {"fast", "good", "best"}
        How much work may be done.
    n_members : int or None
        The number, if it is given.
    seconds : float or None
        As many as are trained in this time, if it is given.
    """

    quality: str = "good"
    n_members: int | None = None
    seconds: float | None = None

    def check(self) -> None:
        """Raise ParameterError if something is not allowed."""
        if self.quality not in QUALITIES:
            raise ParameterError(
                who="TableModel",
                parameter="quality",
                required=worded("core.must.be_one_of", names=", ".join(QUALITIES)),
                got=repr(self.quality),
                remedy=worded("core.remedy.try_good"),
            )
        n = self.n_members
        if n is not None and (isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_MEMBERS):
            raise ParameterError(
                who="TableModel",
                parameter="n_members",
                required=worded("core.must.integer_to", most_members=MOST_MEMBERS),
                got=repr(n),
                remedy=worded("core.remedy.try_4"),
            )
        seconds = self.seconds
        wrong = isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < np.inf
        if seconds is not None and wrong:
            raise ParameterError(
                who="TableModel",
                parameter="time",
                required=worded("core.must.number_seconds"),
                got=repr(seconds),
                remedy=worded("core.remedy.try_5"),
            )
        if n is not None and seconds is not None:
            raise ParameterError(
                who="TableModel",
                parameter="time",
                required=worded("core.must.not_set_beside_n_members"),
                got=repr(seconds),
                remedy=worded("core.remedy.leave_one_of_them"),
            )

    @property
    def is_fast(self) -> bool:
        """Whether speed is asked for before accuracy."""
        return self.quality == "fast" and not self.is_asked

    @property
    def is_asked(self) -> bool:
        """Whether several networks are asked for, rather than only allowed."""
        return (self.n_members or 0) > 1 or self.seconds is not None

    def number(self, n_rows: int, n_parameters: int, epochs: int) -> int:
        """Return how many networks to train; with a time, the most.

        Examples
        --------
        >>> Members().number(1000, 10_000, 60)
        8
        >>> Members("fast").number(1000, 10_000, 60)
        1
        >>> Members().number(10_000, 100_000, 40), Members().number(30_000, 100_000, 24)
        (7, 8)
        """
        if self.seconds is not None:
            return MOST_MEMBERS
        if self.n_members is not None:
            return self.n_members
        most, work = QUALITIES[self.quality]
        first, last = MORE_WORK
        work *= min(max(n_rows, first), last) / first
        return max(1, min(most, int(work / max(1, n_rows * n_parameters * epochs))))


def why_one(given: Mapping[str, object], streamed: bool) -> tuple[str, str] | None:
    """Return the parameter for which there can only be one network, and the reason; None if there is none.

    Parameters
    ----------
    given : mapping
        The network parameters chosen by the user.
    streamed : bool
        Whether the table is read block by block.
    """
    if streamed:
        return "stream", worded("models.note.table_read_block_block_trains")
    for name, why in ONE_NETWORK.items():
        if given.get(name) not in (None, 1):
            return name, why
    if given.get("loss") in MARGINS:
        return "loss", worded("models.note.gives_no_probabilities_average", given=repr(given["loss"]))
    return ("optimizer", worded("models.note.l_bfgs_trains_network")) if uses_lbfgs(given) else None


def refuse_average(given: Mapping[str, object], streamed: bool) -> None:
    """Raise ParameterError if something leaves one network only, where several are asked for."""
    found = why_one(given, streamed)
    if found is not None:
        name, why = found
        raise ParameterError(
            who="TableModel",
            parameter="n_members",
            required=worded("core.must.since", name=name, why=why),
            got=term("more"),
            remedy=worded("core.remedy.leave_one_of_them"),
        )


def train_members(
    estimator: "Estimator",
    X: Array,
    y: Array,
    *,
    number: int,
    epochs: int,
    seed: int,
    kinds: Sequence[Array | None] = (None,),
    until: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: bool = False,
) -> dict[int, "Estimator"]:
    """Return estimators like a fitted one by their numbers, trained anew on all rows; those that diverged are left out.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The fitted estimator.
    X, y
        All rows, in the form that its ``fit`` takes; they are trained in the dtype of X.
    number : int
        How many to train.
    epochs : int
        As for `koubai.estimators.members.train_anew`.
    seed : int
        The model's.
    kinds : sequence of (array of bool of shape (n_features,), or None)
        The features that networks see, by turns (number k those of ``kinds[k % len(kinds)]``); None stands for all.
    until : float, optional
        Time of `time.perf_counter` when no more are begun that would not be finished; one round is always run.
    stop : callable
        Asked between rounds of as many networks of each kind as there are cores; True ends training.
    progress : bool
        Whether to show a progress bar.
    """
    from koubai.estimators.members import anew, seed_of_member, train_together

    dtype = estimator.theta_.dtype
    executor = getattr(estimator, "_executor", None)
    sorts = {id(seen): seen for seen in kinds}  # a kind may have several turns
    at_a_time = len(sorts) * (available_threads() if executor is None else n_workers(executor))
    found: dict[int, Array] = {}
    begin = perf_counter()
    with progress_bar(progress, number, 0) as show:
        for first in range(0, number, at_a_time):
            numbers = range(first, min(first + at_a_time, number))
            of_kinds = [[k for k in numbers if kinds[k % len(kinds)] is seen] for seen in sorts.values()]
            several = [
                anew(estimator, X, y, seeds=[seed_of_member(seed, k) for k in kind], epochs=epochs, seen=seen)
                for kind, seen in zip(of_kinds, sorts.values(), strict=True)
                if kind
            ]
            places = [k for kind in of_kinds for k in kind]
            thetas = dict(zip(places, (theta for some in train_together(several) for theta in some), strict=True))
            found |= {k: thetas[k].astype(dtype) for k in numbers if np.isfinite(thetas[k]).all()}
            done = first + len(numbers)
            show(done, worded("models.note.networks_of_average", number=number))
            now = perf_counter()
            if stop() or (until is not None and now + (now - begin) * at_a_time / done > until):
                break
    return {k: with_theta(estimator, theta) for k, theta in found.items()}


class HasTheta(Protocol):
    """An estimator of a network, or what stands for it."""

    def _set_theta(self, theta: Array) -> None: ...


Made = TypeVar("Made", bound=HasTheta)


def with_theta(network: Made, theta: Array) -> Made:
    """Return a copy of a fitted estimator, or of what stands for it, with other parameters."""
    found = copy(network)
    found._set_theta(theta)
    return found


def can_be_widened(estimator: "Estimator") -> bool:
    """Return whether a network like a fitted estimator's can be trained that does not see all features.

    Only weights of a dense layer can be 0 for those that it does not see.
    """
    return isinstance(estimator.network_.layers[0], Dense)


def epochs_kept(estimator: "Estimator") -> int:
    """Return how many epochs the network was trained that a fitted estimator kept."""
    history = estimator.history_
    return (history.best_epoch if estimator.early_stopping else None) or len(history)


def stop_of(callbacks: object) -> Callable[[], bool]:
    """Return what says whether one of a training's callbacks has been asked to stop, as Ctrl-C does."""
    listed = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    return lambda: any(getattr(callback, "asked", False) is True for callback in listed)


def mean_of(members: Sequence[object], method: str, X: Array) -> Array:
    """Return the mean of what a method of each member answers; that of one member is its own, bit for bit."""
    first = np.asarray(getattr(members[0], method)(X))
    if len(members) == 1:
        return first
    total = first.astype(np.float64)
    for member in members[1:]:
        total += getattr(member, method)(X)
    return total / len(members)
