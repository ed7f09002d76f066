"""Networks like a fitted estimator's, trained anew from other starts, many at once: the members of an average."""

from dataclasses import replace
from typing import Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.randomness import derive_key
from koubai.engines.protocol import Plan, Population, Rows, State
from koubai.estimators.given import training_choices as choices

MEMBER = 9
"""Stream of the seeds of members, below the estimator's own seed."""


def seed_of_member(seed: int, number: int) -> int:
    """Return the seed of a member's initial values, shuffles and dropout masks; ``number`` counts from 0."""
    return derive_key(seed, MEMBER, number)


def train_anew(estimator: Any, X: Array, y: Any, *, seeds: list[int], epochs: int, seen: Array | None = None) -> Array:
    """Return θ of networks like a fitted estimator's, trained from other starts, (n_networks, n_parameters).

    All are trained at once on all cores, each on all rows, in the dtype of X. The schedule spans as many epochs as the
    estimator's, so that fewer ``epochs`` end as its own training would have stood after so many.

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

    Examples
    --------
    >>> from koubai.estimators.regressor import MLPRegressor
    >>> X = np.linspace(-1, 1, 40).reshape(-1, 1)
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), epochs=5, random_state=0).fit(X, X.ravel())
    >>> train_anew(model, X, X.ravel(), seeds=[1, 2, 3], epochs=5).shape
    (3, 13)
    """
    inputs = np.ascontiguousarray(X if seen is None else X[:, seen])
    targets = estimator.coded_targets(y).astype(inputs.dtype)
    rows: Rows = estimator._weighted(inputs, targets, y, None, False)
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
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        _run(choices.chosen_engine(estimator), plan, thetas, seeds, rows, rates.reshape(epochs, steps))
    return thetas if seen is None else np.stack([_widened(estimator.network_, network, one, seen) for one in thetas])


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


def _run(engine: Any, plan: Plan, thetas: Array, seeds: list[int], rows: Rows, rates: Any) -> None:
    """Train each θ in place: all at once where the engine can, else one after the other."""
    if hasattr(engine, "run_population"):
        optimizers = [plan.optimizer] * len(thetas)
        population = Population(thetas, optimizers, np.array(seeds, np.uint64), np.ones(len(thetas)))
        engine.run_population(plan, population, rows, rates)
        return
    for theta, seed in zip(thetas, seeds, strict=True):
        own = replace(plan, seed=seed)
        state = State(theta, plan.optimizer.init(theta))
        engine.run(own, state, rows, rates)
        theta[:] = state.theta
