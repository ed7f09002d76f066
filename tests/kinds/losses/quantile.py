"""The quantile (pinball) loss."""

import jax.numpy as jnp
from tests.kinds.known import HALF, KnownLoss, real_targets

KNOWN = KnownLoss(
    jax=lambda z, y, quantile=0.5: jnp.sum(jnp.maximum(quantile * (y - z), (quantile - 1) * (y - z)), -1),
    values=(([0.5, 3.0], [1.0, 1.0], 1.25),),
    unit="target units",
    exact=lambda z, no, y: abs(z - y) * HALF,
    targets=real_targets,
    kinks=lambda z, y: z - y,
    stepwise=True,
)
