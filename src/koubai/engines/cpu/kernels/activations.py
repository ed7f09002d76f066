"""φ and φ' of a layer, compiled: the equations of `koubai.core.activations`, element by element.

``u``, ``z`` and ``g`` are flat and contiguous, n rows of m nodes. Which activation it is comes as a number, so that a
network of any kind runs without compiling anew.
"""

import math

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.mathematics import exp, log1p, tanh
from koubai.engines.cpu.kernels.primitives import keep_apart

IDENTITY, STEP, SIGMOID, TANH, RELU, LEAKY_RELU = 0, 1, 2, 3, 4, 5
ELU, GELU, SILU, SOFTPLUS, EXPONENTIAL, SOFTMAX = 6, 7, 8, 9, 10, 11

CODES = {
    "identity": IDENTITY,
    "step": STEP,
    "sigmoid": SIGMOID,
    "tanh": TANH,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "elu": ELU,
    "gelu": GELU,
    "silu": SILU,
    "softplus": SOFTPLUS,
    "exponential": EXPONENTIAL,
    "softmax": SOFTMAX,
}
"""The number of each activation of `koubai.core.activations`."""

ROOT_HALF = math.sqrt(0.5)
NORMAL_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)


@kernel(exact=True)
def quotient(a, b):
    """Return a / b; if order were free, the compiler would divide each number that is multiplied with it instead."""
    return a / b


@kernel
def softmax(u, z, n, m):
    """Set z_k = exp(u_k - max u) / Σ_j exp(u_j - max u) in each row."""
    for r in range(n):
        row, out = u[r * m : (r + 1) * m], z[r * m : (r + 1) * m]
        top = row[0]
        for k in range(m):
            top = max(top, row[k])
        for k in range(m):
            out[k] = row[k] - top
    for i in range(n * m):  # over all rows at once, or a few outputs would leave most of a vector empty
        z[i] = exp(z[i])
    for r in range(n):
        out = z[r * m : (r + 1) * m]
        total = u.dtype.type(0)
        for k in range(m):
            total += out[k]
        share = quotient(u.dtype.type(1), total)
        for k in range(m):
            out[k] *= share


@kernel
def activate(code, parameter, u, z, n, m):
    """Set z = φ(u)."""
    keep_apart()
    number = u.dtype.type
    zero, half, one = number(0), number(0.5), number(1)
    if code == IDENTITY:
        for i in range(n * m):
            z[i] = u[i]
    elif code == STEP:
        for i in range(n * m):
            z[i] = zero if u[i] <= zero else (one if u[i] > zero else u[i])  # NaN stays NaN
    elif code == SIGMOID:
        for i in range(n * m):
            z[i] = one / (one + exp(-u[i]))
    elif code == TANH:
        for i in range(n * m):
            z[i] = tanh(u[i])
    elif code == RELU:
        for i in range(n * m):
            z[i] = zero if u[i] < zero else u[i]
    elif code == LEAKY_RELU:
        for i in range(n * m):
            z[i] = parameter * u[i] if u[i] <= zero else u[i]
    elif code == ELU:
        for i in range(n * m):
            z[i] = u[i] if u[i] > zero else parameter * number(math.expm1(u[i]))
    elif code == GELU:
        for i in range(n * m):
            z[i] = u[i] * (half * (one + number(math.erf(u[i] * number(ROOT_HALF)))))
    elif code == SILU:
        for i in range(n * m):
            z[i] = u[i] * (one / (one + exp(-u[i])))
    elif code == SOFTPLUS:
        for i in range(n * m):
            z[i] = (zero if u[i] < zero else u[i]) + log1p(exp(-abs(u[i])))
    elif code == EXPONENTIAL:
        for i in range(n * m):
            z[i] = exp(u[i])
    else:
        softmax(u, z, n, m)


@kernel
def pull_back(code, parameter, u, z, g, n, m):
    """Turn g = ∂E/∂z into ∂E/∂u = g φ'(u), in place."""
    keep_apart()
    number = u.dtype.type
    zero, half, one = number(0), number(0.5), number(1)
    if code == STEP:
        for i in range(n * m):
            g[i] *= zero
    elif code == SIGMOID:
        for i in range(n * m):
            g[i] *= z[i] * (one - z[i])
    elif code == TANH:
        for i in range(n * m):
            g[i] *= one - z[i] * z[i]
    elif code == RELU:
        for i in range(n * m):
            g[i] = zero if u[i] <= zero else g[i]
    elif code == LEAKY_RELU:
        for i in range(n * m):
            g[i] = parameter * g[i] if u[i] <= zero else g[i]
    elif code == ELU:
        for i in range(n * m):
            g[i] *= one if u[i] > zero else parameter * exp(min(u[i], zero))
    elif code == GELU:
        for i in range(n * m):
            below = half * (one + number(math.erf(u[i] * number(ROOT_HALF))))
            g[i] *= below + u[i] * (exp(-half * u[i] * u[i]) * number(NORMAL_DENSITY_AT_0))
    elif code == SILU:
        for i in range(n * m):
            s = one / (one + exp(-u[i]))
            g[i] *= s * (one + u[i] * (one - s))
    elif code == SOFTPLUS:
        for i in range(n * m):
            g[i] *= one / (one + exp(-u[i]))
    elif code == EXPONENTIAL:
        for i in range(n * m):
            g[i] *= z[i]
    elif code == SOFTMAX:
        for r in range(n):
            z_row, g_row = z[r * m : (r + 1) * m], g[r * m : (r + 1) * m]
            mean = zero
            for k in range(m):
                mean += g_row[k] * z_row[k]
            for k in range(m):
                g_row[k] = z_row[k] * (g_row[k] - mean)
