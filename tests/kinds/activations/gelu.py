"""The Gaussian error linear unit."""

from math import erf, exp, pi, sqrt

import jax
from tests.kinds.known import KnownActivation

NORMAL_DISTRIBUTION_AT_1 = (1 + erf(1 / sqrt(2))) / 2
NORMAL_DENSITY_AT_1 = exp(-0.5) / sqrt(2 * pi)
KNOWN = KnownActivation(
    jax=lambda u: jax.nn.gelu(u, approximate=False),
    values=((1.0, NORMAL_DISTRIBUTION_AT_1, NORMAL_DISTRIBUTION_AT_1 + NORMAL_DENSITY_AT_1), (0.0, 0, 1 / 2)),
    far=(0, 1e4),
    far_slopes=(0, 1),
)
