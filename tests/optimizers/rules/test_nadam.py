"""Nadam by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import sqrt

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, average, squares, weighted_mean

from koubai.optimizers.nadam import Nadam

HALF = {"beta_1": 0.5, "beta_2": 0.5, "epsilon": 1.0}


class TestNadam(OptaxTests):
    rule = Nadam()
    in_gradients = "free"
    by_hand = (
        # m̂ = 1/2 · 1/2 / (3/4) + 1/2 · 1 / (1/2) = 4/3, θ = 1 - 4/3 / 2 = 1/3;
        # m̂ = 1/2 · 23/4 / (7/8) + 1/2 · 11 / (3/4) = 223/21, θ = 1/3 - 223/210 = -51/70
        ByHand(Nadam(**HALF), F(1), 1, (1, 11), (F(1, 3), F(-51, 70))),
    )
    counterpart = Counterpart(optax.nadam)

    @staticmethod
    def textbook(theta, gs, rates, memory):
        ahead = 0.9 * average(gs, 0.9) / (1 - 0.9 ** (len(gs) + 1)) + 0.1 * gs[-1] / (1 - 0.9 ** len(gs))
        return theta - rates[-1] * ahead / (sqrt(weighted_mean(squares(gs), 0.999)) + 1e-8)
