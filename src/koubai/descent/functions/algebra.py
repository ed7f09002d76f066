"""Conversion between the project's trees and SymPy: expressions pass both ways as trees, never as text."""

from fractions import Fraction
from functools import reduce
from importlib.util import find_spec
from types import ModuleType

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded
from koubai.core.untyped import SymPy
from koubai.descent.functions.expression import Apply, Constant, Node, Number, Variable

MAX_EXPONENT = 100
"""Largest exponent that is evaluated exactly."""
SAME_NAME = ("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")


def require_sympy() -> None:
    """Raise an error naming what to install if SymPy is missing; SymPy itself is not imported, as that is slow.

    Raises
    ------
    ParameterError
        If it is not installed.
    """
    if find_spec("sympy") is None:
        install = to_install("", "sympy")
        raise ParameterError(worded("descend.error.sympy", install=install))


def load_sympy() -> ModuleType:
    """Return SymPy."""
    import sympy

    module: ModuleType = sympy
    return module


def degree(tree: Node) -> int | None:
    """Return the total degree of a polynomial, or None if the tree is not handled exactly.

    Examples
    --------
    >>> from koubai.descent.functions.expression import parse
    >>> degree(parse("(1-x)**2 + 100*(y-x**2)**2").tree), degree(parse("sin(x)").tree)
    (4, None)
    """
    if isinstance(tree, Number):
        return 0
    if isinstance(tree, Constant):
        return None  # irrational coefficients are handled numerically
    if isinstance(tree, Variable):
        return 1
    left = degree(tree.arguments[0])
    if tree.operation == "neg" or left is None:
        return left
    if tree.operation == "**":
        exponent = tree.arguments[1]
        if not isinstance(exponent, Number) or exponent.value.denominator != 1:
            return None
        whole = int(exponent.value)
        return left * whole if 0 <= whole <= MAX_EXPONENT else None
    right = degree(tree.arguments[1]) if len(tree.arguments) == 2 else None
    if right is None or tree.operation not in ("+", "-", "*", "/"):
        return None
    if tree.operation == "/":
        return left if right == 0 else None
    return left + right if tree.operation == "*" else max(left, right)


def to_sympy(tree: Node, sympy: ModuleType) -> SymPy:
    """Return the tree as a SymPy expression with real variables.

    Raises
    ------
    ParameterError
        If an exponent is too large to be handled exactly.
    """
    if isinstance(tree, Number):
        return sympy.Rational(tree.value.numerator, tree.value.denominator)
    if isinstance(tree, Constant):
        return {"pi": sympy.pi, "e": sympy.E}[tree.name]
    if isinstance(tree, Variable):
        return sympy.Symbol(tree.name, real=True)
    given = [to_sympy(argument, sympy) for argument in tree.arguments]
    if tree.operation == "**":
        exponent = given[1]
        # the base may itself have many digits: bit lengths multiply
        long = given[0].is_Rational and max(int(given[0].p).bit_length(), int(given[0].q).bit_length()) > 400
        if exponent.is_number and (long or not _within(exponent)):
            raise ParameterError(worded("descend.error.exponent", most=MAX_EXPONENT, got=_shortened(exponent)))
        return given[0] ** exponent
    if tree.operation in SAME_NAME:
        return getattr(sympy, tree.operation)(*given)
    return {
        "neg": lambda a: -a,
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "log10": lambda a: sympy.log(a, 10),
        "abs": sympy.Abs,
        "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
        "relu": lambda a: sympy.Max(a, 0),
        "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
        "max": sympy.Max,
        "min": sympy.Min,
    }[tree.operation](*given)


def _shortened(number: object) -> str:
    """Return a number as text, truncated to a readable length."""
    written = str(number)
    return written if len(written) <= 60 else f"{written[:50]}…"


def _within(exponent: SymPy) -> bool:
    """Return whether an exponent is real and small enough; one beyond the range of a float is not."""
    try:
        return abs(float(exponent)) <= MAX_EXPONENT
    except (OverflowError, TypeError):
        return False


def from_sympy(expression: SymPy, sympy: ModuleType) -> Node | None:
    """Return a SymPy expression as a tree, keeping SymPy's order; None if the grammar cannot express it."""
    if expression.is_Rational:
        return Number(Fraction(int(expression.p), int(expression.q)))
    if expression in (sympy.pi, sympy.E):
        return Constant("pi" if expression == sympy.pi else "e")
    if expression.is_Symbol:
        return Variable(expression.name)
    if expression.is_Add:
        return _sum([from_sympy(term, sympy) for term in expression.as_ordered_terms()])
    if expression.is_Mul:
        return _product(expression, sympy)
    if expression.is_Pow:
        return _power(expression, sympy)
    name = {"Abs": "abs", "Max": "max", "Min": "min"}.get(expression.func.__name__, expression.func.__name__)
    given = [from_sympy(argument, sympy) for argument in expression.args]
    if name not in (*SAME_NAME, "abs", "max", "min") or any(argument is None for argument in given):
        return None
    return Apply(name, tuple(argument for argument in given if argument is not None))


def _sum(terms: list[Node | None]) -> Node | None:
    """Return a + b - c …: a term with a minus sign of its own is subtracted."""
    known = [term for term in terms if term is not None]
    if len(known) < len(terms):
        return None

    def add(left: Node, right: Node) -> Node:
        if isinstance(right, Apply) and right.operation == "neg":
            return Apply("-", (left, right.arguments[0]))
        if isinstance(right, Number) and right.value < 0:
            return Apply("-", (left, Number(-right.value)))
        return Apply("+", (left, right))

    return reduce(add, known)


def _product(expression: SymPy, sympy: ModuleType) -> Node | None:
    """Return ± a · b / c …: the sign in front, all denominators under one fraction bar."""
    coefficient, rest = expression.as_coeff_Mul()
    upper, lower = sympy.fraction(expression)
    if lower != 1:
        above, below = from_sympy(upper, sympy), from_sympy(lower, sympy)
        if above is None or below is None:
            return None
        if isinstance(above, Apply) and above.operation == "neg":
            return Apply("neg", (Apply("/", (above.arguments[0], below)),))
        return Apply("/", (above, below))
    factors = [from_sympy(factor, sympy) for factor in (rest.as_ordered_factors() if rest.is_Mul else [rest])]
    if any(factor is None for factor in factors):
        return None
    known = [factor for factor in factors if factor is not None]
    if abs(coefficient) != 1:
        known.insert(0, Number(Fraction(int(abs(coefficient).p), int(abs(coefficient).q))))
    product = reduce(lambda left, right: Apply("*", (left, right)), known)
    return Apply("neg", (product,)) if coefficient < 0 else product


def _power(expression: SymPy, sympy: ModuleType) -> Node | None:
    if expression.base == sympy.E:
        inner = from_sympy(expression.exp, sympy)
        return None if inner is None else Apply("exp", (inner,))
    base, exponent = from_sympy(expression.base, sympy), from_sympy(expression.exp, sympy)
    if base is None or exponent is None:
        return None
    if exponent == Number(Fraction(1, 2)):
        return Apply("sqrt", (base,))
    if isinstance(exponent, Number) and exponent.value < 0:
        below = from_sympy(1 / expression, sympy)
        return None if below is None else Apply("/", (Number(Fraction(1)), below))
    return Apply("**", (base, exponent))
