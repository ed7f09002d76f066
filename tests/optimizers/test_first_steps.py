"""The first two updates of every rule, worked out by hand with fractions."""

from fractions import Fraction as F

import numpy as np
import pytest

from koubai.optimizers.adadelta import Adadelta
from koubai.optimizers.adagrad import Adagrad
from koubai.optimizers.adam import Adam
from koubai.optimizers.adamw import AdamW
from koubai.optimizers.amsgrad import AMSGrad
from koubai.optimizers.lion import Lion
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.nadam import Nadam
from koubai.optimizers.nesterov import Nesterov
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.rmsprop import RMSprop
from koubai.optimizers.sgd import SGD

HALF = {"beta_1": 0.5, "beta_2": 0.5, "epsilon": 1.0}

# rule, α, θ₀, (g₁, g₂), (θ₁, θ₂)
BY_HAND = [
    # 1 - 2/4 = 1/2; 1/2 + 1/4 = 3/4
    (SGD(), F(1, 4), 1, (2, -1), (F(1, 2), F(3, 4))),
    # v = -1/2, θ = 1/2; v = -1/4 - 1/4 = -1/2, θ = 0
    (Momentum(0.5), F(1, 4), 1, (2, 1), (F(1, 2), F(0))),
    # v = -1/2, θ = 1 - 1/4 - 1/2 = 1/4; v = -1/4 - 1/4 = -1/2, θ = 1/4 - 1/4 - 1/4 = -1/4
    (Nesterov(0.5), F(1, 4), 1, (2, 1), (F(1, 4), F(-1, 4))),
    # s = 9, θ = 1 - 3/(3 + 1) = 1/4; s = 25, θ = 1/4 - 4/(5 + 1) = -5/12
    (Adagrad(epsilon=1.0), F(1), 1, (3, 4), (F(1, 4), F(-5, 12))),
    # s = 3/8 · 64 = 24, Δ = √1/√25 · 8 = 8/5, d = 3/8 · 64/25 = 24/25, θ = 5 - 8/5 = 17/5;
    # s = 5/8 · 24 + 3/8 · 1024 = 399, Δ = √(49/25)/√400 · 32 = 56/25, θ = 29/25
    (Adadelta(rho=0.625, epsilon=1.0), F(1), 5, (8, 32), (F(17, 5), F(29, 25))),
    # s = 16/4 = 4, θ = 1 - 4/(2 + 1) = -1/3; s = 3 + 4/4 = 4, θ = -1/3 - 2/3 = -1
    (RMSprop(rho=0.75, epsilon=1.0), F(1), 1, (4, 2), (F(-1, 3), F(-1))),
    # m̂ = v̂ = 1, θ = 1 - 1/(1 + 1) = 1/2; m = 1/4 + 11/2 = 23/4, m̂ = 23/4 / (3/4) = 23/3,
    # v = 1/4 + 121/2 = 243/4, v̂ = 81, θ = 1/2 - 23/3 / (9 + 1) = -4/15
    (Adam(**HALF), F(1), 1, (1, 11), (F(1, 2), F(-4, 15))),
    # as Adam, from half of θ each time: 3/2 - 1/2 = 1; 1/2 - 23/30 = -4/15
    (AdamW(**HALF, weight_decay=0.5), F(1), 3, (1, 11), (F(1), F(-4, 15))),
    # m̂ = 1/2 · 1/2 / (3/4) + 1/2 · 1 / (1/2) = 4/3, θ = 1 - 4/3 / 2 = 1/3;
    # m̂ = 1/2 · 23/4 / (7/8) + 1/2 · 11 / (3/4) = 223/21, θ = 1/3 - 223/210 = -51/70
    (Nadam(**HALF), F(1), 1, (1, 11), (F(1, 3), F(-51, 70))),
    # m̂ = 5, v = 7/16 · 25 = 175/16 = w, ŵ = 25, θ = 1 - 5/6 = 1/6; m = 5/4 - 1/2 = 3/4, m̂ = 1,
    # v = 9/16 · 175/16 + 7/16 = 1687/256 < w, ŵ = 175/16 / (175/256) = 16, θ = 1/6 - 1/(4 + 1) = -1/30
    (AMSGrad(beta_1=0.5, beta_2=0.5625, epsilon=1.0), F(1), 1, (5, -1), (F(1, 6), F(-1, 30))),
    # c = 1/2, θ = 1 - 1/4, m = 1/4; c = 1/8 - 1/16 > 0 still, against g: θ = 1/2
    (Lion(beta_1=0.5, beta_2=0.75), F(1, 4), 1, (1, F(-1, 8)), (F(3, 4), F(1, 2))),
    # with decay: 2 - 1/4 (1 + 2/2) = 3/2; 3/2 - 1/4 (1 + 3/4) = 17/16
    (Lion(beta_1=0.5, beta_2=0.75, weight_decay=0.5), F(1, 4), 2, (1, F(-1, 8)), (F(3, 2), F(17, 16))),
]


@pytest.mark.parametrize(("rule", "alpha", "start", "gradients", "expected"), BY_HAND, ids=lambda value: str(value))
def test_two_updates_by_hand(rule, alpha, start, gradients, expected):
    theta = np.array([float(start)])
    slots = rule.init(theta)
    for t, (gradient, result) in enumerate(zip(gradients, expected, strict=True), start=1):
        theta, slots = rule.step(theta, np.array([float(gradient)]), slots, t, float(alpha))
        assert theta[0] == pytest.approx(float(result), rel=1e-14, abs=1e-15)


def test_no_rule_is_left_out():
    assert {type(rule) for rule, *_ in BY_HAND} == set(OPTIMIZERS.values())


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
