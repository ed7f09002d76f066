"""The equations a second time, for JAX (automatic differentiation) or by differences: what tests compare with."""

from collections.abc import Callable
from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
from tests.kinds.known import KNOWN_ACTIVATIONS, KNOWN_LAYERS, KNOWN_LOSSES

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


def parameters(kind: Any) -> dict[str, float]:
    """The parameters of an activation or a loss."""
    return {key: value for key, value in kind.spec().items() if key != "name"}


def network_loss(network: Network, theta, inputs, targets, weights, penalty: Penalty, masks=None):
    """The weighted mean loss plus penalty of a whole network, in JAX, from θ as one vector."""
    z, at, decay = inputs, 0, 0.0
    for index, layer in enumerate(network.layers):
        blocks = []
        for block in layer.blocks:
            blocks.append(theta[at : at + block.size].reshape(block.shape))
            at += block.size
            if block.penalized:
                decay = decay + penalty.l1 * jnp.sum(jnp.abs(blocks[-1])) + 0.5 * penalty.l2 * jnp.sum(blocks[-1] ** 2)
        u = KNOWN_LAYERS[layer.name].jax(layer, blocks, z)
        z = KNOWN_ACTIVATIONS[layer.activation.name].jax(u, **parameters(layer.activation))
        if masks is not None and masks[index] is not None:
            z = z * masks[index]
    rows = KNOWN_LOSSES[network.loss.name].jax(z, targets, **parameters(network.loss))
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


def targets_for(loss: str, n_rows: int, n_outputs: int, rng: np.random.Generator, soft: bool = True) -> np.ndarray:
    """Targets of the kind that the loss is made for; probabilities and counts come soft, and with zeros."""
    return KNOWN_LOSSES[loss].targets(n_rows, n_outputs, rng, soft)
