"""Mish."""

from decimal import Decimal
from math import log

import jax
import jax.numpy as jnp
from tests.kinds.activations.softplus import softplus
from tests.kinds.known import ONE, KnownActivation, each


def mish(v: Decimal) -> Decimal:
    """v tanh(softplus v), by exponentials."""
    squared = (-2 * softplus(v)).exp()
    return v * (ONE - squared) / (ONE + squared)


KNOWN = KnownActivation(
    jax=lambda u: u * jnp.tanh(jax.nn.softplus(u)),
    values=((0.0, 0, 3 / 5), (log(2), 4 / 5 * log(2), 4 / 5 + log(2) * 9 / 25 * 2 / 3)),
    far=(0, 1e4),
    far_slopes=(0, 1),
    exact=each(mish),
)
