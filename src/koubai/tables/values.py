"""What cells mean: missing-value marks, numbers, truth values, dates; each read the same when fitting and predicting.

All functions here take a polars Series and give one of the same length; missing cells are null throughout.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.errors import DataError

if TYPE_CHECKING:
    import polars as pl

MISSING_MARKS = frozenset(
    {
        "",
        "NA",
        "N/A",
        "n/a",
        "na",
        "#N/A",
        "<NA>",
        "NaN",
        "nan",
        "NAN",
        "null",
        "NULL",
        "Null",
        "None",
        "none",
        "?",
        "-",
    }
)
"""Cells that stand for a missing value, blanks around them stripped."""

TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "t": 1.0, "f": 0.0, "y": 1.0, "n": 0.0}
"""What is read as a truth value, in any case of letters."""

TRUTH_PAIRS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})

WRITTEN_NUMBER = r"^([+-]?)[$€£¥¥]?\s?(\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)\s?[%%円]?$"
"""A number with thousands set off by commas, a sign of currency before it, or a percent sign behind it."""

LARGEST = 1e300
"""Larger numbers count as infinite: their differences may be."""

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d %b %Y",
    "%b %d, %Y",
    "%Y年%m月%d日",
)
"""Forms of dates that are recognised, the first that fits all cells being taken: month before day where both fit."""


def clean(frame: "pl.DataFrame", signed: Collection[str] | None = None) -> "pl.DataFrame":
    """Return the table with blanks around texts stripped and every missing-value mark and NaN null.

    In a column that also holds "+", a "-" is a value and no mark.

    Parameters
    ----------
    frame : polars.DataFrame
        The table.
    signed : collection of str, optional
        The columns that hold "+", where the frame is a part of a table; looked for in the frame, if not given.
    """
    import polars as pl

    def cleaned(column: "pl.Series") -> "pl.Series":
        if column.dtype in (pl.Categorical, pl.Enum):
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            column = column.str.strip_chars()
            is_signed = (column == "+").any() if signed is None else column.name in signed
            marks = MISSING_MARKS - {"-"} if is_signed else MISSING_MARKS
            return column.set(column.is_in(list(marks)), None)
        if column.dtype.is_float():
            return column.cast(pl.Float64).fill_nan(None)
        if column.dtype.is_decimal():
            return column.cast(pl.Float64)
        if column.dtype == pl.Duration:
            return column.dt.total_microseconds() / 1e6
        if column.dtype == pl.Time:
            return column.cast(pl.Int64) / 1e9
        return column

    return frame.select(cleaned(column).alias(column.name) for column in frame.iter_columns())


def numbers(column: "pl.Series") -> "pl.Series":
    """Return the numbers that cells hold, as float64; null for what is none.

    Texts may be written as spreadsheets write them: 1,234.5 and $1,234 and 12 % are 1234.5 and 1234 and 12.
    """
    import polars as pl

    if column.dtype.is_temporal() or column.dtype.is_nested() or column.dtype == pl.Binary:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)
    found = column.cast(pl.Float64, strict=False).fill_nan(None)
    if column.dtype == pl.String and found.null_count() > column.null_count():
        plain = column.str.extract(WRITTEN_NUMBER, 1) + column.str.extract(WRITTEN_NUMBER, 2)
        found = found.zip_with(found.is_not_null(), plain.str.replace_all(",", "").cast(pl.Float64, strict=False))
    return found


def truths(column: "pl.Series") -> "pl.Series":
    """Return 1 for true, yes, t or y, 0 for false, no, f or n, as float64; null for what is none of them."""
    import polars as pl

    if column.dtype != pl.String:
        return numbers(column)
    return column.str.to_lowercase().replace_strict(TRUTH, default=None, return_dtype=pl.Float64)


def labels(column: "pl.Series") -> "pl.Series":
    """Return cells as texts; a whole number has no decimal point, so that 3, 3.0 and "3" are one category."""
    import polars as pl

    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        text = column.cast(pl.String)
        return text.zip_with((whole.cast(pl.Float64) != column).fill_null(True), whole.cast(pl.String))
    return column.cast(pl.String)


def dates(column: "pl.Series", form: str) -> "pl.Series":
    """Return the points in time that cells hold in a given form (Datetime); null for what is none."""
    import polars as pl

    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("us"))
    if column.dtype == pl.Datetime:
        return column.dt.replace_time_zone(None).cast(pl.Datetime("us"))
    if column.dtype != pl.String:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Datetime("us"))
    return column.str.to_datetime(form or "%Y-%m-%d", strict=False, time_unit="us")


def date_form(column: "pl.Series") -> str | None:
    """Return the form in which all cells that are not missing are dates, or None."""
    present = column.drop_nulls()
    if not present.head(5).str.contains(r"\d{1,4}(-|/|\.|年| )").all():
        return None
    sample = present.head(20)
    for form in DATE_FORMATS:
        if not dates(sample, form).has_nulls() and not dates(present, form).has_nulls():
            return form
    return None


def require(
    column: "pl.Series", read: Callable[["pl.Series"], "pl.Series"], what: str, remedy: str, first_row: int = 0
) -> npt.NDArray[np.float64]:
    """Return the numbers that ``read`` finds, NaN where a cell is missing, float64, (n_rows,).

    ``first_row`` says which row of the table, counted from 0, the column begins with.

    Raises
    ------
    DataError
        If a cell holds something else, or an infinity, naming the column, the row and the cell.
    """
    found = read(column)
    wrong = (found.is_null() & column.is_not_null()).arg_true()
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"Column {column.name!r} must hold {what}; got {shortened(column[row])} in row {first_row + row + 1}. "
            f"{remedy}"
        )
    values = found.to_numpy().astype(np.float64)
    infinite = np.flatnonzero(np.abs(values) > LARGEST)
    if len(infinite):
        raise DataError(
            f"Column {column.name!r} must hold finite numbers; got {shortened(column[int(infinite[0])])} "
            f"in row {first_row + infinite[0] + 1}. Correct the cell, or leave it empty if the value is missing."
        )
    return values


def shortened(value: object) -> str:
    """Return a cell as it stands in a message: in quotation marks if it is a text, cut off if it is long.

    Examples
    --------
    >>> shortened("a"), shortened("9" * 400)
    ("'a'", "'999999999999999999999999999999999999…'")
    """
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…" + text[-1]
