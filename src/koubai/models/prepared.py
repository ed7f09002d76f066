"""A table ready for training: its contents, its preparation, and the split of its rows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.language import worded
from koubai.models.trust.conformal import rows_to_set_aside
from koubai.tables.files.reading import Table
from koubai.tables.meaning.columns import describe_columns, require_column
from koubai.tables.meaning.doubts import repeated_names, total_row
from koubai.tables.meaning.number_formats import Asked
from koubai.tables.meaning.written import written
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
"""So many rows at the end of a table may be totals."""
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
    def groups_learned_from(self) -> Array | None:
        """The groups of the training rows and, after them, of the validation rows; None without groups."""
        return None if self.groups is None else self.groups[np.concatenate([self.training, self.validation])]

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


def prepare_table(
    table: Table,
    target: str,
    *,
    task: str | None = None,
    drop: Collection[str] = (),
    keep: Collection[str] = (),
    category: Collection[str] = (),
    text: Collection[str] = (),
    asked: Asked | None = None,
    said: Collection[str] = (),
    test_fraction: float = 0.0,
    validation_fraction: float = 0.0,
    seed: int = 0,
    piecewise: bool = False,
    intervals: float | None = None,
    group: str | None = None,
    time_column: str | None = None,
    chosen: tuple[RowNumbers, RowNumbers] | None = None,
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
    drop, keep, category, text : collections of str
        As for `koubai.tables.meaning.columns.describe_columns`.
    asked : Asked, optional
        The user's number and date formats.
    said : collection of str
        Existing notes on the table.
    test_fraction, validation_fraction : float
        Share of the rows to hold out for the final score, and share of the rest to hold out for early stopping.
    seed : int
        Seed of both splits.
    piecewise : bool
        Whether numbers have a piecewise linear encoding besides.
    intervals : float, optional
        The level of intervals, for which rows are set aside.
    group, time_column : str, optional
        A column of groups that stay together, or of times: the latest rows are then held out.
    chosen : tuple (kept, test), optional
        The rows to learn from and to be held out, if they are chosen already.

    Raises
    ------
    DataError
        If there is nothing to learn from the table.
    ParameterError
        If the task does not fit the target.
    """
    import polars as pl

    require_column(table.frame, target)
    how = written(table.frame, asked, table.separator, besides={*drop, *category, *text})
    found = find_target(table.frame, target, task, how)
    y, rows = found.values(table.frame[target])
    groups = None if group is None else groups_of(table.frame, group, rows)
    times = None if time_column is None else times_of(table.frame, time_column, rows, how)
    splitter = Splitter(y if found.is_classification else None, groups, times)
    kept, test = chosen if chosen is not None else splitter.split(np.arange(len(y)), test_fraction, seed)
    if group is not None and group not in keep:
        drop = {*drop, group}  # who a row is of tells nothing of new groups
    learned_from, calibration = kept, kept[:0]
    if intervals is not None:
        kept, calibration = splitter.split(kept, rows_to_set_aside(len(kept), intervals) / len(kept), seed + 2)
    training, validation = splitter.split(kept, validation_fraction, seed + 1)
    described = describe_columns(table.frame.drop(target), drop=drop, keep=keep, category=category, text=text, how=how)
    own = {*drop, *keep, *category, *text}
    described = with_texts(described, table.frame[rows], y, splitter, found.is_classification, kept, own)
    read = read_once(table.frame, described)
    preparation = Preparation.learned(described, read, rows[kept], piecewise=piecewise)
    frame = read[rows]
    if not found.is_classification:
        frame = frame.with_columns(pl.Series(target, y))
    suspected = suspicions(frame, found, preparation, learned_from, test)
    suspected += repeated_names(table.frame)
    if not any("seems to be a total" in sentence for sentence in suspected):
        suspected += total_row(table.frame.tail(LAST), table.frame.height)
    notes = (*said, *([how.note_of(target)] if how.note_of(target) else []), *preparation.said, *suspected)
    return PreparedTable(
        table,
        found,
        preparation,
        frame,
        y,
        training,
        validation,
        test,
        notes,
        calibration,
        groups,
        times,
        group,
        time_column,
    )
