"""The soft plus."""

from decimal import Decimal
from math import log

import jax
from tests.kinds.known import ONE, KnownActivation, each


def softplus(v: Decimal) -> Decimal:
    """log(1 + exp v), by its series where the sum would round to 1."""
    power = v.exp()
    return (ONE + power).ln() if v > -100 else power - power**2 / 2 + power**3 / 3 - power**4 / 4


KNOWN = KnownActivation(
    jax=jax.nn.softplus,
    values=((0.0, log(2), 1 / 2), (log(3), log(4), 3 / 4)),
    far=(0, 1e4),
    far_slopes=(0, 1),
    exact=each(softplus),
)
