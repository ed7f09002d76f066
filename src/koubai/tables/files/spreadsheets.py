"""Cells that a spreadsheet would evaluate: guarded when a table is written, and restored when it is read.

A spreadsheet treats a text that begins with certain characters as a formula, and a formula can send away a file or
start a program. A leading apostrophe makes it plain text. See OWASP, "CSV injection".
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

BEGINNINGS = "=+-@\t\r\n＝＋－＠"  # spreadsheets take the wide ones too
"""Characters that begin a formula."""

_FORMULA = rf"^'*[{BEGINNINGS.replace('-', '')}-]"
"""A text that would be run, or that a reader would take for a guarded one."""
_NUMBER = r"^[+-]?(\d[\d,.\s']*)?(\.\d+)?([eE][+-]?\d+)?\s*%?$"
"""Numbers as people write them, and a lone sign: nothing runs."""
_GUARDS = tuple(f"'{character}".encode() for character in BEGINNINGS)


def guarded(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return a table whose texts, names of columns among them, no spreadsheet runs.

    Examples
    --------
    >>> import polars as pl
    >>> guarded(pl.DataFrame({"@a": ["=1+1", "-1.5", "b"]})).to_dict(as_series=False)
    {"'@a": ["'=1+1", '-1.5', 'b']}
    """
    import polars as pl

    columns = [_guarded(column).alias(f"{place}") for place, column in enumerate(frame.iter_columns())]
    names = pl.Series(frame.columns, dtype=pl.String)
    guarded_frame = pl.DataFrame(columns)
    guarded_frame.columns = _guarded(names).to_list()
    return guarded_frame


def _guarded(column: "pl.Series") -> "pl.Series":
    import polars as pl

    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column
    runs = column.str.contains(_FORMULA) & ~column.str.contains(_NUMBER)
    if not runs.any():
        return column
    return column.to_frame("cell").select(pl.when(runs).then("'" + pl.col("cell")).otherwise("cell")).to_series()


def has_guards(text: bytes) -> bool:
    """Tell whether a text, in UTF-8, might hold guarded cells."""
    return b"'" in text and any(guard in text for guard in _GUARDS)


def without_guards() -> "pl.Expr":
    """Return all cells of a table of texts as they were before they were guarded."""
    import polars as pl

    return pl.all().str.replace(f"^'({_FORMULA[1:]})", "${1}")


def name_without_guard(name: str) -> str:
    """Return a name of a column as it was before it was guarded."""
    return name[1:] if name.startswith("'") and name.lstrip("'")[:1] in tuple(BEGINNINGS) else name
