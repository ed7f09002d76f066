"""A table ready for training: its contents, its preparation, and the split of its rows."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.language import worded
from koubai.models.scores.parts import Apart
from koubai.models.trust.conformal import rows_to_set_aside
from koubai.tables.files.reading import Table
from koubai.tables.meaning.columns import describe_columns, require_column
from koubai.tables.meaning.doubts import repeated_names, total_row
from koubai.tables.meaning.number_formats import Asked
from koubai.tables.meaning.written import Written, written
from koubai.tables.preparing.balance import imbalance, untested
from koubai.tables.preparing.kept_apart import groups_of, times_of
from koubai.tables.preparing.preparation import Preparation, read_once
from koubai.tables.preparing.splits import Splitter
from koubai.tables.preparing.suspicions import amounts_as_classes, suspicions
from koubai.tables.preparing.targets import Target, find_target
from koubai.tables.preparing.texts.signal import with_texts

if TYPE_CHECKING:
    import polars as pl


LAST = 3
"""Number of rows at the end of a table that may be totals."""
RowNumbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PreparedTable:
    """The rows of a table that have a target, split into training, validation and test rows.

    Parameters
    ----------
    table : Table
        The table as read, with its cells cleaned.
    target : Target
        The target column and the task.
    preparation : Preparation
        How its other columns become features.
    frame : polars.DataFrame
        The rows that have a target, their cells read as `koubai.tables.preparing.preparation.read_once` does it.
    y : array of shape (n_rows,)
        Their targets.
    training, validation, test : array of int
        Row numbers in ``frame``, from 0.
    said : tuple of str
        Notes on how cells were interpreted and on what looks suspicious, one sentence each.
    calibration : array of int
        Row numbers that are set aside for intervals.
    groups, times : array of shape (n_rows,) or None
        The group or the time of each row, by which they are kept apart.
    group, time_column : str or None
        The columns that say so.
    """

    table: Table
    target: Target
    preparation: Preparation
    frame: "pl.DataFrame"
    y: Array
    training: RowNumbers
    validation: RowNumbers
    test: RowNumbers
    said: tuple[str, ...] = ()
    calibration: RowNumbers = field(default_factory=lambda: np.empty(0, np.int64))
    groups: Array | None = None
    times: Array | None = None
    group: str | None = None
    time_column: str | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the table's columns."""
        return self.table.frame.columns

    @property
    def has_names(self) -> bool:
        """Whether the columns have their own names."""
        return self.table.has_names

    @property
    def apart(self) -> Apart:
        """What keeps the training rows and, after them, the validation rows apart."""
        rows = np.concatenate([self.training, self.validation])
        return Apart(*(None if each is None else each[rows] for each in (self.groups, self.times)))

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest target, for regression."""
        return float(self.y.min()), float(self.y.max())

    def class_counts(self) -> tuple[Array, npt.NDArray[np.int64]]:
        """Return the classes, sorted, and the rows of each."""
        return np.unique(self.y, return_counts=True)

    @property
    def n_rows(self) -> dict[str, int]:
        """Numbers of rows: read, without target, training, validation, test."""
        counts = {
            "read": self.table.frame.height,
            "without target": self.table.frame.height - self.frame.height,
            "training": len(self.training),
            "validation": len(self.validation),
            "test": len(self.test),
        }
        return counts | ({"calibration": len(self.calibration)} if len(self.calibration) else {})

    @property
    def notes(self) -> list[str]:
        """Notes on the table, one sentence each."""
        dropped = self.n_rows["without target"]
        notes = list(self.table.notes)
        if dropped:
            rows = worded("models.note.row" if dropped == 1 else "models.note.rows", dropped=dropped)
            notes.append(worded("models.note.dropped_without_value", rows=rows, name=self.target.name))
        notes += self.said
        if sentence := amounts_as_classes(self.target, len(np.unique(self.y))):
            notes.append(sentence)
        if self.target.is_classification and (sentence := imbalance(self.y)):
            notes.append(worded("models.note.class_weights_balanced_give_rare", sentence=sentence))
        if self.target.is_classification and len(self.test) and (sentence := untested(self.y, self.y[self.test])):
            notes.append(sentence)
        return notes


class ColumnKinds(TypedDict):
    """Names of columns by what is to become of them, see `koubai.tables.meaning.columns.describe_columns`."""

    drop: Collection[str]
    keep: Collection[str]
    category: Collection[str]
    text: Collection[str]


@dataclass(frozen=True, slots=True)
class ColumnsAsked:
    """What the user says of a table's columns.

    Parameters
    ----------
    drop, keep, category, text : collections of str
        As for `koubai.tables.meaning.columns.describe_columns`.
    asked : Asked, optional
        How their numbers and dates are written.
    """

    drop: Collection[str] = ()
    keep: Collection[str] = ()
    category: Collection[str] = ()
    text: Collection[str] = ()
    asked: Asked | None = None

    @property
    def kinds(self) -> ColumnKinds:
        """The lists of names, as `koubai.tables.meaning.columns.describe_columns` takes them."""
        return {"drop": self.drop, "keep": self.keep, "category": self.category, "text": self.text}

    @property
    def named(self) -> set[str]:
        """All columns that are described."""
        return {*self.drop, *self.keep, *self.category, *self.text}

    def written(self, frame: "pl.DataFrame", separator: str) -> Written:
        """Find out how the numbers and dates of a cleaned table are written."""
        return written(frame, self.asked, separator, besides={*self.drop, *self.category, *self.text})


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Which rows are held out, and what for.

    Parameters
    ----------
    test, validation : float
        Share of the rows to hold out for the final score, and share of the rest to hold out for early stopping.
    seed : int
        Seed of both splits.
    intervals : float, optional
        The level of intervals, for which rows are set aside.
    group, time_column : str, optional
        A column of groups that stay together, or of times: the latest rows are then held out.
    chosen : tuple (kept, test), optional
        The rows to learn from and to hold out for the score, if they are chosen already.
    """

    test: float = 0.0
    validation: float = 0.0
    seed: int = 0
    intervals: float | None = None
    group: str | None = None
    time_column: str | None = None
    chosen: tuple[RowNumbers, RowNumbers] | None = None

    def split(self, splitter: Splitter, n_rows: int) -> "Parts":
        """Return what each of ``n_rows`` rows is used for."""
        kept, test = self.chosen or splitter.split(np.arange(n_rows), self.test, self.seed)
        not_tested, calibration = kept, kept[:0]
        if self.intervals is not None:
            aside = rows_to_set_aside(len(kept), self.intervals) / len(kept)
            kept, calibration = splitter.split(kept, aside, self.seed + 2)
        training, validation = splitter.split(kept, self.validation, self.seed + 1)
        return Parts(not_tested, kept, training, validation, test, calibration)


