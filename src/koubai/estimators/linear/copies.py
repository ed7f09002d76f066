"""A perceptron's weights in other forms: sparse or dense, as a record, as the state of a copy."""

from typing import Self

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from koubai.core.arrays import Array
from koubai.core.schema import Record, Tensors
from koubai.core.untyped import MaybeSparse


def dense(coef: MaybeSparse) -> Array:
    """Return the weights as a dense array."""
    dense: Array = coef.toarray() if issparse(coef) else np.asarray(coef)
    return dense


class KeepsWeights(BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """The part of a perceptron that converts and stores its weights."""

    coef_: MaybeSparse

    def densify(self) -> Self:
        """Turn ``coef_`` into a dense array, after `sparsify`."""
        check_is_fitted(self, msg="Estimator, %(name)s, must be fitted before densifying.")
        if issparse(self.coef_):
            self.coef_ = self.coef_.toarray()
        return self

    def sparsify(self) -> Self:
        """Turn ``coef_`` into a CSR array, which is smaller if more than half of the weights are zero (L1 penalty)."""
        check_is_fitted(self, msg="Estimator, %(name)s, must be fitted before sparsifying.")
        self.coef_ = csr_array(self.coef_)
        return self

    def to_record(self) -> tuple[Record, dict[str, Array]]:
        """Return what prediction and further training need as JSON data and arrays; `from_record` reads it back.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        DataError
            If a parameter or a class label has no plain form.
        """
        from koubai.estimators.linear.storage import to_record

        check_is_fitted(self)
        return to_record(self)

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> Self:
        """Return the estimator described by `to_record`; its predictions are bit-for-bit the same.

        Raises
        ------
        ModelFileError
            If the record is damaged or describes another estimator.
        """
        from koubai.estimators.linear.storage import from_record

        return from_record(cls, record, tensors)

    def __getstate__(self) -> Record:
        """Return the attributes as plain data, so that a pickle contains no other koubai class."""
        state: Record = dict(super().__getstate__())
        running = state.get("_running")
        if running is not None:
            state["_running"] = vars(running)
        return state

    def __setstate__(self, state: Record) -> None:
        running = state.get("_running")
        if isinstance(running, dict):
            from koubai.engines.cpu.perceptron_records import Weights

            state = {**state, "_running": Weights(**running)}
        super().__setstate__(state)
