"""Reading a table from a file or standard input, with one clear sentence for any problem with the file."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypedDict, TypeVar

from koubai.core.errors import DataError
from koubai.core.language import term, worded
from koubai.core.memory import free_memory
from koubai.core.schema import Record
from koubai.tables.files.containers.packing import contents_of, unpacked
from koubai.tables.files.encodings import NAMES, Encoding, check_encoding, recognised
from koubai.tables.files.forks import check_process
from koubai.tables.files.layout import SEPARATORS, Layout, checked_separator, checked_skip_lines, layout_of
from koubai.tables.files.many import LocalFiles, is_many
from koubai.tables.files.names import unique_names
from koubai.tables.files.parquet import complaints
from koubai.tables.files.parsing import Parser
from koubai.tables.files.pieces import PIECE, Undecodable, head_of, text_pieces
from koubai.tables.files.typed import SPREADSHEETS, TYPED, read_spreadsheet, read_typed

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SEPARATORS", "Reading", "ReadingOptions", "Table", "read_table"]

MOST_OF_MEMORY = 1 / 4
"""Maximum share of free memory for a decompressed file, since parsing takes a few times as much."""

Result = TypeVar("Result")


class ReadingOptions(TypedDict, total=False):
    """Options for reading a text file; those not given are detected."""

    encoding: str | None
    separator: str | None
    header: bool | None
    skip_lines: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read.

    Parameters
    ----------
    frame : polars.DataFrame
        The cells: text for CSV and TSV (what they mean is found later), the file's own types for Parquet.
    source : str
        Where it came from.
    has_names : bool
        Whether the file gave the columns names; without, they are column_1, column_2, …
    notes : tuple of str
        What the reader had to find out or leave out, one sentence each.
    reading : mapping
        What was said of how to read it.
    separator : str
        What separates cells in the file, if it is text; it hints at the decimal mark.
    """

    frame: "pl.DataFrame"
    source: str
    has_names: bool = True
    notes: tuple[str, ...] = ()
    reading: Mapping[str, object] = field(default_factory=dict)
    separator: str = ""


class Reading(NamedTuple):
    """How a text file is to be read: `read_table` says what each of these is."""

    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None
    skip_lines: int | None = None

    def check(self) -> None:
        """Raise ParameterError if one of them is invalid."""
        if self.encoding is not None:
            check_encoding(self.encoding)
        checked_separator(self.separator)
        checked_skip_lines(self.skip_lines)

    @property
    def given(self) -> dict[str, object]:
        """What was given."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def reading_of(record: Record) -> dict[str, object]:
    """Return what a record says of how to read a text file, checked.

    Raises
    ------
    ParameterError, TypeError
        If it says something else.
    """
    reading = Reading(**record)
    reading.check()
    if not isinstance(reading.header, bool | None):
        raise TypeError("header is no truth value")
    return reading.given


def read_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    skip_lines: int | None = None,
) -> Table:
    """Read a table from a file, in the format given by its suffix, or from standard input.

    Parameters
    ----------
    path : path
        A file whose name ends in one of `koubai.tables.files.containers.kinds.KINDS`: text, Parquet, JSON lines, Arrow
        and Feather, and spreadsheets (the extra ``excel``), of which the first sheet is read; any of them packed, as
        .gz, .zst (the extra ``zst``) or .zip (``data.zip/red.csv`` is one of several). Or "-", which is standard input,
        whose format is told by its first bytes.
    encoding : str, optional
        How the text is encoded; if not given, it is recognised: UTF-8, UTF-16, the Japanese encodings, cp1252.
    separator : str, optional
        What stands between two cells; if not given, a tab in .tsv, and in .csv what many lines show, or a first line
        such as ``sep=;`` says.
    header : bool, optional
        Whether the first line names the columns; if not given, it does unless all its cells are numbers.
    skip_lines : int, optional
        How many lines stand before the table; if not given, lines of titles are found by having one cell only.

    Raises
    ------
    FileError
        If the file cannot be read, or its suffix is unknown.
    DataError
        If it holds no table or several: nothing, no rows, rows of different lengths, no text.
    ParameterError
        If the encoding, the separator or the number of lines is none.
    """
    check_process()
    source = os.fspath(path)
    reading = Reading(encoding, separator, header, skip_lines)
    reading.check()
    if is_many(source):
        return _checked(replace(_read_many(source), reading=reading.given))
    contents = contents_of(source)
    limit = int(free_memory() * MOST_OF_MEMORY)
    if contents.kind == ".parquet":
        table = replace(_read_parquet(source, limit), reading=reading.given)
    elif contents.kind in SPREADSHEETS:
        frame, said = read_spreadsheet(source, contents.kind, limit, header=header, skip_lines=skip_lines)
        table = Table(frame, source, header is not False, said, reading.given)
    elif contents.kind in TYPED:
        frame, said = read_typed(source, contents.kind, limit)
        table = _named(frame, source)
        table = replace(table, notes=(*said, *table.notes), reading=reading.given)
    else:
        table = read_text(source, reading, _whole, limit)
    return _checked(replace(table, notes=(*contents.notes, *table.notes)))


def _checked(table: Table) -> Table:
    if table.frame.height == 0:
        raise no_rows(table.source)
    return table


def no_rows(source: str) -> DataError:
    """Return the error for a table without rows."""
    return DataError(worded("tables.error.no_rows", source=source))


@dataclass
class OpenText:
    """A text file whose layout is known, to be read once.

    Parameters
    ----------
    source : str
        The file.
    layout : Layout
        How it is laid out.
    reading : Reading
        What was said of that.
    pieces : iterator of bytes
        Its text, from the beginning.
    notes_of_encoding : tuple of str
        What is to be said of its encoding.
    """

    source: str
    layout: Layout
    reading: Reading
    pieces: Iterator[bytes]
    notes_of_encoding: tuple[str, ...]

    def __post_init__(self) -> None:
        self._parser = Parser(self.source, self.layout)

    def frames(self) -> "Iterator[pl.DataFrame]":
        """Give its rows, frame by frame."""
        yield from self._parser.frames(self.pieces)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the file, once it was read."""
        return (*self.notes_of_encoding, *self.layout.notes, *self._parser.notes)


