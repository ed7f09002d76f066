"""Whether a pipeline's steps learned the texts or the numbers of a column, which decides how "1" is read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from koubai.core.errors import DataError
from koubai.core.language import term, worded

if TYPE_CHECKING:
    import polars as pl

Learned = Literal["texts", "numbers"]


def learned_by(step: object, names: Sequence[str]) -> dict[str, Learned]:
    """Return what a step has learned of its columns, by name, as far as it tells: an encoder or an imputer does.

    Parameters
    ----------
    step : estimator
        A fitted step; a pipeline or a ColumnTransformer tells what its own steps learned.
    names : sequence of str
        Its columns.

    Examples
    --------
    >>> from sklearn.preprocessing import OrdinalEncoder
    >>> learned_by(OrdinalEncoder().fit(np.array([["1", 1], ["2", 2]], dtype=object)), ["a", "b"])
    {'a': 'texts', 'b': 'numbers'}
    """
    if hasattr(step, "steps"):
        first = next((own for _, own in step.steps if own not in (None, "passthrough")), None)
        return learned_by(first, names)
    if hasattr(step, "transformers_"):
        found: dict[str, Learned] = {}
        for _, own, columns in step.transformers_:
            given = [columns] if isinstance(columns, str) else columns
            chosen = given if all(isinstance(each, str) for each in _listed(given)) else np.array(names)[given]
            found |= learned_by(own, [str(name) for name in chosen])
        return found
    if hasattr(step, "categories_"):
        cells = [np.asarray(categories).tolist() for categories in step.categories_]
    else:
        cells = [[cell] for cell in np.asarray(getattr(step, "statistics_", ())).tolist()]
    kinds = {name: _kind(own) for name, own in zip(names, cells, strict=False)}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _listed(columns: slice | Sequence[object]) -> Sequence[object]:
    return [None] if isinstance(columns, slice) else columns


def _kind(cells: list[object]) -> Learned | None:
    """Return what cells are; None if they are several things, or truth values, or all missing."""
    there = [cell for cell in cells if cell is not None and cell == cell]
    if there and all(isinstance(cell, str) for cell in there):
        return "texts"
    is_number = there and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in there)
    return "numbers" if is_number else None


def as_learned(column: "pl.Series", learned: Learned | None) -> "pl.Series":
    """Return a column for a pipeline: its texts as they are if it learned texts, numbers if it learned these.

    Of what it does not tell, numbers if all cells are.

    Raises
    ------
    DataError
        If the column holds something else than was learned.
    """
    import polars as pl

    is_text = column.dtype == pl.String
    if learned == "texts":
        if not is_text and column.dtype != pl.Null:
            raise DataError(
                parameter=worded("models.error.column", name=repr(column.name)),
                required=worded("core.must.hold_texts_since_pipeline_learned"),
                got=term("truth values") if column.dtype == pl.Boolean else "numbers",
                remedy=worded("core.remedy.write_them_texts"),
            )
        return column.cast(pl.String)
    if not is_text:
        return column if column.dtype == pl.Boolean else column.cast(pl.Float64)
    numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
    bad = (numbers.is_null() & column.is_not_null()).arg_true()
    if learned == "numbers" and len(bad):
        row = int(bad[0])
        raise DataError(
            parameter=worded("models.error.column", name=repr(column.name)),
            required=worded("core.must.hold_numbers_since_pipeline_learned"),
            got=worded("core.got.row", shown=repr(column[row][:60]), row=row + 1),
            remedy=worded("core.remedy.correct_it"),
        )
    return column if len(bad) else numbers
