"""A network, its parameters and the rows its loss is taken over: the subject of the lab's surface tools."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from koubai.core.arguments import Kind, floats, of_class, or_none, takes, targets_of
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterTypeError, ShapeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.core.untyped import MaybeSparse, ScikitLearn
from koubai.engines.cpu.threads import one_blas_thread
from koubai.engines.protocol import Rows
from koubai.engines.reference import trace_forward

BLOCK = 4096
"""Number of rows passed through the network at once."""
WORTH_SHARING = 5e7
"""Operations per pass above which BLAS threads gain more than they lose to synchronisation."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at a point θ, and the loss of some rows around it.

    Parameters
    ----------
    network : Network
        The network; its dropout is ignored.
    theta : (n_parameters,)
        θ.
    rows : Rows
        The rows the weighted mean loss is taken over.
    penalty : Penalty
        The penalty added to the loss.
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
                f"{self.network.n_outputs}); got ({n_features}, {n_outputs}). Encode them as in training."
            )

    def at(self, theta: Array) -> "Subject":
        """Return the same at another θ."""
        return replace(self, theta=theta)

    def few_threads(self) -> AbstractContextManager[object]:
        """Return a context that keeps small matrix products on one thread, for loops over thousands of them."""
        operations = 2.0 * self.rows.n_rows * self.network.n_parameters
        return one_blas_thread() if operations < WORTH_SHARING else nullcontext()

    @property
    def total_weight(self) -> float:
        """Total weight of the rows."""
        return float(self.rows.n_rows if self.rows.weights is None else self.rows.weights.sum())

    def loss(self, theta: Array | None = None) -> float:
        """Return the weighted mean loss plus penalty at θ (its own by default)."""
        point = self.theta if theta is None else theta
        total = 0.0
        with np.errstate(all="ignore"), self.few_threads():  # far from θ losses may overflow; they are shown as holes
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
def subject_of(estimator: ScikitLearn, X: MaybeSparse, y: npt.ArrayLike, penalty: Penalty | None = None) -> Subject:
    """Return the subject of a fitted estimator on data, in float64.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor
        A fitted estimator with ``network_`` and ``theta_`` and, for classification, ``classes_``.
    X : (n, n_features)
        Features, dense or CSR.
    y : (n,) or (n, n_outputs)
        Targets, in the form passed to ``fit``.
    penalty : Penalty, optional
        Penalty to add to the mean loss; none by default.

    Raises
    ------
    ParameterTypeError
        If the estimator is not fitted, or not one of koubai's.
    DataError
        If y contains a class unknown to the estimator.
    """
    if not hasattr(estimator, "network_") or not hasattr(estimator, "theta_"):
        raise ParameterTypeError(
            f"subject_of: estimator must be a fitted network of koubai; got {type(estimator).__name__}. Call fit first."
        )
    inputs = X.astype(np.float64).tocsr() if issparse(X) else np.ascontiguousarray(floats("subject_of", "X", X))
    y = targets_of("subject_of", y)
    _check_classes(getattr(estimator, "classes_", None), y)
    if inputs.ndim != 2 or y.ndim == 0 or len(y) != inputs.shape[0]:
        raise ShapeError(
            f"subject_of: X must have shape (n, n_features) and y as many rows; got {inputs.shape} and {np.shape(y)}. "
            f"Pass both as they were given to fit."
        )
    targets = np.ascontiguousarray(estimator.coded_targets(y), dtype=np.float64)
    theta = np.asarray(estimator.theta_, dtype=np.float64)
    return Subject(estimator.network_, theta, Rows(inputs, targets), penalty or Penalty())


def _check_classes(classes: object, y: Array) -> None:
    """Raise DataError if y contains a class not seen in training."""
    if classes is None or y.ndim != 1:
        return
    strange = y[~np.isin(y, np.asarray(classes))]
    if len(strange):
        raise DataError(
            f"subject_of: y must contain only classes seen in training; got {strange[0]!r}. Remove such rows."
        )
