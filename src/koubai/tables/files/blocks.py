"""Tables read block by block, for those larger than memory: Parquet files, and text files converted to Parquet."""

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import finalize

from koubai.core.errors import DataError, FileError, KoubaiError
from koubai.core.memory import free_memory
from koubai.tables.files.forks import check_process
from koubai.tables.files.missing import NO_MARKS, WORDS, Marks, clean
from koubai.tables.files.names import unique_names
from koubai.tables.files.parquet import complaints
from koubai.tables.files.reading import OpenText, Reading, check_readable, no_rows, read_text, suffix_of
from koubai.tables.files.writing import write_parquet
from koubai.training.ahead import ahead
from koubai.training.progress import progress_bar
from koubai.training.store import scratch_folder

if TYPE_CHECKING:
    import polars as pl

CELLS_AT_ONCE = 2**21
"""Approximate number of cells read at a time."""
MOST_ROWS_AT_ONCE = 2**17
"""Maximum number of rows read at a time."""
ROW_GROUP = 2**17
"""Rows per row group of the Parquet file made from a text file."""


class Block(NamedTuple):
    """Consecutive cleaned rows of a table, the first of which is row ``first`` of the table, from 0."""

    frame: "pl.DataFrame"
    first: int


class ScratchFile:
    """A temporary file without a name: it is deleted with the object, or with the process however it ends."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile(prefix="koubai-", dir=scratch_folder())  # noqa: SIM115  # kept
        finalize(self, self.file.close)

    @property
    def path(self) -> Path:
        """The path by which it can be reopened; on systems without such paths, the file does have a name."""
        by_number = Path(f"/dev/fd/{self.file.fileno()}")
        return by_number if by_number.parent.is_dir() else Path(str(self.file.name))


@dataclass(eq=False)
class TableBlocks:
    """A table in a file, readable block by block any number of times; created by `open_blocks`.

    Parameters
    ----------
    source : str
        Its origin.
    path : Path
        The Parquet file to read.
    columns : list of str
        Names of the columns.
    n_rows : int
        Number of rows.
    signed : frozenset of str
        Text columns that contain "+", in which "-" is not a missing value.
    has_names, notes, reading
        As `koubai.tables.files.reading.Table`.
    scratch : ScratchFile or None
        The temporary Parquet file, if one was made.
    progress : bool
        Whether to show a progress bar on standard error while reading.
    separator : str
        As `koubai.tables.files.reading.Table`.
    marks : Marks
        The marks of missing values.
    """

    source: str
    path: Path
    columns: list[str]
    n_rows: int
    signed: frozenset[str]
    has_names: bool = True
    notes: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)
    scratch: "ScratchFile | None" = field(default=None, repr=False)
    progress: bool = False
    separator: str = ""
    marks: Marks = NO_MARKS

    def blocks(self, doing: str) -> Iterator[Block]:
        """Yield all blocks in order, each read and cleaned while the previous one is in use.

        Parameters
        ----------
        doing : str
            The activity, for the progress bar.
        """
        total = -(-self.n_rows // rows_at_once(len(self.columns)))
        with progress_bar(self.progress, total, 0) as show:
            for number, block in enumerate(ahead(self._blocks()), 1):
                yield block
                show(number, doing)

    def call(self, names: list[str]) -> None:
        """Rename the columns."""
        called = dict(zip(self.columns, names, strict=True))
        self.signed = frozenset(called[name] for name in self.signed)
        self.columns = names

    def head(self, n_rows: int) -> "pl.DataFrame":
        """Return the first rows as stored in the file."""
        return self._read(0, n_rows)

    def tail(self, n_rows: int) -> "pl.DataFrame":
        """Return the last rows, as they are in the file."""
        n_rows = min(n_rows, self.n_rows)
        return self._read(self.n_rows - n_rows, n_rows)

    def row_of(self, name: str, cell: str) -> int:
        """Return the first row, counted from 0, in which a text column contains a cell, ignoring surrounding spaces."""
        import polars as pl

        with complaints(self.source):
            rows = self._column(name).with_row_index("row").filter(pl.col("cell") == cell).head(1).collect()
        return int(rows["row"][0])

    def words_in(self, name: str) -> tuple[dict[str, int], int]:
        """Return how many rows of a column of texts hold each word for missing values, and how many are not blank."""
        import polars as pl

        with complaints(self.source):
            cells = self._column(name).filter(pl.col("cell") != "")
            n_rows = int(cells.select(pl.len()).collect(engine="streaming").item())
            words = cells.filter(pl.col("cell").is_in(sorted(WORDS))).group_by("cell").len().sort("cell")
            found = words.collect(engine="streaming")
        return dict(zip(found["cell"].to_list(), found["len"].to_list(), strict=True)), n_rows

    def _column(self, name: str) -> "pl.LazyFrame":
        """Return one column of texts, under the name ``cell``, blanks around cells stripped."""
        import polars as pl

        rows = pl.scan_parquet(self.path, glob=False)
        return rows.select(cell=pl.nth(self.columns.index(name)).cast(pl.String).str.strip_chars())

    def _blocks(self) -> Iterator[Block]:
        at_once = rows_at_once(len(self.columns))
        for first in range(0, self.n_rows, at_once):
            yield Block(clean(self._read(first, at_once), self.signed, self.marks), first)

    def _read(self, first: int, n_rows: int) -> "pl.DataFrame":
        import polars as pl

        with complaints(self.source):
            frame = pl.scan_parquet(self.path, glob=False).slice(first, n_rows).collect()
        if frame.height != min(n_rows, self.n_rows - first):
            raise DataError(f"The table '{self.source}' must not change while it is being read; it did. Start again.")
        frame.columns = self.columns
        return frame


def rows_at_once(n_columns: int) -> int:
    """Return the number of rows to read at a time."""
    return max(256, min(MOST_ROWS_AT_ONCE, CELLS_AT_ONCE // max(1, n_columns)))


def open_blocks(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    skip_lines: int | None = None,
) -> TableBlocks:
    """Open a table for reading block by block.

    A text file is read once and rewritten as Parquet, in the folder for temporary files.

    Parameters
    ----------
    path, encoding, separator, header, skip_lines
        As `koubai.tables.files.reading.read_table`.

    Raises
    ------
    FileError
        If the file cannot be read, its suffix is unknown, or there is not enough space for the temporary file.
    DataError
        If it contains no table.
    ParameterError
        If the encoding, the separator or the number of lines is invalid.
    """
    check_process()
    source = os.fspath(path)
    reading = Reading(encoding, separator, header, skip_lines)
    reading.check()
    check_readable(source)
    if suffix_of(source) == ".parquet":
        return _opened(TableBlocks(source, Path(source), [], 0, frozenset(), reading=reading.given))
    return _opened(read_text(source, reading, _rewritten))


def _opened(table: TableBlocks) -> TableBlocks:
    """Fill in a table's metadata from its file: number of rows, names if unknown, columns that contain "+"."""
    import polars as pl

    with complaints(table.source):
        rows = pl.scan_parquet(table.path, glob=False)
        schema = rows.collect_schema()
        table.n_rows = int(rows.select(pl.len()).collect().item())
        if not table.n_rows:
            raise no_rows(table.source)
        if not table.columns:
            table.columns, table.notes = unique_names(list(schema))
        texts = [place for place, dtype in enumerate(schema.dtypes()) if dtype == pl.String]
        signed: Collection[str] = ()
        if texts:  # by position, since polars treats some names as patterns
            plus = rows.select((pl.nth(place).str.strip_chars() == "+").any().alias(f"{place}") for place in texts)
            (found,) = plus.collect(engine="streaming").rows()
            signed = [table.columns[place] for place, there in zip(texts, found, strict=True) if there]
    table.signed = frozenset(signed)
    return table


