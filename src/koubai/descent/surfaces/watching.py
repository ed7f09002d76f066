"""Watching training step by step: losses, gradients, and the size of each layer's updates."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import REAL, SEED, TEXT, WHOLE, or_none, shown, takes
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.surfaces.subject import SUBJECT, Subject
from koubai.engines.protocol import Plan, State
from koubai.engines.reference import batches
from koubai.engines.registry import get_engine
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer

Numbers = npt.NDArray[np.float64]

MOST_UPDATES = 1_000_000
"""Maximum number of updates that are recorded."""


@dataclass(frozen=True, slots=True)
class Update:
    """One update: its number (from 1), its rows, their loss and gradient before it, and θ before and after."""

    number: int
    n_rows: int
    loss: float
    gradient: Array
    before: Array
    after: Array


@takes("updates", subject=SUBJECT, batch_size=WHOLE, seed=SEED, engine=TEXT)
def updates(
    subject: Subject,
    optimizer: Optimizer,
    learning_rate: Callable[[int], float],
    batch_size: int,
    seed: int = 0,
    engine: str = "reference",
) -> Iterator[Update]:
    """Train indefinitely, batch by batch, and yield every update; stop where a loss is not finite.

    Parameters
    ----------
    subject : Subject
        What to train, starting from its θ; it is left unchanged.
    optimizer : Optimizer
        The rule.
    learning_rate : callable
        Update number → α.
    batch_size, seed
        Rows per update; seed of their order.
    engine : str
        Engine that computes losses and gradients.
    """
    runner = get_engine(engine)
    if not batch_size >= 1:
        raise ParameterError(worded("descend.error.batch", got=repr(batch_size)))
    n = subject.rows.n_rows
    plan = Plan(subject.network, optimizer, subject.penalty, min(batch_size, n), True, seed)
    state = State(subject.theta.copy(), optimizer.init(subject.theta))
    while True:
        for batch in batches(plan, subject.rows, state.epoch):
            with np.errstate(all="ignore"), subject.few_threads():  # divergence shows in the loss
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
    """A record of training, update by update.

    Attributes
    ----------
    subject : Subject
        What was trained, with θ at the end of training.
    optimizer : Optimizer
        The rule.
    learning_rate : float
        α.
    losses : (n_updates,)
        Loss on each update's batch, before the update.
    gradient_norms : (n_updates, n_layers)
        ‖∂E/∂θ^(l)‖ of each layer.
    update_ratios : (n_updates, n_layers)
        ‖Δw^(l)‖ / ‖w^(l)‖ of each layer's weights: about 1e-3 is usual; far below, a layer hardly learns; far above, it
        forgets.
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


@takes(
    "watch_training",
    subject=SUBJECT,
    learning_rate=or_none(REAL),
    epochs=WHOLE,
    batch_size=WHOLE,
    seed=SEED,
    engine=TEXT,
)
def watch_training(
    subject: Subject,
    optimizer: str | Mapping[str, object] | Optimizer = "sgd",
    learning_rate: float | None = None,
    *,
    epochs: int = 20,
    batch_size: int = 32,
    seed: int = 0,
    engine: str = "reference",
) -> TrainingRecord:
    """Train a network and record the gradient and update of every layer.

    Parameters
    ----------
    subject : Subject
        What to train, starting from its θ; it is left unchanged.
    optimizer, learning_rate
        The rule, and α; by default, the rule's own rate.
    epochs : int
        Number of passes over the rows; diverging training stops earlier.
    batch_size, seed, engine
        See `updates`.

    Raises
    ------
    ParameterError
        If an argument is not allowed, or the very first loss is not finite.
    """
    rule = get_optimizer(optimizer)
    rate = rate_of(rule, learning_rate)
    if epochs < 1:
        raise ParameterError(worded("descend.error.epochs", got=repr(epochs)))
    per_epoch = -(-subject.rows.n_rows // min(batch_size, subject.rows.n_rows)) if batch_size >= 1 else 1
    if epochs * per_epoch > MOST_UPDATES:
        raise ParameterError(worded("descend.error.many_epochs", most=MOST_UPDATES // per_epoch, got=shown(epochs)))
    losses, norms, ratios, thetas = [], [], [], [subject.theta]
    theta = subject.theta
    for update in updates(subject, rule, constant_rate(rate), batch_size, seed, engine):
        losses.append(update.loss)
        norms.append(_layer_norms(subject, update.gradient))
        ratios.append(_weight_ratios(subject, update.after - update.before, update.before))
        theta = update.after
        if update.number % per_epoch == 0:
            thetas.append(theta)
        if update.number == epochs * per_epoch:
            break
    if not losses:
        raise ParameterError(worded("descend.error.first_loss"))
    return TrainingRecord(
        subject.at(theta), rule, rate, np.array(losses), np.array(norms), np.array(ratios), np.array(thetas)
    )


def constant_rate(rate: float) -> Callable[[int], float]:
    """Return a constant schedule."""
    return lambda _: rate


def rate_of(rule: Optimizer, learning_rate: float | None) -> float:
    """Return the requested rate, or the rule's own; raise ParameterError unless it is positive and finite."""
    rate = rule.default_learning_rate if learning_rate is None else learning_rate
    if not 0 < rate < np.inf:
        example = rule.default_learning_rate
        raise ParameterError(worded("descend.error.network_rate", got=repr(rate), example=example))
    return float(rate)


def _layer_norms(subject: Subject, vector: Array) -> list[float]:
    """Return the norm of each layer's part of a vector."""
    offsets = subject.network.offsets
    return [float(np.linalg.norm(vector[a:b])) for a, b in pairwise(offsets)]


def _weight_ratios(subject: Subject, update: Array, theta: Array) -> list[float]:
    """Return ‖Δw‖ / ‖w‖ of each layer's weights."""
    network = subject.network
    masks = [(slice(a, b), network.is_weight[a:b]) for a, b in pairwise(network.offsets)]
    moved = [float(np.linalg.norm(update[where][mask])) for where, mask in masks]
    lengths = [float(np.linalg.norm(theta[where][mask])) for where, mask in masks]
    return [move / length if length else np.inf for move, length in zip(moved, lengths, strict=True)]
