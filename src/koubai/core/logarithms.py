"""log φ(u) and log(1 - φ(u)), each with its derivative, as needed by cross-entropy and the Poisson loss.

Computed from z = φ(u) itself, a logarithm is lost as soon as z rounds to 0 or 1: σ(-800) is 0 in float64, but its
logarithm is -800. So the logarithms of outputs that are probabilities or means are computed from u. For all others, z
is clipped at the smallest normal number, with derivative 0 below it.

``log_value`` and ``log_complement`` take u and z = φ(u), (n_rows, n_nodes), and return an array of that shape;
``pull_back_log`` and ``pull_back_log_complement`` turn g, the derivative of E with respect to that logarithm, into
∂E/∂u.
"""

import numpy as np
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax

from koubai.core.activations.base import Activation
from koubai.core.activations.exponential import Exponential
from koubai.core.activations.sigmoid import Sigmoid
from koubai.core.activations.softmax import Softmax
from koubai.core.activations.softplus import Softplus
from koubai.core.arrays import Array

FAR = -40.0
"""Below it, log(1 + exp(u)) equals exp(u) to the last digit of float64."""


def _floored_log(z: Array) -> Array:
    """Return log z, with z clipped at the smallest normal number."""
    return np.asarray(np.log(np.maximum(z, np.finfo(z.dtype).tiny)))


def over(y: Array, z: Array) -> Array:
    """Return y / z, and 0 where z has fallen below the smallest normal number."""
    return np.divide(y, z, out=np.zeros_like(z), where=~(z < np.finfo(z.dtype).tiny))


def log_value(activation: Activation, u: Array, z: Array) -> Array:
    """Return log φ(u)."""
    match activation:
        case Sigmoid():
            return np.asarray(log_expit(u))
        case Softmax():
            return np.asarray(log_softmax(u, axis=1))
        case Exponential():
            return u.copy()
        case Softplus():
            return np.where(u < FAR, u, _floored_log(z))
        case _:
            return _floored_log(z)


def pull_back_log(activation: Activation, u: Array, z: Array, g: Array) -> Array:
    """Return ∂E/∂u from g = ∂E/∂(log z): g φ'(u) / φ(u), and g_k - z_k Σ_j g_j for softmax."""
    match activation:
        case Sigmoid():
            return g * np.asarray(expit(-u))
        case Softmax():
            return np.asarray(g - z * g.sum(axis=1, keepdims=True))
        case Exponential():
            return g.copy()
        case Softplus():
            return g * np.where(u < FAR, z.dtype.type(1), over(activation.derivative(u, z), z))
        case _:
            return activation.pull_back(u, z, over(g, z))


def log_complement(activation: Activation, u: Array, z: Array) -> Array:
    """Return log(1 - φ(u)) for φ with values in [0, 1]."""
    match activation:
        case Sigmoid():
            return np.asarray(log_expit(-u))
        case Softmax() if u.shape[1] > 1:
            near = u - u.max(axis=1, keepdims=True)  # preserves the last digits in the subtraction below
            top, rest = _without_the_largest(near)
            of_largest = logsumexp(rest, axis=1, keepdims=True) - logsumexp(near, axis=1, keepdims=True)
            return np.where(top, of_largest, np.log1p(-np.where(top, z.dtype.type(0), z)))
        case _:
            return _floored_log(1 - z)


def pull_back_log_complement(activation: Activation, u: Array, z: Array, g: Array) -> Array:
    """Return ∂E/∂u from g = ∂E/∂(log(1 - z)): -g φ'(u) / (1 - φ(u)).

    For softmax, ∂ log(1 - z_k) / ∂u_m = [m ≠ k] z_m / (1 - z_k) - z_m; where z_k is the largest, the quotient is the
    softmax of all nodes but k.
    """
    match activation:
        case Sigmoid():
            return -g * z
        case Softmax() if u.shape[1] > 1:
            top, rest = _without_the_largest(u)
            h = np.where(top, 0, g / np.where(top, z.dtype.type(1), 1 - z))
            of_others = z * (h.sum(axis=1, keepdims=True) - h)
            of_largest = softmax(rest, axis=1) * g[top][:, np.newaxis]
            return np.asarray(of_others + of_largest - z * g.sum(axis=1, keepdims=True))
        case _:
            return activation.pull_back(u, z, -over(g, 1 - z))


def _without_the_largest(u: Array) -> tuple[Array, Array]:
    """Return where the largest number of each row is, as a mask, and u with -inf there; both (n_rows, n_nodes)."""
    top = np.arange(u.shape[1]) == u.argmax(axis=1)[:, np.newaxis]
    return top, np.where(top, u.dtype.type(-np.inf), u)
