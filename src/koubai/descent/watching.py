"""Watching training step by step: layers, the range of useful learning rates, and why the batch size matters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.errors import ParameterError
from koubai.descent.curvature import one_digit
from koubai.descent.display import Displayed
from koubai.descent.subject import Array, Subject
from koubai.engines.protocol import Plan, State
from koubai.engines.reference import batches
from koubai.engines.registry import get_engine
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer

Numbers = npt.NDArray[np.float64]

SMOOTHING = 0.9
"""Share of the running average that a new loss of the range test leaves."""
WORSE = 4.0
"""The range test ends where the smoothed loss is this many times the lowest."""


@dataclass(frozen=True, slots=True)
class Update:
    """One update: its number from 1, the rows it saw, their loss and gradient before it, θ before and after."""

    number: int
    n_rows: int
    loss: float
    gradient: Array
    before: Array
    after: Array


def updates(
    subject: Subject,
    optimizer: Optimizer,
    learning_rate: Callable[[int], float],
    batch_size: int,
    seed: int = 0,
    engine: str = "reference",
) -> Iterator[Update]:
    """Train without end, batch by batch, and yield every update; it stops where a loss is not finite.

    Parameters
    ----------
    subject : Subject
        What is trained, from its θ on; it stays as it is.
    optimizer : Optimizer
        By which rule.
    learning_rate : callable
        Number of the update → α.
    batch_size, seed
        Rows of an update; seed of their order.
    engine : str
        Who computes losses and gradients.
    """
    runner = get_engine(engine)
    if not batch_size >= 1:
        raise ParameterError(f"updates: batch_size must be >= 1; got {batch_size!r}. Try 32.")
    n = subject.rows.n_rows
    plan = Plan(subject.network, optimizer, subject.penalty, min(batch_size, n), True, seed)
    state = State(subject.theta.copy(), optimizer.init(subject.theta))
    while True:
        for batch in batches(plan, subject.rows, state.epoch):
            with np.errstate(all="ignore"), subject.few_threads():  # divergence is seen in the loss
                loss, gradient = runner.loss_and_gradient(subject.network, state.theta, batch, subject.penalty)
                if not np.isfinite(loss):
                    return
                state.step += 1
                before, rate = state.theta, learning_rate(state.step)
                state.theta, state.slots = optimizer.step(before, gradient, state.slots, state.step, rate)
            yield Update(state.step, batch.n_rows, float(loss), gradient, before, state.theta)
        state.epoch += 1


@dataclass(frozen=True, eq=False)
class TrainingRecord(Displayed):
    """What training looked like, update by update.

    Attributes
    ----------
    subject : Subject
        What was trained, with θ where training ended.
    optimizer : Optimizer
        By which rule.
    learning_rate : float
        α.
    losses : (n_updates,)
        Loss of each update's batch before it.
    gradient_norms : (n_updates, n_layers)
        ‖∂E/∂θ^(l)‖ of each layer.
    update_ratios : (n_updates, n_layers)
        ‖Δw^(l)‖ / ‖w^(l)‖ of each layer's weights: about 1e-3 is usual; far below, a layer hardly learns, far above,
        it forgets.
    thetas : (n_epochs + 1, n_parameters)
        θ at the start and after each epoch.
    """

    subject: Subject
    optimizer: Optimizer
    learning_rate: float
    losses: Numbers
    gradient_norms: Numbers
    update_ratios: Numbers
    thetas: Array


def watch_training(
    subject: Subject,
    optimizer: str | Mapping[str, Any] | Optimizer = "sgd",
    learning_rate: float | None = None,
    *,
    epochs: int = 20,
    batch_size: int = 32,
    seed: int = 0,
    engine: str = "reference",
) -> TrainingRecord:
    """Train a network and record gradient and update of every layer.

    Parameters
    ----------
    subject : Subject
        What to train, from its θ on; it stays as it is.
    optimizer, learning_rate
        The rule, and α, the rule's own by default.
    epochs : int
        How often to go through the rows; training that diverges ends earlier.
    batch_size, seed, engine
        See `updates`.

    Raises
    ------
    ParameterError
        If an argument is not allowed, or the very first loss is not finite.
    """
    rule = get_optimizer(optimizer)
    rate = _rate(rule, learning_rate)
    if epochs < 1:
        raise ParameterError(f"watch_training: epochs must be >= 1; got {epochs!r}. Try 20.")
    per_epoch = -(-subject.rows.n_rows // min(batch_size, subject.rows.n_rows)) if batch_size >= 1 else 1
    losses, norms, ratios, thetas = [], [], [], [subject.theta]
    theta = subject.theta
    for update in updates(subject, rule, _always(rate), batch_size, seed, engine):
        losses.append(update.loss)
        norms.append(_layer_norms(subject, update.gradient))
        ratios.append(_weight_ratios(subject, update.after - update.before, update.before))
        theta = update.after
        if update.number % per_epoch == 0:
            thetas.append(theta)
        if update.number == epochs * per_epoch:
            break
    if not losses:
        raise ParameterError(
            "watch_training: the loss must be finite at the start; got NaN or infinity. Scale the data."
        )
    return TrainingRecord(
        subject.at(theta), rule, rate, np.array(losses), np.array(norms), np.array(ratios), np.array(thetas)
    )


def _always(rate: float) -> Callable[[int], float]:
    return lambda _: rate


def _rate(rule: Optimizer, learning_rate: float | None) -> float:
    rate = rule.default_learning_rate if learning_rate is None else learning_rate
    if not 0 < rate < np.inf:
        raise ParameterError(f"learning_rate must be > 0 and finite; got {rate!r}. Try {rule.default_learning_rate}.")
    return float(rate)


def _layer_norms(subject: Subject, vector: Array) -> list[float]:
    """Return the length of each layer's share of a vector."""
    offsets = subject.network.offsets
    return [float(np.linalg.norm(vector[a:b])) for a, b in pairwise(offsets)]


