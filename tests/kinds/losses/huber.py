"""The Huber loss."""

import jax.numpy as jnp
import numpy as np
from tests.kinds.known import HALF, KnownLoss, real_targets


def huber(z, y, threshold=1.0):
    d = jnp.abs(z - y)
    return jnp.sum(jnp.where(d <= threshold, 0.5 * (z - y) ** 2, threshold * (d - 0.5 * threshold)), -1)


KNOWN = KnownLoss(
    jax=huber,
    values=(([0.5, 3.0], [0.0, 0.0], 0.125 + 2.5),),
    unit="squared target units",
    exact=lambda z, no, y: HALF * (z - y) ** 2 if abs(z - y) <= 1 else abs(z - y) - HALF,
    targets=real_targets,
    kinks=lambda z, y: np.abs(z - y) - 1,
)
