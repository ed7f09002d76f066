"""Rows given by a program: arrays and DataFrames in place of a table file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ShapeError
from koubai.play.datasets import CLASSES
from koubai.play.runs.data import MOST_FEATURES, Data, Original, data_of_table
from koubai.play.runs.recipe import Recipe
from koubai.play.serving.uploads import MOST_ROWS
from koubai.play.settings import Settings
from koubai.tables.files.frames import as_table
from koubai.tables.files.reading import Table
from koubai.tables.preparing.splits import hold_out
from koubai.tables.preparing.targets import Target, find_target

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class GivenRows:
    """Numeric rows.

    Parameters
    ----------
    X
        The inputs as given.
    inputs : (n, n_features)
        The same as an array.
    y : (n,)
        The targets: labels or numbers.
    task : str
        ``"classification"`` or ``"regression"``.
    names : tuple of str
        Names of the features.
    target : str
        Name of the targets.
    standardize : bool
        Whether features and numeric targets are standardised to mean 0 and deviation 1 over the training rows.
    recipe : Recipe, optional
        How an estimator trains on them.
    """

    X: Any
    inputs: Array
    y: Array
    task: str
    names: tuple[str, ...]
    target: str = "y"
    standardize: bool = True
    recipe: Recipe | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.inputs)

    @property
    def n_columns(self) -> int:
        """Number of feature columns."""
        return len(self.names)

    def data(self, settings: Settings) -> Data:
        """Return the rows split and standardised."""
        of_classes = self.task == CLASSES
        classes, codes = np.unique(self.y, return_inverse=True) if of_classes else (np.array([]), self.y)
        test = np.zeros(len(self.inputs), dtype=bool)
        test[hold_out(len(test), 1 - settings.train_ratio, settings.data_seed, codes if of_classes else None)[1]] = True
        original = self._original(~test)
        inputs = (self.inputs - original.center) / original.scale
        targets = (codes - original.target_center) / original.target_scale
        return Data(
            inputs,
            targets.astype(float),
            test,
            self.task,
            tuple(str(name) for name in classes.tolist()),
            self.names,
            original=original,
            recipe=self.recipe,
            is_given=True,
        )

    def _original(self, training: npt.NDArray[np.bool_]) -> Original:
        d = self.inputs.shape[1]
        if not self.standardize:
            return Original(self.X, self.y, np.zeros(d), np.ones(d))
        chosen = self.inputs[training]
        scale = np.where(chosen.std(axis=0) > 0, chosen.std(axis=0), 1.0)
        if self.task == CLASSES:
            return Original(self.X, self.y, chosen.mean(axis=0), scale)
        y = self.y[training]
        return Original(self.X, self.y, chosen.mean(axis=0), scale, float(y.mean()), float(y.std()) or 1.0)


@dataclass(frozen=True, eq=False)
class GivenTable:
    """A table whose columns must be prepared to become numbers."""

    table: Table
    target: str

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.table.frame.height

    @property
    def n_columns(self) -> int:
        """Number of feature columns."""
        return self.table.frame.width - 1

    def data(self, settings: Settings) -> Data:
        """Return the table prepared in the same way as one from a file."""
        return replace(data_of_table(settings, self.table, self.target), is_given=True)


def given(
    X: Any,
    y: Any,
    *,
    task: str | None = None,
    standardize: bool = True,
    recipe: Recipe | None = None,
    who: str = "play",
) -> GivenRows | GivenTable:
    """Return the user's input as data for a playground.

    Parameters
    ----------
    X : array-like, sparse matrix, DataFrame, or path
        The inputs, (n, n_features); if y is a column name, a whole table or its file.
    y : array-like or str
        The targets (n,), or the name of their column.
    task, standardize, recipe
        As in `GivenRows`; by default the task follows from the targets' values, by the rule for tables.
    who : str
        Name of the caller, for messages.

    Raises
    ------
    DataError
        If there is nothing to learn, or the data are too large to display.
    ShapeError
        If X and y do not match.

    Examples
    --------
    >>> rows = given([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]], ["a", "b", "a"])
    >>> rows.names, rows.task
    (('x1', 'x2'), 'classification')
    """
    if isinstance(y, str):
        table = as_table(X)
        find_target(table.frame, y, task)
        return GivenTable(table, y)
    if y is None:
        raise DataError(f"{who}: y must be given with X: the targets, or the name of a column of X; got None.")
    column, found = _target_column(y, task, who)
    name = column.name
    frame = _frame_of(X)
    n = len(frame) if frame is not None else _length(X, who)
    if n != len(column):
        raise ShapeError(f"{who}: X and y must have the same number of rows; got {n} and {len(column)}.")
    if frame is not None and recipe is None and not _all_numbers(frame):
        while name in frame.columns:
            name += "_"
        return GivenTable(as_table(frame.with_columns(column.rename(name))), name)
    inputs = _numbers(X if frame is None else frame.to_numpy(), who)
    _check_size(inputs, who)
    names = tuple(frame.columns) if frame is not None else tuple(f"x{i + 1}" for i in range(inputs.shape[1]))
    labels, rows = found.values(column)
    if len(rows) < n:
        raise DataError(f"{who}: y must have a value in every row; {n - len(rows)} are missing. Drop these rows.")
    labels = _as_given(y, labels) if found.is_classification else labels
    return GivenRows(X, inputs, labels, found.task, names, name, standardize, recipe)


def _target_column(y: object, task: str | None, who: str) -> "tuple[pl.Series, Target]":
    import polars as pl

    name = str(getattr(y, "name", None) or "y")
    if not isinstance(y, pl.Series):
        values = np.asarray(y)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values.ravel()
        if values.ndim != 1:
            raise ShapeError(f"{who}: y must be one target per row, (n,); got shape {values.shape}. Choose one column.")
        y = pl.Series(name, values.tolist(), strict=False)
    column = y.alias(name)
    if column.dtype.is_float():
        column = column.fill_nan(None)
    return column, find_target(column.to_frame(), name, task)


def _as_given(y: object, labels: Array) -> Array:
    """Return class labels in the user's own type, if an array has one."""
    values = np.asarray(y).ravel()
    return values if values.dtype.kind in "biufU" and len(values) == len(labels) else labels


