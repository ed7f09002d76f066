"""Layers and updates made for tables, compiled: the path of the readable engine, in every way of training."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.layers import Dense, LearnedActivation, NTKDense, PeriodicEmbedding, Scaling
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.kernels.sizes import BLAS_FROM
from koubai.engines.protocol import Plan, Rows, Shares, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.groups import Factors
from koubai.optimizers.registry import get_optimizer
from koubai.training.population import train_population

ENTROPY = {"name": "cross_entropy", "smoothing": 0.1}
REALMLP = Factors({"biases": 0.1, "scales": 6.0, "embeddings": 0.2, "alphas": 0.1}, {"biases": 0.0, "alphas": 0.5})
ADAMW = get_optimizer({"name": "adamw", "beta_2": 0.95, "weight_decay": 0.3})
EPOCHS = 20


def stack(dropout: float = 0.0, within: str = "selu") -> Network:
    """Every kind of layer, embeddings first and within."""
    mish, learned = get_activation("mish"), LearnedActivation(7, get_activation(within), dropout)
    layers = (
        PeriodicEmbedding(5, (3, 1), 4, 2), Scaling(9), NTKDense(9, 7), learned, PeriodicEmbedding(7, (0, 6), 3, 1),
        NTKDense(9, 6, mish, False, dropout), LearnedActivation(6), Dense(6, 3, get_activation("softmax")),
    )  # fmt: skip
    return Network(layers, get_loss(ENTROPY))


def rows_for(network: Network, n: int = 23, sparse: bool = False, dtype: type = np.float64) -> Rows:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, network.n_features)).astype(dtype)
    y = np.eye(network.n_outputs, dtype=dtype)[rng.integers(0, network.n_outputs, n)]
    inputs = csr_array(np.where(np.abs(x) > 0.8, x, 0)) if sparse else x
    return Rows(inputs, y, rng.uniform(0.5, 2, n).astype(dtype))


def falling(plan: Plan, rows: Rows) -> Shares:
    """Weight decay and dropout that fall to 0 in a straight line."""
    shape = (EPOCHS, plan.steps_per_epoch(rows.n_rows))
    line = np.linspace(1, 0, shape[0] * shape[1]).reshape(shape)
    return Shares(line if plan.optimizer.decay else None, line)


def assert_same_path(plan: Plan, rows: Rows, rate: float, engine: CPUEngine, shares: Shares | None = None) -> None:
    found = []
    rates = np.full((EPOCHS, plan.steps_per_epoch(rows.n_rows)), rate)
    for each in (ReferenceEngine(), engine):
        theta = plan.network.initial(np.random.default_rng(1))
        state = State(theta, plan.optimizer.init(theta))
        losses = each.run(plan, state, rows, rates, None, shares or falling(plan, rows))
        found.append((state.theta, losses))
    (expected, expected_losses), (theta, losses) = found
    assert np.isfinite(expected).all()
    assert len(expected_losses) == EPOCHS
    np.testing.assert_allclose(theta, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-9)


@pytest.fixture(params=["one gradient", "one each"])
def gradients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team shares one gradient, or adds up one of each thread, whatever the sizes would decide."""
    shares = request.param == "one gradient"
    monkeypatch.setattr("koubai.engines.cpu.engine.gradients_for", lambda _, __, team: 1 if shares else team)


@pytest.mark.usefixtures("gradients")
@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("clip_norm", [0.0, 0.2])
def test_threads_clipping_dropout_and_sparse_rows(n_threads: int, sparse: bool, clip_norm: float) -> None:
    """The last batch has fewer rows than some teams have threads, and some threads have no embedded input."""
    network = stack(dropout=0.2)
    plan = Plan(network, ADAMW, Penalty(0.01, 0.01), 11, seed=3, clip_norm=clip_norm, factors=REALMLP)
    assert_same_path(plan, rows_for(network, sparse=sparse), 0.02, CPUEngine(n_threads))


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "lion", "rmsprop", "adagrad"])
def test_factors_by_group_act_in_every_optimizer(name: str) -> None:
    network = stack()
    rates = Factors({"weights": 2.0, "biases": 0.0, "embeddings": 0.5})
    plan = Plan(network, get_optimizer(name), batch_size=5, factors=rates)
    assert_same_path(plan, rows_for(network), plan.optimizer.default_learning_rate, CPUEngine(1))


def test_a_group_of_factor_0_stays_where_it_is() -> None:
    network = stack()
    plan = Plan(network, get_optimizer("adam"), batch_size=5, factors=Factors({"alphas": 0.0, "scales": 0.0}))
    theta = network.initial(np.random.default_rng(1))
    state = State(theta.copy(), plan.optimizer.init(theta))
    CPUEngine(1).run(plan, state, rows_for(network), np.full((3, 5), 0.1))
    for layer, block in ((1, "scales"), (3, "alphas"), (6, "alphas")):
        np.testing.assert_array_equal(network.block(state.theta, layer, block), network.block(theta, layer, block))
    assert not np.array_equal(network.block(state.theta, 2, "weights"), network.block(theta, 2, "weights"))


@pytest.mark.parametrize("within", [name for name in ACTIVATIONS if name != "softmax"])
def test_every_activation_within_a_learned_one(within: str) -> None:
    network = stack(within=within)
    plan = Plan(network, get_optimizer("adam"), batch_size=5)
    assert_same_path(plan, rows_for(network), 0.01, CPUEngine(1))


