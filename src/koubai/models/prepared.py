"""A table ready for training: its contents, its preparation, and the split of its rows."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.tables.files.reading import Table
from koubai.tables.meaning.columns import describe_columns, require_column
from koubai.tables.meaning.doubts import repeated_names, total_row
from koubai.tables.meaning.number_formats import Asked
from koubai.tables.meaning.written import written
from koubai.tables.preparing.balance import imbalance, untested
from koubai.tables.preparing.preparation import Preparation, read_once
from koubai.tables.preparing.splits import hold_out
from koubai.tables.preparing.suspicions import amounts_as_classes, suspicions
from koubai.tables.preparing.targets import Target, find_target

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

    @property
    def columns(self) -> list[str]:
        """Names of the table's columns."""
        return self.table.frame.columns

    @property
    def has_names(self) -> bool:
        """Whether the columns have their own names."""
        return self.table.has_names

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
        return {
            "read": self.table.frame.height,
            "without target": self.table.frame.height - self.frame.height,
            "training": len(self.training),
            "validation": len(self.validation),
            "test": len(self.test),
        }

    @property
    def notes(self) -> list[str]:
        """Notes on the table, one sentence each."""
        dropped = self.n_rows["without target"]
        notes = list(self.table.notes)
        if dropped:
            rows = "1 row" if dropped == 1 else f"{dropped} rows"
            notes.append(f"Dropped {rows} without a value of {self.target.name}.")
        notes += self.said
        if sentence := amounts_as_classes(self.target, len(np.unique(self.y))):
            notes.append(sentence)
        if self.target.is_classification and (sentence := imbalance(self.y)):
            notes.append(f"{sentence} Class weights 'balanced' give the rare classes equal weight.")
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
    asked: Asked | None = None,
    said: Collection[str] = (),
    test_fraction: float = 0.0,
    validation_fraction: float = 0.0,
    seed: int = 0,
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
    drop, keep, category : collections of str
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

    Raises
    ------
    DataError
        If there is nothing to learn from the table.
    ParameterError
        If the task does not fit the target.
    """
    import polars as pl

    require_column(table.frame, target)
    how = written(table.frame, asked, table.separator, besides={*drop, *category})
    found = find_target(table.frame, target, task, how)
    y, rows = found.values(table.frame[target])
    strata = y if found.is_classification else None
    kept, test = hold_out(len(y), test_fraction, seed, strata)
    training, validation = hold_out(len(kept), validation_fraction, seed + 1, None if strata is None else y[kept])
    described = describe_columns(table.frame.drop(target), drop=drop, keep=keep, category=category, how=how)
    read = read_once(table.frame, described)
    preparation = Preparation.learned(described, read, rows[kept], piecewise=piecewise)
    frame = read[rows]
    if not found.is_classification:
        frame = frame.with_columns(pl.Series(target, y))
    suspected = suspicions(frame, found, preparation, kept, test)
    suspected += repeated_names(table.frame)
    if not any("seems to be a total" in sentence for sentence in suspected):
        suspected += total_row(table.frame.tail(LAST), table.frame.height)
    notes = (*said, *([how.note_of(target)] if how.note_of(target) else []), *preparation.said, *suspected)
    return PreparedTable(table, found, preparation, frame, y, kept[training], kept[validation], test, notes)
