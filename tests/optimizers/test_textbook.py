"""Every rule against its paper: written again for one parameter, in plain Python numbers and from all past gradients.

Where the rule keeps a running average, the textbook form here is the weighted sum that the average stands for. These
need no other library and hold for every rule, also for those that optax or PyTorch define differently.
"""

from math import fsum, sqrt

import numpy as np
import pytest

from koubai.optimizers.registry import OPTIMIZERS, get_optimizer


def decayed_sum(values, keep):
    """Σ_s keep^(t-s) values_s."""
    return fsum(keep ** (len(values) - 1 - s) * value for s, value in enumerate(values))


def average(values, keep):
    """The running average from 0: (1 - keep) Σ_s keep^(t-s) values_s."""
    return (1 - keep) * decayed_sum(values, keep)


def weighted_mean(values, keep):
    """The average corrected for its start: Σ_s keep^(t-s) values_s / Σ_s keep^(t-s)."""
    return decayed_sum(values, keep) / fsum(keep**k for k in range(len(values)))


def squares(gs):
    return [g * g for g in gs]


def sgd(theta, gs, rates, memory):
    return theta - rates[-1] * gs[-1]


def momentum(theta, gs, rates, memory):
    return theta + decayed_sum([-a * g for a, g in zip(rates, gs, strict=True)], 0.9)


def nesterov(theta, gs, rates, memory):
    """Sutskever's two points: θ = ϑ + μ v, and ϑ itself moves by the velocity."""
    moves = [-a * g for a, g in zip(rates, gs, strict=True)]
    v_before = decayed_sum(moves[:-1], 0.9)
    v = decayed_sum(moves, 0.9)
    return (theta - 0.9 * v_before) + v + 0.9 * v


def adagrad(theta, gs, rates, memory):
    return theta - rates[-1] * gs[-1] / (sqrt(fsum(squares(gs))) + 1e-10)


def adadelta(theta, gs, rates, memory):
    """``memory`` holds the Δ of all updates before."""
    rms_delta = sqrt(average(squares(memory), 0.9) + 1e-6)
    memory.append(rms_delta / sqrt(average(squares(gs), 0.9) + 1e-6) * gs[-1])
    return theta - rates[-1] * memory[-1]


def rmsprop(theta, gs, rates, memory):
    return theta - rates[-1] * gs[-1] / (sqrt(average(squares(gs), 0.9)) + 1e-8)


def adam(theta, gs, rates, memory):
    return theta - rates[-1] * weighted_mean(gs, 0.9) / (sqrt(weighted_mean(squares(gs), 0.999)) + 1e-8)


def adamw(theta, gs, rates, memory):
    return adam(theta, gs, rates, memory) - rates[-1] * 0.01 * theta


def nadam(theta, gs, rates, memory):
    ahead = 0.9 * average(gs, 0.9) / (1 - 0.9 ** (len(gs) + 1)) + 0.1 * gs[-1] / (1 - 0.9 ** len(gs))
    return theta - rates[-1] * ahead / (sqrt(weighted_mean(squares(gs), 0.999)) + 1e-8)


def amsgrad(theta, gs, rates, memory):
    """``memory`` holds the v of all updates."""
    memory.append(average(squares(gs), 0.999))
    return theta - rates[-1] * weighted_mean(gs, 0.9) / (sqrt(max(memory) / (1 - 0.999 ** len(gs))) + 1e-8)


def lion(theta, gs, rates, memory):
    direction = 0.9 * average(gs[:-1], 0.99) + 0.1 * gs[-1]
    return theta - rates[-1] * ((direction > 0) - (direction < 0))


TEXTBOOK = (sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw, nadam, amsgrad, lion)


def test_every_rule_has_a_textbook_form():
    assert [rule.__name__ for rule in TEXTBOOK] == list(OPTIMIZERS)


@pytest.mark.parametrize("textbook", TEXTBOOK, ids=lambda rule: rule.__name__)
def test_path_is_the_textbook_path(textbook, gradients, rates, start, follow):
    path = follow(get_optimizer(textbook.__name__), start, gradients, rates)
    for j in range(start.size):
        theta, memory, farthest = float(start[j]), [], 1.0
        for t in range(1, 201):
            theta = textbook(theta, gradients[:t, j].tolist(), rates[:t].tolist(), memory)
            farthest = max(farthest, abs(theta))
            assert abs(path[t - 1, j] - theta) < 1e-12 * farthest, f"parameter {j}, update {t}"


@pytest.mark.parametrize("textbook", TEXTBOOK, ids=lambda rule: rule.__name__)
def test_path_down_slide_69s_function_is_the_textbook_path(textbook):
    """x⁴ - 2x³ + 1 from 2 (not convex: its curvature is negative between 0 and 1), each on its own path."""
    rule = get_optimizer(textbook.__name__)
    alpha = 1.0 if textbook is adadelta else 0.02
    theta, slots = np.array([2.0]), rule.init(np.array([2.0]))
    other, slopes, memory = 2.0, [], []
    for t in range(1, 201):
        theta, slots = rule.step(theta, 4 * theta**3 - 6 * theta**2, slots, t, alpha)
        slopes.append(4 * other**3 - 6 * other**2)
        other = textbook(other, slopes, [alpha] * t, memory)
        assert theta[0] == pytest.approx(other, rel=1e-12), f"update {t}"


def test_nesterov_is_sutskevers_gradient_ahead():
    """On x⁴ - 2x³ + 1 the rule moves θ = ϑ + μ v, where ϑ follows the paper's own form from the gradient ahead."""
    rule, alpha = get_optimizer("nesterov"), 0.005

    def slope(x):
        return 4 * x**3 - 6 * x**2

    theta, slots = np.array([2.0]), np.zeros((1, 1))
    paper, velocity = 2.0, 0.0
    for t in range(1, 201):
        theta, slots = rule.step(theta, slope(theta), slots, t, alpha)
        velocity = 0.9 * velocity - alpha * slope(paper + 0.9 * velocity)
        paper += velocity
        assert theta[0] == pytest.approx(paper + 0.9 * velocity, rel=1e-12)
        assert slots[0, 0] == pytest.approx(velocity, rel=1e-12, abs=1e-12)
