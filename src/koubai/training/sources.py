"""Sources of training rows: the fit loop asks one for rows epoch by epoch, and never assumes an array in memory."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Protocol

import numpy as np
from scipy.sparse import issparse

from koubai.core.arrays import Array
from koubai.core.randomness import BLOCKS, derive_key, permutation
from koubai.core.untyped import MaybeSparse
from koubai.engines.protocol import Plan, Rows, Together
from koubai.engines.together import ALONE, of_all
from koubai.training.ahead import ahead
from koubai.training.shared_store import SharedStore
from koubai.training.store import RowStore

WINDOW_BYTES = 2**25
"""Size in bytes of a part of an epoch, within which rows are shuffled; at most three parts are in memory."""


class Source(Protocol):
    """Supplies the training rows of each epoch, each exactly once, in one or several parts."""

    @property
    def n_rows(self) -> int:
        """Number of rows per epoch, the same for all."""
        ...

    @property
    def n_features(self) -> int:
        """Number of features per row."""
        ...

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Dtype of inputs and targets, and hence of θ."""
        ...

    @property
    def constant(self) -> bool:
        """Whether every epoch is one part with the same rows, so that one call of an engine may run many epochs."""
        ...

    def n_parts(self, plan: Plan) -> int:
        """Return the number of parts per epoch, the same for all."""
        ...

    def parts(self, plan: Plan, epoch: int, first: int = 0) -> Generator[Rows, None, None]:
        """Yield the parts of epoch ``epoch`` (from 0), starting at ``first``; the engine orders the rows of each.

        Every part but the last holds whole batches, so an epoch has as many updates as if it were a single part.
        """
        ...

    @property
    def together(self) -> Together:
        """The processes that share the rows."""
        ...

    def in_order(self) -> Iterator[Rows]:
        """Yield all rows once in stored order, for scoring: those of this process."""
        ...

    def first(self) -> Rows:
        """Return the first rows, the same to all processes."""
        ...

    def digest(self) -> str:
        """Return a fingerprint of the rows and their parts; a checkpoint resumes only with the same one."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Rows held in memory, all of them in every epoch.

    Examples
    --------
    >>> import numpy as np
    >>> source = InMemory(Rows(np.zeros((3, 2)), np.zeros((3, 1))))
    >>> source.n_rows
    3
    """

    data: Rows

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.data.n_rows

    @property
    def n_features(self) -> int:
        """Number of features per row."""
        return int(self.data.inputs.shape[1])

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Dtype of inputs and targets."""
        return self.data.targets.dtype

    @property
    def constant(self) -> bool:
        """True."""
        return True

    def n_parts(self, plan: Plan) -> int:
        """Return 1."""
        return 1

    def parts(self, plan: Plan, epoch: int, first: int = 0) -> Generator[Rows, None, None]:
        """Yield all rows."""
        yield self.data

    @property
    def together(self) -> Together:
        """No other process."""
        return ALONE

    def in_order(self) -> Iterator[Rows]:
        """Yield all rows."""
        yield self.data

    def first(self) -> Rows:
        """Return all rows."""
        return self.data

    def digest(self) -> str:
        """Return a fingerprint of the rows."""
        return rows_digest(self.data)


@dataclass(frozen=True, eq=False)
class Streamed:
    """Rows in a temporary file: an epoch is read in parts, the next one while the current one trains.

    Each epoch visits the file's blocks in a new order, ``permutation(derive_key(seed, BLOCKS, epoch), n_blocks)``, cuts
    them into parts of about `WINDOW_BYTES`, and leaves it to the engine to shuffle the rows within a part. All of this
    is determined by the plan's seed and the epoch's number. With only one part the blocks keep their order, and
    training follows the same path as in memory.

    Parameters
    ----------
    store : RowStore or SharedStore
        The rows.
    unpack : callable
        Converts the result of ``store.read`` to `Rows`.
    n_features : int
        Number of features per unpacked row.
    dtype : dtype
        Dtype of unpacked inputs and targets.
    row_bytes : int
        Size of an unpacked row in bytes.
    window_bytes : int
        Approximate size of an unpacked part in bytes.
    """

    store: RowStore | SharedStore
    unpack: Callable[[list[Array]], Rows]
    n_features: int
    dtype: np.dtype[np.generic]
    row_bytes: int
    window_bytes: int = field(default_factory=lambda: WINDOW_BYTES)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.store.n_rows

    @property
    def constant(self) -> bool:
        """False."""
        return False

    def n_parts(self, plan: Plan) -> int:
        """Return the number of parts per epoch."""
        return max(1, -(-self.n_rows // self._rows_of_part(plan.batch_size)))

    def parts(self, plan: Plan, epoch: int, first: int = 0) -> Generator[Rows, None, None]:
        """Yield the parts of an epoch, each read and unpacked while the previous one trains."""
        n_parts, n_blocks = self.n_parts(plan), self.store.n_blocks
        shuffled = plan.shuffle and n_parts > 1
        order = permutation(derive_key(plan.seed, BLOCKS, epoch), n_blocks) if shuffled else np.arange(n_blocks)
        size = self._rows_of_part(plan.batch_size)
        return ahead(self._read(order, part * size, (part + 1) * size) for part in range(first, n_parts))

    @property
    def together(self) -> Together:
        """The processes that have the rows."""
        return self.store.together if isinstance(self.store, SharedStore) else ALONE

    def first(self) -> Rows:
        """Return the first part of `in_order` of all processes."""
        if isinstance(self.store, SharedStore):
            return self.unpack(self.store.of_all(0, min(self.n_rows, self._rows_of_part(1))))
        return next(iter(self.in_order()))

    def in_order(self) -> Iterator[Rows]:
        """Yield all rows of this process once in stored order, each part read while the previous one is scored."""
        if isinstance(self.store, SharedStore):
            return replace(self, store=self.store.own).in_order()
        order = np.arange(self.store.n_blocks)
        size = self._rows_of_part(1)
        return ahead(self._read(order, start, start + size) for start in range(0, self.n_rows, size))

    def digest(self) -> str:
        """Return a fingerprint of the rows and the part size."""
        return f"{self.store.digest()} {self.window_bytes} {self.row_bytes}"

    def _rows_of_part(self, batch_size: int) -> int:
        """Return the number of rows per part, in whole batches."""
        return batch_size * max(1, self.window_bytes // (self.row_bytes * batch_size))

    def _read(self, order: Array, start: int, stop: int) -> Rows:
        """Return rows ``start`` to ``stop`` (or the last one) of the blocks in the given order."""
        ends = np.cumsum(self.store.lengths()[order])
        pieces = []
        for place in range(int(np.searchsorted(ends, start, "right")), len(order)):
            begin = int(ends[place - 1]) if place else 0
            if begin >= stop:
                break
            pieces.append((int(order[place]), max(start - begin, 0), min(stop, int(ends[place])) - begin))
        rows = self.unpack(self.store.read(pieces))
        return self.store.share(rows, pieces) if isinstance(self.store, SharedStore) else rows


def rows_of_all(source: Source) -> Iterator[Rows]:
    """Yield all rows once in stored order, those of other processes too."""
    if source.together.size == 1:
        yield from source.in_order()
        return
    weighed = (
        [rows.inputs, rows.targets, *([] if rows.weights is None else [rows.weights])] for rows in source.in_order()
    )
    for arrays in of_all(source.together, weighed):
        yield Rows(*arrays)


def rows_digest(rows: Rows) -> str:
    """Return a fingerprint of training rows: any changed bit changes it (BLAKE2b, 16 bytes, hexadecimal)."""
    x: MaybeSparse = rows.inputs
    arrays = [x.data, x.indices, x.indptr] if issparse(x) else [x]
    arrays += [rows.targets] if rows.weights is None else [rows.targets, rows.weights]
    digest = blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
