"""The lab on real networks: Hessian products are exact, eigenvalues and landscapes are those of direct computation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.kinds.known import KNOWN_ACTIVATIONS, KNOWN_LOSSES

from koubai.core.errors import DataError, ParameterError, ParameterTypeError, ShapeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.descent.surfaces.hessian import hessian_vector_product
from koubai.descent.surfaces.landscape import landscape, landscape_of_path, line_between, random_direction
from koubai.descent.surfaces.spectrum import largest_eigenvalues
from koubai.descent.surfaces.subject import Subject, subject_of
from koubai.engines.protocol import Rows
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.regressor import MLPRegressor

from ..oracles import targets_for


def jax_loss(subject: Subject):
    """The same loss, written for JAX from the layout of θ alone."""
    network, x, y = subject.network, jnp.array(subject.rows.inputs), jnp.array(subject.rows.targets)
    weights = np.ones(len(y)) if subject.rows.weights is None else subject.rows.weights
    _, l2 = subject.penalty.scaled(float(weights.sum()))

    def loss(theta):
        z, penalty = x, 0.0
        for index, layer in enumerate(network.layers):
            start = network.offsets[index]
            w = theta[start : start + layer.n_weights].reshape(layer.n_in, layer.n_out)
            u = z @ w
            if layer.bias:
                u = u + theta[start + layer.n_weights : network.offsets[index + 1]]
            z = KNOWN_ACTIVATIONS[layer.activation.name].jax(u)
            penalty += 0.5 * l2 * (w**2).sum()
        return (weights * KNOWN_LOSSES[network.loss.name].jax(z, y)).sum() / weights.sum() + penalty

    return loss


def make(hidden: str, output: str, loss: str, weighted: bool = False, bias: bool = True) -> Subject:
    rng = np.random.default_rng(1)
    network = Network.dense((3, 5, 4, 3), hidden=hidden, output=output, loss=loss, bias=bias)
    x = rng.normal(size=(11, 3))
    y = targets_for(loss, 11, 3, rng)
    theta = network.initial(rng) + 0.1 * rng.normal(size=network.n_parameters)
    weights = rng.uniform(0.5, 2, 11) if weighted else None
    return Subject(network, theta, Rows(x, y, weights), Penalty(l2=0.3, per_row=True))


COMBINATIONS = [
    *[(hidden, "softmax", "cross_entropy") for hidden in KNOWN_ACTIVATIONS if hidden not in ("step", "exponential")],
    ("tanh", "identity", "half_squared_error"),
    ("tanh", "sigmoid", "binary_cross_entropy"),
    ("tanh", "sigmoid", "cross_entropy"),
    ("tanh", "softmax", "half_squared_error"),
    ("tanh", "softmax", "binary_cross_entropy"),
    ("gelu", "identity", "huber"),
    ("silu", "identity", "hinge"),
    ("elu", "exponential", "poisson"),
    ("tanh", "softplus", "poisson"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_products_with_the_hessian_are_exact(hidden: str, output: str, loss: str) -> None:
    subject = make(hidden, output, loss, weighted=True)
    vector = np.random.default_rng(2).normal(size=subject.theta.size)
    with jax.enable_x64(True):
        function = jax_loss(subject)
        _, expected = jax.jvp(jax.grad(function), (jnp.array(subject.theta),), (jnp.array(vector),))
    np.testing.assert_allclose(hessian_vector_product(subject, vector), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_without_biases_and_weights_too() -> None:
    subject = make("tanh", "softmax", "cross_entropy", bias=False)
    vector = np.ones_like(subject.theta)
    with jax.enable_x64(True):
        _, expected = jax.jvp(jax.grad(jax_loss(subject)), (jnp.array(subject.theta),), (jnp.array(vector),))
    np.testing.assert_allclose(hessian_vector_product(subject, vector), expected, rtol=1e-9, atol=1e-12)


def test_the_largest_eigenvalues_are_those_of_the_whole_matrix() -> None:
    subject = make("tanh", "softmax", "cross_entropy")
    matrix = np.stack([hessian_vector_product(subject, column) for column in np.eye(subject.theta.size)])
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    expected = np.linalg.eigvalsh(matrix)[::-1]
    found = largest_eigenvalues(subject, 4)
    np.testing.assert_allclose(found.values, expected[:4], rtol=1e-6)
    np.testing.assert_allclose(matrix @ found.vectors, found.vectors * found.values, atol=1e-5)
    assert found.n_products < subject.theta.size * 3
    assert found.largest_learning_rate == pytest.approx(2 / expected[0], rel=1e-6)
    np.testing.assert_allclose(largest_eigenvalues(subject, subject.theta.size).values, expected, atol=1e-9)


def test_the_loss_is_that_of_the_engine_also_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from koubai.descent.surfaces import subject as module
    from koubai.engines.registry import get_engine

    subject = make("relu", "softmax", "cross_entropy", weighted=True)
    expected, _ = get_engine("reference").loss_and_gradient(
        subject.network, subject.theta, subject.rows, subject.penalty
    )
    assert subject.loss() == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr(module, "BLOCK", 4)
    assert subject.loss() == pytest.approx(expected, rel=1e-12)


def test_random_directions_have_each_nodes_length() -> None:
    subject = make("tanh", "softmax", "cross_entropy")
    direction = random_direction(subject, np.random.default_rng(0))
    for index in range(3):
        np.testing.assert_allclose(
            np.linalg.norm(subject.network.weights(direction, index), axis=0),
            np.linalg.norm(subject.network.weights(subject.theta, index), axis=0),
        )
        assert (subject.network.biases(direction, index) == 0).all()


def test_a_landscape_is_the_loss_on_the_plane() -> None:
    subject = make("tanh", "softmax", "cross_entropy")
    found = landscape(subject, resolution=5, span=0.5, seed=3)
    assert found.surface.values[2, 2] == pytest.approx(subject.loss())
    d1, d2 = found.directions
    assert found.surface.values[0, 3] == pytest.approx(subject.loss(subject.theta + 0.25 * d1 - 0.5 * d2))


def test_a_path_in_a_plane_is_found_again() -> None:
    subject = make("tanh", "softmax", "cross_entropy")
    rng = np.random.default_rng(5)
    plane = np.linalg.qr(rng.normal(size=(subject.theta.size, 2)))[0].T
    inside = np.column_stack([np.linspace(3, 0, 12), np.sin(np.linspace(0, 3, 12))])
    inside -= inside[-1]
    thetas = subject.theta + inside @ plane
    found = landscape_of_path(subject, thetas, resolution=9)
    assert found.explained is not None
    assert found.path is not None
    assert sum(found.explained) == pytest.approx(1.0)
    np.testing.assert_allclose(subject.theta + found.path @ found.directions, thetas, atol=1e-10)
    (left, right), (bottom, top) = found.surface.window
    assert left < found.path[:, 0].min() < found.path[:, 0].max() < right
    assert bottom < found.path[:, 1].min() < found.path[:, 1].max() < top


def test_the_line_between_two_networks() -> None:
    subject = make("tanh", "softmax", "cross_entropy")
    other = -subject.theta
    found = line_between(subject, other, resolution=7, beyond=0.25)
    assert found.positions[0] == -0.25
    assert found.losses[3] == pytest.approx(subject.loss(np.zeros_like(subject.theta)))
    assert found.ends == (subject.loss(), subject.loss(other))
    assert found.barrier >= 0


def test_losses_that_overflow_are_holes() -> None:
    subject = make("exponential", "identity", "half_squared_error")
    found = landscape(subject, resolution=3, span=1e4)
    assert np.isnan(found.surface.values).any()
    assert np.isfinite(found.surface.values[1, 1])


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_subjects_of_estimators_have_the_loss_of_training() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    labels = np.where(X[:, 0] > 0, "b", "a")
    two = MLPClassifier((4,), max_iter=5, alpha=0, random_state=0, solver="lbfgs").fit(X, labels)
    found = subject_of(two, X, labels)
    probability = two.predict_proba(X)[np.arange(60), (labels == "b").astype(int)]
    assert found.loss() == pytest.approx(-np.log(probability).mean(), rel=1e-9)
    classes = np.digitize(X[:, 1], [-0.5, 0.5])
    three = MLPClassifier((4,), max_iter=5, random_state=0, solver="lbfgs").fit(X, classes)
    assert subject_of(three, X, classes).loss() == pytest.approx(
        -np.log(three.predict_proba(X)[np.arange(60), classes]).mean(), rel=1e-9
    )
    numbers = MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, random_state=0, solver="lbfgs").fit(X, X[:, 2])
    assert subject_of(numbers, X, X[:, 2]).loss() == pytest.approx(0.5 * ((numbers.predict(X) - X[:, 2]) ** 2).mean())


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_mistakes_get_one_sentence() -> None:
    subject = make("tanh", "softmax", "cross_entropy")
    with pytest.raises(ShapeError, match=r"rows must have \(n_features, n_outputs\) = \(3, 3\); got \(3, 2\)"):
        Subject(subject.network, subject.theta, Rows(np.zeros((4, 3)), np.zeros((4, 2))))
    with pytest.raises(ShapeError, match="theta must have shape"):
        hessian_vector_product(subject, np.zeros(3))
    with pytest.raises(ParameterError, match="count must be from 1 to"):
        largest_eigenvalues(subject, 0)
    with pytest.raises(ParameterError, match="the Hessian must be finite"):
        largest_eigenvalues(subject.at(np.full_like(subject.theta, np.nan)))
    with pytest.raises(ParameterError, match="span must be > 0 and finite; got 0"):
        landscape(subject, span=0)
    with pytest.raises(ParameterError, match="resolution must be an integer from 2 to 301; got 1"):
        landscape(subject, resolution=1)
    with pytest.raises(ShapeError, match="thetas must have shape"):
        landscape_of_path(subject, np.zeros((2, subject.theta.size)))
    with pytest.raises(ParameterTypeError, match="estimator must be a fitted network of koubai; got MLPClassifier"):
        subject_of(MLPClassifier(), [[0.0]], [0])
    fitted = MLPClassifier((2,), max_iter=2, solver="lbfgs").fit([[0.0], [1.0], [2.0]], [0, 1, 0])
    with pytest.raises(DataError, match="y must contain only classes seen in training; got"):
        subject_of(fitted, [[0.0]], [7])
