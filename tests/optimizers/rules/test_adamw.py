"""AdamW by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import sqrt

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, squares, weighted_mean

from koubai.optimizers.adamw import AdamW

HALF = {"beta_1": 0.5, "beta_2": 0.5, "epsilon": 1.0}


class TestAdamW(OptaxTests):
    rule = AdamW()
    in_gradients = "free"
    by_hand = (
        # as Adam, from half of θ each time: 3/2 - 1/2 = 1; 1/2 - 23/30 = -4/15
        ByHand(AdamW(**HALF, weight_decay=0.5), F(1), 3, (1, 11), (F(1), F(-4, 15))),
    )
    counterpart = Counterpart(lambda alpha: optax.adamw(alpha, weight_decay=0.01))

    @staticmethod
    def textbook(theta, gs, rates, memory):
        """Adam's step, and the decay of θ beside it."""
        step = weighted_mean(gs, 0.9) / (sqrt(weighted_mean(squares(gs), 0.999)) + 1e-8)
        return theta - rates[-1] * (step + 0.01 * theta)
