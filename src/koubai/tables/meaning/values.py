"""What cells mean: missing values, numbers, truth values, dates; each read the same when fitting and predicting.

All functions here take a polars Series and give one of the same length; missing cells are null throughout.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.tables.files.missing import emptied, without_zone
from koubai.tables.meaning.date_formats import DateFormat
from koubai.tables.meaning.number_formats import NumberFormat

if TYPE_CHECKING:
    import polars as pl

TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "t": 1.0, "f": 0.0, "y": 1.0, "n": 0.0, "1": 1.0, "0": 0.0}
"""What is read as a truth value, in any case of letters."""

TRUTH_PAIRS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})

WRITTEN_NUMBER = r"^([+-]?)[$€£¥¥]?\s?(\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)\s?[%%円]?$"
"""A number with thousands set off by commas, a sign of currency before it, or a percent sign behind it."""

LARGEST = 1e300
"""Larger numbers count as infinite: their differences may be."""


def numbers(column: "pl.Series", format: NumberFormat | None = None) -> "pl.Series":
    """Return the numbers that cells hold, as float64; null for anything else.

    Texts are read in the given format. Without one, as models of earlier versions did it: 1,234.5 and $1,234 and 12 %
    are 1234.5 and 1234 and 12.
    """
    import polars as pl

    if column.dtype.is_temporal() or column.dtype.is_nested() or column.dtype == pl.Binary:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)
    if format is not None and column.dtype == pl.String:
        return format.read(column)
    if column.dtype == pl.Float64:
        return column.fill_nan(None)
    found = column.cast(pl.Float64, strict=False).fill_nan(None)
    if column.dtype == pl.String and found.null_count() > column.null_count():
        plain = column.str.extract(WRITTEN_NUMBER, 1) + column.str.extract(WRITTEN_NUMBER, 2)
        found = found.zip_with(found.is_not_null(), plain.str.replace_all(",", "").cast(pl.Float64, strict=False))
    return found


def are_mixed_truths(different: Collection[str]) -> bool:
    """Tell whether texts in small letters are truth values in several ways to write them, both true and false ones."""
    several = len(set(different)) > 2 and set(different) <= TRUTH.keys()
    return several and len({TRUTH[text] for text in different}) == 2


def truths_in_words(present: "pl.Series") -> str:
    """Return a sentence on truth values that are written in several ways, or nothing."""
    import polars as pl

    if present.dtype != pl.String:
        return ""
    different = sorted(present.unique().to_list())
    if any({text.lower() for text in different} <= pair for pair in TRUTH_PAIRS):
        return ""
    said = [", ".join(text for text in different if TRUTH[text.lower()] == value) for value in (1.0, 0.0)]
    return worded("tables.note.column_count_true_false", name=repr(present.name), said=said[0], said_2=said[1])


def truths(column: "pl.Series") -> "pl.Series":
    """Return 1 for true, yes, t or y, 0 for false, no, f or n, as float64; null for anything else."""
    import polars as pl

    if column.dtype != pl.String:
        return numbers(column)
    return column.str.to_lowercase().replace_strict(TRUTH, default=None, return_dtype=pl.Float64)


def labels(column: "pl.Series", as_written: bool = False) -> "pl.Series":
    """Return cells as texts; a whole number has no decimal point, so that 3, 3.0, "3" and "3.0" are one category.

    Codes such as 03 stay as they are, and so do all texts if ``as_written``.
    """
    import polars as pl

    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        text = column.cast(pl.String)
        return text.zip_with((whole.cast(pl.Float64) != column).fill_null(True), whole.cast(pl.String))
    if column.dtype == pl.String and not as_written:
        if not column.str.contains(".", literal=True).any():
            return column
        return column.str.replace(r"^([+-]?(?:0|[1-9][0-9]*))\.0*$", "${1}")
    return column.cast(pl.String)


def dates(column: "pl.Series", format: DateFormat) -> "pl.Series":
    """Return the points in time that cells hold (Datetime), texts in a given format; null for anything else.

    Dates by type may lie in years that no calendar of Python's has, mostly seconds that were taken for something else:
    these are null too.
    """
    import polars as pl

    if column.dtype in (pl.Date, pl.Datetime):
        times = without_zone(column)
        return emptied(times, ~times.dt.year().is_between(1, 9999)).cast(pl.Datetime("us"))
    if column.dtype != pl.String:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Datetime("us"))
    return format.read(column)


class BadCells:
    """Cells that are not of their column's kind and are taken as missing, as a user may ask for when predicting."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, tuple[str, int]] = {}

    def add(self, name: str, cell: object, row: int, count: int) -> None:
        """Take in the cells of a column; the first of them is in a row counted from 1."""
        self._counts[name] = self._counts.get(name, 0) + count
        self._first.setdefault(name, (shortened(cell), row))

    @property
    def notes(self) -> list[str]:
        """What is to be said of them, one sentence for each column."""
        return [
            worded(
                "tables.note.bad_cell" if count == 1 else "tables.note.bad_cells",
                name=repr(name),
                count=f"{count:,}",
                first=self._first[name][0],
                row=f"{self._first[name][1]:,}",
            )
            for name, count in self._counts.items()
        ]


def require(
    column: "pl.Series",
    read: Callable[["pl.Series"], "pl.Series"],
    what: str,
    remedy: str,
    first_row: int = 0,
    bad: BadCells | None = None,
) -> npt.NDArray[np.float64]:
    """Return the numbers that ``read`` finds, NaN where a cell is missing, float64, (n_rows,).

    ``first_row`` says which row of the table, counted from 0, the column begins with. Cells that do not belong go to
    ``bad``, if it is given, and are missing.

    Raises
    ------
    DataError
        If a cell holds something else, or an infinity, naming the column, the row and the cell.
    """
    found = read(column)
    wrong = column.clear()
    if found.null_count() > column.null_count():
        wrong = (found.is_null() & column.is_not_null()).arg_true()
    if len(wrong) and bad is None:
        row = int(wrong[0])
        raise DataError(
            worded(
                "tables.error.column_hold_got_row",
                name=repr(column.name),
                what=what,
                shortened=shortened(column[row]),
                first_row=first_row + row + 1,
                remedy=remedy,
            )
        )
    if len(wrong) and bad is not None:
        bad.add(column.name, column[int(wrong[0])], first_row + int(wrong[0]) + 1, len(wrong))
    values = found.to_numpy().astype(np.float64)
    infinite = np.flatnonzero(np.abs(values) > LARGEST)
    if len(infinite) and bad is not None:
        bad.add(column.name, column[int(infinite[0])], first_row + int(infinite[0]) + 1, len(infinite))
        values[infinite] = np.nan
    elif len(infinite):
        raise DataError(
            worded(
                "tables.error.column_hold_finite_numbers_got",
                name=repr(column.name),
                shortened=shortened(column[int(infinite[0])]),
                first_row=first_row + infinite[0] + 1,
            )
        )
    return values


def shortened(value: object) -> str:
    """Return a cell as messages show it: in quotation marks if it is a text, shortened if it is long.

    Examples
    --------
    >>> shortened("a"), shortened("9" * 400)
    ("'a'", "'999999999999999999999999999999999999…'")
    """
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…" + text[-1]
