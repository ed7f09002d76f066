"""Exact algebra with SymPy: derivatives, stationary points of polynomials, recognition of exact numbers.

This code may run for ever or exhaust memory; `koubai.descent.functions.worker` runs it in a separate process.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from types import ModuleType

import numpy as np

from koubai.core.untyped import SymPy
from koubai.descent.functions.algebra import degree, from_sympy, load_sympy, to_sympy
from koubai.descent.functions.curvature import hessian
from koubai.descent.functions.expression import Apply, Constant, Expression, Node, Variable
from koubai.descent.functions.objective import Array, Objective, from_expression

MAX_DEGREE = 20
"""Maximum degree of a polynomial that is factorised and solved exactly."""
SHORT = 14
"""An exact number with more operations than this is shown as a decimal."""


class Kind(Enum):
    """The type of a stationary point. The value is the last part of its text's key."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SADDLE = "saddle"
    NEITHER = "neither"
    UNDECIDED = "undecided"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Stationary:
    """A point where the gradient is zero.

    Attributes
    ----------
    point : tuple of float
        Its coordinates.
    value : float
        f there.
    kind : Kind
        Its type.
    exact_point : tuple of Node, or None
        The exact coordinates, if they have a short form.
    exact_value : Node or None
        The exact value of f, likewise.
    """

    point: tuple[float, ...]
    value: float
    kind: Kind
    exact_point: tuple[Node, ...] | None = None
    exact_value: Node | None = None


def steps(
    expression: Expression, variables: tuple[str, ...], points: Sequence[Array] | None
) -> Iterator[tuple[str, object]]:
    """Solve an expression, yielding each result under its name as soon as it is known.

    Parameters
    ----------
    expression : Expression
    variables : tuple of str
        Its variables in order, possibly with others.
    points : sequence of (d,), optional
        Points where its gradient is zero, found numerically; a polynomial in one variable needs none. If None, the
        expression is only read.

    Yields
    ------
    ``("read", True)``, ``("derivatives", tuple of Node or None)``, ``("bounded", bool or None)``, and
    ``("stationary", list of Stationary)``

    Raises
    ------
    ParameterError
        If a power is too high to be worked out exactly.
    """
    sympy = load_sympy()
    f = to_sympy(expression.tree, sympy)
    yield "read", True
    if points is None:
        return
    symbols = [sympy.Symbol(name, real=True) for name in variables]
    slopes = [sympy.diff(f, symbol) for symbol in symbols]
    if is_polynomial(expression):
        slopes = [sympy.factor(slope) for slope in slopes]
    yield "derivatives", tuple(from_sympy(slope, sympy) for slope in slopes)
    if is_solvable(expression, variables):
        polynomial = sympy.Poly(f, symbols[0])
        yield "bounded", bool(polynomial.is_ground or (polynomial.degree() % 2 == 0 and polynomial.LC() > 0))
        yield "stationary", _solved(polynomial, sympy)
    else:
        objective = from_expression(expression, variables=variables)
        recognised = (_recognised(point, f, slopes, symbols, objective, sympy) for point in points)
        yield "stationary", [found for found in recognised if found is not None]


def is_polynomial(expression: Expression) -> bool:
    """Return whether this is a polynomial that can be factorised."""
    power = degree(expression.tree)
    return power is not None and power <= MAX_DEGREE


def is_solvable(expression: Expression, variables: tuple[str, ...]) -> bool:
    """Return whether all stationary points can be found exactly: those of a polynomial in one variable."""
    return is_polynomial(expression) and len(variables) == 1


