"""A report's scores, each with its uncertainty and beside that of a constant answer."""

from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.models.reporting.record import Judged
from koubai.models.scores.evaluation import LOG_LOSS, SHARES_LOG_LOSS, ClassTally, Evaluation
from koubai.models.table_predictor import TablePredictor

RESAMPLES = 200
"""Number of resamples by which measures without an interval of their own get one."""
MOST_RESAMPLED = 20_000
"""Maximum number of rows that are resampled; of more, the intervals would be narrow anyway."""
OF_ANSWERS = ("truth within", "mean number of", "mean width of")
"""How measures begin that say nothing of a constant answer."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: the model's score, its 95 % interval, and the score of a constant answer, as far as known."""

    name: str
    score: float
    interval: tuple[float, float] | None
    baseline: float | None


def judged(model: TablePredictor, y: Array, features: Array, seed: int) -> Judged:
    """Return a model's answers for prepared rows, and their scores."""
    predicted, probabilities = model.outputs(features)
    found = _evaluation(model, y, predicted, probabilities)
    ranges = {} if found.interval is None else {found.measure: found.interval}
    ranges |= _resampled(model, y, predicted, probabilities, seed)
    classes = np.asarray(getattr(model.estimator_, "classes_", ()))
    return Judged(found, ranges, _constant(model, y), classes, y, predicted, probabilities)


def measures(judged: Judged) -> list[Measure]:
    """Return all measures, the main one first."""
    found, constant = judged.evaluation, judged.constant.others
    rows = [Measure(found.measure, found.score, found.interval, found.baseline)]
    for name, value in found.others.items():
        if name != SHARES_LOG_LOSS:
            baseline = None if name.startswith(OF_ANSWERS) else constant.get(name)
            if name == LOG_LOSS:
                baseline = found.others.get(SHARES_LOG_LOSS)
            rows.append(Measure(name, value, judged.ranges.get(name), baseline))
    return rows


def _evaluation(model: TablePredictor, y: Array, predicted: Array, probabilities: Array | None) -> Evaluation:
    tally = model.new_tally()
    tally.add(y, predicted, probabilities)
    return tally.evaluation()


def _constant(model: TablePredictor, y: Array) -> Evaluation:
    """Return the scores of always answering the most common class with the classes' shares, or the mean."""
    tally = model.new_tally()
    if isinstance(tally, ClassTally):
        shares = None if model.shares_ is None else np.tile(np.asarray(model.shares_, np.float64), (len(y), 1))
        tally.add(y, np.full(len(y), model.commonest_, dtype=np.asarray(tally.classes).dtype), shares)
    else:
        tally.add(y, np.full(len(y), model.mean_))
    return tally.evaluation()


def _resampled(
    model: TablePredictor, y: Array, predicted: Array, probabilities: Array | None, seed: int
) -> dict[str, tuple[float, float]]:
    """Return the 95 % interval of each further measure by the bootstrap (Efron 1979), percentiles of resamples."""
    if not 2 <= len(y) <= MOST_RESAMPLED:
        return {}
    rng = np.random.default_rng(seed)
    values: dict[str, list[float]] = {}
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(y), size=len(y))
        shares = None if probabilities is None else probabilities[drawn]
        for name, value in _evaluation(model, y[drawn], predicted[drawn], shares).others.items():
            values.setdefault(name, []).append(value)
    ends = {name: np.quantile(drawn, (0.025, 0.975)) for name, drawn in values.items()}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}
