"""The self-normalising exponential linear unit."""

from decimal import Decimal
from math import log

import jax
from tests.kinds.known import KnownActivation, each

SCALE, ALPHA = Decimal("1.0507009873554804934193349852946"), Decimal("1.6732632423543772848170429916717")

KNOWN = KnownActivation(
    jax=jax.nn.selu,
    values=(
        (1.0, 1.0507009873554805, 1.0507009873554805),
        (-log(2), -1.7580993408473766 / 2, 1.7580993408473766 / 2),
    ),
    far=(-1.7580993408473766, 1.0507009873554805e4),
    far_slopes=(0, 1.0507009873554805),
    exact=each(lambda v: SCALE * (v if v > 0 else ALPHA * (v.exp() - 1))),
    kinked=True,
)
