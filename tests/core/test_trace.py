"""Records of a pass: what the shorthands give follows from what is stored."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_forward, trace_step
from koubai.optimizers.sgd import SGD

NETWORK = Network.dense((2, 3, 4, 1), hidden="tanh")
THETA = NETWORK.initial(np.random.default_rng(0))
INPUTS = np.random.default_rng(1).normal(size=(5, 2))


def test_sources_are_the_inputs_then_the_activations() -> None:
    trace = trace_forward(NETWORK, THETA, INPUTS)
    assert trace.sources(0) is trace.inputs
    assert trace.sources(1) is trace.activations[0]
    assert trace.sources(2) is trace.activations[1]
    assert trace.outputs is trace.activations[-1]
    assert trace.masks == (None, None, None)


def test_sources_behind_dropout_are_the_activations_that_it_left() -> None:
    mask = np.random.default_rng(2).integers(0, 2, (5, 4)) * 2.0
    trace = trace_forward(NETWORK, THETA, INPUTS, (None, mask, None))
    np.testing.assert_array_equal(trace.sources(2), trace.activations[1] * mask)
    np.testing.assert_array_equal(trace.dropped(1), trace.activations[1] * mask)
    assert trace.dropped(0) is trace.activations[0]
    weights, biases = NETWORK.weights(THETA, 2), NETWORK.biases(THETA, 2)
    np.testing.assert_allclose(trace.outputs, trace.sources(2) @ weights + biases, rtol=1e-15)


def test_a_step_without_a_learning_rate_ends_with_the_gradient() -> None:
    plan = Plan(NETWORK, SGD(), Penalty(l2=0.3))
    state = State(THETA, SGD().init(THETA), step=6)
    rows = Rows(INPUTS, np.zeros((5, 1)))
    trace = trace_step(plan, state, rows)
    assert trace.theta_after is trace.update is trace.slots_after is trace.learning_rate is trace.step is None
    assert trace.loss == trace.data_loss + trace.penalty
    after = trace_step(plan, state, rows, learning_rate=0.1)
    assert after.step == 7
    np.testing.assert_allclose(after.update, -0.1 * after.gradient, rtol=1e-12)
    with pytest.raises(FrozenInstanceError):
        trace.penalty = 0.0
