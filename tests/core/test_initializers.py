"""Initial values: bounds and variances of each rule, scikit-learn's exact numbers, seeds."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from koubai.core.errors import ParameterError
from koubai.core.initializers import INITIALIZERS, NAMES, initial_layer
from koubai.core.network import Network

N_IN, N_OUT = 300, 200
VARIANCES = {
    "glorot": 2 / (N_IN + N_OUT),
    "he": 2 / N_IN,
    "lecun": 1 / N_IN,
}
SCHEMES = [name for name in INITIALIZERS if name != "zeros"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("source", [np.random.default_rng, np.random.RandomState])
def test_mean_variance_and_shape_of_the_distribution(scheme: str, source) -> None:
    """60000 draws: the variance is the paper's within 5 standard errors, and the tails are those of the named shape."""
    weights, biases = initial_layer(scheme, source(0), N_IN, N_OUT, "tanh")
    family, shape = scheme.split("_")
    variance = VARIANCES[family]
    kurtosis = 9 / 5 if shape == "uniform" else 3
    n = weights.size
    assert weights.shape == (N_IN, N_OUT)
    assert abs(weights.mean()) < 5 * np.sqrt(variance / n)
    assert abs(weights.var() / variance - 1) < 5 * np.sqrt((kurtosis - 1) / n)
    bound = np.sqrt(3 * variance)
    if shape == "uniform":
        assert 0.999 * bound < np.abs(weights).max() <= bound
    else:
        assert np.mean(np.abs(weights) > bound) == pytest.approx(0.0833, abs=0.005)  # 2 (1 - Φ(√3))
    assert biases.shape == (N_OUT,)
    assert not biases.any()


def test_zeros() -> None:
    weights, biases = initial_layer("zeros", np.random.default_rng(0), 3, 2, "relu")
    assert weights.shape == (3, 2)
    assert not weights.any()
    assert not biases.any()


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("hidden", [(5, 4), (3,)])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_scikit_learn_starts_from_the_same_numbers(kind, activation: str, hidden: tuple) -> None:
    """One epoch at learning rate 0 leaves that library's initial values as they were drawn."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 4)), np.arange(12) % 3
    theirs = kind(
        hidden_layer_sizes=hidden,
        activation=activation,
        solver="sgd",
        learning_rate_init=1e-300,
        max_iter=1,
        random_state=7,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(x, y)
    n_outputs = 3 if kind is MLPClassifier else 1
    network = Network.dense((4, *hidden, n_outputs), hidden=activation)
    theta = network.initial(np.random.RandomState(7), "scikit-learn")
    np.testing.assert_array_equal(theta, network.pack(theirs.coefs_, theirs.intercepts_))


def test_scikit_learns_rule_looks_at_hidden_nodes_only() -> None:
    """The factor 2 is for sigmoid hidden nodes; one sigmoid output without a hidden layer has 6 as all others."""
    alone = Network.dense((5, 3), output="sigmoid", loss="binary_cross_entropy")
    hidden = Network.dense((5, 3, 1), hidden="sigmoid")
    bound = {
        network: np.abs(
            np.concatenate(
                [
                    network.weights(network.initial(np.random.default_rng(s), "scikit-learn"), 0).ravel()
                    for s in range(200)
                ]
            )
        ).max()
        for network in (alone, hidden)
    }
    assert bound[alone] == pytest.approx(np.sqrt(6 / 8), rel=0.01)
    assert bound[hidden] == pytest.approx(np.sqrt(2 / 8), rel=0.01)


@pytest.mark.parametrize("scheme", NAMES)
def test_a_seed_decides_all_and_float32_rounds_the_same_numbers(scheme: str) -> None:
    network = Network.dense((4, 6, 3))
    theta = network.initial(np.random.default_rng(5), scheme)
    np.testing.assert_array_equal(theta, network.initial(np.random.default_rng(5), scheme))
    narrow = network.initial(np.random.default_rng(5), scheme, np.float32)
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(narrow, theta.astype(np.float32))
    if scheme != "zeros":
        assert (network.initial(np.random.default_rng(6), scheme) != theta)[network.is_weight].all()


def test_a_bad_name_is_named_in_one_sentence() -> None:
    with pytest.raises(ParameterError) as caught:
        Network.dense((2, 1)).initial(np.random.default_rng(0), "xavier")
    assert str(caught.value) == (
        "init must be a known rule; got 'xavier'. Try one of: glorot_uniform, glorot_normal, he_uniform, he_normal, "
        "lecun_uniform, lecun_normal, zeros, scikit-learn."
    )
