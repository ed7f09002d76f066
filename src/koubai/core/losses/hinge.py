"""The hinge loss: the perceptron's, with a margin."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Formula, largest
from koubai.core.formulas.tree import log as log_formula
from koubai.core.losses.base import ONE, ZERO, Kernel, LogOf, Loss, at_least
from koubai.core.scalars import like


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return max(0, 1 - y z)."""
    return at_least(1 - y * z, 0.0)


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return -y where y z < 1, else 0."""
    return -y if y * z < like(1.0, z) else like(0.0, z)


@dataclass(frozen=True, slots=True)
class Hinge(Loss):
    """E = Σ_k max(0, 1 - y_k z_k) for targets y_k = ±1 (Cortes and Vapnik 1995)."""

    name: ClassVar[str] = "hinge"
    code: ClassVar[int] = 4
    signed: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kernel: ClassVar[Kernel | None] = Kernel(value, gradient)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k max(0, 1 - y_k z_k) of each row."""
        return np.asarray(np.maximum(0, 1 - y * z).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -y_k where y_k z_k < 1, else 0 (also at the kink)."""
        return np.where(y * z < 1, -y, 0 * y)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 0, also at the kink."""
        return np.zeros_like(z)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return max(0, 1 - y z)."""
        return largest(0, 1 - y * z)

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return -y for y z < 1, else 0."""
        return Cases(((-y, Relation(y * z, "<", ONE)), (ZERO, Relation(y * z, "≥", ONE))))
