"""A fingerprint of rows in order, the sum of those of any parts of them, however they were divided."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.randomness import GAMMA, derive_key, mix, random_words

FACTORS = 7
"""Stream of random factors for a row's words."""


class RowsFingerprint:
    """The sum, over the rows, of a hash of each row and its number, modulo 2¹²⁸: two sums of 64 bits.

    A row's words w are hashed to Σ k w with odd factors k, so that a changed bit changes the hash, and that is mixed
    with the row's number. It detects mistakes, not forgeries.

    Parameters
    ----------
    first : int
        The number of the first row.

    Examples
    --------
    >>> rows, one, other = np.arange(6.0).reshape(3, 2), RowsFingerprint(0), RowsFingerprint(1)
    >>> one.add([rows[:1]])
    >>> other.add([rows[1:]])
    >>> one.merge(other.sums)
    >>> whole = RowsFingerprint(0)
    >>> whole.add([rows])
    >>> one.sums == whole.sums
    True
    """

    def __init__(self, first: int = 0) -> None:
        self.next_row = first
        self.sums = (0, 0)

    def add(self, arrays: Sequence[Array]) -> None:
        """Add the rows that come next: for each field, an array (n, width)."""
        n = len(arrays[0])
        numbers = np.arange(self.next_row + 1, self.next_row + n + 1, dtype=np.uint64) * np.uint64(GAMMA)
        words = [_words(array) for array in arrays]
        sums = []
        for lane in range(2):
            key, hashes, at = derive_key(0, FACTORS, lane), numbers, 0
            for some in words:
                hashes = hashes + some @ (random_words(key, some.shape[1], at) | np.uint64(1))
                at += some.shape[1]
            sums.append(int(mix(hashes).sum(dtype=np.uint64)))
        self.merge(sums)
        self.next_row += n

    def merge(self, sums: Sequence[int]) -> None:
        """Add the sums of another part of the rows."""
        low, high = ((own + more) % 2**64 for own, more in zip(self.sums, sums, strict=True))
        self.sums = low, high

    def digest(self, more: str) -> str:
        """Return the fingerprint as text, with what else must be the same."""
        return blake2b(f"{more} {self.sums}".encode(), digest_size=16).hexdigest()


def _words(array: Array) -> npt.NDArray[np.uint64]:
    """Return the bytes of each row as words of 64 bits, (n, n_words)."""
    content = np.ascontiguousarray(array).view(np.uint8)
    if content.shape[1] % 8 == 0:
        return content.view(np.uint64)
    filled = np.zeros((len(content), -(-content.shape[1] // 8) * 8), np.uint8)
    filled[:, : content.shape[1]] = content
    return filled.view(np.uint64)
