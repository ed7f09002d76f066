"""Checking given rows: the indices of sparse matrices, before compiled code, SciPy's or koubai's, uses them."""

import numpy as np
from scipy.sparse import issparse

from koubai.core.arguments import refuse_times
from koubai.core.errors import DataError
from koubai.core.untyped import MaybeSparse


def check_indices(who: str, X: MaybeSparse) -> None:
    """Raise DataError if a sparse matrix has out-of-bounds indices, for example after manual changes to its arrays.

    This inspects every index, which costs less than one pass of training.

    Parameters
    ----------
    who : str
        The start of the message: the name of the estimator or function.
    X : object
        The user's input; anything but a sparse matrix is left to other checks.
    """
    if not issparse(X):
        return
    try:
        if X.format in ("lil", "dok", "dia"):  # their own arrays are other ones
            X = X.tocsr()
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
            who=who,
            parameter="X",
            required=f"be a sparse matrix whose indices lie within its shape {X.shape}",
            got=f"one with other indices ({told[:120]})",
            remedy="Rebuild it from rows, columns and values.",
        ) from error


def check_rows(who: str, X: object) -> None:
    """Raise DataError for rows of features that later checks, scikit-learn's, would let pass to wrong numbers or worse.

    Parameters
    ----------
    who : str
        The name of the estimator.
    X : object
        Rows as given: an array, a frame, a sparse matrix.
    """
    refuse_times(who, "X", X)
    check_indices(who, X)
