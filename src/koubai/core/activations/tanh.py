"""The hyperbolic tangent: a sigmoid around 0."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Kernel, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Function
from koubai.core.scalars import like, tanh


def activate(u: float, parameters: Parameters) -> float:
    """Return tanh(u)."""
    return tanh(u)


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g (1 - z²)."""
    return g * (like(1.0, u) - z * z)


@dataclass(frozen=True, slots=True)
class Tanh(Activation):
    """φ(u) = tanh(u), φ' = 1 - z², φ'' = -2z (1 - z²)."""

    name: ClassVar[str] = "tanh"
    code: ClassVar[int] = 3
    lower: ClassVar[float] = -1.0
    upper: ClassVar[float] = 1.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return tanh(u)."""
        return np.tanh(u)

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 - z²."""
        return 1 - z * z

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return -2z (1 - z²)."""
        return -2 * z * (1 - z * z)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return tanh(u)."""
        return Function("tanh", (u,))

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return 1 - z²."""
        return 1 - z**2
