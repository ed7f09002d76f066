"""E and δ^(L) of a batch, compiled: the equations of `koubai.core.losses`.

``u``, ``z``, ``y`` and ``delta`` are flat, n rows of m outputs; ``share`` (n,) is each row's weight in the mean.
"""

import math

import numpy as np

from koubai.core.scalars import exp, log1p
from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.activations import (
    EXPONENTIAL,
    SIGMOID,
    SOFTMAX,
    SOFTPLUS,
    pull_back,
)
from koubai.engines.cpu.kernels.primitives import keep_apart

HALF_SQUARED_ERROR, CROSS_ENTROPY, BINARY_CROSS_ENTROPY, PERCEPTRON, HINGE, HUBER, POISSON = 0, 1, 2, 3, 4, 5, 6

CODES = {
    "half_squared_error": HALF_SQUARED_ERROR,
    "cross_entropy": CROSS_ENTROPY,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "perceptron": PERCEPTRON,
    "hinge": HINGE,
    "huber": HUBER,
    "poisson": POISSON,
}
"""The number of each loss of `koubai.core.losses`."""

FAR = -40.0
"""As in `koubai.core.logarithms`."""
SMALL = 1e-200
"""A product of largest outputs, each at least 1 / m, is not multiplied further below this."""


@kernel
def xlogx(y):
    """Return y log y, 0 at 0."""
    return y * math.log(y) if y > 0 else 0.0 * y


@kernel
def xlogy(y, z):
    """Return y log z, and 0 for y = 0 whatever z is."""
    return y * math.log(z) if y != 0 else 0.0 * y


@kernel(within=True)
def at_least(x, floor):
    """Return max(x, floor); unlike the builtin, NaN stays NaN."""
    return floor if x < floor else x


@kernel
def log_sigmoid(u):
    """Return log σ(u) = min(u, 0) - log(1 + exp(-|u|))."""
    return (u if u < 0 else 0 * u) - log1p(exp(-abs(u)))


@kernel
def cross_entropy_of_softmax(u, z, y, share, delta):
    """Set δ = share · (z Σ y - y) and return -Σ_k y_k log z_k of one row.

    log z_k = u_k - max u - log Σ_j exp(u_j - max u), and that sum is 1 / max z.
    """
    top, largest = u[0], z[0]
    for k in range(u.size):
        top, largest = max(top, u[k]), max(largest, z[k])
    shift = math.log(np.float64(largest)) - np.float64(top)  # wide, or u - max u loses its last places in float32
    total, targets = 0.0, u.dtype.type(0)
    for k in range(u.size):
        total += y[k] * (u[k] + shift)
        targets += y[k]
    for k in range(u.size):
        delta[k] = share * (z[k] * targets - y[k])
    return -total


@kernel
def cross_entropies_of_softmax(u, z, y, share, delta, n, m):
    """Set δ of n rows of the same share as `cross_entropy_of_softmax` does, and return Σ_rows share · E.

    Rows whose targets sum to 1 share logarithms: log a + log b = log(a b).
    """
    zero, one = u.dtype.type(0), u.dtype.type(1)
    for i in range(n * m):
        delta[i] = share * (z[i] - y[i])
    total, product = 0.0, 1.0
    for r in range(n):
        a, b = r * m, (r + 1) * m
        ur, zr, yr, dr = u[a:b], z[a:b], y[a:b], delta[a:b]
        top, largest = ur[0], zr[0]
        for k in range(m):
            top, largest = max(top, ur[k]), max(largest, zr[k])
        below, targets = zero, zero
        for k in range(m):
            below += yr[k] * (ur[k] - top)
            targets += yr[k]
        total -= below
        if targets == one:
            product *= largest
        else:
            total -= targets * math.log(np.float64(largest))
            for k in range(m):
                dr[k] = share * (zr[k] * targets - yr[k])
        if product < SMALL:
            total -= math.log(product)
            product = 1.0
    return share * (total - math.log(product))


@kernel
def cross_entropy_of_sigmoid(u, z, y, share, delta):
    """Set δ = share · (z - 1) y and return -Σ_k y_k log σ(u_k) of one row; 1 - z is computed as σ(-u)."""
    total, one = 0.0, u.dtype.type(1)
    for k in range(u.size):
        total -= y[k] * log_sigmoid(u[k])
        delta[k] = -share * y[k] / (one + exp(u[k]))
    return total