def test_its_parameters_reach_the_kernel() -> None:
    within = get_activation({"name": "leaky_relu", "slope": 0.3})
    network = Network((Dense(3, 4), LearnedActivation(4, within), Dense(4, 2)), get_loss("absolute_error"))
    assert_same_path(Plan(network, get_optimizer("sgd"), batch_size=5), rows_for(network), 0.01, CPUEngine(1))


def test_layers_too_large_for_tiles_and_more_rows_than_go_through_at_a_time() -> None:
    """BLAS multiplies, the gradient is added up from several passes, and plain descent makes no shortcut."""
    network = Network((NTKDense(3, 300), LearnedActivation(300), NTKDense(300, 290), Dense(290, 2)), get_loss("huber"))
    assert network.layers[2].n_weights * 8 >= BLAS_FROM
    rows = rows_for(network, 2000)
    for engine in (CPUEngine(1), CPUEngine(2)):
        theta = network.initial(np.random.default_rng(1))
        loss, gradient = engine.loss_and_gradient(network, theta, rows, Penalty())
        expected_loss, expected = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty())
        assert loss == pytest.approx(expected_loss, rel=1e-12)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    plan = Plan(network, get_optimizer("sgd"), batch_size=9, factors=Factors({"biases": 0.5}))
    assert_same_path(plan, rows_for(network), 0.01, CPUEngine(1))


@pytest.mark.parametrize(("name", "value"), [("quantile", 0.8), ("binary_cross_entropy", 0.2)])
def test_parameters_of_losses_reach_the_kernels(name: str, value: float) -> None:
    loss = get_loss({"name": name, ("quantile" if name == "quantile" else "smoothing"): value})
    network = Network.dense((3, 6, 2), hidden="tanh", output=loss.output, loss=loss)
    assert_same_path(Plan(network, get_optimizer("adam"), batch_size=5), rows_for(network), 0.01, CPUEngine(1))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_outputs_and_gradient_without_training(sparse: bool, n_threads: int) -> None:
    network = stack()
    rows, theta = rows_for(network, 41, sparse), np.random.default_rng(4).normal(size=network.n_parameters)
    engine, reference = CPUEngine(n_threads), ReferenceEngine()
    expected = reference.forward(network, theta, rows.inputs)
    np.testing.assert_allclose(engine.forward(network, theta, rows.inputs), expected, rtol=1e-11)
    expected_loss, expected = reference.loss_and_gradient(network, theta, rows, Penalty(0.1, 0.2))
    loss, gradient = engine.loss_and_gradient(network, theta, rows, Penalty(0.1, 0.2))
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3, 1e6])
def test_waves_keep_their_digits_far_from_zero(size: float) -> None:
    network = Network((PeriodicEmbedding(1, n_frequencies=7, n_numbers=1), Dense(2, 1)), get_loss("huber"))
    theta = network.initial(np.random.default_rng(0))
    x = np.linspace(-size, size, 101)[:, np.newaxis]
    expected = ReferenceEngine().forward(network, theta, x)
    np.testing.assert_allclose(CPUEngine(1).forward(network, theta, x), expected, rtol=1e-11, atol=1e-11 * max(1, size))


def test_waves_of_what_is_no_number_are_none_and_of_what_is_too_large_stay_bounded() -> None:
    network = Network((PeriodicEmbedding(1, n_frequencies=3, n_numbers=1, sigma=1.0),), get_loss("huber"))
    theta = network.initial(np.random.default_rng(0))
    out = CPUEngine(1).forward(network, theta, np.array([[np.nan], [np.inf], [1e300], [1e18]]))
    assert np.isnan(out[:2, 1]).all()
    assert (np.abs(out[2:, 1]) < 10).all()


def test_single_precision_goes_the_same_way_but_for_rounding() -> None:
    network = stack()
    plan, rows = Plan(network, ADAMW, batch_size=5, factors=REALMLP), rows_for(network, dtype=np.float32)
    found = []
    for engine in (ReferenceEngine(), CPUEngine()):
        theta = network.initial(np.random.default_rng(1), dtype=np.float32)
        state = State(theta, plan.optimizer.init(theta))
        engine.run(plan, state, rows, np.full((5, 5), 0.01))
        assert state.theta.dtype == np.float32
        found.append(state.theta)
    np.testing.assert_allclose(found[1], found[0], atol=1e-4)


def test_a_population_follows_schedules_and_factors_too() -> None:
    network, rng = stack(dropout=0.2), np.random.default_rng(0)
    x, y = rng.normal(size=(21, 5)), np.eye(3)[rng.integers(0, 3, 21)]
    found = train_population(
        network, x, y, seeds=[3, 8], learning_rates=[0.01, 0.05], optimizers=ADAMW, epochs=6, batch_size=5, n_jobs=2,
        schedule="log_cosine", decay_schedule="flat_cosine", dropout_schedule="flat_cosine", factors=REALMLP,
    )  # fmt: skip
    flat = np.concatenate([np.ones(15), 0.5 * (1 + np.cos(np.pi * (np.arange(15, 30) / 15 - 1)))]).reshape(6, 5)
    rates = 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * np.arange(30) / 30))).reshape(6, 5)
    for member, theta in zip(found.members, found.thetas, strict=True):
        start = network.initial(np.random.default_rng(member.seed))
        state = State(start, member.optimizer.init(start))
        plan = Plan(network, ADAMW, batch_size=5, seed=member.seed, factors=REALMLP)
        ReferenceEngine().run(plan, state, Rows(x, y), member.learning_rate * rates, None, Shares(flat, flat))
        np.testing.assert_allclose(theta, state.theta, rtol=1e-9, atol=1e-11)
