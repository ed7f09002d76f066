"""Mish: u times the hyperbolic tangent of softplus, a smooth relative of ReLU."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit

from koubai.core.activations.base import Activation, Kernel, Parameters, sigmoid_formula
from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Function, largest, log
from koubai.core.formulas.tree import exp as exp_of
from koubai.core.formulas.values import SAFE_EXPONENT
from koubai.core.scalars import exp, like

FLAT = 20.0
"""From here on tanh(log(1 + exp(u))) is 1 in float64."""


def activate(u: float, parameters: Parameters) -> float:
    """Return u tanh(log(1 + exp(u))): with e = exp(u) that is u (e² + 2 e) / (e² + 2 e + 2)."""
    e = exp(min(u, like(FLAT, u)))
    n = e * (e + like(2.0, u))
    return u * (n / (n + like(2.0, u)))


def pull_back(u: float, z: float, g: float, parameters: Parameters) -> float:
    """Return g (t + u (1 - t²) σ(u)), t = n / (n + 2) as in `activate`, and so 1 - t² = 4 (n + 1) / (n + 2)²."""
    one, two = like(1.0, u), like(2.0, u)
    e = exp(min(u, like(FLAT, u)))
    n = e * (e + two)
    t, rest = n / (n + two), two / (n + two)
    return g * (t + u * (rest * rest * (n + one)) * (e / (one + e)))


@dataclass(frozen=True, slots=True)
class Mish(Activation):
    """φ(u) = u tanh(log(1 + exp(u))) (Misra 2019, arXiv:1908.08681)."""

    name: ClassVar[str] = "mish"
    code: ClassVar[int] = 12
    lower: ClassVar[float] = -0.31
    kernel: ClassVar[Kernel | None] = Kernel(activate, pull_back)

    def value(self, u: Array) -> Array:
        """Return u tanh(log(1 + exp(u)))."""
        return np.asarray(u * _inside(u)[0])

    def derivative(self, u: Array, z: Array) -> Array:
        """Return t + u (1 - t²) σ(u), t = tanh(log(1 + exp(u)))."""
        t, slope, _ = _inside(u)
        return np.asarray(t + u * slope)

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return 2 t' + u t'', t' = (1 - t²) σ(u), t'' = t' (1 - σ(u) - 2 t σ(u))."""
        t, slope, s = _inside(u)
        return np.asarray(slope * (2 + u * (1 - s - 2 * t * s)))

    def formula(self, u: Formula, known: float = 0.0) -> Formula:
        """Return u tanh(log(1 + exp(u)))."""
        return u * _tanh_of_softplus(u, known)

    def derivative_formula(self, u: Formula, z: Formula) -> Formula:
        """Return t + u (1 - t²) σ(u), written out."""
        try:
            known = float(u.evaluate())
        except TypeError:  # notation without a number
            known = 0.0
        t = _tanh_of_softplus(u, known)
        return t + u * (1 - t**2) * sigmoid_formula(u)


def _inside(u: Array) -> tuple[Array, Array, Array]:
    """Return t = tanh(log(1 + exp(u))), its derivative (1 - t²) σ(u), and σ(u)."""
    e, s = np.exp(np.minimum(u, u.dtype.type(FLAT))), expit(u)
    n = e * (e + 2)
    rest = 2 / (n + 2)
    return n / (n + 2), rest * rest * (n + 1) * s, s


def _tanh_of_softplus(u: Formula, known: float) -> Formula:
    if abs(known) <= SAFE_EXPONENT:
        return Function("tanh", (log(1 + exp_of(u)),))
    return Function("tanh", (largest(0, u) + log(1 + exp_of(-Function("abs", (u,)))),))
