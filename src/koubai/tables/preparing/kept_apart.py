"""The columns by which rows are kept apart: groups that stay together, and times before and after."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.tables.meaning.columns import require_column
from koubai.tables.meaning.values import dates, numbers
from koubai.tables.meaning.written import Written

if TYPE_CHECKING:
    import polars as pl


def groups_of(frame: "pl.DataFrame", name: str, rows: npt.NDArray[np.int64]) -> Array:
    """Return the group of each of some rows as a number.

    Raises
    ------
    DataError
        If there is no such column, a row has no group, or all rows have the same.
    """
    require_column(frame, name)
    column = frame[name][rows]
    _refuse_missing(column, "group", rows)
    groups = np.unique(np.array([str(cell) for cell in column.to_list()]), return_inverse=True)[1]
    if groups.max() == 0:
        raise DataError(worded("tables.error.groups_column_two_more_got", name=repr(name)))
    return groups


def times_of(frame: "pl.DataFrame", name: str, rows: npt.NDArray[np.int64], how: Written) -> Array:
    """Return the time of each of some rows as a number that rises with it.

    Raises
    ------
    DataError
        If there is no such column, it holds neither dates nor numbers, a row has none, or all are the same.
    """
    import polars as pl

    require_column(frame, name)
    column = frame[name][rows]
    _refuse_missing(column, "time", rows)
    form = how.date(name) if column.dtype == pl.String else None
    if form is not None or column.dtype.is_temporal():
        read = dates(column, form) if form is not None else column
        found = read.cast(pl.Datetime).dt.timestamp("us").cast(pl.Float64)
    elif column.dtype == pl.String and how.number(name) is None:
        raise _no_time(column, "")
    else:
        found = numbers(column, how.number(name) or how.default)
    if found.null_count():
        place = int(found.is_null().arg_true()[0])
        raise _no_time(column[place:], worded("tables.note.row_2", rows=rows[place] + 1, space=" "))
    times: Array = found.to_numpy().astype(np.float64)
    if times.min() == times.max():
        raise DataError(worded("tables.error.times_column_differ_all_name", name=repr(name), column=repr(column[0])))
    return times


def _refuse_missing(column: "pl.Series", what: str, rows: npt.NDArray[np.int64]) -> None:
    if column.null_count():
        row = int(rows[int(column.is_null().arg_true()[0])]) + 1
        raise DataError(worded("tables.error.each_row_have_column_row", what=what, name=repr(column.name), row=row))


def _no_time(column: "pl.Series", where: str) -> DataError:
    return DataError(
        worded(
            "tables.error.times_column_dates_numbers_got", name=repr(column.name), column=repr(column[0]), where=where
        )
    )
