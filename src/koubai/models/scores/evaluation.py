"""A model's scores on rows it did not learn from, beside a constant baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.language import term, worded
from koubai.core.moments import Moments, Squares
from koubai.core.schema import Record
from koubai.models.scores.ranking import average_precision, roc_area
from koubai.models.trust.conformal import Conformal
from koubai.models.trust.metrics import METRICS
from koubai.models.trust.uncertainty import of_root_mean_square, of_share


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of a model on some rows.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    measure : str
        The measure of ``score`` and ``baseline``: ``accuracy`` (higher is better), or ``rmse``, the root mean squared
        error, in units of the target (lower is better).
    score : float
        The model's.
    baseline : float
        The score of a constant prediction: the most common class, or the mean, of the training rows.
    answer : str
        That constant prediction.
    others : mapping of str to float
        Further measures by name: balanced accuracy, log loss (nats) and that of the class shares, areas under the ROC
        and precision-recall curves; or mean absolute error and R².
    classes : sequence of str
        For classification, the classes.
    confusion : sequence of sequence of int
        For classification, rows by true class (outer) and predicted class (inner).
    interval : tuple (low, high), optional
        The 95 % confidence interval of ``score``, from the number of these rows and how much they differ.
    """

    n_rows: int
    measure: str
    score: float
    baseline: float
    answer: str
    others: Mapping[str, float] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    interval: tuple[float, float] | None = None

    @property
    def is_better(self) -> bool:
        """Whether the model beats the constant baseline by its score, its log loss, or its ranking of the rows."""
        if self.measure != "accuracy":
            return self.score < self.baseline
        if self.score > self.baseline:
            return True
        log_loss, of_shares = self.others.get(LOG_LOSS, np.inf), self.others.get(SHARES_LOG_LOSS, -np.inf)
        return log_loss < of_shares or self.orders

    @property
    def orders(self) -> bool:
        """Whether the probabilities rank the rows better than chance.

        The area under the ROC curve exceeds ½ by more than two standard deviations of a random ranking
        (Mann and Whitney 1947, "On a test of whether one of two random variables is stochastically larger").
        """
        counts = [sum(row) for row in self.confusion]
        pairs = [(count, sum(counts) - count) for count in counts if 0 < count < sum(counts)]
        if ROC_AUC not in self.others or not pairs:
            return False
        chance = np.mean([np.sqrt((own + other + 1) / (12 * own * other)) for own, other in pairs])
        return bool(self.others[ROC_AUC] > 0.5 + 2 * chance)

    @property
    def is_perfect(self) -> bool:
        """Whether no model could have a better score."""
        return self.score == (1.0 if self.measure == "accuracy" else 0.0)

    def record(self) -> Record:
        """Return the evaluation as plain data; `from_record` reads it back."""
        return {
            "n_rows": self.n_rows,
            "measure": self.measure,
            "score": self.score,
            "baseline": self.baseline,
            "answer": self.answer,
            "others": dict(self.others),
            "classes": list(self.classes),
            "confusion": [list(row) for row in self.confusion],
            "interval": None if self.interval is None else list(self.interval),
        }

    @classmethod
    def from_record(cls, record: Record) -> "Evaluation":
        """Return the evaluation described by `record`."""
        return cls(
            int(record["n_rows"]),
            str(record["measure"]),
            float(record["score"]),
            float(record["baseline"]),
            str(record["answer"]),
            {str(name): float(value) for name, value in record["others"].items()},
            tuple(str(label) for label in record["classes"]),
            tuple(tuple(int(count) for count in row) for row in record["confusion"]),
            None if record.get("interval") is None else (float(record["interval"][0]), float(record["interval"][1])),
        )


LOG_LOSS, SHARES_LOG_LOSS = "log loss", "log loss of the class shares"
ROC_AUC, AVERAGE_PRECISION = "ROC AUC", "average precision"

MOST_RANKED = 2_000_000
"""Maximum number of probabilities kept for ranking measures; with more, these are omitted."""
MOST_UNKNOWN = 1000
"""Maximum number of classes unseen in training that are remembered."""


