"""What all regressors have in common: numbers in training, and predictions of them."""

from dataclasses import replace
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse
from sklearn.base import RegressorMixin
from sklearn.utils import assert_all_finite, check_array, column_or_1d
from sklearn.utils.validation import validate_data

from koubai.core.activations import get_activation
from koubai.core.arguments import refuse_times
from koubai.core.arrays import Array
from koubai.core.errors import DataError, Parameter, ParameterError
from koubai.core.schema import Record
from koubai.core.sparse import check_rows
from koubai.engines.protocol import Inputs, Rows
from koubai.estimators.base import BaseNetwork, stochastic_only
from koubai.estimators.data import FLOATS
from koubai.estimators.given.outputs import Ending, regression_ending
from koubai.estimators.given.parameters import checks_parameters
from koubai.estimators.scores import RSquaredTally, Tally


class Regresses(RegressorMixin, BaseNetwork):  # type: ignore[misc]  # scikit-learn has no types
    """The part of an estimator that learns and predicts numbers."""

    @stochastic_only
    @checks_parameters
    def partial_fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Train for one epoch on these rows, continuing from the last call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows, >= 0.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            With ``early_stopping``, which needs all the data.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: object) -> Array:
        """Return the predicted values, (n_samples,) or (n_samples, n_outputs).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        """
        outputs = self._outputs(X)
        limits = self._limits()
        if limits:
            low, high = np.array(limits, outputs.dtype).T
            outputs = np.clip(outputs, low, high)
        return outputs.ravel() if self.n_outputs_ == 1 else outputs

    def _limits(self) -> list[list[float]]:
        """Return the lowest and the highest target of each output in training, if predictions are clipped to them.

        Raises
        ------
        ParameterError
            If they were not kept, since ``clip_predictions`` was set later.
        """
        if not self.clip_predictions:
            return []
        if not hasattr(self, "target_range_"):
            raise ParameterError(
                who=type(self).__name__,
                parameter="clip_predictions",
                required="be True when fit is called, which keeps the targets' range",
                got="a model without one",
                remedy="Call fit again.",
            )
        return self.target_range_

    def _weighted(self, inputs: Inputs, targets: Array, y: object, sample_weight: object, incremental: bool) -> Rows:
        """Return the training rows with their weights, and keep the range of their targets if it is needed."""
        rows = super()._weighted(inputs, targets, y, sample_weight, incremental)
        anew = not self._has_parameters() or (not self.warm_start and not incremental)
        if anew and hasattr(self, "target_range_"):
            del self.target_range_
        self._note_targets(rows.targets)
        return rows

    def _note_targets(self, targets: Array) -> None:
        """Widen the range of the targets seen, if predictions are to be clipped to it."""
        if self.clip_predictions:
            known = np.array(getattr(self, "target_range_", [[np.inf, -np.inf]] * targets.shape[1]))
            low, high = np.minimum(targets.min(axis=0), known[:, 0]), np.maximum(targets.max(axis=0), known[:, 1])
            self.target_range_ = [[float(a), float(b)] for a, b in zip(low, high, strict=True)]

    def _take_own_record(self, record: Record) -> None:
        ranges = self.__dict__.get("target_range_")
        if ranges is not None and (len(ranges) != self.n_outputs_ or any(low > high for low, high in ranges)):
            raise ValueError(f"ranges of {len(ranges)} targets for a network of {self.n_outputs_} outputs")
        super()._take_own_record(record)

    def _tolerance(self) -> float:
        """Return the decrease in loss that counts as an improvement.

        ``tol`` is in units of the mean over the outputs, as in scikit-learn; the loss is their sum.
        """
        return float(self.tol) * self.n_outputs_

    def _check_loss(self) -> None:
        self._ending()

    def _ending(self) -> Ending:
        ending = regression_ending(self.loss, type(self).__name__)
        chosen = getattr(self, "output_activation", None)
        if chosen is None:
            return ending
        own = Parameter(type(self).__name__, "output_activation")
        if get_activation(chosen, own).name == "step":
            raise ParameterError(
                parameter=own,
                required="be another than 'step', which has no slope for the network to learn by",
                got=repr(chosen),
                remedy="Try 'sigmoid'.",
            )
        return replace(ending, activation=chosen)

    def decoded_targets(self, targets: Array) -> Array:
        """Return the numbers that targets encode; the inverse of ``coded_targets``."""
        return targets.ravel() if targets.shape[1] == 1 else targets

    def _validated(self, X: object, y: object, *, incremental: bool, reset: bool) -> tuple[Inputs, Array, Array]:
        check_rows(type(self).__name__, X)
        refuse_times(type(self).__name__, "y", y)
        rows, targets = validate_data(
            self,
            self._as_rows(X, reset),
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=FLOATS,
            order="C",
            reset=reset,
        )
        if targets.ndim == 2 and targets.shape[1] == 1:
            targets = column_or_1d(targets, warn=True)
        inputs = self._prepared(csr_array(rows) if issparse(rows) else rows, reset)
        return inputs, self._coded(targets, rows.dtype), targets

    def _known(self, y: object) -> Array:
        refuse_times(type(self).__name__, "y", y)
        return check_array(y, ensure_2d=False, dtype=FLOATS, input_name="y")

    def _coded(self, y: Array, dtype: npt.DTypeLike) -> Array:
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y.reshape(-1, 1) if y.ndim == 1 else y, dtype=dtype)
        assert_all_finite(targets, input_name="y")  # also former None values, and what float32 cannot hold
        loss = self._ending().loss
        self._check_shares(targets.shape[1])
        low, high = loss.lowest_target, loss.highest_target
        value = targets.min() if targets.min() < low else targets.max()
        if not low <= value <= high:
            raise DataError(
                who=type(self).__name__,
                parameter="y",
                required=f"be {f'>= {low:g}' if value < low else f'<= {high:g}'} with loss={loss.name!r}",
                got=f"{value:g}",
                remedy="Try loss='squared_error'.",
            )
        return targets

    def _check_shares(self, n_outputs: int) -> None:
        """Raise ParameterError for the softmax of one output, which is 1 whatever the network learns."""
        chosen = getattr(self, "output_activation", None)
        if n_outputs == 1 and chosen is not None and get_activation(chosen).name == "softmax":
            raise ParameterError(
                who=type(self).__name__,
                parameter="output_activation",
                required="be another than 'softmax' for one column of targets, whose share of the whole is always 1",
                got=repr(chosen),
                remedy="Try 'sigmoid'.",
            )

    def _new_tally(self, in_pieces: bool) -> Tally:
        return RSquaredTally()
