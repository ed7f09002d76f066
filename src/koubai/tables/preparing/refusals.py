"""Targets that cannot be learned as they are: no task of that name, dates, odd words among numbers or classes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.tables.files.missing import Marks, words_among_classes
from koubai.tables.files.names import as_option
from koubai.tables.meaning.number_evidence import MOSTLY_NUMBERS, evidence_of
from koubai.tables.meaning.values import shortened
from koubai.tables.meaning.written import Written

if TYPE_CHECKING:
    import polars as pl

CLASSIFICATION = "classification"
REGRESSION = "regression"

TASKS = (CLASSIFICATION, REGRESSION)


def check_task(task: str | None) -> None:
    """Raise ParameterError if it is not a task."""
    if task not in (None, *TASKS):
        raise ParameterError(worded("tables.error.task_classification_regression_got", task=repr(task)))


def check_type(name: str, dtype: "pl.DataType") -> None:
    """Raise DataError if a target's cells are neither numbers nor texts nor truth values."""
    import polars as pl

    if dtype.is_nested() or dtype in (pl.Date, pl.Datetime, pl.Binary, pl.Object):
        raise DataError(worded("tables.error.target_hold_numbers_texts_truth", name=repr(name), dtype=dtype))


def refuse_dates(name: str, how: Written) -> None:
    """Raise DataError if a target of texts holds dates, which would be as many classes."""
    form = how.date(name)
    if form is not None:
        raise DataError(worded("tables.error.target_hold_numbers_texts_truth_2", name=repr(name), words=form.words))


def refuse_odd_words(
    name: str,
    values: "pl.Series",
    read: "pl.Series",
    n_rows: int,
    n_wrong: int,
    task: str | None,
    row_of: Callable[[str], int],
) -> None:
    """Raise DataError for words in a target of numbers: for few as mistakes, for any if a regression is asked for.

    Parameters
    ----------
    name : str
        The target.
    values : Series
        Its different values without missing ones, in the order in which they come, or the first of them.
    read : Series
        The numbers that these values are, null for those that are none.
    n_rows, n_wrong : int
        How many rows have a value, and how many of them one that is not a number.
    task : str, optional
        As `find_target`.
    row_of : callable
        Finds the first row, counted from 0, of a cell.
    """
    import polars as pl

    if values.dtype != pl.String:
        return
    wrong = read.is_null()
    mostly = n_rows >= 10 and n_wrong <= (1 - MOSTLY_NUMBERS) * n_rows
    if not wrong.any() or not (mostly or (task == REGRESSION and n_wrong < n_rows / 2)):
        return
    cell = values.filter(wrong)[0]
    more = worded("tables.note.more_4", n_wrong=f"{n_wrong - 1:,}", space=" ") if n_wrong > 1 else ""
    otherwise = worded("core.stop" if task == REGRESSION else "tables.error.or_classification")
    raise DataError(
        worded(
            "tables.error.target_hold_numbers_cells_do",
            name=repr(name),
            n_rows=f"{n_rows - n_wrong:,}",
            n_rows_2=f"{n_rows:,}",
            shortened=shortened(cell),
            row_of=f"{row_of(cell) + 1:,}",
            more=more,
            as_option=as_option(cell),
            otherwise=otherwise,
        )
    )


def said_of_words(
    column: "pl.Series", words: Callable[[], tuple[Mapping[str, int], int]], task: str | None, marks: Marks
) -> list[str]:
    """Return what is to be said of words for missing values among the classes of a target, if it has any.

    Parameters
    ----------
    column : Series
        The cleaned target, or enough of it to see what it holds.
    words : callable
        Counts the words in the target as it was, as `koubai.tables.files.missing.words_in`.
    task : str, optional
        As `find_target`.
    marks : Marks
        What the user says of missing values.

    Raises
    ------
    DataError
        If many rows hold one, and the user has not said whether it is a class.
    """
    import polars as pl

    are_numbers = task == REGRESSION or column.dtype != pl.String or evidence_of(column) is not None
    sentence = "" if are_numbers else words_among_classes(column.name, *words(), marks)
    return [sentence] if sentence else []
