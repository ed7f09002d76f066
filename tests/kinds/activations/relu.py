"""The rectified linear unit, with slope 0 at 0."""

import jax.numpy as jnp
from tests.kinds.known import KnownActivation, each

KNOWN = KnownActivation(
    jax=lambda u: jnp.where(u > 0, u, 0.0),
    values=((0.0, 0, 0), (2.0, 2, 1), (-2.0, 0, 0)),
    far=(0, 1e4),
    far_slopes=(0, 1),
    exact=each(lambda v: max(v, 0 * v)),
    kinked=True,
    dead=True,
)
