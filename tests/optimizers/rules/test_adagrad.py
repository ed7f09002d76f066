"""Adagrad by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import fsum, sqrt

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, squares

from koubai.optimizers.adagrad import Adagrad

TINY = 1e-300
"""An ε that vanishes beside every gradient: where to add it then makes no difference."""


class TestAdagrad(OptaxTests):
    rule = Adagrad()
    in_gradients = "free"
    by_hand = (
        # s = 9, θ = 1 - 3/(3 + 1) = 1/4; s = 25, θ = 1/4 - 4/(5 + 1) = -5/12
        ByHand(Adagrad(epsilon=1.0), F(1), 1, (3, 4), (F(1, 4), F(-5, 12))),
    )
    counterpart = Counterpart(
        lambda alpha: optax.adagrad(alpha, initial_accumulator_value=0.0, eps=0.0), Adagrad(epsilon=TINY)
    )

    @staticmethod
    def textbook(theta, gs, rates, memory):
        return theta - rates[-1] * gs[-1] / (sqrt(fsum(squares(gs))) + 1e-10)
