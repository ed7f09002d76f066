"""The perceptron's loss; at 0, a row of the class 1 counts as wrong and one of the class -1 as right."""

import jax.numpy as jnp
from tests.kinds.known import KnownLoss, signed_targets

KNOWN = KnownLoss(
    jax=lambda z, y: jnp.sum(jnp.where((y * z < 0) | ((y > 0) & (z == 0)) | jnp.isnan(z), -y * z, 0.0), -1),
    values=(([2.0, -3.0, -1.0], [1.0, 1.0, -1.0], 3.0),),
    unit="dimensionless",
    exact=lambda z, no, y: max(0 * y, -y * z),
    targets=signed_targets,
    points=((-1, 1, 1), (1, 1, -1)),
    kinks=lambda z, y: z,
    stepwise=True,
)
