"""Validation scores accumulated from a network's outputs in any number of pieces, cheap enough for every epoch.

A score is NaN where an output is not finite.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.arrays import Array
from koubai.core.losses import Loss
from koubai.core.moments import Moments
from koubai.core.network import Network
from koubai.engines.protocol import Engine
from koubai.training.sources import Source


class Tally(Protocol):
    """Accumulates a score from outputs that arrive in pieces."""

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        ...

    @property
    def score(self) -> float:
        """The score of all rows so far."""
        ...


class AccuracyTally:
    """The share of rows whose classes are all predicted correctly, in [0, 1].

    Parameters
    ----------
    threshold : float
        An output above this means yes.
    one_of_many : bool
        Whether the largest output decides, instead of each output on its own.
    """

    def __init__(self, threshold: float, one_of_many: bool) -> None:
        self.threshold, self.one_of_many = threshold, one_of_many
        self._right = self._total = 0.0

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        if not np.isfinite(outputs).all():
            self._right = np.nan
        if self.one_of_many:
            right = outputs.argmax(axis=1) == targets.argmax(axis=1)
        else:
            right = ((outputs > self.threshold) == (targets > self.threshold)).all(axis=1)
        self._right += float(right.sum() if weights is None else (right * weights).sum(dtype=np.float64))
        self._total += float(len(right) if weights is None else weights.sum(dtype=np.float64))

    @property
    def score(self) -> float:
        """The accuracy on all rows so far."""
        return self._right / self._total


class RSquaredTally:
    """R² = 1 - Σ w (y - z)² / Σ w (y - ȳ)², averaged over the outputs, dimensionless.

    An output with a constant target scores 1 if predicted exactly, else 0, as in scikit-learn's ``r2_score``.
    """

    def __init__(self) -> None:
        self._rest = np.float64(0)
        self._targets = Moments()

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        w = np.ones((len(targets), 1)) if weights is None else weights[:, np.newaxis]
        outputs, targets = outputs.astype(np.float64), targets.astype(np.float64)
        self._rest = self._rest + (w * (targets - outputs) ** 2).sum(axis=0)
        self._targets.add(targets, None if weights is None else weights)

    @property
    def score(self) -> float:
        """R² of all rows so far."""
        rest, total = self._rest, np.asarray(self._targets.squares)
        if not np.isfinite(rest).all():
            return float("nan")
        share = np.divide(rest, total, out=(rest != 0).astype(np.float64), where=total != 0)
        return float((1 - share).mean())


class LossTally:
    """Minus the mean loss, in the loss's unit, so that higher is better as with the other scores.

    It is computed from the outputs, whose logarithms are limited by the smallest normal number (a loss of some 700
    nats).

    Parameters
    ----------
    loss : Loss
        The network's loss.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss, self._as_they_are = loss, get_activation("identity")
        self._total = self._weight = 0.0

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        with np.errstate(all="ignore"):  # a network that diverged has a score of NaN
            losses = self._loss.rows(self._as_they_are, outputs, outputs, targets).astype(np.float64)
            self._total += float(losses.sum() if weights is None else (losses * weights).sum())
        self._weight += float(len(losses) if weights is None else weights.sum(dtype=np.float64))

    @property
    def score(self) -> float:
        """Minus the mean loss of all rows so far."""
        return -self._total / self._weight if np.isfinite(self._total) else float("nan")


def scorer(
    engine: Engine, network: Network, validation: Source, new_tally: Callable[[], Tally]
) -> Callable[[Array], float]:
    """Return the function that scores θ on the validation rows.

    Parameters
    ----------
    engine, network
        The engine and network for the forward pass.
    validation : Source
        The rows.
    new_tally : callable
        Returns an empty tally.
    """

    def score(theta: Array) -> float:
        tally = new_tally()
        for rows in validation.in_order():
            tally.add(engine.forward(network, theta, rows.inputs), rows.targets, rows.weights)
        return tally.score

    return score
