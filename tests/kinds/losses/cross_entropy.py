"""Cross-entropy of class shares."""

from math import log

import jax.numpy as jnp
import numpy as np
from tests.kinds.known import KnownLoss, decimal_xlogy, vanishing_xlogy


def targets(n_rows, n_outputs, rng, soft):
    """Classes; soft ones are half shares."""
    if not soft:
        return np.eye(n_outputs)[rng.integers(0, n_outputs, n_rows)]
    shares = rng.dirichlet(np.ones(n_outputs), n_rows)
    shares[: n_rows // 2] = np.eye(n_outputs)[rng.integers(0, n_outputs, n_rows // 2)]
    return shares


def smoothed(z, y, smoothing=0.0):
    """E with a part of the shares spread over all classes."""
    shares = (1 - smoothing) * y + smoothing * jnp.sum(y, -1, keepdims=True) / y.shape[-1]
    return -jnp.sum(shares * jnp.log(z), -1)


KNOWN = KnownLoss(
    jax=smoothed,
    values=(([0.25, 0.75], [0.0, 1.0], -log(0.75)), ([0.25, 0.75], [0.5, 0.5], -0.5 * log(0.1875))),
    unit="nats",
    exact=lambda z, no, y: -decimal_xlogy(y, z),
    targets=targets,
    points=((0, 1, 0), (1, 0, 0), (0.25, 0.75, 0), (0.25, 0.5, 0.25)),
    where_outputs_vanish=lambda z, y, smoothing=0.0: -vanishing_xlogy(y, z).sum(-1),
)
