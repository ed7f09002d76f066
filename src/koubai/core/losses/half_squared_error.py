"""Half the squared error: the loss of least squares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, add
from koubai.core.formulas.tree import log as log_formula
from koubai.core.losses.base import HALF, Kernel, LogOf, Loss


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return ½ (z - y)²."""
    return 0.5 * (z - y) * (z - y)


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return z - y."""
    return z - y


@dataclass(frozen=True, slots=True)
class HalfSquaredError(Loss):
    """E = ½ Σ_k (z_k - y_k)², ∂E/∂z_k = z_k - y_k (slide 50). Unit: squared target units."""

    name: ClassVar[str] = "half_squared_error"
    aliases: ClassVar[tuple[str, ...]] = ("squared_error", "mse")
    code: ClassVar[int] = 0
    unit: ClassVar[str] = "squared target units"
    kernel: ClassVar[Kernel | None] = Kernel(value, gradient)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return ½ ‖z - y‖² of each row."""
        d = z - y
        return np.asarray(0.5 * (d * d).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return z - y."""
        return z - y

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 1."""
        return np.ones_like(z)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return (z - y)²."""
        return (z - y) ** 2

    def total_formula(self, terms: Sequence[Formula]) -> Formula:
        """Return half of the sum."""
        return HALF * add(*terms)

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return z - y."""
        return z - y
