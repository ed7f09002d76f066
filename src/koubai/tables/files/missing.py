"""Marks of missing values: blanks, the usual marks, and the user's own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.tables.files.names import as_option

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
"""Cells that mark a missing value, stripped of surrounding spaces."""

WORDS = MISSING_MARKS - {"", "?", "-"}
"""Marks that could also be meaningful words, such as the name of a class."""

MANY = 0.05
"""If such a word occurs in more than this share of a target's rows, the user must decide."""


@dataclass(frozen=True)
class Marks:
    """The user's marks of missing values.

    Parameters
    ----------
    missing : tuple of str
        Further cells that are missing; numbers among them in any spelling and type, -999 also as -999.0, and dates
        such as 9999-12-31 also in columns of dates by type.
    present : tuple of str
        Usual marks that are values here, such as None where it is a class.
    """

    missing: tuple[str, ...] = ()
    present: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ParameterError if one is in both."""
        both = sorted(set(self.missing) & set(self.present))
        if both:
            raise ParameterError(
                who="TableModel",
                parameter="missing",
                required=worded("core.must.name_other_marks_than_not"),
                got=worded("core.got.both", both=repr(both[0])),
                remedy=worded("core.remedy.leave_one_out"),
            )

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """The marks that are numbers."""
        found = []
        for mark in self.missing:
            try:
                found.append(float(mark))
            except ValueError:
                continue
        return tuple(found)

    @cached_property
    def times(self) -> "tuple[datetime, ...]":
        """The marks that are dates or points in time, such as 9999-12-31."""
        found = []
        for mark in self.missing:
            try:
                found.append(datetime.fromisoformat(mark.strip()).replace(tzinfo=None))
            except ValueError:
                continue
        return tuple(found)

    def words(self, signed: bool = False) -> list[str]:
        """Return the texts that are missing in a column; in one that is ``signed``, holding "+", "-" is a value."""
        usual = MISSING_MARKS - {"-"} if signed else MISSING_MARKS
        return sorted((usual - set(self.present)) | {mark.strip() for mark in self.missing})


NO_MARKS = Marks()
"""The default: no marks from the user."""


def without(column: "pl.Series", marks: Marks) -> "pl.Series":
    """Return a column of numbers or texts, those cells null that are numbers which mark missing ones."""
    import polars as pl

    if not marks.numbers:
        return column
    values = column.cast(pl.Float64, strict=False)
    return column.set(values.is_in(list(marks.numbers)).fill_null(False), None)


def emptied(column: "pl.Series", cells: "pl.Series") -> "pl.Series":
    """Return a column of any type, some of its cells null; `polars.Series.set` of earlier versions takes no dates.

    Examples
    --------
    >>> import polars as pl
    >>> emptied(pl.Series([3, 4, None]), pl.Series([True, False, False])).to_list()
    [None, 4, None]
    """
    import polars as pl

    return column.to_frame().select(pl.when(~cells).then(pl.first())).to_series()


def without_zone(column: "pl.Series") -> "pl.Series":
    """Return dates, or points in time as a clock there shows them."""
    import polars as pl

    return column if column.dtype == pl.Date else column.dt.replace_time_zone(None)


def clean(frame: "pl.DataFrame", signed: Collection[str] | None = None, marks: Marks = NO_MARKS) -> "pl.DataFrame":
    """Return the table with blanks around texts stripped and every missing-value mark and NaN null.

    In a column that also holds "+", a "-" is a value and no mark.

    Parameters
    ----------
    frame : polars.DataFrame
        The table.
    signed : collection of str, optional
        The columns that hold "+", where the frame is a part of a table; looked for in the frame, if not given.
    marks : Marks, optional
        What the user says of missing values.
    """
    import polars as pl

    def cleaned(column: "pl.Series") -> "pl.Series":
        if column.dtype in (pl.Categorical, pl.Enum):
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            column = column.str.strip_chars()
            is_signed = (column == "+").any() if signed is None else column.name in signed
            return without(column.set(column.is_in(marks.words(is_signed)), None), marks)
        if column.dtype.is_float() or column.dtype.is_decimal():
            return without(column.cast(pl.Float64).fill_nan(None), marks)
        if column.dtype.is_integer():
            return without(column, marks)
        if column.dtype in (pl.Date, pl.Datetime) and marks.times:
            times = without_zone(column).cast(pl.Datetime("us"))
            return emptied(column, times.is_in(list(marks.times)).fill_null(False))
        if column.dtype == pl.Duration:
            return column.dt.total_microseconds() / 1e6
        if column.dtype == pl.Time:
            return column.cast(pl.Int64) / 1e9
        return column

    return frame.select(cleaned(column).alias(column.name) for column in frame.iter_columns())


def texts_of(given: "Collection[object]") -> tuple[str, ...]:
    """Return marks as texts; a text alone is one mark."""
    return (given,) if isinstance(given, str) else tuple(str(mark) for mark in given)


def words_in(column: "pl.Series") -> tuple[dict[str, int], int]:
    """Return how many cells of an uncleaned column hold each word for missing values, and how many are not blank."""
    import polars as pl

    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return {}, 0
    cells = column.cast(pl.String).drop_nulls().str.strip_chars()
    cells = cells.filter(cells != "")
    found = cells.filter(cells.is_in(sorted(WORDS))).alias("word").value_counts().sort("word")
    return dict(zip(found["word"].to_list(), found["count"].to_list(), strict=True)), len(cells)


def words_among_classes(name: str, counts: Mapping[str, int], n_rows: int, marks: Marks) -> str:
    """Return a sentence on the words in a target of texts that are taken as missing, or nothing.

    Parameters
    ----------
    name : str
        The target.
    counts : mapping of str to int
        Rows of each of `WORDS` in it, blanks around them stripped.
    n_rows : int
        Rows whose target is not blank.
    marks : Marks
        What the user says.

    Raises
    ------
    DataError
        If there are many rows of one, of which the user has not said whether it is a class.
    """
    open_words = {word: n for word, n in counts.items() if word not in (*marks.missing, *marks.present)}
    if not open_words:
        return ""
    word = max(open_words, key=lambda each: open_words[each])
    n = open_words[word]
    if n > MANY * n_rows:
        raise DataError(
            worded(
                "tables.error.target_show_what_means_rows",
                name=repr(name),
                word=repr(word),
                n=f"{n:,}",
                n_rows=f"{n_rows:,}",
                as_option=as_option(word),
            )
        )
    listed = ", ".join(f"{mark} ({count:,})" for mark, count in open_words.items())
    return worded("tables.note.target_counts_missing_not_missing", name=name, listed=listed, as_option=as_option(word))
