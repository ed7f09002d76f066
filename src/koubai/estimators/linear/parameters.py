"""A perceptron's parameters, what is allowed of each, and what functions ask of it once it has learned."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Protocol

from sklearn.utils._param_validation import Interval, StrOptions

from koubai.core.arrays import Array
from koubai.core.untyped import MaybeSparse
from koubai.engines.cpu.perceptron_records import Weights

CONSTRAINTS: dict[str, object] = {
    "penalty": [StrOptions({"l2", "l1", "elasticnet"}), None],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "fit_intercept": ["boolean"],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left"), None],
    "shuffle": ["boolean"],
    "verbose": ["verbose"],
    "eta0": [Interval(Real, 0, None, closed="neither")],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "warm_start": ["boolean"],
    "variant": [StrOptions({"plain", "averaged", "pocket"})],
    "order": [StrOptions({"shuffled", "in order", "random"}), None],
    "init": [StrOptions({"zeros", "random"})],
    "zero_score": [StrOptions({"wrong", "negative"})],
    "stop_when_separated": ["boolean"],
    "sparse_intercept_decay": [Interval(Real, 0, 1, closed="right")],
}
"""Constraints on the parameters, in scikit-learn's form."""


class LinearModel(Protocol):
    """A perceptron."""

    penalty: str | None
    alpha: float
    l1_ratio: float
    fit_intercept: bool
    tol: float | None
    shuffle: bool
    verbose: int
    eta0: float
    n_jobs: int | None
    random_state: object
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    class_weight: Mapping[object, float] | str | None
    variant: str
    order: str | None
    zero_score: str
    stop_when_separated: bool
    sparse_intercept_decay: float

    coef_: MaybeSparse
    intercept_: Array
    classes_: Array
    mistakes_: Array
    _running: Weights | None

    def _validate_params(self) -> None: ...
