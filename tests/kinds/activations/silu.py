"""The sigmoid linear unit."""

from math import log

import jax
from tests.kinds.known import ONE, KnownActivation, each

KNOWN = KnownActivation(
    jax=jax.nn.silu,
    values=((log(3), 3 / 4 * log(3), 3 / 4 * (1 + log(3) / 4)),),
    far=(0, 1e4),
    far_slopes=(0, 1),
    exact=each(lambda v: v / (ONE + (-v).exp())),
)