class Parts(NamedTuple):
    """Row numbers by what the rows are for; ``kept`` are those of training and validation."""

    not_tested: RowNumbers
    kept: RowNumbers
    training: RowNumbers
    validation: RowNumbers
    test: RowNumbers
    calibration: RowNumbers


def prepare_table(
    table: Table,
    target: str,
    *,
    task: str | None = None,
    columns: ColumnsAsked | None = None,
    held_out: HeldOut | None = None,
    said: Collection[str] = (),
    piecewise: bool = False,
) -> PreparedTable:
    """Analyse a table, split its rows, and learn from the training rows how to prepare its columns.

    Kinds of columns and invalid cells are determined from the whole table, statistics and categories from all rows
    except the test rows.

    Parameters
    ----------
    table : Table
        The table, with its cells cleaned.
    target : str
        The column to be predicted.
    task : str, optional
        As for `koubai.tables.preparing.targets.find_target`.
    columns : ColumnsAsked, optional
        What the user says of its columns.
    held_out : HeldOut, optional
        Which rows are held out; by default none.
    said : collection of str
        Existing notes on the table.
    piecewise : bool
        Whether numbers have a piecewise linear encoding besides.

    Raises
    ------
    DataError
        If there is nothing to learn from the table.
    ParameterError
        If the task does not fit the target.
    """
    columns, held_out = columns or ColumnsAsked(), held_out or HeldOut()
    require_column(table.frame, target)
    how = columns.written(table.frame, table.separator)
    found = find_target(table.frame, target, task, how)
    y, rows = found.values(table.frame[target])
    group, time_column = held_out.group, held_out.time_column
    groups = None if group is None else groups_of(table.frame, group, rows)
    times = None if time_column is None else times_of(table.frame, time_column, rows, how)
    splitter = Splitter(y if found.is_classification else None, groups, times)
    parts = held_out.split(splitter, len(y))
    if group is not None and group not in columns.keep:
        columns = replace(columns, drop={*columns.drop, group})  # a group's name says nothing about new groups
    described = describe_columns(table.frame.drop(target), **columns.kinds, how=how)
    classes = found.is_classification
    described = with_texts(described, table.frame[rows], y, splitter, classes, parts.kept, columns.named)
    read = read_once(table.frame, described)
    preparation = Preparation.learned(described, read, rows[parts.kept], piecewise=piecewise)
    frame = _with_target(read[rows], found, y)
    of_target = [how.note_of(target)] if how.note_of(target) else []
    suspected = _suspected(table, found, preparation, frame, parts)
    return PreparedTable(
        table,
        found,
        preparation,
        frame,
        y,
        parts.training,
        parts.validation,
        parts.test,
        (*said, *of_target, *preparation.said, *suspected),
        parts.calibration,
        groups,
        times,
        group,
        time_column,
    )


def _with_target(frame: "pl.DataFrame", target: Target, y: Array) -> "pl.DataFrame":
    """Return the frame with the target's cells read as numbers, if it has numbers."""
    import polars as pl

    return frame if target.is_classification else frame.with_columns(pl.Series(target.name, y))


def _suspected(
    table: Table, target: Target, preparation: Preparation, frame: "pl.DataFrame", parts: Parts
) -> list[str]:
    """Return what looks wrong with a table, one sentence each."""
    suspected = suspicions(frame, target, preparation, parts.not_tested, parts.test)
    suspected += repeated_names(table.frame)
    if not any("seems to be a total" in sentence for sentence in suspected):
        suspected += total_row(table.frame.tail(LAST), table.frame.height)
    return suspected