def _weight_ratios(subject: Subject, update: Array, theta: Array) -> list[float]:
    """Return ‖Δw‖ / ‖w‖ of each layer's weights."""
    network = subject.network
    moved = [float(np.linalg.norm(network.weights(update, index))) for index in range(len(network.layers))]
    lengths = [float(np.linalg.norm(network.weights(theta, index))) for index in range(len(network.layers))]
    return [move / length if length else np.inf for move, length in zip(moved, lengths, strict=True)]


@dataclass(frozen=True, eq=False)
class RangeTest(Displayed):
    """Losses while the learning rate grows.

    Attributes
    ----------
    optimizer : Optimizer
        The rule.
    rates : (n,)
        α of each update.
    losses : (n,)
        Loss of each update's batch before it.
    smoothed : (n,)
        Their running average, corrected for its start.
    diverged : bool
        Whether the loss rose again far above its lowest.
    """

    optimizer: Optimizer
    rates: Numbers
    losses: Numbers
    smoothed: Numbers
    diverged: bool

    @property
    def largest(self) -> float:
        """The rate at which the smoothed loss was lowest: above it, training gets worse."""
        return float(self.rates[int(np.argmin(self.smoothed))])

    @property
    def suggested(self) -> float:
        """A third of that, to one digit: fast, and with room for what the test did not see."""
        return one_digit(self.largest / 3)


def range_test(
    subject: Subject,
    optimizer: str | Mapping[str, Any] | Optimizer = "sgd",
    *,
    lowest: float = 1e-5,
    highest: float = 10.0,
    n_updates: int = 150,
    batch_size: int = 32,
    seed: int = 0,
    engine: str = "reference",
) -> RangeTest:
    """Train while α grows from update to update, and see where the loss falls and where it rises (Smith 2017).

    Parameters
    ----------
    subject : Subject
        What is trained; it stays as it is.
    optimizer : str, Mapping or Optimizer
        The rule.
    lowest, highest : float
        The range of α, 0 < lowest < highest; α grows by the same factor each time.
    n_updates : int
        Updates, at least 10.
    batch_size, seed, engine
        See `updates`.

    Raises
    ------
    ParameterError
        If an argument is not allowed, or the loss is not finite from the start.
    """
    if not 0 < lowest < highest < np.inf:
        raise ParameterError(f"range_test: lowest and highest must be 0 < lowest < highest; got {lowest}, {highest}.")
    if n_updates < 10:
        raise ParameterError(f"range_test: n_updates must be >= 10; got {n_updates!r}. Try 150.")
    rule = get_optimizer(optimizer)
    rates = np.geomspace(lowest, highest, n_updates)
    losses: list[float] = []
    smoothed: list[float] = []
    average = 0.0
    diverged = True
    for update in updates(subject, rule, lambda number: float(rates[number - 1]), batch_size, seed, engine):
        losses.append(update.loss)
        average = SMOOTHING * average + (1 - SMOOTHING) * update.loss
        smoothed.append(average / (1 - SMOOTHING**update.number))
        if update.number > 10 and smoothed[-1] > WORSE * min(smoothed):
            break
        if update.number == n_updates:
            diverged = False
            break
    if not losses:
        raise ParameterError("range_test: the loss must be finite at the start; got NaN or infinity. Scale the data.")
    n = len(losses)
    return RangeTest(rule, rates[:n], np.array(losses), np.array(smoothed), diverged)


