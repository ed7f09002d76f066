"""Tables in files that know the types of their cells: spreadsheets, JSON lines, Arrow and Feather."""

from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING

from koubai.core.errors import DataError, FileError
from koubai.core.language import worded
from koubai.tables.files.containers.kinds import HEAD, refuse_list
from koubai.tables.files.containers.packing import unpacked

if TYPE_CHECKING:
    import polars as pl

Found = tuple["pl.DataFrame", tuple[str, ...]]


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
    import polars as pl

    what, read = TYPED[suffix]
    with unpacked(source, limit) as file:
        try:
            return read(source, file)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
            if isinstance(error, FileError | DataError):
                raise
            raise DataError(worded("tables.error.table_damaged_none_get_anew", source=source, what=what)) from error


def _spreadsheet(source: str, file: IO[bytes]) -> Found:
    import polars as pl

    try:
        import fastexcel
    except ImportError:
        raise FileError(worded("tables.error.table_needs_fastexcel_read_missing", source=source)) from None
    content = file.read()
    try:
        names = fastexcel.read_excel(content).sheet_names
        frame = pl.read_excel(content, sheet_id=1, engine="calamine", infer_schema_length=None)
    except fastexcel.FastExcelError as error:
        raise ValueError(str(error)) from error
    said = (
        worded("tables.note.file_has_sheets_first_read", n_names=len(names), names=repr(names[0]))
        if len(names) > 1
        else ""
    )
    return frame, (said,) if said else ()


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
