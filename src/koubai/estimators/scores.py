"""Validation scores from a network's outputs, cheap enough for every epoch; NaN where an output is not finite."""

import numpy as np

from koubai.core.activations import Array


def accuracy(outputs: Array, targets: Array, weights: Array | None, threshold: float, one_of_many: bool) -> float:
    """Return the share of rows whose classes are all predicted right, in [0, 1].

    Parameters
    ----------
    outputs, targets : (n, n_outputs)
        Network outputs, and the targets that they were trained on.
    weights : (n,), optional
        Weights of the rows.
    threshold : float
        An output above it says yes.
    one_of_many : bool
        Whether the largest output decides, instead of each output on its own.
    """
    if not np.isfinite(outputs).all():
        return float("nan")
    if one_of_many:
        right = outputs.argmax(axis=1) == targets.argmax(axis=1)
    else:
        right = ((outputs > threshold) == (targets > threshold)).all(axis=1)
    return float(np.average(right, weights=weights))


def r_squared(outputs: Array, targets: Array, weights: Array | None) -> float:
    """Return R² = 1 - Σ w (y - z)² / Σ w (y - ȳ)², averaged over the outputs, dimensionless.

    An output whose target is constant counts 1 if it is met exactly, else 0, as in scikit-learn's ``r2_score``.
    """
    if not np.isfinite(outputs).all():
        return float("nan")
    w = np.ones((len(targets), 1)) if weights is None else weights[:, np.newaxis]
    outputs, targets = outputs.astype(np.float64), targets.astype(np.float64)
    rest = (w * (targets - outputs) ** 2).sum(axis=0)
    total = (w * (targets - np.average(targets, axis=0, weights=w[:, 0])) ** 2).sum(axis=0)
    share = np.divide(rest, total, out=(rest != 0).astype(np.float64), where=total != 0)
    return float((1 - share).mean())
