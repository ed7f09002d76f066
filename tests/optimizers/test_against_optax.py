"""Every rule against optax, step by step in float64, wherever optax defines the same variant."""

import jax
import numpy as np
import optax
import pytest

from koubai.optimizers.adagrad import Adagrad
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

TINY = 1e-300
"""An ε that vanishes beside every gradient: where to add it then makes no difference."""

# name → (our rule, optax's rule at learning rate α)
SAME = {
    "sgd": (get_optimizer("sgd"), optax.sgd),
    "momentum": (get_optimizer("momentum"), lambda alpha: optax.sgd(alpha, momentum=0.9)),
    "nesterov": (get_optimizer("nesterov"), lambda alpha: optax.sgd(alpha, momentum=0.9, nesterov=True)),
    "adagrad": (
        Adagrad(epsilon=TINY),
        lambda alpha: optax.adagrad(alpha, initial_accumulator_value=0.0, eps=0.0),
    ),
    "adadelta": (get_optimizer("adadelta"), lambda alpha: optax.adadelta(alpha, rho=0.9, eps=1e-6)),
    "rmsprop": (
        get_optimizer("rmsprop"),
        lambda alpha: optax.rmsprop(alpha, decay=0.9, eps=1e-8, eps_in_sqrt=False),
    ),
    "adam": (get_optimizer("adam"), optax.adam),
    "adamw": (get_optimizer("adamw"), lambda alpha: optax.adamw(alpha, weight_decay=0.01)),
    "nadam": (get_optimizer("nadam"), optax.nadam),
    "lion": (get_optimizer("lion"), lambda alpha: optax.lion(alpha, weight_decay=0.0)),
}
RATE_IN_VELOCITY = ("momentum", "nesterov")
"""Rules that agree with optax only while α stays as it is."""


@pytest.fixture(autouse=True)
def double_precision():
    """JAX computes in float64 in these tests."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def optax_path(transformation, theta, gradient_of, n_steps):
    """θ after every update; ``gradient_of(t, θ)`` with t from 1."""
    theta = jax.numpy.asarray(theta)
    state, path = transformation.init(theta), []
    for t in range(1, n_steps + 1):
        updates, state = transformation.update(jax.numpy.asarray(gradient_of(t, np.asarray(theta))), state, theta)
        theta = optax.apply_updates(theta, updates)
        path.append(np.asarray(theta))
    return np.array(path)


def our_path(rule, theta, gradient_of, rates):
    slots, path = rule.init(theta), []
    for t, rate in enumerate(rates, start=1):
        theta, slots = rule.step(theta, gradient_of(t, theta), slots, t, float(rate))
        path.append(theta)
    return np.array(path)


def largest_error(ours, theirs):
    """The largest difference, relative to how far each parameter ever was from 0 (or to 1)."""
    return (np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs).max(axis=0))).max()


def wavy_slope(t, theta):
    """Gradient of Σ x⁴/4 - x³ + sin(3x) + x_i x_{i+1}/2: several minima, coupled parameters."""
    return theta**3 - 3 * theta**2 + 3 * np.cos(3 * theta) + (np.roll(theta, 1) + np.roll(theta, -1)) / 2


def test_only_amsgrad_has_no_counterpart():
    assert set(OPTIMIZERS) - set(SAME) == {"amsgrad"}


@pytest.mark.parametrize("name", SAME)
def test_along_given_gradients(name, gradients, start):
    rule, make = SAME[name]
    ours = our_path(rule, start, lambda t, theta: gradients[t - 1], [0.02] * 200)
    theirs = optax_path(make(0.02), start, lambda t, theta: gradients[t - 1], 200)
    assert largest_error(ours, theirs) < 1e-12


@pytest.mark.parametrize("name", SAME)
def test_down_a_function_with_several_minima(name, start):
    rule, make = SAME[name]
    alpha = min(rule.default_learning_rate * 2, 1.0)
    ours = our_path(rule, start, wavy_slope, [alpha] * 200)
    theirs = optax_path(make(alpha), start, wavy_slope, 200)
    assert np.abs(ours[-1] - start).max() > 0.01
    assert largest_error(ours, theirs) < 1e-12


@pytest.mark.parametrize("name", [name for name in SAME if name not in RATE_IN_VELOCITY])
def test_under_a_schedule(name, gradients, rates, start):
    rule, make = SAME[name]
    table = jax.numpy.asarray(rates)
    ours = our_path(rule, start, lambda t, theta: gradients[t - 1], rates)
    theirs = optax_path(make(lambda count: table[count]), start, lambda t, theta: gradients[t - 1], 200)
    assert largest_error(ours, theirs) < 1e-12


@pytest.mark.parametrize("name", RATE_IN_VELOCITY)
def test_momentum_under_a_schedule_differs_as_documented(name, start):
    """optax rescales the whole velocity when α changes: with α = 0 it stands still, and here it rolls on."""
    rule, make = SAME[name]
    table = jax.numpy.asarray([0.1, 0.0])
    ours = our_path(rule, start, lambda t, theta: np.ones(6), [0.1, 0.0])
    theirs = optax_path(make(lambda count: table[count]), start, lambda t, theta: np.ones(6), 2)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-14)
    np.testing.assert_array_equal(theirs[1], theirs[0])
    assert (ours[1] < ours[0] - 0.05).all()


def test_amsgrads_memory_is_optaxs_without_correction(gradients, start):
    """m, v and the maximum w agree with optax.amsgrad when that corrects nothing; only the step then differs."""
    rule = get_optimizer("amsgrad")
    theirs = optax.scale_by_amsgrad(bias_correction_mu=False, bias_correction_nu=False)
    slots, state = rule.init(start), theirs.init(jax.numpy.asarray(start))
    for t, gradient in enumerate(gradients, start=1):
        _, slots = rule.step(start, gradient, slots, t, 0.1)
        _, state = theirs.update(jax.numpy.asarray(gradient), state)
        for ours, other in zip(slots, (state.mu, state.nu, state.nu_max), strict=True):
            np.testing.assert_allclose(ours, np.asarray(other), rtol=1e-12, atol=1e-300)


def test_optaxs_amsgrad_takes_shorter_steps_as_documented(gradients, start):
    rule, theirs = get_optimizer("amsgrad"), optax.amsgrad(1.0)
    slots, state, shorter = rule.init(start), theirs.init(jax.numpy.asarray(start)), 0
    for t, gradient in enumerate(gradients, start=1):
        moved, slots = rule.step(np.zeros(6), gradient, slots, t, 1.0)
        updates, state = theirs.update(jax.numpy.asarray(gradient), state)
        other = np.asarray(updates)
        assert (np.abs(other) <= np.abs(moved) * (1 + 1e-12)).all()
        shorter += int((np.abs(other) < 0.9 * np.abs(moved)).sum())
    assert shorter > 0
