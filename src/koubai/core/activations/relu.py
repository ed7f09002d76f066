"""The rectified linear unit: common in hidden layers of deep networks, and cheap."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import ONE, ZERO, Activation, Kernel, Parameters, two_pieces
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, largest
from koubai.core.scalars import like


def activate(u: float, parameters: Parameters) -> float:
    """Return max(0, u); NaN stays NaN."""
    return like(0.0, u) if u < like(0.0, u) else u


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g where u > 0, else 0."""
    return like(0.0, u) if u <= like(0.0, u) else g


@dataclass(frozen=True, slots=True)
class ReLU(Activation):
    """φ(u) = max(0, u), φ' = 1 for u > 0, else 0, φ'' = 0 (slide 36; 0 at 0 by convention)."""

    name: ClassVar[str] = "relu"
    code: ClassVar[int] = 4
    lower: ClassVar[float] = 0.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return max(0, u)."""
        return np.maximum(u, 0)

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 where u > 0, else 0."""
        return (u > 0).astype(u.dtype)

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 0."""
        return np.zeros_like(u)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return max(0, u)."""
        return largest(0, u)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return 1 for u > 0, else 0."""
        return two_pieces(u, ONE, ZERO)
