"""The vocabulary of scalar kernels: functions of one number, in that number's own precision.

A kind (an activation, a loss, an optimizer) defines its effect on one number as a plain Python function. Python can
call it directly; the compiled engine compiles it, with these functions in the precision it is compiled for.
"""

import math
import sys


def wide(number: float) -> float:
    """Return a number in float64, for computations that would lose digits in float32."""
    return float(number)


def smallest(number: float) -> float:
    """Return the smallest normal number in the precision of ``number``."""
    return sys.float_info.min


def like(value: float, number: float) -> float:
    """Return a constant in the precision of ``number``: a plain 0.5 would promote a float32 formula to float64."""
    return value


def quotient(a: float, b: float) -> float:
    """Return a / b, rounded once, never computed as a times 1 / b, as a compiler free to reorder might do."""
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


def cos(x: float) -> float:
    """Return cos(x); NaN at infinity."""
    return math.cos(x) if math.isfinite(x) else math.nan


def sin(x: float) -> float:
    """Return sin(x); NaN at infinity."""
    return math.sin(x) if math.isfinite(x) else math.nan


def erf(x: float) -> float:
    """Return the error function of x."""
    return math.erf(x)
