"""Gradients and learning rates that the comparisons with other implementations share, and how a rule follows them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from koubai.optimizers.protocol import Optimizer


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


def given_gradient(t: int, theta: Any) -> Any:
    """The gradient of update t, from 1, wherever θ is."""
    return GRADIENTS[t - 1]


def follow(rule: Optimizer, theta: Any, gradient_of: Callable[[int, Any], Any], rates: Sequence[float]) -> Any:
    """θ after every update by ``gradient_of(t, θ)``, with t from 1: (n_steps, n_parameters)."""
    slots, path = rule.init(theta), []
    for t, rate in enumerate(rates, start=1):
        theta, slots = rule.step(theta, gradient_of(t, theta), slots, t, float(rate))
        path.append(theta)
    return np.array(path)
