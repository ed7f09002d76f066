"""Tables in files that know the types of their cells: spreadsheets, JSON lines, Arrow and Feather."""

import io
import logging
import re
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from koubai.core.errors import DataError, FileError
from koubai.core.extras import to_install
from koubai.core.language import worded
from koubai.tables.files.containers.kinds import HEAD, refuse_list
from koubai.tables.files.containers.packing import unpacked
from koubai.tables.files.headings import note_of_titles
from koubai.tables.files.names import unique_names

if TYPE_CHECKING:
    import polars as pl

Found = tuple["pl.DataFrame", tuple[str, ...]]

SPREADSHEETS = (".xlsx", ".ods")
MOST_TITLES = 40
"""So many rows are looked through for titles above a sheet's table."""
LARGEST_SHEET = 2**27
"""Sheets of more bytes are not looked through for formulas."""
_FORMULA = rb"<c\b[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
"""A cell of a formula without its value."""


def read_typed(source: str, suffix: str, limit: int | None = None) -> Found:
    """Return the cells of a file, and what is to be said of it.

    Parameters
    ----------
    source : str
        The file.
    suffix : str
        One of `TYPED`.
    limit : int, optional
        Most bytes that a packed file may hold.

    Raises
    ------
    FileError
        If it cannot be read, or what reads it is missing.
    DataError
        If it is damaged, or something else.
    """
    return _taken(source, suffix, TYPED[suffix][1], limit)


def _taken(source: str, suffix: str, read: Callable[[str, IO[bytes]], Found], limit: int | None) -> Found:
    import polars as pl

    what = TYPED[suffix][0]
    with unpacked(source, limit) as file:
        try:
            return read(source, file)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
            if isinstance(error, FileError | DataError):
                raise
            raise DataError(worded("tables.error.table_damaged_none_get_anew", source=source, what=what)) from error


def read_spreadsheet(
    source: str, suffix: str, limit: int | None = None, *, header: bool | None = None, skip_lines: int | None = None
) -> Found:
    """Return the cells of a spreadsheet's first sheet, and what is to be said of it.

    Parameters
    ----------
    source, suffix, limit
        As `read_typed`.
    header : bool, optional
        Whether its first row names the columns; if not given, it does.
    skip_lines : int, optional
        Rows before the table; if not given, titles above it, which are rows with one cell only, are found.

    Raises
    ------
    FileError, DataError
        As `read_typed`.
    """

    def read(source: str, file: IO[bytes]) -> Found:
        return _spreadsheet(source, file, header, skip_lines)

    return _taken(source, suffix, read, limit)


def _spreadsheet(source: str, file: IO[bytes], header: bool | None = None, skip_lines: int | None = None) -> Found:
    import polars as pl

    try:
        import fastexcel
    except ImportError:
        install = to_install("excel", "fastexcel")
        raise FileError(
            worded("tables.error.table_needs_fastexcel_read_missing", source=source, install=install)
        ) from None
    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # of columns without cells it tells in words of its own
    said: list[str] = []
    content = file.read()
    named = header is not False
    try:
        names = fastexcel.read_excel(content).sheet_names
        if len(names) > 1:
            said.append(worded("tables.note.file_has_sheets_first_read", n_names=len(names), names=repr(names[0])))
        skipped = skip_lines or 0
        if skip_lines is None and named:
            skipped, title = _titles(_sheet(content, False, {"n_rows": MOST_TITLES, "dtypes": "string"}).rows())
            said += [title] if title else []
        frame = _sheet(content, named, {"header_row": skipped} if named else {"skip_rows": skipped})
    except fastexcel.FastExcelError as error:
        raise ValueError(str(error)) from error
    except pl.exceptions.NoDataError:
        raise DataError(worded("tables.error.table_hold_column_names_rows_3", source=source)) from None
    nameless = r"__UNNAMED__\d+" if named else ".*"
    frame.columns, _ = unique_names(["" if re.fullmatch(nameless, name) else name for name in frame.columns])
    if n_formulas := _without_results(content):
        said.append(worded("tables.note.formulas_without_results", count=f"{n_formulas:,}"))
    return frame, tuple(said)


def _sheet(content: bytes, has_header: bool, options: dict[str, object]) -> "pl.DataFrame":
    """Return the first sheet's cells; all rows, as they are counted, where there is no header."""
    import polars as pl

    return pl.read_excel(
        content,
        sheet_id=1,
        engine="calamine",
        infer_schema_length=None,
        has_header=has_header,
        drop_empty_rows=has_header or "n_rows" not in options,
        read_options=options,
    )


def _titles(rows: list[tuple[str | None, ...]]) -> tuple[int, str]:
    """Return how many of a sheet's first rows are titles above its names, and what is to be said of them.

    Titles have one cell only. Names stand in more than two columns, or below an empty row, and are no numbers.
    """
    filled = [[cell.strip() for cell in row if cell is not None and cell.strip()] for row in rows]
    place = next((place for place, cells in enumerate(filled) if len(cells) > 1), 0)
    above = [cells[0] for cells in filled[:place] if cells]
    names = filled[place] if filled else []
    if not above or (len(names) < 3 and len(above) == place) or any(_is_number(name) for name in names):
        return 0, ""
    return place, note_of_titles(above[0], len(above), place)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _without_results(content: bytes) -> int:
    """Return how many cells of a workbook's only sheet are formulas whose results no spreadsheet program has saved."""
    try:
        with ZipFile(io.BytesIO(content)) as book:
            sheets = [info for info in book.infolist() if info.filename.startswith("xl/worksheets/sheet")]
            if len(sheets) != 1 or sheets[0].file_size > LARGEST_SHEET:
                return 0
            return len(re.findall(_FORMULA, book.read(sheets[0])))
    except BadZipFile:
        return 0


def _json_lines(source: str, file: IO[bytes]) -> Found:
    import polars as pl

    content = file.read().removeprefix(b"\xef\xbb\xbf")
    refuse_list(source, content[:HEAD])
    return pl.read_ndjson(content, infer_schema_length=None), ()


def _arrow(source: str, file: IO[bytes]) -> Found:
    import polars as pl

    if file.read(6) == b"ARROW1":
        file.seek(0)
        return pl.read_ipc(file.read()), ()
    file.seek(0)
    return pl.read_ipc_stream(file.read()), ()


TYPED: Mapping[str, tuple[str, Callable[[str, IO[bytes]], Found]]] = {
    ".xlsx": (worded("tables.note.whole_spreadsheet"), _spreadsheet),
    ".ods": (worded("tables.note.whole_spreadsheet"), _spreadsheet),
    ".jsonl": (worded("tables.note.text_json_object_line"), _json_lines),
    ".ndjson": (worded("tables.note.text_json_object_line"), _json_lines),
    ".arrow": (worded("tables.note.whole_arrow_file"), _arrow),
    ".feather": (worded("tables.note.whole_feather_file_version"), _arrow),
}
"""What each suffix stands for, and what reads it."""
