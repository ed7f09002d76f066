"""Sparse matrices whose arrays were changed by hand, so that their indices point outside of them."""

from typing import Any

BROKEN = ("too large", "negative", "decreasing", "beyond the end", "begins late", "few values")
"""What can be wrong with one."""


def broken(what: str, X: Any) -> Any:
    """Return a CSR or CSC matrix of more than 5 numbers after its arrays have been spoiled."""
    if what == "too large":
        X.indices[3] = 10**6
    elif what == "negative":
        X.indices[3] = -1
    elif what == "decreasing":
        X.indptr[2] = X.indptr[1] - 1
    elif what == "beyond the end":
        X.indptr[-1] += 50
    elif what == "begins late":
        X.indptr[0] = 1
    elif what == "few values":
        X.data = X.data[:5]
    return X
