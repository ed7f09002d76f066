"""Activation functions and the multilayer perceptron, slides 28-66."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.activations import get_activation
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_forward, trace_step
from koubai.engines.registry import get_engine
from koubai.optimizers.sgd import SGD

U = np.array([[-3.0, -0.5, 0.0, 0.5, 3.0]])
ENGINES = ["reference", "cpu"]


def phi(name: str, u: np.ndarray) -> np.ndarray:
    return get_activation(name).value(u)


def slope(name: str, u: np.ndarray) -> np.ndarray:
    return get_activation(name).derivative(u, phi(name, u))


def step_trace(network: Network, theta: np.ndarray, x: np.ndarray, y: np.ndarray):
    return trace_step(Plan(network, SGD()), State(theta, np.zeros((0, theta.size))), Rows(x, y))


def test_slide_32_step() -> None:
    assert phi("step", U).tolist() == [[0, 0, 0, 1, 1]]
    assert (2 * phi("step", U) - 1).tolist() == [[-1, -1, -1, 1, 1]]  # the ±1 convention


def test_slide_36_identity() -> None:
    np.testing.assert_array_equal(phi("identity", U), U)
    assert (slope("identity", U) == 1).all()


def test_slide_34_sigmoid_lies_between_0_and_1() -> None:
    """The slide prints the range [-1, 1], which is that of tanh."""
    z = phi("sigmoid", U)
    np.testing.assert_allclose(z, 1 / (1 + np.exp(-U)), rtol=1e-15)
    assert ((z > 0) & (z < 1)).all()
    assert phi("sigmoid", np.zeros((1, 1))) == 0.5
    np.testing.assert_allclose(z + phi("sigmoid", -U), 1, rtol=1e-15)


def test_slide_35_softmax_of_10_2_1() -> None:
    z = phi("softmax", np.array([[10.0, 2.0, 1.0]]))
    assert z.round(4).tolist() == [[0.9995, 0.0003, 0.0001]]
    assert z.sum() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
def test_slide_35_softmax_as_the_output_of_a_network(engine: str) -> None:
    network = Network.dense((1, 3), output="softmax", loss="cross_entropy")
    theta = np.array([10.0, 2.0, 1.0, 0, 0, 0])
    z = get_engine(engine).forward(network, theta, np.ones((1, 1)))
    assert z.round(4).tolist() == [[0.9995, 0.0003, 0.0001]]


def test_slide_34_relu() -> None:
    assert phi("relu", U).tolist() == [[0, 0, 0, 0.5, 3]]
    assert slope("relu", U).tolist() == [[0, 0, 0, 1, 1]]


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), hidden=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_slide_31_stacked_linear_layers_are_one_linear_layer(seed: int, hidden: list[int]) -> None:
    network = Network.dense((3, *hidden, 2), hidden="identity")
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=network.n_parameters)
    matrix, shift = np.eye(3), np.zeros(3)
    for _, weights, biases in network.views(theta):
        matrix, shift = matrix @ weights, shift @ weights + biases
    x = rng.normal(size=(6, 3))
    z = trace_forward(network, theta, x).outputs
    np.testing.assert_allclose(z, x @ matrix + shift, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_slides_37_to_42_inference_goes_layer_by_layer(engine: str) -> None:
    network = Network.dense((2, 3, 2), hidden="sigmoid", output="softmax", loss="cross_entropy")
    rng = np.random.default_rng(0)
    theta, x = rng.normal(size=network.n_parameters), rng.normal(size=2)
    z = [1.0, *x]  # z_0 = 1 carries the bias
    for layer in range(2):
        rows = np.vstack([network.biases(theta, layer), network.weights(theta, layer)]).T  # w_ij, j from 0
        u = [sum(w * value for w, value in zip(row, z, strict=True)) for row in rows]
        powers = np.exp(u)
        z = [1.0, *(1 / (1 + 1 / powers) if layer == 0 else powers / powers.sum())]
    outputs = get_engine(engine).forward(network, theta, x[np.newaxis])
    np.testing.assert_allclose(outputs, [z[1:]], rtol=1e-13)
    assert outputs.argmax() == int(np.argmax(z[1:]))


@pytest.mark.parametrize("engine", ENGINES)
def test_slides_43_44_a_sigmoid_node_is_a_logistic_regression(engine: str) -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3))
    y = (x @ [1.0, -2.0, 0.5] + rng.normal(size=80) > 0).astype(float)
    theirs = LogisticRegression(C=1e3, tol=1e-12, max_iter=1000).fit(x, y)
    network = Network.dense((3, 1), output="sigmoid", loss="binary_cross_entropy")
    theta = network.pack([theirs.coef_.T], [theirs.intercept_])
    node = get_engine(engine)
    probabilities = node.forward(network, theta, x)
    np.testing.assert_allclose(probabilities[:, 0], theirs.predict_proba(x)[:, 1], rtol=1e-12)
    penalty = Penalty(l2=1e-3, per_row=True)  # C = 1 / l2 for a loss summed over rows
    _, gradient = node.loss_and_gradient(network, theta, Rows(x, y[:, np.newaxis]), penalty)
    np.testing.assert_allclose(gradient, 0, atol=1e-6)  # what is best for one is best for the other


def test_slides_45_47_a_larger_hidden_layer_has_more_parameters() -> None:
    """Batting average, home runs, stolen bases and runs in; power, speed and skill hidden; success out."""
    network = Network.dense((4, 3, 1), hidden="sigmoid", output="sigmoid", loss="binary_cross_entropy")
    assert network.n_parameters == (4 + 1) * 3 + (3 + 1) * 1
    assert [Network.dense((4, h, 1)).n_parameters for h in (3, 30, 300)] == [6 * h + 1 for h in (3, 30, 300)]


@pytest.mark.parametrize("engine", ENGINES)
def test_slide_49_squared_error_of_regression(engine: str) -> None:
    """E = ½ Σ_i ‖y_i - f(x_i)‖²; koubai divides it by the number of rows."""
    network = Network.dense((2, 2), bias=False)
    x, y = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 1.0], [1.0, -1.0]])
    mean, _ = get_engine(engine).loss_and_gradient(network, np.eye(2).ravel(), Rows(x, y), Penalty())
    assert 2 * mean == 0.5 * ((1 - 3) ** 2 + (0 - 1) ** 2 + (0 - 1) ** 2 + (2 + 1) ** 2)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("p", [[0.0, 1.0, 0.0], [0.2, 0.5, 0.3]], ids=["one-hot", "soft"])
def test_slide_51_cross_entropy_of_classification(engine: str, p: list) -> None:
    """E = -Σ_i Σ_k p_ik log f_k(x_i)."""
    network = Network.dense((1, 3), output="softmax", loss="cross_entropy", bias=False)
    theta = np.log([0.5, 0.3, 0.2])
    value, _ = get_engine(engine).loss_and_gradient(network, theta, Rows(np.ones((1, 1)), np.array([p])), Penalty())
    assert value == pytest.approx(-(p[0] * np.log(0.5) + p[1] * np.log(0.3) + p[2] * np.log(0.2)), rel=1e-14)


def test_slide_57_delta_of_the_output_with_squared_error() -> None:
    """δ_i^(L) = (z_i - y_i) φ'(u_i)."""
    network = Network.dense((3, 2), output="sigmoid")
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    step = step_trace(network, rng.normal(size=8), x, y)
    z = step.forward.outputs
    np.testing.assert_allclose(step.deltas[0], (z - y) * z * (1 - z), rtol=1e-13)


