"""A report's pictures: ROC, precision and recall, calibration; predicted against true numbers, and residuals."""

import numpy as np

from koubai.core.arrays import Array
from koubai.explain.derivations import Curves
from koubai.models.reporting.record import Judged

MOST_CLASSES = 6
"""Maximum number of classes with curves of their own: those of the most rows."""
MOST_POINTS, MOST_DOTS = 200, 400
"""Maximum number of points of a curve, and of dots."""
BINS = 10
"""Number of bins of equal numbers of rows, by rising probability; residuals are binned likewise, by size."""
UNIT = (0.0, 1.0)


def shown_classes(judged: Judged) -> list[int]:
    """Return the classes with curves: of two, the rarer; of more, those of the most rows, none without rows."""
    counts = np.array([(judged.y == label).sum() for label in judged.classes])
    there = [k for k in np.argsort(-counts, kind="stable").tolist() if 0 < counts[k] < len(judged.y)]
    return there[-1:] if len(judged.classes) == 2 else sorted(there[:MOST_CLASSES])


def roc(judged: Judged, k: int, shares: Array) -> Curves:
    """Return the share of a class's rows that are found against that of the others taken for it."""
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(judged.y == judged.classes[k], shares[:, k])
    some = _some(len(false))
    return _curves(f"{judged.classes[k]}", false[some], true[some], false[some])


def precision_recall(judged: Judged, k: int, shares: Array) -> Curves:
    """Return the precision against the share of the class's rows that are found."""
    from sklearn.metrics import precision_recall_curve

    truth = judged.y == judged.classes[k]
    precision, recall, _ = precision_recall_curve(truth, shares[:, k])
    some = _some(len(recall))
    across, up = recall[::-1][some], precision[::-1][some]
    return _curves(f"{judged.classes[k]}", across, up, np.full(len(across), truth.mean()))


def calibration(judged: Judged, k: int, shares: Array) -> Curves:
    """Return how often a class is the true one against its probability, in bins of as many rows each."""
    from sklearn.calibration import calibration_curve

    truth = judged.y == judged.classes[k]
    often, probability = calibration_curve(truth, np.clip(shares[:, k], 0, 1), n_bins=BINS, strategy="quantile")
    dots = tuple(zip(probability.tolist(), often.tolist(), strict=True))
    return Curves(f"{judged.classes[k]}", UNIT, (("", UNIT),), dots=dots, limits=UNIT)


def true_against_predicted(judged: Judged, variable: str) -> Curves:
    """Return the true numbers over the predicted ones, with the line where both are equal."""
    ends = _ends(judged.predicted)
    return Curves(variable, ends, (("", ends),), dots=_dots(judged.predicted, judged.y))


def residuals(judged: Judged, variable: str) -> Curves:
    """Return truth − answer over the answers, with the line of no residual."""
    return Curves(
        variable,
        _ends(judged.predicted),
        (("", (0.0, 0.0)),),
        dots=_dots(judged.predicted, judged.y - judged.predicted),
    )


def histogram(judged: Judged, variable: str) -> Curves:
    """Return how many rows have residuals of each size, as bars named by their middles."""
    counts, edges = np.histogram(judged.y - judged.predicted, bins=BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    digits = max(0, 1 - int(np.floor(np.log10(max(float(edges[1] - edges[0]), 1e-300)))))
    names = tuple(f"{middle:.{min(digits, 12)}f}" if abs(middle) < 1e6 else f"{middle:.2g}" for middle in middles)
    return Curves(variable, tuple(name.replace("-", "−") for name in names), (("", tuple(map(float, counts))),))


def _curves(name: str, across: Array, up: Array, beside: Array) -> Curves:
    curves = ((name, tuple(map(float, up))), ("", tuple(map(float, beside))))
    return Curves(name, tuple(map(float, across)), curves, limits=UNIT)


def _some(n_points: int) -> Array:
    """Return the places of at most this many points, the first and the last among them."""
    return np.unique(np.linspace(0, n_points - 1, min(n_points, MOST_POINTS)).round().astype(np.int64))


def _ends(numbers: Array) -> tuple[float, float]:
    return float(numbers.min()), float(numbers.max())


def _dots(across: Array, up: Array) -> tuple[tuple[float, float], ...]:
    """Return dots, of many rows some at equal steps and the most extreme."""
    some = np.unique(np.linspace(0, len(across) - 1, min(len(across), MOST_DOTS)).astype(np.int64))
    some = np.unique(
        [*some, *(int(place) for numbers in (across, up) for place in (numbers.argmin(), numbers.argmax()))]
    )
    return tuple(zip(across[some].tolist(), up[some].tolist(), strict=True))
