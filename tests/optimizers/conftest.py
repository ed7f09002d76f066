"""Gradients and learning rates that the comparisons with other implementations share."""

import numpy as np
import pytest
from tests.optimizers.paths import GRADIENTS, RATES, START


@pytest.fixture
def gradients():
    return GRADIENTS.copy()


@pytest.fixture
def rates():
    return RATES.copy()


@pytest.fixture
def start():
    return START.copy()


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
