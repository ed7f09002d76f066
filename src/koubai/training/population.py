"""Many networks of one shape trained at once over all cores: other starts, learning rates, optimizers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.activations import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Patience, Plan, Population, Rows
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Schedule, get_schedule


@dataclass(frozen=True, slots=True)
class Member:
    """What sets one network of a population apart."""

    seed: int
    learning_rate: float
    optimizer: Optimizer


@dataclass(frozen=True, slots=True)
class TrainedPopulation:
    """Networks of one shape after training, in the order seeds × learning rates × optimizers, the last running fastest.

    Attributes
    ----------
    network : Network
    members : tuple of Member
        Seed, learning rate and optimizer of each.
    thetas : (n_networks, n_parameters)
        θ of each.
    losses : (n_networks, n_epochs)
        Loss of each epoch, in units of the loss; NaN for epochs that a network did not run.
    """

    network: Network
    members: tuple[Member, ...]
    thetas: Array
    losses: npt.NDArray[np.float64]

    @property
    def final_losses(self) -> npt.NDArray[np.float64]:
        """Loss of each network's last epoch, (n_networks,); infinity for one that left the finite numbers."""
        ran = (~np.isnan(self.losses)).cumsum(axis=1).argmax(axis=1)
        final = self.losses[np.arange(len(self.losses)), ran]
        alive = np.isfinite(final) & np.isfinite(self.thetas).all(axis=1)
        return np.where(alive, final, np.inf)

    @property
    def best(self) -> int:
        """Which network has the lowest final loss."""
        return int(self.final_losses.argmin())


def train_population(
    network: Network,
    X: Any,
    y: Any,
    *,
    seeds: int | Sequence[int] = 32,
    learning_rates: float | Sequence[float] | None = None,
    optimizers: str | Optimizer | Sequence[str | Optimizer] = "adam",
    epochs: int = 100,
    batch_size: int = 32,
    sample_weight: Any = None,
    penalty: Penalty | None = None,
    schedule: str | Schedule = "constant",
    shuffle: bool = True,
    clip_norm: float = 0.0,
    init: str = "glorot_uniform",
    tol: float = 0.0,
    n_iter_no_change: float = np.inf,
    n_jobs: int | None = None,
) -> TrainedPopulation:
    """Train one network for each combination of seed, learning rate and optimizer, all at once over all cores.

    Every network takes exactly the path that it would take alone.

    Parameters
    ----------
    network : Network
        Their common shape and loss.
    X : array-like of shape (n_samples, n_features)
        Inputs; float32 is kept.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets as the loss wants them: numbers, one-hot rows, or ±1.
    seeds : int or sequence of int
        Seeds of initial values, shuffles and dropout; a number n means 0 … n-1.
    learning_rates : float, sequence of float, or None
        α, > 0; None takes each optimizer's default.
    optimizers : str, Optimizer, or a sequence of them
        The rules.
    epochs, batch_size : int
        Passes over the rows, and rows per update.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the rows.
    penalty : Penalty, optional
        L1 and L2.
    schedule : str or Schedule
        How α changes over the updates.
    shuffle : bool
        Whether each epoch takes the rows in a new order.
    clip_norm : float
        Longest gradient; 0 leaves all as they are.
    init : str
        Rule for initial values.
    tol, n_iter_no_change : float
        A network stops when its loss has not fallen by ``tol`` for more than so many epochs.
    n_jobs : int, optional
        Threads; all cores by default.

    Returns
    -------
    TrainedPopulation

    Raises
    ------
    ParameterError
        If there is no seed, or a learning rate is not above 0.
    ShapeError
        If X or y does not fit the network.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> y = np.array([0.0, 1.0, 1.0, 0.0])
    >>> network = Network.dense((2, 4, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    >>> found = train_population(network, X, y, seeds=8, learning_rates=0.1, epochs=200, batch_size=4)
    >>> found.thetas.shape
    (8, 17)
    >>> bool(found.final_losses[found.best] < 0.1)
    True
    """
    from koubai.engines.cpu.engine import CPUEngine

    rows = _rows(network, X, y, sample_weight)
    members = _members(seeds, learning_rates, optimizers)
    thetas = np.stack([network.initial(np.random.default_rng(m.seed), init, rows.targets.dtype) for m in members])
    plan = Plan(network, members[0].optimizer, penalty or Penalty(), batch_size, shuffle, 0, clip_norm)
    steps = plan.steps_per_epoch(rows.n_rows)
    rates = get_schedule(schedule).rates(1.0, 0, epochs * steps, steps, epochs * steps, n_rows=rows.n_rows)
    population = Population(
        thetas,
        [member.optimizer for member in members],
        np.array([member.seed for member in members], np.uint64),
        np.array([member.learning_rate for member in members]),
    )
    patience = None if n_iter_no_change == np.inf else Patience(tol, n_iter_no_change)
    losses = CPUEngine(n_jobs).run_population(plan, population, rows, rates.reshape(epochs, steps), patience)
    return TrainedPopulation(network, tuple(members), thetas, losses)


def _members(seeds: Any, learning_rates: Any, optimizers: Any) -> list[Member]:
    numbers = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    if not numbers or min(numbers) < 0:
        raise ParameterError(f"train_population: seeds must be one or more integers >= 0; got {seeds!r}. Try 32.")
    many = isinstance(optimizers, Sequence) and not isinstance(optimizers, str)
    rules = [get_optimizer(given, "train_population: optimizers") for given in (optimizers if many else [optimizers])]
    rates = [learning_rates] if learning_rates is None or np.ndim(learning_rates) == 0 else list(learning_rates)
    if not rules or not rates or not all(rate is None or 0 < rate < np.inf for rate in rates):
        raise ParameterError(
            f"train_population: learning_rates and optimizers must not be empty, and rates > 0; "
            f"got {learning_rates!r} and {optimizers!r}. Try learning_rates=[0.001, 0.01]."
        )
    return [
        Member(seed, float(rule.default_learning_rate if rate is None else rate), rule)
        for seed, rate, rule in product(numbers, rates, rules)
    ]


def _rows(network: Network, X: Any, y: Any, sample_weight: Any) -> Rows:
    inputs = np.asarray(X)
    dtype = np.float32 if inputs.dtype == np.float32 else np.float64
    targets = np.asarray(y, dtype)
    targets = targets.reshape(len(targets), -1) if targets.ndim else targets
    for name, array, width, axis in (
        ("X", inputs, network.n_features, "n_features"),
        ("y", targets, network.n_outputs, "n_outputs"),
    ):
        if array.ndim != 2 or array.shape[1] != width or len(array) != len(inputs) or not len(array):
            raise ShapeError(
                f"train_population: {name} must have shape (n_samples, {axis}) = (n >= 1, {width}), as many rows in X "
                f"as in y; got {array.shape}."
            )
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype)
    if weights is not None and weights.shape != (len(inputs),):
        raise ShapeError(
            f"train_population: sample_weight must have shape (n_samples,) = ({len(inputs)},); got {weights.shape}."
        )
    return Rows(np.ascontiguousarray(inputs, dtype), np.ascontiguousarray(targets), weights)
