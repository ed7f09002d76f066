"""The exponential: the output of Poisson regression."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Kernel, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula
from koubai.core.formulas.tree import exp as exp_of
from koubai.core.scalars import exp


def activate(u: float, parameters: Parameters) -> float:
    """Return exp(u)."""
    return exp(u)


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g z."""
    return g * z


@dataclass(frozen=True, slots=True)
class Exponential(Activation):
    """φ(u) = exp(u), φ' = φ'' = z: the output of Poisson regression (the inverse of its log link)."""

    name: ClassVar[str] = "exponential"
    aliases: ClassVar[tuple[str, ...]] = ("exp",)
    code: ClassVar[int] = 10
    lower: ClassVar[float] = 0.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return exp(u); overflow shows as infinity."""
        with np.errstate(over="ignore"):
            return np.exp(u)

    def derivative(self, u: Array, z: Array) -> Array:
        """Return z."""
        return z.copy()

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return z."""
        return z.copy()

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return exp(u)."""
        return exp_of(u)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return z."""
        return z
