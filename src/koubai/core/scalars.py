"""The words that scalar kernels are written in: functions of one number, in that number's own precision.

A kind (an activation, a loss, an optimizer) says what it does to one number as a plain Python function. Python can
call it as it stands; the compiled engine takes it up, with these words in the precision that it is compiled for.
"""

import math
import sys


def wide(number: float) -> float:
    """Return a number in float64, for what would lose its last places in float32."""
    return float(number)


def smallest(number: float) -> float:
    """Return the smallest normal number in the precision of ``number``."""
    return sys.float_info.min


def like(value: float, number: float) -> float:
    """Return a constant in the precision of ``number``: 0.5 beside a float32 would make the whole formula float64."""
    return value


def quotient(a: float, b: float) -> float:
    """Return a / b, rounded once: never as a times 1 / b, as a compiler that may change the order would have it."""
    return a / b


def exp(x: float) -> float:
    """Return exp(x); infinity where that overflows."""
    return math.exp(x) if x <= 709.782712893384 else math.inf


def log(x: float) -> float:
    """Return log(x); minus infinity at 0, NaN below it."""
    return math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)


def sqrt(x: float) -> float:
    """Return √x; NaN below 0."""
    return math.sqrt(x) if x >= 0 else math.nan


def tanh(x: float) -> float:
    """Return tanh(x)."""
    return math.tanh(x)


def log1p(t: float) -> float:
    """Return log(1 + t) for 0 <= t <= 1."""
    return math.log1p(t)


def expm1(x: float) -> float:
    """Return exp(x) - 1 for x <= 0."""
    return math.expm1(x)


def erf(x: float) -> float:
    """Return the error function of x."""
    return math.erf(x)
