"""The target column: its task, and its values in the form that estimators take."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import term, worded
from koubai.core.schema import Record
from koubai.tables.meaning.columns import require_column
from koubai.tables.meaning.number_formats import Asked, NumberFormat
from koubai.tables.meaning.values import BadCells, labels, numbers, require, shortened
from koubai.tables.meaning.written import Written, written
from koubai.tables.preparing.refusals import (
    CLASSIFICATION,
    REGRESSION,
    check_task,
    check_type,
    refuse_dates,
    refuse_odd_words,
)

if TYPE_CHECKING:
    import polars as pl

MAX_WHOLE_CLASSES = 20
"""A target of whole numbers is read as classes only if it has at most this many different ones …"""
ROWS_PER_WHOLE_CLASS = 10
"""… and this many rows for each of them on average (or exactly two different ones)."""

LEAST_BLURRED = 2.0**53
"""Whole numbers from here on are not told apart as float64: as classes they are texts."""

AS_ASKED = worded("tables.note.asked")
"""Why a target sets its task if the task was given."""


@dataclass(frozen=True, slots=True)
class Target:
    """The column to predict.

    Parameters
    ----------
    name : str
        Its name.
    task : str
        ``classification`` or ``regression``.
    why : str
        Why it is that task, for display.
    whole : bool
        Whether classes are whole numbers below 2⁵³; otherwise they are texts, or truth values if ``truth``.
    truth : bool
        Whether classes are the truth values of a column of that type.
    format : NumberFormat or None
        How numbers in texts are written; None for a model that was saved before there were formats.
    """

    name: str
    task: str
    why: str
    whole: bool = False
    truth: bool = False
    format: NumberFormat | None = None

    @property
    def is_classification(self) -> bool:
        """Whether a class is predicted, not a number."""
        return self.task == CLASSIFICATION

    def values(
        self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None
    ) -> tuple[Array, npt.NDArray[np.int64]]:
        """Return the targets of the rows that have one, and which rows these are, (n_present,) each.

        Numbers are float64, classes int64, bool or texts. ``first_row`` says which row of the table, counted from
        0, the column begins with.

        Raises
        ------
        DataError
            If a cell holds text or an infinity where the target is a number. With ``bad``, such cells go there, and
            their rows have no target.
        """
        rows = np.flatnonzero(column.is_not_null().to_numpy())
        if self.is_classification and not self.whole:
            present = column.drop_nulls()
            classes = present.to_numpy().astype(bool) if self.truth else _texts(present).to_numpy().astype(np.str_)
            return classes, rows
        numeric = term("numbers") if self.format is None else self.format.words
        read, what = (whole_numbers, worded("tables.note.whole", numeric=numeric)) if self.whole else (numbers, numeric)
        remedy = worded("core.remedy.correct_or_empty_2")
        said = worded("tables.note.being_target", what=what)
        found = require(column, partial(read, format=self.format), said, remedy, first_row, bad)
        if bad is not None:
            rows = rows[~np.isnan(found[rows])]
        found = found[rows]
        return (found.astype(np.int64) if self.whole else found), rows

    def rewritten(self, asked: Asked) -> "Target":
        """Return the same target for a table whose numbers are written with other marks."""
        return self if self.format is None else replace(self, format=self.format.rewritten(asked))

    def record(self) -> Record:
        """Return it as plain data for a model file."""
        return {
            "name": self.name,
            "task": self.task,
            "why": self.why,
            "whole": self.whole,
            "truth": self.truth,
            "format": None if self.format is None else self.format.record(),
        }

    @classmethod
    def from_record(cls, record: Record) -> "Target":
        """Return the target described by `record`."""
        format = NumberFormat.from_record(record.get("format"))
        whole, truth = bool(record["whole"]), bool(record["truth"])
        return cls(str(record["name"]), str(record["task"]), str(record["why"]), whole, truth, format)


def find_target(frame: "pl.DataFrame", name: str, task: str | None = None, how: Written | None = None) -> Target:
    """Determine the task of a target column.

    Texts, truth values and codes such as 007 are classes. Whole numbers are classes if there are exactly two
    different ones, or at most 20 with 10 rows each on average. All other numbers are a regression.

    Parameters
    ----------
    frame : polars.DataFrame
        The cleaned table.
    name : str
        The target column.
    task : str, optional
        ``classification`` or ``regression``, where the rule shall not decide.
    how : Written, optional
        How the table's numbers are written; found from the target alone, if not given.

    Raises
    ------
    DataError
        If there is no such column, all its cells are missing, it holds one value only, or classes cannot be learned
        because nearly every row has its own.
    ParameterError
        If the task is none, or does not suit the column.
    """
    import polars as pl

    check_task(task)
    require_column(frame, name)
    column = frame[name]
    present = column.drop_nulls()
    how = written(column.to_frame()) if how is None else how
    format = how.number(name)
    if task != CLASSIFICATION:
        refuse_dates(name, how)
    different, n_different, read = present, None, None
    if present.dtype == pl.String:  # only texts can be odd words
        different, counts = _counted(present)
        n_different = len(different)
        read = numbers(different, format or NumberFormat())
        if task != CLASSIFICATION:
            n_wrong = int(counts[read.is_null().to_numpy()].sum())
            refuse_odd_words(
                name, different, read, len(present), n_wrong, task, lambda cell: int((column == cell).arg_true()[0])
            )
    return target_of(name, different, len(present), n_different or present.n_unique(), task, format, read)


def _counted(present: "pl.Series") -> tuple["pl.Series", npt.NDArray[np.int64]]:
    """Return the different values of a column in the order in which they come, and the rows of each."""
    found = present.alias("value").to_frame().group_by("value", maintain_order=True).len("count")
    return found["value"], found["count"].to_numpy().astype(np.int64)


def target_of(
    name: str,
    present: "pl.Series",
    n_rows: int,
    n_different: int,
    task: str | None = None,
    format: NumberFormat | None = None,
    read: "pl.Series | None" = None,
) -> Target:
    """Determine the task of a target from its values.

    Parameters
    ----------
    name : str
        The target column.
    present : polars.Series
        Its values without missing ones, or each different one once: all of them, or enough to see their kind.
    n_rows, n_different : int
        How many rows have a value, and how many different ones there are.
    task
        As `find_target`.
    format : NumberFormat, optional
        How its numbers are written, if it holds texts that are numbers.
    read : Series, optional
        The numbers that ``present`` are, if they were read.

    Raises
    ------
    DataError, ParameterError
        As `find_target`.
    """
    if not n_rows:
        raise DataError(worded("tables.error.target_have_values_all_cells", name=repr(name)))
    check_type(name, present.dtype)
    if read is None:
        read = numbers(present, format or NumberFormat())
    n_different -= _written_twice(present, read)
    if n_different == 1:
        raise DataError(
            worded("tables.error.target_two_values_one_row", name=repr(name), value=shortened(present[0]))
            if n_rows == 1
            else worded("tables.error.target_two_values", name=repr(name), value=shortened(present[0]), n=n_rows)
        )
    found = _target(name, present, read, n_rows, n_different, task, format or NumberFormat())
    if found.is_classification and n_different > max(2, n_rows / 2):
        raise DataError(
            worded(
                "tables.error.target_have_classes_several_rows",
                name=repr(name),
                n_different=n_different,
                n_rows=n_rows,
                or_regression=_or_regression(present),
            )
        )
    return found


def _written_twice(present: "pl.Series", values: "pl.Series") -> int:
    """Return how many texts of numbers are other spellings of one that is there: 1.0 beside 1."""
    import polars as pl

    if present.dtype != pl.String or _has_codes(present):
        return 0
    if values.has_nulls() or (values.abs() >= LEAST_BLURRED).any():
        return 0
    return present.n_unique() - values.n_unique()


def _or_regression(present: "pl.Series") -> str:
    """Return the advice to choose a regression, where that is possible."""
    import polars as pl

    return "" if present.dtype == pl.String and numbers(present).has_nulls() else worded("tables.note.task_regression")


def _target(
    name: str,
    present: "pl.Series",
    values: "pl.Series",
    n_rows: int,
    n_different: int,
    task: str | None,
    format: NumberFormat,
) -> Target:
    import polars as pl

    is_truth = present.dtype == pl.Boolean
    are_codes = _has_codes(present)
    if not is_truth and not values.has_nulls() and not (are_codes and task is None):
        are_whole = bool(((values == values.round()) & values.is_finite()).all()) and not are_codes
        few = n_different == 2 or n_different <= min(MAX_WHOLE_CLASSES, n_rows / ROWS_PER_WHOLE_CLASS)
        key = "tables.note.whole_numbers" if are_whole else "tables.note.different_numbers"
        why = AS_ASKED if task else worded(key, n=n_different)
        found = task or (CLASSIFICATION if are_whole and few else REGRESSION)
        fit = are_whole and not _only_whole(values).has_nulls()
        return Target(name, found, why, whole=fit and found == CLASSIFICATION, format=format)
    if task == REGRESSION:
        raise ParameterError(
            parameter="task",
            required=worded(
                "core.must.classification_target_holds_no_numbers",
                name=repr(name),
                first_text=_first_text(present, values),
            ),
            got="regression",
            remedy=worded("core.remedy.leave_task_out"),
        )
    kind = (
        worded("tables.note.truth_values")
        if is_truth
        else term("texts")
        if values.has_nulls()
        else worded("tables.note.codes_leading_zeros")
    )
    why = worded("tables.note.different", n_different=n_different, kind=kind)
    return Target(name, CLASSIFICATION, AS_ASKED if task else why, truth=is_truth, format=format)


def _texts(present: "pl.Series") -> "pl.Series":
    """Return classes as texts, as they are written: in a target, other spellings are named and left to the user."""
    return labels(present, as_written=True)


def whole_numbers(column: "pl.Series", format: NumberFormat | None = None) -> "pl.Series":
    """Return the numbers that cells hold, as float64; null for all but whole numbers below 2⁵³."""
    return _only_whole(numbers(column, format))


def _only_whole(found: "pl.Series") -> "pl.Series":
    """Return whole numbers below 2⁵³, null for all others."""
    return found.set((found != found.round()) | (found.abs() >= LEAST_BLURRED), None)


def _has_codes(present: "pl.Series") -> bool:
    """Tell whether there are texts such as 007, whose leading zeros a number would lose."""
    import polars as pl

    return present.dtype == pl.String and bool(present.str.contains(r"^0\d").any())


def _first_text(present: "pl.Series", values: "pl.Series") -> str:
    return shortened(present.filter(values.is_null())[0] if values.has_nulls() else present[0])
