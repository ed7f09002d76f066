"""The measures of quality that a table's model can be asked to serve, by scikit-learn's names.

Of the measures of classes, some follow from the confusion matrix, so that they depend on where the line between the
classes is drawn; the others judge probabilities, whatever is made of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.language import term, worded
from koubai.models.scores.ranking import average_precision, roc_area
from koubai.tables.preparing.refusals import CLASSIFICATION, REGRESSION


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure of quality.

    Parameters
    ----------
    name : str
        What the user says.
    label : str
        What is printed.
    task : str
        The task that it measures.
    of_confusion : callable, optional
        From confusion matrices (…, n_classes, n_classes), true classes first, and for two classes the index of the one
        that is looked for, the measure, higher being better.
    of_answers : callable, optional
        From true values (n_rows,) and probabilities (n_rows, n_classes), or numbers (n_rows,), the measure.
    lower_is_better : bool
        Of ``of_answers``.
    """

    name: str
    label: str
    task: str
    of_confusion: Callable[[Array, int], Array] | None = None
    of_answers: Callable[[Array, Array], float] | None = None
    lower_is_better: bool = False

    @property
    def decides(self) -> bool:
        """Whether it depends on where the line between classes is drawn."""
        return self.of_confusion is not None

    def value(self, y: Array, answers: Array, predicted: Array, sought: int) -> float:
        """Return the measure.

        Parameters
        ----------
        y : array of shape (n_rows,)
            True classes as their indices, or numbers.
        answers : array of shape (n_rows, n_classes) or (n_rows,)
            Probabilities, or predicted numbers.
        predicted : array of shape (n_rows,)
            Predicted classes as their indices; not needed for numbers.
        sought : int
            Of two classes, the index of the one that is looked for.
        """
        if self.of_confusion is not None:
            n = answers.shape[1]
            confusion = np.zeros((n, n))
            np.add.at(confusion, (y.astype(np.int64), predicted.astype(np.int64)), 1)
            return float(self.of_confusion(confusion, sought))
        assert self.of_answers is not None
        return float(self.of_answers(y, answers))

    def is_better(self, one: float, other: float) -> bool:
        """Return whether one value of the measure is better than another."""
        return one < other if self.lower_is_better else one > other


def _accuracy(confusion: Array, sought: int) -> Array:
    return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def _balanced(confusion: Array, sought: int) -> Array:
    rows = confusion.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        recalls = np.diagonal(confusion, axis1=-2, axis2=-1) / rows
    return np.nanmean(np.where(rows > 0, recalls, np.nan), axis=-1)


def _f1(confusion: Array, sought: int) -> Array:
    """Return F1 of the class that is looked for or, of more than two classes, the mean over them."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    f1 = 2 * right / np.maximum(both, 1e-300)
    if confusion.shape[-1] == 2:
        return f1[..., sought]
    there = both > 0
    return np.where(there, f1, 0).sum(axis=-1) / there.sum(axis=-1)


def _matthews(confusion: Array, sought: int) -> Array:
    """Return Matthews' correlation coefficient (Gorodkin 2004, equation 8)."""
    truth, guessed, n = confusion.sum(axis=-1), confusion.sum(axis=-2), confusion.sum(axis=(-2, -1))
    together = np.trace(confusion, axis1=-2, axis2=-1) * n - (truth * guessed).sum(axis=-1)
    apart = np.sqrt((n**2 - (guessed**2).sum(axis=-1)) * (n**2 - (truth**2).sum(axis=-1)))
    return np.where(apart > 0, together / np.maximum(apart, 1e-300), 0.0)


def _kappa(confusion: Array, sought: int) -> Array:
    """Return Cohen's kappa: (agreement - that of chance) / (1 - that of chance)."""
    n = confusion.sum(axis=(-2, -1))
    by_chance = (confusion.sum(axis=-1) * confusion.sum(axis=-2)).sum(axis=-1) / n**2
    return np.where(by_chance < 1, (_accuracy(confusion, sought) - by_chance) / np.maximum(1 - by_chance, 1e-300), 0.0)


