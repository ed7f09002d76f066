"""Softmax."""

import jax
from tests.kinds.known import KnownActivation, Numbers


def softmax(u: Numbers) -> Numbers:
    powers = [v.exp() for v in u]
    return [power / sum(powers) for power in powers]


def complement(u: Numbers) -> Numbers:
    powers = [v.exp() for v in u]
    return [sum(powers[:k] + powers[k + 1 :]) / sum(powers) for k in range(len(u))]


KNOWN = KnownActivation(
    jax=lambda u: jax.nn.softmax(u, axis=-1),
    far=(0, 1),
    far_slopes=(0, 0),
    exact=softmax,
    complement=complement,
)
