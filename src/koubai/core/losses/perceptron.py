"""The perceptron's loss: what a wrong row costs is how far it lies on the wrong side."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters
from koubai.core.arrays import Array
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Formula, largest
from koubai.core.formulas.tree import log as log_formula
from koubai.core.losses.base import ZERO, Kernel, LogOf, Loss, at_least
from koubai.core.scalars import like


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return max(0, -y z)."""
    return at_least(-y * z, 0.0)


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return -y where the row counts as a mistake, else 0."""
    zero = like(0.0, z)
    wrong = y * z <= zero if y > zero else y * z < zero
    return -y if wrong else zero


@dataclass(frozen=True, slots=True)
class PerceptronLoss(Loss):
    """E = Σ_k max(0, -y_k z_k) for targets y_k = ±1 (slide 17). A correctly classified row costs nothing."""

    name: ClassVar[str] = "perceptron"
    code: ClassVar[int] = 3
    signed: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kernel: ClassVar[Kernel | None] = Kernel(value, gradient)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return Σ_k max(0, -y_k z_k) of each row."""
        return np.asarray(np.maximum(0, -y * z).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -y_k where y_k z_k <= 0, else 0.

        At z = 0 the loss has no derivative; -y is taken there, since the learning rule counts f(x) = 0 as a mistake
        for a positive row (slide 18) and as none for a negative one.
        """
        wrong = np.where(y > 0, y * z <= 0, y * z < 0)
        return np.where(wrong, -y, 0 * y)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 0, also at the kink."""
        return np.zeros_like(z)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return max(0, -y z)."""
        return largest(0, -(y * z))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return -y where the row is on the wrong side, else 0; at z = 0 as `gradient`."""
        return Cases(
            (
                (-y, Relation(y * z, "<", ZERO)),
                (ZERO, Relation(y * z, ">", ZERO)),
                (-largest(0, y), Relation(y * z, "=", ZERO)),
            )
        )
