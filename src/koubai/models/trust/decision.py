"""Where the line between classes is drawn, chosen by a stated measure on rows that were held out.

A model answers with the class of the largest w_k p_k, p_k being its probabilities; all w_k are 1 unless a measure such
as balanced accuracy is to be served, for which the most probable class is not the best answer. For two classes this is
a threshold: the class that is looked for is answered from p = 1 / (1 + w) on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.language import recognised, term, worded
from koubai.core.schema import Fields, Listed, Real, Record, Rule, Text, Whole
from koubai.models.trust.metrics import METRICS, Metric

MOST_LINES = 512
"""So many thresholds are compared for two classes."""
STEPS = np.exp(np.linspace(-3, 3, 25))
"""Factors that are tried for each of more than two classes."""
ROUNDS = 3
"""So many times each class's factor is chosen anew."""

DECISION = Fields(
    {
        "metric": Text(tuple(METRICS)),
        "factors": Listed(Real(above=0)),
        "score": Real(finite=False),
        "plain": Real(finite=False),
        "n_rows": Whole(),
        "chosen": Text(longest=200),
        "classes": Listed(Text()),
    },
    (Rule("a factor for each class", lambda record: len(record["factors"]) in (0, len(record["classes"]))),),
)
"""What the record of a decision holds."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen to serve a measure.

    Parameters
    ----------
    metric : str
        The measure's name.
    factors : tuple of float
        w_k for each class; empty if the most probable class is answered, or numbers are.
    score, plain : float
        The measure on held-out rows with the choice, and without.
    n_rows : int
        Number of these rows.
    chosen : str
        What was chosen for the networks, in words; empty for nothing.
    classes : tuple of str
        The classes that the factors are of.
    """

    metric: str
    factors: tuple[float, ...] = ()
    score: float = float("nan")
    plain: float = float("nan")
    n_rows: int = 0
    chosen: str = ""
    classes: tuple[str, ...] = ()

    def record(self) -> Record:
        """Return the decision as plain data; `from_record` reads it back."""
        names = ("metric", "score", "plain", "n_rows", "chosen")
        lists = {"factors": list(self.factors), "classes": list(self.classes)}
        return {**lists, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_record(cls, record: Record) -> "Decision":
        """Return the decision described by `record`."""
        factors = tuple(float(factor) for factor in record["factors"])
        score, plain = float(record["score"]), float(record["plain"])
        classes = tuple(str(label) for label in record["classes"])
        return cls(str(record["metric"]), factors, score, plain, int(record["n_rows"]), str(record["chosen"]), classes)

    def choose(self, probabilities: Array) -> Array:
        """Return the index of the class that is answered in each row of probabilities, (n_rows,)."""
        return np.asarray((probabilities * self.factors if self.factors else probabilities).argmax(axis=1))

    @property
    def sentence(self) -> str:
        """What was chosen and why, in one sentence."""
        label, classes = term(METRICS[self.metric].label), self.classes
        if not self.n_rows:
            return worded("models.note.nothing_but_defaults_was_tried", label=label)
        found = worded(
            "models.note.on_rows_networks_did_not", label=label, score=f"{self.score:.4g}", n_rows=f"{self.n_rows:,}"
        )
        if self.chosen:
            return worded(
                "models.note.best_without",
                label=label,
                chosen=recognised(self.chosen),
                found=found,
                plain=f"{self.plain:.4g}",
            )
        if not self.factors:
            return worded("models.note.best_nothing_better_was_found", label=label, found=found)
        if len(self.factors) == 2:
            sought = int(self.factors[1] >= self.factors[0])
            line = self.factors[1 - sought] / sum(self.factors)
            what = worded("models.note.answered_probability_on", classes=classes[sought], line=f"{line:.3g}")
        else:
            listed = ", ".join(f"{name} × {w:.3g}" for name, w in list(zip(classes, self.factors, strict=True))[:8])
            what = worded("models.note.largest_probabilities_times_factors_answered", listed=listed)
        return worded(
            "models.note.best_most_probable_class", label=label, what=what, found=found, plain=f"{self.plain:.4g}"
        )


def decide(
    metric: str, y: Array, probabilities: Array, sought: int, classes: Sequence[object] = ("no", "yes")
) -> Decision:
    """Return the factors that serve a measure best on rows that were held out.

    Parameters
    ----------
    metric : str
        A measure that depends on the line between classes.
    y : array of int of shape (n_rows,)
        True classes, as indices.
    probabilities : array of shape (n_rows, n_classes)
        Probabilities by networks that did not learn from these rows.
    sought : int
        Of two classes, the one that is looked for.
    classes : sequence
        The classes.

    Examples
    --------
    >>> shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    >>> decide("balanced_accuracy", np.array([0, 0, 1, 1]), shares, 1).factors
    (1.0, 3.0)
    """
    found = METRICS[metric]
    plain = found.value(y, probabilities, probabilities.argmax(axis=1), sought)
    of_two = probabilities.shape[1] == 2
    factors = _line(found, y, probabilities, sought) if of_two else _factors(found, y, probabilities, sought)
    score = found.value(y, probabilities, (probabilities * factors).argmax(axis=1), sought)
    if not score > plain:
        return Decision(metric, (), plain, plain, len(y))
    return Decision(metric, tuple(map(float, factors)), score, plain, len(y), "", tuple(map(str, classes)))


def _line(metric: Metric, y: Array, probabilities: Array, sought: int) -> Array:
    """Return the factors of two classes for the best threshold: of equally good ones, the middle of the widest range.

    Thresholds lie half-way between neighbouring probabilities.
    """
    assert metric.of_confusion is not None
    p = probabilities[:, 1].astype(np.float64)
    values, places = np.unique(p, return_inverse=True)
    n = [np.bincount(places[y == k], minlength=len(values)) for k in (0, 1)]
    below = [np.concatenate([[0], np.cumsum(counts)]) for counts in n]  # rows below each threshold
    edges = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2, [1.0]])
    kept = np.unique(np.linspace(0, len(edges) - 1, min(len(edges), MOST_LINES)).round().astype(int))
    confusion = np.empty((len(kept), 2, 2))
    for k in (0, 1):
        confusion[:, k, 0] = below[k][kept]
        confusion[:, k, 1] = below[k][-1] - below[k][kept]
    scores = metric.of_confusion(confusion, sought)
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=lambda run: edges[kept[run[-1]]] - edges[kept[run[0]]])
    line = float(np.clip((edges[kept[run[0]]] + edges[kept[run[-1]]]) / 2, 1e-6, 1 - 1e-6))
    return np.array([1.0, round((1 - line) / line, 9)])


def _factors(metric: Metric, y: Array, probabilities: Array, sought: int) -> Array:
    """Return factors for each class, one chosen after the other while the others stay."""
    factors = np.ones(probabilities.shape[1])
    best = metric.value(y, probabilities, probabilities.argmax(axis=1), sought)
    for _ in range(ROUNDS):
        before = best
        for k in range(len(factors)):
            tried = factors * np.where(np.arange(len(factors)) == k, STEPS[:, np.newaxis], 1.0)
            scores = [metric.value(y, probabilities, (probabilities * one).argmax(axis=1), sought) for one in tried]
            if max(scores) > best:
                best = max(scores)
                equal = np.flatnonzero(np.array(scores) >= best - 1e-12)
                factors = tried[min(equal, key=lambda step: abs(np.log(STEPS[step])))]  # the least that serves
        if best == before:
            break
    return factors
