"""Answers for rows of JSON: a single row with the expected cells is computed directly, all others as a table."""

import datetime
import re
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.export import steps
from koubai.export.evaluating import Evaluator
from koubai.export.models import describe
from koubai.export.steps import Input
from koubai.export.words import BLANKS, in_full
from koubai.models.table_predictor import INTERVAL, SET
from koubai.serve.answers import answers_in, frame_of, with_notes
from koubai.serve.bodies import ARROW, CSV, JSON
from koubai.tables.meaning.values import LARGEST

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.as_estimator.labels import Labels
    from koubai.models.table_model import TableModel

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
STRIPPED = in_full(BLANKS)
EPOCH = datetime.datetime(1970, 1, 1)
NUMBERS = ("prediction", *INTERVAL)
"""What the last vector of numbers holds; without intervals it is the first alone."""


class Scorer:
    """Answers with a table's model.

    Parameters
    ----------
    model : TableModel
        The fitted model.
    labels : Labels, optional
        The user's classes, where a table holds them as others: those of an estimator of tables.
    """

    types: tuple[str, ...] = (JSON, CSV, ARROW)
    is_explained = True

    def __init__(self, model: "TableModel", labels: "Labels | None" = None) -> None:
        self._has_texts = bool(model.preparation_.texts)  # they are the table's business
        self.is_quick = not self._has_texts
        self.model, self.computation = model, describe(model, bare=self._has_texts)
        self.title, self.inputs = self.computation.title, self.computation.inputs
        self._labels, in_table = labels, list(self.computation.answer.classes)
        self.classes = in_table if labels is None else labels.from_table(np.array(in_table)).tolist()
        self._evaluate = Evaluator(self.computation)
        self.has_probabilities = self.computation.answer.kind == steps.CLASSES
        self._factors = self.computation.answer.factors
        self._has_set = self.computation.answer.reach is not None
        self._seen = {column.name: getattr(column, "seen", None) for column in model.preparation_.columns}
        self._marks = {given.name: frozenset(given.marks) for given in self.inputs}

    def one(self, row: dict[str, object]) -> dict[str, object]:
        """Return the answer for one row.

        Raises
        ------
        DataError
            If a column is missing, or a cell holds what does not belong there.
        """
        numbers = None if self._has_texts else self._numbers(row)
        if numbers is None:
            answers, notes = self.many([row])
            return with_notes(answers[0], notes)
        last = self._evaluate(np.array([numbers]))[0]
        if not self.classes:
            return dict(zip(NUMBERS, last.tolist(), strict=False))
        decided = last * self._factors if self._factors else last
        place = int(last[0] > 0) if len(last) == 1 else int(decided.argmax())
        answer: dict[str, object] = {"prediction": self.classes[place]}
        if self.has_probabilities:
            answer["probabilities"] = dict(zip(map(str, self.classes), last.tolist(), strict=True))
        return answer | ({SET: self._sets(last[np.newaxis])[0]} if self._has_set else {})

    def _sets(self, probabilities: Array) -> list[str]:
        """Return the classes in each row's set, in one text."""
        return self.model.sets_of(probabilities, self.classes)

    def _numbers(self, row: dict[str, object]) -> list[float] | None:
        """Return the row's inputs as numbers; None if a cell needs to be read, or something is to be said of it."""
        found = []
        for given in self.inputs:
            if given.name not in row:
                return None
            number = self._number(given, row[given.name])
            if number is None:
                return None
            found.append(number)
        return found

    def _number(self, given: Input, cell: object) -> float | None:
        if given.kind == steps.CATEGORY:
            text = cell.strip(STRIPPED) if isinstance(cell, str) else cell
            if text is None or (isinstance(text, str) and text in self._marks[given.name]):
                return float(given.missing)
            return float(given.codes[text]) if isinstance(text, str) and text in given.codes else None
        if cell is None:
            return np.nan
        if given.kind == steps.DATE:
            return self._seconds(given, cell)
        if isinstance(cell, bool):
            return float(cell) if given.kind == steps.TRUTH else None
        if given.kind != steps.NUMBER or not isinstance(cell, int | float):
            return None
        return float(cell) if self._is_like_training(given, cell) else None

    def _is_like_training(self, given: Input, number: float) -> bool:
        """Return whether nothing is to be said of a number: it lies where training saw some, if that is known."""
        seen = self._seen[given.name]
        return abs(number) <= LARGEST if seen is None else bool(seen[0] <= number <= seen[1])

    def _seconds(self, given: Input, cell: object) -> float | None:
        """Return a date's seconds since 1970 as the clock shows them; None if it must be read as a table's cell."""
        if not isinstance(cell, str) or not DATE.fullmatch(cell):
            return None
        try:
            found = datetime.datetime.fromisoformat(cell)
        except ValueError:
            return None
        year = found.year + (found.timetuple().tm_yday - 1) / 366
        return (found - EPOCH).total_seconds() if self._is_like_training(given, year) else None

    def many(self, rows: list[dict[str, object]]) -> tuple[list[dict[str, object]], list[str]]:
        """Return the answers for rows, and notes on them.

        Raises
        ------
        DataError
            As for `one`.
        """
        return self.of_table(self.frame(rows))

    def frame(self, rows: list[dict[str, object]]) -> "pl.DataFrame":
        """Return rows of JSON as a table.

        Raises
        ------
        DataError
            If a column is missing in all of them, or a cell is no number, text, truth value or null.
        """
        self.model.preparation_.check_columns({name for row in rows for name in row})
        return frame_of(rows)

    def of_table(self, table: "pl.DataFrame") -> tuple[list[dict[str, object]], list[str]]:
        """Return the answers for a table's rows, and notes on them."""
        predicted, notes = self.table(table)
        return answers_in(predicted, self.classes), notes

    def table(self, table: "pl.DataFrame") -> tuple["pl.DataFrame", list[str]]:
        """Return the predictions for a table as a table, and notes on it."""
        predicted, _, notes = self.model.predict_and_evaluate(table)
        return predicted if self._labels is None else self._in_users_words(predicted, self._labels), notes

    def _in_users_words(self, predicted: "pl.DataFrame", labels: "Labels") -> "pl.DataFrame":
        """Return predictions with the user's classes in place of those that the table held."""
        import polars as pl

        shares = [name for name in predicted.columns if name.startswith("probability_")]
        answered = labels.from_table(predicted["prediction"].to_numpy()).tolist()
        found = predicted.with_columns(pl.Series("prediction", answered))
        if self._has_set:
            found = found.with_columns(pl.Series(SET, self._sets(predicted.select(shares).to_numpy())))
        users = [f"probability_{label}" for label in self.classes]
        return found.rename(dict(zip(shares, users, strict=False)))

    def explanation(self, row: dict[str, object], form: str, lang: str | None) -> str:
        """Return the derivation of one row's prediction: of several networks whose answers are averaged, by the first.

        Raises
        ------
        KoubaiError
            If the row cannot be predicted, or there is no such form or language.
        """
        from koubai.views.explanation.showing import render

        given = {name: cell for name, cell in row.items() if name != self.model.target_.name}
        return render(self.model.explain(self.frame([given])), form, lang)
