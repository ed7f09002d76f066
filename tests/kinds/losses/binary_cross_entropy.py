"""Cross-entropy of a probability for each output."""

from math import log

import jax.numpy as jnp
from tests.kinds.known import KnownLoss, decimal_xlogy, vanishing_xlogy


def targets(n_rows, n_outputs, rng, soft):
    """0 and 1; soft ones are half probabilities."""
    if not soft:
        return rng.integers(0, 2, (n_rows, n_outputs)).astype(float)
    yes = rng.uniform(size=(n_rows, n_outputs))
    yes[: n_rows // 2] = yes[: n_rows // 2].round()
    return yes


def smoothed(z, y, smoothing=0.0):
    """E with a part of the probabilities moved to 1/2."""
    yes = (1 - smoothing) * y + smoothing / 2
    return -jnp.sum(yes * jnp.log(z) + (1 - yes) * jnp.log1p(-z), -1)


KNOWN = KnownLoss(
    jax=smoothed,
    values=(([0.25, 0.75], [0.0, 1.0], -2 * log(0.75)), ([0.2], [0.3], -0.3 * log(0.2) - 0.7 * log(0.8))),
    unit="nats",
    exact=lambda z, no, y: -decimal_xlogy(y, z) - decimal_xlogy(1 - y, no),
    targets=targets,
    points=((0, 1, 1), (1, 0, 1), (1, 1, 0), (0.25, 0.5, 1)),
    where_outputs_vanish=lambda z, y, smoothing=0.0: -(vanishing_xlogy(y, z) + vanishing_xlogy(1 - y, 1 - z)).sum(-1),
)
