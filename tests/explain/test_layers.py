"""Layers that are not dense, explained: every number of theirs is the engine's, and what is asked must be there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.activations import get_activation
from koubai.core.errors import ParameterError
from koubai.core.layers import Dense, LearnedActivation, NTKDense, PeriodicEmbedding, Scaling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.explain.derivations import step_id
from koubai.explain.diagram import Diagram
from koubai.explain.model.hidden_nodes import hidden_nodes
from koubai.explain.network.asking import Ask
from koubai.explain.network.one_update import update
from koubai.explain.network.passes import backward, forward
from koubai.explain.network.steps import book_of
from koubai.explain.network.updates import UpdateSteps
from koubai.optimizers.groups import Factors
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

from .checks import check_derivation, check_step
from .networks import traced

ERROR, SIGMOID = get_loss("half_squared_error"), get_activation("sigmoid")


@st.composite
def stacks(draw):
    """(network, theta, inputs, targets) with scaling layers in any place and others, numbers exact or not."""
    size, layers = draw(st.integers(1, 3)), []
    kinds = ["scaling", "learned", "embedding", "ntk", "tanh", "softmax", "relu"]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        after = draw(st.integers(1, 3))
        if kind == "learned":
            layers.append(LearnedActivation(size, get_activation(draw(st.sampled_from(["selu", "mish", "sigmoid"])))))
        elif kind == "embedding":
            layers.append(PeriodicEmbedding(size, (size - 1,), draw(st.integers(1, 3)), draw(st.integers(1, 2))))
        elif kind == "ntk":
            layers.append(NTKDense(size, after, SIGMOID, draw(st.booleans())))
        elif kind == "scaling":
            layers.append(Scaling(size))
        else:
            layers.append(Dense(size, after, get_activation(kind), draw(st.booleans())))
        size = layers[-1].n_out
    layers.insert(draw(st.integers(0, len(layers))), None)
    at = layers.index(None)
    layers[at] = Scaling(layers[at - 1].n_out if at else layers[1].n_in)
    network, rng = Network(tuple(layers), ERROR), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    theta, inputs = rng.normal(size=network.n_parameters), rng.normal(size=(1, network.n_features))
    if draw(st.booleans()):
        theta, inputs = theta.round(2), inputs.round(1)
    return network, theta, inputs, rng.normal(size=(1, network.n_outputs)).round(2)


def parameters(network):
    """(layer, node, source) of every parameter, with its place in θ."""
    for index, layer in enumerate(network.layers):
        for i in range(1, layer.n_out + 1):
            for j, address in layer.parameters_of(i):
                yield (index + 1, i, j), network.place(index, address)


@pytest.mark.slow
@settings(max_examples=30)
@given(stacks())
def test_every_number_is_the_engine_s_and_reads_back(case):
    network = case[0]
    _, trace = traced(*case)
    book = book_of(trace)
    close = {"rel": 1e-11, "abs": 1e-12}
    passes = zip(trace.forward.pre_activations, trace.forward.activations, trace.deltas, strict=True)
    wanted = []
    for layer, numbers in enumerate(passes, start=1):
        for kind, known in zip(("u", "z", "delta"), numbers, strict=True):
            for i in range(1, known.shape[1] + 1):
                wanted.append(step_id(kind, layer, i))
                assert float(book.find(wanted[-1]).result.value) == pytest.approx(known[0, i - 1], **close)
    for where, place in parameters(network):
        wanted.append(step_id("grad", *where))
        assert float(book.find(wanted[-1]).result.value) == pytest.approx(trace.data_gradient[place], **close)
    seen = set()
    for step in book.needed(wanted):
        check_step(step)
        assert set(step.uses) <= seen, step.id
        seen.add(step.id)


@pytest.mark.slow
@settings(max_examples=10)
@given(stacks())
def test_whole_pages_read_back_in_both_languages(case):
    network, theta, inputs, targets = case
    layer = next(index for index, layer in enumerate(network.layers, 1) if isinstance(layer, Scaling))
    for page in (
        forward(network, theta, inputs[0]),
        backward(network, theta, inputs[0], targets[0]),
        backward(network, theta, inputs[0], targets[0], ask=Ask.weight(layer, 1, 1)),
    ):
        check_derivation(page)
        for lang in ("en", "ja"):
            assert f"s₁⁽{'⁰¹²³⁴'[layer]}⁾" in page.render("text", lang)
            assert "<svg" in page.render("html", lang)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("penalty", [Penalty(), Penalty(0.1, 0.2)])
def test_the_update_of_a_factor_is_the_optimizer_s(name: str, penalty: Penalty) -> None:
    network = Network((Scaling(2), Dense(2, 2, SIGMOID), Dense(2, 1)), ERROR)
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(3, 2)).round(1), rng.normal(size=(3, 1)).round(1))
    plan = Plan(network, get_optimizer(name), penalty)
    state = State(network.initial(rng).round(2), plan.optimizer.init(np.zeros(network.n_parameters)))
    trace = trace_step(plan, state, rows, 0.1)
    steps = UpdateSteps(plan, trace, (1, 2, 2)).steps
    for step in steps:
        check_step(step)
    assert float(steps[-1].result.value) == pytest.approx(trace.theta_after[1], rel=1e-12)
    page = update(plan, state, rows, 0.1, Ask.weight(1, 2, 2))
    check_derivation(page)
    assert page.render("text", "en").splitlines()[0].startswith("One update of s₂⁽¹⁾")


def test_the_picture_joins_each_node_with_its_own_source_and_lights_the_asked_factor() -> None:
    network = Network((Scaling(2), Dense(2, 1, bias=False)), ERROR)
    page = backward(
        network, np.array([3, 0.5, 1, 4.0]), np.array([2.0, -1.0]), np.array([10.0]), ask=Ask.weight(1, 2, 2)
    )
    diagram = next(block for block in page.sections[0].blocks if isinstance(block, Diagram))
    edges = {(edge.layer, edge.target, edge.source): (float(edge.weight), edge.light) for edge in diagram.edges}
    assert set(edges) == {(1, 1, 1), (1, 2, 2), (2, 1, 1), (2, 1, 2)}
    assert edges[1, 2, 2] == (0.5, "asked")
    assert edges[1, 1, 1] == (3, "lit")
    assert float(page.steps[-1].result.value) == 24


def test_a_large_network_is_explained_by_its_steepest_parameter() -> None:
    network = Network((Scaling(60), Dense(60, 50, SIGMOID), Dense(50, 1)), ERROR)
    theta = network.initial(np.random.default_rng(0))
    x, y = np.linspace(-1, 1, 60), np.ones(1)
    gradient = np.abs(traced(network, theta, x[np.newaxis], y[np.newaxis])[1].data_gradient)
    page = backward(network, theta, x, y)
    check_derivation(page)
    asked = next(step for step in page.steps if step.id == page.asked)
    assert abs(float(asked.result.value)) == pytest.approx(gradient[network.is_weight].max())
    assert float(forward(network, theta, x).steps[-1].result.value) == pytest.approx(
        traced(network, theta, x[np.newaxis], y[np.newaxis])[1].forward.outputs[0, 0]
    )


def test_what_hidden_nodes_stand_for_is_told_of_scaling_layers_and_through_them() -> None:
    """The effect of a dense node that goes through factors is the same as with the factors in the weights."""
    rng = np.random.default_rng(0)
    scaled = Network((Scaling(2), Dense(2, 3, SIGMOID), Scaling(3), Dense(3, 1)), ERROR)
    theta, rows = rng.normal(size=scaled.n_parameters), rng.normal(size=(40, 2))
    nodes = hidden_nodes(scaled, theta, rows, ("a", "b"), 1)
    assert [node.inputs for node in nodes] == [(("a", theta[0]),), (("b", theta[1]),)]
    plain = Network.dense((2, 3, 1), hidden="sigmoid")
    s, t = scaled.block(theta, 0, "scales"), scaled.block(theta, 2, "scales")
    folded = plain.pack(
        [scaled.weights(theta, 1) * s[:, np.newaxis], scaled.weights(theta, 3) * t[:, np.newaxis]],
        [scaled.biases(theta, 1), scaled.biases(theta, 3)],
    )
    expected = hidden_nodes(plain, folded, rows, ("a", "b"), 1)
    for found, known in zip(hidden_nodes(scaled, theta, rows, ("a", "b"), 2), expected, strict=True):
        np.testing.assert_allclose(found.effects, known.effects, rtol=1e-12)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            Ask.weight(1, 2, 1),
            "explain: weight's source must be 2 in layer 1 of the network 3-3-1; got 1. "
            "The order is layer,node,source.",
        ),
        (
            Ask.weight(1, 2, 0),
            "explain: weight's source must be 2 in layer 1 of the network 3-3-1; got 0. "
            "The order is layer,node,source.",
        ),
        (
            Ask.weight(2, 1, 4),
            "explain: weight's source must be in 0 … 3 in layer 2 of the network 3-3-1; got 4. "
            "The order is layer,node,source.",
        ),
    ],
)
def test_what_is_asked_must_be_there(ask: Ask, message: str) -> None:
    network = Network((Scaling(3), Dense(3, 1)), ERROR)
    with pytest.raises(ParameterError) as caught:
        backward(network, np.ones(network.n_parameters), np.ones(3), np.ones(1), ask=ask)
    assert str(caught.value) == message


def test_the_waves_of_an_embedding_are_explained_and_each_of_its_parameters_can_be_asked_for() -> None:
    """u_3 = b + v cos(2π f x + c) at f = 1/2, x = 1, c = 0: cos π = -1, sin π = 0."""
    network = Network((PeriodicEmbedding(2, (1,), 1, 1), Dense(3, 1, bias=False)), ERROR)
    theta = np.array([0.5, 0.0, 3.0, 0.25, 1.0, 1.0, 2.0])
    x, y = np.array([7.0, 1.0]), np.array([0.0])
    page = backward(network, theta, x, y)
    check_derivation(page)
    assert float(page.step("u.1.3").result.value) == pytest.approx(0.25 - 3)
    for lang in ("en", "ja"):
        text = page.render("text", lang)
        assert "cos(2 π f₂₁⁽¹⁾ x₂ + c₂₁⁽¹⁾)" in text.replace("·", " ").replace("  ", " ") or "cos" in text
    delta = 7 + 1 + 2 * (0.25 - 3)
    for j, expected in enumerate((delta * 2, delta * 2 * -1, 0.0, 0.0)):  # of b, v, f and c
        asked = backward(network, theta, x, y, ask=Ask.weight(1, 3, j))
        check_derivation(asked)
        assert float(asked.steps[-1].result.value) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ParameterError) as caught:
        backward(network, theta, x, y, ask=Ask.weight(1, 1, 1))
    assert str(caught.value) == (
        "explain: weight's node must have parameters; got node 1 of layer 1, a periodic_embedding layer, which has "
        "none there. Ask for a weight of another, or for a node."
    )


def test_an_update_shows_the_rate_of_its_group() -> None:
    network = Network((Scaling(2), NTKDense(2, 1)), ERROR)
    rows = Rows(np.array([[1.0, 2.0]]), np.array([[0.5]]))
    factors = Factors({"scales": 6.0}, {"scales": 0.5})
    plan = Plan(network, get_optimizer({"name": "adamw", "weight_decay": 0.2}), factors=factors)
    state = State(np.array([1.0, 2.0, 0.5, 0.25, 0.0]), plan.optimizer.init(np.zeros(5)))
    trace = trace_step(plan, state, rows, 0.1)
    page = update(plan, state, rows, 0.1, Ask.weight(1, 2, 2))
    check_derivation(page)
    assert float(page.steps[-1].result.value) == pytest.approx(trace.theta_after[1], rel=1e-12)
    kept = 2.0 * (1 - 0.6 * 0.1)
    assert trace.theta_after[1] == pytest.approx(kept - 0.6 * np.sign(trace.gradient[1]), rel=1e-6)
    assert "The learning rate of this group of parameters" in page.render("text", "en")


def test_smoothed_labels_are_shown_as_what_the_loss_compares_with() -> None:
    network = Network.dense((2, 3), output="softmax", loss=get_loss({"name": "cross_entropy", "smoothing": 0.3}))
    theta = np.linspace(-1, 1, 9)
    page = backward(network, theta, np.array([0.5, -1.0]), np.array([0.0, 1.0, 0.0]))
    check_derivation(page)
    _, trace = traced(network, theta, np.array([[0.5, -1.0]]), np.array([[0.0, 1.0, 0.0]]))
    for k in (1, 2, 3):
        assert float(page.step(f"delta.1.{k}").result.value) == pytest.approx(trace.deltas[0][0, k - 1], rel=1e-12)
    assert float(page.step("E").result.value) == pytest.approx(trace.row_losses[0], rel=1e-12)
    assert "smooths the labels" in page.render("text", "en")
    assert "平滑化" in page.render("text", "ja")


def test_the_effect_of_a_node_below_a_layer_that_is_not_linear_is_that_of_setting_it() -> None:
    rng = np.random.default_rng(0)
    network = Network((NTKDense(2, 3, SIGMOID), PeriodicEmbedding(3, (1,), 2, 1), Dense(4, 1)), ERROR)
    theta, rows = rng.normal(size=network.n_parameters), rng.normal(size=(40, 2))
    blocks = [network.blocks(theta, index) for index in range(3)]
    z = SIGMOID.value(network.layers[0].forward(blocks[0], rows))
    for i, node in enumerate(hidden_nodes(network, theta, rows, ("a", "b"), 1)):
        means = []
        for share in (0.1, 0.9):
            changed = z.copy()
            changed[:, i] = np.quantile(z[:, i], share)
            means.append(network.layers[2].forward(blocks[2], network.layers[1].forward(blocks[1], changed)).mean())
        np.testing.assert_allclose(node.effects, [means[1] - means[0]], rtol=1e-12)
