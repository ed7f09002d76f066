"""Lion by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F

import optax
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests, average

from koubai.optimizers.lion import Lion


class TestLion(OptaxTests):
    rule = Lion()
    in_gradients = "free"
    by_hand = (
        # c = 1/2, θ = 1 - 1/4, m = 1/4; c = 1/8 - 1/16 > 0 still, against g: θ = 1/2
        ByHand(Lion(beta_1=0.5, beta_2=0.75), F(1, 4), 1, (1, F(-1, 8)), (F(3, 4), F(1, 2))),
        # with decay: 2 - 1/4 (1 + 2/2) = 3/2; 3/2 - 1/4 (1 + 3/4) = 17/16
        ByHand(Lion(beta_1=0.5, beta_2=0.75, weight_decay=0.5), F(1, 4), 2, (1, F(-1, 8)), (F(3, 2), F(17, 16))),
    )
    counterpart = Counterpart(lambda alpha: optax.lion(alpha, weight_decay=0.0))

    @staticmethod
    def textbook(theta, gs, rates, memory):
        direction = 0.9 * average(gs[:-1], 0.99) + 0.1 * gs[-1]
        return theta - rates[-1] * ((direction > 0) - (direction < 0))
