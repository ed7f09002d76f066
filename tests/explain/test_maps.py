"""Layers that read maps, explained: every number is the engine's, nodes are told by their place, windows are drawn."""

import re
from base64 import b64decode
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest

from koubai.core.activations import get_activation
from koubai.core.errors import ParameterError
from koubai.core.layers import AveragePooling, Convolution, Dense, Flatten, MaxPooling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.engines.protocol import Plan, Rows, State
from koubai.explain.derivations import Table, step_id
from koubai.explain.network.asking import Ask
from koubai.explain.network.naming import layer_names
from koubai.explain.network.one_update import update
from koubai.explain.network.passes import backward, forward
from koubai.explain.network.steps import book_of
from koubai.optimizers.registry import get_optimizer

from .checks import check_derivation, check_step
from .networks import traced
from .test_layers import parameters

ERROR, TANH, RELU = get_loss("half_squared_error"), get_activation("tanh"), get_activation("relu")
STACKS = {
    "convolution and max": (Convolution((3, 3, 1), 2, 2, activation=TANH), MaxPooling((2, 2, 2)), Dense(2, 2)),
    "padding and stride": (Convolution((3, 2, 1), 2, (3, 2), 2, "same", RELU), Flatten((2, 1, 2)), Dense(4, 1)),
    "overlapping means": (AveragePooling((2, 2, 2), 2, 1, 1), Convolution((3, 3, 2), 1, 3, bias=False), Dense(1, 1)),
    "behind a dense layer": (Dense(2, 9, TANH), MaxPooling((3, 3, 1), 2, 1), Convolution((2, 2, 1), 2, 1)),
    "a row that no window reads": (Dense(2, 6, TANH), MaxPooling((3, 2, 1)), Dense(1, 1)),
}


def case(layers: tuple, rounded: bool):
    network, rng = Network(layers, ERROR), np.random.default_rng(3)
    theta, x, y = (rng.normal(size=n) for n in (network.n_parameters, network.n_features, network.n_outputs))
    return network, *((theta.round(2), x.round(1), y.round(1)) if rounded else (theta, x, y))


@pytest.mark.slow
@pytest.mark.parametrize("rounded", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_every_number_is_the_engine_s_and_reads_back(layers: tuple, rounded: bool) -> None:
    network, theta, x, y = case(layers, rounded)
    _, trace = traced(network, theta, x[np.newaxis], y[np.newaxis])
    book, close = book_of(trace), {"rel": 1e-11, "abs": 1e-12}
    assert book.small
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
    for step in book.needed(wanted):
        check_step(step)
    for page in (forward(network, theta, x), backward(network, theta, x, y)):
        check_derivation(page)
        for lang in ("en", "ja"):
            assert all(page.render(form, lang) for form in ("text", "markdown", "html"))


LARGE = Network(
    (
        Convolution((8, 8, 2), 3, 3, padding="same", activation=RELU),
        MaxPooling((8, 8, 3)),
        Convolution((4, 4, 3), 4, 3, activation=RELU),
        Flatten((2, 2, 4)),
        Dense(16, 3, get_activation("softmax")),
    ),
    get_loss("cross_entropy"),
)
RNG = np.random.default_rng(0)
THETA, X, Y = LARGE.initial(RNG), RNG.random(128), np.eye(3)[1]


def answer(page):
    check_derivation(page)
    return page.answer


def test_layers_have_names_and_nodes_places() -> None:
    assert layer_names(LARGE) == ("conv1", "pool1", "conv2", "flatten1", "dense1")
    trace = traced(LARGE, THETA, X[np.newaxis], Y[np.newaxis])[1]
    maps = trace.forward.activations[0].reshape(8, 8, 3)
    page = forward(LARGE, THETA, X, ask=Ask("node", ("conv1", 4, 7, 2)))
    assert float(answer(page).result.value) == maps[3, 6, 1]
    assert page.asked == forward(LARGE, THETA, X, ask=Ask("node", (1, 4, 7, 2))).asked
    assert "z₄,₇,₂⁽¹⁾" in page.render("text", "en").splitlines()[0]
    assert "8×8×2-8×8×3-4×4×3-2×2×4-16-3" in page.render("text", "en").splitlines()[0]


def test_the_window_its_kernel_and_their_products_are_shown() -> None:
    page = forward(LARGE, THETA, X, ask=Ask("node", ("conv1", 1, 7, 2)))
    (picture,) = page.step("u.1.20").pictures
    whole, patch, kernel, products = (np.array(grid.numbers) for grid in picture.grids)
    image, weights = X.reshape(8, 8, 2), LARGE.block(THETA, 0, "weights")[..., 1]
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))[0:3, 6:9]
    c = int(np.abs((padded * weights).sum(axis=(0, 1))).argmax())
    np.testing.assert_array_equal(whole, image[:, :, c])
    assert picture.grids[0].window == (0, 5, 2, 3)  # the row above the map is padding
    np.testing.assert_array_equal(patch, padded[:, :, c])
    np.testing.assert_array_equal(kernel, weights[:, :, c])
    np.testing.assert_array_equal(products, patch * kernel)
    assert f"{products.sum():.4g}".replace("-", "−") in page.render("text", "en")
    html = page.render("html", "ja")
    assert html.count('class="grids"') == 1
    assert html.count('class="frame"') == 1


