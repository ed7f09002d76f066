"""How good a model is on rows that it did not learn from, beside the simplest thing one could do instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


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


def evaluate_classes(
    y: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    probabilities: npt.NDArray[Any] | None,
    classes: npt.NDArray[Any],
    commonest: object,
) -> Evaluation:
    """Return how well classes were predicted.

    Parameters
    ----------
    y, predicted : array of shape (n_rows,)
        True and predicted classes; true ones that the model does not know count as wrong.
    probabilities : array of shape (n_rows, n_classes) or None
        Predicted probabilities.
    classes : array of shape (n_classes,)
        The classes that the model knows, sorted.
    commonest : object
        The commonest class of the training rows.
    """
    known = np.isin(y, classes)
    truth, guess = np.searchsorted(classes, y[known]), np.searchsorted(classes, predicted[known])
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (truth, guess), 1)
    rows_of_class = confusion.sum(axis=1)
    recalls = np.diag(confusion)[rows_of_class > 0] / rows_of_class[rows_of_class > 0]
    others = {"balanced accuracy": float(recalls.mean()) if len(recalls) else 0.0}
    if probabilities is not None and known.all():
        certain = np.maximum(probabilities[np.arange(len(y)), truth].astype(np.float64), np.finfo(np.float64).tiny)
        others["log loss"] = float(-np.log(certain).mean())
    return Evaluation(
        len(y),
        "accuracy",
        float((y == predicted).mean()),
        float((y == commonest).mean()),
        str(commonest),
        others,
        tuple(str(label) for label in classes),
        tuple(tuple(row) for row in confusion.tolist()),
    )


def evaluate_numbers(y: npt.NDArray[Any], predicted: npt.NDArray[Any], mean: float) -> Evaluation:
    """Return how well numbers were predicted.

    Parameters
    ----------
    y, predicted : array of shape (n_rows,)
        True and predicted numbers, in units of the target.
    mean : float
        Mean of the training rows.
    """
    errors = y - predicted
    others = {"mean absolute error": float(np.abs(errors).mean())}
    rmse, spread, baseline = (root_mean_square(distances) for distances in (errors, y - y.mean(), y - mean))
    if spread > 0:
        others["R²"] = 1 - (rmse / spread) ** 2
    return Evaluation(len(y), "rmse", rmse, baseline, f"{mean:.6g}", others)


def root_mean_square(values: npt.NDArray[Any]) -> float:
    """Return the root of the mean of the squares of numbers (n,), which may be too large or too small to be squared.

    Examples
    --------
    >>> root_mean_square(np.array([3e200, 4e200])) == 12.5**0.5 * 1e200
    True
    """
    unit = float(np.abs(values).max())
    return unit * float(np.sqrt(((values / unit) ** 2).mean())) if 0 < unit < np.inf else unit
