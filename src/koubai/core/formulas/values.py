"""The numbers of an explanation: exact fractions while these are small, otherwise floats, and how each is written."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

Value: TypeAlias = Fraction | float
"""A number: exact as a Fraction, or a float."""
Evaluated: TypeAlias = Any
"""A Value, or an object array (rows, columns) of Values for a matrix."""

GIVEN_LIMIT = 1000
"""A float is treated as the exact fraction the user meant if its denominator is at most this."""
KEPT_LIMIT = 10_000
"""A computed fraction is kept exact while its numerator and denominator are at most this."""
WRITTEN = re.compile(r"[+-]?[\d./]{1,60}(e[+-]?[12]?\d?\d)?", re.IGNORECASE)
"""The pattern of a number typed by a user."""
LARGEST_EXPONENT = 1000
"""Larger powers are computed with floats, since as fractions they would have thousands of digits."""
LONGEST_DECIMAL = 6
"""An exact number is written as a decimal only with at most this many places."""

SAFE_EXPONENT = 500.0
"""exp(u) is finite in float64 up to about 709; beyond this formulas take the form that cannot overflow."""


def as_given(value: float | Fraction) -> Value:
    """Return the simple fraction that a given number represents, if there is one, else the float.

    Examples
    --------
    >>> as_given(0.1), as_given(2**0.5)
    (Fraction(1, 10), 1.4142135623730951)
    """
    if isinstance(value, Fraction):
        return tidy(value)
    value = float(value)
    if not math.isfinite(value):
        return value
    near = Fraction(value).limit_denominator(GIVEN_LIMIT)
    return near if float(near) == value and abs(near.numerator) <= KEPT_LIMIT else value


def tidy(value: Value) -> Value:
    """Return an exact number unchanged if it is small enough to be readable, else as a float."""
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) > KEPT_LIMIT:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


def total(values: Sequence[float]) -> float:
    """Return the sum of floats without rounding errors; infinite if beyond the largest float."""
    try:
        return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
    except OverflowError:  # on the way, though the sum may be one; scaled down, no digit that counts is lost
        scaled = math.fsum(math.ldexp(value, -64) for value in values)
        return scaled * 2.0**64


def power(base: Evaluated, exponent: Evaluated) -> Evaluated:
    """Return base to an exponent, exactly for small fractions; as in IEEE 754 beyond the range of floats."""
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        whole = int(exponent)
        if not isinstance(base, int | float | Fraction):  # a matrix of numbers
            return base**whole
        if isinstance(base, Fraction) and abs(whole) <= LARGEST_EXPONENT and (base != 0 or whole >= 0):
            return tidy(base**whole)
    with np.errstate(all="ignore"):
        return float(np.float64(float(base)) ** np.float64(float(exponent)))


@dataclass(frozen=True, slots=True)
class Notation:
    """The format of numbers.

    Parameters
    ----------
    digits : int
        Significant digits of a rounded number.
    fractions : bool
        Whether exact numbers are written as fractions (1/2) or, if they terminate, as decimals (0.5).
    """

    digits: int = 4
    fractions: bool = True

    @classmethod
    def of(cls, given: Iterable[Value], digits: int = 4) -> "Notation":
        """Return the notation in which these numbers were given: decimals if they include a tenth or a fifth.

        Examples
        --------
        >>> Notation.of([Fraction(1, 2), Fraction(3)]).fractions, Notation.of([Fraction(1, 10)]).fractions
        (True, False)
        """
        exact = [value for value in given if isinstance(value, Fraction)]
        return cls(digits, not any(value.denominator % 5 == 0 for value in exact))


@dataclass(frozen=True, slots=True)
class Written:
    """A written number: ``mantissa`` × 10^``exponent``, or ``mantissa`` / ``denominator``.

    ``exact`` tells whether the written number is exact rather than rounded.
    """

    negative: bool
    mantissa: str
    denominator: str
    exponent: int | None
    exact: bool


def write(value: Value, notation: Notation) -> Written:
    """Return a number in written form.

    Examples
    --------
    >>> write(Fraction(-1, 2), Notation())
    Written(negative=True, mantissa='1', denominator='2', exponent=None, exact=True)
    >>> write(2 / 3, Notation()).mantissa, write(2 / 3, Notation()).exact
    ('0.6667', False)
    """
    if isinstance(value, Fraction):
        decimal = _ending_decimal(abs(value))
        if value.denominator == 1 or (decimal is not None and not notation.fractions):
            return Written(value < 0, decimal or str(abs(value.numerator)), "", None, True)
        return Written(value < 0, str(abs(value.numerator)), str(value.denominator), None, True)
    if not math.isfinite(value):
        return Written(value < 0, "nan" if math.isnan(value) else "∞", "", None, True)
    return _write_rounded(value, notation.digits)


def _ending_decimal(value: Fraction) -> str | None:
    """Return a number >= 0 as a decimal if that is short enough."""
    for places in range(LONGEST_DECIMAL + 1):
        scaled = value * 10**places
        if scaled.denominator == 1:
            whole, rest = divmod(scaled.numerator, 10**places)
            return f"{whole}.{rest:0{places}d}" if places else str(whole)
    return None


def _write_rounded(value: float, digits: int) -> Written:
    """Return a float with ``digits`` significant digits, in scientific notation above 10^5 and below 10^-4."""
    rounded = float(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return Written(False, "0", "", None, value == 0)
    if not math.isfinite(rounded):  # rounded up beyond the largest float
        rounded = value
    size = math.floor(math.log10(abs(rounded)))
    if -4 <= size < max(6, digits):
        shown = f"{abs(rounded):.{max(0, digits - 1 - size)}f}"
        exponent = None
    else:
        shown, _, tail = f"{abs(value):.{digits - 1}e}".partition("e")
        exponent = int(tail)
    exact = rounded == value
    if exact and "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return Written(rounded < 0, shown, "", exponent, exact)


def read(written: Written) -> Value:
    """Return the number as displayed: ``read(write(v, notation))`` is v rounded as written."""
    if written.mantissa in ("∞", "nan"):
        number: Value = math.inf if written.mantissa == "∞" else math.nan
    elif written.denominator:
        number = Fraction(int(written.mantissa), int(written.denominator))
    else:
        number = Fraction(written.mantissa) * Fraction(10) ** (written.exponent or 0)
    return -number if written.negative else number


def parse_number(text: str) -> Value | None:
    """Parse a number typed as a fraction, a decimal or an integer; return None if it is not one.

    Full-width characters, as from Japanese keyboards, are accepted; numbers beyond the range of a float are not.

    Examples
    --------
    >>> parse_number("-1/2"), parse_number("0.25"), parse_number("half")
    (Fraction(-1, 2), Fraction(1, 4), None)
    """
    cleaned = unicodedata.normalize("NFKC", text).strip().replace("−", "-").replace(" ", "")
    if not WRITTEN.fullmatch(cleaned):
        return None
    try:
        return Fraction(cleaned)
    except (ValueError, ZeroDivisionError):
        return None


def call(name: str, arguments: Sequence[Value]) -> Value:
    """Return the value of a named function."""
    x = arguments[0]
    exact = isinstance(x, Fraction)
    if name in ("max", "min"):
        return sorted(arguments)[-1 if name == "max" else 0]
    if name == "abs":
        return -x if x < 0 else x
    if name == "sign":
        return Fraction((x > 0) - (x < 0))
    if name == "exp":
        return Fraction(1) if exact and x == 0 else _exp(float(x))
    if name == "log":
        return Fraction(0) if exact and x == 1 else _log(float(x))
    if name == "sqrt":
        return _sqrt(x)
    if exact and x == 0:
        return Fraction(name == "cos")
    if name in ("cos", "sin"):
        return (math.cos if name == "cos" else math.sin)(x) if math.isfinite(x) else math.nan
    return math.tanh(x) if name == "tanh" else math.erf(x)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    return -math.inf if x == 0 else math.log(x) if x > 0 else math.nan


def _sqrt(x: Value) -> Value:
    if isinstance(x, Fraction) and x >= 0:
        above, below = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if above * above == x.numerator and below * below == x.denominator:
            return Fraction(above, below)
    return math.sqrt(x) if x >= 0 else math.nan