@dataclass(frozen=True, eq=False)
class BatchProgress(Displayed):
    """Loss against gradient evaluations, for several batch sizes.

    Attributes
    ----------
    batch_sizes : tuple of int
        Rows of an update.
    learning_rate : float
        α, the same for all.
    optimizer : Optimizer
        The rule.
    n_rows : int
        Rows of the data set.
    evaluations : tuple of (n_points,)
        Gradients of single rows evaluated so far.
    losses : tuple of (n_points,)
        Loss over all rows then.
    """

    batch_sizes: tuple[int, ...]
    learning_rate: float
    optimizer: Optimizer
    n_rows: int
    evaluations: tuple[Numbers, ...]
    losses: tuple[Numbers, ...]


def batch_progress(
    subject: Subject,
    batch_sizes: Sequence[int] = (1, 32),
    *,
    optimizer: str | Mapping[str, Any] | Optimizer = "sgd",
    learning_rate: float | None = None,
    epochs: int = 10,
    n_points: int = 60,
    seed: int = 0,
    engine: str = "reference",
) -> BatchProgress:
    """Descend with all rows, minibatches and single rows, and measure the loss at the same cost (slides 74-76).

    Parameters
    ----------
    subject : Subject
        What is trained, from the same θ each time.
    batch_sizes : sequence of int
        Rows of an update; all rows are always compared with them.
    optimizer, learning_rate
        The rule, and α, the same for all; without α, a third of the best for one pass of single rows.
    epochs : int
        Cost of each run, in passes over the rows.
    n_points : int
        How often the loss over all rows is measured, at costs that grow by the same factor.
    seed, engine
        See `updates`.

    Raises
    ------
    ParameterError
        If an argument is not allowed.
    """
    rule = get_optimizer(optimizer)
    if learning_rate is None:
        learning_rate = _best_for_single_rows(subject, rule, seed, engine)
    rate = _rate(rule, learning_rate)
    if epochs < 1 or n_points < 2:
        raise ParameterError(f"batch_progress: epochs must be >= 1 and n_points >= 2; got {epochs} and {n_points}.")
    n = subject.rows.n_rows
    sizes = tuple(sorted({*(min(size, n) for size in batch_sizes), n}))
    marks = np.unique(np.round(np.geomspace(1, epochs * n, n_points)))
    runs = [_progress(subject, rule, rate, size, marks, seed, engine) for size in sizes]
    return BatchProgress(sizes, rate, rule, n, tuple(run[0] for run in runs), tuple(run[1] for run in runs))


def _best_for_single_rows(subject: Subject, rule: Optimizer, seed: int, engine: str) -> float:
    """Return a third of the α among 1, 0.3, 0.1, … 1e-4 whose loss after 2000 single rows at most is the lowest."""
    rates = [1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4]
    passes = min(subject.rows.n_rows, 2000)
    losses = []
    for rate in rates:
        theta, done = subject.theta, 0
        for update in updates(subject, rule, _always(rate), 1, seed, engine):
            theta, done = update.after, update.number
            if done == passes:
                break
        loss = subject.loss(theta) if done == passes else np.inf
        losses.append(loss if np.isfinite(loss) else np.inf)
        if len(losses) > 2 and losses[-1] > losses[-2] > losses[-3]:
            break  # smaller rates only get slower
    return one_digit(rates[int(np.argmin(losses))] / 3 * 1.0001)


def _progress(
    subject: Subject, rule: Optimizer, rate: float, size: int, marks: Numbers, seed: int, engine: str
) -> tuple[Numbers, Numbers]:
    """Return costs and losses of one run, measured after the update that reaches each mark."""
    costs, losses, spent, reached = [0.0], [subject.loss()], 0, 0
    for update in updates(subject, rule, _always(rate), size, seed, engine):
        spent += update.n_rows
        passed = int(np.searchsorted(marks, spent, side="right"))
        if passed > reached:
            reached = passed
            costs.append(float(spent))
            losses.append(subject.loss(update.after))
        if spent >= marks[-1]:
            break
    return np.array(costs), np.array(losses)
