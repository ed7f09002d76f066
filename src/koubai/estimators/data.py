"""From what the user gives to rows that the engine takes: validated, coded, weighted, and split for early stopping."""

from abc import abstractmethod
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils.validation import _check_sample_weight, validate_data

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.sparse import check_indices
from koubai.engines.protocol import Inputs, Rows
from koubai.estimators.kept.storage import Storable

FLOATS = (np.float64, np.float32)
"""Inputs of these dtypes stay as they are; others become float64."""


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """The rows that train, and those that only score; ``validation`` is None without such rows."""

    rows: Rows
    validation: Rows | None


class TakesData(Storable):
    """The part of an estimator that takes X, y and weights."""

    early_stopping: bool
    validation_fraction: float
    n_features_in_: int

    @abstractmethod
    def _validated(self, X: Any, y: Any, *, incremental: bool, reset: bool) -> tuple[Inputs, Array, Any]:
        """Return the inputs, the coded targets (n, n_outputs) in their dtype, and y as it was given."""

    @abstractmethod
    def _coded(self, y: Any, dtype: Any) -> Array:
        """Return further y of the same kind as in training as coded targets, (n, n_outputs)."""

    @abstractmethod
    def _known(self, y: Any) -> Any:
        """Return the y of a validation set as an array, after a check that training has seen its like."""

    def _class_weights(self, y: Any, incremental: bool) -> Array | None:
        """Return the weights of rows that follow from their classes, (n,)."""
        return None

    def _strata(self, targets: Array) -> Array | None:
        """Return what early stopping's split keeps the shares of, or None."""
        return None

    def _inputs(self, X: Any, dtype: Any) -> Inputs:
        """Return inputs of the same features as in training, ready for the engine."""
        ready = self._plain_rows(X, dtype)
        if ready is not None:
            return ready
        check_indices(type(self).__name__, X)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=dtype, order="C", reset=False)
        return csr_array(X) if issparse(X) else X

    def _plain_rows(self, X: Any, dtype: Any) -> Array | None:
        """Return what scikit-learn's validation would make of a plain array of finite numbers; None for all else.

        Its checks take longer than a row's way through a network. Whatever else X is, it says what is wrong with it.
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

    def _weighted(self, inputs: Inputs, targets: Array, y: Any, sample_weight: Any, incremental: bool) -> Rows:
        """Return the training rows with their weights; those of weight 0 are left out."""
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
                f"{type(self).__name__}: sample_weight times class_weight must be above 0 for at least one row; "
                f"got 0 for all {len(weights)}. Leave them out."
            )
        return Rows(inputs[there], np.ascontiguousarray(targets[there]), weights[there])

    def _split(self, rows: Rows, validation_data: Any, rng: Any, hold_out: bool) -> TrainingRows:
        """Return training and validation rows: those given, or some held out if that is asked for, or none."""
        if validation_data is not None:
            return TrainingRows(rows, self._given_validation(validation_data, rows))
        if not hold_out:
            return TrainingRows(rows, None)
        if self.validation_fraction == 0:
            raise ParameterError(
                f"{type(self).__name__}: validation_fraction must be > 0 where rows are held out; "
                f"got {self.validation_fraction}. Try 0.1, or early_stopping=False."
            )
        arrays = [rows.inputs, rows.targets] + ([] if rows.weights is None else [rows.weights])
        from sklearn.model_selection import train_test_split  # brings its metrics with it, slowly: only if asked for

        parts = train_test_split(
            *arrays, random_state=rng, test_size=self.validation_fraction, stratify=self._strata(rows.targets)
        )
        training, held_out = Rows(*parts[0::2]), Rows(*parts[1::2])
        if held_out.n_rows < 2:
            raise DataError(
                f"{type(self).__name__}: The validation set is too small; scoring needs at least 2 rows in "
                f"it and got {held_out.n_rows}. Increase 'validation_fraction' or the size of your dataset."
            )
        return TrainingRows(training, held_out)

    def _given_validation(self, given: Any, rows: Rows) -> Rows:
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise ParameterError(
                f"{type(self).__name__}: validation_data must be a tuple (X, y) or (X, y, sample_weight); "
                f"got {type(given).__name__}. Try validation_data=(X_val, y_val)."
            )
        dtype = rows.inputs.dtype
        inputs = self._inputs(given[0], dtype)
        targets = self._coded(self._known(given[1]), dtype)
        if len(targets) != inputs.shape[0]:
            raise DataError(
                f"{type(self).__name__}: validation_data must have as many rows in X as in y; "
                f"got {inputs.shape[0]} and {len(targets)}. Give both for the same rows."
            )
        if targets.shape[1] != rows.targets.shape[1]:
            raise DataError(
                f"{type(self).__name__}: validation_data must have as many outputs in y as the training rows, "
                f"{rows.targets.shape[1]}; got {targets.shape[1]}. Give the same columns."
            )
        weights = _check_sample_weight(given[2], inputs, ensure_non_negative=True) if len(given) == 3 else None
        return Rows(inputs, targets, weights)
