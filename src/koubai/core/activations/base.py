"""The interface of an activation, and formulas shared by several."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import UndefinedError
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Formula, Number, exp
from koubai.core.formulas.values import as_given

Parameters: TypeAlias = Sequence[float]
"""An activation's parameters as passed to its kernel, in their declared order."""


class Kernel(NamedTuple):
    """An activation for the compiled engine.

    For an activation that acts node by node, ``activate(u, parameters)`` returns φ(u) of one number, and
    ``pull_back(u, z, g, parameters)`` returns g φ'(u); ``pull_back`` is None where that is g itself. One whose outputs
    depend on each other (``of_rows``) gets all rows, flat arrays of n rows of m nodes:
    ``activate(u, z, n, m, parameters)`` sets z, and ``pull_back(u, z, g, n, m, parameters)`` changes g.

    They use only the functions of `koubai.core.scalars`, arithmetic and comparisons.
    """

    activate: Callable[..., Any]
    pull_back: Callable[..., Any] | None
    of_rows: bool = False


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function φ: values, derivatives, the range of its values, its formula and its kernel."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    """Aliases."""
    code: ClassVar[int] = -1
    """Its code in the compiled engine and its position in lists; -1 if it is not compiled."""
    lower: ClassVar[float] = -np.inf
    upper: ClassVar[float] = np.inf
    kernel: ClassVar[Kernel | None] = None

    def value(self, u: Array) -> Array:
        """Return z = φ(u)."""
        raise NotImplementedError

    def derivative(self, u: Array, z: Array) -> Array:
        """Return φ'(u), given z = φ(u) so that nothing is computed twice."""
        raise NotImplementedError

    def second_derivative(self, u: Array, z: Array) -> Array:
        """Return φ''(u), given z = φ(u); 0 at the kinks of piecewise linear functions.

        Raises
        ------
        UndefinedError
            If the activation does not define it.
        """
        raise UndefinedError(
            f"{self.name} must define second_derivative(u, z) for computations that need curvature, such as the "
            f"Hessian; it does not. Add it to {type(self).__name__}."
        )

    def pull_back(self, u: Array, z: Array, g: Array) -> Array:
        """Return ∂E/∂u from g = ∂E/∂z: the chain rule through φ."""
        return g * self.derivative(u, z)

    def tangent(self, u: Array, z: Array, r_u: Array) -> Array:
        """Return R{z} = φ'(u) R{u}: how z changes while u changes by R{u}."""
        return self.derivative(u, z) * r_u

    def pull_back_tangent(self, u: Array, z: Array, g: Array, r_u: Array, r_z: Array, r_g: Array) -> Array:
        """Return R{δ} for δ = g φ'(u), g = ∂E/∂z: R{g} φ'(u) + g φ''(u) R{u}."""
        return r_g * self.derivative(u, z) + g * self.second_derivative(u, z) * r_u

    def formula(self, u: Formula, known: float = 0.0) -> Formula | None:
        """Return φ(u) as a formula, or None if it defines none.

        Parameters
        ----------
        u : Formula
            The pre-activation: a symbol, or a quantity with its number.
        known : float
            The value of ``u``, used to choose a form that does not overflow.
        """
        return None

    def derivative_formula(self, u: Formula, z: Formula) -> Formula | None:
        """Return φ'(u) as a formula, in z = φ(u) where that is shorter, or None if it defines none."""
        return None

    def spec(self) -> dict[str, Any]:
        """Return the name and the parameters, as plain data for a model file."""
        return {"name": self.name, **asdict(self)}


ZERO, ONE, HALF = (Number(Fraction(numerator, 2)) for numerator in (0, 2, 1))


def number(value: float) -> Number:
    """Return a parameter as a formula."""
    return Number(as_given(value))


def two_pieces(u: Formula, above: Formula, below: Formula) -> Cases:
    """Return the formula that is ``above`` for u > 0, else ``below``."""
    return Cases(((above, Relation(u, ">", ZERO)), (below, Relation(u, "≤", ZERO))))


def sigmoid_formula(u: Formula) -> Formula:
    """Return σ(u) = 1 / (1 + exp(-u))."""
    return 1 / (1 + exp(-u))
