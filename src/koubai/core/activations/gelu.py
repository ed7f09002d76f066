"""The Gaussian error linear unit: u times the probability that a normal variable lies below it."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import erf as erf_of_array

from koubai.core.activations.base import HALF, Activation, Kernel, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Function, Number, Quantity, Symbol, sqrt
from koubai.core.formulas.tree import exp as exp_of
from koubai.core.scalars import erf, exp, like

ROOT_2, ROOT_HALF, ROOT_2_PI = math.sqrt(2), math.sqrt(0.5), math.sqrt(2 * math.pi)
PI = Quantity(Symbol("π"), Number(math.pi))
DENSITY_AT_0 = 1 / ROOT_2_PI


def activate(u: float, parameters: Parameters) -> float:
    """Return u Φ(u)."""
    return u * (like(0.5, u) * (like(1.0, u) + erf(u * like(ROOT_HALF, u))))


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g (Φ(u) + u φ(u)), φ being the normal density."""
    below = like(0.5, u) * (like(1.0, u) + erf(u * like(ROOT_HALF, u)))
    return g * (below + u * (exp(-like(0.5, u) * u * u) * like(DENSITY_AT_0, u)))


@dataclass(frozen=True, slots=True)
class GELU(Activation):
    """φ(u) = u Φ(u) with the normal distribution function Φ, exact form (Hendrycks and Gimpel 2016)."""

    name: ClassVar[str] = "gelu"
    code: ClassVar[int] = 7
    lower: ClassVar[float] = -0.17
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return u Φ(u), Φ(u) = (1 + erf(u / √2)) / 2."""
        half, root = u.dtype.type(0.5), u.dtype.type(ROOT_2)
        return np.asarray(u * (half * (1 + erf_of_array(u / root))))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return Φ(u) + u φ(u), φ being the normal density."""
        half, root, norm = u.dtype.type(0.5), u.dtype.type(ROOT_2), u.dtype.type(ROOT_2_PI)
        density = np.exp(-half * np.minimum(np.abs(u), 100) ** 2) / norm
        return np.asarray(half * (1 + erf_of_array(u / root)) + u * density)

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return (2 - u²) φ(u), φ being the normal density."""
        return np.asarray((2 - u * u) * np.exp(-0.5 * np.minimum(u * u, 1e4)) / ROOT_2_PI)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return u Φ(u)."""
        return u * _normal(u)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return Φ(u) + u φ(u), written out."""
        return _normal(u) + u * exp_of(-(u**2) / 2) / sqrt(2 * PI)


def _normal(u: Formula) -> Formula:
    return HALF * (1 + Function("erf", (u / sqrt(2),)))
