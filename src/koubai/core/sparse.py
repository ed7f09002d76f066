"""Sparse matrices as given: their indices are checked before compiled code, SciPy's or koubai's, follows them."""

from typing import Any

import numpy as np
from scipy.sparse import issparse

from koubai.core.errors import DataError


def check_indices(who: str, X: Any) -> None:
    """Raise DataError if a sparse matrix has indices that point outside it, as after its arrays were changed by hand.

    It takes a look at each index, less than one pass of training.

    Parameters
    ----------
    who : str
        What the message begins with: the estimator's name, or the function's.
    X : object
        What the user gave; anything but a sparse matrix is left to other checks.
    """
    if not issparse(X):
        return
    try:
        if hasattr(X, "check_format"):  # CSR, CSC and BSR; it corrects the dtype of indices, too
            X.check_format(full_check=True)
        for index, n in zip(getattr(X, "coords", ()), X.shape, strict=False):  # COO
            if len(index) != X.nnz or (len(index) and not 0 <= index.min() <= index.max() < n):
                raise ValueError("coordinates outside of its shape")
        if len(np.atleast_1d(X.data)) < X.nnz:
            raise ValueError("fewer values than indices")
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        told = " ".join(str(error).split())
        raise DataError(
            f"{who}: X must be a sparse matrix whose indices lie within its shape {X.shape}; "
            f"got one that does not ({told[:120]}). Make it anew from rows, columns and values."
        ) from error
