"""Tables that are read block by block, so that memory need not hold them: Parquet, and text files by way of it."""

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import finalize

from koubai.core.errors import DataError, FileError, ParameterError
from koubai.core.memory import free_memory
from koubai.tables.missing import NO_MARKS, WORDS, Marks
from koubai.tables.reading import Layout, check_readable, layout_of, start_of, suffix_of
from koubai.tables.values import clean
from koubai.training.abandoned import claim_folder, discard_folder, remove_abandoned_folders
from koubai.training.ahead import ahead
from koubai.training.progress import progress_bar
from koubai.training.store import scratch_folder

if TYPE_CHECKING:
    import polars as pl

CELLS_AT_ONCE = 2**21
"""About so many cells are read at a time."""
MOST_ROWS_AT_ONCE = 2**17
"""And no more rows than this."""
ROW_GROUP = 2**17
"""Rows of a row group of the Parquet file that a text file becomes."""


class Block(NamedTuple):
    """Rows of a table, cleaned, that follow each other; the first of them is row ``first`` of the table, from 0."""

    frame: "pl.DataFrame"
    first: int


class ScratchFolder:
    """A folder for temporary files that vanishes with the object; those of processes that were killed go before."""

    def __init__(self) -> None:
        home = scratch_folder()
        remove_abandoned_folders(home, "koubai-")
        self.path = Path(tempfile.mkdtemp(prefix="koubai-", dir=home))
        self._removal = finalize(self, discard_folder, self.path, claim_folder(self.path))


