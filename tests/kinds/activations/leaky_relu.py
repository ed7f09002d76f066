"""The rectified linear unit that leaks."""

from decimal import Decimal

import jax
from tests.kinds.known import KnownActivation, each

KNOWN = KnownActivation(
    jax=lambda u, slope=0.01: jax.nn.leaky_relu(u, slope),
    values=((-2.0, -0.02, 0.01), (2.0, 2, 1), (0.0, 0, 0.01)),
    far=(-100, 1e4),
    far_slopes=(0.01, 1),
    exact=each(lambda v: v if v > 0 else v * Decimal("0.01")),
    kinked=True,
)