@kernel
def binary_cross_entropy_of_sigmoid(u, z, y, share, delta):
    """Set δ = share · (z - y) and return -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)] of one row.

    Both logarithms come from log σ(u), and log σ(-u) = log σ(u) - u.
    """
    total = 0.0
    for k in range(u.size):
        total += at_least(u[k], u.dtype.type(0)) - y[k] * u[k] + log1p(exp(-abs(u[k])))
        delta[k] = share * (z[k] - y[k])
    return total


@kernel
def poisson_of_exponential(u, z, y, share, delta):
    """Set δ = share · (z - y) and return Σ_k [z_k - y_k + y_k log y_k - y_k u_k] of one row."""
    total = 0.0
    for k in range(u.size):
        total += z[k] - y[k] + xlogx(y[k]) - y[k] * u[k]
        delta[k] = share * (z[k] - y[k])
    return total


@kernel
def poisson_of_sigmoid(u, z, y, share, delta):
    """Set δ = share · (z - y) σ(-u) and return Σ_k [z_k - y_k + y_k log y_k - y_k log σ(u_k)] of one row."""
    total, one = 0.0, u.dtype.type(1)
    for k in range(u.size):
        total += z[k] - y[k] + xlogx(y[k]) - y[k] * log_sigmoid(u[k])
        delta[k] = share * (z[k] - y[k]) / (one + exp(u[k]))
    return total


@kernel
def poisson_of_softplus(u, z, y, share, delta):
    """Set δ = share · σ(u) (1 - y / z) and return Σ_k [z_k - y_k + y_k log y_k - y_k log z_k] of one row.

    Far below 0, z = log(1 + exp(u)) is exp(u) to the last place, and vanishes; but log z is u, and σ(u) / z is 1.
    """
    total, one = 0.0, u.dtype.type(1)
    for k in range(u.size):
        far = u[k] < FAR
        log_z = np.float64(u[k]) if far else np.float64(math.log(z[k]))
        total += z[k] - y[k] + xlogx(y[k]) - y[k] * log_z
        slope = one / (one + exp(-u[k]))
        delta[k] = share * (slope - y[k] * (one if far else slope / z[k]))
    return total


@kernel
def poisson_of_softmax(u, z, y, share, delta):
    """Set δ = share · (z Σ y - y) and return Σ_k [z_k - y_k + y_k log y_k - y_k log z_k] of one row."""
    total = cross_entropy_of_softmax(u, z, y, share, delta)
    for k in range(u.size):
        total += z[k] - y[k] + xlogx(y[k])
    return total


@kernel
def binary_cross_entropy_of_softmax(u, z, y, share, delta):
    """Set δ and return -Σ_k [y_k log z_k + (1 - y_k) log(1 - z_k)] of one row of at least two outputs.

    For the largest output 1 - z is the sum of the others, so its logarithm and derivative come from those alone;
    see `koubai.core.logarithms.log_complement`.
    """
    m, zero, one = u.size, u.dtype.type(0), u.dtype.type(1)
    total = cross_entropy_of_softmax(u, z, y, share, delta)
    first = 0
    for k in range(1, m):
        first = k if u[k] > u[first] else first
    second = 1 if first == 0 else 0
    for k in range(m):
        second = k if k != first and u[k] > u[second] else second
    rest = zero
    for k in range(m):
        rest += exp(u[k] - u[second]) if k != first else zero
    log_rest = (np.float64(u[second]) - u[first]) + math.log(np.float64(rest)) + math.log(np.float64(z[first]))
    total -= (1 - y[first]) * log_rest
    all_no, others_no = one - y[first], zero
    for k in range(m):
        if k != first:
            total -= (1 - y[k]) * math.log(np.float64(one - z[k]))  # z <= 1/2 here
            all_no += one - y[k]
            others_no += (one - y[k]) / (one - z[k])
    for k in range(m):
        own = (one - y[k]) / (one - z[k]) if k != first else zero
        of_first = (one - y[first]) * exp(u[k] - u[second]) / rest if k != first else zero
        delta[k] += share * (z[k] * all_no - z[k] * (others_no - own) - of_first)
    return total


@kernel
def takes_logarithms(loss, code, m):
    """Return whether E and δ come from u through log φ(u), which stays exact where φ(u) rounds to 0 or 1."""
    if loss == CROSS_ENTROPY:
        return code in (SIGMOID, SOFTMAX)
    if loss == BINARY_CROSS_ENTROPY:
        return code == SIGMOID or (code == SOFTMAX and m > 1)
    return loss == POISSON and code in (SIGMOID, SOFTMAX, SOFTPLUS, EXPONENTIAL)


