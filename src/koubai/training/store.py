"""Rows in a temporary file: written once, read block by block in any order, in constant memory."""

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import finalize

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import FileError
from koubai.core.language import worded
from koubai.training.fingerprint import RowsFingerprint

BLOCK_BYTES = 2**18
"""Approximate block size in bytes: small enough for shuffled blocks to mix well, large enough to read at full speed."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row: its dtype, and its number of values per row."""

    dtype: np.dtype[np.generic]
    width: int

    @property
    def row_bytes(self) -> int:
        """Size in bytes per row."""
        return self.dtype.itemsize * self.width


class RowStore:
    """A temporary file of rows; it is deleted with the object, or with the process however it ends.

    The file is a sequence of blocks of ``block_rows`` rows (the last may be shorter); a block stores its rows field by
    field, so that each field of consecutive rows is one read.

    Parameters
    ----------
    fields : sequence of Field
        The fields of a row.
    expected_rows : int
        Expected number of rows, to check for disk space beforehand.
    block_rows : int, optional
        Rows per block; by default, enough to make `BLOCK_BYTES`.
    first : int
        The number of the first row, where the rows before it are in stores of other processes.

    Raises
    ------
    FileError
        If the folder for temporary files has too little space.

    Examples
    --------
    >>> store = RowStore([Field(np.dtype(np.float64), 2)], expected_rows=3, block_rows=2)
    >>> store.append(np.arange(6.0).reshape(3, 2))
    >>> store.finish()
    >>> store.n_rows, store.n_blocks
    (3, 2)
    >>> store.read([(1, 0, 1), (0, 0, 2)])[0].tolist()
    [[4.0, 5.0], [0.0, 1.0], [2.0, 3.0]]
    """

    def __init__(
        self, fields: Sequence[Field], expected_rows: int = 0, block_rows: int | None = None, first: int = 0
    ) -> None:
        self.fields = tuple(fields)
        self.row_bytes = sum(field.row_bytes for field in self.fields)
        self.block_rows = block_rows or max(16, BLOCK_BYTES // max(1, self.row_bytes))
        self.n_rows = 0
        self._filling = [np.empty((self.block_rows, field.width), field.dtype) for field in self.fields]
        self._filled = 0
        self.fingerprint = RowsFingerprint(first)
        self._folder = scratch_folder()
        needed, free = self.row_bytes * expected_rows, shutil.disk_usage(self._folder).free
        if needed > free:
            raise _no_room(self._folder, needed, free)
        self._file = tempfile.TemporaryFile(prefix="koubai-", dir=self._folder, buffering=0)  # noqa: SIM115  # kept
        self.close = finalize(self, self._file.close)  # called explicitly, or on garbage collection

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return -(-self.n_rows // self.block_rows)

    def append(self, *arrays: Array) -> None:
        """Append rows: for each field, an array (n, width) of its dtype."""
        start, n = 0, len(arrays[0])
        self.fingerprint.add(arrays)
        while start < n:
            taken = min(n - start, self.block_rows - self._filled)
            for array, block in zip(arrays, self._filling, strict=True):
                block[self._filled : self._filled + taken] = array[start : start + taken]
            start += taken
            self._filled += taken
            self.n_rows += taken
            if self._filled == self.block_rows:
                self._write()

    def finish(self) -> None:
        """Write the last block; no more rows can be added afterwards."""
        self._write()
        self._filling = []

    def digest(self) -> str:
        """Return a fingerprint of all rows in order, of their fields and of the size of blocks."""
        return self.fingerprint.digest(f"{self.block_rows} {self.fields}")

    def lengths(self) -> npt.NDArray[np.int64]:
        """Return the number of rows of each block, (n_blocks,)."""
        return lengths_of(self.n_rows, self.block_rows)

    def between(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Return the pieces of blocks that hold the rows from ``start`` to ``stop``, for `read`."""
        size = self.block_rows
        blocks = range(start // size, -(-stop // size))
        return [
            (block, max(start - block * size, 0), min(stop - block * size, size)) for block in blocks if start < stop
        ]

    def read(self, pieces: Sequence[tuple[int, int, int]]) -> list[Array]:
        """Return the rows of pieces of blocks, one array (n, width) per field.

        Parameters
        ----------
        pieces : sequence of (block, start, stop)
            Row ranges of blocks, in the order wanted. Only one thread may read at a time.
        """
        n = sum(stop - start for _, start, stop in pieces)
        found = [np.empty((n, field.width), field.dtype) for field in self.fields]
        at = 0
        for block, start, stop in pieces:
            begin = block * self.block_rows * self.row_bytes
            rows = min(self.block_rows, self.n_rows - block * self.block_rows)
            for field, array in zip(self.fields, found, strict=True):
                self._read_into(array[at : at + stop - start], begin + start * field.row_bytes)
                begin += rows * field.row_bytes
            at += stop - start
        return found

    def _read_into(self, rows: Array, position: int) -> None:
        into = _bytes(rows)
        self._file.seek(position)
        while len(into):
            count = self._file.readinto(into)
            if not count:
                raise FileError(worded("training.error.temporary_file_complete_end_missing", folder=self._folder))
            into = into[count:]

    def _write(self) -> None:
        """Write the buffered rows as one block."""
        parts = [block[: self._filled] for block in self._filling]
        self._filled = 0
        try:
            for part in parts:
                content = _bytes(part)
                while len(content):
                    content = content[self._file.write(content) :]
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            free = shutil.disk_usage(self._folder).free
            raise _no_room(self._folder, self.n_rows * self.row_bytes, free) from error


def lengths_of(n_rows: int, block_rows: int) -> npt.NDArray[np.int64]:
    """Return the number of rows of each block when this many rows are divided into blocks of this size."""
    starts = np.arange(0, n_rows, block_rows)
    return np.minimum(block_rows, n_rows - starts)


def _bytes(array: Array) -> memoryview:
    """Return the bytes of a C-ordered array without copying."""
    return array.reshape(-1).view(np.uint8).data


def scratch_folder() -> Path:
    """Return the folder for large temporary files: ``TMPDIR`` if set, else one on disk, which /tmp may not be."""
    lasting = Path("/var/tmp")
    if "TMPDIR" not in os.environ and lasting.is_dir() and os.access(lasting, os.W_OK):
        return lasting
    return Path(tempfile.gettempdir())


def _no_room(folder: Path, needed: int, free: int) -> FileError:
    return FileError(
        worded(
            "training.error.folder_temporary_files_have_gb",
            needed=f"{needed / 1e9:.1f}",
            folder=folder,
            free=f"{free / 1e9:.1f}",
        )
    )
