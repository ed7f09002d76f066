"""The identity: the output of regression."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import ONE, Activation, Kernel, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula


def activate(u: float, parameters: Parameters) -> float:
    """Return u."""
    return u


@dataclass(frozen=True, slots=True)
class Identity(Activation):
    """φ(u) = u, φ'(u) = 1, φ'' = 0: the output of regression (lecture slide 33)."""

    name: ClassVar[str] = "identity"
    aliases: ClassVar[tuple[str, ...]] = ("linear",)
    code: ClassVar[int] = 0
    kernel: ClassVar[Kernel | None] = Kernel(activate, None)

    def value(self, u: Array) -> Array:
        """Return u."""
        return u.copy()

    def derivative(self, u: Array, z: Array) -> Array:
        """Return 1."""
        return np.ones_like(u)

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 0."""
        return np.zeros_like(u)

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return u."""
        return u

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return 1."""
        return ONE
