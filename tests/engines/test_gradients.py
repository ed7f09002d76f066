"""Backpropagation against automatic differentiation and central differences, for every activation and loss.

The other half of the proof is that the compiled engine walks the readable one's path (``test_agreement.py``).
"""

from dataclasses import dataclass
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.kinds.known import KNOWN_ACTIVATIONS, KNOWN_LOSSES

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.losses import LOSSES, get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import ReferenceEngine, trace_backward, trace_forward, trace_step
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.sgd import SGD

from ..oracles import PAIRS, differences, network_loss, targets_for

pytestmark = pytest.mark.usefixtures("double_precision")

N_ROWS = 5
PENALTY = Penalty(l1=0.03, l2=0.2)


@dataclass(frozen=True)
class Case:
    """A network with numbers, none of them so close to a kink that a difference would cross it."""

    network: Network
    theta: np.ndarray
    rows: Rows

    @property
    def plan(self) -> Plan:
        return Plan(self.network, SGD(), PENALTY, seed=11)

    @property
    def state(self) -> State:
        return State(self.theta, SGD().init(self.theta), step=3)


def make_case(network: Network, weighted: bool = True, dropout: bool = False) -> Case:
    """The first seed whose pre-activations and errors keep away from kinks (and from log 0)."""
    for seed in range(10_000):
        rng = np.random.default_rng(seed)
        theta = rng.normal(scale=0.7, size=network.n_parameters)
        if (network.layers[-1].activation.name, network.loss.name) == ("relu", "poisson"):
            network.biases(theta, -1)[:] = 4.0  # dead outputs would meet the convention of log 0
        x = rng.normal(size=(N_ROWS, network.n_features))
        y = targets_for(network.loss.name, N_ROWS, network.n_outputs, rng)
        case = Case(network, theta, Rows(x, y, rng.uniform(0.5, 2, N_ROWS) if weighted else None))
        trace = trace_step(case.plan, case.state, case.rows, dropout=dropout).forward
        distances = [
            np.abs(u).min()
            for layer, u in zip(network.layers, trace.pre_activations, strict=True)
            if KNOWN_ACTIVATIONS[layer.activation.name].kinked
        ]
        z = trace.outputs
        kinks = KNOWN_LOSSES[network.loss.name].kinks
        if kinks is not None and not KNOWN_ACTIVATIONS[network.layers[-1].activation.name].dead:
            distances.append(np.abs(kinks(z, y)).min())
        if all(distance > 0.01 for distance in distances):
            return case
    raise AssertionError("no seed keeps away from the kinks")


def by_jax(case: Case, masks=None, penalty: Penalty = PENALTY) -> tuple[float, np.ndarray]:
    """Loss and gradient through automatic differentiation."""
    rows = case.rows
    weights = jnp.ones(N_ROWS) if rows.weights is None else jnp.asarray(rows.weights)
    x = rows.inputs.toarray() if isinstance(rows.inputs, csr_array) else rows.inputs
    value, gradient = jax.value_and_grad(network_loss, argnums=1)(
        case.network, jnp.asarray(case.theta), x, rows.targets, weights, penalty, masks
    )
    return float(value), np.asarray(gradient)


def assert_close(found: np.ndarray, expected: np.ndarray, rtol: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * max(1.0, float(np.abs(expected).max())))


HIDDEN_CASES = [(hidden, get_loss(loss).output, loss) for hidden, loss in product(ACTIVATIONS, LOSSES)]
OUTPUT_CASES = [("tanh", output, loss) for output, loss in PAIRS]
FIRST = {*OUTPUT_CASES, *(case for case in HIDDEN_CASES if case[2] == "cross_entropy")}
"""Every activation at either place, and every loss. The other combinations are slow."""
CASES = [
    pytest.param(*case, marks=() if case in FIRST else pytest.mark.slow)
    for case in sorted({*HIDDEN_CASES, *OUTPUT_CASES})
]


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "output", "loss"), CASES)
def test_both_engines_agree_with_automatic_differentiation_and_differences(hidden: str, output: str, loss: str) -> None:
    case = make_case(Network.dense((3, 4, 2), hidden=hidden, output=output, loss=loss))
    reference, cpu = ReferenceEngine(), CPUEngine()
    value, gradient = reference.loss_and_gradient(case.network, case.theta, case.rows, PENALTY)
    value_of_cpu, gradient_of_cpu = cpu.loss_and_gradient(case.network, case.theta, case.rows, PENALTY)
    if output == "step" and case.network.loss.lower == 0:  # log 0 has a finite convention here, and none in the oracle
        assert_close(gradient, PENALTY.gradient(case.network, case.theta, 1), 1e-15)
    else:
        expected_value, expected = by_jax(case)
        assert value == pytest.approx(expected_value, rel=1e-12)
        assert value_of_cpu == pytest.approx(expected_value, rel=1e-12)
        assert_close(gradient, expected, 1e-11)
        assert_close(gradient_of_cpu, expected, 1e-11)
    by_differences = differences(
        lambda theta: reference.loss_and_gradient(case.network, theta, case.rows, PENALTY)[0], case.theta
    )
    assert_close(gradient, by_differences, 1e-8)
    assert_close(gradient_of_cpu, by_differences, 1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_gradients_through_dropout_masks(hidden: str) -> None:
    """With the masks of the step held fixed, the gradient is that of the masked network."""
    network = Network.dense((3, 4, 2), hidden=hidden, output="softmax", loss="cross_entropy", dropout=0.4)
    case = make_case(network, dropout=True)
    trace = trace_step(case.plan, case.state, case.rows, dropout=True)
    masks = trace.forward.masks
    assert masks[-1] is None
    assert set(np.unique(masks[0])) == {0.0, 1 / 0.6}
    value, gradient = by_jax(case, masks)
    assert trace.loss == pytest.approx(value, rel=1e-12)
    assert_close(trace.gradient, gradient, 1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [Penalty(), Penalty(0.1, 0.3), Penalty(0.1, 0.3, per_row=True)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 2), (3, 4, 1, 4, 2)])
