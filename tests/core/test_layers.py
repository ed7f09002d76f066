"""Layers of several kinds: where their parameters lie in θ, their derivatives, their files, what is refused."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kinds.known import KNOWN_LAYERS

from koubai.core.activations import get_activation
from koubai.core.errors import ParameterError, ParameterTypeError, ShapeError
from koubai.core.layers import (
    LAYERS,
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    LearnedActivation,
    MaxPooling,
    NTKDense,
    PeriodicEmbedding,
    Scaling,
    layer_from_spec,
)
from koubai.core.layers.base import Address
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.descent.surfaces.hessian import hessian_vector_product
from koubai.descent.surfaces.landscape import random_direction
from koubai.descent.surfaces.subject import Subject
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import ReferenceEngine, trace_step
from koubai.optimizers.sgd import SGD

from ..oracles import differences, network_loss

ERROR, TANH = get_loss("half_squared_error"), get_activation("tanh")


@st.composite
def stacks(draw, smooth: bool = False) -> Network:
    """Networks of layers of all kinds, with smooth activations; an embedding reads the inputs, if it is there.

    Behind other layers its waves are too short for differences to follow.
    """
    size, layers = draw(st.integers(1, 5)), []
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = [kind for kind, known in KNOWN_LAYERS.items() if not (smooth and known.kinked)]
    later = st.sampled_from([kind for kind in kinds if kind != "periodic_embedding"])
    for kind in (draw(st.sampled_from(kinds)), *draw(st.lists(later, max_size=3))):
        layer = KNOWN_LAYERS[kind].make(size, rng)
        before = layers[-1].output_shape if layers else ()
        if len(before) > 1 and len(layer.input_shape) > 1 and before != layer.input_shape:
            layers.append(Flatten(before))
        layers.append(layer)
        size = layer.n_out
    return Network(tuple(layers), ERROR)


def subject_of(network: Network, seed: int = 0, penalty: Penalty | None = None) -> Subject:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(6, network.n_features)), rng.normal(size=(6, network.n_outputs))
    theta = rng.normal(size=network.n_parameters)
    return Subject(network, theta, Rows(x, y, rng.uniform(0.5, 2, 6)), penalty or Penalty(l2=0.2))


@given(network=stacks())
def test_spans_part_theta_and_every_place_has_one_owner(network: Network) -> None:
    covered = [at for spans in network.spans for span in spans for at in range(span.start, span.stop)]
    assert covered == list(range(network.n_parameters))
    theta = np.arange(float(network.n_parameters))
    for at in range(network.n_parameters):
        layer, address = network.owner(at)
        assert network.place(layer, address) == at
        assert network.block(theta, layer, address.block)[address.index] == at
    for layer, blocks in network.parts(theta):
        assert [block.shape for block in blocks] == [block.shape for block in layer.blocks]
        assert all(np.shares_memory(block, theta) for block in blocks)


@given(network=stacks())
def test_terms_say_the_same_three_times(network: Network) -> None:
    """By node, by source and by parameter: the same summands; each parameter has a number of its own at its node."""
    for layer in network.layers:
        found = [term for i in range(1, layer.n_out + 1) for term in layer.terms(i)]
        for term in found:
            assert not term.source or term in list(layer.terms_from(term.source))
            if term.parameter is not None:
                assert term in list(layer.terms_with(term.parameter))
        asked = [(i, j, address) for i in range(1, layer.n_out + 1) for j, address in layer.parameters_of(i)]
        assert all(layer.parameter(i, j) == address for i, j, address in asked)
        assert sum(block.size for block in layer.blocks) == len({address for _, _, address in asked})
        again = [term for j in range(1, layer.n_in + 1) for term in layer.terms_from(j)]
        assert set(again) == {term for term in found if term.source}
        assert layer.parameter(0, 1) is layer.parameter(layer.n_out + 1, 1) is None


@settings(max_examples=25)
@given(network=stacks(smooth=True), seed=st.integers(0, 99))
def test_gradient_and_hessian_are_those_of_differences(network: Network, seed: int) -> None:
    subject = subject_of(network, seed)
    rows, penalty, engine = subject.rows, subject.penalty, ReferenceEngine()
    _, gradient = engine.loss_and_gradient(network, subject.theta, rows, penalty)
    near = differences(lambda v: engine.loss_and_gradient(network, v, rows, penalty)[0], subject.theta)
    np.testing.assert_allclose(gradient, near, rtol=1e-5, atol=1e-7)
    vector = np.random.default_rng(seed + 1).normal(size=network.n_parameters)

    def along(step: np.ndarray) -> float:
        theta = subject.theta + step[0] * vector
        return float(engine.loss_and_gradient(network, theta, rows, penalty)[1] @ vector)

    curvature = float(hessian_vector_product(subject, vector) @ vector)
    assert curvature == pytest.approx(differences(along, np.zeros(1))[0], rel=1e-5, abs=1e-6)


STACKS = [
    *[(one := known.make(3, np.random.default_rng(0)), Dense(one.n_out, 2)) for known in KNOWN_LAYERS.values()],
    (Scaling(3),),
    (Scaling(3), Dense(3, 2, TANH)),
    (Dense(3, 4, TANH), Scaling(4), Dense(4, 2, get_activation("softmax"), bias=False)),
    (Scaling(3), Scaling(3), Dense(3, 5, get_activation("sigmoid"), bias=False), Dense(5, 2), Scaling(2)),
    (PeriodicEmbedding(3, (2, 0), 4, 2), Scaling(7), NTKDense(7, 5), LearnedActivation(5, get_activation("mish"))),
    (Convolution((4, 3, 2), 3, 2, padding="same", activation=TANH), MaxPooling((4, 3, 3), 2, 1), Flatten((3, 2, 3)),
     Dense(18, 2)),
    (Convolution((5, 6, 1), 2, 3, (2, 1), 1), AveragePooling((3, 6, 2), 2, 1, 1), Convolution((4, 7, 2), 1, (2, 3), 2)),
    (NTKDense(3, 4, TANH), PeriodicEmbedding(4, n_frequencies=2, n_numbers=1), LearnedActivation(8, TANH), Dense(8, 2)),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("layers", STACKS)
def test_gradient_and_hessian_are_those_of_automatic_differentiation(layers: tuple) -> None:
    network = Network(layers, ERROR)
    subject = subject_of(network, 1, Penalty(l1=0.1, l2=0.2))
    rows, vector = subject.rows, np.random.default_rng(2).normal(size=network.n_parameters)
    loss, gradient = ReferenceEngine().loss_and_gradient(network, subject.theta, rows, subject.penalty)
    with jax.enable_x64(True):

        def of(theta):
            return network_loss(network, theta, rows.inputs, rows.targets, rows.weights, subject.penalty)

        theta = jnp.array(subject.theta)
        assert loss == pytest.approx(float(of(theta)), rel=1e-12)
        slopes, product = jax.jvp(jax.grad(of), (theta,), (jnp.array(vector),))
    np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(hessian_vector_product(subject, vector), product, rtol=1e-9, atol=1e-12)


def test_a_scaling_layer_begins_as_the_identity_and_its_factors_are_weights() -> None:
    network = Network((Scaling(3), Dense(3, 2)), ERROR)
    theta = network.initial(np.random.default_rng(0), dtype=np.float32)
    assert theta.dtype == np.float32
    assert network.block(theta, 0, "scales").tolist() == [1, 1, 1]
    plain = Network.dense((3, 2))
    np.testing.assert_array_equal(theta[3:], plain.initial(np.random.default_rng(0), dtype=np.float32))
    assert network.is_weight.tolist() == [True] * 9 + [False] * 2
    x = np.random.default_rng(1).normal(size=(4, 3))
    np.testing.assert_array_equal(
        ReferenceEngine().forward(network, theta.astype(float), x),
        ReferenceEngine().forward(plain, theta[3:].astype(float), x),
    )
    assert Penalty(l2=2).value(network, theta, 1) == pytest.approx((theta[network.is_weight] ** 2).sum())


def test_a_network_that_begins_with_scaling_draws_by_the_first_hidden_activation() -> None:
    """scikit-learn's rule looks at the hidden layers' activation, which a scaling layer has none of."""
    sigmoid = get_activation("sigmoid")
    scaled = Network((Scaling(3), Dense(3, 4, sigmoid), Dense(4, 1)), ERROR)
    plain = Network((Dense(3, 4, sigmoid), Dense(4, 1)), ERROR)
    drawn = [net.initial(np.random.RandomState(0), "scikit-learn") for net in (scaled, plain)]
    np.testing.assert_array_equal(drawn[0][3:], drawn[1])


def test_one_step_by_hand() -> None:
    """x = (2, -1), s = (3, 0.5), w = (1, 4), target 10: z = (6, -0.5), u = 4, δ = -6; ∂E/∂s = δ w x = (-12, 24)."""
    network = Network((Scaling(2), Dense(2, 1, bias=False)), ERROR)
    theta = np.array([3, 0.5, 1, 4.0])
    plan, rows = Plan(network, SGD()), Rows(np.array([[2.0, -1.0]]), np.array([[10.0]]))
    trace = trace_step(plan, State(theta, np.empty((0, 4))), rows, 0.1)
    assert trace.forward.activations[0].tolist() == [[6, -0.5]]
    assert trace.deltas[1].tolist() == [[-6]]
    assert trace.gradient.tolist() == [-12, 24, -36, 3]
    np.testing.assert_allclose(trace.theta_after, [4.2, -1.9, 4.6, 3.7])


def test_a_random_direction_scales_each_factor_by_itself() -> None:
    subject = subject_of(Network((Scaling(3), Dense(3, 2)), ERROR))
    direction = random_direction(subject, np.random.default_rng(0))
    np.testing.assert_allclose(np.abs(direction[:3]), np.abs(subject.theta[:3]))


@given(network=stacks())
def test_a_stored_description_gives_the_same_network(network: Network) -> None:
    again = Network.from_spec(json.loads(json.dumps(network.spec())))
    assert again == network
    assert hash(again) == hash(network)


def test_kinds_are_found_by_name_and_differ_as_keys() -> None:
    assert " ".join(LAYERS).startswith("dense scaling")
    assert layer_from_spec({"kind": "scaling", "n_features": 2}) == Scaling(2)
    two = Network((Scaling(2),), ERROR), Network((Dense(2, 1, bias=False),), ERROR)
    assert two[0].offsets == two[1].offsets  # as keys they collide, and are told apart
    assert len({two[0]: 0, two[1]: 1}) == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Scaling(0), ParameterError, "Scaling: n_features must be an integer >= 1; got 0. Try 8."),
        (lambda: Scaling(True), ParameterError, "Scaling: n_features must be an integer >= 1; got True. Try 8."),
        (
            lambda: Network((Scaling(3), Dense(4, 1)), ERROR),
            ShapeError,
            "Network: layer 1 must take the 3 outputs of layer 0; got n_in=4. Make them equal.",
        ),
        (
            lambda: Network(("dense",), ERROR),
            ParameterTypeError,
            "Network: layers must be instances of Layer; got str. Try Dense(2, 8).",
        ),
        (
            lambda: Network((Scaling(3),), get_loss("cross_entropy")),
            ParameterError,
            "Network: the loss cross_entropy must have outputs in [0, 1]; got the output activation identity, "
            "with values in [-inf, inf]. Try softmax.",
        ),
        (
            lambda: Network((Scaling(3),), ERROR).weights(np.ones(3), 0),
            ParameterError,
            "Network: layer 0 must be dense to have a matrix of weights and biases; got a scaling layer. "
            "Read its parameters with network.block(theta, 0, name), the name being 'scales'.",
        ),
        (
            lambda: list(Network((Dense(2, 3), Scaling(3)), ERROR).views(np.ones(12))),
            ParameterError,
            "Network: layer 1 must be dense to have a matrix of weights and biases; got a scaling layer. "
            "Read its parameters with network.block(theta, 1, name), the name being 'scales'.",
        ),
        (
            lambda: Network((Scaling(3),), ERROR).block(np.ones(3), 0, "weights"),
            ParameterError,
            "Network: block must be one of layer 0, a scaling layer, which has scales; got 'weights'.",
        ),
        (
            lambda: layer_from_spec({"kind": "quantum"}),
            ParameterError,
            f"Network: a layer's kind must be one of {', '.join(LAYERS)}; got 'quantum'.",
        ),
    ],
)
def test_what_is_refused(make, error: type, message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


def test_addresses_beyond_a_block_are_refused() -> None:
    with pytest.raises(ValueError, match="invalid entry"):
        Network.dense((2, 3, 1)).place(0, Address("weights", (2, 0)))
