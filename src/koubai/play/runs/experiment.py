"""The settings made ready for training: data, network and plan, and all ways to advance a state."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from koubai.core import perceptron
from koubai.core.arrays import Array
from koubai.core.counter_random import CounterRandom
from koubai.core.errors import ParameterError
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.randomness import SHUFFLE, derive_key, permutation, seed_from
from koubai.core.trace import StepTrace
from koubai.engines.protocol import Engine, Plan, Rows, State
from koubai.engines.reference import trace_forward, trace_step
from koubai.engines.registry import get_engine
from koubai.estimators.given.outputs import Ending, classification_ending, regression_ending
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import get_schedule
from koubai.play.datasets import CLASSES
from koubai.play.of_images.networks import network_of
from koubai.play.runs.data import Data
from koubai.play.runs.recipe import Recipe
from koubai.play.settings import Settings

HORIZON = 500
"""Number of epochs a schedule spans when no end is set."""


@dataclass(slots=True)
class Moment:
    """The state of a run: θ, slots, epochs, and the number of rows done in the current epoch.

    ``state.step`` counts updates since the optimizer was started, as its bias correction needs; ``steps`` counts all.
    ``mistakes`` counts the perceptron's in this epoch (or in the last, before a new one begins); ``all_mistakes``
    counts all since the start.
    """

    state: State
    cursor: int = 0
    mistakes: int = 0
    all_mistakes: int = 0
    steps: int = 0

    def copy(self) -> "Moment":
        """Return an independent copy."""
        return replace(self, state=self.state.copy())


@dataclass(frozen=True, slots=True)
class ManualUpdate:
    """The last manual update: the state before it, its training rows, its rate and its trace.

    The perceptron's rule has no trace.
    """

    before: State
    chosen: Array
    learning_rate: float
    trace: StepTrace | None = None


@dataclass(frozen=True)
class Experiment:
    """Data, network and plan; `advance` and `step` modify a `Moment` in place."""

    settings: Settings
    data: Data
    ending: Ending
    network: Network
    plan: Plan
    train: Rows
    test: Rows
    engine: Engine = field(default_factory=lambda: get_engine("cpu", 1))

    @classmethod
    def build(cls, settings: Settings, data: Data) -> "Experiment":
        """Return the experiment that the settings describe on these data.

        Raises
        ------
        ParameterError
            If the loss, the output or another choice does not fit the data.
        """
        ending = _ending(settings, data)
        targets = _coded(data, ending)
        inputs = np.ascontiguousarray(data.inputs)
        train = Rows(inputs[~data.test], np.ascontiguousarray(targets[~data.test]))
        test = Rows(inputs[data.test], np.ascontiguousarray(targets[data.test]))
        plan = _plan(settings, data, ending, train)
        return cls(settings, data, ending, plan.network, plan, train, test)

    @property
    def is_perceptron(self) -> bool:
        """Whether a single node learns by the perceptron rule."""
        return self.settings.mode == "perceptron"

    def begin(self) -> Moment:
        """Return the moment before the first update."""
        if self.is_perceptron:
            theta = np.zeros(self.network.n_parameters)
        else:
            theta, _ = started(self.network, self.settings, self.data.recipe)
        return Moment(State(theta, self.plan.optimizer.init(theta)))

    def rates(self, moment: Moment, n_epochs: int) -> Array:
        """Return α of the updates of the next whole epochs, (n_epochs, steps_per_epoch)."""
        steps = self.plan.steps_per_epoch(self.train.n_rows)
        total = (self.settings.stop_at or HORIZON) * steps
        first = moment.state.epoch * steps
        n = n_epochs * steps
        recipe, name = self.data.recipe, self.settings.schedule
        schedule = get_schedule(name) if recipe is None else recipe.schedule(name)
        found = np.empty(n)
        inside = min(n, max(0, total - first))
        for begin, count in ((0, inside), (inside, n - inside)):
            if count:  # past its end, a schedule stays at its last rate
                at = first if begin == 0 and inside else max(0, total - 1)
                length = count if begin == 0 and inside else 1
                found[begin : begin + count] = schedule.rates(
                    self.settings.learning_rate,
                    at,
                    length,
                    steps,
                    total,
                    n_rows=self.train.n_rows,
                )
        return found.reshape(n_epochs, steps)

    def advance(self, moment: Moment, n_epochs: int) -> None:
        """Train to the end of ``n_epochs`` epochs; an epoch in progress is finished first, and counts as one."""
        if self.is_perceptron:
            for _ in range(n_epochs):
                self.step(moment, "epoch")
            return
        if moment.cursor and n_epochs:
            self.step(moment, "epoch")
            n_epochs -= 1
        if n_epochs:
            before = moment.state.step
            self.engine.run(self.plan, moment.state, self.train, self.rates(moment, n_epochs))
            moment.steps += moment.state.step - before

    def step(self, moment: Moment, unit: str) -> ManualUpdate:
        """Advance by one example, one minibatch, or to the end of the epoch; return the last update.

        An example or a minibatch is the next in the epoch's order, so that steps of any kind and whole epochs visit the
        same rows.
        """
        sizes, order, rates = list(self._sizes(moment, unit)), self.order(moment), self._epoch_rates(moment)
        for number, size in enumerate(sizes, 1):
            chosen = order[moment.cursor : moment.cursor + size]
            rate = float(rates[min(len(rates) - 1, moment.cursor // self.plan.batch_size)])
            before = moment.state.copy() if number == len(sizes) else moment.state
            trace = None
            if self.is_perceptron:
                self._learn(moment, chosen)
            else:
                trace = self._update(moment, chosen, rate)
            moment.cursor += size
            moment.steps += 1
        if moment.cursor >= self.train.n_rows:
            moment.cursor = 0
            moment.state.epoch += 1
        return ManualUpdate(before, chosen, rate, trace)

    def coming(self, moment: Moment) -> tuple[Array, float]:
        """Return the training rows of the next minibatch, and its learning rate α."""
        size = next(self._sizes(moment, "minibatch"))
        rates = self._epoch_rates(moment)
        rate = float(rates[min(len(rates) - 1, moment.cursor // self.plan.batch_size)])
        return self.order(moment)[moment.cursor : moment.cursor + size], rate

    def order(self, moment: Moment) -> Array:
        """Return the training rows (n,) in the order of the epoch."""
        if not self.plan.shuffle:
            return np.arange(self.train.n_rows)
        found: Array = permutation(derive_key(self.plan.seed, SHUFFLE, moment.state.epoch), self.train.n_rows)
        return found

    def _epoch_rates(self, moment: Moment) -> Array:
        return np.array([self.settings.learning_rate]) if self.is_perceptron else self.rates(moment, 1)[0]

    def _sizes(self, moment: Moment, unit: str) -> Iterator[int]:
        left = self.train.n_rows - moment.cursor
        if unit == "epoch":
            batch = left if self.is_perceptron else self.plan.batch_size
            yield from (min(batch, left - done) for done in range(0, left, batch))
        else:
            yield min(left, 1 if unit == "example" else self.plan.batch_size)

    def _update(self, moment: Moment, chosen: Array, rate: float) -> StepTrace:
        rows = Rows(self.train.inputs[chosen], self.train.targets[chosen])
        with np.errstate(all="ignore"):  # divergence is reported by whoever inspects θ
            trace = trace_step(self.plan, moment.state, rows, rate, dropout=True)
        assert trace.theta_after is not None
        assert trace.slots_after is not None
        moment.state.theta, moment.state.slots = trace.theta_after, trace.slots_after
        moment.state.step += 1
        return trace

    def _learn(self, moment: Moment, chosen: Array) -> None:
        """Apply the learning rule to each example: w ← w + η y x if it is misclassified (lecture slide 18)."""
        if not moment.cursor:
            moment.mistakes = 0
        for row in chosen:
            theta, y = moment.state.theta, int(self.train.targets[row, 0])
            x = np.append(np.asarray(self.train.inputs[row]), 1.0)  # θ is (w, b): the bias is the weight of a 1
            moment.state.step += 1
            if int(perceptron.predict(theta, x)) != y:
                moment.mistakes += 1
                moment.all_mistakes += 1
                moment.state.theta = perceptron.update(theta, x, y, self.settings.learning_rate)

    def losses(self, theta: Array) -> tuple[float, float, tuple[float | None, float | None]]:
        """Return the mean losses of the training and the test rows, and of each the share classified correctly.

        A share is None for regression, and for no rows.
        """
        both = [self._loss_and_right(theta, rows) for rows in (self.train, self.test)]
        shares = (None if right is None or self.data.task != CLASSES else float(right.mean()) for _, right in both)
        return both[0][0], both[1][0], (next(shares), next(shares))

    def _loss_and_right(self, theta: Array, rows: Rows) -> tuple[float, Array | None]:
        if not rows.n_rows:
            return float("nan"), None
        with np.errstate(all="ignore"):
            forward = trace_forward(self.network, theta, rows.inputs)
            last = self.network.layers[-1].activation
            loss = self.network.loss.rows(last, forward.pre_activations[-1], forward.outputs, rows.targets).mean()
        if self.network.n_outputs > 1:
            return float(loss), forward.outputs.argmax(axis=1) == rows.targets.argmax(axis=1)
        threshold = self.ending.threshold
        return float(loss), (forward.outputs > threshold).ravel() == (rows.targets > threshold).ravel()

    def same_but(self, settings: Settings) -> "Experiment":
        """Return the experiment under settings that differ only in what may change during a run, or in the seed."""
        plan = _plan(settings, self.data, self.ending, self.train)
        return replace(self, settings=settings, network=plan.network, plan=plan)


def started(network: Network, settings: Settings, recipe: Recipe | None = None) -> tuple[Array, int]:
    """Return θ and the seed of the shuffles, as ``fit`` draws them from ``random_state=CounterRandom(seed)``.

    Those of an estimator that was opened follow from its own ``random_state``.
    """
    if recipe is not None:
        return recipe.start(network, settings.seed, settings.init)
    rng = CounterRandom(settings.seed)
    return network.initial(rng, settings.init), seed_from(rng)


def _ending(settings: Settings, data: Data) -> Ending:
    if settings.mode == "perceptron":
        if data.task != CLASSES or len(data.classes) != 2:
            raise ParameterError("playground: the perceptron needs data with two classes; got other data. Choose xor.")
        return classification_ending("perceptron", False, "playground")
    usual = "log_loss" if data.task == CLASSES else "half_squared_error"
    name = usual if settings.loss == "auto" else settings.loss
    loss = get_loss(name)
    if data.task not in loss.tasks:
        raise ParameterError(
            f"playground: loss must be one for {data.task}, which these data need; got {name!r}, for "
            f"{' and '.join(loss.tasks)}. Choose auto, or {usual}."
        )
    if data.task == CLASSES:
        return classification_ending(name, len(data.classes) > 2, "playground")
    if data.targets.min() < loss.lowest_target:
        raise ParameterError(
            f"playground: loss {name!r} needs targets of at least {loss.lowest_target:g}; the data have "
            f"{data.targets.min():.3g}. Choose auto."
        )
    return regression_ending(name, "playground")


def _plan(settings: Settings, data: Data, ending: Ending, train: Rows) -> Plan:
    lone = settings.mode == "perceptron"
    if settings.output == "softmax" and train.targets.shape[1] == 1 and not lone:
        raise ParameterError("playground: softmax needs several outputs; this network has one. Choose auto.")
    network = network_of(settings, train.inputs.shape[1], data.shape, train.targets.shape[1], ending)
    recipe = None if lone else data.recipe
    name = "sgd" if lone else settings.optimizer
    return Plan(
        network,
        get_optimizer(name) if recipe is None else recipe.optimizer(name),
        Penalty(settings.l1, settings.l2, per_row=recipe is not None),
        1 if lone else min(settings.batch_size, train.n_rows),
        recipe is None or recipe.shuffle,
        0 if lone else started(network, settings, recipe)[1],
        0.0 if recipe is None else recipe.clip_norm,
    )


def _coded(data: Data, ending: Ending) -> Array:
    """Return the targets in the form the loss expects, (n, n_outputs)."""
    if data.task != CLASSES:
        return data.targets.reshape(-1, 1)
    if len(data.classes) > 2:
        coded: Any = np.eye(len(data.classes))[data.targets.astype(int)]
    else:
        coded = data.targets.reshape(-1, 1)
    return 2 * coded - 1 if ending.signed else coded