def test_delta_of_softmax_with_cross_entropy() -> None:
    """δ_i^(L) = z_i - p_i."""
    network = Network.dense((3, 4), output="softmax", loss="cross_entropy")
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(4), 5)
    step = step_trace(network, rng.normal(size=16), rng.normal(size=(5, 3)), p)
    np.testing.assert_allclose(step.deltas[0], step.forward.outputs - p, rtol=1e-13, atol=1e-16)


def test_slide_62_delta_of_a_hidden_layer() -> None:
    """δ_i^(l) = (Σ_k δ_k^(l+1) w_ki^(l+1)) φ'(u_i^(l)); the slide prints w_ik."""
    network = Network.dense((3, 4, 2), hidden="sigmoid", output="softmax", loss="cross_entropy")
    rng = np.random.default_rng(3)
    theta, p = rng.normal(size=network.n_parameters), np.eye(2)[[0, 1, 1]]
    step = step_trace(network, theta, rng.normal(size=(3, 3)), p)
    z, w = step.forward.activations[0], network.weights(theta, 1)  # w_ki is w[i, k]
    for row in range(3):
        for i in range(4):
            back = sum(step.deltas[1][row, k] * w[i, k] for k in range(2))
            assert step.deltas[0][row, i] == pytest.approx(back * z[row, i] * (1 - z[row, i]), rel=1e-12)


def test_slide_56_gradient_of_a_weight() -> None:
    """∂E/∂w_ij^(l) = δ_i^(l) z_j^(l-1), with z_0 = 1 for the bias."""
    network = Network.dense((3, 4, 2), hidden="tanh")
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(1, 3)), rng.normal(size=(1, 2))
    step = step_trace(network, rng.normal(size=network.n_parameters), x, y)
    for layer in range(2):
        z, delta = step.forward.sources(layer)[0], step.deltas[layer][0]
        np.testing.assert_allclose(network.weights(step.gradient, layer), np.outer(z, delta), rtol=1e-14)
        np.testing.assert_array_equal(network.biases(step.gradient, layer), delta)