def read_text(source: str, reading: Reading, take: Callable[[OpenText], Result], limit: int | None = None) -> Result:
    """Read a text file; where its first bytes show too little of its encoding, a second time.

    Parameters
    ----------
    source : str
        The file.
    reading : Reading
        How it is to be read.
    take : callable
        Reads the frames of an open file and returns what shall be returned.
    limit : int, optional
        As `koubai.tables.files.pieces.text_pieces`.

    Raises
    ------
    FileError, DataError
        As `read_table`.
    """
    if reading.encoding is not None:
        encoding = Encoding(reading.encoding, True)
    else:
        encoding = recognised(head_of(source, 2**20, limit))
    for is_last in (False, True):
        if not encoding.is_sure:
            raise _not_in(source, None, encoding, None)
        try:
            return take(_opened(source, reading, encoding, limit))
        except Undecodable as error:
            better = recognised(error.content[error.content.rfind(b"\n", 0, 2**20) + 1 :] or error.content)
            if reading.encoding is not None or is_last or better.codec == encoding.codec:
                raise _not_in(source, reading.encoding, better, error.place) from None
            encoding = better
    raise AssertionError("the second time returns or raises")


def _opened(source: str, reading: Reading, encoding: Encoding, limit: int | None) -> OpenText:
    pieces = text_pieces(source, encoding.codec, limit)
    begin = b""
    for piece in pieces:
        begin += piece
        if begin.strip() and (b"\n" in begin.strip() or len(begin) > PIECE):
            break
    if not begin.strip():
        raise DataError(worded("tables.error.table_hold_column_names_rows_3", source=source))
    layout = layout_of(
        source,
        begin.decode("utf-8", "ignore"),
        separator=reading.separator,
        header=reading.header,
        skip_lines=reading.skip_lines,
        tabs=contents_of(source).kind == ".tsv",
    )
    notes: tuple[str, ...] = ()
    if reading.encoding is None and encoding.codec == "utf-8-sig":
        notes = (worded("tables.note.text_begins_byte_order_mark"),)
    elif reading.encoding is None and encoding.codec != "utf-8":
        notes = (worded("tables.note.text_no_utf_read_fits", name=encoding.name),)

    def all_pieces() -> Iterator[bytes]:
        yield begin
        yield from pieces

    return OpenText(source, layout, reading, all_pieces(), notes)


def _not_in(source: str, encoding: str | None, better: Encoding, place: int | None) -> DataError:
    which = worded("tables.note.byte", place=place) if place is not None else term("it")
    known = NAMES.get(encoding or "utf-8", encoding)
    key = "tables.error.table_text_in" if better.is_sure else "tables.error.table_text_in_other"
    return DataError(worded(key, source=source, known=known, which=which, codec=better.codec))


def _whole(text: OpenText) -> Table:
    import polars as pl

    frames = list(text.frames())
    if not frames:
        raise no_rows(text.source)
    return Table(
        pl.concat(frames), text.source, text.layout.has_names, text.notes, text.reading.given, text.layout.separator
    )


def is_unicode(path: str | os.PathLike[str]) -> bool:
    """Tell whether a text file is, or might as well be, in UTF-8, UTF-16 or UTF-32, as its beginning shows."""
    return recognised(head_of(os.fspath(path), 2**20)).codec.startswith("utf-")


def _read_many(source: str) -> Table:
    import polars as pl

    there = LocalFiles(source)
    with complaints(source):
        frame = pl.read_parquet(there.paths, glob=False)
    return _named(frame, source)


def _read_parquet(source: str, limit: int) -> Table:
    import polars as pl

    with unpacked(source, limit) as file, complaints(source):
        frame = pl.read_parquet(file)
    return _named(frame, source)


def _named(frame: "pl.DataFrame", source: str) -> Table:
    names, notes = unique_names(frame.columns)
    frame.columns = names
    return Table(frame, source, notes=notes)
