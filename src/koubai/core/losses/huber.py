"""The Huber loss: squared for small errors, straight for large ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters, number
from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Formula, Function, Negative
from koubai.core.formulas.tree import log as log_formula
from koubai.core.losses.base import Kernel, LogOf, Loss, at_least


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return ½ d² for |d| <= threshold, else threshold (|d| - ½ threshold), d = z - y."""
    distance = abs(z - y)
    near = min(distance, parameters[0])
    return near * (distance - 0.5 * near)


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return z - y, cut to [-threshold, threshold]; NaN stays NaN."""
    d = z - y
    return parameters[0] if d > parameters[0] else at_least(d, -parameters[0])


@dataclass(frozen=True, slots=True)
class Huber(Loss):
    """E = Σ_k ½ d² for |d| <= threshold, else threshold (|d| - ½ threshold), d = z_k - y_k (Huber 1964)."""

    name: ClassVar[str] = "huber"
    code: ClassVar[int] = 5
    unit: ClassVar[str] = "squared target units"
    kernel: ClassVar[Kernel | None] = Kernel(value, gradient)
    threshold: float = 1.0

    def __post_init__(self) -> None:
        check_real(self, "threshold", above=0)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the Huber loss of each row."""
        t = z.dtype.type(self.threshold)
        a = np.abs(z - y)
        near = np.minimum(a, t)
        return np.asarray((near * (a - near / 2)).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return z_k - y_k, cut to [-threshold, threshold]."""
        t = z.dtype.type(self.threshold)
        return np.clip(z - y, -t, t)

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 1 for |d| < threshold, else 0."""
        return (np.abs(z - y) < self.threshold).astype(z.dtype)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return d² / 2 for |d| <= threshold, else threshold (|d| - threshold / 2)."""
        t, d = number(self.threshold), Function("abs", (z - y,))
        near, far = (z - y) ** 2 / 2, t * (d - t / 2)
        return Cases(((near, Relation(d, "≤", t)), (far, Relation(d, ">", t))))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return d, cut to [-threshold, threshold]."""
        t, d = number(self.threshold), z - y
        inner = (d, Relation(Function("abs", (d,)), "≤", t))
        return Cases((inner, (t, Relation(d, ">", t)), (Negative(t), Relation(d, "<", Negative(t)))))
