"""What every rule promises: pure, any shape, dtype kept, zeros at the start, plain data for a checkpoint."""

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.optimizers.paths import GRADIENTS, RATES, START, follow, given_gradient
from tests.optimizers.rule_tests import RuleTests

from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.optimizers.adam import Adam
from koubai.optimizers.adamw import AdamW
from koubai.optimizers.lion import Lion
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer
from koubai.optimizers.rmsprop import RMSprop

RULES = [kind() for kind in OPTIMIZERS.values()]
every_rule = pytest.mark.parametrize("rule", RULES, ids=list(OPTIMIZERS))
without_decay = pytest.mark.parametrize(
    "rule",
    [replace(rule, weight_decay=0.0) if hasattr(rule, "weight_decay") else rule for rule in RULES],
    ids=str,
)
TINY = 1e-300


def said_of(name: str) -> type[RuleTests]:
    """Return the tests of a rule, which say what is known of it."""
    module = import_module(f"tests.optimizers.rules.test_{name}")
    (tests,) = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, RuleTests) and kind.__module__ == module.__name__
    ]
    return tests


def those(in_gradients: str) -> list[Optimizer]:
    """Return the rules whose steps are so in the gradients, without ε."""
    rules = [rule for rule in RULES if said_of(rule.name).in_gradients == in_gradients]
    assert len(rules) > 2
    return [replace(rule, epsilon=TINY) if hasattr(rule, "epsilon") else rule for rule in rules]


few = settings(max_examples=25)
"""Enough where a property is tried on every rule."""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_rule_has_a_file_of_tests_that_says_what_its_paper_says(name):
    tests = said_of(name)
    assert tests.rule == OPTIMIZERS[name]()
    assert tests.textbook is not RuleTests.textbook


numbers = st.floats(-100, 100).map(lambda x: round(x, 3))
vectors = arrays(np.float64, 4, elements=numbers)
paths = arrays(np.float64, (5, 4), elements=numbers)


def walk(rule, theta, gradients, rate=0.01):
    slots = rule.init(theta)
    for t, gradient in enumerate(gradients, start=1):
        theta, slots = rule.step(theta, gradient, slots, t, rate)
    return theta


@every_rule
def test_memory_starts_at_zero(rule):
    slots = rule.init(np.ones((3, 2), dtype=np.float32))
    assert slots.shape == (rule.n_slots, 3, 2)
    assert slots.dtype == np.float32
    assert not slots.any()


