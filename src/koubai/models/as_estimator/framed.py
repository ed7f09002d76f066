"""What scikit-learn's tools pass as X and y, as a table with a target: frames, arrays, or the table and a name."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.utils.validation import validate_data

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.core.untyped import ScikitLearn, TableOfOthers
from koubai.tables.files.frames import raw_table
from koubai.tables.files.missing import Marks
from koubai.tables.files.missing import clean as cleaned
from koubai.tables.meaning.columns import require_column

if TYPE_CHECKING:
    import polars as pl


def is_table(X: object) -> bool:
    """Return whether X has columns with names: a frame, an Arrow table, a mapping, or a file."""
    if issparse(X):
        return False  # one kind of sparse matrix is a mapping
    return (
        isinstance(X, str | os.PathLike | Mapping)
        or hasattr(X, "__arrow_c_stream__")
        or (hasattr(X, "columns") and hasattr(X, "iloc"))
        or type(X).__module__.partition(".")[0] in ("polars", "koubai")
    )


def frame_of(estimator: ScikitLearn, X: TableOfOthers, target: str | None, *, fit: bool) -> "pl.DataFrame":
    """Return X as a polars frame, without the target; at `fit`, remember its number of columns and their names.

    Parameters
    ----------
    estimator : BaseEstimator
        The estimator, whose attributes are set or compared with.
    X : table or array-like
        As given.
    target : str or None
        The column that is the target, if it may be among those of X.
    fit : bool
        Whether the estimator learns from it.

    Raises
    ------
    ValueError, TypeError
        In scikit-learn's words, for something that is not an array, or does not match.
    DataError
        In koubai's, for a table.
    """
    if not is_table(X):
        return _frame_of_array(estimator, X, fit)
    own = list(X.columns) if hasattr(X, "iloc") else []
    numbered = bool(own) and not any(isinstance(name, str) for name in own)
    frame: pl.DataFrame = raw_table(X).frame
    if target is not None and target in frame.columns:
        frame = frame.drop(target)
    if fit:
        estimator.n_features_in_ = frame.width
        if numbered:
            estimator.__dict__.pop("feature_names_in_", None)
            return frame.rename(dict(zip(frame.columns, names_of(estimator), strict=True)))
        estimator.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        return frame
    if hasattr(estimator, "feature_names_in_") and not numbered:
        return frame
    if frame.width != estimator.n_features_in_:  # columns go by position
        raise ValueError(
            f"X has {frame.width} features, but {type(estimator).__name__} is expecting {estimator.n_features_in_} "
            f"features as input."
        )
    return frame.rename(dict(zip(frame.columns, names_of(estimator), strict=True)))


def refuse_several(estimator: object, X: object, y: object) -> None:
    """Raise DataError for several columns of targets, or names of several columns: a table's model has one target."""
    who = type(estimator).__name__
    n_columns = y.shape[1] if isinstance(y, np.ndarray) and y.ndim == 2 else len(getattr(y, "columns", ()))
    if n_columns > 1:
        kind = "Classifier" if is_classifier(estimator) else "Regressor"
        got, call = f"{n_columns} columns", f"sklearn.multioutput.MultiOutput{kind}({who}())"
    elif isinstance(y, list | tuple) and len(y) > 1 and is_table(X) and _are_names(X, y):
        others = ", ".join(map(repr, y[1:]))
        got, call = f"the names of {len(y)} columns", f"{who}(drop=[{others}]).fit(table, {y[0]!r})"
    else:
        return
    required = worded("core.must.be_one_column_targets")
    remedy = worded("core.remedy.train_model_each_call", call=call)
    raise DataError(who=who, parameter="y", required=required, got=got, remedy=remedy)


def _are_names(X: object, y: list[object] | tuple[object, ...]) -> bool:
    return all(isinstance(name, str) for name in y) and {*y} <= {*raw_table(X).frame.columns}


def names_of(estimator: ScikitLearn) -> list[str]:
    """Return the names of the columns that an estimator learned from; those of an array are x0, x1, …."""
    names = getattr(estimator, "feature_names_in_", None)
    return [f"x{k}" for k in range(estimator.n_features_in_)] if names is None else list(map(str, names))


def _frame_of_array(estimator: object, X: object, fit: bool) -> "pl.DataFrame":
    import polars as pl

    array = validate_data(
        estimator,
        X,
        accept_sparse=False,
        reset=fit,
        dtype=None,
        ensure_all_finite="allow-nan",
        ensure_min_samples=2 if fit else 1,
        estimator=type(estimator).__name__,
    )
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{X}\n")
    columns = [_column(array[:, k]) for k in range(array.shape[1])]
    return pl.DataFrame(columns, schema=names_of(estimator))


def _column(values: Array) -> "pl.Series":
    """Return a column of an array; of objects, numbers if all are, else texts."""
    import polars as pl

    if values.dtype.kind != "O":
        return pl.Series(values, nan_to_null=values.dtype.kind == "f")
    cells = [None if cell is None or cell != cell else cell for cell in values.tolist()]
    if all(isinstance(cell, int | float | np.number) or cell is None for cell in cells):
        return pl.Series(np.array([np.nan if cell is None else cell for cell in cells], np.float64), nan_to_null=True)
    for cell in cells:
        if not isinstance(cell, str | int | float | bool | np.generic) and cell is not None:
            raise TypeError(f"argument must be a string or a number; got {type(cell).__name__} as a cell of X")
    return pl.Series([None if cell is None else str(cell) for cell in cells])


def with_target(frame: "pl.DataFrame", y: Array, name: str) -> tuple["pl.DataFrame", str]:
    """Return a frame with the target as its last column, under a name that no other column has."""
    import polars as pl

    while name in frame.columns:
        name += "_"
    return frame.with_columns(pl.Series(name, y)), name


def rows_with(X: object, name: str, marks: Marks) -> "pl.DataFrame":
    """Return the rows of a table that have a target.

    Raises
    ------
    DataError
        If the table has no such column.
    """
    frame = cleaned(raw_table(X).frame, marks=marks)
    require_column(frame, name)
    return frame.filter(frame[name].is_not_null())
