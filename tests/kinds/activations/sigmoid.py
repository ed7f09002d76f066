"""The sigmoid."""

from math import log

import jax
from tests.kinds.known import ONE, KnownActivation, each

KNOWN = KnownActivation(
    jax=jax.nn.sigmoid,
    values=((0.0, 1 / 2, 1 / 4), (log(3), 3 / 4, 3 / 16)),
    far=(0, 1),
    far_slopes=(0, 0),
    exact=each(lambda v: ONE / (ONE + (-v).exp())),
    complement=each(lambda v: ONE / (ONE + v.exp())),
)
