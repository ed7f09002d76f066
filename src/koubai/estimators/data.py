"""Preparation of the user's data for the engine: validation, encoding, weights, and the split for early stopping."""

from abc import abstractmethod
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse
from sklearn.utils.validation import _check_sample_weight, validate_data

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.core.sparse import check_rows
from koubai.engines.protocol import Inputs, Rows
from koubai.estimators.kept.storage import Storable
from koubai.estimators.splitting import splitters

FLOATS = (np.float64, np.float32)
"""Inputs of these dtypes are kept; others are converted to float64."""


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """The training rows and the validation rows, the latter None if there are none."""

    rows: Rows
    validation: Rows | None


class TakesData(Storable):
    """The part of an estimator that takes X, y and weights."""

    early_stopping: bool
    validation_fraction: float
    n_features_in_: int

    @abstractmethod
    def _validated(self, X: object, y: object, *, incremental: bool, reset: bool) -> tuple[Inputs, Array, object]:
        """Return the inputs, the coded targets (n, n_outputs) in their dtype, and y as given."""

    @abstractmethod
    def _coded(self, y: Array | csr_array, dtype: npt.DTypeLike) -> Array:
        """Encode further y of the same kind as in training as targets, (n, n_outputs)."""

    @abstractmethod
    def _known(self, y: object) -> Array | csr_array:
        """Return the y of a validation set as an array, after checking that it is of the same kind as in training."""

    def _as_rows(self, X: object, reset: bool = False) -> object:
        """Return X as rows of features; with ``reset`` whatever their number, else as many as in training."""
        return X

    def _prepared(self, inputs: Inputs, fresh: bool = False) -> Inputs:
        """Return validated rows as the network takes them; with ``fresh``, after learning how from these."""
        return inputs

    def _class_weights(self, y: object, incremental: bool) -> Array | None:
        """Return row weights derived from the class weights, (n,)."""
        return None

    def _strata(self, targets: Array) -> Array | None:
        """Return the strata for early stopping's split, or None."""
        return None

    def _inputs(self, X: object, dtype: npt.DTypeLike) -> Inputs:
        """Return inputs with the same features as in training, ready for the engine."""
        X = self._as_rows(X)
        ready = self._plain_rows(X, dtype)
        if ready is not None:
            return self._prepared(ready)
        check_rows(type(self).__name__, X)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=dtype, order="C", reset=False)
        return self._prepared(csr_array(X) if issparse(X) else X)

    def _plain_rows(self, X: object, dtype: npt.DTypeLike) -> Array | None:
        """Validate a plain array of finite numbers as scikit-learn would; return None for anything else.

        scikit-learn's checks take longer than a row's pass through a network; they are used to report errors in other
        X.
        """
        plain = (
            type(X) is np.ndarray
            and X.ndim == 2
            and X.dtype.kind in "fiu"
            and len(X) > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
        )
        if not plain:
            return None
        rows = np.ascontiguousarray(X, dtype)
        return rows if isfinite(np.vdot(rows, rows)) else None

    def _weighted(self, inputs: Inputs, targets: Array, y: object, sample_weight: object, incremental: bool) -> Rows:
        """Return the training rows with their weights; those of weight 0 are dropped."""
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, inputs, ensure_non_negative=True)
        of_classes = self._class_weights(y, incremental)
        if of_classes is not None:
            weights = of_classes if weights is None else weights * of_classes
        if weights is None:
            return Rows(inputs, targets)
        weights = np.asarray(weights, dtype=inputs.dtype)
        there = weights > 0
        if there.all():
            return Rows(inputs, targets, weights)
        if not there.any():
            raise DataError(
                who=type(self).__name__,
                parameter="sample_weight times class_weight",
                required=worded("core.must.above_at_least_row"),
                got=worded("core.got.all", n_weights=len(weights)),
                remedy=worded("core.remedy.omit_them"),
            )
        return Rows(inputs[there], np.ascontiguousarray(targets[there]), weights[there])

    def _split(self, rows: Rows, validation_data: object, rng: np.random.RandomState, hold_out: bool) -> TrainingRows:
        """Return training rows and validation rows: those given, some held out if requested, or none."""
        if validation_data is not None:
            return TrainingRows(rows, self._given_validation(validation_data, rows))
        if not hold_out:
            return TrainingRows(rows, None)
        if self.validation_fraction == 0:
            raise ParameterError(
                who=type(self).__name__,
                parameter="validation_fraction",
                required=worded("core.must.where_rows_held_out"),
                got=str(self.validation_fraction),
                remedy=worded("core.remedy.try_early_stopping_false"),
            )
        arrays = [rows.inputs, rows.targets] + ([] if rows.weights is None else [rows.weights])
        parts = splitters().train_test_split(
            *arrays, random_state=rng, test_size=self.validation_fraction, stratify=self._strata(rows.targets)
        )
        training, held_out = Rows(*parts[0::2]), Rows(*parts[1::2])
        if held_out.n_rows < 2:
            raise DataError(
                who=type(self).__name__,
                what=(
                    f"The validation set is too small; scoring needs at least 2 rows in it and got {held_out.n_rows}."
                ),
                remedy="Increase 'validation_fraction' or the size of your dataset.",
            )
        return TrainingRows(training, held_out)

    def _given_validation(self, given: object, rows: Rows) -> Rows:
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise ParameterError(
                who=type(self).__name__,
                parameter="validation_data",
                required="be a tuple (X, y) or (X, y, sample_weight)",
                got=type(given).__name__,
                remedy="Try validation_data=(X_val, y_val).",
            )
        dtype = rows.inputs.dtype
        inputs = self._inputs(given[0], dtype)
        targets = self._coded(self._known(given[1]), dtype)
        if len(targets) != inputs.shape[0]:
            raise DataError(
                who=type(self).__name__,
                parameter="validation_data",
                required="have as many rows in X as in y",
                got=f"{inputs.shape[0]} and {len(targets)}",
                remedy="Give both for the same rows.",
            )
        if targets.shape[1] != rows.targets.shape[1]:
            raise DataError(
                who=type(self).__name__,
                parameter="validation_data",
                required=f"have as many outputs in y as the training rows, {rows.targets.shape[1]}",
                got=str(targets.shape[1]),
                remedy="Give the same columns.",
            )
        weights = _check_sample_weight(given[2], inputs, ensure_non_negative=True) if len(given) == 3 else None
        return Rows(inputs, targets, weights)
