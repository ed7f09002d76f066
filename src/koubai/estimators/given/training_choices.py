"""The optimizer, schedule and plan of training, from an estimator's parameters."""

import operator
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Literal, SupportsIndex, overload

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.data_start import DATA
from koubai.core.errors import InPython, Parameter, ParameterError
from koubai.core.initializers import NAMES as INITIALIZER_NAMES
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.schema import Record
from koubai.core.warning import warn_caller
from koubai.engines.protocol import Engine, Plan
from koubai.engines.registry import ENGINES, get_engine, has_jax
from koubai.estimators.given.protocols import DenseParameters, TrainingParameters
from koubai.optimizers.adam import Adam
from koubai.optimizers.groups import Factors, check_decays, checked_factors
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.nesterov import Nesterov
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Adaptive, Constant, InverseScaling, Schedule, get_schedule
from koubai.optimizers.sgd import SGD
from koubai.training.checkpoints import CheckpointFile
from koubai.training.executors import spread
from koubai.training.loop import Callback
from koubai.training.shares import ShareSchedules

CONSTRAINTS: dict[str, object] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [str, Activation, list, tuple],
    "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "optimizer": [str, Optimizer, dict, None],
    "schedule": [str, Schedule, dict, None],
    "epochs": [Interval(Integral, 1, None, closed="left"), None],
    "init": [StrOptions({*INITIALIZER_NAMES, DATA})],
    "rate_factors": [dict, None],
    "decay_factors": [dict, None],
    "decay_schedule": [str, Schedule, dict, None],
    "dropout_schedule": [str, Schedule, dict, None],
    "embedding": [StrOptions({"periodic"}), dict, None],
    "scaling": ["boolean"],
    "parametrization": [StrOptions({"standard", "ntk"})],
    "learned_activation": ["boolean"],
    "l1": [Interval(Real, 0, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
    "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "callbacks": [callable, list, tuple, None],
    "progress": ["boolean"],
    "engine": [StrOptions(set(ENGINES)), HasMethods(["run", "forward", "loss_and_gradient"])],
    "n_jobs": [Interval(Integral, 1, None, closed="left"), Interval(Integral, None, -1, closed="right"), None],
    "n_starts": [Interval(Integral, 1, None, closed="left")],
    "checkpoint": [str, PathLike, None],
    "checkpoint_every": [Interval(Real, 0, None, closed="left")],
    "keep_checkpoint": ["boolean"],
    "validation_metric": [str, callable],
}
"""Constraints on the parameters of both estimators, in scikit-learn's form."""


def name_of(estimator: object) -> str:
    """Return the estimator's class name, for messages."""
    return type(estimator).__name__


def uses_lbfgs(estimator: TrainingParameters) -> bool:
    """Return whether the estimator trains by L-BFGS."""
    chosen = estimator.optimizer if estimator.optimizer is not None else estimator.solver
    return isinstance(chosen, str) and chosen == "lbfgs"


def chosen_optimizer(estimator: TrainingParameters) -> Optimizer:
    """Return the rule given by ``optimizer`` or else by scikit-learn's ``solver``."""
    if estimator.optimizer is not None:
        return get_optimizer(estimator.optimizer, Parameter(name_of(estimator), "optimizer"))
    if estimator.solver == "adam":
        return Adam(estimator.beta_1, estimator.beta_2, estimator.epsilon)
    if estimator.momentum == 0:
        return SGD()
    return (Nesterov if estimator.nesterovs_momentum else Momentum)(estimator.momentum)


def chosen_engine(estimator: TrainingParameters) -> Engine:
    """Return the engine, limited to ``n_jobs`` threads."""
    n_jobs = _n_threads(estimator)
    return spread(get_engine(estimator.engine, n_jobs), getattr(estimator, "_executor", None), n_jobs)


def predicting_engine(estimator: TrainingParameters) -> Engine:
    """Return the engine for predictions: without JAX, a network that it trained is computed by the compiled engine."""
    if estimator.engine == "jax" and not has_jax():
        return get_engine("cpu", _n_threads(estimator))
    return chosen_engine(estimator)


def _n_threads(estimator: TrainingParameters) -> int | None:
    """Return ``n_jobs`` as a number of threads, counted as in joblib: -1 is all processors, -2 all but one."""
    return None if estimator.n_jobs is None else int(effective_n_jobs(estimator.n_jobs))


def chosen_schedule(estimator: TrainingParameters) -> Schedule:
    """Return the schedule given by ``schedule`` or else by scikit-learn's ``learning_rate``.

    As in scikit-learn, ``solver="adam"`` ignores ``learning_rate``.
    """
    if estimator.schedule is not None:
        return get_schedule(estimator.schedule, Parameter(name_of(estimator), "schedule"))
    if estimator.optimizer is None and estimator.solver == "adam":
        return Constant()
    schedules: dict[str, Schedule] = {
        "constant": Constant(),
        "invscaling": InverseScaling(estimator.power_t),
        "adaptive": Adaptive(),
    }
    return schedules[estimator.learning_rate]


def is_laid_over_the_run(schedule: Schedule) -> bool:
    """Return whether a schedule's rates depend on the length of the run, so that they are small only towards its end.

    Examples
    --------
    >>> is_laid_over_the_run(get_schedule("one_cycle")), is_laid_over_the_run(get_schedule("step"))
    (True, False)
    """
    of_a_run, of_a_longer_one = (schedule.rates(1.0, 0, 8, 1, n_updates) for n_updates in (8, 16))
    return not np.array_equal(of_a_run, of_a_longer_one)


def base_learning_rate(estimator: TrainingParameters, optimizer: Optimizer) -> float:
    """Return α before any schedule."""
    given = estimator.learning_rate_init
    return optimizer.default_learning_rate if given is None else float(given)


def chosen_batch_size(estimator: TrainingParameters, n_rows: int) -> int:
    """Return the rows per update; warn if more are requested than exist."""
    if isinstance(estimator.batch_size, str):  # "auto"
        return int(estimator._usual_batch_size(n_rows))
    if estimator.batch_size > n_rows:
        warn_caller("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
    return min(int(estimator.batch_size), n_rows)


def chosen_callbacks(estimator: TrainingParameters) -> Sequence[Callback]:
    """Return the callbacks as a sequence.

    Raises
    ------
    ParameterError
        If one of them cannot be called.
    """
    given = estimator.callbacks
    callbacks = [] if given is None else [given] if callable(given) else list(given)
    for callback in callbacks:
        if not callable(callback):
            raise ParameterError(
                who=name_of(estimator),
                parameter="callbacks",
                required="be callables that take an Epoch",
                got=repr(callback),
                remedy="Try [print].",
            )
    return callbacks


def chosen_checkpoint(estimator: TrainingParameters, identity: Callable[[], Record]) -> CheckpointFile | None:
    """Return the checkpoint file, identified by ``identity``; None without one.

    Raises
    ------
    ParameterError
        If training could not resume from it because ``random_state`` is not an integer.
    """
    if not estimator.checkpoint:
        return None
    if not isinstance(estimator.random_state, Integral):
        raise ParameterError(
            who=name_of(estimator),
            parameter="random_state",
            required=worded("core.must.integer_checkpoint_training_can_resume"),
            got=repr(estimator.random_state),
            remedy=worded("core.remedy.try_zero"),
        )
    path, every = Path(estimator.checkpoint), float(estimator.checkpoint_every)
    return CheckpointFile(path, every, identity(), bool(estimator.keep_checkpoint))


def chosen_penalty(estimator: TrainingParameters) -> Penalty:
    """Return the penalty: ``alpha`` and ``l1``, divided by the summed weight of the rows in a batch."""
    return Penalty(l1=float(estimator.l1), l2=float(estimator.alpha), per_row=True)


def make_plan(estimator: TrainingParameters, network: Network, optimizer: Optimizer, n_rows: int, seed: int) -> Plan:
    """Return the plan: everything that stays the same from epoch to epoch."""
    return Plan(
        network,
        optimizer,
        chosen_penalty(estimator),
        chosen_batch_size(estimator, n_rows),
        bool(estimator.shuffle),
        seed,
        float(estimator.clip_norm or 0.0),
        chosen_factors(estimator),
    )


def chosen_factors(estimator: TrainingParameters) -> Factors:
    """Return the factors on rate and weight decay by group of parameters."""
    names = ("rate_factors", "decay_factors")
    rates, decays = (checked_factors(getattr(estimator, name), f"{name_of(estimator)}: {name}") for name in names)
    return Factors(rates, decays)


def share_schedules(estimator: TrainingParameters) -> ShareSchedules:
    """Return the schedules of weight decay and dropout."""
    found = chosen_shares(estimator)
    return ShareSchedules(found["decay_schedule"], found["dropout_schedule"], name_of(estimator))


def chosen_shares(estimator: TrainingParameters) -> dict[str, Schedule | None]:
    """Return the schedules of weight decay and dropout, by the parameters' names.

    Raises
    ------
    ParameterError
        If weight decay should change, or differ, and the optimizer has none.
    """
    who = name_of(estimator)
    found: dict[str, Schedule | None] = {}
    for name in ("decay_schedule", "dropout_schedule"):
        given = getattr(estimator, name)
        found[name] = None if given is None else get_schedule(given, Parameter(who, name))
    check_decays(chosen_optimizer(estimator), chosen_factors(estimator), found["decay_schedule"] is not None, who)
    return found


def hidden_sizes(estimator: DenseParameters) -> list[int]:
    """Return the nodes of each hidden layer.

    Raises
    ------
    ParameterError
        If one of them is not an integer above 0.
    """
    given = estimator.hidden_layer_sizes
    sizes = given.ravel().tolist() if isinstance(given, np.ndarray) else given
    sizes = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    if not all(map(_is_size, sizes)):
        raise ParameterError(
            who=name_of(estimator),
            parameter="hidden_layer_sizes",
            required=worded("core.must.integers"),
            got=repr(given),
            remedy=worded("core.remedy.try_17"),
        )
    return [int(size) for size in sizes]


def _is_size(value: SupportsIndex) -> bool:
    try:
        return operator.index(value) > 0 and not isinstance(value, bool)
    except TypeError:
        return False


@overload
def one_for_each_layer(estimator: DenseParameters, parameter: Literal["dropout"], n_hidden: int) -> list[float]: ...
@overload
def one_for_each_layer(
    estimator: DenseParameters, parameter: Literal["activation"], n_hidden: int
) -> list[str | Activation]: ...
def one_for_each_layer(
    estimator: DenseParameters, parameter: str, n_hidden: int
) -> list[float] | list[str | Activation]:
    """Return a parameter's value for each hidden layer; a single value applies to all.

    Raises
    ------
    ParameterError
        If there are several values, but not as many as layers.
    """
    given = getattr(estimator, parameter)
    if not isinstance(given, list | tuple):
        return [given] * n_hidden
    if len(given) != n_hidden:
        raise ParameterError(
            who=name_of(estimator),
            parameter=parameter,
            required=worded("core.must.value_each_hidden_layers", n_hidden=n_hidden),
            got=str(len(given)),
            remedy=worded("core.remedy.give", n_hidden=n_hidden),
        )
    return list(given)


def check_dropout(estimator: DenseParameters, n_hidden: int) -> None:
    """Raise ParameterError for an invalid dropout probability."""
    given: list[object] = [*one_for_each_layer(estimator, "dropout", n_hidden)]
    for value in given:
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
            raise ParameterError(
                who=name_of(estimator),
                parameter="dropout",
                required=worded("core.must.numbers"),
                got=repr(value),
                remedy=worded("core.remedy.try_8"),
            )


def hidden_activations(estimator: DenseParameters, n_hidden: int) -> list[Activation]:
    """Return the activation of each hidden layer."""
    who = Parameter(name_of(estimator), "activation")
    return [get_activation(given, who) for given in one_for_each_layer(estimator, "activation", n_hidden)]


def activation_for_init(estimator: DenseParameters) -> str:
    """Return the activation that determines the initial values of a network without hidden layers.

    As in scikit-learn, this is ``activation``, though no node uses it.
    """
    given = estimator.activation
    if isinstance(given, list | tuple):
        return ""
    return get_activation(given, Parameter(name_of(estimator), "activation")).name


def check_lbfgs(estimator: object) -> None:
    """Raise ParameterError for parameters that L-BFGS does not support and that would change the result."""
    neutrals = {
        "rate_factors": None,
        "decay_factors": None,
        "decay_schedule": None,
        "dropout_schedule": None,
        "dropout": 0.0,
        "clip_norm": None,
        "schedule": None,
        "checkpoint": None,
        "n_starts": 1,
    }
    for name, neutral in neutrals.items():
        value = getattr(estimator, name)
        if value != neutral:
            raise ParameterError(
                who=name_of(estimator),
                parameter=name,
                required=InPython(f"be {neutral!r} with L-BFGS", typed=worded("core.remedy.not_set_l_bfgs")),
                got=repr(value),
                remedy=InPython("Try solver='adam'.", typed=worded("core.remedy.try_adam_2")),
            )
