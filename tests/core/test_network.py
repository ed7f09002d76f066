"""Networks: where each parameter lies in θ, and what is refused."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.activations.elu import ELU
from koubai.core.activations.relu import ReLU
from koubai.core.errors import ParameterError, ParameterTypeError, ShapeError
from koubai.core.layers import LAYERS
from koubai.core.losses import get_loss
from koubai.core.losses.half_squared_error import HalfSquaredError
from koubai.core.losses.huber import Huber
from koubai.core.network import Dense, Network

shapes = st.lists(st.integers(1, 7), min_size=2, max_size=6)


@st.composite
def networks(draw) -> Network:
    """Networks of any shape, each layer with or without biases, dropout and parameters of its own."""
    sizes = draw(shapes)
    layers = []
    for index, (n_in, n_out) in enumerate(pairwise(sizes)):
        activation = get_activation(draw(st.sampled_from(list(ACTIVATIONS))))
        if activation.name == "elu":
            activation = ELU(draw(st.floats(0, 3)))
        dropout = draw(st.sampled_from([0.0, 0.25])) if index < len(sizes) - 2 else 0.0
        layers.append(Dense(n_in, n_out, activation, draw(st.booleans()), dropout))
    return Network(tuple(layers), Huber(2.0))


@given(network=networks())
def test_weights_and_biases_part_theta_without_gap_or_overlap(network: Network) -> None:
    owners = np.zeros(network.n_parameters, dtype=int)
    for index, layer in enumerate(network.layers):
        assert network.weights(owners, index).shape == (layer.n_in, layer.n_out)
        assert network.biases(owners, index).shape == (layer.n_out if layer.bias else 0,)
        network.weights(owners, index)[:] += 1
        network.biases(owners, index)[:] += 1
    assert (owners == 1).all()
    assert network.offsets == tuple(sorted(network.offsets))
    assert network.offsets[0] == 0
    assert network.offsets[-1] == network.n_parameters == sum(layer.n_parameters for layer in network.layers)


@given(network=networks())
def test_views_share_memory_with_theta_and_come_in_order(network: Network) -> None:
    theta = np.arange(float(network.n_parameters))
    pieces = []
    for layer, weights, biases in network.views(theta):
        assert np.shares_memory(theta, weights)
        assert biases.base is not None
        assert layer.bias == bool(biases.size)
        pieces += [weights.ravel(), biases]
    np.testing.assert_array_equal(np.concatenate(pieces), theta)  # layer by layer: weights row by row, then biases
    network.weights(theta, 0)[0, 0] = -1
    assert theta[0] == -1


@given(network=networks())
def test_is_weight_marks_weights_and_nothing_else(network: Network) -> None:
    marks = network.is_weight.astype(int)
    for _, weights, biases in network.views(marks):
        assert (weights == 1).all()
        assert (biases == 0).all()
    with pytest.raises(ValueError, match="read-only"):
        network.is_weight[0] = False


@given(network=networks(), seed=st.integers(0, 1000))
def test_pack_puts_together_what_views_take_apart(network: Network, seed: int) -> None:
    theta = np.random.default_rng(seed).normal(size=network.n_parameters)
    weights, biases = zip(*((w.copy(), b.copy()) for _, w, b in network.views(theta)), strict=True)
    np.testing.assert_array_equal(network.pack(weights, biases), theta)
    assert network.pack(weights, biases, np.float32).dtype == np.float32


@given(network=networks())
def test_a_stored_description_gives_the_same_network(network: Network) -> None:
    again = Network.from_spec(json.loads(json.dumps(network.spec())))
    assert again == network
    assert hash(again) == hash(network)


def test_lecture_indices_slide_82() -> None:
    """w_ij^(l) of target i and source j is weights(theta, l - 1)[j - 1, i - 1], the bias w_i0^(l) is biases[i - 1]."""
    network = Network.dense((2, 3, 1))
    theta = np.arange(13.0)
    assert network.weights(theta, 0).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert network.biases(theta, 0).tolist() == [6, 7, 8]
    assert network.weights(theta, 1).tolist() == [[9], [10], [11]]
    assert network.biases(theta, 1).tolist() == [12]


def test_layers_are_counted_from_the_end_with_negative_numbers() -> None:
    network = Network.dense((2, 3, 1))
    theta = np.arange(13.0)
    np.testing.assert_array_equal(network.weights(theta, -1), network.weights(theta, 1))
    np.testing.assert_array_equal(network.biases(theta, -2), network.biases(theta, 0))
    for take in (network.weights, network.biases):
        for layer in (2, -3):
            with pytest.raises(IndexError):
                take(theta, layer)


def test_sizes_and_counts() -> None:
    network = Network.dense((4, 8, 5, 3), hidden=["tanh", "relu"], output="softmax", loss="cross_entropy", dropout=0.2)
    assert (network.n_features, network.n_outputs, network.sizes) == (4, 3, (4, 8, 5, 3))
    assert network.n_parameters == 4 * 8 + 8 + 8 * 5 + 5 + 5 * 3 + 3
    assert [layer.activation.name for layer in network.layers] == ["tanh", "relu", "softmax"]
    assert [layer.dropout for layer in network.layers] == [0.2, 0.2, 0]
    assert Network.dense((4, 8, 3), bias=False).n_parameters == 4 * 8 + 8 * 3
    assert Network.dense((4, 3)).sizes == (4, 3)
    assert [layer.dropout for layer in Network.dense((4, 8, 5, 3), dropout=(0.1, 0.3)).layers] == [0.1, 0.3, 0]


def test_layers_may_come_as_a_list_and_networks_as_keys() -> None:
    network = Network([Dense(2, 3, ReLU()), Dense(3, 1)], HalfSquaredError())
    assert network == Network.dense((2, 3, 1))
    assert {network: 1}[Network.dense((2, 3, 1))] == 1
    assert network != Network.dense((2, 3, 1), hidden="tanh")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_initial_theta_has_zero_biases_and_the_dtype(dtype: type) -> None:
    network = Network.dense((3, 4, 2))
    theta = network.initial(np.random.default_rng(0), dtype=dtype)
    assert theta.dtype == dtype
    assert (theta[network.is_weight] != 0).all()
    assert (theta[~network.is_weight] == 0).all()


SPEC = Network.dense((2, 3, 1)).spec()


def changed(layer: int, **changes) -> dict:
    """The description of a network with a layer changed; None removes a part."""
    layers = [dict(given) for given in SPEC["layers"]]
    layers[layer] = {key: value for key, value in (layers[layer] | changes).items() if value is not None}
    return {**SPEC, "layers": layers}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(0, 1), ParameterError, "Dense: n_in must be an integer >= 1; got 0. Try 8."),
        (lambda: Dense(1, 2.5), ParameterError, "Dense: n_out must be an integer >= 1; got 2.5. Try 8."),
        (lambda: Dense(1, 2, dropout=1.0), ParameterError, "Dense: dropout must be in [0, 1); got 1.0. Try 0.2."),
        (lambda: Dense(1, 2, dropout=np.nan), ParameterError, "Dense: dropout must be in [0, 1); got nan. Try 0.2."),
        (lambda: Dense(1, 2, dropout="a"), ParameterError, "Dense: dropout must be in [0, 1); got 'a'. Try 0.2."),
        (lambda: Dense(1, 2, bias="no"), ParameterTypeError, "Dense: bias must be True or False; got 'no'. Try True."),
        (
            lambda: Dense(1, 2, "relu"),
            ParameterTypeError,
            "Dense: activation must be an instance; got str. Try get_activation('relu').",
        ),
        (
            lambda: Network((), HalfSquaredError()),
            ParameterError,
            "Network: layers must contain at least one layer; got none. Add Dense(n_in, n_out).",
        ),
        (
            lambda: Network((Dense(2, 3), Dense(4, 1)), HalfSquaredError()),
            ShapeError,
            "Network: layer 1 must take the 3 outputs of layer 0; got n_in=4. Make them equal.",
        ),
        (
            lambda: Network((Dense(2, 3, dropout=0.5),), HalfSquaredError()),
            ParameterError,
            "Network: the output layer must have dropout 0; got 0.5. Put dropout on hidden layers.",
        ),
        (
            lambda: Network((Dense(2, 3),), get_loss("cross_entropy")),
            ParameterError,
            "Network: the loss cross_entropy must have outputs in [0, 1]; got the output activation identity, "
            "with values in [-inf, inf]. Try softmax.",
        ),
        (
            lambda: Network.dense((2,)),
            ParameterError,
            "Network: sizes must hold at least the inputs and the outputs; got (2,). Try (2, 8, 1).",
        ),
        (
            lambda: Network.dense((2, 3, 1), hidden=["relu", "tanh"]),
            ParameterError,
            "Network: hidden must be one value or one for each of the 1 hidden layers; got 2.",
        ),
        (
            lambda: Network.dense((2, 3, 1), dropout=[]),
            ParameterError,
            "Network: dropout must be one value or one for each of the 1 hidden layers; got 0.",
        ),
        (
            lambda: list(Network.dense((2, 3, 1)).views(np.zeros(12))),
            ShapeError,
            "Network 2-3-1: theta must have shape (n_parameters,) = (13,); got (12,). "
            "Make it with network.initial or network.pack.",
        ),
        (
            lambda: Network.dense((2, 1)).pack([np.zeros((1, 2))], [np.zeros(1)]),
            ShapeError,
            "Network: weights[0] must have shape (2, 1); got (1, 2).",
        ),
        (
            lambda: Network.dense((2, 1)).pack([np.zeros((2, 1))], []),
            ShapeError,
            "Network: biases[0] must have shape (1,); got (0,).",
        ),
        (
            lambda: Network.dense((2, 1)).pack([np.zeros((2, 1))] * 2, [np.zeros(1)]),
            ShapeError,
            "Network: weights must hold one array for each of the 1 layers; got 2.",
        ),
        (
            lambda: Network.from_spec(changed(0, kind="quantum")),
            ParameterError,
            f"Network: a layer's kind must be one of {', '.join(LAYERS)}; got 'quantum'.",
        ),
        (
            lambda: Network.from_spec(changed(1, n_in=None)),
            ParameterError,
            "Network: the description must be what spec() gives; got KeyError('n_in').",
        ),
        (
            lambda: Network.from_spec(changed(1, bias="false")),
            ParameterTypeError,
            "Dense: bias must be True or False; got 'false'. Try True.",
        ),
        (
            lambda: Network.from_spec({**SPEC, "layers": 3}),
            ParameterError,
            "Network: the description must be what spec() gives; got TypeError(\"'int' object is not iterable\").",
        ),
        (
            lambda: Network.from_spec({"layers": SPEC["layers"]}),
            ParameterError,
            "Network: the description must be what spec() gives; got KeyError('loss').",
        ),
    ],
)
def test_what_does_not_fit_is_named_in_one_sentence(make, error, message) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message