def _auc(y: Array, shares: Array) -> float:
    there = [k for k in range(shares.shape[1]) if 0 < (y == k).sum() < len(y)]
    return float(np.mean([roc_area(y == k, shares[:, k]) for k in there])) if there else float("nan")


def _average_precision(y: Array, shares: Array) -> float:
    there = [k for k in range(shares.shape[1]) if (y == k).any()]
    if shares.shape[1] == 2:
        there = [int((y == 1).sum() <= (y == 0).sum())]  # of the rarer
    return float(np.mean([average_precision(y == k, shares[:, k]) for k in there]))


def _log_loss(y: Array, shares: Array) -> float:
    chosen = shares[np.arange(len(y)), y.astype(np.int64)].astype(np.float64)
    return float(-np.log(np.maximum(chosen, np.finfo(np.float64).tiny)).mean())


def _brier(y: Array, shares: Array) -> float:
    """Return the mean squared error of the probabilities: over both classes the same, so that one counts."""
    truth = y[:, np.newaxis] == np.arange(shares.shape[1])
    return float(((shares - truth) ** 2).sum(axis=1).mean() / (2 if shares.shape[1] == 2 else 1))


def _rmse(y: Array, predicted: Array) -> float:
    return float(np.sqrt(((y - predicted) ** 2).mean()))


def _mae(y: Array, predicted: Array) -> float:
    return float(np.abs(y - predicted).mean())


def _r2(y: Array, predicted: Array) -> float:
    spread = float(((y - y.mean()) ** 2).sum())
    return 1 - float(((y - predicted) ** 2).sum()) / spread if spread else float("nan")


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", CLASSIFICATION, _accuracy),
        Metric("balanced_accuracy", "balanced accuracy", CLASSIFICATION, _balanced),
        Metric("f1", "F1", CLASSIFICATION, _f1),
        Metric("mcc", "Matthews correlation", CLASSIFICATION, _matthews),
        Metric("kappa", "Cohen's kappa", CLASSIFICATION, _kappa),
        Metric("auc", "ROC AUC", CLASSIFICATION, of_answers=_auc),
        Metric("average_precision", "average precision", CLASSIFICATION, of_answers=_average_precision),
        Metric("log_loss", "log loss", CLASSIFICATION, of_answers=_log_loss, lower_is_better=True),
        Metric("brier", "Brier score", CLASSIFICATION, of_answers=_brier, lower_is_better=True),
        Metric("rmse", "root mean squared error", REGRESSION, of_answers=_rmse, lower_is_better=True),
        Metric("mae", "mean absolute error", REGRESSION, of_answers=_mae, lower_is_better=True),
        Metric("r2", "R²", REGRESSION, of_answers=_r2),
    )
}
"""All measures that can be asked for."""

CANDIDATES: Mapping[str, Mapping[str, object]] = {
    "auc": {"class_weight": "balanced"},
    "average_precision": {"class_weight": "balanced"},
    "log_loss": {"class_weight": "balanced"},
    "brier": {"class_weight": "balanced"},
    "mae": {"loss": "absolute_error"},
}
"""What may serve a measure better than the defaults, and is tried where no line between classes is to be drawn."""


def check_metric(name: object, task: str | None) -> None:
    """Raise an error in one sentence if a measure is unknown, or does not belong to the task."""
    if name is None:
        return
    if not isinstance(name, str):
        raise ParameterTypeError(
            who="TableModel",
            parameter="metric",
            required=worded("core.must.text"),
            got=type(name).__name__,
            remedy=worded("core.remedy.try_balanced_accuracy"),
        )
    if name not in METRICS:
        raise ParameterError(
            who="TableModel",
            parameter="metric",
            required=worded("core.must.be_one_of", names=", ".join(METRICS)),
            got=repr(name),
            remedy=worded("core.remedy.try_balanced_accuracy_2"),
        )
    if task in (CLASSIFICATION, REGRESSION) and METRICS[name].task != task:
        suited = [other for other, metric in METRICS.items() if metric.task == task]
        raise ParameterError(
            who="TableModel",
            parameter="metric",
            required=worded("core.must.be_one_of_2", task=term(task), suited=", ".join(suited)),
            got=repr(name),
            remedy=worded("core.remedy.try", value=suited[0]),
        )
