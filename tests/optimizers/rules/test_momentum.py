"""Momentum by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, decayed_sum

from koubai.optimizers.momentum import Momentum


class TestMomentum(OptaxTests):
    rule = Momentum()
    in_gradients = "linear"
    by_hand = (
        # v = -1/2, θ = 1/2; v = -1/4 - 1/4 = -1/2, θ = 0
        ByHand(Momentum(0.5), F(1, 4), 1, (2, 1), (F(1, 2), F(0))),
    )
    counterpart = Counterpart(lambda alpha: optax.sgd(alpha, momentum=0.9), rate_in_velocity=True)

    @staticmethod
    def textbook(theta, gs, rates, memory):
        return theta + decayed_sum([-a * g for a, g in zip(rates, gs, strict=True)], 0.9)
