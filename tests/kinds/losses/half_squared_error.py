"""Half the squared error."""

import jax.numpy as jnp
from tests.kinds.known import HALF, KnownLoss, real_targets

KNOWN = KnownLoss(
    jax=lambda z, y: 0.5 * jnp.sum((z - y) ** 2, -1),
    values=(([3.0, 1.0], [1.0, 1.5], 0.5 * (4 + 0.25)),),
    unit="squared target units",
    exact=lambda z, no, y: HALF * (z - y) ** 2,
    targets=real_targets,
)
