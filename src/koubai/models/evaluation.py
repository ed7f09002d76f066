"""How good a model is on rows that it did not learn from, beside the simplest thing one could do instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.moments import Moments, Squares


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of a model on some rows.

    Parameters
    ----------
    n_rows : int
        How many rows.
    measure : str
        What ``score`` and ``baseline`` are: ``accuracy`` (higher is better), or ``rmse``, the root of the mean
        squared error, in units of the target (lower is better).
    score : float
        The model's.
    baseline : float
        That of always answering the same: the commonest class, or the mean, of the training rows.
    answer : str
        What is answered there.
    others : mapping of str to float
        Further measures by name: balanced accuracy and log loss (nats), or mean absolute error and R².
    classes : sequence of str
        For classification, the classes.
    confusion : sequence of sequence of int
        For classification, rows by true class (outer) and predicted class (inner).
    """

    n_rows: int
    measure: str
    score: float
    baseline: float
    answer: str
    others: Mapping[str, float] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()

    @property
    def is_better(self) -> bool:
        """Whether the model beats the constant answer."""
        return self.score > self.baseline if self.measure == "accuracy" else self.score < self.baseline

    @property
    def is_perfect(self) -> bool:
        """Whether no model could have a better score."""
        return self.score == (1.0 if self.measure == "accuracy" else 0.0)

    def record(self) -> dict[str, Any]:
        """Return it as plain data; `from_record` reads it back."""
        return {
            "n_rows": self.n_rows,
            "measure": self.measure,
            "score": self.score,
            "baseline": self.baseline,
            "answer": self.answer,
            "others": dict(self.others),
            "classes": list(self.classes),
            "confusion": [list(row) for row in self.confusion],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Evaluation":
        """Return the evaluation that `record` described."""
        return cls(
            int(record["n_rows"]),
            str(record["measure"]),
            float(record["score"]),
            float(record["baseline"]),
            str(record["answer"]),
            {str(name): float(value) for name, value in record["others"].items()},
            tuple(str(label) for label in record["classes"]),
            tuple(tuple(int(count) for count in row) for row in record["confusion"]),
        )


MOST_UNKNOWN = 1000
"""Classes that training did not see that are remembered."""


class ClassTally:
    """Counts up how well classes were predicted, from as many pieces as one likes.

    Parameters
    ----------
    classes : array of shape (n_classes,)
        The classes that the model knows, sorted.
    commonest : object
        The commonest class of the training rows.
    """

    def __init__(self, classes: npt.NDArray[Any], commonest: object) -> None:
        self.classes, self.commonest = classes, commonest
        self._confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._rows = self._right = self._constant = 0
        self._log_loss: float | None = 0.0
        self._unknown: set[Any] = set()
        self._n_unknown = 0

    def add(
        self, y: npt.NDArray[Any], predicted: npt.NDArray[Any], probabilities: npt.NDArray[Any] | None = None
    ) -> None:
        """Take in rows.

        Parameters
        ----------
        y, predicted : array of shape (n_rows,)
            True and predicted classes; true ones that the model does not know count as wrong.
        probabilities : array of shape (n_rows, n_classes) or None
            Predicted probabilities.
        """
        known = np.isin(y, self.classes)
        truth, guess = np.searchsorted(self.classes, y[known]), np.searchsorted(self.classes, predicted[known])
        np.add.at(self._confusion, (truth, guess), 1)
        self._rows += len(y)
        if not known.all():
            self._n_unknown += len(y) - int(known.sum())
            self._unknown.update(np.unique(y[~known])[: max(0, MOST_UNKNOWN - len(self._unknown))].tolist())
        self._right += int((y == predicted).sum())
        self._constant += int((y == self.commonest).sum())
        if probabilities is None or not known.all():
            self._log_loss = None
        elif self._log_loss is not None:
            certain = np.maximum(probabilities[np.arange(len(y)), truth].astype(np.float64), np.finfo(np.float64).tiny)
            self._log_loss -= float(np.log(certain).sum())

    @property
    def unknown(self) -> str:
        """A sentence on rows of classes that training did not see, or nothing."""
        if not self._n_unknown:
            return ""
        classes = [repr(label) for label in sorted(self._unknown)]
        shown = ", ".join(classes[:5]) + ("…" if len(classes) > 5 else "")
        one = self._n_unknown == 1
        rows, are, count = ("1 row", "is", "counts") if one else (f"{self._n_unknown:,} rows", "are", "count")
        return f"{rows} {are} of a class that training did not see, {shown}, and {count} as wrong."

    def evaluation(self) -> Evaluation:
        """Return the scores of all rows so far."""
        rows_of_class = self._confusion.sum(axis=1)
        recalls = np.diag(self._confusion)[rows_of_class > 0] / rows_of_class[rows_of_class > 0]
        others = {"balanced accuracy": float(recalls.mean()) if len(recalls) else 0.0}
        if self._log_loss is not None:
            others["log loss"] = self._log_loss / self._rows
        return Evaluation(
            self._rows,
            "accuracy",
            self._right / self._rows,
            self._constant / self._rows,
            str(self.commonest),
            others,
            tuple(str(label) for label in self.classes),
            tuple(tuple(row) for row in self._confusion.tolist()),
        )


class NumberTally:
    """Counts up how well numbers were predicted, from as many pieces as one likes.

    Parameters
    ----------
    mean : float
        Mean of the training rows, in units of the target.
    """

    def __init__(self, mean: float) -> None:
        self.mean = mean
        self._targets, self._errors, self._constant_errors = Moments(), Squares(), Squares()
        self._absolute = 0.0
        self._rows = 0

    def add(
        self, y: npt.NDArray[Any], predicted: npt.NDArray[Any], probabilities: npt.NDArray[Any] | None = None
    ) -> None:
        """Take in true and predicted numbers, (n_rows,) each, in units of the target."""
        if not len(y):
            return
        errors = y - predicted
        self._rows += len(y)
        self._absolute += float(np.abs(errors).mean() - self._absolute) * (len(y) / self._rows)
        self._targets.add(y)
        self._errors.add(errors)
        self._constant_errors.add(y - self.mean)

    def evaluation(self) -> Evaluation:
        """Return the scores of all rows so far."""
        rmse, baseline = (float(squares.root_mean(self._rows)) for squares in (self._errors, self._constant_errors))
        others, spread = {"mean absolute error": self._absolute}, float(self._targets.deviation)
        if spread > 0:
            others["R²"] = 1 - (rmse / spread) ** 2
        return Evaluation(self._rows, "rmse", rmse, baseline, f"{self.mean:.6g}", others)


def evaluate_classes(
    y: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    probabilities: npt.NDArray[Any] | None,
    classes: npt.NDArray[Any],
    commonest: object,
) -> Evaluation:
    """Return how well classes were predicted; see `ClassTally`."""
    tally = ClassTally(classes, commonest)
    tally.add(y, predicted, probabilities)
    return tally.evaluation()


def evaluate_numbers(y: npt.NDArray[Any], predicted: npt.NDArray[Any], mean: float) -> Evaluation:
    """Return how well numbers were predicted; see `NumberTally`."""
    tally = NumberTally(mean)
    tally.add(y, predicted)
    return tally.evaluation()
