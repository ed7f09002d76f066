"""The exponential linear unit: smooth below 0, and bounded there."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import ONE, Activation, Kernel, Parameters, number, two_pieces
from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Formula
from koubai.core.formulas.tree import exp as exp_of
from koubai.core.scalars import exp, expm1, like


def activate(u: float, parameters: Parameters) -> float:
    """Return u where u > 0, else scale · (exp(u) - 1)."""
    return u if u > like(0.0, u) else parameters[0] * expm1(u)


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g where u > 0, else g scale · exp(u)."""
    return g * (like(1.0, u) if u > like(0.0, u) else parameters[0] * exp(min(u, like(0.0, u))))


@dataclass(frozen=True, slots=True)
class ELU(Activation):
    """φ(u) = u for u > 0, else scale · (exp(u) - 1) (Clevert, Unterthiner and Hochreiter 2016, equation 16)."""

    name: ClassVar[str] = "elu"
    code: ClassVar[int] = 6
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_real(self, "scale", at_least=0)

    def value(self, u: Array) -> Array:
        """Return u where u > 0, else scale · (exp(u) - 1)."""
        return np.where(u > 0, u, u.dtype.type(self.scale) * np.expm1(np.minimum(u, 0)))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 where u > 0, else scale · exp(u)."""
        return np.where(u > 0, u.dtype.type(1), u.dtype.type(self.scale) * np.exp(np.minimum(u, 0)))

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 0 where u > 0, else scale · exp(u)."""
        return np.where(u > 0, u.dtype.type(0), u.dtype.type(self.scale) * np.exp(np.minimum(u, 0)))

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return u for u > 0, else scale · (exp(u) - 1)."""
        return two_pieces(u, u, self._scaled(exp_of(u) - 1))

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return 1 for u > 0, else scale · exp(u)."""
        return two_pieces(u, ONE, self._scaled(exp_of(u)))

    def _scaled(self, inside: Formula) -> Formula:
        return inside if self.scale == 1 else number(self.scale) * inside