def test_of_a_pool_the_winner_alone_goes_on_and_gets_back() -> None:
    trace = traced(LARGE, THETA, X[np.newaxis], Y[np.newaxis])[1]
    maps, deltas = trace.forward.activations[0].reshape(8, 8, 3), trace.deltas[1].reshape(4, 4, 3)
    window = maps[2:4, 4:6, 1]
    won = np.unravel_index(int(window.argmax()), (2, 2))
    page = forward(LARGE, THETA, X, ask=Ask("node", ("pool1", 2, 3, 2)))
    step = page.step(f"u.2.{LARGE.layers[1].node_at(1, 2, 1)}")
    assert step.pictures[0].grids[1].marked == won
    place = (3 + won[0], 5 + won[1], 2)
    assert [note.key for note in step.notes] == ["explain.note.winner"]
    assert dict(step.notes[0].values)["z"].lower == place
    back = answer(backward(LARGE, THETA, X, Y, ask=Ask("delta", ("conv1", *place))))
    assert float(back.result.value) == pytest.approx(deltas[1, 2, 1])
    loser = next((3 + r, 5 + c, 2) for r, c in np.ndindex(2, 2) if (r, c) != won)
    lost = answer(backward(LARGE, THETA, X, Y, ask=Ask("delta", ("conv1", *loser))))
    assert lost.result.value == 0
    assert [note.key for note in lost.notes] == ["explain.note.lost"]


def test_a_kernel_s_number_has_the_sum_over_all_places_as_its_gradient() -> None:
    trace = traced(LARGE, THETA, X[np.newaxis], Y[np.newaxis])[1]
    page = backward(LARGE, THETA, X, Y, ask=Ask("weight", ("conv2", 2, 1, 3, 4)))
    step = answer(page)
    place = LARGE.span(2, "weights").start + int(np.ravel_multi_index((1, 0, 2, 3), (3, 3, 3, 4)))
    assert float(step.result.value) == pytest.approx(trace.data_gradient[place])
    read, delta, products = (np.array(grid.numbers) for grid in step.pictures[0].grids)
    assert read.shape == delta.shape == (2, 2)
    np.testing.assert_array_equal(products, read * delta)
    assert products.sum() == pytest.approx(trace.data_gradient[place])
    bias = answer(backward(LARGE, THETA, X, Y, ask=Ask("weight", ("conv2", 0, 4))))
    assert float(bias.result.value) == pytest.approx(trace.deltas[2].reshape(2, 2, 4)[:, :, 3].sum())