@dataclass(eq=False)
class TableBlocks:
    """A table in a file, given block by block as often as one likes; `open_blocks` makes it.

    Parameters
    ----------
    source : str
        Where it came from.
    path : Path
        The Parquet file that is read.
    columns : list of str
        Names of the columns.
    n_rows : int
        Number of rows.
    signed : frozenset of str
        Columns of texts that hold "+", where "-" is no missing value.
    has_names, notes
        As `koubai.tables.reading.Table`.
    folder : ScratchFolder or None
        Where the Parquet file lies, if it was made for this; it vanishes with the object.
    progress : bool
        Whether to show a progress bar on standard error while the blocks are gone through.
    separator : str
        As `koubai.tables.reading.Table`.
    marks : Marks
        What counts as missing.
    """

    source: str
    path: Path
    columns: list[str]
    n_rows: int
    signed: frozenset[str]
    has_names: bool = True
    notes: tuple[str, ...] = ()
    folder: "ScratchFolder | None" = field(default=None, repr=False)
    progress: bool = False
    separator: str = ""
    marks: Marks = NO_MARKS

    def blocks(self, doing: str) -> Iterator[Block]:
        """Give all blocks in order, each read and cleaned while the one before it is used.

        Parameters
        ----------
        doing : str
            What is done with them, for the progress bar.
        """
        total = -(-self.n_rows // rows_at_once(len(self.columns)))
        with progress_bar(self.progress, total, 0) as show:
            for number, block in enumerate(ahead(self._blocks()), 1):
                yield block
                show(number, doing)

    def head(self, n_rows: int) -> "pl.DataFrame":
        """Return the first rows, as they are in the file."""
        return self._read(0, n_rows)

    def row_of(self, name: str, cell: str) -> int:
        """Return the first row, counted from 0, in which a column of texts holds a cell, blanks around it stripped."""
        import polars as pl

        with _complaints(self.source):
            rows = self._column(name).with_row_index("row").filter(pl.col("cell") == cell).head(1).collect()
        return int(rows["row"][0])

    def words_in(self, name: str) -> tuple[dict[str, int], int]:
        """Return how many rows of a column of texts hold each word for missing values, and how many are not blank."""
        import polars as pl

        with _complaints(self.source):
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

        with _complaints(self.source):
            frame = pl.scan_parquet(self.path, glob=False).slice(first, n_rows).collect()
        if frame.height != min(n_rows, self.n_rows - first):
            raise DataError(f"The table '{self.source}' must not change while it is read; it did. Start anew.")
        return frame.rename(dict(zip(frame.columns, self.columns, strict=True)))


def rows_at_once(n_columns: int) -> int:
    """Return how many rows of a table are read at a time."""
    return max(256, min(MOST_ROWS_AT_ONCE, CELLS_AT_ONCE // max(1, n_columns)))


def open_blocks(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
) -> TableBlocks:
    """Open a table that is to be read block by block.

    A text file is rewritten as Parquet first, in the folder for temporary files. Where a line has fewer cells than the
    first, its last cells count as missing.

    Parameters
    ----------
    path, encoding, separator, header
        As `koubai.tables.reading.read_table`; text must be UTF-8 and not compressed.

    Raises
    ------
    FileError
        If the file cannot be read, or its suffix is unknown.
    DataError
        If it holds no table.
    ParameterError
        If the encoding is another.
    """
    source = os.fspath(path)
    suffix = suffix_of(source)
    if suffix == ".parquet":
        return _opened(source, Path(source))
    if suffix.endswith(".gz"):
        raise FileError(
            f"A table that is read block by block must not be compressed as a whole; got '{source}'. "
            f"Unpack it, or convert it to Parquet."
        )
    if encoding is not None and encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        raise ParameterError(
            f"encoding must be utf-8 for a table that is read block by block; got {encoding!r}. Convert the file."
        )
    layout = layout_of(source, start_of(source, encoding), separator, header)
    folder = ScratchFolder()
    target = folder.path / "table.parquet"
    _rewrite(source, layout, target)
    opened = _opened(source, target, layout.names, layout.has_names, layout.notes, folder)
    opened.separator = layout.separator
    return opened


def _opened(
    source: str,
    path: Path,
    names: list[str] | None = None,
    has_names: bool = True,
    notes: tuple[str, ...] = (),
    folder: "ScratchFolder | None" = None,
) -> TableBlocks:
    import polars as pl

    with _complaints(source):
        rows = pl.scan_parquet(path, glob=False)
        schema = rows.collect_schema()
        n_rows = int(rows.select(pl.len()).collect().item())
        texts = [name for name, dtype in schema.items() if dtype == pl.String]
        signed: Collection[str] = ()
        if texts and n_rows:
            plus = rows.select((pl.col(name).str.strip_chars() == "+").any() for name in texts)
            (found,) = plus.collect(engine="streaming").rows()
            signed = [name for name, there in zip(texts, found, strict=True) if there]
    if not n_rows:
        raise DataError(f"The table '{source}' must hold at least one row; got column names alone. Add rows.")
    return TableBlocks(source, path, names or list(schema.names()), n_rows, frozenset(signed), has_names, notes, folder)


def _rewrite(source: str, layout: Layout, target: Path) -> None:
    """Write a text file's lines that are not blank as a Parquet file of texts."""
    import polars as pl

    with _complaints(source):
        lines = pl.scan_csv(
            source,
            has_header=layout.has_names,
            separator=layout.separator,
            infer_schema=False,
            glob=False,
            raise_if_empty=False,
        )
        lines = lines.filter(~pl.all_horizontal(pl.all().is_null()))
        lines.sink_parquet(target, row_group_size=ROW_GROUP, compression="lz4", engine="streaming")


@contextmanager
def _complaints(source: str) -> Iterator[None]:
    """Turn what polars says of a file into one sentence."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        check_readable(source)
        if source.lower().endswith(".parquet"):
            raise DataError(
                f"The table '{source}' must be a whole Parquet file; it is damaged or none. Get it anew."
            ) from error
        reason = str(error).split("\n", 1)[0]
        raise DataError(
            f"The table '{source}' must be text in UTF-8 with as many cells in each line as in the first; "
            f"got: {reason}."
        ) from error


SHARE_OF_MEMORY = 1 / 12
"""A table is read block by block if its cells alone would take more than this share of the memory that is free: with
the prepared columns, their copies for training and testing, and the network's work, a fit takes many times as much."""


class Size(NamedTuple):
    """What a table's cells would take in memory, and how much of it is free, bytes."""

    needed: int
    free: int

    @property
    def is_large(self) -> bool:
        """Whether the table should be read block by block."""
        return self.needed > SHARE_OF_MEMORY * self.free


def size_of(path: str | os.PathLike[str]) -> Size:
    """Return how large a table file is beside the memory; a file that cannot be read has no size, and is none's fault.

    For Parquet, its rows times the bytes of one, estimated from the first thousand; for text, the file's size.
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
            needed = 0  # cannot be read block by block
    except (OSError, pl.exceptions.PolarsError):
        needed = 0
    return Size(needed, free_memory())
