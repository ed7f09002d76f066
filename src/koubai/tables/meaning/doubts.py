"""Notes on texts that look like dates or numbers but are read as neither, and on rows that are not data."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from koubai.core.language import worded
from koubai.tables.meaning.values import shortened

if TYPE_CHECKING:
    import polars as pl

MOSTLY = 0.9
"""So many of a column's cells must look like dates or numbers."""
FEW = 20
"""Texts of digits are no surprise as categories, if there are no more different ones than this."""

_DATE_LIKE = (
    r"^[^0-9]{0,5}(?:[0-9]{4} ?[-/.年] ?[0-9]{1,2} ?[-/.月] ?[0-9]{1,2}"
    r"|[0-9]{1,2} ?[-/.年] ?[0-9]{1,2} ?[-/.月] ?(?:[0-9]{4}|[0-9]{2}))(?:$|[ T日(,])"
)
_NUMBER_LIKE = r"^[^0-9A-Za-z]*(?:[1-9]|0[.,][0-9])[0-9.,\u2019\u00a0' ]*(?:[千万億兆][0-9.,]*)*[^0-9A-Za-z]*$"

_NAMED_DATE_LIKE = (
    r"^[^0-9]{0,12}[0-9]{1,2}[. /-]{1,2}\p{L}{3,10}\.?,?[ /-]*(?:[0-9]{4}|[0-9]{2})(?:$|[ T,])"
    r"|^\p{L}{3,10}\.?[ /-][0-9]{1,2},?[ /-][0-9]{4}(?:$|[ T,])"
)
_TIME_LIKE = (
    r"^-?[0-9]{1,4}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?(?: ?[AaPp]\.?[Mm]\.?)?$"
    r"|^(?:[0-9]+ ?(?:d|h|m|s|days?|hours?|hrs?|mins?|secs?|時間?|分|秒)\.?[ ,]*){2,}$"
)
_RANGE = "^[0-9]{1,3} ?- ?[0-9]{1,3}$"
_RANGE_AS_DATE = (
    "(?i)^(?:[0-9]{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    "|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-[0-9]{1,2})$"
)

_TOTAL = re.compile(
    r"(grand |sub)?totals?( general)?|sums?|sum total|(gesamt|end)?summe|gesamt|insgesamt|total général|somme|suma"
    r"|totale|totaal|合計|総計|小計|計|総合計|总计|합계",
    re.I,
)


def why_doubtful(present: "pl.Series") -> str:
    """Return what texts without missing ones seem to be that are read as neither dates nor numbers, or nothing.

    Examples
    --------
    >>> import polars as pl
    >>> print(why_doubtful(pl.Series(["31/12/2024", "12/31/2024"] * 20)))
    its cells look like dates, such as '31/12/2024' and '12/31/2024', but no one form fits all of them
    """
    sample = present.gather_every(max(1, len(present) // 200))
    if sample.str.contains("[0-9]").sum() < MOSTLY * len(sample):
        return ""
    looks = sample.str.contains(_DATE_LIKE) | sample.str.contains(_NAMED_DATE_LIKE)
    if looks.sum() >= MOSTLY * len(sample):
        first = sample.filter(looks)[0]
        others = sample.filter(looks & (sample.str.replace_all("[0-9]", "0") != re.sub("[0-9]", "0", first)))
        also = others[0] if len(others) else sample.filter(looks)[-1]
        which: str = worded("tables.note.and", shortened=shortened(first), shortened_2=shortened(also))
        return worded("tables.note.cells_look_like_dates_such", which=which)
    if sample.str.contains(_NUMBER_LIKE).sum() >= MOSTLY * len(sample) and present.n_unique() > FEW:
        which = shortened(sample[0])
        return worded("tables.note.cells_look_like_numbers_such", which=which)
    if sample.str.contains(_TIME_LIKE).sum() >= MOSTLY * len(sample):
        return worded("tables.note.cells_look_like_times_such", shortened=shortened(sample[0]))
    changed = sample.filter(sample.str.contains(_RANGE_AS_DATE))
    if 0 < len(changed) < len(sample) and sample.str.contains(_RANGE).any():
        return worded("tables.note.among_ranges_may_spreadsheet_took", shortened=shortened(changed[0]))
    return ""


MERGED = worded("tables.note.each_text_stands_once_before")
REMEDY = worded("tables.note.write_them_way_such_hours")


def total_row(last: "pl.DataFrame", n_rows: int) -> list[str]:
    """Return a sentence if one of a table's last rows is called a total.

    Parameters
    ----------
    last : polars.DataFrame
        The last rows.
    n_rows : int
        Rows of the table.

    Examples
    --------
    >>> import polars as pl
    >>> total_row(pl.DataFrame({"item": ["b", "Total"], "price": [2, 3]}), 12)[0]
    "Row 12 seems to be a total, as it holds 'Total'. Take it out of the table if it is no row like the others."
    """
    import polars as pl

    texts = [column for column in last.iter_columns() if column.dtype == pl.String]
    for place in range(last.height):
        for column in texts:
            cell = column[place]
            if cell is not None and _TOTAL.fullmatch(cell.strip().rstrip(":：")):
                return [
                    _of_total(n_rows - last.height + place + 1, worded("tables.note.holds", shortened=shortened(cell)))
                ]
    return []


def repeated_names(frame: "pl.DataFrame") -> list[str]:
    """Return a sentence if a row of a table of texts repeats its line of names, as in files that were put together.

    Examples
    --------
    >>> import polars as pl
    >>> repeated_names(pl.DataFrame({"a": ["x", "a"], "b": ["y", "b"]}))[0]
    'Row 2 repeats the names of the columns. Take such rows out of the table.'
    """
    import polars as pl

    if any(dtype != pl.String for dtype in frame.dtypes):
        return []
    rows = frame.with_row_index("\0row").filter(pl.nth(1) == frame.columns[0])
    for row in rows.iter_rows():
        if list(row[1:]) == frame.columns:
            return [worded("tables.note.row_repeats_names_columns_take", row=f"{row[0] + 1:,}")]
    return []


def sums_below(values: "Mapping[str, pl.Series]", n_rows: int) -> list[str]:
    """Return a sentence if a table's last row holds the sums of all rows above it.

    Parameters
    ----------
    values : mapping of str to Series
        The numbers of its columns of numbers.
    n_rows : int
        Rows of the table, for the message.
    """
    summed = [name for name, column in values.items() if _is_sum(column)]
    return [_of_total(n_rows, worded("tables.note.holds_sums", summed=", ".join(summed[:5])))] if summed else []


def _is_sum(column: "pl.Series") -> bool:
    above, last = column[:-1].drop_nulls(), column[-1]
    if last is None or len(above) < 5 or above.n_unique() < 3:
        return False
    size = float(above.abs().sum())
    return abs(float(above.sum()) - last) <= 1e-9 * size and abs(last) > float(above.abs().max())  # type: ignore[arg-type]


def _of_total(row: int, why: str) -> str:
    return worded("tables.note.row_seems_total_take_out", row=f"{row:,}", why=why)


def is_merged(column: "pl.Series") -> bool:
    """Tell whether each text of a column stands once, before empty cells, as a spreadsheet's merged cells are saved.

    Examples
    --------
    >>> import polars as pl
    >>> is_merged(pl.Series(["north", None, None, "south", None]))
    True
    """
    present = column.drop_nulls()
    few = 2 <= len(present) <= len(column) / 2
    return few and column[0] is not None and present.n_unique() == len(present)
