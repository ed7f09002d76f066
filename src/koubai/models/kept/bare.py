"""Answers of a model that has no table's preparation: its inputs are columns of numbers, or those of a pipeline."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, KoubaiError
from koubai.core.language import worded
from koubai.core.untyped import ScikitLearn
from koubai.models.kept.learned_columns import as_learned, learned_by
from koubai.tables.meaning.values import LARGEST

if TYPE_CHECKING:
    import polars as pl


Computed = Mapping[str, Callable[["Array", "Array"], "Array"]]
"""Features that are computed from the columns ``x1`` and ``x2`` where a table has them not, by name."""
MOST_NAMED = 8
"""So many names are listed in a sentence."""


def predict_bare(model: object, frame: "pl.DataFrame", computed: Computed | None = None) -> "pl.DataFrame":
    """Return the predictions of a bare estimator or a pipeline for the rows of a table.

    Its inputs are the columns of its features' names. An estimator that knows no names takes x1, x2, … by name if the
    table has them, else the columns in their order.

    Parameters
    ----------
    model : estimator
        A fitted estimator, or a pipeline.
    frame : polars.DataFrame
        The rows.
    computed : mapping of str to callable, optional
        What is computed from ``x1`` and ``x2`` if it is not a column.

    Returns
    -------
    polars.DataFrame
        ``prediction`` (of several numbers, or labels each for itself, ``prediction_…`` of each) and, where there are
        some, ``probability_…`` of each class.

    Raises
    ------
    DataError
        If a column is missing or contains something other than a number, or an answer is not a number.
    """
    return predictions_of(model, inputs_of(model, frame, computed))


def predictions_of(model: object, inputs: object) -> "pl.DataFrame":
    """Return the predictions for inputs as the model takes them; see `predict_bare`."""
    import polars as pl

    predicted = np.asarray(asked(model, "predict", inputs))
    _check_finite(predicted)
    classes = np.asarray(getattr(model, "classes_", ())).tolist()
    found: dict[str, object] = {"prediction": predicted}
    if predicted.ndim == 2:
        names = classes or range(1, predicted.shape[1] + 1)
        found = {f"prediction_{name}": predicted[:, place] for place, name in enumerate(names)}
    if hasattr(model, "predict_proba"):
        probabilities = np.asarray(asked(model, "predict_proba", inputs))
        _check_finite(probabilities)
        found |= {f"probability_{name}": probabilities[:, place] for place, name in enumerate(classes)}
    return pl.DataFrame(found)


def asked(model: object, method: str, inputs: object) -> ScikitLearn:
    """Return what a model answers; what scikit-learn says against the rows is one sentence.

    Raises
    ------
    DataError
        If the model cannot take the rows, such as numbers too large for single precision.
    """
    is_pipeline = type(model).__name__ == "Pipeline"
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large is told below, or is no answer
            return getattr(model, method)(inputs)
    except (TypeError, ValueError) as error:
        if not is_pipeline and (isinstance(error, KoubaiError) or not isinstance(error, ValueError)):
            raise
        first = str(error).strip().split("\n")[0].rstrip(".")
        whole = "pipeline" if is_pipeline else "model"
        what = worded("models.note.able_take_rows", whole=whole, first=first)
        raise DataError(what=what, remedy=worded("core.remedy.correct_them")) from error


def _check_finite(answers: "Array") -> None:
    """Raise DataError if an answer is infinite or NaN."""
    if answers.dtype.kind != "f" or np.isfinite(answers).all():
        return
    wrong = np.flatnonzero(~np.isfinite(answers).reshape(len(answers), -1).all(axis=1))
    raise DataError(
        parameter=worded("models.error.numbers_row", wrong=wrong[0] + 1),
        required=worded("core.must.small_enough_compute"),
        got=worded("core.got.answer_too_large_none"),
        remedy=worded("core.remedy.correct_them"),
    )


def is_prepared(model: ScikitLearn) -> bool:
    """Return whether a model is a pipeline whose own steps prepare what it is given."""
    return type(model).__name__ == "Pipeline" and len(model.steps) > 1


def names_of(model: ScikitLearn) -> list[str]:
    """Return the names of a model's inputs; those that have none are x1, x2, …."""
    names = getattr(model, "feature_names_in_", None)
    return [f"x{k}" for k in range(1, model.n_features_in_ + 1)] if names is None else list(map(str, names))


