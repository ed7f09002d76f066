"""Softplus: ReLU with its kink rounded off."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit

from koubai.core.activations.base import Activation, Kernel, Parameters, sigmoid_formula
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Function, largest, log
from koubai.core.formulas.tree import exp as exp_of
from koubai.core.formulas.values import SAFE_EXPONENT
from koubai.core.scalars import exp, like, log1p


def activate(u: float, parameters: Parameters) -> float:
    """Return max(u, 0) + log(1 + exp(-|u|))."""
    return (like(0.0, u) if u < like(0.0, u) else u) + log1p(exp(-abs(u)))


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g σ(u)."""
    return g * (like(1.0, u) / (like(1.0, u) + exp(-u)))


@dataclass(frozen=True, slots=True)
class Softplus(Activation):
    """φ(u) = log(1 + exp(u)), φ' = σ(u), φ'' = σ(u) (1 - σ(u)) (Dugas and others 2001)."""

    name: ClassVar[str] = "softplus"
    code: ClassVar[int] = 9
    lower: ClassVar[float] = 0.0
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return max(u, 0) + log(1 + exp(-|u|)): the same number, without overflow."""
        return np.asarray(np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u))))

    def derivative(self, u: Array, z: Array) -> Array:
        """Return σ(u)."""
        return np.asarray(expit(u))

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return σ(u) (1 - σ(u))."""
        s = expit(u)
        return np.asarray(s * (1 - s))

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return log(1 + exp(u)), far from 0 in the form that does not overflow."""
        if abs(known) <= SAFE_EXPONENT:
            return log(1 + exp_of(u))
        return largest(0, u) + log(1 + exp_of(-Function("abs", (u,))))

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return σ(u)."""
        return sigmoid_formula(u)