def _frame_of(X: object) -> "pl.DataFrame | None":
    import polars as pl

    if isinstance(X, pl.LazyFrame | pl.DataFrame | Mapping | str | os.PathLike) or hasattr(X, "__arrow_c_stream__"):
        return as_table(X).frame
    return None


def _all_numbers(frame: "pl.DataFrame") -> bool:
    return all(
        (dtype.is_numeric() or dtype.is_(_boolean())) and not frame[name].has_nulls()
        for name, dtype in frame.schema.items()
    )


def _boolean() -> Any:
    import polars as pl

    return pl.Boolean


def _length(X: Any, who: str) -> int:
    shape = getattr(X, "shape", None) or np.shape(X)
    if len(shape) != 2:
        raise ShapeError(f"{who}: X must have rows and columns, (n, n_features); got shape {tuple(shape)}.")
    return int(shape[0])


def _numbers(X: object, who: str) -> Array:
    dense = X.toarray() if hasattr(X, "toarray") else X
    try:
        inputs = np.array(dense, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise DataError(
            f"{who}: X must contain numbers, or be a DataFrame in which text columns are categories; got an array of "
            f"{np.asarray(dense).dtype}. Try pandas.DataFrame(X)."
        ) from None
    bad = ~np.isfinite(inputs)
    if bad.any():
        row, column = (int(place[0]) for place in np.nonzero(bad))
        raise DataError(
            f"{who}: X must contain only finite numbers; got {inputs[row, column]} in row {row}, column {column}. "
            "Impute or drop such rows, or pass a DataFrame, whose missing values are imputed."
        )
    return inputs


def _check_size(inputs: Array, who: str) -> None:
    n, d = inputs.shape
    if not 1 <= d <= MOST_FEATURES:
        raise DataError(f"{who}: X must have 1 to {MOST_FEATURES} columns to be displayed; got {d}. Select columns.")
    if n > MOST_ROWS:
        raise DataError(f"{who}: X must have at most {MOST_ROWS} rows to be displayed; got {n}. Try X[:{MOST_ROWS}].")
