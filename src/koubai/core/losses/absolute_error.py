"""The absolute error: outputs become medians, which outliers do not move."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Function
from koubai.core.formulas.tree import log as log_formula
from koubai.core.losses.base import Kernel, LogOf, Loss
from koubai.core.scalars import like


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return |z - y|."""
    return abs(z - y)


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return sign(z - y), 0 at 0; NaN stays NaN."""
    d, one = z - y, like(1.0, z)
    return one if d > like(0.0, z) else (-one if d < like(0.0, z) else d)


@dataclass(frozen=True, slots=True)
class AbsoluteError(Loss):
    """E = Σ_k |z_k - y_k|; the constant output of least loss is the median of the targets (Laplace 1774)."""

    name: ClassVar[str] = "absolute_error"
    aliases: ClassVar[tuple[str, ...]] = ("mae",)
    code: ClassVar[int] = 7
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    unit: ClassVar[str] = "target units"
    kernel: ClassVar[Kernel | None] = Kernel(value, gradient)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k |z_k - y_k| of each row."""
        return np.asarray(np.abs(z - y).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return sign(z_k - y_k), 0 at 0."""
        return np.sign(z - y)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 0, away from the kink."""
        return np.zeros_like(z)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return |z - y|."""
        return Function("abs", (z - y,))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return sign(z - y)."""
        return Function("sign", (z - y,))
