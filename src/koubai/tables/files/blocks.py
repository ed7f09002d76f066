"""Tables read block by block, for those larger than memory: Parquet files, and text files converted to Parquet."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from koubai.core.errors import DataError, FileError, KoubaiError
from koubai.core.language import term, worded
from koubai.core.memory import free_memory
from koubai.engines.protocol import Together
from koubai.engines.together import ALONE, check_same, in_step, told
from koubai.tables.files.containers.opening import check_there
from koubai.tables.files.containers.packing import contents_of, on_disk, unpacked_size
from koubai.tables.files.forks import check_process
from koubai.tables.files.many import FilesUnderWay, files_of, is_many, is_url
from koubai.tables.files.missing import NO_MARKS, WORDS, Marks, clean
from koubai.tables.files.names import unique_names
from koubai.tables.files.parquet import complaints
from koubai.tables.files.reading import OpenText, Reading, no_rows, read_text
from koubai.tables.files.scratch import ScratchFile
from koubai.tables.files.typed import TYPED
from koubai.tables.files.writing import write_parquet
from koubai.training.ahead import ahead
from koubai.training.progress import progress_bar
from koubai.training.store import scratch_folder

Found = TypeVar("Found")

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


@dataclass(eq=False)
class TableBlocks:
    """A table in a file, readable block by block any number of times; created by `open_blocks`.

    Parameters
    ----------
    source : str
        Its origin.
    path : Path, list of Path, or FilesUnderWay
        The Parquet file to read, or files, one behind the other.
    columns : list of str
        Names of the columns.
    n_rows : int
        Number of rows.
    signed : frozenset of str
        Text columns that contain "+", in which "-" is not a missing value.
    has_names, notes, reading
        As `koubai.tables.files.reading.Table`.
    scratch : ScratchFile or None
        A temporary file, if one was made, which lasts as long as this.
    progress : bool
        Whether to show a progress bar on standard error while reading.
    separator : str
        As `koubai.tables.files.reading.Table`.
    marks : Marks
        The marks of missing values.
    together : Together
        The processes that read the table together, each its own rows.
    """

    source: str
    path: "Path | list[Path] | FilesUnderWay"
    columns: list[str]
    n_rows: int
    signed: frozenset[str]
    has_names: bool = True
    notes: tuple[str, ...] = ()
    reading: Mapping[str, object] = field(default_factory=dict)
    scratch: "ScratchFile | None" = field(default=None, repr=False)
    progress: bool = False
    separator: str = ""
    marks: Marks = NO_MARKS
    together: Together = ALONE

    @property
    def own(self) -> range:
        """The rows that this process reads: as many as every other, one behind the other."""
        rank, size = self.together.rank, self.together.size
        return range(self.n_rows * rank // size, self.n_rows * (rank + 1) // size)

    def blocks(self, doing: str) -> Iterator[Block]:
        """Yield all own blocks in order, each read and cleaned while the previous one is in use.

        Parameters
        ----------
        doing : str
            The activity, for the progress bar.
        """
        total = -(-len(self.own) // rows_at_once(len(self.columns)))
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

        def first() -> int | None:
            for scan, begin in self._scans(self.own):
                there = self._column(scan, name).with_row_index("row").filter(pl.col("cell") == cell).head(1).collect()
                if there.height:
                    return begin + int(there["row"][0])
            return None

        return min(row for row in self._asked(first) if row is not None)

    def words_in(self, name: str) -> tuple[dict[str, int], int]:
        """Return how many rows of a column of texts hold each word for missing values, and how many are not blank."""
        import polars as pl

        def count() -> dict[str, int]:
            found: Counter[str] = Counter()
            for scan, _ in self._scans(self.own):
                cells = self._column(scan, name).filter(pl.col("cell") != "")
                found[""] += int(cells.select(pl.len()).collect(engine="streaming").item())
                words = cells.filter(pl.col("cell").is_in(sorted(WORDS))).group_by("cell").len()
                found.update(dict(words.collect(engine="streaming").iter_rows()))
            return found

        total: Counter[str] = sum(map(Counter, self._asked(count)), Counter())
        n_rows = total.pop("", 0)
        return dict(sorted(total.items())), n_rows

    def look_for_signs(self) -> None:
        """Find the columns of texts that contain "+"."""
        import polars as pl

        def look() -> list[int]:
            signed: set[int] = set()
            if isinstance(self.path, FilesUnderWay) and pl.String not in self.path.schema.dtypes():
                return []  # without a copy of any file
            for scan, _ in self._scans(self.own):
                texts = [place for place, dtype in enumerate(scan.collect_schema().dtypes()) if dtype == pl.String]
                if texts:  # by position, since polars treats some names as patterns
                    plus = scan.select(
                        (pl.nth(place).str.strip_chars() == "+").any().alias(f"{place}") for place in texts
                    )
                    (found,) = plus.collect(engine="streaming").rows()
                    signed.update(place for place, there in zip(texts, found, strict=True) if there)
            return sorted(signed)

        self.signed = frozenset(self.columns[place] for places in self._asked(look) for place in places)

    def _asked(self, ask: Callable[[], Found]) -> list[Found]:
        """Return what each process finds in its own rows."""

        def found() -> Found:
            with complaints(self.source):
                return ask()

        return told(self.together, in_step(self.together, found))

    def _scans(self, rows: range) -> "Iterator[tuple[pl.LazyFrame, int]]":
        """Yield what reads these rows, piece by piece, with the number of the first row of each."""
        import polars as pl

        if isinstance(self.path, FilesUnderWay):
            yield from self.path.scans(rows)
        else:
            yield pl.scan_parquet(self.path, glob=False).slice(rows.start, len(rows)), rows.start

    def _column(self, rows: "pl.LazyFrame", name: str) -> "pl.LazyFrame":
        """Return one column of texts, under the name ``cell``, blanks around cells stripped."""
        import polars as pl

        return rows.select(cell=pl.nth(self.columns.index(name)).cast(pl.String).str.strip_chars())

    def _blocks(self) -> Iterator[Block]:
        at_once = rows_at_once(len(self.columns))
        for first in self.own[::at_once]:
            n_rows = min(at_once, self.own.stop - first)
            yield Block(clean(self._read(first, n_rows), self.signed, self.marks), first)

    def _read(self, first: int, n_rows: int) -> "pl.DataFrame":
        import polars as pl

        with complaints(self.source):
            pieces = [scan.collect() for scan, _ in self._scans(range(first, first + n_rows))]
            if isinstance(self.path, FilesUnderWay):
                pieces.append(pl.DataFrame(schema=self.path.schema))
            frame = pl.concat(pieces)
        if frame.height != min(n_rows, self.n_rows - first):
            raise DataError(worded("tables.error.table_not_change_while_being", source=self.source))
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
    together: Together = ALONE,
) -> TableBlocks:
    """Open a table for reading block by block.

    A text file is read once and rewritten as Parquet, in the folder for temporary files.

    Parameters
    ----------
    path, encoding, separator, header, skip_lines
        As `koubai.tables.files.reading.read_table`.
    together : Together
        The processes that read the table together, each its own rows of the same file; all must open it.

    Raises
    ------
    FileError
        If the file cannot be read, its suffix is unknown, or there is not enough space for the temporary file.
    DataError
        If it contains no table, or another process sees another one.
    ParameterError
        If the encoding, the separator or the number of lines is invalid.
    """
    check_process()
    reading = Reading(encoding, separator, header, skip_lines)
    reading.check()
    table = in_step(together, lambda: _of_file(os.fspath(path), reading))
    if together.size > 1:
        check_same(together, f"table '{table.source}'", _seen(table))
    table.together = together
    table.look_for_signs()
    return table


def _seen(table: TableBlocks) -> dict[str, object]:
    """Return what tells a table from others: another file, or the same ones listed at another time."""
    if isinstance(table.path, FilesUnderWay):
        names, sizes = table.path.names, table.path.sizes
    else:
        paths = table.path if isinstance(table.path, list) else [Path(table.source)]
        names, sizes = [path.name for path in paths], [path.stat().st_size for path in paths if path.is_file()]
    dtypes = [str(dtype) for dtype in table.head(0).dtypes]
    return {"rows": table.n_rows, "columns": [*table.columns, *dtypes], "files": [*names, *sizes]}


def _of_file(source: str, reading: Reading) -> TableBlocks:
    if is_many(source):
        path = FilesUnderWay(source) if is_url(source) else [Path(name) for name in files_of(source)]
        return _opened(TableBlocks(source, path, [], 0, frozenset(), reading=reading.given))
    check_there(source)
    suffix, _, notes = contents_of(source)
    if suffix in TYPED:
        raise DataError(worded("tables.error.table_parquet_text_read_block", source=source, suffix=suffix))
    if suffix == ".parquet":
        file, copy = on_disk(source)
        table = _opened(TableBlocks(source, file, [], 0, frozenset(), reading=reading.given, scratch=copy))
    else:
        table = _opened(read_text(source, reading, _rewritten))
    table.notes = (*notes, *table.notes)
    return table


def _opened(table: TableBlocks) -> TableBlocks:
    """Fill in a table's metadata from its file: number of rows, and names if unknown."""
    import polars as pl

    with complaints(table.source):
        if isinstance(table.path, FilesUnderWay):
            schema, table.n_rows = table.path.schema, table.path.n_rows
        else:
            rows = pl.scan_parquet(table.path, glob=False)
            schema, table.n_rows = rows.collect_schema(), int(rows.select(pl.len()).collect().item())
        if not table.n_rows:
            raise no_rows(table.source)
        if not table.columns:
            table.columns, table.notes = unique_names(list(schema))
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
            worded(
                "tables.error.folder_temporary_files_have_room", scratch_folder=scratch_folder(), reason=term(reason)
            )
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
    for what is packed, the size that it says itself.
    """
    import polars as pl

    source = os.fspath(path)
    try:
        if is_url(source):
            return Size(0, free_memory())  # files elsewhere are read as asked
        if is_many(source):
            kind, packing, needed = ".parquet", "", 0
            paths = [Path(name) for name in files_of(source)]
        else:
            kind, packing, _ = contents_of(source)
            needed, paths = unpacked_size(source), []
        if kind == ".parquet" and not packing:
            rows = pl.scan_parquet(paths or on_disk(source)[0], glob=False)
            first = rows.head(1000).collect()
            n_rows = int(rows.select(pl.len()).collect().item())
            needed = int(first.estimated_size() / max(1, first.height) * n_rows)
    except (OSError, DataError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        needed = 0
    return Size(needed, free_memory())
