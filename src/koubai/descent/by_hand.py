"""What a person finds by hand: the derivative, where it is zero, what lies there (lecture slide 69).

A polynomial of one variable is worked out exactly and completely. For everything else the derivative is exact, and the
stationary points are searched for in the window by Newton's method; those at simple numbers are then recognised and
checked exactly.
"""

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from koubai.core.errors import ParameterError
from koubai.descent.algebra import degree, from_sympy, load_sympy, to_sympy
from koubai.descent.curvature import hessian
from koubai.descent.expression import Apply, Constant, Expression, Node, Variable
from koubai.descent.objective import Array, Objective, Window
from koubai.descent.stationary import stationary_points

MAX_DEGREE = 20
"""Highest degree of a polynomial that is factorised and solved exactly."""
SHORT = 14
"""An exact number of more operations than this is shown in decimals."""


class Kind(Enum):
    """What lies at a stationary point. The value is the last part of the key of its text."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SADDLE = "saddle"
    NEITHER = "neither"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Stationary:
    """A point where the gradient is zero.

    Attributes
    ----------
    point : tuple of float
        Where.
    value : float
        f there.
    kind : Kind
        What lies there.
    exact_point : tuple of Node, or None
        The same exactly, where it can be said shortly.
    exact_value : Node or None
        The same for f.
    """

    point: tuple[float, ...]
    value: float
    kind: Kind
    exact_point: tuple[Node, ...] | None = None
    exact_value: Node | None = None


@dataclass(frozen=True, slots=True)
class ByHand:
    """The answer by calculus.

    Attributes
    ----------
    expression : Expression
        f.
    variables : tuple of str
        Its variables.
    derivatives : tuple of Node or None
        ∂f/∂x for each variable, factorised for a polynomial; None where the grammar cannot say it.
    stationary : tuple of Stationary
        In order of their coordinates.
    complete : bool
        Whether these are known to be all of them.
    bounded : bool or None
        Whether f has a lowest value; None if that is not known.
    """

    expression: Expression
    variables: tuple[str, ...]
    derivatives: tuple[Node | None, ...]
    stationary: tuple[Stationary, ...]
    complete: bool
    bounded: bool | None

    @property
    def minimum(self) -> Stationary | None:
        """The lowest of the minima that were found, None if there is none."""
        minima = [point for point in self.stationary if point.kind is Kind.MINIMUM]
        return min(minima, key=lambda point: point.value, default=None)


def by_hand(objective: Objective, window: Window | None = None) -> ByHand:
    """Work out an objective that was made of an expression.

    Parameters
    ----------
    objective : Objective
        What to work out.
    window : Window, optional
        Where to search for stationary points; without, the objective's own.

    Raises
    ------
    ParameterError
        If the objective has no expression, or SymPy is missing.

    Examples
    --------
    >>> from koubai.descent.functions import get_objective
    >>> answer = by_hand(get_objective("x**4 - 2*x**3 + 1"))
    >>> [(s.point, s.kind.value, s.value) for s in answer.stationary]
    [((0.0,), 'neither', 1.0), ((1.5,), 'minimum', -0.6875)]
    """
    if objective.expression is None:
        raise ParameterError(
            f"by_hand: the function must be an expression; got {objective.name}. Write it in x and y as text."
        )
    sympy = load_sympy()
    f = to_sympy(objective.expression.tree, sympy)
    symbols = [sympy.Symbol(name, real=True) for name in objective.variables]
    power = degree(objective.expression.tree)
    exact = power is not None and power <= MAX_DEGREE
    slopes = [sympy.diff(f, symbol) for symbol in symbols]
    if exact:
        slopes = [sympy.factor(slope) for slope in slopes]
    derivatives = tuple(from_sympy(slope, sympy) for slope in slopes)
    bounded = None
    if exact and len(symbols) == 1:
        polynomial = sympy.Poly(f, symbols[0])
        found = _solved(polynomial, sympy)
        bounded = bool(polynomial.degree() % 2 == 0 and polynomial.LC() > 0)
    else:
        look = window or objective.window or ((-5.0, 5.0),) * len(symbols)
        found = [
            _recognised(point, f, slopes, symbols, objective, sympy) for point in stationary_points(objective, look)
        ]
    found.sort(key=lambda point: point.point)
    return ByHand(
        objective.expression, objective.variables, derivatives, tuple(found), exact and len(symbols) == 1, bounded
    )


def can_be_worked_out(objective: Objective) -> bool:
    """Return whether `by_hand` takes this objective: it has an expression whose numbers are not too long."""
    if objective.expression is None:
        return False
    try:
        to_sympy(objective.expression.tree, load_sympy())
    except ParameterError:
        return False
    return True


def _solved(polynomial: Any, sympy: Any) -> list[Stationary]:
    """Return the stationary points of a polynomial of one variable, exactly."""
    slope = polynomial.diff()
    if slope.is_zero:
        return []
    found = []
    for root, multiplicity in Counter(sympy.real_roots(slope)).items():
        derivative = slope
        for _ in range(multiplicity):
            derivative = derivative.diff()
        # Arithmetic with roots that are deeper than square roots is slow, and its results have no short form.
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


def _short(number: Any, sympy: Any) -> Node | None:
    """Return an exact number as a tree, or None if it has no short form."""
    if number.has(sympy.CRootOf, sympy.Float) or sympy.count_ops(number) > SHORT:
        return None
    return from_sympy(number, sympy)


def _recognised(
    point: Array, f: Any, slopes: list[Any], symbols: list[Any], objective: Objective, sympy: Any
) -> Stationary:
    """Return a stationary point that was found in numbers, exactly if it lies at fractions and the gradient agrees."""
    kind = _kind(hessian(objective, point))
    assert objective.expression is not None
    fractions = [Fraction(float(x)).limit_denominator(100) for x in point]
    if max(abs(float(q) - x) for q, x in zip(fractions, point, strict=True)) < 1e-6 and not _tower(
        objective.expression.tree
    ):
        at = {s: sympy.Rational(q.numerator, q.denominator) for s, q in zip(symbols, fractions, strict=True)}
        if all(slope.subs(at) == 0 for slope in slopes):
            value = f.subs(at)
            exact = tuple(from_sympy(number, sympy) for number in at.values())
            return Stationary(
                tuple(float(q) for q in fractions),
                float(value),
                kind,
                tuple(number for number in exact if number is not None),
                _short(value, sympy),
            )
    return Stationary(tuple(point.tolist()), float(objective.value(point)), kind)


def _tower(tree: Node) -> bool:
    """Return whether an exponent holds a variable: then exact numbers may become too long to write."""
    if not isinstance(tree, Apply):
        return False
    if tree.operation == "**" and not _constant(tree.arguments[1]):
        return True
    return any(_tower(argument) for argument in tree.arguments)


def _constant(tree: Node) -> bool:
    if isinstance(tree, Variable):
        return False
    return isinstance(tree, Constant) or all(_constant(a) for a in getattr(tree, "arguments", ()))


def _kind(matrix: Array) -> Kind:
    """Return what the Hessian's eigenvalues say."""
    values = np.linalg.eigvalsh(matrix) if np.isfinite(matrix).all() else np.zeros(1)
    threshold = 1e-6 * max(1.0, float(np.abs(values).max()))
    if (values > threshold).all():
        return Kind.MINIMUM
    if (values < -threshold).all():
        return Kind.MAXIMUM
    if values.min() < -threshold and values.max() > threshold:
        return Kind.SADDLE
    return Kind.UNDECIDED
