"""The absolute error."""

import jax.numpy as jnp
from tests.kinds.known import KnownLoss, real_targets

KNOWN = KnownLoss(
    jax=lambda z, y: jnp.sum(jnp.where(z > y, z - y, y - z), -1),
    values=(([0.5, -3.0], [1.0, 1.0], 4.5),),
    unit="target units",
    exact=lambda z, no, y: abs(z - y),
    targets=real_targets,
    kinks=lambda z, y: z - y,
    stepwise=True,
)
