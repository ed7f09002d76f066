"""Tables in files that know the types of their cells: spreadsheets, JSON lines, Arrow and Feather."""

from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING

from koubai.core.errors import DataError, FileError
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
            raise DataError(f"The table '{source}' must be {what}; it is damaged or none. Get it anew.") from error


def _spreadsheet(source: str, file: IO[bytes]) -> Found:
    import polars as pl

    try:
        import fastexcel
    except ImportError:
        raise FileError(
            f"The table '{source}' needs fastexcel to be read, which is missing. Install it with pip install "
            f"'koubai[excel]', or save the sheet as CSV."
        ) from None
    content = file.read()
    try:
        names = fastexcel.read_excel(content).sheet_names
        frame = pl.read_excel(content, sheet_id=1, engine="calamine", infer_schema_length=None)
    except fastexcel.FastExcelError as error:
        raise ValueError(str(error)) from error
    said = f"The file has {len(names)} sheets; the first, {names[0]!r}, is read." if len(names) > 1 else ""
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
    ".xlsx": ("a whole spreadsheet", _spreadsheet),
    ".ods": ("a whole spreadsheet", _spreadsheet),
    ".jsonl": ("text with one JSON object a line", _json_lines),
    ".ndjson": ("text with one JSON object a line", _json_lines),
    ".arrow": ("a whole Arrow file", _arrow),
    ".feather": ("a whole Feather file, of version 2", _arrow),
}
"""What each suffix stands for, and what reads it."""
