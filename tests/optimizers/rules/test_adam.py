"""Adam by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import sqrt

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, squares, weighted_mean

from koubai.optimizers.adam import Adam

HALF = {"beta_1": 0.5, "beta_2": 0.5, "epsilon": 1.0}


class TestAdam(OptaxTests):
    rule = Adam()
    in_gradients = "free"
    by_hand = (
        # m̂ = v̂ = 1, θ = 1 - 1/(1 + 1) = 1/2; m = 1/4 + 11/2 = 23/4, m̂ = 23/4 / (3/4) = 23/3,
        # v = 1/4 + 121/2 = 243/4, v̂ = 81, θ = 1/2 - 23/3 / (9 + 1) = -4/15
        ByHand(Adam(**HALF), F(1), 1, (1, 11), (F(1, 2), F(-4, 15))),
    )
    counterpart = Counterpart(optax.adam)

    @staticmethod
    def textbook(theta, gs, rates, memory):
        return theta - rates[-1] * weighted_mean(gs, 0.9) / (sqrt(weighted_mean(squares(gs), 0.999)) + 1e-8)