class ClassTally:
    """Accumulates classification scores over any number of pieces.

    Parameters
    ----------
    classes : array of shape (n_classes,)
        The classes known to the model, sorted.
    commonest : object
        The most common class of the training rows.
    shares : sequence of float or None
        The share of each class in the training rows, which is the constant baseline's probabilities.
    metric : str, optional
        The measure that the model is to serve, which is then among the scores.
    conformal : Conformal, optional
        Sets of classes, whose coverage is then measured.
    """

    def __init__(
        self,
        classes: Array,
        commonest: object,
        shares: Sequence[float] | None = None,
        metric: str | None = None,
        conformal: Conformal | None = None,
    ) -> None:
        self.classes, self.commonest = classes, commonest
        self._metric, self._conformal = None if metric is None else METRICS[metric], conformal
        self._within = self._in_sets = 0
        self._shares = None if shares is None else np.asarray(shares, np.float64)
        self._ranked: list[tuple[Array, Array]] | None = []
        self._confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._rows = self._right = self._constant = 0
        self._log_loss: float | None = 0.0
        self._unknown: set[str | float] = set()
        self._n_unknown = 0

    def add(self, y: Array, predicted: Array, probabilities: Array | None = None) -> None:
        """Add rows.

        Parameters
        ----------
        y, predicted : array of shape (n_rows,)
            True and predicted classes; true classes unknown to the model count as wrong.
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
        if self._conformal is not None and probabilities is not None:
            there = self._conformal.sets(probabilities)
            self._in_sets += int(there.sum())
            self._within += int(there[np.flatnonzero(known), truth].sum())
        if probabilities is None or not known.all():
            self._log_loss = self._ranked = None
        elif self._log_loss is not None:
            certain = np.maximum(probabilities[np.arange(len(y)), truth].astype(np.float64), np.finfo(np.float64).tiny)
            self._log_loss -= float(np.log(certain).sum())
            self._keep(truth, probabilities)

    def _keep(self, truth: Array, probabilities: Array) -> None:
        """Keep probabilities for the curves, unless there are too many."""
        if self._ranked is None or (self._rows * probabilities.shape[1] > MOST_RANKED):
            self._ranked = None
        else:
            self._ranked.append((truth, probabilities))

    @property
    def unknown(self) -> str:
        """A sentence on rows whose classes were not seen in training, or an empty string."""
        if not self._n_unknown:
            return ""
        classes = [repr(label) for label in sorted(self._unknown)]
        shown = ", ".join(classes[:5]) + ("…" if len(classes) > 5 else "")
        key = "models.note.row_of_unseen_class" if self._n_unknown == 1 else "models.note.rows_of_unseen_classes"
        return worded(key, n=f"{self._n_unknown:,}", shown=shown)

    def evaluation(self) -> Evaluation:
        """Return the scores of all rows so far."""
        rows_of_class = self._confusion.sum(axis=1)
        recalls = np.diag(self._confusion)[rows_of_class > 0] / rows_of_class[rows_of_class > 0]
        others = {"balanced accuracy": float(recalls.mean()) if len(recalls) else 0.0}
        if self._log_loss is not None:
            others[LOG_LOSS] = self._log_loss / self._rows
            if self._shares is not None and (self._shares[rows_of_class > 0] > 0).all():
                there = rows_of_class > 0
                others[SHARES_LOG_LOSS] = float(-(rows_of_class[there] @ np.log(self._shares[there])) / self._rows)
            others |= self._areas(rows_of_class)
        others = self._asked(others)
        if self._conformal is not None:
            others |= _coverage(self._conformal, self._within, self._rows, "set")
            others["mean number of classes in a set"] = self._in_sets / max(1, self._rows)
        return Evaluation(
            self._rows,
            "accuracy",
            self._right / self._rows,
            self._constant / self._rows,
            str(self.commonest),
            others,
            tuple(str(label) for label in self.classes),
            tuple(tuple(row) for row in self._confusion.tolist()),
            of_share(self._right, self._rows),
        )

    def _asked(self, others: dict[str, float]) -> dict[str, float]:
        """Return the scores with the measure that was asked for as the first of them."""
        metric = self._metric
        if metric is None or metric.name == "accuracy":
            return others
        label = metric.label
        sought = 1 - int(np.flatnonzero(self.classes == self.commonest)[0]) if len(self.classes) == 2 else 0
        if metric.decides and len(self.classes) == 2 and metric.name == "f1":
            label = worded("models.note.of", label=term(metric.label), classes=self.classes[sought])
        if metric.of_confusion is not None:
            value = float(metric.of_confusion(self._confusion.astype(np.float64), sought))
        elif self._ranked and metric.of_answers is not None:
            truth = np.concatenate([places for places, _ in self._ranked])
            value = metric.of_answers(truth, np.concatenate([shares for _, shares in self._ranked]))
        else:
            return others
        return {label: value} | {name: other for name, other in others.items() if name != label}

    def _areas(self, rows_of_class: npt.NDArray[np.int64]) -> dict[str, float]:
        """Return the area under the ROC curve and, for two classes, the average precision of the rarer.

        With more than two classes, it is the mean of the one-vs-rest areas.
        """
        if not self._ranked:
            return {}
        truth = np.concatenate([places for places, _ in self._ranked])
        shares = np.concatenate([probabilities for _, probabilities in self._ranked])
        there = [index for index, count in enumerate(rows_of_class) if 0 < count < len(truth)]
        if not there or not np.isfinite(shares).all():
            return {}
        found = {ROC_AUC: float(np.mean([roc_area(truth == index, shares[:, index]) for index in there]))}
        if len(self.classes) == 2:
            rarer = 1 - int(np.flatnonzero(self.classes == self.commonest)[0])
            name = worded("models.note.of_2", average_precision=term(AVERAGE_PRECISION), classes=self.classes[rarer])
            found[name] = float(average_precision(truth == rarer, shares[:, rarer]))
        return found


def _coverage(conformal: Conformal, within: int, n_rows: int, what: str) -> dict[str, float]:
    """Return the share of rows whose truth lies within, by name."""
    return {worded("models.note.truth_within", percent=conformal.percent, what=what): within / max(1, n_rows)}


class NumberTally:
    """Accumulates regression scores over any number of pieces.

    Parameters
    ----------
    mean : float
        Mean of the training rows, in units of the target.
    metric : str, optional
        The measure that the model is to serve, which then comes first among the further scores.
    conformal : Conformal, optional
        Intervals, whose coverage is then measured; none begins below ``lowest``.
    lowest : float
        The lowest end of an interval.
    """

    def __init__(
        self,
        mean: float,
        metric: str | None = None,
        conformal: Conformal | None = None,
        lowest: float = -np.inf,
    ) -> None:
        self.mean = mean
        self._metric, self._conformal, self._lowest = metric, conformal, lowest
        self._within, self._width, self._unit = 0, 0.0, 0.0
        self._squares = Moments()
        self._targets, self._errors, self._constant_errors = Moments(), Squares(), Squares()
        self._absolute = 0.0
        self._rows = 0

    def add(self, y: Array, predicted: Array, probabilities: Array | None = None) -> None:
        """Add true and predicted numbers, (n_rows,) each, in units of the target."""
        if not len(y):
            return
        errors = y - predicted
        self._rows += len(y)
        self._absolute += float(np.abs(errors).mean() - self._absolute) * (len(y) / self._rows)
        self._targets.add(y)
        self._errors.add(errors)
        self._unit = self._unit or float(np.abs(errors).max()) or 1.0
        with np.errstate(over="ignore"):
            self._squares.add((errors / self._unit) ** 2)
        if self._conformal is not None:
            low, high = self._conformal.interval(predicted, self._lowest)
            self._within += int(((low <= y) & (y <= high)).sum())
            self._width += float((high - low).mean() - self._width) * (len(y) / self._rows)
        self._constant_errors.add(y - self.mean)

    def evaluation(self) -> Evaluation:
        """Return the scores of all rows so far."""
        rmse, baseline = (float(squares.root_mean(self._rows)) for squares in (self._errors, self._constant_errors))
        others, spread = {"mean absolute error": self._absolute}, float(self._targets.deviation)
        if spread > 0:
            others["R²"] = 1 - (rmse / spread) ** 2
        if self._metric == "r2" and "R²" in others:
            others = {"R²": others["R²"]} | others
        if self._conformal is not None:
            others |= _coverage(self._conformal, self._within, self._rows, "interval")
            others["mean width of an interval"] = self._width
        relative = float(self._squares.deviation / self._squares.mean) if self._squares.mean > 0 else 0.0
        interval = of_root_mean_square(rmse, relative, self._rows)
        return Evaluation(self._rows, "rmse", rmse, baseline, f"{self.mean:.6g}", others, interval=interval)


def evaluate_classes(
    y: Array,
    predicted: Array,
    probabilities: Array | None,
    classes: Array,
    commonest: object,
    shares: Sequence[float] | None = None,
) -> Evaluation:
    """Return classification scores; see `ClassTally`."""
    tally = ClassTally(classes, commonest, shares)
    tally.add(y, predicted, probabilities)
    return tally.evaluation()


def evaluate_numbers(y: Array, predicted: Array, mean: float) -> Evaluation:
    """Return regression scores; see `NumberTally`."""
    tally = NumberTally(mean)
    tally.add(y, predicted)
    return tally.evaluation()
