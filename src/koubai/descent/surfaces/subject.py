"""A network with its parameters and the rows that its loss is taken over: what the lab looks at closely."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from threadpoolctl import ThreadpoolController

from koubai.core.arguments import Kind, floats, of_class, or_none, takes
from koubai.core.errors import DataError, ParameterTypeError, ShapeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Rows
from koubai.engines.reference import trace_forward

Array = npt.NDArray[Any]

BLOCK = 4096
"""Rows that go through the network at once."""


WORTH_SHARING = 5e7
"""Operations of one pass from which on BLAS's threads gain more than they lose in waiting for each other."""


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at a point θ, and the loss of some rows around it.

    Parameters
    ----------
    network : Network
        The network; its dropout is left aside.
    theta : (n_parameters,)
        θ.
    rows : Rows
        What the loss is the weighted mean over.
    penalty : Penalty
        What is added to it.
    """

    network: Network
    theta: Array
    rows: Rows
    penalty: Penalty = field(default_factory=Penalty)

    def __post_init__(self) -> None:
        self.network.check_theta(self.theta)
        n_features, n_outputs = self.rows.inputs.shape[1], self.rows.targets.shape[1]
        if (n_features, n_outputs) != (self.network.n_features, self.network.n_outputs):
            raise ShapeError(
                f"Subject: rows must have (n_features, n_outputs) = ({self.network.n_features}, "
                f"{self.network.n_outputs}); got ({n_features}, {n_outputs}). Code them as in training."
            )

    def at(self, theta: Array) -> "Subject":
        """Return the same at another θ."""
        return replace(self, theta=theta)

    def few_threads(self) -> AbstractContextManager[Any]:
        """Return a context in which small products of matrices stay on one thread: thousands of them follow."""
        operations = 2.0 * self.rows.n_rows * self.network.n_parameters
        return _blas().limit(limits=1, user_api="blas") if operations < WORTH_SHARING else nullcontext()

    @property
    def total_weight(self) -> float:
        """Summed weight of the rows."""
        return float(self.rows.n_rows if self.rows.weights is None else self.rows.weights.sum())

    def loss(self, theta: Array | None = None) -> float:
        """Return the weighted mean loss plus penalty at θ (its own by default)."""
        point = self.theta if theta is None else theta
        total = 0.0
        with np.errstate(all="ignore"), self.few_threads():  # far away, losses may overflow: they are shown as holes
            for start in range(0, self.rows.n_rows, BLOCK):
                chosen = slice(start, start + BLOCK)
                trace = trace_forward(self.network, point, self.rows.inputs[chosen])
                losses = self.network.loss.rows(
                    self.network.layers[-1].activation,
                    trace.pre_activations[-1],
                    trace.activations[-1],
                    self.rows.targets[chosen],
                )
                weights = self.rows.weights
                total += float(losses.sum() if weights is None else losses @ weights[chosen])
            return total / self.total_weight + self.penalty.value(self.network, point, self.total_weight)


SUBJECT: Kind = of_class(Subject, "Pass subject_of(model, X, y).")
"""What most functions on loss surfaces begin from."""


@takes("subject_of", penalty=or_none(of_class(Penalty, "Leave it out.")))
def subject_of(estimator: Any, X: Any, y: Any, penalty: Penalty | None = None) -> Subject:
    """Return the subject of a fitted estimator on data, in float64.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor
        Anything fitted with ``network_`` and ``theta_``, and for classification ``classes_``.
    X : (n, n_features)
        Features, dense or CSR.
    y : (n,) or (n, n_outputs)
        Targets, as they were given to ``fit``.
    penalty : Penalty, optional
        What to add to the mean loss; nothing by default.

    Raises
    ------
    ParameterTypeError
        If the estimator is not fitted, or not one of koubai's.
    DataError
        If y holds a class that the estimator does not know.
    """
    if not hasattr(estimator, "network_") or not hasattr(estimator, "theta_"):
        raise ParameterTypeError(
            f"subject_of: estimator must be a fitted network of koubai; got {type(estimator).__name__}. Call fit first."
        )
    inputs = X.astype(np.float64).tocsr() if issparse(X) else np.ascontiguousarray(floats("subject_of", "X", X))
    _check_classes(getattr(estimator, "classes_", None), np.asarray(y))
    if inputs.ndim != 2 or np.ndim(y) == 0 or len(np.asarray(y)) != inputs.shape[0]:
        raise ShapeError(
            f"subject_of: X must have shape (n, n_features) and y as many rows; got {inputs.shape} and {np.shape(y)}. "
            f"Pass both as they were given to fit."
        )
    targets = np.ascontiguousarray(estimator.coded_targets(y), dtype=np.float64)
    theta = np.asarray(estimator.theta_, dtype=np.float64)
    return Subject(estimator.network_, theta, Rows(inputs, targets), penalty or Penalty())


def _check_classes(classes: Any, y: Array) -> None:
    """Raise DataError if y holds a class that was not trained on."""
    if classes is None or y.ndim != 1:
        return
    strange = y[~np.isin(y, np.asarray(classes))]
    if len(strange):
        raise DataError(
            f"subject_of: y must hold classes that were trained on; got {strange[0]!r}. Leave such rows out."
        )
