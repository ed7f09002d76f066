"""Many networks of one shape trained at once on all cores, with different starts, learning rates and optimizers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import product
from numbers import Integral, Real
from typing import TypeGuard, cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse

from koubai.core.arguments import floats
from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.data_start import DATA, DRAWN, with_unit_variance
from koubai.core.errors import DataError, ParameterError, ParameterTypeError, ShapeError
from koubai.core.initializers import NAMES as INITIALIZER_NAMES
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.schema import Record
from koubai.core.sparse import check_indices
from koubai.core.untyped import MaybeSparse
from koubai.engines.protocol import Patience, Plan, Population, PopulationEngine, Rows
from koubai.engines.registry import get_engine
from koubai.optimizers.groups import Factors, check_decays
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Schedule, get_schedule
from koubai.training.executors import check_executor, spread
from koubai.training.shares import ShareSchedules


@dataclass(frozen=True, slots=True)
class Member:
    """What distinguishes one network of a population."""

    seed: int
    learning_rate: float
    optimizer: Optimizer


@dataclass(frozen=True, slots=True)
class TrainedPopulation:
    """Networks of one shape after training, ordered by seeds × learning rates × optimizers, the last varying fastest.

    Attributes
    ----------
    network : Network
    members : tuple of Member
        Seed, learning rate and optimizer of each.
    thetas : (n_networks, n_parameters)
        θ of each.
    losses : (n_networks, n_epochs)
        Loss of each epoch, in units of the loss; NaN for epochs a network did not run.
    """

    network: Network
    members: tuple[Member, ...]
    thetas: Array
    losses: npt.NDArray[np.float64]

    @property
    def final_losses(self) -> npt.NDArray[np.float64]:
        """Loss of each network's last epoch, (n_networks,); infinity if it diverged."""
        ran = (~np.isnan(self.losses)).cumsum(axis=1).argmax(axis=1)
        final = self.losses[np.arange(len(self.losses)), ran]
        alive = np.isfinite(final) & np.isfinite(self.thetas).all(axis=1)
        return np.where(alive, final, np.inf)

    @property
    def best(self) -> int:
        """Index of the network with the lowest final loss."""
        return int(self.final_losses.argmin())


def train_population(
    network: Network,
    X: MaybeSparse,
    y: npt.ArrayLike,
    *,
    seeds: int | Sequence[int] = 32,
    learning_rates: float | Sequence[float] | None = None,
    optimizers: str | Optimizer | Sequence[str | Optimizer] = "adam",
    epochs: int = 100,
    batch_size: int = 32,
    sample_weight: npt.ArrayLike | None = None,
    penalty: Penalty | None = None,
    schedule: str | Schedule = "constant",
    decay_schedule: str | Schedule | None = None,
    dropout_schedule: str | Schedule | None = None,
    factors: Factors | None = None,
    shuffle: bool = True,
    clip_norm: float = 0.0,
    init: str = "glorot_uniform",
    tol: float = 0.0,
    n_iter_no_change: float = np.inf,
    n_jobs: int | None = None,
    engine: str = "cpu",
    executor: Executor | None = None,
) -> TrainedPopulation:
    """Train one network for each combination of seed, learning rate and optimizer, all at once on all cores.

    Every network follows exactly the path it would follow alone. No checkpoints are written: an interrupted population
    must be trained again from the start.

    Parameters
    ----------
    network : Network
        Their common shape and loss.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Inputs; float32 is kept, and a sparse matrix stays one.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets in the form the loss expects: numbers, one-hot rows, or ±1.
    seeds : int or sequence of int
        Seeds of initial values, shuffles and dropout; a number n means 0 … n-1.
    learning_rates : float, sequence of float, or None
        α, > 0; None takes each optimizer's default.
    optimizers : str, Optimizer, or a sequence of them
        The rules.
    epochs, batch_size : int
        Number of passes over the rows, and rows per update.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the rows.
    penalty : Penalty, optional
        L1 and L2.
    schedule : str or Schedule
        How α changes over the updates.
    decay_schedule, dropout_schedule : str, Schedule or None
        The share of weight decay and dropout that applies, as a schedule with base 1.
    factors : Factors, optional
        Factors on α and weight decay by group of parameters (`koubai.optimizers.groups.Factors`).
    shuffle : bool
        Whether to reshuffle the rows in each epoch.
    clip_norm : float
        Maximum gradient norm; 0 disables clipping.
    init : str
        Rule for initial values; ``"data"`` gives pre-activations variance 1 over the rows.
    tol, n_iter_no_change : float
        A network stops when its loss has not fallen by ``tol`` for more than ``n_iter_no_change`` epochs.
    n_jobs : int, optional
        Number of threads; all cores by default, or with an executor one for each worker.
    engine : str
        ``"cpu"``, ``"reference"``, or ``"jax"`` for GPUs.
    executor : concurrent.futures.Executor, optional
        The workers that share the networks out: a pool of processes, Dask's ``client.get_executor()``, mpi4py's or
        loky's. The rows are sent once to each. Results do not depend on it.

    Returns
    -------
    TrainedPopulation

    Raises
    ------
    ParameterError
        If a parameter is not allowed.
    ShapeError
        If X or y does not fit the network, or ``sample_weight`` the rows.
    DataError
        If X, y or ``sample_weight`` contains a non-finite value, or a weight is negative.

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
    _check_parameters(locals())
    check_executor(executor, "train_population")
    rows = _rows(network, X, y, sample_weight)
    members = _members(seeds, learning_rates, optimizers)
    own, changes = factors or Factors(), _share_schedules(decay_schedule, dropout_schedule)
    for member in members:
        check_decays(member.optimizer, own, changes.decay is not None, "train_population")
    plan = Plan(network, members[0].optimizer, penalty or Penalty(), batch_size, shuffle, 0, clip_norm, own)
    steps = plan.steps_per_epoch(rows.n_rows)
    rates = get_schedule(schedule).rates(1.0, 0, epochs * steps, steps, epochs * steps, n_rows=rows.n_rows)
    population = _at_start(network, members, init, rows)
    patience = None if n_iter_no_change == np.inf else Patience(tol, n_iter_no_change)
    shares = changes.of(0, (epochs, steps), steps, epochs * steps, rows.n_rows)
    trains = cast(PopulationEngine, spread(get_engine(engine, n_jobs), executor, n_jobs))
    losses = trains.run_population(plan, population, rows, rates.reshape(epochs, steps), patience, shares)
    return TrainedPopulation(network, tuple(members), population.thetas, losses)


def _at_start(network: Network, members: Sequence[Member], init: str, rows: Rows) -> Population:
    """Return the population with its initial values, each network's drawn from its own seed."""
    drawn, dtype = DRAWN if init == DATA else init, rows.targets.dtype
    starts = [network.initial(np.random.default_rng(member.seed), drawn, dtype) for member in members]
    return Population(
        np.stack([with_unit_variance(network, start, rows.inputs) if init == DATA else start for start in starts]),
        [member.optimizer for member in members],
        np.array([member.seed for member in members], np.uint64),
        np.array([member.learning_rate for member in members]),
    )