@every_rule
def test_arguments_are_left_as_they_are(rule):
    theta, gradient, slots = np.array([1.0, -2.0]), np.array([0.5, 0.0]), np.full((rule.n_slots, 2), 0.25)
    before = [array.copy() for array in (theta, gradient, slots)]
    for array in (theta, gradient, slots):
        array.flags.writeable = False
    first = rule.step(theta, gradient, slots, 3, 0.1)
    second = rule.step(theta, gradient, slots, 3, 0.1)
    for array, copy in zip((theta, gradient, slots), before, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@every_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(rule, dtype):
    theta = np.array([1.0, -2.0], dtype=dtype)
    slots = rule.init(theta)
    for t in range(1, 4):
        theta, slots = rule.step(theta, np.array([0.3, -0.1], dtype=dtype), slots, t, 0.1)
        assert theta.dtype == dtype
        assert slots.dtype == dtype
        assert slots.shape == (rule.n_slots, 2)


@every_rule
def test_float32_follows_float64(rule):
    gradients = GRADIENTS.astype(np.float32)
    narrow = follow(rule, START.astype(np.float32), lambda t, theta: gradients[t - 1], RATES[:50])
    np.testing.assert_allclose(narrow, follow(rule, START, given_gradient, RATES[:50]), rtol=2e-4, atol=2e-4)


def test_hyperparameters_become_plain_numbers():
    """NumPy's own numbers would make float32 arrays float64, and NumPy's float32 does not go into JSON."""
    rule = Adam(beta_1=np.float32(0.5), beta_2=np.float64(0.75), epsilon=1)
    assert [type(value) for value in (rule.beta_1, rule.beta_2, rule.epsilon)] == [float] * 3
    theta, _ = rule.step(np.ones(2, np.float32), np.ones(2, np.float32), np.zeros((2, 2), np.float32), 1, 0.1)
    assert theta.dtype == np.float32


@pytest.mark.slow
@every_rule
@few
@given(theta=arrays(np.float64, (3, 4), elements=numbers), gradients=arrays(np.float64, (5, 3, 4), elements=numbers))
def test_a_row_of_a_matrix_moves_like_the_vector(rule, theta, gradients):
    together = walk(rule, theta, gradients)
    assert together.shape == (3, 4)
    for row in range(3):
        np.testing.assert_array_equal(together[row], walk(rule, theta[row], gradients[:, row]))


@every_rule
def test_a_single_number_moves_like_a_vector_of_one(rule):
    theta, slots = rule.step(np.array(1.5), np.array(0.5), rule.init(np.array(1.5)), 1, 0.1)
    vector, _ = rule.step(np.array([1.5]), np.array([0.5]), rule.init(np.array([1.5])), 1, 0.1)
    assert theta == vector[0]
    assert slots.shape == (rule.n_slots,)


@without_decay
@few
@given(theta=vectors, n_steps=st.integers(1, 3))
def test_without_gradient_nothing_moves(rule, theta, n_steps):
    np.testing.assert_array_equal(walk(rule, theta, np.zeros((n_steps, 4))), theta)


@every_rule
@few
@given(theta=vectors, gradients=paths)
def test_mirrored_descents_mirror_each_other(rule, theta, gradients):
    np.testing.assert_array_equal(walk(rule, -theta, -gradients), -walk(rule, theta, gradients))


@pytest.mark.parametrize("rule", those("free"), ids=str)
@few
@given(theta=vectors, gradients=paths, exponent=st.integers(-20, 20))
def test_the_unit_of_the_loss_does_not_matter(rule, theta, gradients, exponent):
    """Without ε these rules divide g by its own size; a power of two scales without rounding, so to the last bit."""
    np.testing.assert_array_equal(walk(rule, theta, gradients * 2.0**exponent), walk(rule, theta, gradients))


@pytest.mark.parametrize("rule", those("linear"), ids=str)
@few
@given(theta=vectors, gradients=paths, exponent=st.integers(-20, 20))
def test_a_larger_loss_needs_a_smaller_rate(rule, theta, gradients, exponent):
    scale = 2.0**exponent
    np.testing.assert_array_equal(
        walk(rule, theta, gradients * scale, 0.01 / scale), walk(rule, theta, gradients, 0.01)
    )


@pytest.mark.parametrize("rule", [rule for rule in those("linear") if hasattr(rule, "momentum")], ids=str)
@few
@given(theta=vectors, gradients=paths)
def test_without_momentum_it_is_gradient_descent(rule, theta, gradients):
    rule = replace(rule, momentum=0.0)
    np.testing.assert_allclose(walk(rule, theta, gradients), walk(get_optimizer("sgd"), theta, gradients), atol=1e-12)


@given(theta=vectors, gradients=paths)
def test_adamw_without_decay_is_adam(theta, gradients):
    np.testing.assert_array_equal(walk(AdamW(weight_decay=0), theta, gradients), walk(Adam(), theta, gradients))


@given(gradients=paths)
def test_lion_moves_by_the_learning_rate_or_not_at_all(gradients):
    rule, theta = Lion(), np.zeros(4)
    slots = rule.init(theta)
    for t, gradient in enumerate(gradients, start=1):
        moved, slots = rule.step(np.zeros(4), gradient, slots, t, 0.25)
        assert set(np.abs(moved)) <= {0.0, 0.25}


@given(theta=vectors, gradient=arrays(np.float64, 4, elements=st.floats(0.1, 100)))
def test_adams_first_step_is_the_learning_rate(theta, gradient):
    """m̂ = g and v̂ = g² at t = 1, so every parameter moves by α / (1 + ε/|g|)."""
    for name in ("adam", "amsgrad"):
        rule = get_optimizer(name)
        moved, _ = rule.step(theta, gradient, rule.init(theta), 1, 0.5)
        np.testing.assert_allclose(theta - moved, 0.5, rtol=1e-6)


@every_rule
def test_divergence_is_seen(rule):
    theta, _ = rule.step(np.ones(2), np.array([np.nan, 1.0]), rule.init(np.ones(2)), 1, 0.1)
    assert np.isnan(theta[0])
    assert np.isfinite(theta[1])


@every_rule
def test_spec_goes_through_json_and_back(rule):
    assert get_optimizer(json.loads(json.dumps(rule.spec()))) == rule


def test_names_that_are_in_peoples_files_stay_and_aliases_lead_to_them():
    stay = "sgd momentum nesterov adagrad adadelta rmsprop adam adamw nadam amsgrad lion"
    assert " ".join(OPTIMIZERS).startswith(stay)
    for alias, name in OPTIMIZERS.aliases.items():
        assert get_optimizer(alias) == OPTIMIZERS[name]()
    rule = Momentum(0.5)
    assert get_optimizer(rule) is rule


@pytest.mark.parametrize(
    ("given_", "error", "message"),
    [
        (
            "adma",
            ParameterError,
            f"optimizer must be a known optimizer; got 'adma'. Try one of: {', '.join(OPTIMIZERS)}.",
        ),
        (
            {"name": "sgd", "beta_1": 0.9},
            ParameterError,
            "optimizer: sgd must be given no parameters; got beta_1. Leave it out.",
        ),
        (
            3,
            ParameterTypeError,
            f"optimizer must be the name of an optimizer or an instance; got int. Try one of: {', '.join(OPTIMIZERS)}.",
        ),
    ],
)
def test_unknown_optimizers(given_, error, message):
    with pytest.raises(error) as caught:
        get_optimizer(given_)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Momentum(1.5), "Momentum: momentum must be >= 0 and <= 1; got 1.5. Try 0.9."),
        (lambda: RMSprop(rho=-0.1), "RMSprop: rho must be >= 0 and < 1; got -0.1. Try 0.9."),
        (lambda: Adam(beta_1=float("nan")), "Adam: beta_1 must be >= 0 and < 1; got nan. Try 0.9."),
        (lambda: Adam(epsilon=0), "Adam: epsilon must be > 0 and finite; got 0.0. Try 1e-08."),
        (lambda: AdamW(beta_2=1.5), "AdamW: beta_2 must be >= 0 and < 1; got 1.5. Try 0.999."),
        (lambda: AdamW(weight_decay=-1), "AdamW: weight_decay must be >= 0 and finite; got -1.0. Try 0.01."),
        (lambda: Lion(weight_decay=np.inf), "Lion: weight_decay must be >= 0 and finite; got inf. Try 0.0."),
    ],
)
def test_impossible_hyperparameters(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


def hyperparameters(name):
    return [key for key in get_optimizer(name).spec() if key != "name"]


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if hyperparameters(name)])
def test_every_hyperparameter_is_checked(name):
    for parameter in hyperparameters(name):
        with pytest.raises(ParameterError, match=f"{OPTIMIZERS[name].__name__}: {parameter} must be"):
            get_optimizer({"name": name, parameter: -0.5})
        with pytest.raises(ParameterTypeError, match=f"{parameter} must be a number; got str"):
            get_optimizer({"name": name, parameter: "0.5"})
        with pytest.raises(ParameterTypeError, match=f"{parameter} must be a number; got bool"):
            get_optimizer({"name": name, parameter: True})
