"""SGD by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F

import numpy as np
import optax
import pytest
from tests.optimizers.rule_tests import ByHand, Counterpart, OptaxTests

from koubai.optimizers.sgd import SGD


class TestSGD(OptaxTests):
    rule = SGD()
    in_gradients = "linear"
    by_hand = (
        # 1 - 2/4 = 1/2; 1/2 + 1/4 = 3/4
        ByHand(SGD(), F(1, 4), 1, (2, -1), (F(1, 2), F(3, 4))),
    )
    counterpart = Counterpart(optax.sgd)

    @staticmethod
    def textbook(theta, gs, rates, memory):
        return theta - rates[-1] * gs[-1]


def test_slide_69_gradient_descent_finds_the_minimum():
    """Lecture slides 69-70: x⁴ - 2x³ + 1 from 2 ends at 3/2, where the value is -11/16."""
    rule, theta = SGD(), np.array([2.0])
    for t in range(1, 201):
        theta, _ = rule.step(theta, 2 * theta**2 * (2 * theta - 3), rule.init(theta), t, 0.05)
    assert theta[0] == pytest.approx(1.5, rel=1e-12)
    assert theta[0] ** 4 - 2 * theta[0] ** 3 + 1 == pytest.approx(-11 / 16, rel=1e-12)


def test_slide_74_gradient_descent_stays_before_the_stationary_point():
    """Slide 74, with slide 69's function: started left of 0, descent creeps towards 0, which is no extremum."""
    rule, theta = SGD(), np.array([-1.0])
    for t in range(1, 2001):
        theta, _ = rule.step(theta, 2 * theta**2 * (2 * theta - 3), rule.init(theta), t, 0.01)
    assert -0.01 < theta[0] < 0
