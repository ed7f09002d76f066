"""Holding out rows: reproducible by seed, and stratified by class."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.randomness import derive_key, permutation

Rows = npt.NDArray[np.int64]

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


@dataclass(frozen=True, eq=False)
class Splitter:
    """Which rows are held out: at random, whole groups, or the latest.

    Parameters
    ----------
    strata : array of shape (n_rows,), optional
        Classes, of which each gives its share, where rows are held out at random.
    groups : array of shape (n_rows,), optional
        The group of each row: rows of one group stay together.
    times : array of shape (n_rows,), optional
        The time of each row: the latest are held out, and rows of one time stay together.
    """

    strata: Array | None = None
    groups: Array | None = None
    times: Array | None = None

    def split(self, rows: Rows, fraction: float, seed: int) -> tuple[Rows, Rows]:
        """Return which of some rows to keep and which to hold out, about a fraction of them.

        Examples
        --------
        >>> kept, held_out = Splitter(times=np.array([3.0, 1.0, 2.0, 2.0])).split(np.arange(4), 0.25, 0)
        >>> kept.tolist(), held_out.tolist()
        ([1, 2, 3], [0])
        """
        if self.times is None and self.groups is None:
            kept, held = hold_out(len(rows), fraction, seed, None if self.strata is None else self.strata[rows])
            return rows[kept], rows[held]
        n_held = round(fraction * len(rows))
        if not n_held:
            return rows, rows[:0]
        if self.times is not None:
            times = self.times[rows]
            first = np.sort(times)[len(times) - n_held]
            held_out = times >= first if (times < first).any() else times > first
            return rows[~held_out], rows[held_out]
        assert self.groups is not None
        groups, places, counts = np.unique(self.groups[rows], return_inverse=True, return_counts=True)
        order = permutation(derive_key(seed, HOLD_OUT), len(groups))
        total = np.cumsum(counts[order])
        n_groups = min(int(np.searchsorted(total, n_held)) + 1, len(groups) - 1)
        held_out = np.isin(places, order[:n_groups])
        return rows[~held_out], rows[held_out]
