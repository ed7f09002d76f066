"""Formats of tables, told by a name's suffix or by the first bytes."""

import re

from koubai.core.errors import DataError

KINDS = (".csv", ".tsv", ".parquet", ".xlsx", ".ods", ".jsonl", ".ndjson", ".arrow", ".feather")
"""Suffixes of tables."""
NAMES = {
    ".csv": "text (CSV)",
    ".parquet": "Parquet",
    ".xlsx": "a spreadsheet (xlsx)",
    ".ods": "a spreadsheet (ods)",
    ".jsonl": "JSON lines",
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


AS_WITH = "as with jq -c '.[]'"
"""How a JSON list is converted."""


def remedy_for(name: str) -> str:
    """Return what to do with a file, packed or not, whose name is none of a table's."""
    if re.search(r"\.json(\.[a-z]+)?$", name.lower()):
        return f"Convert it to one JSON object a line, in a file that ends in .jsonl, {AS_WITH}."
    return "Rename or convert it."


def refuse_list(source: str, head: bytes) -> None:
    """Raise DataError if a text begins as one JSON list does."""
    if re.match(rb"\[\s*[\[{]", head.removeprefix(b"\xef\xbb\xbf").lstrip()):
        raise DataError(
            f"The table '{source}' must hold one JSON object a line; it is one JSON list. Convert it, {AS_WITH}."
        )


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
        raise DataError(f"The table '{source}' must be none of Excel's old files (xls); it is one. Save it as .xlsx.")
    refuse_list(source, head)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return ".jsonl" if re.match(rb'\{\s*"', text) else ".csv"