def _solved(polynomial: SymPy, sympy: ModuleType) -> list[Stationary]:
    """Return the exact stationary points of a polynomial in one variable."""
    slope = polynomial.diff()
    if slope.is_zero:  # a constant
        return [Stationary((0.0,), float(polynomial.eval(0)), Kind.FLAT)]
    found = []
    for root, multiplicity in Counter(sympy.real_roots(slope)).items():
        derivative = slope
        for _ in range(multiplicity):
            derivative = derivative.diff()
        # Arithmetic with roots beyond square roots is slow, and its results have no short form.
        deep = root.has(sympy.CRootOf) or any(power.exp.q > 2 for power in root.atoms(sympy.Pow))
        number = root.evalf(40) if deep else root
        rises = derivative.eval(number).evalf(30) > 0  # the first derivative of f' that does not vanish at the root
        kind = Kind.NEITHER if multiplicity % 2 == 0 else Kind.MINIMUM if rises else Kind.MAXIMUM
        value = polynomial.eval(number)
        value = value if number.is_Rational or deep else sympy.radsimp(value)
        short = _short(root, sympy)
        found.append(
            Stationary(
                (float(root),),
                float(value),
                kind,
                None if short is None else (short,),
                _short(value, sympy),
            )
        )
    return found


def _short(number: SymPy, sympy: ModuleType) -> Node | None:
    """Return an exact number as a tree, or None if it has no short form."""
    if number.has(sympy.CRootOf, sympy.Float) or sympy.count_ops(number) > SHORT:
        return None
    return from_sympy(number, sympy)


def _recognised(
    point: Array, f: SymPy, slopes: list[SymPy], symbols: list[SymPy], objective: Objective, sympy: ModuleType
) -> Stationary | None:
    """Return a numerically found stationary point, exactly if it lies at fractions and the gradient is zero.

    None for a point at the edge of the domain where the exact gradient is infinite, as √x has one at 0.
    """
    assert objective.expression is not None
    fractions = [Fraction(float(x)).limit_denominator(100) for x in point]
    if max(abs(float(q) - x) for q, x in zip(fractions, point, strict=True)) < 1e-6 and not _tower(
        objective.expression.tree
    ):
        at = {s: sympy.Rational(q.numerator, q.denominator) for s, q in zip(symbols, fractions, strict=True)}
        there = [slope.subs(at) for slope in slopes]
        if any(slope.is_infinite for slope in there) and kind_at(objective, point) is Kind.UNDECIDED:
            return None
        if all(slope == 0 for slope in there):
            value = f.subs(at)
            exact = tuple(from_sympy(number, sympy) for number in at.values())
            return Stationary(
                tuple(float(q) for q in fractions),
                float(value),
                kind_at(objective, point),
                tuple(number for number in exact if number is not None),
                _short(value, sympy),
            )
    return in_numbers(objective, point)


def in_numbers(objective: Objective, point: Array) -> Stationary:
    """Return a numerically found stationary point as it is."""
    return Stationary(tuple(point.tolist()), float(objective.value(point)), kind_at(objective, point))


def _tower(tree: Node) -> bool:
    """Return whether an exponent contains a variable, so that exact numbers may become too long to write."""
    if not isinstance(tree, Apply):
        return False
    if tree.operation == "**" and not _constant(tree.arguments[1]):
        return True
    return any(_tower(argument) for argument in tree.arguments)


def _constant(tree: Node) -> bool:
    if isinstance(tree, Variable):
        return False
    return isinstance(tree, Constant) or all(_constant(a) for a in getattr(tree, "arguments", ()))


def kind_at(objective: Objective, point: Array) -> Kind:
    """Return the type of a stationary point: flat where f is constant around it, else what the curvature implies."""
    shifts = 1e-4 * np.diag(np.maximum(1.0, np.abs(point)))
    values, gradients = objective.function(np.concatenate([point[np.newaxis], point + shifts, point - shifts]))
    if not gradients.any() and (values == values[0]).all():
        return Kind.FLAT
    return kind_of(hessian(objective, point))


def kind_of(matrix: Array) -> Kind:
    """Return the type that the Hessian's eigenvalues imply."""
    values = np.linalg.eigvalsh(matrix) if np.isfinite(matrix).all() else np.zeros(1)
    threshold = 1e-6 * max(1.0, float(np.abs(values).max()))
    if (values > threshold).all():
        return Kind.MINIMUM
    if (values < -threshold).all():
        return Kind.MAXIMUM
    if values.min() < -threshold and values.max() > threshold:
        return Kind.SADDLE
    return Kind.UNDECIDED