def test_depths_biases_row_weights_and_penalties(sizes: tuple, bias: bool, weighted: bool, penalty: Penalty) -> None:
    hidden = ["silu", "softplus", "gelu"][: len(sizes) - 2]
    network = Network.dense(sizes, hidden=hidden, bias=bias, output="sigmoid", loss="binary_cross_entropy")
    case = make_case(network, weighted)
    sparse = Rows(csr_array(case.rows.inputs), case.rows.targets, case.rows.weights)
    expected_value, expected = by_jax(case, penalty=penalty)
    for engine, rows in product((ReferenceEngine(), CPUEngine()), (case.rows, sparse)):
        value, gradient = engine.loss_and_gradient(network, case.theta, rows, penalty)
        assert value == pytest.approx(expected_value, rel=1e-12)
        assert_close(gradient, expected, 1e-11)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": get_activation({"name": "leaky_relu", "slope": 0.3})},
        {"hidden": get_activation({"name": "elu", "scale": 0.4})},
        {"loss": get_loss({"name": "huber", "threshold": 0.3})},
    ],
    ids=repr,
)
def test_parameters_of_activations_and_losses_take_part(changes: dict) -> None:
    case = make_case(Network.dense((3, 4, 2), **changes))
    expected_value, expected = by_jax(case)
    for engine in (ReferenceEngine(), CPUEngine()):
        value, gradient = engine.loss_and_gradient(case.network, case.theta, case.rows, PENALTY)
        assert value == pytest.approx(expected_value, rel=1e-12)
        assert_close(gradient, expected, 1e-11)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    network = Network.dense((3, 4, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    case = make_case(network)
    x, y = case.rows.inputs, case.rows.targets
    twice = Rows(np.vstack([x, x[:2]]), np.vstack([y, y[:2]]))
    weighted = Rows(x, y, np.array([2.0, 2.0, 1.0, 1.0, 1.0]))
    for engine in (ReferenceEngine(), CPUEngine()):
        value, gradient = engine.loss_and_gradient(network, case.theta, weighted, PENALTY)
        expected_value, expected = engine.loss_and_gradient(network, case.theta, twice, PENALTY)
        assert value == pytest.approx(expected_value, rel=1e-13)
        assert_close(gradient, expected, 1e-13)


def test_slides_55_64_every_delta_is_the_derivative_by_its_pre_activation() -> None:
    """δ_i^(l) = ∂E/∂u_i^(l): adding a little to the bias of node i adds it to u_i."""
    network = Network.dense((3, 4, 3, 2), hidden=["tanh", "silu"], output="softmax", loss="cross_entropy")
    case = make_case(network)
    deltas = trace_backward(trace_forward(network, case.theta, case.rows.inputs), case.rows.targets)
    for row in range(N_ROWS):
        one = Rows(case.rows.inputs[[row]], case.rows.targets[[row]])

        def loss_of(theta, one=one):
            return ReferenceEngine().loss_and_gradient(network, theta, one, Penalty())[0]

        slopes = differences(loss_of, case.theta)
        for index in range(3):
            np.testing.assert_allclose(network.biases(slopes, index), deltas[index][row], rtol=1e-8, atol=1e-10)


def test_slides_55_64_sums_written_out() -> None:
    """∂E/∂w_ij^(l) = δ_i^(l) z_j^(l-1) and δ_i^(l) = (Σ_k δ_k^(l+1) w_ki^(l+1)) φ'(u_i^(l)), index by index."""
    network = Network.dense((3, 4, 2), hidden="tanh", output="identity")
    case = make_case(network)
    trace = trace_step(case.plan, case.state, case.rows)
    share = trace.row_weights / trace.row_weights.sum()
    x, (u1, _), (z1, z2) = case.rows.inputs, trace.forward.pre_activations, trace.forward.activations
    w2 = network.weights(case.theta, 1)
    gradient = np.zeros_like(case.theta)
    for r in range(N_ROWS):
        delta2 = [z2[r, i] - case.rows.targets[r, i] for i in range(2)]
        delta1 = [sum(delta2[k] * w2[i, k] for k in range(2)) * (1 - np.tanh(u1[r, i]) ** 2) for i in range(4)]
        np.testing.assert_allclose(trace.deltas[1][r], delta2, rtol=1e-14)
        np.testing.assert_allclose(trace.deltas[0][r], delta1, rtol=1e-12)
        for i in range(4):
            network.biases(gradient, 0)[i] += share[r] * delta1[i]
            for j in range(3):
                network.weights(gradient, 0)[j, i] += share[r] * delta1[i] * x[r, j]
        for i in range(2):
            network.biases(gradient, 1)[i] += share[r] * delta2[i]
            for j in range(4):
                network.weights(gradient, 1)[j, i] += share[r] * delta2[i] * z1[r, j]
    np.testing.assert_allclose(trace.data_gradient, gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("clip_norm", [0.0, 0.05])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_the_quantities_of_a_step_follow_from_each_other(optimizer: str, clip_norm: float) -> None:
    network = Network.dense((3, 4, 2), hidden="relu", output="softmax", loss="cross_entropy", dropout=0.3)
    case, rule = make_case(network, dropout=True), get_optimizer(optimizer)
    plan = Plan(network, rule, Penalty(0.01, 0.1, per_row=True), clip_norm=clip_norm, seed=5)
    slots = np.random.default_rng(0).uniform(0.1, 1, rule.init(case.theta).shape)
    state = State(case.theta, slots, step=9, epoch=2)
    before = state.copy()
    trace = trace_step(plan, state, case.rows, learning_rate=0.05, dropout=True)
    total = case.rows.weights.sum()

    assert trace.data_loss == pytest.approx(np.average(trace.row_losses, weights=case.rows.weights), rel=1e-14)
    assert trace.penalty == plan.penalty.value(network, case.theta, total)
    np.testing.assert_array_equal(trace.penalty_gradient, plan.penalty.gradient(network, case.theta, total))
    unclipped = trace.data_gradient + trace.penalty_gradient
    if clip_norm:
        assert np.linalg.norm(unclipped) > clip_norm
        unclipped *= clip_norm / np.linalg.norm(unclipped)
    np.testing.assert_allclose(trace.gradient, unclipped, rtol=1e-13)
    after, slots_after = rule.step(case.theta, trace.gradient, slots, 10, 0.05)
    np.testing.assert_array_equal(trace.theta_after, after)
    np.testing.assert_array_equal(trace.slots_after, slots_after)
    assert (trace.step, trace.learning_rate) == (10, 0.05)
    np.testing.assert_array_equal(trace.theta_after, trace.forward.theta + trace.update)
    for field in ("theta", "slots"):  # the state is left as it was
        np.testing.assert_array_equal(getattr(state, field), getattr(before, field))
    assert (state.step, state.epoch) == (9, 2)


def test_a_2_2_1_network_by_hand() -> None:
    """Every number is a sum of powers of 1/2, computed on paper, and so exact in float64.

    First row x = (1, 2): u = (1/2, -1/4), ReLU z = (1/2, 0), output 2 · 1/2 + 1/2 = 3/2 against 1; so E = 1/8, and
    δ = 1/2, then (1, 0). Second row x = (-1, 2): u = (-1/2, 7/4), z = (0, 7/4), output -7/4 + 1/2 = -5/4 against -1/4;
    so E = 1/2, and δ = -1, then (0, 1).
    """
    network = Network.dense((2, 2, 1), hidden="relu")
    weights = [np.array([[0.5, -1.0], [0.25, 0.5]]), np.array([[2.0], [-1.0]])]
    theta = network.pack(weights, [np.array([-0.5, -0.25]), np.array([0.5])])
    rows = Rows(np.array([[1.0, 2.0], [-1.0, 2.0]]), np.array([[1.0], [-0.25]]))
    trace = trace_step(Plan(network, SGD()), State(theta, SGD().init(theta)), rows, learning_rate=0.5)

    assert trace.forward.pre_activations[0].tolist() == [[0.5, -0.25], [-0.5, 1.75]]
    assert trace.forward.activations[0].tolist() == [[0.5, 0], [0, 1.75]]
    assert trace.forward.outputs.tolist() == [[1.5], [-1.25]]
    assert trace.row_losses.tolist() == [1 / 8, 1 / 2]
    assert trace.data_loss == trace.loss == 5 / 16
    assert trace.deltas[1].tolist() == [[0.5], [-1]]
    assert trace.deltas[0].tolist() == [[1, 0], [0, 1]]
    by_hand = network.pack(
        [np.array([[0.5, -0.5], [1.0, 1.0]]), np.array([[0.125], [-0.875]])], [np.array([0.5, 0.5]), np.array([-0.25])]
    )
    assert trace.gradient.tolist() == by_hand.tolist()
    assert trace.theta_after.tolist() == (theta - by_hand / 2).tolist()
    value, gradient = CPUEngine().loss_and_gradient(network, theta, rows, Penalty())
    assert value == 5 / 16
    assert gradient.tolist() == by_hand.tolist()
