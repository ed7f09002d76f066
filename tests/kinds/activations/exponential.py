"""The exponential."""

from math import e, inf

import jax.numpy as jnp
from tests.kinds.known import KnownActivation, each

KNOWN = KnownActivation(
    jax=jnp.exp,
    values=((1.0, e, e),),
    far=(0, inf),
    far_slopes=(0, inf),
    exact=each(lambda v: v.exp()),
    largest=300.0,
)