@kernel
def loss_of_logarithms(loss, code, u, z, y, share, delta):
    """Set δ of one row times its share and return E."""
    if loss == CROSS_ENTROPY:
        if code == SOFTMAX:
            return cross_entropy_of_softmax(u, z, y, share, delta)
        return cross_entropy_of_sigmoid(u, z, y, share, delta)
    if loss == BINARY_CROSS_ENTROPY:
        if code == SIGMOID:
            return binary_cross_entropy_of_sigmoid(u, z, y, share, delta)
        return binary_cross_entropy_of_softmax(u, z, y, share, delta)
    if code == EXPONENTIAL:
        return poisson_of_exponential(u, z, y, share, delta)
    if code == SOFTPLUS:
        return poisson_of_softplus(u, z, y, share, delta)
    if code == SIGMOID:
        return poisson_of_sigmoid(u, z, y, share, delta)
    return poisson_of_softmax(u, z, y, share, delta)


@kernel
def row_loss(loss, parameter, z, y, tiny):
    """Return E of one row from its outputs alone, float64."""
    total = 0.0
    for k in range(z.size):
        if loss == HALF_SQUARED_ERROR:
            total += 0.5 * (z[k] - y[k]) * (z[k] - y[k])
        elif loss == CROSS_ENTROPY:
            total -= xlogy(y[k], at_least(z[k], tiny))
        elif loss == BINARY_CROSS_ENTROPY:
            total -= xlogy(y[k], at_least(z[k], tiny)) + xlogy(1 - y[k], at_least(1 - z[k], tiny))
        elif loss == PERCEPTRON:
            total += at_least(-y[k] * z[k], 0.0)
        elif loss == HINGE:
            total += at_least(1 - y[k] * z[k], 0.0)
        elif loss == HUBER:
            distance = abs(z[k] - y[k])
            near = min(distance, parameter)
            total += near * (distance - 0.5 * near)
        else:
            total += z[k] - y[k] + xlogx(y[k]) - y[k] * math.log(at_least(z[k], tiny))
    return total


@kernel
def row_gradient(loss, parameter, z, y, tiny, g):
    """Set g = ∂E/∂z of one row of m outputs."""
    number = z.dtype.type
    zero, one = number(0), number(1)
    for k in range(z.size):
        if loss == HALF_SQUARED_ERROR:
            g[k] = z[k] - y[k]
        elif loss == CROSS_ENTROPY:
            g[k] = zero if z[k] < tiny else -y[k] / z[k]
        elif loss == BINARY_CROSS_ENTROPY:
            yes = zero if z[k] < tiny else y[k] / z[k]
            no = zero if one - z[k] < tiny else (one - y[k]) / (one - z[k])
            g[k] = no - yes
        elif loss == PERCEPTRON:
            wrong = y[k] * z[k] <= zero if y[k] > zero else y[k] * z[k] < zero
            g[k] = -y[k] if wrong else zero
        elif loss == HINGE:
            g[k] = -y[k] if y[k] * z[k] < one else zero
        elif loss == HUBER:
            d = z[k] - y[k]
            g[k] = parameter if d > parameter else at_least(d, -parameter)  # NaN stays NaN
        else:
            g[k] = one - (zero if z[k] < tiny else y[k] / z[k])


@kernel
def loss_and_delta(loss, loss_parameter, code, parameters, u, z, y, share, equal, delta, n, m):
    """Set δ^(L) of each row times its share in the mean; return the weighted mean of E over these rows, float64.

    ``equal`` says that all shares are the same.
    """
    keep_apart()
    if equal and loss == CROSS_ENTROPY and code == SOFTMAX and n > 0:
        return cross_entropies_of_softmax(u, z, y, share[0], delta, n, m)
    tiny = np.finfo(u.dtype).tiny
    logarithms = takes_logarithms(loss, code, m)
    if equal and code != SOFTMAX:  # E is a sum over single outputs: the rows make one long row
        n, m = min(n, 1), n * m
    total = 0.0
    for r in range(n):
        a, b = r * m, (r + 1) * m
        ur, zr, yr, dr = u[a:b], z[a:b], y[a:b], delta[a:b]
        if logarithms:
            total += share[r] * loss_of_logarithms(loss, code, ur, zr, yr, share[r], dr)
        else:
            total += share[r] * row_loss(loss, loss_parameter, zr, yr, tiny)
            row_gradient(loss, loss_parameter, zr, yr, tiny, dr)
            for k in range(m):
                dr[k] *= share[r]
            pull_back(code, parameters, ur, zr, dr, dr.size // m, m)
    return total
