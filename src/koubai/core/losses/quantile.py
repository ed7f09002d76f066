"""The quantile (pinball) loss: outputs become a quantile of what may be, such as the value that 9 of 10 stay below."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.activations.base import Activation, Parameters, number
from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Formula
from koubai.core.formulas.tree import log as log_formula
from koubai.core.losses.base import ZERO, Kernel, LogOf, Loss
from koubai.core.scalars import like


def value(z: float, y: float, parameters: Parameters) -> float:
    """Return q (y - z) where the output is too low, else (1 - q) (z - y)."""
    d, q = z - y, parameters[0]
    return -q * d if d < 0 else (1 - q) * d


def gradient(z: float, y: float, parameters: Parameters) -> float:
    """Return -q where the output is too low, 1 - q where it is too high, 0 between; NaN stays NaN."""
    d, q, zero = z - y, parameters[0], like(0.0, z)
    return -q if d < zero else (like(1.0, z) - q if d > zero else d)


@dataclass(frozen=True, slots=True)
class Quantile(Loss):
    """E = Σ_k q (y_k - z_k) where z_k is too low, else (1 - q) (z_k - y_k) (Koenker and Bassett 1978).

    The constant output of least loss is the targets' q-quantile; at q = 1/2 it is half the absolute error.

    Parameters
    ----------
    quantile : float
        q, in (0, 1).
    """

    name: ClassVar[str] = "quantile"
    aliases: ClassVar[tuple[str, ...]] = ("pinball",)
    code: ClassVar[int] = 8
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    unit: ClassVar[str] = "target units"
    kernel: ClassVar[Kernel | None] = Kernel(value, gradient)
    quantile: float = 0.5

    def __post_init__(self) -> None:
        check_real(self, "quantile", above=0, below=1)

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return the quantile loss of each row."""
        d, q = z - y, z.dtype.type(self.quantile)
        return np.asarray(np.where(d < 0, -q * d, (1 - q) * d).sum(axis=1))

    def gradient(self, z: Array, y: Array) -> Array:
        """Return -q where z_k is too low, 1 - q where it is too high, 0 between."""
        d, q = z - y, z.dtype.type(self.quantile)
        return np.where(d < 0, -q, np.where(d > 0, 1 - q, d))

    def curvature(self, z: Array, y: Array) -> Array:
        """Return 0, away from the kink."""
        return np.zeros_like(z)

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula:
        """Return q (y - z) for z < y, else (1 - q) (z - y)."""
        q = number(self.quantile)
        return Cases(((q * (y - z), Relation(z, "<", y)), ((1 - q) * (z - y), Relation(z, "≥", y))))

    def gradient_formula(self, z: Formula, y: Formula) -> Formula:
        """Return -q for z < y, 1 - q for z > y, 0 between."""
        q = number(self.quantile)
        return Cases(((-q, Relation(z, "<", y)), (1 - q, Relation(z, ">", y)), (ZERO, Relation(z, "=", y))))
