"""Half the deviance of counts."""

from math import log

import jax
import jax.numpy as jnp
from tests.kinds.known import KnownLoss, decimal_xlogy, vanishing_xlogy

xlogy = jax.scipy.special.xlogy

KNOWN = KnownLoss(
    jax=lambda z, y: jnp.sum(z - y + xlogy(y, y) - xlogy(y, z), -1),
    values=(([2.0, 3.0], [0.0, 1.0], 2 + (2 - log(3))), ([2.0], [2.0], 0.0)),
    unit="nats",
    exact=lambda z, no, y: z - y + decimal_xlogy(y, y) - decimal_xlogy(y, z),
    targets=lambda n_rows, n_outputs, rng, soft: rng.poisson(1.5, (n_rows, n_outputs)).astype(float),
    points=((0, 3, 1), (2, 0, 5)),
    where_outputs_vanish=lambda z, y: (z - y + vanishing_xlogy(y, y) - vanishing_xlogy(y, z)).sum(-1),
)
