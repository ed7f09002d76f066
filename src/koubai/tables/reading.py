"""Reading a table from CSV, TSV or Parquet, with one clear sentence for whatever is wrong with the file."""

import csv
import gzip
import io
import os
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from koubai.core.errors import DataError, FileError, ParameterError

if TYPE_CHECKING:
    import _csv

    import polars as pl

SUFFIXES = (".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz")

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read.

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
    separator : str
        What separates cells in the file, if it is text; it hints at the decimal mark.
    """

    frame: "pl.DataFrame"
    source: str
    has_names: bool = True
    notes: tuple[str, ...] = ()
    separator: str = ""


def read_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
) -> Table:
    """Read a table from a file; its suffix says what it is.

    Parameters
    ----------
    path : path
        A file whose name ends in .csv, .tsv, .csv.gz, .tsv.gz or .parquet.
    encoding : str, optional
        How the text is encoded; UTF-8, if not given.
    separator : str, optional
        What stands between two cells: a tab in .tsv; in .csv a comma, or what the first line shows.
    header : bool, optional
        Whether the first line names the columns; if not given, it does unless all its cells are numbers.

    Raises
    ------
    FileError
        If the file cannot be read, or its suffix is unknown.
    DataError
        If it holds no table: nothing, no rows, rows of different lengths, two columns of one name, no text.
    ParameterError
        If the encoding or the separator is none.
    """
    source = os.fspath(path)
    suffix = suffix_of(source)
    content = _content(source)
    if suffix == ".parquet":
        table = _read_parquet(source, content)
    else:
        if suffix.endswith(".gz"):
            content = _unpack(source, content)
        text = _decode(source, content, encoding)
        table = _read_text(source, text, layout_of(source, text, separator, header))
    if table.frame.height == 0:
        raise DataError(f"The table '{source}' must hold at least one row; got column names alone. Add rows.")
    return table


class Layout(NamedTuple):
    """How a text file holds its table: what separates cells, the columns' names, and whether the file gave them."""

    separator: str
    has_names: bool
    names: list[str]
    notes: tuple[str, ...]


def layout_of(source: str, text: str, separator: str | None, header: bool | None) -> Layout:
    """Return how a text file holds its table, as its beginning shows.

    Parameters
    ----------
    source, separator, header
        As `read_table`.
    text : str
        The file's text, or the beginning of it.

    Raises
    ------
    DataError
        If two columns have the same name.
    ParameterError
        If the separator is none.
    """
    mark = _checked_separator(separator, suffix_of(source), text)
    first = next(_rows(_with_newlines(text), mark), [])
    notes = [f"The columns are separated by {SEPARATORS[mark]}."] if mark in ";|" else []
    if header is None:
        header = not all(_is_number(cell) for cell in first)
        if not header:
            notes.append(
                f"The first line holds numbers only, so the columns have no names: they are called column_1 to "
                f"column_{len(first)}."
            )
    names = _names(source, first) if header else [f"column_{index + 1}" for index in range(len(first))]
    return Layout(mark, header, names, tuple(notes))


def start_of(source: str, encoding: str | None, n_bytes: int = 2**20) -> str:
    """Return the text of a file's first lines, about so many bytes of them.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If it is no text.
    """
    check_readable(source)
    with Path(source).open("rb") as file:
        content = file.read(n_bytes)
    if len(content) == n_bytes:
        content = content[: content.rfind(b"\n") + 1] or content
    return _decode(source, content, encoding)


def check_readable(source: str) -> None:
    """Raise FileError, with what comes close, if a file is missing or cannot be read."""
    _content(source, 1)


def suffix_of(source: str) -> str:
    """Return which of `SUFFIXES` a file's name ends in.

    Raises
    ------
    FileError
        If it is none of them.
    """
    name = source.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix):
            return suffix
    if not Path(source).exists():
        raise _missing(source)
    if Path(source).is_dir():
        raise FileError(f"A table must be a file; got the folder '{source}'. Name the file in it.")
    raise FileError(f"A table's name must end in one of {', '.join(SUFFIXES)}; got '{source}'. Rename or convert it.")


def _missing(source: str) -> FileError:
    folder = Path(source).parent
    near = [path.name for path in islice(folder.iterdir(), 1000)] if folder.is_dir() else []
    from difflib import get_close_matches

    close = get_close_matches(Path(source).name, near, 1)
    hint = f"Did you mean '{folder / close[0]}'?" if close else "Check the name."
    return FileError(f"The table '{source}' must exist; there is no such file. {hint}")