def test_delta_comes_back_from_all_windows_that_hold_a_node() -> None:
    trace = traced(LARGE, THETA, X[np.newaxis], Y[np.newaxis])[1]
    step = answer(backward(LARGE, THETA, X, Y, ask=Ask("delta", ("pool1", 2, 3, 1))))
    assert float(step.result.value) == pytest.approx(trace.deltas[1].reshape(4, 4, 3)[1, 2, 0])
    whole, there, weights, products = step.pictures[0].grids
    assert whole.window == (0, 0, 2, 2)
    np.testing.assert_array_equal(products.numbers, np.array(there.numbers) * np.array(weights.numbers))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            Ask("node", ("conv3", 1, 1, 1)),
            "explain: node's layer must be one of conv1, pool1, conv2, flatten1, dense1; got 'conv3'. "
            "Name one of these.",
        ),
        (
            Ask("node", ("conv1", 9, 1, 1)),
            "explain: node's place in conv1 must be within [1…8,1…8,1…3]; got [9,1,1]. "
            "Rows, columns, channels and filters count from 1.",
        ),
        (
            Ask("node", ("conv1", 1, 1)),
            "explain: node must be given as layer,node or by row, column and channel; got conv1,1,1. Try 1,1.",
        ),
        (
            Ask("weight", ("conv2", 1, 1, 4, 1)),
            "explain: weight's place in conv2 must be within [1…3,1…3,1…3,1…4]; got [1,1,4,1]. "
            "Rows, columns, channels and filters count from 1.",
        ),
        (
            Ask("weight", ("conv2", 0, 5)),
            "explain: weight's place in conv2 must be within [1…4]; got [5]. "
            "Rows, columns, channels and filters count from 1.",
        ),
        (
            Ask("weight", ("pool1", 1, 1)),
            "explain: weight's node must have parameters; got node 1 of layer 2, a max_pooling layer, which has none "
            "there. Ask for a weight of another, or for a node.",
        ),
    ],
)
def test_what_is_asked_must_be_there(ask: Ask, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        backward(LARGE, THETA, X, Y, ask=ask)
    assert str(caught.value) == message


def test_a_convolution_without_biases_has_none_to_ask_for() -> None:
    network = Network((Convolution((3, 3, 1), 2, 2, bias=False), Dense(8, 1)), ERROR)
    with pytest.raises(ParameterError, match=re.escape("explain: weight's")):
        backward(network, np.ones(network.n_parameters), np.ones(9), np.ones(1), ask=Ask("weight", ("conv1", 0, 1)))


def test_an_update_from_several_rows_adds_up_a_kernel_s_gradients_and_starts_from_the_steepest_row() -> None:
    rng = np.random.default_rng(1)
    rows = Rows(rng.random((3, 128)), np.eye(3))
    plan = Plan(LARGE, get_optimizer("sgd"))
    page = update(plan, State(THETA, np.empty((0, THETA.size))), rows, 0.1, Ask("weight", ("conv1", 2, 1, 2, 3)))
    place = LARGE.span(0, "weights").start + int(np.ravel_multi_index((1, 0, 1, 2), (3, 3, 2, 3)))
    traces = [traced(LARGE, THETA, rows.inputs[[r]], rows.targets[[r]])[1].data_gradient[place] for r in range(3)]
    table = next(b for section in page.sections for b in section.blocks if isinstance(b, Table) and len(b.rows) == 3)
    assert len(table.columns) == 2
    assert [float(row[-1].value) for row in table.rows] == pytest.approx(traces)
    assert float(page.answer.result.value) == pytest.approx(THETA[place] - 0.1 * np.mean(traces))
    chosen = next(b for b in page.sections[0].blocks if getattr(b, "key", "") == "explain.text.one_row")
    assert dict(chosen.values)["row"] == int(np.argmax(np.abs(traces))) + 1


def test_a_large_map_is_one_picture_of_a_pixel_a_cell() -> None:
    """A PNG that another library reads: darker the larger, and the window framed at its place."""
    image = np.zeros((28, 30))
    image[3, 4], image[5, 6] = 1.0, 0.5
    layer = Convolution((28, 30, 1), 1, 3, bias=False)
    network = Network((layer, Dense(layer.n_out, 1)), ERROR)
    theta = network.initial(np.random.default_rng(0))
    page = forward(network, theta, image.ravel(), ask=Ask("node", ("conv1", 2, 3, 1))).render("html", "en")
    (content,) = re.findall(r'href="data:image/png;base64,([^"]+)"', page)
    pixels = plt.imread(BytesIO(b64decode(content)))
    assert pixels.shape[:2] == (28, 30)
    brightness = pixels[..., :3].mean(axis=2)
    assert brightness[0, 0] == 1
    assert np.unravel_index(int(brightness.argmin()), brightness.shape) == (3, 4)
    assert brightness[3, 4] < brightness[5, 6] < 1
    frame = re.search(r'class="frame" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', page)
    side = 230 // 30
    assert [int(number) for number in frame.groups()] == [2 * side, side, 3 * side, 3 * side]
    assert len(page) < 60_000 + len(forward(LARGE, THETA, X, ask=Ask("node", (1, 1))).render("html", "en"))
