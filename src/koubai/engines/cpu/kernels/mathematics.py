"""The functions of `koubai.core.scalars`, compiled; exp, tanh and log(1 + t) in a form that can be vectorised.

exp follows Cody and Waite (1980, chapter 6): x = n log 2 + r with |r| <= ½ log 2, exp(x) = 2ⁿ exp(r), and exp(r) by
its Taylor polynomial, long enough for the remainder to be below the last digit. Rounding to n is done by adding and
subtracting 1.5 · 2⁵² (1.5 · 2²³), which is why these functions keep their order of operations (``exact``). Results
below the smallest normal number come out as 0.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from koubai.core.scalars import cos, erf, exp, expm1, like, log, log1p, quotient, sin, smallest, sqrt, tanh, wide
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import bits_of_float, float_of_bits

LOG2_E = 1.4426950408889634
ROUND_64 = 6755399441055744.0
LN2_HIGH = 0.6931471803691238
LN2_LOW = 1.9082149292705877e-10
ROUND_32 = np.float32(12582912.0)
LN2_HIGH_32 = np.float32(0.693359375)
LN2_LOW_32 = np.float32(-2.12194440e-4)
LOG2_E_32 = np.float32(LOG2_E)
INVERSE_PI = 0.3183098861837907
PI_HIGH, PI_MIDDLE, PI_LOW = 3.1415926534682512, 1.2154201012607932e-10, 4.044532497591901e-21
INVERSE_PI_32 = np.float32(INVERSE_PI)
PI_HIGH_32, PI_MIDDLE_32, PI_LOW_32 = np.float32(3.140625), np.float32(9.6750259399414e-4), np.float32(1.509958e-7)


@kernel(exact=True)
def exp_float64(x):
    """Return exp(x) in float64."""
    shifted = x * LOG2_E + ROUND_64
    n = shifted - ROUND_64
    r = x - n * LN2_HIGH - n * LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = (p * r) * r + r + 1.0
    exponent = bits_of_float(shifted) - bits_of_float(ROUND_64)
    value = p * float_of_bits((exponent + 1022) << 52) * 2.0
    value = 0.0 if x < -707.0 else value
    return math.inf if x > 709.782712893384 else value


@kernel(exact=True)
def exp_float32(x):
    """Return exp(x) in float32."""
    shifted = x * LOG2_E_32 + ROUND_32
    n = shifted - ROUND_32
    r = x - n * LN2_HIGH_32 - n * LN2_LOW_32
    p = np.float32(1.0 / 5040.0)
    p = p * r + np.float32(1.0 / 720.0)
    p = p * r + np.float32(1.0 / 120.0)
    p = p * r + np.float32(1.0 / 24.0)
    p = p * r + np.float32(1.0 / 6.0)
    p = p * r + np.float32(0.5)
    p = (p * r) * r + r + np.float32(1.0)
    exponent = np.int32(bits_of_float(shifted) - bits_of_float(ROUND_32))
    value = p * float_of_bits(np.int32((exponent + np.int32(126)) << np.int32(23))) * np.float32(2.0)
    value = np.float32(0.0) if x < np.float32(-86.6) else value
    return np.float32(math.inf) if x > np.float32(88.72284) else value


@kernel(exact=True)
def tanh_float64(x):
    """Return tanh(x) in float64: a rational function near 0 (Moshier's Cephes), else 1 - 2 / (exp(2|x|) + 1)."""
    a = abs(x)
    near = min(a, 1.0)  # vectorised, since both sides of the choice are cheap and finite
    s = near * near
    p = (-9.64399179425052238628e-1 * s - 9.92877231001918586564e1) * s - 1.61468768441708447952e3
    q = ((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s + 4.84406305325125486048e3
    near = near + near * s * p / q
    far = 1.0 - 2.0 / (exp_float64(2.0 * a) + 1.0)
    return math.copysign(near if a < 0.625 else far, x)


@kernel(exact=True)
def tanh_float32(x):
    """Return tanh(x) in float32: a polynomial near 0 (Moshier's Cephes), else 1 - 2 / (exp(2|x|) + 1)."""
    a = abs(x)
    s = x * x
    p = np.float32(-5.70498872745e-3) * s + np.float32(2.06390887954e-2)
    p = p * s + np.float32(-5.37397155531e-2)
    p = p * s + np.float32(1.33314422036e-1)
    p = p * s + np.float32(-3.33332819422e-1)
    sign = np.float32(math.copysign(1.0, x))
    far = sign - np.float32(2.0) * sign / (exp_float32(np.float32(2.0) * a) + np.float32(1.0))
    return x + x * s * p if a < np.float32(0.625) else far


@kernel(exact=True)
def log1p_float64(t):
    """Return log(1 + t) for 0 <= t <= 1 in float64: 2 artanh(s) with s = t / (2 + t), as a series in s² <= 1/9."""
    s = t / (2.0 + t)
    q = s * s
    p = 1.0 / 33.0
    p = p * q + 1.0 / 31.0
    p = p * q + 1.0 / 29.0
    p = p * q + 1.0 / 27.0
    p = p * q + 1.0 / 25.0
    p = p * q + 1.0 / 23.0
    p = p * q + 1.0 / 21.0
    p = p * q + 1.0 / 19.0
    p = p * q + 1.0 / 17.0
    p = p * q + 1.0 / 15.0
    p = p * q + 1.0 / 13.0
    p = p * q + 1.0 / 11.0
    p = p * q + 1.0 / 9.0
    p = p * q + 1.0 / 7.0
    p = p * q + 1.0 / 5.0
    p = p * q + 1.0 / 3.0
    return 2.0 * s + 2.0 * s * q * p


@kernel(exact=True)
def log1p_float32(t):
    """Return log(1 + t) for 0 <= t <= 1 in float32, by the same series."""
    s = t / (np.float32(2.0) + t)
    q = s * s
    p = np.float32(1.0 / 15.0)
    p = p * q + np.float32(1.0 / 13.0)
    p = p * q + np.float32(1.0 / 11.0)
    p = p * q + np.float32(1.0 / 9.0)
    p = p * q + np.float32(1.0 / 7.0)
    p = p * q + np.float32(1.0 / 5.0)
    p = p * q + np.float32(1.0 / 3.0)
    return np.float32(2.0) * s + np.float32(2.0) * s * q * p


@kernel(exact=True, inlined=True)
def half_turns_float64(x):
    """Return r in ±π/2 and ±1 with sin(x) = ±sin(r) and cos(x) = ±cos(r): x = n π + r, the sign by n being even.

    n π is subtracted in parts whose products with n are exact as long as n is small. If the last digit of x is worth
    more than a turn, its sine cannot be known; r is kept in bounds.
    """
    shifted = x * INVERSE_PI + ROUND_64
    n = shifted - ROUND_64
    r = ((x - n * PI_HIGH) - n * PI_MIDDLE) - n * PI_LOW
    r = 1.6 if r > 1.6 else (-1.6 if r < -1.6 else r)
    sign = float_of_bits(((bits_of_float(shifted) & 1) << 63) | bits_of_float(1.0))
    return r, sign


@kernel(exact=True)
def sin_float64(x):
    """Return sin(x) in float64, by the Taylor polynomial of degree 21 within a quarter turn."""
    r, sign = half_turns_float64(x)
    s = r * r
    p = 1.0 / 51090942171709440000.0
    p = p * s - 1.0 / 121645100408832000.0
    p = p * s + 1.0 / 355687428096000.0
    p = p * s - 1.0 / 1307674368000.0
    p = p * s + 1.0 / 6227020800.0
    p = p * s - 1.0 / 39916800.0
    p = p * s + 1.0 / 362880.0
    p = p * s - 1.0 / 5040.0
    p = p * s + 1.0 / 120.0
    p = p * s - 1.0 / 6.0
    return sign * (r + r * s * p)


@kernel(exact=True)
def cos_float64(x):
    """Return cos(x) in float64, by the Taylor polynomial of degree 22 within a quarter turn."""
    r, sign = half_turns_float64(x)
    s = r * r
    p = -1.0 / 1124000727777607680000.0
    p = p * s + 1.0 / 2432902008176640000.0
    p = p * s - 1.0 / 6402373705728000.0
    p = p * s + 1.0 / 20922789888000.0
    p = p * s - 1.0 / 87178291200.0
    p = p * s + 1.0 / 479001600.0
    p = p * s - 1.0 / 3628800.0
    p = p * s + 1.0 / 40320.0
    p = p * s - 1.0 / 720.0
    p = p * s + 1.0 / 24.0
    p = p * s - 0.5
    return sign * (1.0 + s * p)


@kernel(exact=True, inlined=True)
def half_turns_float32(x):
    """Return r in ±π/2 and ±1 with sin(x) = ±sin(r) and cos(x) = ±cos(r), in float32."""
    shifted = x * INVERSE_PI_32 + ROUND_32
    n = shifted - ROUND_32
    r = ((x - n * PI_HIGH_32) - n * PI_MIDDLE_32) - n * PI_LOW_32
    r = np.float32(1.6) if r > np.float32(1.6) else (np.float32(-1.6) if r < np.float32(-1.6) else r)
    odd = np.int32(bits_of_float(shifted) & np.int32(1))
    sign = float_of_bits(np.int32(np.int32(odd << np.int32(31)) | bits_of_float(np.float32(1.0))))
    return r, sign


@kernel(exact=True)
def sin_float32(x):
    """Return sin(x) in float32, by the Taylor polynomial of degree 13 within a quarter turn."""
    r, sign = half_turns_float32(x)
    s = r * r
    p = np.float32(1.0 / 6227020800.0)
    p = p * s - np.float32(1.0 / 39916800.0)
    p = p * s + np.float32(1.0 / 362880.0)
    p = p * s - np.float32(1.0 / 5040.0)
    p = p * s + np.float32(1.0 / 120.0)
    p = p * s - np.float32(1.0 / 6.0)
    return sign * (r + r * s * p)


@kernel(exact=True)
def cos_float32(x):
    """Return cos(x) in float32, by the Taylor polynomial of degree 14 within a quarter turn."""
    r, sign = half_turns_float32(x)
    s = r * r
    p = np.float32(-1.0 / 87178291200.0)
    p = p * s + np.float32(1.0 / 479001600.0)
    p = p * s - np.float32(1.0 / 3628800.0)
    p = p * s + np.float32(1.0 / 40320.0)
    p = p * s - np.float32(1.0 / 720.0)
    p = p * s + np.float32(1.0 / 24.0)
    p = p * s - np.float32(0.5)
    return sign * (np.float32(1.0) + s * p)


@overload(cos, inline="never")
def _cos(x):
    if x == types.float32:
        return lambda x: cos_float32(x)
    return lambda x: cos_float64(x)


@overload(sin, inline="never")
def _sin(x):
    if x == types.float32:
        return lambda x: sin_float32(x)
    return lambda x: sin_float64(x)


@overload(exp, inline="never")
def _exp(x):
    if x == types.float32:
        return lambda x: exp_float32(x)
    return lambda x: exp_float64(x)


@overload(tanh, inline="never")
def _tanh(x):
    if x == types.float32:
        return lambda x: tanh_float32(x)
    return lambda x: tanh_float64(x)


@overload(log1p, inline="never")
def _log1p(t):
    if t == types.float32:
        return lambda t: log1p_float32(t)
    return lambda t: log1p_float64(t)


@overload(like, inline="always")
def _like(value, number):
    convert = number
    return lambda value, number: convert(value)


@overload(wide, inline="always")
def _wide(number):
    return lambda number: np.float64(number)


@overload(smallest, inline="always")
def _smallest(number):
    value = np.finfo(number.name).tiny
    return lambda number: value


@overload(log, inline="always")
def _log(x):
    return lambda x: math.log(x)


@overload(sqrt, inline="always")
def _sqrt(x):
    return lambda x: math.sqrt(x)


@overload(erf, inline="never")
def _erf(x):
    convert = x
    return lambda x: convert(math.erf(x))


@overload(expm1, inline="never")
def _expm1(x):
    convert = x
    return lambda x: convert(math.expm1(x))


@kernel(exact=True)
def quotient_in_order(a, b):
    """Return a / b; allowed to reorder, the compiler would instead divide every number that is multiplied by it."""
    return a / b


@overload(quotient, inline="never")
def _quotient(a, b):
    return lambda a, b: quotient_in_order(a, b)
