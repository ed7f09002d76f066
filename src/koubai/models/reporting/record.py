"""What a report of a model holds; `koubai.models.reporting.page` says it in words and pictures."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from koubai.core import entries
from koubai.core.arrays import Array
from koubai.explain.derivations import Derivation
from koubai.explain.model.page import ColumnView
from koubai.models.honest.cross import CrossValidated
from koubai.models.reasons.words import CommonWord
from koubai.models.scores.evaluation import Evaluation
from koubai.tables.meaning.columns import Use

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column as it was understood: its kind, and how it is used or, if it is not, why not."""

    name: str
    kind: str
    use: str
    is_used: bool
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that the model got wrong.

    Attributes
    ----------
    row : int
        Which row of the table, counted from 1.
    truth, answer : str
    size : float
        For classes, the probability of the true one (nan if the model has none); for numbers, truth − answer.
    cells : tuple of str
        The row's cells in the report's columns of most importance.
    command : str
        What shows the derivation of the answer.
    """

    row: int
    truth: str
    answer: str
    size: float
    cells: tuple[str, ...]
    command: str


@dataclass(frozen=True, eq=False)
class Judged:
    """A model's answers for rows with known targets, and their scores.

    Attributes
    ----------
    evaluation : Evaluation
    ranges : mapping of str to (float, float)
        The 95 % interval of each measure: that of the evaluation, else by resampling the rows.
    constant : Evaluation
        The scores of a constant answer.
    classes : array
        The classes that the model knows; empty for numbers.
    y, predicted : array of shape (n_rows,)
    probabilities : array of shape (n_rows, n_classes) or None
    """

    evaluation: Evaluation
    ranges: Mapping[str, tuple[float, float]]
    constant: Evaluation
    classes: Array
    y: Array
    predicted: Array
    probabilities: Array | None


@dataclass(frozen=True, eq=False)
class Report:
    """The result of `koubai.TableModel.report`: shows itself in a notebook; ``save("report.html")`` writes it.

    Attributes
    ----------
    target, task, source : str
        The column that is predicted, the task, and the table.
    networks : int
        Number of networks whose predictions are averaged.
    sizes : tuple of int
        The nodes of each layer.
    n_rows : mapping of str to int
        Numbers of rows used for training, validation and test.
    columns : tuple of ColumnUse
    notes : tuple of str
        What was said of the table.
    judged : Judged or None
        Answers and scores; None if there are no rows to judge by.
    held_out : bool
        Whether these rows are known to have been held out.
    remembered : bool
        Whether many of them are rows that were trained on.
    crossed : CrossValidated or None
        The scores of a cross-validation.
    effects : tuple of ColumnView
        Importance and dependence of each column, the most important first.
    effect_rows : int
        The number of rows that they rest on.
    score : str
        The score in which importance is measured.
    wrong : tuple of WrongRow
        The rows that are most wrong, the worst first.
    n_wrong : int
        Of classes, how many rows are wrong.
    words : tuple of CommonWord
        Of columns of texts, the words that matter most.
    """

    target: str
    task: str
    source: str
    networks: int
    sizes: tuple[int, ...]
    n_rows: Mapping[str, int]
    columns: tuple[ColumnUse, ...]
    notes: tuple[str, ...]
    judged: Judged | None
    held_out: bool
    remembered: bool
    crossed: CrossValidated | None
    effects: tuple[ColumnView, ...]
    effect_rows: int
    score: str
    wrong: tuple[WrongRow, ...]
    n_wrong: int
    words: tuple[CommonWord, ...] = ()

    def frame(self) -> "pl.DataFrame":
        """Return the scores as a table: measure, score, ends of its 95 % interval (null if unknown), baseline."""
        import polars as pl

        rows = (
            []
            if self.judged is None
            else [
                (m.name, m.score, *(m.interval or (None, None)), m.baseline)
                for m in entries.report_measures(self.judged)
            ]
        )
        names = ("measure", "score", "lower", "upper", "baseline")
        schema = {name: pl.String if name == "measure" else pl.Float64 for name in names}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def page(self) -> "Derivation":
        """Return the report as a page, which can be shown, rendered and saved."""
        return entries.report_page(self)

    def show(self, lang: str | None = None) -> None:
        """Print the report to the terminal."""
        self.page().show(lang)

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the report to a file: .html, .md or .txt."""
        self.page().save(path, lang)

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()
