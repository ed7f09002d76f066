"""Each activation and its derivative as a formula."""

import math
from collections.abc import Callable
from fractions import Fraction

from koubai.core.activations import ELU, Activation, LeakyReLU
from koubai.explain.formula import Formula, Function, Number, Quantity, Symbol, exp, largest, log, sqrt
from koubai.explain.pieces import Cases, Relation
from koubai.explain.values import as_given

HALF = Number(Fraction(1, 2))
PI = Quantity(Symbol("π"), Number(math.pi))
SAFE_EXPONENT = 500.0
"""exp(u) is finite in float64 up to about 709; beyond this the formulas take the form that cannot overflow."""


def _two_pieces(u: Formula, above: Formula, below: Formula) -> Cases:
    return Cases(((above, Relation(u, ">", Number(Fraction(0)))), (below, Relation(u, "≤", Number(Fraction(0))))))


def _number(value: float) -> Number:
    return Number(as_given(value))


def _sigmoid(u: Formula) -> Formula:
    return 1 / (1 + exp(-u))


def _normal(u: Formula) -> Formula:
    return HALF * (1 + Function("erf", (u / sqrt(2),)))


def _softplus(u: Formula, known: float) -> Formula:
    if abs(known) <= SAFE_EXPONENT:
        return log(1 + exp(u))
    return largest(0, u) + log(1 + exp(-Function("abs", (u,))))


def value(activation: Activation, u: Formula, known: float = 0.0) -> Formula:
    """Return φ(u) as a formula; softmax, which is no function of one u, is not among them.

    Parameters
    ----------
    activation : Activation
        φ.
    u : Formula
        The pre-activation: a symbol, or a quantity with its number.
    known : float
        The number behind ``u``, by which a form is chosen that does not overflow.
    """
    zero, one = Number(Fraction(0)), Number(Fraction(1))
    forms: dict[str, Callable[[], Formula]] = {
        "identity": lambda: u,
        "step": lambda: _two_pieces(u, one, zero),
        "sigmoid": lambda: _sigmoid(u),
        "tanh": lambda: Function("tanh", (u,)),
        "relu": lambda: largest(0, u),
        "gelu": lambda: u * _normal(u),
        "silu": lambda: u * _sigmoid(u),
        "softplus": lambda: _softplus(u, known),
        "exponential": lambda: exp(u),
    }
    if isinstance(activation, LeakyReLU):
        return _two_pieces(u, u, _number(activation.slope) * u)
    if isinstance(activation, ELU):
        return _two_pieces(u, u, _scaled(activation, exp(u) - 1))
    return forms[activation.name]()


def derivative(activation: Activation, u: Formula, z: Formula) -> Formula:
    """Return φ'(u) as a formula, in z = φ(u) where that is shorter."""
    zero, one = Number(Fraction(0)), Number(Fraction(1))
    forms: dict[str, Callable[[], Formula]] = {
        "identity": lambda: one,
        "step": lambda: zero,
        "sigmoid": lambda: z * (1 - z),
        "tanh": lambda: 1 - z**2,
        "relu": lambda: _two_pieces(u, one, zero),
        "gelu": lambda: _normal(u) + u * exp(-(u**2) / 2) / sqrt(2 * PI),
        "silu": lambda: _sigmoid(u) * (1 + u * (1 - _sigmoid(u))),
        "softplus": lambda: _sigmoid(u),
        "exponential": lambda: z,
    }
    if isinstance(activation, LeakyReLU):
        return _two_pieces(u, one, _number(activation.slope))
    if isinstance(activation, ELU):
        return _two_pieces(u, one, _scaled(activation, exp(u)))
    return forms[activation.name]()


def _scaled(activation: ELU, inside: Formula) -> Formula:
    return inside if activation.scale == 1 else _number(activation.scale) * inside
