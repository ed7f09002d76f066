"""Gradients and learning rates that the comparisons with other implementations share."""

import numpy as np


def _gradients():
    rng = np.random.default_rng(7)
    g = rng.normal(size=(200, 6)) * np.array([1.0, 1e-6, 1e4, 1.0, 0.1, 1.0])
    g[rng.random(g.shape) < 0.1] = 0.0
    g[90:95] = 0.0
    g[:60, 3] = 0.0
    g[100:, 4] *= 1e-3
    return g


GRADIENTS = _gradients()
"""200 gradients of 6 parameters: of all sizes, with single zeros, whole zero gradients, and a late starter."""
RATES = 0.02 + 0.015 * np.sin(np.arange(200) / 7)
"""200 learning rates that rise and fall, as under a schedule."""
START = np.array([0.5, -1.0, 2.0, 0.0, 1.5, -0.25])
"""θ before the first update, (6,)."""
