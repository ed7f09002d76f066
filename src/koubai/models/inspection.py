"""What a table's columns do to a model, by scikit-learn's permutation importance and partial dependence.

Both look at whole columns of the table, as a person knows them, and not at the features made from them: a column is
handed to scikit-learn as codes, its numbers themselves or the positions of its values, and decoded before predicting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from koubai.core.errors import DataError
from koubai.explain.whole_model import ColumnView
from koubai.models.table_model import TableModel
from koubai.tables.columns import NUMBER
from koubai.tables.frames import TableLike
from koubai.tables.numeric import NumberColumn
from koubai.tables.values import numbers

if TYPE_CHECKING:
    import polars as pl

Array = npt.NDArray[Any]

REPEATS = 5
"""Shuffles of each column."""
POINTS = 20
"""Values of a number for which the dependence is computed."""
MOST_VALUES = 12
"""Of a column of words, so many of its commonest values."""
MOST_ROWS = 2000
"""So many rows are looked at."""


@dataclass(frozen=True, slots=True)
class _Coding:
    """A column as codes: numbers are themselves (missing: nan), words their positions among the values."""

    name: str
    values: "pl.Series | None"

    def decode(self, codes: Array) -> "pl.Series":
        import polars as pl

        if self.values is None:
            return pl.Series(self.name, codes).fill_nan(None)
        return self.values.gather(codes.astype(np.int64)).alias(self.name)


class _CodedModel:
    """A table model that takes codes: what scikit-learn's inspection is given."""

    def __init__(self, model: TableModel, codings: list[_Coding]) -> None:
        self.model, self.codings = model, codings
        self._estimator_type = "classifier" if model.target_.is_classification else "regressor"
        if model.target_.is_classification:
            self.classes_: Any = getattr(model.estimator_, "classes_", None)

    def fit(self, X: Array, y: Array) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        kind: Any = self._estimator_type
        return Tags(estimator_type=kind, target_tags=TargetTags(required=False))

    def frame(self, X: Array) -> "pl.DataFrame":
        import polars as pl

        return pl.DataFrame([coding.decode(X[:, k]) for k, coding in enumerate(self.codings)])

    def predict(self, X: Array) -> Array:
        numbers: Array = self.model.predict(self.frame(X))["prediction"].to_numpy()
        return numbers

    def predict_proba(self, X: Array) -> Array:
        predicted = self.model.predict(self.frame(X))
        columns = [name for name in predicted.columns if name.startswith("probability_")]
        shares: Array = predicted.select(columns).to_numpy()
        return shares


def columns_of_model(model: TableModel, table: TableLike, seed: int = 0) -> tuple[tuple[ColumnView, ...], str]:
    """Return what each column that a model uses does to it, on the rows of a table, and the score's name.

    Parameters
    ----------
    model : TableModel
        A fitted model.
    table : Table, DataFrame, mapping or path
        Rows with the target column.
    seed : int
        Of the shuffles.

    Raises
    ------
    DataError
        If no row has a value of the target.
    """
    from sklearn.inspection import permutation_importance

    frame = model.columns_of(table).frame
    name = model.target_.name
    if name not in frame.columns or frame[name].null_count() == frame.height:
        raise DataError(f"The table must have values of the target {name!r} to measure importance; it has none.")
    frame = frame.filter(frame[name].is_not_null()).head(MOST_ROWS)
    y, _ = model.target_.values(frame[name])
    columns = model.preparation_.columns
    used = {column.name: isinstance(column, NumberColumn) and column.kind == NUMBER for column in columns}
    codings, codes = _coded(frame, used)
    coded = _CodedModel(model, codings)

    def scored(estimator: _CodedModel, X: Array, y: Array) -> float:
        return float(model.score(estimator.frame(X).with_columns(frame[name])))

    found = permutation_importance(coded, codes, y, scoring=scored, n_repeats=REPEATS, random_state=seed)
    views = []
    for k, coding in enumerate(codings):
        grid, outputs = _dependence(coded, codes, k, coding)
        means, spreads = found["importances_mean"], found["importances_std"]
        views.append(ColumnView(coding.name, float(means[k]), float(spreads[k]), grid, outputs))
    return tuple(views), "accuracy" if model.target_.is_classification else "R²"


def _coded(frame: "pl.DataFrame", names: Mapping[str, bool]) -> tuple[list[_Coding], Array]:
    """Return how columns are coded, numbers as such, and their codes, (n_rows, n_columns)."""
    codings, columns = [], []
    for name, is_number in names.items():
        column = frame[name]
        if is_number:
            codings.append(_Coding(name, None))
            columns.append(numbers(column).fill_null(np.nan).to_numpy())
        else:
            values = column.value_counts(sort=True)[name]
            position: Mapping[Any, int] = {value: k for k, value in enumerate(values.to_list())}
            codings.append(_Coding(name, values))
            columns.append(np.array([position[value] for value in column.to_list()], dtype=np.float64))
    return codings, np.column_stack(columns)


def _dependence(
    coded: _CodedModel, codes: Array, k: int, coding: _Coding
) -> tuple[tuple[float | str, ...], tuple[tuple[float, ...], ...]]:
    """Return a grid of values of one column, and each output's mean with the column set to them."""
    from sklearn.inspection import partial_dependence

    if coding.values is None:
        known = codes[:, k][np.isfinite(codes[:, k])]
        grid = np.unique(np.quantile(known, np.linspace(0.02, 0.98, POINTS))) if len(known) else np.zeros(1)
        shown: tuple[float | str, ...] = tuple(float(value) for value in grid)
    else:
        grid = np.arange(min(len(coding.values), MOST_VALUES), dtype=np.float64)
        shown = tuple("–" if value is None else str(value) for value in coding.values.head(len(grid)).to_list())
    if len(grid) < 2:
        return shown, ()
    classes = coded._estimator_type == "classifier" and hasattr(coded.model.estimator_, "predict_proba")
    if not classes and coded._estimator_type == "classifier":
        return shown, ()
    found = partial_dependence(
        coded,
        codes,
        [k],
        kind="average",
        response_method="predict_proba" if classes else "auto",
        custom_values={k: grid},
    )
    return shown, tuple(tuple(map(float, row)) for row in found["average"])
