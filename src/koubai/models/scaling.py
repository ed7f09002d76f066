"""How a target of numbers goes into a network, and where its predictions end.

A target is standardised, unless it is positive with a long tail: then it is divided by its mean and predicted as
exp(u) under the Poisson loss (a quasi-Poisson regression, McCullagh and Nelder 1989, "Generalized linear models",
chapter 9), which estimates the mean and answers with positive numbers only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError
from koubai.core.losses import get_loss
from koubai.core.moments import root_mean_square
from koubai.models.defaults import uses_lbfgs

SKEWED = 1.0
"""Skewness beyond which a target without negative numbers has a long tail."""
MARGIN = 0.1
"""Predictions end this share of the range beyond the lowest and the highest training target."""


@dataclass(frozen=True, slots=True)
class TargetScale:
    """What became of a target's numbers: network targets are (y - center) / scale.

    Parameters
    ----------
    center, scale : float
        Mean and standard deviation of the training targets; with a long tail 0 and their mean.
    mean : float
        Mean of the training targets.
    lowest, highest : float
        Between these lie all predictions.
    long_tail : bool
        Whether the network predicts exp(u) under the Poisson loss.
    """

    center: float
    scale: float
    mean: float
    lowest: float
    highest: float
    long_tail: bool = False

    @classmethod
    def of(cls, y: Array, given: Mapping[str, Any] | None = None) -> "TargetScale":
        """Return the scale for training targets, (n_rows,).

        Parameters
        ----------
        y : array of shape (n_rows,)
            The targets.
        given : mapping, optional
            The network's parameters that the user chose; without it, targets are standardised.

        Examples
        --------
        >>> TargetScale.of(np.array([1.0, 3.0])).lowest
        0.8
        >>> TargetScale.of(np.array([1.0, 1.0, 1.0, 9.0]), given={}).long_tail
        True
        """
        mean, deviation = float(y.mean()), root_mean_square(y - y.mean()) or 1.0
        skewness = float((((y - mean) / deviation) ** 3).mean())
        return cls.found(mean, deviation, skewness, float(y.min()), float(y.max()), given)

    @classmethod
    def found(
        cls,
        mean: float,
        deviation: float,
        skewness: float,
        lowest: float,
        highest: float,
        given: Mapping[str, Any] | None,
    ) -> "TargetScale":
        """Return the scale for training targets of which these are known; see `of`."""
        bounds = bounds_around(lowest, highest)
        if given is not None and mean > 0 and _wants_a_logarithm(given, lowest >= 0 and skewness > SKEWED):
            return cls(0.0, mean, mean, *bounds, long_tail=True)
        return cls(mean, deviation or 1.0, mean, *bounds)


def _wants_a_logarithm(given: Mapping[str, Any], long_tail: bool) -> bool:
    """Return whether the network shall predict exp(u): by the loss that was asked for, else by the target."""
    if given.get("loss") is None:
        return long_tail and not uses_lbfgs(given)
    try:
        return get_loss(given["loss"]).output == "exponential"
    except KoubaiError:
        return False  # the estimator refuses it in its own words


def bounds_around(lowest: float, highest: float) -> tuple[float, float]:
    """Return where predictions end: a tenth of the range beyond what was seen, but on no other side of zero.

    Examples
    --------
    >>> bounds_around(5.0, 105.0)
    (0.0, 115.0)
    """
    margin = MARGIN * (highest - lowest)
    below, above = lowest - margin, highest + margin
    return (max(below, 0.0) if lowest >= 0 else below), (min(above, 0.0) if highest <= 0 else above)


class Spread:
    """Lowest, highest and skewness of training targets that come piece by piece.

    Parameters
    ----------
    mean, deviation : float
        Those of all of them, known before.
    """

    def __init__(self, mean: float, deviation: float) -> None:
        self.mean, self.deviation = mean, deviation
        self.lowest, self.highest = np.inf, -np.inf
        self._cubes = 0.0
        self._rows = 0

    def add(self, y: Array) -> None:
        """Take in targets, (n_rows,)."""
        if len(y):
            self.lowest, self.highest = min(self.lowest, float(y.min())), max(self.highest, float(y.max()))
            self._cubes += float((((y - self.mean) / (self.deviation or 1.0)) ** 3).sum())
            self._rows += len(y)

    def scale(self, given: Mapping[str, Any]) -> TargetScale:
        """Return the scale for all of them; see `TargetScale.of`."""
        skewness = self._cubes / max(1, self._rows)
        return TargetScale.found(self.mean, self.deviation, skewness, self.lowest, self.highest, given)
