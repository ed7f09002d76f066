"""A network's loss in JAX, written apart from the project's own equations, to be differentiated automatically."""

import jax.numpy as jnp
from tests.kinds.known import KNOWN_ACTIVATIONS, KNOWN_LOSSES


def loss_of(network, theta, x, y):
    """E of one row as a function of θ that JAX can differentiate."""
    z, start = jnp.asarray(x), 0
    for layer in network.layers:
        stop = start + layer.n_in * layer.n_out
        u = z @ theta[start:stop].reshape(layer.n_in, layer.n_out)
        if layer.bias:
            u = u + theta[stop : stop + layer.n_out]
        start = stop + (layer.n_out if layer.bias else 0)
        z = KNOWN_ACTIVATIONS[layer.activation.name].jax(u)
    known = KNOWN_LOSSES[network.loss.name]
    return (known.where_outputs_vanish or known.jax)(z, jnp.asarray(y))
