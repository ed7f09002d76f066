"""Average pooling: JAX's sums of windows (`jax.lax.reduce_window`), by their number of cells on the map."""

import jax
import jax.numpy as jnp
import numpy as np
from tests.kinds.known import KnownLayer, random_map, random_windows, reduced

from koubai.core.layers import AveragePooling


def averaged(layer, blocks, z):
    """The sum of each window over that of ones."""
    return reduced(layer, z, jax.lax.add, 0.0) / reduced(layer, jnp.ones_like(z), jax.lax.add, 0.0)


def make(n_in: int, rng: np.random.Generator) -> AveragePooling:
    shape = random_map(n_in, rng)
    return AveragePooling(shape, *random_windows(shape, rng))


KNOWN = KnownLayer(averaged, make)
