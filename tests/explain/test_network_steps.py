"""Steps of the forward and backward pass: they read back, agree with the trace, and with automatic differentiation."""

import itertools
import re
from fractions import Fraction

import jax
import numpy as np
import pytest
from hypothesis import given, settings

from koubai.core.network import Network
from koubai.explain.derivations import StepId, step_id
from koubai.explain.network.asking import Ask
from koubai.explain.network.passes import backward, forward
from koubai.explain.network.steps import KINDS, book_of

from .autodiff import loss_of
from .checks import check_derivation, check_step
from .networks import cases, traced


@pytest.fixture(autouse=True, scope="module")
def _double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def every_id(network):
    for layer, size in enumerate(network.sizes[1:], start=1):
        first = 0 if network.layers[layer - 1].bias else 1
        for i in range(1, size + 1):
            yield from (step_id(kind, layer, i) for kind in ("u", "z", "delta"))
            yield from (step_id("grad", layer, i, j) for j in range(first, network.sizes[layer - 1] + 1))
    yield step_id("E")


def number(book, kind, *indices):
    return float(book.step(kind, *indices).result.value)


@pytest.mark.slow
@settings(max_examples=30)
@given(cases())
def test_every_step_reads_back_to_its_number_and_rests_on_earlier_ones(case):
    _, trace = traced(*case)
    book = book_of(trace)
    seen = set()
    for step in book.needed(list(every_id(case[0]))):
        check_step(step)
        assert set(step.uses) <= seen, step.id
        seen.add(step.id)


@settings(max_examples=30)
@given(cases())
def test_every_number_is_the_engine_s(case):
    network = case[0]
    _, trace = traced(*case)
    book = book_of(trace)
    close = {"rel": 1e-11, "abs": 1e-12}
    passes = zip(trace.forward.pre_activations, trace.forward.activations, trace.deltas, strict=True)
    for layer, (u, z, delta) in enumerate(passes, start=1):
        for i in range(1, u.shape[1] + 1):
            for kind, known in (("u", u), ("z", z), ("delta", delta)):
                assert number(book, kind, layer, i) == pytest.approx(known[0, i - 1], **close)
    assert number(book, "E") == pytest.approx(trace.row_losses[0], **close)
    for k in range(len(network.layers)):
        weights, biases = network.weights(trace.data_gradient, k), network.biases(trace.data_gradient, k)
        for j, i in itertools.product(range(weights.shape[0]), range(weights.shape[1])):
            assert number(book, "grad", k + 1, i + 1, j + 1) == pytest.approx(weights[j, i], **close)
        for i, slope in enumerate(biases):
            assert number(book, "grad", k + 1, i + 1, 0) == pytest.approx(slope, **close)


@pytest.mark.slow
@settings(max_examples=30)
@given(cases(exact=False))
def test_every_shown_gradient_is_that_of_automatic_differentiation(case):
    network, theta, inputs, targets = case
    _, trace = traced(*case)
    book = book_of(trace)
    gradient = np.asarray(jax.grad(lambda t: loss_of(network, t, inputs[0], targets[0]))(theta))
    for k, layer in enumerate(network.layers):
        weights, biases = network.weights(gradient, k), network.biases(gradient, k)
        for i in range(layer.n_out):
            if layer.bias:
                assert number(book, "grad", k + 1, i + 1, 0) == pytest.approx(biases[i], rel=1e-8, abs=1e-10)
            for j in range(layer.n_in):
                shown = number(book, "grad", k + 1, i + 1, j + 1)
                assert shown == pytest.approx(weights[j, i], rel=1e-8, abs=1e-10)


