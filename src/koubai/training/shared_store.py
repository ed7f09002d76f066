"""Rows in temporary files of several processes: each holds its own, and all see them as one file."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.engines.protocol import Rows, Share, Together
from koubai.engines.together import told, told_arrays
from koubai.training.store import Field, RowStore, lengths_of


class SharedStore:
    """Rows of which each process has a run in a `RowStore` of its own, one behind the other.

    It is read as if one file held all rows in its blocks: what comes back are the rows that this process has.

    Parameters
    ----------
    fields : sequence of Field
        The fields of a row.
    counts : sequence of int
        How many rows each process has.
    together : Together
        The processes.
    """

    def __init__(self, fields: Sequence[Field], counts: Sequence[int], together: Together) -> None:
        self.together, self.counts = together, tuple(counts)
        self.ends = np.cumsum([0, *counts])
        self.own = RowStore(fields, self.counts[together.rank], first=int(self.ends[together.rank]))
        self.close = self.own.close
        self.block_rows = self.own.block_rows
        self._sums: tuple[int, int] | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows of all processes."""
        return int(self.ends[-1])

    @property
    def n_blocks(self) -> int:
        """Number of blocks in which they lie."""
        return -(-self.n_rows // self.block_rows)

    def append(self, *arrays: Array) -> None:
        """Append rows of this process: for each field, an array (n, width) of its dtype."""
        self.own.append(*arrays)

    def finish(self) -> None:
        """Write the last block; no more rows can be added afterwards."""
        self.own.finish()

    def digest(self) -> str:
        """Return the fingerprint of the rows of all processes; each must ask for it."""
        if self._sums is None:
            for rank, sums in enumerate(told(self.together, self.own.fingerprint.sums)):
                if rank != self.together.rank:
                    self.own.fingerprint.merge(sums)
            self._sums = self.own.fingerprint.sums
        return self.own.digest()

    def lengths(self) -> npt.NDArray[np.int64]:
        """Return the number of rows of each block, (n_blocks,)."""
        return lengths_of(self.n_rows, self.block_rows)

    def read(self, pieces: Sequence[tuple[int, int, int]]) -> list[Array]:
        """Return the rows of pieces of blocks that this process has, one array (n, width) per field."""
        own = [piece for start, stop in self._own(pieces) for piece in self.own.between(start, stop)]
        return self.own.read(own)

    def share(self, rows: Rows, pieces: Sequence[tuple[int, int, int]]) -> Share:
        """Return what was read of these pieces as the share of all rows in them."""
        begins = np.cumsum([0, *(stop - start for _, start, stop in pieces)])
        first = self.ends[self.together.rank]
        places = []
        for begin, (block, start, _), (low, high) in zip(begins, pieces, self._own(pieces), strict=False):
            own = np.arange(low, high) + first  # numbers among all rows
            places.append(own - (block * self.block_rows + start) + begin)
        starts, stops = (np.array([block * self.block_rows + piece[at] for block, *piece in pieces]) for at in (0, 1))
        counts = tuple(
            int(np.maximum(np.minimum(stops, high) - np.maximum(starts, low), 0).sum())
            for low, high in zip(self.ends[:-1], self.ends[1:], strict=True)
        )
        return Share(rows.inputs, rows.targets, rows.weights, np.concatenate(places), counts)

    def of_all(self, start: int, stop: int) -> list[Array]:
        """Return the rows from ``start`` to ``stop`` to all processes, one array (n, width) per field."""
        first, own_stop = self.ends[self.together.rank : self.together.rank + 2]
        low, high = (int(min(max(at, first), own_stop) - first) for at in (start, stop))
        found = told_arrays(self.together, self.own.read(self.own.between(low, high)))
        return [np.concatenate(arrays) for arrays in zip(*found, strict=True)]

    def _own(self, pieces: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
        """Return which own rows each piece has, from the first own one; start and stop are equal if it has none."""
        first, stop = self.ends[self.together.rank : self.together.rank + 2]
        found = []
        for block, begin, end in pieces:
            low, high = (int(min(max(block * self.block_rows + at, first), stop) - first) for at in (begin, end))
            found.append((low, high))
        return found


def store_of(fields: Sequence[Field], counts: Sequence[int], together: Together) -> "RowStore | SharedStore":
    """Return an empty store of rows, of which each process has so many."""
    return RowStore(fields, counts[0]) if together.size == 1 else SharedStore(fields, counts, together)
