"""The sigmoid: maps any number to a probability."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit

from koubai.core.activations.base import Activation, Kernel, Parameters, sigmoid_formula
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula
from koubai.core.scalars import exp, like


def activate(u: float, parameters: Parameters) -> float:
    """Return 1 / (1 + exp(-u))."""
    return like(1.0, u) / (like(1.0, u) + exp(-u))


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g z (1 - z)."""
    return g * (z * (like(1.0, u) - z))


@dataclass(frozen=True, slots=True)
class Sigmoid(Activation):
    """φ(u) = 1 / (1 + exp(-u)), φ' = z (1 - z), φ'' = z (1 - z) (1 - 2z): a probability (slide 34; range (0, 1))."""

    name: ClassVar[str] = "sigmoid"
    aliases: ClassVar[tuple[str, ...]] = ("logistic",)
    code: ClassVar[int] = 2
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return 1 / (1 + exp(-u)) without overflow."""
        return np.asarray(expit(u))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return z (1 - z)."""
        return z * (1 - z)

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return z (1 - z) (1 - 2z)."""
        return z * (1 - z) * (1 - 2 * z)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return 1 / (1 + exp(-u))."""
        return sigmoid_formula(u)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return z (1 - z)."""
        return z * (1 - z)
