"""The hyperbolic tangent."""

from math import log

import jax.numpy as jnp
from tests.kinds.known import ONE, KnownActivation, each

KNOWN = KnownActivation(
    jax=jnp.tanh,
    values=((log(2), 3 / 5, 16 / 25),),
    far=(-1, 1),
    far_slopes=(0, 0),
    exact=each(lambda v: (ONE - (-2 * v).exp()) / (ONE + (-2 * v).exp())),
)
