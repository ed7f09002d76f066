"""The leaky rectified linear unit: a small slope where ReLU has none."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import ONE, Activation, Kernel, Parameters, number, two_pieces
from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Formula
from koubai.core.scalars import like


def activate(u: float, parameters: Parameters) -> float:
    """Return u where u > 0, else slope · u."""
    return parameters[0] * u if u <= like(0.0, u) else u


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g where u > 0, else slope · g."""
    return parameters[0] * g if u <= like(0.0, u) else g


@dataclass(frozen=True, slots=True)
class LeakyReLU(Activation):
    """φ(u) = u for u > 0, else slope · u; φ'' = 0 (Maas, Hannun and Ng 2013)."""

    name: ClassVar[str] = "leaky_relu"
    code: ClassVar[int] = 5
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)
    slope: float = 0.01

    def __post_init__(self) -> None:
        check_real(self, "slope")

    def value(self, u: Array) -> Array:
        """Return u where u > 0, else slope · u."""
        return np.where(u > 0, u, u * u.dtype.type(self.slope))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1 where u > 0, else the slope."""
        return np.where(u > 0, u.dtype.type(1), u.dtype.type(self.slope))

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 0."""
        return np.zeros_like(u)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return u for u > 0, else slope · u."""
        return two_pieces(u, u, number(self.slope) * u)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return 1 for u > 0, else the slope."""
        return two_pieces(u, ONE, number(self.slope))
