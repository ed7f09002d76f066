"""Detection of columns that merely identify rows, from both their cells and their names, never from one alone."""

import re
from typing import TYPE_CHECKING

from koubai.core.language import term, worded

if TYPE_CHECKING:
    import polars as pl

MOSTLY_UNIQUE = 0.5
"""A text column with more than this share of distinct values identifies the rows."""

NEARLY_UNIQUE = 0.9
"""So does an integer column with more than this share of distinct values and an identifier's name."""

_ID = re.compile(
    r"(^|[_\s.-])(id|ids|uid|uuid|guid|rownames?|(row|record|line|entry)[_\s.-]?(id|no|nr|number|index|idx|name)?)$",
    re.I,
)
_CAMEL_ID = re.compile(r"[a-z](Id|ID)$")
_OF_ROWS = re.compile(
    r"(^|[_\s.-])(index|idx|key|nr|no|num|number|obs|observation|case|sample|subject|participant|item|serial|seq)$"
    r"|^(unnamed: ?\d+|column_\d+|(?-i:X)|)$|番号|連番|通番",
    re.I,
)
"""Names used for row counters, but also for other columns: price index, house number."""

_OF_TIME = re.compile(r"year|month|week|day|date|time|hour|quarter|period|season|epoch|年|月|日|時|^t$", re.I)


def why_texts_name_rows(n: int, n_different: int, cells: str = "cells") -> str:
    """Return why texts only name the rows, or nothing."""
    if n_different > MOSTLY_UNIQUE * n and n_different > 2:
        return worded("tables.note.different_texts_name_rows", n_different=n_different, n=n, cells=cells)
    return ""


def why_numbers_name_rows(values: "pl.Series", n_missing: int, of_rows: int) -> str:
    """Return why a column of non-missing numbers merely identifies the rows, or an empty string.

    Whole numbers do if nearly all are different and the column is called an identifier; or if they count the rows,
    and the column is called what such columns are called. Under other names, what counts up may be a
    year or a day.

    Parameters
    ----------
    values : Series
        The numbers that are there, in the order of the rows.
    n_missing : int
        How many are not.
    of_rows : int
        Rows of the table, of which there may be only a sample.
    """
    n = len(values)
    is_id = bool(_ID.search(values.name) or _CAMEL_ID.search(values.name))
    if not is_id and not _OF_ROWS.search(values.name):
        return ""
    if n < 10 or (values != values.round()).any():
        return ""
    if counts_rows(values, n_missing, of_rows):
        return worded("tables.note.whole_numbers_count_rows")
    n_different = values.n_unique()
    if n_different > NEARLY_UNIQUE * n and is_id:
        cells = term("sampled cells" if n + n_missing < of_rows else "cells")
        return worded("tables.note.different_whole_numbers_name_rows", n_different=n_different, n=n, cells=cells)
    return ""


def counts_rows(values: "pl.Series", n_missing: int, of_rows: int) -> bool:
    """Return whether integers are all distinct and fill their range, as row numbers do."""
    n = len(values)
    span = float(values.max()) - float(values.min())  # type: ignore[arg-type]  # numbers
    return n >= 10 and not n_missing and values.n_unique() == n and span < 1.5 * of_rows


def may_count_rows(values: "pl.Series", of_rows: int) -> bool:
    """Tell whether numbers that are used go up from row to row from 0 or 1, under no name of a time."""
    if values[0] not in (0, 1) or _OF_TIME.search(values.name) or (values != values.round()).any():
        return False
    return counts_rows(values, 0, of_rows) and bool((values.diff().drop_nulls() > 0).all())