def inputs_of(model: object, frame: "pl.DataFrame", computed: Computed | None = None) -> "pl.DataFrame | Array":
    """Return a model's inputs from a table: a frame if it knows names, else an array (n_rows, n_features)."""
    import polars as pl

    knows_names = getattr(model, "feature_names_in_", None) is not None
    names = names_of(model)
    if not knows_names and not set(names) <= set(frame.columns):
        names = _in_their_order(frame, names)
    if knows_names and is_prepared(model):
        learned = learned_by(model, names)
        read = [as_learned(_plain(frame, name), learned.get(name)) for name in _checked(frame, names)]
        return frame.select(map(_bounded, read))
    gaps = is_prepared(model)  # a step may fill them
    columns = [_column(frame, name, computed or {}, gaps) for name in names]
    return pl.DataFrame(dict(zip(names, columns, strict=True))) if knows_names else np.column_stack(columns)


def _checked(frame: "pl.DataFrame", names: list[str]) -> list[str]:
    lacking = [name for name in names if name not in frame.columns]
    if lacking:
        raise _lacking(frame, lacking[0])
    return names


def _lacking(frame: "pl.DataFrame", name: str) -> DataError:
    there = ", ".join(map(repr, frame.columns[:MOST_NAMED])) + (", …" if frame.width > MOST_NAMED else "")
    return DataError(
        parameter=worded("models.error.table"),
        required=worded("core.must.have_column_model_inputs", name=repr(name)),
        got=there,
        remedy=worded("core.remedy.add_rename"),
    )


def _in_their_order(frame: "pl.DataFrame", names: list[str]) -> list[str]:
    """Return a table's columns as the inputs of a model that knows no names, since none of them has an input's."""
    known = [name for name in names if name in frame.columns]
    if known:
        raise _lacking(frame, next(name for name in names if name not in frame.columns))
    if frame.width != len(names):
        raise DataError(
            parameter=worded("models.error.table"),
            required=worded("core.must.have_columns_inputs_their_order", n_names=len(names)),
            got=str(frame.width),
            remedy=worded("core.remedy.name_them_x_x_save"),
        )
    return frame.columns


def _plain(frame: "pl.DataFrame", name: str) -> "pl.Series":
    """Return a column of numbers, texts or truth values; categories are texts."""
    import polars as pl

    column = frame[name]
    if column.dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    if not column.dtype.is_numeric() and column.dtype not in (pl.String, pl.Boolean, pl.Null):
        raise DataError(
            parameter=worded("models.error.column", name=repr(name)),
            required=worded("core.must.hold_numbers_texts_truth_values"),
            got=str(column.dtype)[:60],
            remedy=worded("core.remedy.convert"),
        )
    return column


def _bounded(numbers: "pl.Series") -> "pl.Series":
    if not numbers.dtype.is_numeric():
        return numbers
    if not numbers.is_null().all() and (numbers.abs().max() or 0) > LARGEST:  # type: ignore[operator]  # a number
        raise DataError(
            parameter=worded("models.error.column", name=repr(numbers.name)),
            required=worded("core.must.hold_numbers_at_most", largest=f"{LARGEST:g}"),
            got=worded("core.got.larger_ones"),
            remedy=worded("core.remedy.correct_them"),
        )
    return numbers


def _column(frame: "pl.DataFrame", name: str, computed: Computed, gaps: bool) -> "Array":
    """Return a feature (n_rows,)."""
    if name not in frame.columns and name in computed and {"x1", "x2"} <= set(frame.columns):
        found: Array = computed[name](_numbers(frame, "x1", gaps), _numbers(frame, "x2", gaps))
        return found
    if name not in frame.columns:
        raise _lacking(frame, name)
    return _numbers(frame, name, gaps)


def _numbers(frame: "pl.DataFrame", name: str, gaps: bool) -> "Array":
    import polars as pl

    column = _plain(frame, name)
    numbers = (
        column.str.strip_chars().cast(pl.Float64, strict=False)
        if column.dtype == pl.String
        else column.cast(pl.Float64, strict=False)
    )
    wrong = numbers.is_null() | ~(numbers.abs() <= LARGEST).fill_null(False) | numbers.is_nan().fill_null(False)
    bad = (wrong & ~(column.is_null() & gaps)).arg_true()
    if len(bad):
        row = int(bad[0])
        raise DataError(
            parameter=worded("models.error.column", name=repr(name)),
            required=worded("core.must.hold_numbers_since_model_has", largest=f"{LARGEST:g}"),
            got=worded("core.got.row", shown=_shown(column[row]), row=row + 1),
            remedy=worded("core.remedy.correct_it"),
        )
    found: Array = numbers.fill_null(float("nan")).to_numpy()
    return found


def _shown(cell: object) -> str:
    return "a missing one" if cell is None else repr(cell)[:60]
