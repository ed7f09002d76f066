"""The binary cross-entropy, the usual loss for the sigmoid."""

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
from koubai.core.logarithms import log_complement, log_value, over, pull_back_log, pull_back_log_complement
from koubai.core.losses.base import (
    Behind,
    Kernel,
    LogOf,
    Loss,
    at_least,
    over_formula,
    quotient_or_zero,
    xlogy,
)
from koubai.core.losses.cross_entropy import behind_softmax as cross_entropy_behind_softmax
from koubai.core.scalars import exp, like, log, log1p, smallest, wide


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return -y log z - (1 - y) log(1 - z)."""
    return -(xlogy(y, at_least(z, smallest(z))) + xlogy(1 - y, at_least(1 - z, smallest(z))))


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return (1 - y) / (1 - z) - y / z; a term whose denominator has vanished counts as 0."""
    zero, one = like(0.0, z), like(1.0, z)
    yes = zero if z < smallest(z) else y / z
    no = zero if one - z < smallest(z) else (one - y) / (one - z)
    return no - yes


def behind_sigmoid(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · (z - y) and return -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)] of one row.

    Both logarithms come from log σ(u), and log σ(-u) = log σ(u) - u.
    """
    total = 0.0
    for k in range(len(u)):
        total += at_least(u[k], like(0.0, u[k])) - y[k] * u[k] + log1p(exp(-abs(u[k])))
        delta[k] = share * (z[k] - y[k])
    return total


def behind_softmax(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ and return -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)] of one row of at least two outputs.

    For the largest output, 1 - z is the sum of the others, so its logarithm and derivative are computed from those;
    see `koubai.core.logarithms.log_complement`.
    """
    m, zero, one = len(u), like(0.0, u[0]), like(1.0, u[0])
    total = cross_entropy_behind_softmax(u, z, y, share, delta, parameters)
    first = 0
    for k in range(1, m):
        first = k if u[k] > u[first] else first
    second = 1 if first == 0 else 0
    for k in range(m):
        second = k if k != first and u[k] > u[second] else second
    rest = zero
    for k in range(m):
        rest += exp(u[k] - u[second]) if k != first else zero
    log_rest = (wide(u[second]) - u[first]) + log(wide(rest)) + log(wide(z[first]))
    total -= (1 - y[first]) * log_rest
    all_no, others_no = one - y[first], zero
    for k in range(m):
        if k != first:
            total -= (1 - y[k]) * log(wide(one - z[k]))  # z <= 1/2 here
            all_no += one - y[k]
            others_no += (one - y[k]) / (one - z[k])
    for k in range(m):
        own = (one - y[k]) / (one - z[k]) if k != first else zero
        of_first = (one - y[first]) * exp(u[k] - u[second]) / rest if k != first else zero
        delta[k] += share * (z[k] * all_no - z[k] * (others_no - own) - of_first)
    return total


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy(Loss):
    """E = -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)], with each output a separate yes or no. Unit: nats.

    With the sigmoid, log z = log σ(u) and log(1 - z) = log σ(-u) are computed from u, and δ_k = z_k - y_k.

    Parameters
    ----------
    smoothing : float
        Label smoothing s in [0, 1): each y_k is replaced by (1 - s) y_k + s / 2, since there are two answers.
    """

    name: ClassVar[str] = "binary_cross_entropy"
    code: ClassVar[int] = 2
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    excluded: ClassVar[tuple[float, ...]] = (0.0, 1.0)
    lowest_target: ClassVar[float] = 0.0
    highest_target: ClassVar[float] = 1.0
    output: ClassVar[str] = "sigmoid"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    fused: ClassVar[type[Activation] | None] = Sigmoid
    unit: ClassVar[str] = "nats"
    kernel: ClassVar[Kernel | None] = Kernel(
        value, gradient, {Sigmoid: Behind(behind_sigmoid), Softmax: Behind(behind_softmax, fewest=2)}
    )

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_real(self, "smoothing", at_least=0, below=1)

    def smoothed(self, y: Array) -> Array:
        """Return (1 - s) y_k + s / 2."""
        if self.smoothing == 0:
            return y
        s = y.dtype.type(self.smoothing)
        return np.asarray((1 - s) * y + s / 2)

    def spec(self) -> dict[str, Any]:
        """Return the name, and the smoothing if there is one."""
        return {"name": self.name} | ({"smoothing": self.smoothing} if self.smoothing else {})

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)] of each row."""
        y = self.smoothed(y)
        terms = y * log_value(activation, u, z) + (1 - y) * log_complement(activation, u, z)
        return np.asarray(0 - terms.sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return (1 - y_k) / (1 - z_k) - y_k / z_k; a term whose denominator has vanished counts as 0."""
        y = self.smoothed(y)
        return over(1 - y, 1 - z) - over(y, z)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return y_k / z_k² + (1 - y_k) / (1 - z_k)²."""
        y = self.smoothed(y)
        return quotient_or_zero(y, z * z) + quotient_or_zero(1 - y, (1 - z) * (1 - z))

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the chain rule through log z and log(1 - z)."""
        y = self.smoothed(y)
        yes = pull_back_log(activation, u, z, -y)
        return yes + pull_back_log_complement(activation, u, z, y - 1)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return y log z + (1 - y) log(1 - z)."""
        return y * log_of(z) + (1 - y) * log_of(1 - z)

    def total_formula(self, terms: Sequence[Formula]) -> Formula:
        """Return minus the sum."""
        return Negative(add(*terms))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return (1 - y) / (1 - z) - y / z."""
        return over_formula(1 - y, 1 - z) - over_formula(y, z)
