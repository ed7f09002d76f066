"""Holding out rows: reproducible by seed, and stratified by class."""

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.randomness import derive_key, permutation

HOLD_OUT = 3
"""Stream of the rows that are held out."""


def hold_out(
    n_rows: int, fraction: float, seed: int, y: Array | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows to keep and the rows to hold out, each in the table's order.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Share to hold out, in [0, 1).
    seed : int
        The same seed gives the same rows.
    y : array of shape (n_rows,), optional
        Classes: each gives its share, rounded, but keeps at least one row; whole shares in all are nearly kept.

    Examples
    --------
    >>> kept, held_out = hold_out(10, 0.2, seed=0)
    >>> len(kept), len(held_out)
    (8, 2)
    """
    order = permutation(derive_key(seed, HOLD_OUT), n_rows)
    mask = np.zeros(n_rows, dtype=bool)
    if y is None:
        mask[order[: min(round(fraction * n_rows), n_rows - 1)]] = True
    else:
        shuffled = y[order]
        owed = 0.0
        for value in np.unique(y):
            members = order[shuffled == value]
            owed += fraction * len(members)
            n_held = max(0, min(round(owed), len(members) - 1))
            mask[members[:n_held]] = True
            owed -= n_held
    return np.flatnonzero(~mask), np.flatnonzero(mask)
