"""The sigmoid linear unit, u σ(u)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit

from koubai.core.activations.base import Activation, Kernel, Parameters, sigmoid_formula
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula
from koubai.core.scalars import exp, like


def activate(u: float, parameters: Parameters) -> float:
    """Return u σ(u)."""
    return u * (like(1.0, u) / (like(1.0, u) + exp(-u)))


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g σ(u) (1 + u (1 - σ(u)))."""
    s = like(1.0, u) / (like(1.0, u) + exp(-u))
    return g * (s * (like(1.0, u) + u * (like(1.0, u) - s)))


@dataclass(frozen=True, slots=True)
class SiLU(Activation):
    """φ(u) = u σ(u), also called swish (Elfwing, Uchibe and Doya 2018)."""

    name: ClassVar[str] = "silu"
    aliases: ClassVar[tuple[str, ...]] = ("swish",)
    code: ClassVar[int] = 8
    lower: ClassVar[float] = -0.28
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return u σ(u)."""
        return np.asarray(u * expit(u))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return σ(u) (1 + u (1 - σ(u)))."""
        s = expit(u)
        return np.asarray(s * (1 + u * (1 - s)))

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return σ(u) (1 - σ(u)) (2 + u (1 - 2 σ(u)))."""
        s = expit(u)
        return np.asarray(s * (1 - s) * (2 + u * (1 - 2 * s)))

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return u σ(u)."""
        return u * sigmoid_formula(u)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return σ(u) (1 + u (1 - σ(u)))."""
        return sigmoid_formula(u) * (1 + u * (1 - sigmoid_formula(u)))