def _share_schedules(decay: str | Schedule | None, dropout: str | Schedule | None) -> ShareSchedules:
    """Return the schedules of weight decay and dropout."""
    named = (("decay_schedule", decay), ("dropout_schedule", dropout))
    found = [None if given is None else get_schedule(given, f"train_population: {name}") for name, given in named]
    return ShareSchedules(found[0], found[1], "train_population")


NUMBERS: tuple[tuple[str, type, float, bool, float], ...] = (
    ("epochs", Integral, 1, True, 100),
    ("batch_size", Integral, 1, True, 32),
    ("clip_norm", Real, 0, True, 0.0),
    ("tol", Real, 0, True, 0.0),
    ("n_iter_no_change", Real, 0, False, 10),
)
"""Scalar parameters: name, type, minimum and whether it is allowed, and a suggested value."""

OTHERS: tuple[tuple[str, Callable[[object], bool], str, str], ...] = (
    (
        "init",
        lambda value: value in (*INITIALIZER_NAMES, DATA),
        f"be one of {', '.join((*INITIALIZER_NAMES, DATA))}",
        "Try 'glorot_uniform'.",
    ),
    ("shuffle", lambda value: isinstance(value, bool | np.bool_), "be True or False", "Try True."),
    (
        "n_jobs",
        lambda value: value is None or (is_whole(value) and value >= 1),
        "be an integer >= 1 or None",
        "Try None.",
    ),
    (
        "penalty",
        lambda value: value is None or isinstance(value, Penalty),
        "be a Penalty or None",
        "Try Penalty(l2=0.001).",
    ),
    (
        "factors",
        lambda value: value is None or isinstance(value, Factors),
        "be Factors or None",
        "Try Factors({'biases': 0.1}).",
    ),
    ("network", lambda value: isinstance(value, Network), "be a Network", "Try Network.dense((2, 8, 1))."),
)
"""The other parameters: name, whether a value is allowed, what is required, and what to do."""


def _check_parameters(given: Record) -> None:
    """Raise ParameterError for the first parameter that is not allowed."""
    for name, kind, least, closed, proposal in NUMBERS:
        value = given[name]
        there = isinstance(value, kind) and not isinstance(value, bool | np.bool_)
        endless = name == "n_iter_no_change" and value == np.inf
        if not there or not (value >= least if closed else value > least) or not (value < np.inf or endless):
            article = "an integer" if kind is Integral else "a finite number"
            raise ParameterError(
                who="train_population",
                parameter=name,
                required=f"be {article} {'>=' if closed else '>'} {least:g}",
                got=repr(value),
                remedy=worded("core.remedy.try", value=proposal),
            )
    for name, accepts, required, remedy in OTHERS:
        value = given[name]
        if not accepts(value):
            got = type(value).__name__ if name == "network" else repr(value)
            raise ParameterError(who="train_population", parameter=name, required=required, got=got, remedy=remedy)


