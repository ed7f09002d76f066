"""Formulas as trees: the source of every rendering (text, LaTeX, MathML) and evaluation in an explanation.

A `Symbol` is notation; a `Quantity` is notation for a known number. ``substituted()`` inserts the numbers;
``evaluate()`` computes, exactly for as long as the numbers are fractions.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from koubai.core.formulas.values import Evaluated, Value, call, power, tidy, total

Operand: TypeAlias = "Formula | int | float | Fraction"


@dataclass(frozen=True, slots=True)
class Formula:
    """Base of all formulas; ``+ - * / **`` and unary minus build larger ones."""

    def parts(self) -> "tuple[Formula, ...]":
        """Return the formulas directly inside this one, in reading order."""
        found: list[Formula] = []
        for field in fields(self):
            value = getattr(self, field.name)
            found.extend(value if isinstance(value, tuple) else (value,))
        return tuple(part for part in found if isinstance(part, Formula))

    def with_parts(self, parts: "Sequence[Formula]") -> "Formula":
        """Return this formula with its parts replaced, as many as ``parts()`` returns."""
        others = iter(parts)
        changes: dict[str, Formula | tuple[Formula, ...]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Formula):
                changes[field.name] = next(others)
            elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
                changes[field.name] = tuple(next(others) for _ in value)
        return replace(self, **changes)

    def substituted(self) -> "Formula":
        """Return the formula with its quantities replaced by their numbers."""
        parts = self.parts()
        return self.with_parts([part.substituted() for part in parts]) if parts else self

    def evaluate(self) -> Evaluated:
        """Return the value of the formula, a number or a matrix of numbers."""
        raise TypeError(f"{type(self).__name__} is notation without a number.")

    def walk(self) -> "Iterator[Formula]":
        """Yield this formula and all its subformulas."""
        yield self
        for part in self.parts():
            yield from part.walk()

    def __add__(self, other: Operand) -> "Formula":
        return add(self, other)

    def __radd__(self, other: Operand) -> "Formula":
        return add(other, self)

    def __sub__(self, other: Operand) -> "Formula":
        return add(self, Negative(formula(other)))

    def __rsub__(self, other: Operand) -> "Formula":
        return add(other, Negative(self))

    def __mul__(self, other: Operand) -> "Formula":
        return multiply(self, other)

    def __rmul__(self, other: Operand) -> "Formula":
        return multiply(other, self)

    def __truediv__(self, other: Operand) -> "Formula":
        return Quotient(self, formula(other))

    def __rtruediv__(self, other: Operand) -> "Formula":
        return Quotient(formula(other), self)

    def __pow__(self, other: Operand) -> "Formula":
        return Power(self, formula(other))

    def __neg__(self) -> "Formula":
        return Negative(self)


@dataclass(frozen=True, slots=True)
class Number(Formula):
    """A number; ``signed`` writes a plus before a positive one, as in the labels +1 and -1."""

    value: Value
    signed: bool = False

    def evaluate(self) -> Evaluated:
        """Return the number."""
        return self.value


@dataclass(frozen=True, slots=True)
class Symbol(Formula):
    """A letter with indices: ``Symbol("w", ("i", "j"), "l")`` is w_ij^(l).

    Parameters
    ----------
    base : str
        The letter; Greek letters as such.
    lower : tuple of str or int
        Indices below.
    layer : str, int or None
        The superscript in parentheses: the layer or the time.
    accent : str
        "", "hat" or "tilde".
    bold : bool
        Whether it is a vector or a matrix.
    prime : bool
        Whether a prime follows: the value after an update.
    """

    base: str
    lower: tuple[str | int, ...] = ()
    layer: str | int | None = None
    accent: str = ""
    bold: bool = False
    prime: bool = False


@dataclass(frozen=True, slots=True)
class Partial(Formula):
    """The notation ∂E/∂w."""

    of: Formula
    by: Formula


@dataclass(frozen=True, slots=True)
class Apply(Formula):
    """Notation for the value of a function that is not computed by name: φ(u), φ'(u), f(x), E(z, y)."""

    function: str
    arguments: tuple[Formula, ...]
    prime: bool = False
    layer: str | int | None = None


@dataclass(frozen=True, slots=True)
class BigSum(Formula):
    """The notation Σ_index body, in laws; particular sums are written out."""

    index: str
    body: Formula


@dataclass(frozen=True, slots=True)
class Quantity(Formula):
    """Notation for a known number, or a known matrix of numbers."""

    notation: Formula
    number: "Number | Matrix"

    def substituted(self) -> Formula:
        """Return the number."""
        return self.number

    def evaluate(self) -> Evaluated:
        """Return the number."""
        return self.number.evaluate()


@dataclass(frozen=True, slots=True)
class Sum(Formula):
    """Terms added up; a term that is `Negative` is subtracted."""

    terms: tuple[Formula, ...]

    def evaluate(self) -> Evaluated:
        """Return the sum; floats are added without rounding errors."""
        values = [term.evaluate() for term in self.terms]
        if any(isinstance(value, np.ndarray) for value in values):
            return sum(values[1:], values[0])
        if all(isinstance(value, Fraction) for value in values):
            return tidy(sum(values, Fraction(0)))
        return total([float(value) for value in values])


