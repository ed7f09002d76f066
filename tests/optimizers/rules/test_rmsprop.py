"""RMSprop by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import sqrt

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, average, squares

from koubai.optimizers.rmsprop import RMSprop


class TestRMSprop(OptaxTests):
    rule = RMSprop()
    in_gradients = "free"
    by_hand = (
        # s = 16/4 = 4, θ = 1 - 4/(2 + 1) = -1/3; s = 3 + 4/4 = 4, θ = -1/3 - 2/3 = -1
        ByHand(RMSprop(rho=0.75, epsilon=1.0), F(1), 1, (4, 2), (F(-1, 3), F(-1))),
    )
    counterpart = Counterpart(lambda alpha: optax.rmsprop(alpha, decay=0.9, eps=1e-8, eps_in_sqrt=False))

    @staticmethod
    def textbook(theta, gs, rates, memory):
        return theta - rates[-1] * gs[-1] / (sqrt(average(squares(gs), 0.9)) + 1e-8)
