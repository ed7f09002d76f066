"""AMSGrad by its paper: its path step by step, and two updates by hand with fractions."""

from fractions import Fraction as F
from math import sqrt

import jax
import numpy as np
import optax
import pytest
from tests.optimizers.paths import GRADIENTS, START
from tests.optimizers.rule_tests import ByHand, RuleTests, average, squares, weighted_mean

from koubai.optimizers.amsgrad import AMSGrad


class TestAMSGrad(RuleTests):
    rule = AMSGrad()
    in_gradients = "free"
    by_hand = (
        # m̂ = 5, v = 7/16 · 25 = 175/16 = w, ŵ = 25, θ = 1 - 5/6 = 1/6; m = 5/4 - 1/2 = 3/4, m̂ = 1,
        # v = 9/16 · 175/16 + 7/16 = 1687/256 < w, ŵ = 175/16 / (175/256) = 16, θ = 1/6 - 1/(4 + 1) = -1/30
        ByHand(AMSGrad(beta_1=0.5, beta_2=0.5625, epsilon=1.0), F(1), 1, (5, -1), (F(1, 6), F(-1, 30))),
    )

    @staticmethod
    def textbook(theta, gs, rates, memory):
        """``memory`` holds the v of all updates."""
        memory.append(average(squares(gs), 0.999))
        return theta - rates[-1] * weighted_mean(gs, 0.9) / (sqrt(max(memory) / (1 - 0.999 ** len(gs))) + 1e-8)


@pytest.mark.usefixtures("double_precision")
def test_amsgrads_memory_is_optaxs_without_correction():
    """m, v and the maximum w agree with optax.amsgrad when that corrects nothing; only the step then differs."""
    rule = AMSGrad()
    theirs = optax.scale_by_amsgrad(bias_correction_mu=False, bias_correction_nu=False)
    slots, state = rule.init(START), theirs.init(jax.numpy.asarray(START))
    for t, gradient in enumerate(GRADIENTS, start=1):
        _, slots = rule.step(START, gradient, slots, t, 0.1)
        _, state = theirs.update(jax.numpy.asarray(gradient), state)
        for ours, other in zip(slots, (state.mu, state.nu, state.nu_max), strict=True):
            np.testing.assert_allclose(ours, np.asarray(other), rtol=1e-12, atol=1e-300)


@pytest.mark.usefixtures("double_precision")
def test_optaxs_amsgrad_takes_shorter_steps_as_documented():
    rule, theirs = AMSGrad(), optax.amsgrad(1.0)
    slots, state, shorter = rule.init(START), theirs.init(jax.numpy.asarray(START)), 0
    for t, gradient in enumerate(GRADIENTS, start=1):
        moved, slots = rule.step(np.zeros(6), gradient, slots, t, 1.0)
        updates, state = theirs.update(jax.numpy.asarray(gradient), state)
        other = np.asarray(updates)
        assert (np.abs(other) <= np.abs(moved) * (1 + 1e-12)).all()
        shorter += int((np.abs(other) < 0.9 * np.abs(moved)).sum())
    assert shorter > 0