def test_small_fractions_stay_exact_through_a_piecewise_linear_network():
    network = Network.dense((2, 2, 1), hidden="relu", output="identity")
    theta = network.pack(
        [np.array([[0.5, -1.0], [1.0, 0.5]]), np.array([[1.0], [-2.0]])], [np.array([0, 0.5]), np.array([0.5])]
    )
    derivation = backward(network, theta, np.array([1.0, 2.0]), np.array([1.0]))
    assert derivation.step("u.1.1").result.value == Fraction(5, 2)
    assert derivation.step("E").result.value == Fraction(1, 2)
    assert derivation.step("grad.2.1.1").result.value == Fraction(5, 2)
    numbers = [step.result.value for step in derivation.steps if hasattr(step.result, "value")]
    assert all(isinstance(value, Fraction) for value in numbers)


@pytest.mark.slow
@settings(max_examples=8)
@given(cases(exact=True))
def test_whole_pages_read_back(case):
    network, theta, inputs, targets = case
    check_derivation(backward(network, theta, inputs[0], targets[0]))
    check_derivation(forward(network, theta, inputs[0], y=targets[0]))


@pytest.mark.slow
@settings(max_examples=8)
@given(cases())
def test_one_asked_number_reads_back_and_is_the_whole_page_s(case):
    network, theta, inputs, targets = case
    layer = len(network.layers)
    asked = backward(network, theta, inputs[0], targets[0], ask=Ask.weight(1, 1, 1))
    check_derivation(asked)
    whole = backward(network, theta, inputs[0], targets[0])
    assert asked.answer.result == whole.step("grad.1.1.1").result
    check_derivation(backward(network, theta, inputs[0], targets[0], ask=Ask.delta(layer, 1)))
    check_derivation(forward(network, theta, inputs[0], ask=Ask.node(1, 1)))


def test_sums_of_many_terms_show_the_largest_first_and_the_rest_summed():
    network = Network.dense((60, 40, 3), hidden="tanh", output="softmax", loss="cross_entropy")
    rng = np.random.default_rng(0)
    theta, x = network.initial(rng), rng.normal(size=60)
    derivation = backward(network, theta, x, np.eye(3)[0], ask=Ask.weight(1, 7, 5))
    check_derivation(derivation)
    step = derivation.step("u.1.7")
    weighted = np.abs(network.weights(theta, 0)[:, 6] * x)
    written = [term for term in step.symbols.terms if hasattr(term, "factors")]
    sizes = [abs(float(term.evaluate())) for term in written]
    assert sizes == pytest.approx(sorted(weighted, reverse=True)[: len(sizes)])
    assert step.notes, "what R stands for is said"


def test_outputs_that_overflow_softmax_are_explained_with_finite_numbers():
    network = Network.dense((1, 3), output="softmax", loss="cross_entropy")
    theta = np.array([900.0, 0.0, -900.0, 0, 0, 0])
    derivation = backward(network, theta, np.array([1.0]), np.array([0.0, 1.0, 0.0]))
    assert float(derivation.step("E").result.value) == pytest.approx(900)
    assert float(derivation.step("z.1.1").result.value) == 1
    check_derivation(derivation)


def test_a_step_is_known_by_its_kind_and_indices_and_found_by_their_spelling():
    network = Network.dense((2, 2, 1), hidden="relu", output="identity")
    derivation = backward(network, np.ones(9), np.array([1.0, 2.0]), np.array([1.0]), ask=Ask.weight(2, 1, 0))
    assert derivation.asked == StepId("grad", (2, 1, 0))
    assert derivation.step("grad.2.1.0") is derivation.step(derivation.asked) is derivation.answer
    for missing in ("grad.2.1.9", "grad", "grad.2.one", ""):
        with pytest.raises(KeyError, match=re.escape(repr(missing))):
            derivation.step(missing)


def test_every_kind_of_step_is_entered_under_the_name_that_it_gives_its_steps():
    book = book_of(traced(Network.dense((2, 2, 2)), np.ones(12), np.ones((1, 2)), np.ones((1, 2)))[1])
    arity = {"E": (), "S": (1,), "U": (1,), "D": (1,), "G": (1,), "grad": (1, 1, 1)}
    for name in KINDS:
        assert book.step(name, *arity.get(name, (1, 1))).id.kind == name
