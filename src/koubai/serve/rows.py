"""Answers of estimators that were saved without a table's preparation, and of scikit-learn's pipelines."""

from typing import TYPE_CHECKING

import numpy as np

from koubai.core.untyped import Loaded
from koubai.export import steps
from koubai.export.steps import Input
from koubai.models.kept.bare import asked, inputs_of, is_prepared, names_of, predictions_of
from koubai.serve.answers import answers_in, check_columns, frame_of, no_derivation
from koubai.serve.bodies import ARROW, CSV, JSON

if TYPE_CHECKING:
    import polars as pl


class RowScorer:
    """Answers with an estimator whose inputs are columns of numbers, or with a pipeline.

    Parameters
    ----------
    model : estimator
        The fitted estimator. Its inputs have the names of ``feature_names_in_``, or are x1, x2, ….
    """

    types: tuple[str, ...] = (JSON, CSV, ARROW)

    def __init__(self, model: Loaded) -> None:
        self.model, self.title = model, _title(model)
        kind = steps.CELL if is_prepared(model) and hasattr(model, "feature_names_in_") else steps.NUMBER
        self.inputs = tuple(Input(name, kind) for name in names_of(model))
        self.classes = np.asarray(getattr(model, "classes_", ())).tolist()
        self.has_probabilities = hasattr(model, "predict_proba")
        self.is_explained = hasattr(_last(model), "explain")

    def one(self, row: dict[str, object]) -> dict[str, object]:
        """Return the answer for one row."""
        return self.of_table(self.frame([row]))[0][0]

    def frame(self, rows: list[dict[str, object]]) -> "pl.DataFrame":
        """Return the inputs of rows of JSON as a table.

        Raises
        ------
        DataError
            If an input is missing, or a cell is no number, text, truth value or null.
        """
        names = [given.name for given in self.inputs]
        check_columns(names, {name for row in rows for name in row})
        return frame_of([{name: row.get(name) for name in names} for row in rows])

    def of_table(self, table: "pl.DataFrame") -> tuple[list[dict[str, object]], list[str]]:
        """Return the answers for rows; there is nothing to be said of them."""
        predicted, notes = self.table(table)
        return answers_in(predicted, self.classes), notes

    def table(self, table: "pl.DataFrame") -> "tuple[pl.DataFrame, list[str]]":
        """Return the answers for rows as a table."""
        return predictions_of(self.model, inputs_of(self.model, table)), []

    def explanation(self, row: dict[str, object], form: str, lang: str | None) -> str:
        """Return the derivation of one row's answer: behind a pipeline's steps, of what they make of the row."""
        from koubai.views.explanation.showing import render

        last = _last(self.model)
        if not self.is_explained:
            raise no_derivation(last)
        inputs = inputs_of(self.model, self.frame([row]))
        if is_prepared(self.model):
            inputs = asked(self.model[:-1], "transform", inputs)
        if not _takes_tables(last):
            inputs = inputs.toarray() if hasattr(inputs, "toarray") else inputs  # encoders' answers are sparse
            inputs = (inputs.to_numpy() if hasattr(inputs, "to_numpy") else inputs)[0]
        return render(asked(last, "explain", inputs), form, lang)


def _last(model: Loaded) -> Loaded:
    return model[-1] if type(model).__name__ == "Pipeline" else model


def _takes_tables(model: object) -> bool:
    from koubai.models.as_estimator.base import TableEstimator

    return isinstance(model, TableEstimator)


def _title(model: object) -> str:
    """Return what the model is: its kind, the sizes of its layers if it has some, and what comes before it."""
    last = _last(model)
    sizes = "-".join(map(str, last.network_.sizes)) if hasattr(last, "network_") else f"of {last.n_features_in_} inputs"
    before = "pipeline: " if last is not model else ""
    return f"{before}{type(last).__name__} {sizes}"
