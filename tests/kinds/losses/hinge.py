"""The hinge loss, with slope 0 at its kink."""

import jax.numpy as jnp
from tests.kinds.known import KnownLoss, signed_targets

KNOWN = KnownLoss(
    jax=lambda z, y: jnp.sum(jnp.where((y * z < 1) | jnp.isnan(z), 1 - y * z, 0.0), -1),
    values=(([2.0, -3.0, 0.25], [1.0, 1.0, 1.0], 4 + 0.75),),
    unit="dimensionless",
    exact=lambda z, no, y: max(0 * y, 1 - y * z),
    targets=signed_targets,
    points=((-1, 1, 1), (1, 1, -1)),
    kinks=lambda z, y: 1 - y * z,
    stepwise=True,
)
