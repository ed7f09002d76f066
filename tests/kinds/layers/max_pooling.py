"""Max pooling, as JAX's own (`jax.lax.reduce_window`)."""

import jax
import numpy as np
from tests.kinds.known import KnownLayer, random_map, random_windows, reduced

from koubai.core.layers import MaxPooling


def make(n_in: int, rng: np.random.Generator) -> MaxPooling:
    shape = random_map(n_in, rng)
    return MaxPooling(shape, *random_windows(shape, rng))


KNOWN = KnownLayer(lambda layer, blocks, z: reduced(layer, z, jax.lax.max, -np.inf), make, kinked=True)
