"""Scaling of numeric targets, and the limits of predictions.

A target is standardised, unless it is positive with a long tail: then it is divided by its mean and predicted as
exp(u) under the Poisson loss (a quasi-Poisson regression, McCullagh and Nelder 1989, "Generalized linear models",
chapter 9), which estimates the mean and answers with positive numbers only.
"""

from dataclasses import astuple, dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import KoubaiError
from koubai.core.exact_moments import ExactMoments
from koubai.core.losses import get_loss
from koubai.core.moments import root_mean_square
from koubai.core.schema import Record
from koubai.engines.protocol import Together
from koubai.engines.together import told
from koubai.models.defaults import uses_lbfgs

SKEWED = 1.0
"""Skewness beyond which a target without negative numbers has a long tail."""
MARGIN = 0.1
"""Predictions are limited to the range of training targets, extended by this share at each end."""


@dataclass(frozen=True, slots=True)
class TargetScale:
    """The scaling of a numeric target: network targets are (y - center) / scale.

    Parameters
    ----------
    center, scale : float
        Mean and standard deviation of the training targets; with a long tail, 0 and their mean.
    mean : float
        Mean of the training targets.
    lowest, highest : float
        Limits of all predictions.
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
    def of(cls, y: Array, given: Record | None = None) -> "TargetScale":
        """Return the scale for training targets, (n_rows,).

        Parameters
        ----------
        y : array of shape (n_rows,)
            The targets.
        given : mapping, optional
            The network parameters chosen by the user; by default, targets are standardised.

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
        given: Record | None,
    ) -> "TargetScale":
        """Return the scale from known statistics of the training targets; see `of`."""
        bounds = bounds_around(lowest, highest)
        if given is not None and mean > 0 and _wants_a_logarithm(given, lowest >= 0 and skewness > SKEWED):
            return cls(0.0, mean, mean, *bounds, long_tail=True)
        return cls(mean, deviation or 1.0, mean, *bounds)


def _wants_a_logarithm(given: Record, long_tail: bool) -> bool:
    """Return whether the network should predict exp(u), as determined by the requested loss, else by the target."""
    if given.get("loss") is None:
        return long_tail and not uses_lbfgs(given)
    try:
        return get_loss(given["loss"]).output == "exponential"
    except KoubaiError:
        return False  # the estimator itself reports the error


def bounds_around(lowest: float, highest: float) -> tuple[float, float]:
    """Return the limits of predictions: the range extended by a tenth, but not across zero.

    Examples
    --------
    >>> bounds_around(5.0, 105.0)
    (0.0, 115.0)
    """
    margin = MARGIN * (highest - lowest)
    below, above = lowest - margin, highest + margin
    return (max(below, 0.0) if lowest >= 0 else below), (min(above, 0.0) if highest <= 0 else above)


class Spread:
    """Minimum, maximum and skewness of training targets that arrive in pieces.

    Parameters
    ----------
    mean, deviation : float
        Mean and standard deviation of all targets, known beforehand.
    """

    def __init__(self, mean: float, deviation: float) -> None:
        self.mean, self.deviation = mean, deviation
        self.lowest, self.highest = np.inf, -np.inf
        self._cubes = ExactMoments()

    def add(self, y: Array) -> None:
        """Add targets, (n_rows,)."""
        if len(y):
            self.lowest, self.highest = min(self.lowest, float(y.min())), max(self.highest, float(y.max()))
            self._cubes.add(((y - self.mean) / (self.deviation or 1.0)) ** 3)

    def share(self, together: Together) -> None:
        """Add the targets of all other processes."""
        own = [self.lowest, self.highest, *astuple(self._cubes)]
        for rank, (lowest, highest, *cubes) in enumerate(told(together, own)):
            if rank != together.rank:
                self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
                self._cubes.merge(ExactMoments(*cubes))

    def scale(self, given: Record) -> TargetScale:
        """Return the scale for all targets; see `TargetScale.of`."""
        return TargetScale.found(self.mean, self.deviation, self._cubes.mean, self.lowest, self.highest, given)
