"""The equations a second time, for JAX (automatic differentiation) or by differences: what tests compare with."""

from collections.abc import Callable
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.losses import LOSSES, get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Rows
from koubai.engines.reference import ReferenceEngine

PAIRS = [
    (activation, loss)
    for activation, loss in product(ACTIVATIONS, LOSSES)
    if get_loss(loss).accepts(get_activation(activation))
]
"""Every (output activation, loss) that a network may have."""

PHI: dict[str, Callable[..., Any]] = {
    "identity": lambda u: u,
    "step": lambda u: jnp.where(u > 0, 1.0, 0.0),
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": lambda u, slope=0.01: jax.nn.leaky_relu(u, slope),
    "elu": lambda u, scale=1.0: jax.nn.elu(u, scale),
    "gelu": lambda u: jax.nn.gelu(u, approximate=False),
    "silu": jax.nn.silu,
    "softplus": jax.nn.softplus,
    "exponential": jnp.exp,
    "softmax": lambda u: jax.nn.softmax(u, axis=-1),
}
"""φ by name; parameters as keywords."""


def _xlogy(y, z):
    return jax.scipy.special.xlogy(y, z)


ROW_LOSS: dict[str, Callable[..., Any]] = {
    "half_squared_error": lambda z, y: 0.5 * jnp.sum((z - y) ** 2, -1),
    "cross_entropy": lambda z, y: -jnp.sum(y * jnp.log(z), -1),
    "binary_cross_entropy": lambda z, y: -jnp.sum(y * jnp.log(z) + (1 - y) * jnp.log1p(-z), -1),
    "perceptron": lambda z, y: jnp.sum(jax.nn.relu(-y * z), -1),
    "hinge": lambda z, y: jnp.sum(jax.nn.relu(1 - y * z), -1),
    "huber": lambda z, y, threshold=1.0: jnp.sum(
        jnp.where(jnp.abs(z - y) <= threshold, 0.5 * (z - y) ** 2, threshold * (jnp.abs(z - y) - 0.5 * threshold)),
        -1,
    ),
    "poisson": lambda z, y: jnp.sum(z - y + _xlogy(y, y) - _xlogy(y, z), -1),
}
"""E of each row by name, (n,), as the definition has it."""


def parameters(kind: Any) -> dict[str, float]:
    """The parameters of an activation or a loss."""
    return {key: value for key, value in kind.spec().items() if key != "name"}


def network_loss(network: Network, theta, inputs, targets, weights, penalty: Penalty, masks=None):
    """The weighted mean loss plus penalty of a whole network, in JAX, from θ as one vector."""
    z, at, decay = inputs, 0, 0.0
    for index, layer in enumerate(network.layers):
        if layer.name == "scaling":
            w = theta[at : at + layer.n_in]
            u, at = z * w, at + layer.n_in
        else:
            w = theta[at : at + layer.n_in * layer.n_out].reshape(layer.n_in, layer.n_out)
            at += layer.n_in * layer.n_out
            u = z @ w
            if layer.bias:
                u = u + theta[at : at + layer.n_out]
                at += layer.n_out
        z = PHI[layer.activation.name](u, **parameters(layer.activation))
        if masks is not None and masks[index] is not None:
            z = z * masks[index]
        decay = decay + penalty.l1 * jnp.sum(jnp.abs(w)) + 0.5 * penalty.l2 * jnp.sum(w**2)
    rows = ROW_LOSS[network.loss.name](z, targets, **parameters(network.loss))
    total = jnp.sum(weights)
    return jnp.sum(weights * rows) / total + decay / (total if penalty.per_row else 1.0)


def differences(f: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """∂f/∂x by central differences of fourth order (Abramowitz and Stegun 1964, 25.3.6), of x's shape."""
    out = np.empty_like(x)
    for index in np.ndindex(x.shape):
        h = 1e-3 * max(1.0, abs(x[index]))
        values = []
        for steps in (-2, -1, 1, 2):
            moved = x.copy()
            moved[index] += steps * h
            values.append(f(moved))
        out[index] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    return out


def gradient_along(network: Network, theta: np.ndarray, rows: Rows, vector: np.ndarray) -> np.ndarray:
    """The Hessian times a vector, by central differences of the reference engine's gradients."""

    def gradient(step: float) -> np.ndarray:
        return ReferenceEngine().loss_and_gradient(network, theta + step * vector, rows, Penalty())[1]

    h = 1e-4
    return (gradient(h) - gradient(-h)) / (2 * h)


def targets_for(loss: str, n_rows: int, n_outputs: int, rng: np.random.Generator) -> np.ndarray:
    """Targets of the kind that the loss is made for; probabilities and counts come soft and with zeros."""
    if loss == "cross_entropy":
        soft = rng.dirichlet(np.ones(n_outputs), n_rows)
        soft[: n_rows // 2] = np.eye(n_outputs)[rng.integers(0, n_outputs, n_rows // 2)]
        return soft
    if loss == "binary_cross_entropy":
        yes = rng.uniform(size=(n_rows, n_outputs))
        yes[: n_rows // 2] = yes[: n_rows // 2].round()
        return yes
    if loss in ("perceptron", "hinge"):
        return rng.choice([-1.0, 1.0], (n_rows, n_outputs))
    if loss == "poisson":
        return rng.poisson(1.5, (n_rows, n_outputs)).astype(float)
    return 2 * rng.normal(size=(n_rows, n_outputs))
