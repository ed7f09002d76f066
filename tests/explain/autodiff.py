"""A network's loss in JAX, written apart from the project's own equations, to be differentiated automatically."""

import jax.numpy as jnp

from ..oracles import PHI

ACTIVATIONS = {**PHI, "relu": lambda u: jnp.where(u > 0, u, 0.0)}


def xlogy(y, z):
    """y log z, counted as 0 where z has vanished or y is 0."""
    safe = jnp.where(z > 1e-300, z, 1.0)
    return jnp.where((y == 0) | (z <= 1e-300), 0.0, y * jnp.log(safe))


def huber(d):
    a = jnp.abs(d)
    return jnp.where(a <= 1, d * d / 2, a - 0.5)


LOSSES = {
    "half_squared_error": lambda z, y: ((z - y) ** 2).sum() / 2,
    "cross_entropy": lambda z, y: -xlogy(y, z).sum(),
    "binary_cross_entropy": lambda z, y: -(xlogy(y, z) + xlogy(1 - y, 1 - z)).sum(),
    "perceptron": lambda z, y: jnp.where((y * z < 0) | ((y > 0) & (z == 0)), -y * z, 0.0).sum(),
    "hinge": lambda z, y: jnp.where(y * z < 1, 1 - y * z, 0.0).sum(),
    "huber": lambda z, y: huber(z - y).sum(),
    "poisson": lambda z, y: (z - y + xlogy(y, y) - xlogy(y, z)).sum(),
}


def loss_of(network, theta, x, y):
    """E of one row as a function of θ that JAX can differentiate."""
    z, start = jnp.asarray(x), 0
    for layer in network.layers:
        stop = start + layer.n_in * layer.n_out
        u = z @ theta[start:stop].reshape(layer.n_in, layer.n_out)
        if layer.bias:
            u = u + theta[stop : stop + layer.n_out]
        start = stop + (layer.n_out if layer.bias else 0)
        z = ACTIVATIONS[layer.activation.name](u)
    return LOSSES[network.loss.name](z, jnp.asarray(y))