def _content(source: str, n_bytes: int = -1) -> bytes:
    """Return the file's bytes, all of them or the first ones."""
    try:
        with Path(source).open("rb") as file:
            return file.read(n_bytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(source) from error
    except IsADirectoryError as error:
        raise FileError(f"A table must be a file; got the folder '{source}'. Name the file in it.") from error
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise FileError(f"The table '{source}' must be readable; got: {reason}. Check it.") from error


def _unpack(source: str, content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"The table '{source}' must be a whole gzip file; it is damaged or none. Get it anew."
        ) from error


def _decode(source: str, content: bytes, encoding: str | None) -> str:
    """Return the file's text without a byte order mark."""
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    try:
        text = content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except LookupError as error:
        raise ParameterError(f"encoding must be one that Python knows; got {encoding!r}. Try utf-8.") from error
    except UnicodeError as error:
        place = f"byte {error.start + 1}" if isinstance(error, UnicodeDecodeError) else "it"
        guess = marks.get(content[:2]) or _guess_encoding(content)
        raise DataError(
            f"The table '{source}' must be text in {encoding or 'UTF-8'}; {place} is not. "
            f"Save it as UTF-8, or try the encoding {guess}."
        ) from error
    if "\0" in text[:10_000]:
        raise DataError(f"The table '{source}' must be text; it holds null characters. Save it as CSV in UTF-8.")
    if not text.strip():
        raise DataError(f"The table '{source}' must hold column names and rows; it is empty.")
    return text


def _guess_encoding(content: bytes) -> str:
    """Return cp932 (Japanese Windows) if the bytes are that and show Japanese characters, else cp1252."""
    try:
        text = content.decode("cp932")
    except UnicodeDecodeError:
        return "cp1252"
    kana_or_kanji = sum("\u3040" <= character <= "\u9fff" for character in text)
    half_width = sum("\uff61" <= character <= "\uff9f" for character in text)
    return "cp932" if kana_or_kanji > half_width else "cp1252"


def _checked_separator(separator: str | None, suffix: str, text: str) -> str:
    if separator is not None:
        separator = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
        if len(separator) != 1 or not separator.isascii() or separator in '"\n\r':
            raise ParameterError(f"separator must be one ASCII character or 'tab'; got {separator!r}. Try ','.")
        return separator
    if suffix.startswith(".tsv"):
        return "\t"
    first = text.lstrip().split("\n", 1)[0]
    return next((mark for mark in SEPARATORS if mark in first), ",")


def _read_text(source: str, text: str, layout: Layout) -> Table:
    separator, header, names, notes = layout
    frame = _parse(source, _with_newlines(text), separator, header, names)
    return Table(frame, source, header, notes, separator)


def _with_newlines(text: str) -> str:
    """Return a text without blank lines before it, its lines ending as polars and csv expect."""
    text = text.lstrip("\r\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _names(source: str, first: list[str]) -> list[str]:
    """Return the columns' names; one without a name is called after its position."""
    names = [cell.strip() or f"column_{index + 1}" for index, cell in enumerate(first)]
    doubled = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if doubled:
        raise DataError(
            f"The table '{source}' must have a different name for each column; got {doubled[0]!r} "
            f"{names.count(doubled[0])} times. Rename them."
        )
    return names


def _parse(source: str, text: str, separator: str, header: bool, names: list[str]) -> "pl.DataFrame":
    """Return the cells as text; a line that is too short is noticed by its missing last cell, which polars fills up."""
    import polars as pl

    schema = dict.fromkeys(names, pl.String)
    if header and not text.partition("\n")[2].strip():
        return pl.DataFrame(schema=schema)
    try:
        frame = pl.read_csv(io.BytesIO(text.encode()), separator=separator, has_header=header, infer_schema=False)
    except pl.exceptions.PolarsError:
        return _parse_slowly(source, text, separator, header, names)
    if frame.width != len(names) or (frame.height and frame[frame.columns[-1]].null_count()):
        return _parse_slowly(source, text, separator, header, names)
    frame.columns = names
    return frame


def _parse_slowly(source: str, text: str, separator: str, header: bool, names: list[str]) -> "pl.DataFrame":
    """Return the cells of the lines that are not blank, checking the length of each; odd quotation marks are kept."""
    import polars as pl

    columns: list[list[str | None]] = [[] for _ in names]
    reader = _rows(text, separator)
    line = 1
    for row in reader:
        if row and len(row) != len(names):
            hint = " A quotation mark may be missing." if reader.line_num > line else ""
            raise DataError(
                f"The table '{source}' must have {len(names)} cells in each line, as in the first; "
                f"got {len(row)} in line {line}. Correct the line.{hint}"
            )
        for column, cell in zip(columns, row, strict=False):
            column.append(cell)
        line = reader.line_num + 1
    skipped = int(header)
    return pl.DataFrame(
        {name: pl.Series(column[skipped:], dtype=pl.String) for name, column in zip(names, columns, strict=True)}
    )


def _rows(text: str, separator: str) -> "_csv.Reader":
    """Return a reader of one row after the other; in a TSV file that is not quoted well, quotation marks are text."""
    csv.field_size_limit(2**31 - 1)
    plain = separator == "\t" and text.count('"') % 2 == 1
    return csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    )


def _read_parquet(source: str, content: bytes) -> Table:
    import polars as pl

    try:
        return Table(pl.read_parquet(io.BytesIO(content)), source)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"The table '{source}' must be a whole Parquet file; it is damaged or none. Get it anew."
        ) from error
