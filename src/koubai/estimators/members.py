"""Networks like a fitted estimator's, trained anew from other starts, many at once: the members of an average."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.randomness import derive_key
from koubai.engines.protocol import Engine, Plan, Population, Rows, State
from koubai.estimators.base import BaseNetwork
from koubai.estimators.given import training_choices as choices
from koubai.training.executors import threads_of_a_block

MEMBER = 9
"""Stream of the seeds of members, below the estimator's own seed."""


def seed_of_member(seed: int, number: int) -> int:
    """Return the seed of a member's initial values, shuffles and dropout masks; ``number`` counts from 0."""
    return derive_key(seed, MEMBER, number)


@dataclass(frozen=True, slots=True)
class Anew:
    """Networks that are to be trained from other starts, all on the same rows; `train_together` trains them.

    Parameters
    ----------
    engine : Engine
        Where they are trained.
    network, whole : Network
        What is trained, and the estimator's own, which sees all features.
    plan : Plan
        How.
    rows : Rows
        On what.
    rates : array of shape (n_epochs, steps_per_epoch)
        α of each update.
    thetas : array of shape (n_networks, n_parameters)
        Where each stands.
    seeds : list of int
        The seed of each.
    seen : array of bool of shape (n_features,) or None
        The features that they see.
    """

    engine: Engine
    network: Network
    whole: Network
    plan: Plan
    rows: Rows
    rates: npt.NDArray[np.float64]
    thetas: Array
    seeds: list[int]
    seen: Array | None

    @property
    def work(self) -> int:
        """Work of one network, in weights that are updated."""
        return self.network.n_parameters * self.rates.size

    def train(self, which: slice) -> None:
        """Train some of them: all at once where the engine can, else one after the other."""
        thetas, seeds = self.thetas[which], self.seeds[which]
        if not hasattr(self.engine, "run_population"):
            self.train_in_turn(which)
            return
        optimizers = [self.plan.optimizer] * len(thetas)
        population = Population(thetas, optimizers, np.array(seeds, np.uint64), np.ones(len(thetas)))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self.engine.run_population(self.plan, population, self.rows, self.rates)

    def train_in_turn(self, which: slice) -> None:
        """Train some of them one after the other, each with as many threads as the engine takes for one network."""
        for theta, seed in zip(self.thetas[which], self.seeds[which], strict=True):
            state = State(theta, self.plan.optimizer.init(theta))
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                self.engine.run(replace(self.plan, seed=seed), state, self.rows, self.rates)
            theta[:] = state.theta

    def widened(self) -> Array:
        """Return θ of each as the estimator's own network has them, whose weights from unseen features are 0."""
        if self.seen is None:
            return self.thetas
        return np.stack([_widened(self.whole, self.network, theta, self.seen) for theta in self.thetas])


def anew(
    estimator: BaseNetwork, X: Array, y: object, *, seeds: list[int], epochs: int, seen: Array | None = None
) -> Anew:
    """Return networks like a fitted estimator's at other starts, ready for `train_together`.

    The schedule spans as many epochs as the estimator's, so that fewer ``epochs`` end as its own training would have
    stood after so many.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The fitted estimator, whose parameters apply.
    X : array of shape (n_rows, n_features)
        The rows.
    y : array-like of shape (n_rows,)
        Their targets, in the form that the estimator's ``fit`` takes.
    seeds : list of int
        The seed of each.
    epochs : int
        Number of epochs, >= 1.
    seen : array of bool of shape (n_features,), optional
        The features that these networks see; their weights from all others are 0. By default, they see all.
    """
    inputs = np.ascontiguousarray(X if seen is None else X[:, seen])
    targets = estimator.coded_targets(y).astype(inputs.dtype)
    rows = estimator._weighted(inputs, targets, y, None, False)
    network, optimizer = _narrowed(estimator.network_, inputs.shape[1]), choices.chosen_optimizer(estimator)
    plan = choices.make_plan(estimator, network, optimizer, rows.n_rows, 0)
    steps = plan.steps_per_epoch(rows.n_rows)
    planned = estimator.max_iter if estimator.epochs is None else estimator.epochs
    rates = choices.chosen_schedule(estimator).rates(
        choices.base_learning_rate(estimator, optimizer),
        0,
        epochs * steps,
        steps,
        max(planned, epochs) * steps,
        n_rows=rows.n_rows,
    )
    first = choices.activation_for_init(estimator)
    thetas = np.stack(
        [network.initial(np.random.default_rng(seed), estimator.init, inputs.dtype, first) for seed in seeds]
    )
    engine, by_epoch = choices.chosen_engine(estimator), rates.reshape(epochs, steps)
    return Anew(engine, network, estimator.network_, plan, rows, by_epoch, thetas, seeds, seen)


def train_together(several: Sequence[Anew], *, to_the_bit: bool = True) -> list[Array]:
    """Train networks of several kinds, and return θ of those of each kind, (n_networks, n_parameters).

    Where the engine gives each network a thread of its own, those of all kinds share the threads, the largest first, so
    that none is idle while one kind ends. Each network follows its own path, so the result does not depend on that.

    Parameters
    ----------
    several : sequence of Anew
        The networks.
    to_the_bit : bool
        Whether results must not depend on the number of threads. If they need only agree to rounding, a network that
        is more work than all others left is trained first, by all threads.
    """
    at_once = min((getattr(one.engine, "networks_at_once", 1) for one in several), default=1)
    if at_once == 1 or len(several) == 1:
        for one in several:
            one.train(slice(None))
        return [one.widened() for one in several]
    tasks = [(one, slice(k, k + 1)) for one in several for k in range(len(one.seeds))]
    tasks.sort(key=lambda task: -task[0].work)
    while not to_the_bit and tasks and 2 * tasks[0][0].work > sum(one.work for one, _ in tasks):
        largest, place = tasks.pop(0)
        largest.train_in_turn(place)
    with threads_of_a_block(at_once) as threads:
        for running in [threads.submit(one.train, which) for one, which in tasks]:
            running.result()
    return [one.widened() for one in several]


def train_anew(
    estimator: BaseNetwork, X: Array, y: object, *, seeds: list[int], epochs: int, seen: Array | None = None
) -> Array:
    """Return θ of networks like a fitted estimator's, trained from other starts, (n_networks, n_parameters).

    All are trained at once on all cores, each on all rows, in the dtype of X. Parameters are those of `anew`.

    Examples
    --------
    >>> from koubai.estimators.regressor import MLPRegressor
    >>> X = np.linspace(-1, 1, 40).reshape(-1, 1)
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), epochs=5, random_state=0).fit(X, X.ravel())
    >>> train_anew(model, X, X.ravel(), seeds=[1, 2, 3], epochs=5).shape
    (3, 13)
    """
    (thetas,) = train_together([anew(estimator, X, y, seeds=seeds, epochs=epochs, seen=seen)])
    return thetas


def _narrowed(network: Network, n_features: int) -> Network:
    """Return the network with so many inputs."""
    first, *rest = network.layers
    return network if first.n_in == n_features else replace(network, layers=(replace(first, n_in=n_features), *rest))  # type: ignore[call-arg]


def _widened(network: Network, narrow: Network, theta: Array, seen: Array) -> Array:
    """Return θ of a network whose inputs that are not ``seen`` have weights of 0, and the rest is the narrow one's."""
    wide = np.zeros(network.n_parameters, theta.dtype)
    network.weights(wide, 0)[seen] = narrow.weights(theta, 0)
    n_first = network.weights(wide, 0).size
    wide[n_first:] = theta[narrow.weights(theta, 0).size :]
    return wide
