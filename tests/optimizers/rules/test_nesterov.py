"""Nesterov by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F

import numpy as np
import optax
import pytest
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, decayed_sum

from koubai.optimizers.nesterov import Nesterov


class TestNesterov(OptaxTests):
    rule = Nesterov()
    in_gradients = "linear"
    by_hand = (
        # v = -1/2, θ = 1 - 1/4 - 1/2 = 1/4; v = -1/4 - 1/4 = -1/2, θ = 1/4 - 1/4 - 1/4 = -1/4
        ByHand(Nesterov(0.5), F(1, 4), 1, (2, 1), (F(1, 4), F(-1, 4))),
    )
    counterpart = Counterpart(lambda alpha: optax.sgd(alpha, momentum=0.9, nesterov=True), rate_in_velocity=True)

    @staticmethod
    def textbook(theta, gs, rates, memory):
        """Sutskever's two points: θ = ϑ + μ v, and ϑ itself moves by the velocity."""
        moves = [-a * g for a, g in zip(rates, gs, strict=True)]
        v_before = decayed_sum(moves[:-1], 0.9)
        v = decayed_sum(moves, 0.9)
        return (theta - 0.9 * v_before) + v + 0.9 * v


def test_nesterov_is_sutskevers_gradient_ahead():
    """On x⁴ - 2x³ + 1 the rule moves θ = ϑ + μ v, where ϑ follows the paper's own form from the gradient ahead."""
    rule, alpha = Nesterov(), 0.005

    def slope(x):
        return 4 * x**3 - 6 * x**2

    theta, slots = np.array([2.0]), np.zeros((1, 1))
    paper, velocity = 2.0, 0.0
    for t in range(1, 201):
        theta, slots = rule.step(theta, slope(theta), slots, t, alpha)
        velocity = 0.9 * velocity - alpha * slope(paper + 0.9 * velocity)
        paper += velocity
        assert theta[0] == pytest.approx(paper + 0.9 * velocity, rel=1e-12)
        assert slots[0, 0] == pytest.approx(velocity, rel=1e-12, abs=1e-12)
