"""The scaled exponential linear unit, whose constants keep the mean 0 and the variance 1 from layer to layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Kernel, Parameters, number, two_pieces
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula
from koubai.core.formulas.tree import exp as exp_of
from koubai.core.scalars import exp, expm1, like

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
"""λ and α, for which mean 0 and variance 1 are a fixed point of a layer of lecun_normal weights."""
BELOW = SCALE * ALPHA


def activate(u: float, parameters: Parameters) -> float:
    """Return λ u where u > 0, else λ α (exp(u) - 1)."""
    return like(SCALE, u) * u if u > like(0.0, u) else like(BELOW, u) * expm1(u)


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g λ where u > 0, else g λ α exp(u)."""
    return g * (like(SCALE, u) if u > like(0.0, u) else like(BELOW, u) * exp(min(u, like(0.0, u))))


@dataclass(frozen=True, slots=True)
class SELU(Activation):
    """φ(u) = λ u for u > 0, else λ α (exp(u) - 1), λ ≈ 1.0507, α ≈ 1.6733 (Klambauer and others 2017, equation 2)."""

    name: ClassVar[str] = "selu"
    code: ClassVar[int] = 13
    lower: ClassVar[float] = -1.76
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return λ u where u > 0, else λ α (exp(u) - 1)."""
        scale, below = u.dtype.type(SCALE), u.dtype.type(BELOW)
        return np.where(u > 0, scale * u, below * np.expm1(np.minimum(u, 0)))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return λ where u > 0, else λ α exp(u)."""
        scale, below = u.dtype.type(SCALE), u.dtype.type(BELOW)
        return np.where(u > 0, scale, below * np.exp(np.minimum(u, 0)))

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 0 where u > 0, else λ α exp(u)."""
        return np.where(u > 0, u.dtype.type(0), u.dtype.type(BELOW) * np.exp(np.minimum(u, 0)))

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return λ u for u > 0, else λ α (exp(u) - 1)."""
        return two_pieces(u, number(SCALE) * u, number(BELOW) * (exp_of(u) - 1))

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return λ for u > 0, else λ α exp(u)."""
        return two_pieces(u, number(SCALE), number(BELOW) * exp_of(u))
