"""The cross-entropy of class probabilities, the usual loss for softmax."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters
from koubai.core.activations.sigmoid import Sigmoid
from koubai.core.activations.softmax import Softmax
from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Formula, Negative, add
from koubai.core.formulas.tree import log as log_formula
from koubai.core.logarithms import log_value, over, pull_back_log
from koubai.core.losses.base import (
    Behind,
    Kernel,
    LogOf,
    Loss,
    at_least,
    log_sigmoid,
    over_formula,
    quotient_or_zero,
    xlogy,
)
from koubai.core.scalars import exp, like, log, smallest, wide

SMALL = 1e-200
"""Lower limit for products of largest outputs, each at least 1 / m, before the logarithm is taken."""


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return -y log z."""
    return -xlogy(y, at_least(z, smallest(z)))


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return -y / z, and 0 where z has vanished."""
    return like(0.0, z) if z < smallest(z) else -y / z


def behind_softmax(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · (z Σ y - y) and return -Σ_k y_k log z_k of one row.

    log z_k = u_k - max u - log Σ_j exp(u_j - max u), and that sum is 1 / max z.
    """
    m, top, largest = len(u), u[0], z[0]
    for k in range(m):
        top, largest = max(top, u[k]), max(largest, z[k])
    shift = log(wide(largest)) - wide(top)  # wide, since u - max u would lose its last digits in float32
    total, targets = 0.0, like(0.0, u[0])
    for k in range(m):
        total += y[k] * (u[k] + shift)
        targets += y[k]
    for k in range(m):
        delta[k] = share * (z[k] * targets - y[k])
    return -total


def rows_behind_softmax(
    u: Array, z: Array, y: Array, share: float, delta: Array, n: int, m: int, parameters: Parameters
) -> float:
    """Set δ of n rows of the same share as `behind_softmax` does, and return Σ_rows share · E.

    Rows whose targets sum to 1 share logarithms: log a + log b = log(a b).
    """
    zero, one = like(0.0, u[0]), like(1.0, u[0])
    for i in range(n * m):
        delta[i] = share * (z[i] - y[i])
    total, product = 0.0, 1.0
    for r in range(n):
        a, b = r * m, (r + 1) * m
        ur, zr, yr, dr = u[a:b], z[a:b], y[a:b], delta[a:b]
        top, largest = ur[0], zr[0]
        for k in range(m):
            top, largest = max(top, ur[k]), max(largest, zr[k])
        below, targets = zero, zero
        for k in range(m):
            below += yr[k] * (ur[k] - top)
            targets += yr[k]
        total -= below
        if targets == one:
            product *= largest
        else:
            total -= targets * log(wide(largest))
            for k in range(m):
                dr[k] = share * (zr[k] * targets - yr[k])
        if product < SMALL:
            total -= log(product)
            product = 1.0
    return share * (total - log(product))


def behind_sigmoid(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · (z - 1) y and return -Σ_k y_k log σ(u_k) of one row; 1 - z is computed as σ(-u)."""
    total, one = 0.0, like(1.0, u[0])
    for k in range(len(u)):
        total -= y[k] * log_sigmoid(u[k])
        delta[k] = -share * y[k] / (one + exp(u[k]))
    return total


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    """E = -Σ_k y_k log z_k for one-hot or soft targets y (slide 51). Unit: nats.

    With softmax it is -Σ_k y_k log softmax(u)_k, computed by log-sum-exp, and δ_k = z_k Σ_j y_j - y_k,
    which is z_k - y_k for targets that add up to one.

    Parameters
    ----------
    smoothing : float
        Label smoothing s in [0, 1): of m outputs, each y_k is replaced by (1 - s) y_k + s Σ_j y_j / m (Szegedy and
        others 2016, section 7).
    """

    name: ClassVar[str] = "cross_entropy"
    aliases: ClassVar[tuple[str, ...]] = ("log_loss",)
    code: ClassVar[int] = 1
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    excluded: ClassVar[tuple[float, ...]] = (0.0,)
    lowest_target: ClassVar[float] = 0.0
    highest_target: ClassVar[float] = 1.0
    letter: ClassVar[str] = "p"
    output: ClassVar[str] = "softmax"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    unit: ClassVar[str] = "nats"
    kernel: ClassVar[Kernel | None] = Kernel(
        value, gradient, {Softmax: Behind(behind_softmax, rows_behind_softmax), Sigmoid: Behind(behind_sigmoid)}
    )

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_real(self, "smoothing", at_least=0, below=1)

    def smoothed(self, y: Array) -> Array:
        """Return (1 - s) y_k + s Σ_j y_j / m."""
        if self.smoothing == 0:
            return y
        s = y.dtype.type(self.smoothing)
        return np.asarray((1 - s) * y + s * y.mean(axis=1, keepdims=True))

    def spec(self) -> dict[str, Any]:
        """Return the name, and the smoothing if there is one."""
        return {"name": self.name} | ({"smoothing": self.smoothing} if self.smoothing else {})

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return -Σ_k y_k log z_k of each row; 0 log 0 counts as 0."""
        y = self.smoothed(y)
        return np.asarray(
            0 - (y * log_value(activation, u, z)).sum(axis=1)
        )  # 0, not -0, for a certain and correct output

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -y_k / z_k, and 0 where z_k has fallen below the smallest normal number."""
        return -over(self.smoothed(y), z)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return y_k / z_k²."""
        return quotient_or_zero(self.smoothed(y), z * z)

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return z_k Σ_j y_j - y_k for softmax, else -y_k φ'(u_k) / φ(u_k)."""
        return pull_back_log(activation, u, z, -self.smoothed(y))

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return y log z."""
        return y * log_of(z)

    def total_formula(self, terms: Sequence[Formula]) -> Formula:
        """Return minus the sum."""
        return Negative(add(*terms))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return -y / z."""
        return Negative(over_formula(y, z))
