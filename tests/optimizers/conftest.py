"""Gradients and learning rates that the comparisons with other implementations share."""

import numpy as np
import pytest


@pytest.fixture
def gradients():
    """200 gradients of 6 parameters: of all sizes, with single zeros, whole zero gradients, and a late starter."""
    rng = np.random.default_rng(7)
    g = rng.normal(size=(200, 6)) * np.array([1.0, 1e-6, 1e4, 1.0, 0.1, 1.0])
    g[rng.random(g.shape) < 0.1] = 0.0
    g[90:95] = 0.0
    g[:60, 3] = 0.0
    g[100:, 4] *= 1e-3
    return g


@pytest.fixture
def rates():
    """200 learning rates that rise and fall, as under a schedule."""
    return 0.02 + 0.015 * np.sin(np.arange(200) / 7)


@pytest.fixture
def start():
    """θ before the first update, (6,)."""
    return np.array([0.5, -1.0, 2.0, 0.0, 1.5, -0.25])


@pytest.fixture
def follow():
    """How a rule moves along given gradients: returns θ after every update, (n_steps, n_parameters)."""

    def walk(rule, theta, gradients, rates):
        slots, path = rule.init(theta), []
        for t, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
            theta, slots = rule.step(theta, gradient, slots, t, float(rate))
            path.append(theta)
        return np.array(path)

    return walk