@dataclass(frozen=True, slots=True)
class Negative(Formula):
    """The negative of a formula."""

    inside: Formula

    def evaluate(self) -> Evaluated:
        """Return the negative."""
        return -self.inside.evaluate()


@dataclass(frozen=True, slots=True)
class Product(Formula):
    """Factors multiplied: numbers, or matrices by the matrix product."""

    factors: tuple[Formula, ...]

    def evaluate(self) -> Evaluated:
        """Return the product."""
        result = self.factors[0].evaluate()
        for factor in self.factors[1:]:
            value = factor.evaluate()
            both = isinstance(result, np.ndarray) and isinstance(value, np.ndarray)
            result = result @ value if both else _scalar(result * value)
        return result


@dataclass(frozen=True, slots=True)
class Elementwise(Formula):
    """The elementwise (Hadamard) product of two matrices of one shape."""

    left: Formula
    right: Formula

    def evaluate(self) -> Evaluated:
        """Return the product."""
        return self.left.evaluate() * self.right.evaluate()


@dataclass(frozen=True, slots=True)
class Quotient(Formula):
    """Numerator over denominator."""

    above: Formula
    below: Formula

    def evaluate(self) -> Evaluated:
        """Return the quotient; a float divided by zero is ±infinity or nan, as in IEEE 754."""
        above, below = self.above.evaluate(), self.below.evaluate()
        if isinstance(above, np.ndarray):
            return above / below
        if below == 0:
            return math.nan if above == 0 else math.copysign(math.inf, above)
        return _scalar(above / below)


@dataclass(frozen=True, slots=True)
class Power(Formula):
    """Base to an exponent."""

    base: Formula
    exponent: Formula

    def evaluate(self) -> Evaluated:
        """Return the power, exactly for an exact base and an integer exponent."""
        return power(self.base.evaluate(), self.exponent.evaluate())


@dataclass(frozen=True, slots=True)
class Function(Formula):
    """A named function: exp, log, tanh, erf, cos, sin, sqrt, abs, max, min or sign."""

    name: str
    arguments: tuple[Formula, ...]

    def evaluate(self) -> Evaluated:
        """Return the function's value, exact where possible (exp 0 = 1, log 1 = 0, √4 = 2)."""
        return call(self.name, [argument.evaluate() for argument in self.arguments])


@dataclass(frozen=True, slots=True)
class Matrix(Formula):
    """A matrix of formulas, row by row; a column vector has one column."""

    rows: tuple[tuple[Formula, ...], ...]

    def parts(self) -> tuple[Formula, ...]:
        """Return the entries, row by row."""
        return tuple(entry for row in self.rows for entry in row)

    def with_parts(self, parts: Sequence[Formula]) -> Formula:
        """Return a matrix of the same shape with other entries."""
        width = len(self.rows[0])
        return Matrix(tuple(tuple(parts[k : k + width]) for k in range(0, len(parts), width)))

    def evaluate(self) -> Evaluated:
        """Return the entries' numbers, an object array (rows, columns)."""
        result = np.empty((len(self.rows), len(self.rows[0])), dtype=object)
        for i, row in enumerate(self.rows):
            for j, entry in enumerate(row):
                result[i, j] = entry.evaluate()
        return result


@dataclass(frozen=True, slots=True)
class Transpose(Formula):
    """The transpose of a matrix."""

    inside: Formula

    def evaluate(self) -> Evaluated:
        """Return the transpose."""
        return self.inside.evaluate().T


def formula(operand: Operand) -> Formula:
    """Return a formula unchanged, and a number as a formula."""
    if isinstance(operand, Formula):
        return operand
    return Number(Fraction(operand) if isinstance(operand, int | Fraction) else float(operand))


def add(*terms: Operand) -> Formula:
    """Return the sum of formulas, one level deep; a single one is returned unchanged."""
    flat: list[Formula] = []
    for term in map(formula, terms):
        flat.extend(term.terms if isinstance(term, Sum) else (term,))
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiply(*factors: Operand) -> Formula:
    """Return the product of formulas, one level deep; a single one is returned unchanged."""
    flat: list[Formula] = []
    for factor in map(formula, factors):
        flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def exp(x: Operand) -> Formula:
    """Return exp(x)."""
    return Function("exp", (formula(x),))


def log(x: Operand) -> Formula:
    """Return the natural logarithm of x."""
    return Function("log", (formula(x),))


def sqrt(x: Operand) -> Formula:
    """Return √x."""
    return Function("sqrt", (formula(x),))


def largest(*arguments: Operand) -> Formula:
    """Return max(…)."""
    return Function("max", tuple(map(formula, arguments)))


def result_of(value: Evaluated) -> "Number | Matrix":
    """Return evaluated numbers as a formula: a `Number`, or a `Matrix` of them."""
    if isinstance(value, np.ndarray):
        return Matrix(tuple(tuple(Number(tidy(entry)) for entry in row) for row in value))
    return Number(tidy(value))


def column(values: Sequence[Value] | npt.NDArray[np.floating]) -> Matrix:
    """Return a column vector of numbers."""
    return Matrix(tuple((Number(value),) for value in values))


def _scalar(value: Evaluated) -> Evaluated:
    return tidy(value) if isinstance(value, Fraction) else value
