"""The interface of a loss, and formulas shared by several."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import UndefinedError
from koubai.core.formulas.tree import Formula, Number, Quotient, add
from koubai.core.formulas.tree import log as log_formula
from koubai.core.formulas.values import Value
from koubai.core.scalars import exp, log, log1p

LogOf: TypeAlias = Callable[[Formula], Formula]
"""How to write log z and log(1 - z): directly, or as quantities where z itself has underflowed."""


class Behind(NamedTuple):
    """E and δ computed directly from u for one activation: exact even where φ(u) rounds to 0 or 1.

    ``row(u, z, y, share, delta, parameters)`` sets δ times the row's share in the mean and returns E of one row; all
    but ``share`` are arrays of its outputs. ``rows(u, z, y, share, delta, n, m, parameters)`` does so for n >= 1 rows
    of m outputs that have the same share, and returns the sum of share · E; without it, ``row`` is called for each.
    ``fewest`` is the minimum number of outputs for which they apply.
    """

    row: Callable[..., Any]
    rows: Callable[..., Any] | None = None
    fewest: int = 1


class Kernel(NamedTuple):
    """A loss for the compiled engine.

    ``value(z, y, parameters)`` returns one output's contribution to E, and ``gradient(z, y, parameters)`` its
    derivative with respect to z; the loss's parameters come in their declared order. ``behind`` gives, by activation,
    the functions to use instead.

    They use only the functions of `koubai.core.scalars`, arithmetic, comparisons, and functions restricted likewise.
    """

    value: Callable[..., Any]
    gradient: Callable[..., Any]
    behind: Mapping[type[Activation], Behind] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss E of outputs z against targets y: value per row, derivatives, ranges, its formula and its kernel."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    """Aliases."""
    code: ClassVar[int] = -1
    """Its code in the compiled engine and its position in lists; -1 if it is not compiled."""
    lower: ClassVar[float] = -np.inf
    """The outputs must lie in [lower, upper]; an activation with a wider range cannot be used with this loss."""
    upper: ClassVar[float] = np.inf
    excluded: ClassVar[tuple[float, ...]] = ()
    """Outputs of that range where E may be infinite."""
    lowest_target: ClassVar[float] = -np.inf
    highest_target: ClassVar[float] = np.inf
    signed: ClassVar[bool] = False
    """Whether targets are -1 and +1, and the outputs' sign decides."""
    letter: ClassVar[str] = "y"
    """The letter of the targets: p for class shares."""
    output: ClassVar[str] = "identity"
    """The usual output activation."""
    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")
    fused: ClassVar[type[Activation] | None] = None
    """The activation with which δ^(L) is simply z - y."""
    unit: ClassVar[str] = "dimensionless"
    kernel: ClassVar[Kernel | None] = None

    def smoothed(self, y: Array) -> Array:
        """Return the targets that the loss compares with, given the true ones: the same, but with label smoothing.

        Compiled kernels are given these; all other methods of a loss take the true ones.
        """
        return y

    def rows(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return E of each row, shape (n_rows,)."""
        raise NotImplementedError

    def gradient(self, z: Array, y: Array) -> Array:
        """Return ∂E/∂z of each row, shape (n_rows, n_outputs)."""
        raise NotImplementedError

    def curvature(self, z: Array, y: Array) -> Array:
        """Return ∂²E/∂z² of each output, shape (n_rows, n_outputs); there are no mixed ones, as outputs are summed.

        Raises
        ------
        UndefinedError
            If the loss does not define it.
        """
        raise UndefinedError(
            f"{self.name} must define curvature(z, y) for computations that need curvature, such as the Hessian; it "
            "does not. "
            f"Add it to {type(self).__name__}."
        )

    def delta(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return δ^(L) = ∂E/∂u of each row, shape (n_rows, n_outputs)."""
        if self.fused is not None and isinstance(activation, self.fused):
            return z - self.smoothed(y)
        return self.delta_by_chain_rule(activation, u, z, y)

    def delta_by_chain_rule(self, activation: Activation, u: Array, z: Array, y: Array) -> Array:
        """Return ∂E/∂z taken back through φ; losses in log z use log φ instead, which does not vanish."""
        return activation.pull_back(u, z, self.gradient(z, y))

    def term_formula(self, z: Formula, y: Formula, log_of: LogOf = log_formula) -> Formula | None:
        """Return one output's contribution, before the factor added by `total_formula`; None if not defined."""
        return None

    def total_formula(self, terms: Sequence[Formula]) -> Formula:
        """Return the loss of one row from each output's contribution."""
        return add(*terms)

    def gradient_formula(self, z: Formula, y: Formula) -> Formula | None:
        """Return ∂E/∂z_k as a formula, or None if not defined."""
        return None

    def accepts(self, activation: Activation) -> bool:
        """Return whether the loss is defined on every value that the activation takes."""
        return self.lower <= activation.lower and activation.upper <= self.upper

    def spec(self) -> dict[str, Any]:
        """Return the name and the parameters, as plain data for a model file."""
        return {"name": self.name, **asdict(self)}


ZERO, ONE, HALF = (Number(Fraction(numerator, 2)) for numerator in (0, 2, 1))


# Shared by kernels


def at_least(x: float, floor: float) -> float:
    """Return max(x, floor); unlike the builtin, NaN stays NaN."""
    return floor if x < floor else x


def xlogx(y: float) -> float:
    """Return y log y, 0 at 0."""
    return y * log(y) if y > 0 else 0.0 * y


def xlogy(y: float, z: float) -> float:
    """Return y log z, and 0 for y = 0 whatever z is."""
    return y * log(z) if y != 0 else 0.0 * y


def log_sigmoid(u: float) -> float:
    """Return log σ(u) = min(u, 0) - log(1 + exp(-|u|))."""
    return (u if u < 0 else 0 * u) - log1p(exp(-abs(u)))


# Shared by arrays and formulas


def quotient_or_zero(above: Array, below: Array) -> Array:
    """Return above / below, and 0 where ``above`` is 0; overflow shows as infinity."""
    with np.errstate(all="ignore"):
        return np.where(above == 0, 0, above / below)


def known_value(formula: Formula) -> Value | None:
    """Return the formula's number if its quantities have numbers."""
    try:
        number: Value = formula.evaluate()
    except TypeError:
        return None
    return number


def over_formula(above: Formula, below: Formula) -> Formula:
    """Return above / below, or 0 where the denominator has fallen below the smallest normal number."""
    known = known_value(below)
    return ZERO if known is not None and known < sys.float_info.min else Quotient(above, below)
