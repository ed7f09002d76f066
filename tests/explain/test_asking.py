"""A number that a network does not have is refused in one sentence that says what it has."""

import numpy as np
import pytest

from koubai.core.errors import ParameterError, ShapeError
from koubai.core.network import Network
from koubai.explain.network.asking import Ask
from koubai.explain.network.passes import backward, forward
from koubai.explain.network.samples import made, ready_made

NETWORK = Network.dense((2, 3, 1))
THETA = np.zeros(NETWORK.n_parameters)


def ask(ask):
    return backward(NETWORK, THETA, np.zeros(2), np.zeros(1), ask=ask)


def test_a_layer_a_node_and_a_source_must_exist():
    with pytest.raises(ParameterError, match=r"^explain: weight's layer must be in 1 … 2 for the network 2-3-1; got 3"):
        ask(Ask.weight(3, 1, 1))
    with pytest.raises(ParameterError, match=r"^explain: weight's node must be in 1 … 3 in layer 1 .*; got 4\."):
        ask(Ask.weight(1, 4, 1))
    with pytest.raises(ParameterError, match=r"^explain: weight's source must be in 0 … 2 in layer 1 .*; got 3\."):
        ask(Ask.weight(1, 1, 3))
    with pytest.raises(ParameterError, match=r"^explain: delta's node must be in 1 … 1 in layer 2"):
        ask(Ask.delta(2, 2))


def test_a_layer_without_biases_has_no_source_0():
    network = Network.dense((2, 1), bias=False)
    with pytest.raises(ParameterError, match=r"source must be in 1 … 2"):
        backward(network, np.zeros(2), np.zeros(2), np.zeros(1), ask=Ask.weight(1, 1, 0))


def test_the_kind_and_the_number_of_indices_are_checked():
    with pytest.raises(ParameterError, match=r"^explain: ask must be one of weight, delta, node, loss; got 'gate'"):
        ask(Ask("gate"))
    with pytest.raises(
        ParameterError, match=r"^explain: weight must be given as layer,node,source; got 1,2\. Try 1,1,1"
    ):
        ask(Ask("weight", (1, 2)))
    with pytest.raises(ParameterError, match=r"^explain: delta must be given as layer,node; got nothing"):
        ask(Ask("delta"))


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"^explain: x must hold 2 numbers for the network 2-3-1; got 3"):
        forward(NETWORK, THETA, np.zeros(3))
    with pytest.raises(ShapeError, match=r"^explain: y must hold 1 numbers"):
        backward(NETWORK, THETA, np.zeros(2), np.zeros(4))
    with pytest.raises(ShapeError, match=r"theta must have shape"):
        forward(NETWORK, np.zeros(3), np.zeros(2))


def test_networks_made_for_the_occasion_have_fitting_ends():
    assert made((4, 5, 3)).network.loss.name == "cross_entropy"
    assert made((2, 1)).network.loss.name == "binary_cross_entropy"
    assert made((2, 1), loss="poisson").network.layers[-1].activation.name == "exponential"
    assert made((2, 1), loss="hinge").network.layers[-1].activation.name == "identity"
    assert made((2, 3), output="identity").network.loss.name == "half_squared_error"
    assert ready_made().network.sizes == (2, 2, 1)
    with pytest.raises(ParameterError, match=r"^explain: sizes must be numbers >= 1, such as 4-5-3; got 4-0-1"):
        made((4, 0, 1))
