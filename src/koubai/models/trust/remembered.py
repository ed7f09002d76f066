"""Whether rows to be scored are among those that were trained on, by a small sketch of these.

Of each training row, a model knows a number of 64 bits that its features determine, but only the smallest of these
numbers: k of them say of any set of rows which share was trained on, since the numbers are as good as drawn at random
(Bar-Yossef and others 2002, "Counting distinct elements in a data stream"). Rows cannot be recovered from it.
"""

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.language import worded

MOST = 1024
"""Number of rows that are remembered."""
ENOUGH = 10
"""With fewer rows below the largest number that is remembered, there is no note."""
SHARE = 0.2
"""Minimum share of known rows that is worth a note."""

Numbers = npt.NDArray[np.uint64]


def numbers_of(features: Array) -> Numbers:
    """Return a number for each row of features, (n_rows,): equal rows have equal ones, others hardly ever."""
    cells = np.ascontiguousarray(features.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
    with np.errstate(over="ignore"):
        factors = _mixed(np.arange(1, features.shape[1] + 1, dtype=np.uint64)) | np.uint64(1)
        return _mixed((_mixed(cells) * factors).sum(axis=1, dtype=np.uint64))


def _mixed(numbers: Numbers) -> Numbers:
    """Return numbers whose bits depend on all bits (the finalizer of SplitMix64, Steele and others 2014)."""
    with np.errstate(over="ignore"):
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def sketch_of(features: Array) -> Numbers:
    """Return what is remembered of training rows, (n,) with n <= `MOST`, in order."""
    return np.unique(numbers_of(features))[:MOST]


class Remembered:
    """Counts which rows of a table, block by block, were trained on.

    Parameters
    ----------
    sketch : array of uint64 or None
        What `sketch_of` returned; None for a model of an older version, or that was trained block by block.
    """

    def __init__(self, sketch: Numbers | None) -> None:
        self._sketch = sketch
        self._below = self._known = 0

    def add(self, features: Array) -> None:
        """Count rows, (n_rows, n_features)."""
        if self._sketch is None or not len(features):
            return
        numbers = numbers_of(features)
        if len(self._sketch) == MOST:
            numbers = numbers[numbers <= self._sketch[-1]]
        self._below += len(numbers)
        self._known += int(np.isin(numbers, self._sketch).sum())

    @property
    def note(self) -> str:
        """What is to be said before a score, in one sentence; empty if there is nothing to be said."""
        share = self._known / self._below if self._below else 0.0
        whole = self._sketch is not None and len(self._sketch) < MOST
        if share < SHARE or (not whole and self._below < ENOUGH):
            return ""
        about = "" if whole else worded("models.note.about", space=" ")
        return worded("models.note.rows_scored_rows_networks_were", about=about, share=f"{share:.0%}")
