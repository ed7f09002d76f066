"""The Poisson loss: half the deviance of counts."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy as xlogy_of_arrays

from koubai.core.activations.base import Activation, Parameters
from koubai.core.activations.exponential import Exponential
from koubai.core.activations.sigmoid import Sigmoid
from koubai.core.activations.softmax import Softmax
from koubai.core.activations.softplus import Softplus
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula
from koubai.core.formulas.tree import log as log_formula
from koubai.core.logarithms import FAR, log_value, over, pull_back_log
from koubai.core.losses.base import (
    ZERO,
    Behind,
    Kernel,
    LogOf,
    Loss,
    at_least,
    known_value,
    log_sigmoid,
    over_formula,
    quotient_or_zero,
    xlogx,
)
from koubai.core.losses.cross_entropy import behind_softmax as cross_entropy_behind_softmax
from koubai.core.scalars import exp, like, log, smallest, wide


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return z - y + y log(y / z)."""
    return z - y + xlogx(y) - y * log(at_least(z, smallest(z)))


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return 1 - y / z; where z has vanished, 1."""
    return like(1.0, z) - (like(0.0, z) if z < smallest(z) else y / z)


def behind_exponential(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · (z - y) and return Σ_k [z_k - y_k + y_k log y_k - y_k u_k] of one row."""
    total = 0.0
    for k in range(len(u)):
        total += z[k] - y[k] + xlogx(y[k]) - y[k] * u[k]
        delta[k] = share * (z[k] - y[k])
    return total


def behind_sigmoid(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · (z - y) σ(-u) and return Σ_k [z_k - y_k + y_k log y_k - y_k log σ(u_k)] of one row."""
    total, one = 0.0, like(1.0, u[0])
    for k in range(len(u)):
        total += z[k] - y[k] + xlogx(y[k]) - y[k] * log_sigmoid(u[k])
        delta[k] = share * (z[k] - y[k]) / (one + exp(u[k]))
    return total


def behind_softplus(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · σ(u) (1 - y / z) and return Σ_k [z_k - y_k + y_k log y_k - y_k log z_k] of one row.

    Far below 0, z = log(1 + exp(u)) is exp(u) to the last place, and vanishes; but log z is u, and σ(u) / z is 1.
    """
    total, one = 0.0, like(1.0, u[0])
    for k in range(len(u)):
        far = u[k] < FAR
        log_z = wide(u[k]) if far else wide(log(z[k]))
        total += z[k] - y[k] + xlogx(y[k]) - y[k] * log_z
        slope = one / (one + exp(-u[k]))
        delta[k] = share * (slope - y[k] * (one if far else slope / z[k]))
    return total


def behind_softmax(u: Array, z: Array, y: Array, share: float, delta: Array, parameters: Parameters) -> float:
    """Set δ = share · (z Σ y - y) and return Σ_k [z_k - y_k + y_k log y_k - y_k log z_k] of one row."""
    total = cross_entropy_behind_softmax(u, z, y, share, delta, parameters)
    for k in range(len(u)):
        total += z[k] - y[k] + xlogx(y[k])
    return total


@dataclass(frozen=True, slots=True)
class Poisson(Loss):
    """E = Σ_k [z_k - y_k + y_k log(y_k / z_k)], half the Poisson deviance of counts y_k >= 0 around means z_k > 0.

    Behind exp, log z = u, and δ_k = z_k - y_k. Unit: nats.
    """

    name: ClassVar[str] = "poisson"
    code: ClassVar[int] = 6
    lower: ClassVar[float] = 0.0
    excluded: ClassVar[tuple[float, ...]] = (0.0,)
    lowest_target: ClassVar[float] = 0.0
    output: ClassVar[str] = "exponential"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    fused: ClassVar[type[Activation] | None] = Exponential
    unit: ClassVar[str] = "nats"
    kernel: ClassVar[Kernel | None] = Kernel(
        value,
        gradient,
        {
            Exponential: Behind(behind_exponential),
            Sigmoid: Behind(behind_sigmoid),
            Softplus: Behind(behind_softplus),
            Softmax: Behind(behind_softmax),
        },
    )

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k [z_k - y_k + y_k log(y_k / z_k)] of each row."""
        return np.asarray((z - y + xlogy_of_arrays(y, y) - y * log_value(activation, u, z)).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return 1 - y_k / z_k; where z_k has vanished, 1."""
        return 1 - over(y, z)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return y_k / z_k²."""
        return quotient_or_zero(y, z * z)

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the chain rule through z and log z."""
        return activation.pull_back(u, z, np.ones_like(z)) + pull_back_log(activation, u, z, -y)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return z - y + y log(y / z), whose last part is 0 for y = 0."""
        return z - y + (ZERO if known_value(y) == 0 else y * (log_formula(y) - log_of(z)))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return 1 - y / z."""
        return 1 - over_formula(y, z)
