"""Formats of tables, told by a name's suffix or by the first bytes."""

import re

from koubai.core.errors import DataError
from koubai.core.language import worded

KINDS = (".csv", ".tsv", ".parquet", ".xlsx", ".ods", ".jsonl", ".ndjson", ".arrow", ".feather")
"""Suffixes of tables."""
NAMES = {
    ".csv": worded("tables.note.text_csv"),
    ".parquet": "Parquet",
    ".xlsx": worded("tables.note.spreadsheet_xlsx"),
    ".ods": worded("tables.note.spreadsheet_ods"),
    ".jsonl": worded("tables.note.json_lines"),
    ".arrow": "Arrow",
    ".feather": "Feather",
}
"""What a format that was found is called."""

_BEGINNINGS = ((b"PAR1", ".parquet"), (b"ARROW1", ".arrow"), (b"\xff\xff\xff\xff", ".arrow"), (b"FEA1", ".feather"))
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEAD = 2**12
"""Number of first bytes that show a format."""


def kind_of_name(name: str) -> str:
    """Return which of `KINDS` a name ends in, or ""."""
    return next((kind for kind in KINDS if name.lower().endswith(kind)), "")


AS_WITH = worded("tables.note.jq_c")
"""How a JSON list is converted."""


def remedy_for(name: str) -> str:
    """Return what to do with a file, packed or not, whose name is not that of a table."""
    if re.search(r"\.json(\.[a-z]+)?$", name.lower()):
        return worded("core.remedy.convert_json_lines", as_with=AS_WITH)
    return worded("core.remedy.rename_convert")


def refuse_list(source: str, head: bytes) -> None:
    """Raise DataError if a text begins as one JSON list does."""
    if re.match(rb"\[\s*[\[{]", head.removeprefix(b"\xef\xbb\xbf").lstrip()):
        raise DataError(worded("tables.error.table_hold_json_object_line", source=source, as_with=AS_WITH))


def kind_of_bytes(source: str, head: bytes) -> str:
    """Return the format that the first bytes of a table show; text unless they show another one.

    Parameters
    ----------
    source : str
        Where they come from, for messages.
    head : bytes
        The first `HEAD` bytes.

    Raises
    ------
    DataError
        If they show a format that is not read.
    """
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(_OLD_EXCEL):
        raise DataError(worded("tables.error.table_none_excel_old_files", source=source))
    refuse_list(source, head)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return ".jsonl" if re.match(rb'\{\s*"', text) else ".csv"
