"""The step: the perceptron's output."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import ONE, ZERO, Activation, Kernel, Parameters, two_pieces
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula
from koubai.core.scalars import like


def activate(u: float, parameters: Parameters) -> float:
    """Return 1 where u > 0, else 0; NaN stays NaN."""
    return like(0.0, u) if u <= like(0.0, u) else (like(1.0, u) if u > like(0.0, u) else u)


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return 0 g."""
    return g * like(0.0, u)


@dataclass(frozen=True, slots=True)
class Step(Activation):
    """φ(u) = 1 if u > 0 else 0; φ'(u) = 0: the perceptron's output, without a useful derivative (slides 26, 32)."""

    name: ClassVar[str] = "step"
    code: ClassVar[int] = 1
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return 1 where u > 0, else 0."""
        return np.heaviside(u, u.dtype.type(0))  # unlike a comparison, keeps NaN

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 0, also at the jump where no derivative exists."""
        return np.zeros_like(u)

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 0."""
        return np.zeros_like(u)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return 1 for u > 0, else 0."""
        return two_pieces(u, ONE, ZERO)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return 0."""
        return ZERO
