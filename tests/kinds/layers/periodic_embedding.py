"""The periodic embedding of some inputs."""

import jax.numpy as jnp
from tests.kinds.known import KnownLayer

from koubai.core.layers import PeriodicEmbedding


def embedded(layer, blocks, z):
    """The inputs, then W₂ cos(2π w₁ z + b₁) + b₂ of each chosen one, input by input and number by number."""
    columns = [z[:, j] for j in range(layer.n_features)]
    for place, j in enumerate(layer.places):
        waves = jnp.cos(2 * jnp.pi * z[:, j : j + 1] * blocks[0][place] + blocks[1][place])
        columns += [waves @ row + bias for row, bias in zip(blocks[2][place], blocks[3][place], strict=True)]
    return jnp.stack(columns, axis=1)


def make(n_in, rng):
    chosen = rng.choice(n_in, size=min(n_in, int(rng.integers(1, 3))), replace=False)
    return PeriodicEmbedding(n_in, tuple(sorted(map(int, chosen))), int(rng.integers(1, 4)), int(rng.integers(1, 3)))


KNOWN = KnownLayer(embedded, make)
