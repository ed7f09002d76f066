"""The exponential linear unit."""

from math import log

import jax
from tests.kinds.known import KnownActivation, each

KNOWN = KnownActivation(
    jax=lambda u, scale=1.0: jax.nn.elu(u, scale),
    values=((0.0, 0, 1), (-log(2), -1 / 2, 1 / 2), (2.0, 2, 1)),
    far=(-1, 1e4),
    far_slopes=(0, 1),
    exact=each(lambda v: v if v > 0 else v.exp() - 1),
    kinked=True,
)