LARGEST_SEED = 2**64 - 1
"""Seeds are kept in 64 bits."""


def _members(
    seeds: int | Sequence[int],
    learning_rates: float | Sequence[float] | None,
    optimizers: str | Optimizer | Sequence[str | Optimizer],
) -> list[Member]:
    many = optimizers if isinstance(optimizers, Sequence) and not isinstance(optimizers, str) else [optimizers]
    rules = [get_optimizer(given, "train_population: optimizers") for given in many]
    rates: list[object] = [learning_rates]
    if isinstance(learning_rates, Iterable) and np.ndim(learning_rates) > 0:
        rates = [*learning_rates]
    allowed = [rate for rate in rates if rate is None or _is_rate(rate)]
    if not rules or not rates or len(allowed) < len(rates):
        raise ParameterError(
            who="train_population",
            parameter="learning_rates and optimizers",
            required="not be empty, and rates > 0",
            got=f"{learning_rates!r} and {optimizers!r}",
            remedy="Try learning_rates=[0.001, 0.01].",
        )
    return [
        Member(seed, float(rule.default_learning_rate if rate is None else rate), rule)
        for seed, rate, rule in product(_seeds(seeds), allowed, rules)
    ]


def _is_rate(rate: object) -> TypeGuard[float]:
    return not isinstance(rate, bool) and isinstance(rate, Real) and 0 < float(rate) < np.inf


def _seeds(given: object) -> list[int]:
    """Return the seeds given by a number or a sequence."""
    numbers: list[object] = []
    if is_whole(given):
        numbers = list(range(int(given)))
    elif isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
        numbers = list(given)
    whole = [number for number in numbers if is_whole(number)]
    if not numbers or len(whole) < len(numbers) or min(whole) < 0 or max(whole) > LARGEST_SEED:
        raise ParameterError(
            who="train_population",
            parameter="seeds",
            required="be one or more integers >= 0",
            got=repr(given),
            remedy="Try 32.",
        )
    return [int(seed) for seed in whole]


def _rows(network: Network, X: MaybeSparse, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None) -> Rows:
    inputs = _numbers("X", X, may_be_sparse=True)
    dtype = np.float32 if inputs.dtype == np.float32 else np.float64
    targets = _numbers("y", y)
    targets = targets[:, np.newaxis] if targets.ndim == 1 else targets
    for name, array, width, axis in (
        ("X", inputs, network.n_features, "n_features"),
        ("y", targets, network.n_outputs, "n_outputs"),
    ):
        if array.ndim != 2 or array.shape[1] != width or array.shape[0] != inputs.shape[0] or not array.shape[0]:
            raise ShapeError(
                who="train_population",
                parameter=name,
                required=f"have shape (n_samples, {axis}) = (n >= 1, {width}), as many rows in X as in y",
                got=str(array.shape),
            )
    weights = None if sample_weight is None else _numbers("sample_weight", sample_weight).astype(dtype)
    if weights is not None and weights.shape != (inputs.shape[0],):
        raise ShapeError(
            who="train_population",
            parameter="sample_weight",
            required=f"have shape (n_samples,) = ({inputs.shape[0]},)",
            got=str(weights.shape),
        )
    if weights is not None and (weights.min() < 0 or not weights.max() > 0):
        raise DataError(
            who="train_population",
            parameter="sample_weight",
            required="be >= 0, and above 0 for at least one row",
            got=f"{weights.min():g} to {weights.max():g}",
            remedy="Omit it.",
        )
    ready = inputs.astype(dtype, copy=False) if issparse(inputs) else np.ascontiguousarray(inputs, dtype)
    return Rows(ready, np.ascontiguousarray(targets, dtype), weights)


def _numbers(name: str, given: MaybeSparse, may_be_sparse: bool = False) -> MaybeSparse:
    """Return what is given as an array of finite numbers; what is sparse and may be so, as a CSR array."""
    if issparse(given):
        if not may_be_sparse:
            raise ParameterTypeError(
                who="train_population",
                parameter=name,
                required="be an array",
                got=type(given).__name__,
                remedy="Call its method toarray first.",
            )
        check_indices("train_population", given)
        given = csr_array(given) if given.ndim == 2 else given.toarray()
    sparse = issparse(given)
    array: MaybeSparse = given if sparse else floats("train_population", name, given, keep_float32=True)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    values = array.data if sparse else array
    if not np.isfinite(values).all():
        first = np.argwhere(~np.isfinite(values))[0]
        place = tuple(int(i[first[0]]) for i in array.tocoo().coords) if sparse else tuple(map(int, first))
        raise DataError(
            who="train_population",
            parameter=name,
            required=worded("core.must.contain_only_finite_numbers"),
            got=worded("core.got.at", array=array[place], place=place),
            remedy=worded("core.remedy.impute_remove_row"),
        )
    return array
