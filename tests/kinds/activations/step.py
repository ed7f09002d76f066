"""The unit step."""

import jax.numpy as jnp
from tests.kinds.known import KnownActivation

KNOWN = KnownActivation(
    jax=lambda u: jnp.where(u > 0, 1.0, 0.0),
    values=((0.0, 0, 0), (1e-300, 1, 0)),
    far=(0, 1),
    far_slopes=(0, 0),
    kinked=True,
    dead=True,
)