def _rewritten(text: OpenText) -> TableBlocks:
    """Write a text file's rows to an unnamed Parquet file of strings, and return it as a table."""
    frames = text.frames()
    first = next(frames, None)
    if first is None:
        raise no_rows(text.source)
    scratch = ScratchFile()
    try:
        write_parquet(chain([first], frames), scratch.file, row_group_size=ROW_GROUP, compression="lz4")
        scratch.file.flush()
    except OSError as error:
        if isinstance(error, KoubaiError):
            raise
        reason = (error.strerror or "unknown").lower()
        raise FileError(
            f"The folder for temporary files must have room for the table; writing to '{scratch_folder()}' ended with: "
            f"{reason}. Make room, or set TMPDIR to another folder."
        ) from error
    names, layout = text.layout.names, text.layout
    return TableBlocks(
        text.source,
        scratch.path,
        names,
        0,
        frozenset(),
        layout.has_names,
        text.notes,
        text.reading.given,
        scratch,
        separator=layout.separator,
    )


SHARE_OF_MEMORY = 1 / 12
"""A table is read block by block if its cells alone would take more than this share of free memory; with the prepared
columns, their copies for training and testing, and the network's work, a fit takes many times as much."""


class Size(NamedTuple):
    """The memory needed for a table's cells, and the free memory, in bytes."""

    needed: int
    free: int

    @property
    def is_large(self) -> bool:
        """Whether the table should be read block by block."""
        return self.needed > SHARE_OF_MEMORY * self.free


def size_of(path: str | os.PathLike[str]) -> Size:
    """Return a table file's size relative to memory; an unreadable file counts as size 0, and is reported elsewhere.

    For Parquet, the number of rows times the bytes per row, estimated from the first thousand; for text, the file size;
    for compressed text, the size recorded in its last bytes.
    """
    import polars as pl

    source = os.fspath(path)
    try:
        needed = os.path.getsize(source)
        if source.lower().endswith(".parquet"):
            rows = pl.scan_parquet(source, glob=False)
            first = rows.head(1000).collect()
            n_rows = int(rows.select(pl.len()).collect().item())
            needed = int(first.estimated_size() / max(1, first.height) * n_rows)
        elif source.lower().endswith(".gz"):
            with open(source, "rb") as file:
                file.seek(-4, os.SEEK_END)
                needed = max(needed, int.from_bytes(file.read(4), "little"))
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        needed = 0
    return Size(needed, free_memory())
