"""Every kind of layer in the compiled engine: the path of the readable one, in every way of training."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.kinds.known import KNOWN_LAYERS

from koubai.core.activations import get_activation
from koubai.core.layers import Dense, Scaling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.codes import LAYER_CODES
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.kernels.products import BLAS_FROM
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer
from koubai.training.population import train_population

from .test_agreement import assert_same_path, make_rows

TANH = get_activation("tanh")


def stack(dropout: float = 0.0) -> Network:
    """Scaling first, between and last but one; the dense layers beside it may drop nodes."""
    layers = (
        Scaling(5), Dense(5, 4, TANH, dropout=dropout), Scaling(4), Dense(4, 6, TANH, False, dropout), Scaling(6),
        Scaling(6), Dense(6, 3, get_activation("softmax")),
    )  # fmt: skip
    return Network(layers, get_loss("cross_entropy"))


STACK = stack()


def few(rows: Rows) -> Rows:
    """The rows as CSR, with many zeros."""
    return Rows(csr_array(np.where(np.abs(rows.inputs) > 0.8, rows.inputs, 0)), rows.targets, rows.weights)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("penalty", [Penalty(), Penalty(0.01, 0.1, per_row=True)])
def test_every_optimizer_and_penalty(name: str, penalty: Penalty) -> None:
    optimizer = get_optimizer(name)
    plan = Plan(STACK, optimizer, penalty, batch_size=5)
    assert_same_path(plan, make_rows(STACK), optimizer.default_learning_rate)


@pytest.fixture(params=["one gradient", "one each"])
def gradients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team shares one gradient, or adds up one of each thread, whatever the sizes would decide."""
    shares = request.param == "one gradient"
    monkeypatch.setattr("koubai.engines.cpu.engine.gradients_for", lambda _, __, team: 1 if shares else team)


@pytest.mark.slow
@pytest.mark.usefixtures("gradients")
@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("clip_norm", [0.0, 0.2])
@pytest.mark.parametrize("sparse", [False, True])
def test_threads_clipping_dropout_and_sparse_rows(n_threads: int, clip_norm: float, sparse: bool) -> None:
    """The last batch has fewer rows than some teams have threads, and some threads have no factor of their own."""
    network = stack(dropout=0.2)
    plan = Plan(network, get_optimizer("adam"), Penalty(0.01, 0.01), 11, seed=3, clip_norm=clip_norm)
    rows = make_rows(network)
    assert_same_path(plan, few(rows) if sparse else rows, 0.01, CPUEngine(n_threads))


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("name", LAYER_CODES)
def test_every_kind_of_layer_first_and_between(name: str, n_threads: int) -> None:
    """Inputs of its own, sparse or not, and a layer before it to which ∂E/∂z goes back."""
    rng = np.random.default_rng(2)
    first, between = KNOWN_LAYERS[name].make(5, rng), KNOWN_LAYERS[name].make(4, rng)
    layers = (first, Dense(first.n_out, 4, TANH, dropout=0.2), between, Dense(between.n_out, 2))
    network = Network(layers, get_loss("half_squared_error"))
    plan = Plan(network, get_optimizer("momentum"), Penalty(0.01, 0.01), 5, clip_norm=1.0)
    for rows in (make_rows(network), few(make_rows(network))):
        assert_same_path(plan, rows, 0.02, CPUEngine(n_threads))


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("layers", [(Scaling(3),), (Dense(3, 2, TANH), Scaling(2)), (Scaling(3), Scaling(3))])
def test_it_may_be_the_last_layer_or_the_only_one(layers: tuple, n_threads: int) -> None:
    network = Network(layers, get_loss("half_squared_error"))
    plan = Plan(network, get_optimizer("momentum"), batch_size=5)
    assert_same_path(plan, make_rows(network), 0.02, CPUEngine(n_threads))
    assert_same_path(plan, few(make_rows(network)), 0.02, CPUEngine(n_threads))


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", [1, 2])
def test_plain_descent_updates_large_dense_layers_at_once_and_factors_by_their_gradient(n_threads: int) -> None:
    layers = (Scaling(3), Dense(3, 300, TANH, dropout=0.1), Scaling(300), Dense(300, 290, TANH), Dense(290, 2))
    network = Network(layers, get_loss("half_squared_error"))
    assert network.layers[3].n_weights * 8 >= BLAS_FROM
    plan = Plan(network, get_optimizer("sgd"), batch_size=9)
    assert_same_path(plan, make_rows(network), 0.001, CPUEngine(n_threads))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_threads", [1, 2, 3])
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
    plan, rows = Plan(STACK, get_optimizer("adam"), batch_size=5), make_rows(STACK, dtype=np.float32)
    found = []
    for engine in (ReferenceEngine(), CPUEngine()):
        theta = STACK.initial(np.random.default_rng(1), dtype=np.float32)
        state = State(theta, plan.optimizer.init(theta))
        engine.run(plan, state, rows, np.full((10, 5), 0.01))
        assert state.theta.dtype == np.float32
        found.append(state.theta)
    np.testing.assert_allclose(found[1], found[0], atol=1e-4)


def test_a_population_has_scaling_layers_too() -> None:
    rng = np.random.default_rng(0)
    network = Network((Scaling(3), Dense(3, 4, TANH), Dense(4, 1)), get_loss("half_squared_error"))
    x, y = rng.normal(size=(21, 3)), rng.normal(size=(21, 1))
    found = train_population(network, x, y, seeds=[3, 8], learning_rates=[0.01, 0.05], epochs=6, batch_size=5, n_jobs=2)
    for member, theta in zip(found.members, found.thetas, strict=True):
        start = network.initial(np.random.default_rng(member.seed))
        state = State(start, member.optimizer.init(start))
        plan = Plan(network, member.optimizer, batch_size=5, seed=member.seed)
        ReferenceEngine().run(plan, state, Rows(x, y), np.full((6, 5), member.learning_rate))
        np.testing.assert_allclose(theta, state.theta, rtol=1e-9, atol=1e-12)
