"""Convolution and pooling in the compiled engine: the path of the readable one, in every way of training."""

import numpy as np
import pytest

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.layers import AveragePooling, Convolution, Dense, Flatten, MaxPooling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu import layout
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.rooms import make_room, prediction_room
from koubai.engines.cpu.threads import threads_for
from koubai.engines.protocol import Plan
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

from .test_agreement import assert_same_path, make_rows, train
from .test_layers import few

TANH = get_activation("tanh")


def stack(dropout: float = 0.0, activation: str = "tanh") -> Network:
    """Every sort of padding; windows that overlap, that leave gaps, and that lie side by side."""
    phi = get_activation(activation)
    layers = (
        Convolution((7, 8, 2), 5, (3, 2), (1, 2), "same", phi, dropout=dropout),
        MaxPooling((7, 4, 5), (2, 3), (2, 1), 1, dropout),
        Convolution((4, 4, 5), 3, 3, padding=(0, 1), activation=phi, bias=False, dropout=dropout),
        AveragePooling((2, 4, 3), (1, 2), (1, 3), dropout=dropout),
        Flatten((2, 1, 3), dropout),
        Dense(6, 2, get_activation("softmax")),
    )
    return Network(layers, get_loss("cross_entropy"))


STACK = stack()


@pytest.fixture(params=["one gradient", "one each"])
def gradients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team shares one gradient, or adds up one of each thread, whatever the sizes would decide."""
    shares = request.param == "one gradient"
    monkeypatch.setattr("koubai.engines.cpu.engine.gradients_for", lambda _, __, team: 1 if shares else team)


@pytest.mark.slow
@pytest.mark.usefixtures("gradients")
@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("sparse", [False, True])
def test_threads_dropout_clipping_penalty_and_sparse_rows(n_threads: int, sparse: bool) -> None:
    plan = Plan(stack(0.2), get_optimizer("adam"), Penalty(0.01, 0.01), 11, seed=3, clip_norm=0.2)
    rows = make_rows(plan.network)
    assert_same_path(plan, few(rows) if sparse else rows, 0.01, CPUEngine(n_threads))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name: str) -> None:
    optimizer = get_optimizer(name)
    plan = Plan(STACK, optimizer, Penalty(0.01, 0.1, per_row=True), batch_size=5)
    assert_same_path(plan, make_rows(STACK), optimizer.default_learning_rate)


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name: str) -> None:
    network = stack(activation=name)
    assert_same_path(Plan(network, get_optimizer("sgd"), batch_size=5), make_rows(network), 0.01)


@pytest.mark.slow
@pytest.mark.usefixtures("gradients")
@pytest.mark.parametrize("lines", [1, 64])
def test_rows_in_passes_and_windows_in_parts(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row a thread goes through at a time, and the windows of one line, or of whole maps, are copied at a time."""
    monkeypatch.setattr(layout, "FEWEST_MAPS", 1)
    monkeypatch.setattr(layout, "WORK_BYTES", 0)
    monkeypatch.setattr(layout, "MOST_LINES", lines)
    layout.net_record.cache_clear()
    plan, rows = Plan(stack(0.3), get_optimizer("adam"), Penalty(l2=0.1), batch_size=11), make_rows(STACK)
    for n_threads in (1, 2):
        assert_same_path(plan, rows, 0.01, CPUEngine(n_threads))
    layout.net_record.cache_clear()


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_outputs_loss_and_gradient_without_training(sparse: bool, n_threads: int) -> None:
    rng = np.random.default_rng(4)
    theta, rows = rng.normal(size=STACK.n_parameters), make_rows(STACK, 41)
    rows, engine, penalty = few(rows) if sparse else rows, CPUEngine(n_threads), Penalty(0.1, 0.2)
    expected = ReferenceEngine().forward(STACK, theta, rows.inputs)
    np.testing.assert_allclose(engine.forward(STACK, theta, rows.inputs), expected, rtol=1e-12)
    loss, gradient = engine.loss_and_gradient(STACK, theta, rows, penalty)
    expected_loss, expected = ReferenceEngine().loss_and_gradient(STACK, theta, rows, penalty)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-12)


def test_single_precision_goes_the_same_way_but_for_rounding() -> None:
    plan = Plan(STACK, get_optimizer("adam"), batch_size=5)
    wide, _ = train(ReferenceEngine(), plan, make_rows(STACK), 0.003, 10)
    narrow, _ = train(CPUEngine(), plan, make_rows(STACK, dtype=np.float32), 0.003, 10, np.float32)
    assert narrow.theta.dtype == np.float32
    np.testing.assert_allclose(narrow.theta, wide.theta, atol=2e-4)


def test_many_filters_and_channels_are_multiplied_as_few_are() -> None:
    """Of 40 filters the columns of a tile are copied, and a dense layer's large weights are multiplied by BLAS."""
    first = Convolution((9, 9, 1), 40, 3, activation=TANH)
    second = Convolution((7, 7, 40), 48, 3, activation=TANH)
    network = Network((first, second, Dense(1200, 150, TANH), Dense(150, 2)), get_loss("half_squared_error"))
    rows, theta = make_rows(network, 30), network.initial(np.random.default_rng(0))
    expected = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty())
    for n_threads in (1, 2):
        loss, gradient = CPUEngine(n_threads).loss_and_gradient(network, theta, rows, Penalty())
        assert loss == pytest.approx(expected[0], rel=1e-12)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-9, atol=1e-12)


def test_nan_of_an_image_reaches_the_loss_through_a_pool() -> None:
    network = Network((MaxPooling((2, 2, 1)), Dense(1, 1)), get_loss("half_squared_error"))
    for engine in (ReferenceEngine(), CPUEngine()):
        assert np.isnan(engine.forward(network, np.ones(2), np.array([[1.0, np.nan, 3, 2]]))).all()


def test_room_does_not_grow_with_the_number_of_images() -> None:
    """Neither in training nor in prediction: some rows go through at a time, and the windows of some lines."""
    network = Network((Convolution((28, 28, 1), 32, 3), Dense(21632, 10)), get_loss("half_squared_error"))
    net = layout.net_record(network, np.dtype(np.float32))
    sizes = []
    for n in (1000, 100_000):
        room = make_room(net, layout.rows_to_train(network, n, 4, 1))
        predicting = prediction_room(network, np.dtype(np.float32), layout.rows_to_predict(network, n, 4))
        sizes.append((sum(array.nbytes for array in room[1:]), 4 * predicting.n_numbers))
    assert sizes[0] == sizes[1]
    assert max(sizes[0]) < 24 << 20
    photographs = Network((Convolution((224, 224, 3), 64, 3), Dense(222 * 222 * 64, 2)), get_loss("half_squared_error"))
    assert layout.rows_to_train(photographs, 256, 4, 2) == 2
    assert layout.rows_to_predict(photographs, 256, 4) == 1


def test_threads_are_as_many_as_the_windows_are_worth() -> None:
    """A small kernel meets many windows: 32 images of 28 × 28 are more work than their 320 parameters tell."""
    network = Network((Convolution((28, 28, 1), 32, 3),), get_loss("half_squared_error"))
    assert network.n_parameters == 320
    assert network.n_products == 26 * 26 * 32 * 9
    several = threads_for(network, 32, 3, None, 100)
    assert several == threads_for(network, 32, 3, None, 1000) >= 1
