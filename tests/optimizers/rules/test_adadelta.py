"""Adadelta by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import sqrt

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, average, squares

from koubai.optimizers.adadelta import Adadelta


class TestAdadelta(OptaxTests):
    rule = Adadelta()
    by_hand = (
        # s = 3/8 · 64 = 24, Δ = √1/√25 · 8 = 8/5, d = 3/8 · 64/25 = 24/25, θ = 5 - 8/5 = 17/5;
        # s = 5/8 · 24 + 3/8 · 1024 = 399, Δ = √(49/25)/√400 · 32 = 56/25, θ = 29/25
        ByHand(Adadelta(rho=0.625, epsilon=1.0), F(1), 5, (8, 32), (F(17, 5), F(29, 25))),
    )
    counterpart = Counterpart(lambda alpha: optax.adadelta(alpha, rho=0.9, eps=1e-6))
    rate_down_slide_69 = 1.0

    @staticmethod
    def textbook(theta, gs, rates, memory):
        """``memory`` holds the Δ of all updates before."""
        rms_delta = sqrt(average(squares(memory), 0.9) + 1e-6)
        memory.append(rms_delta / sqrt(average(squares(gs), 0.9) + 1e-6) * gs[-1])
        return theta - rates[-1] * memory[-1]
