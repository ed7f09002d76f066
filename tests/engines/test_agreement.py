"""The compiled engine walks the same path as the readable one: same start, same order, same θ after 50 epochs."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.cpu.kernels.sizes import BLAS_FROM
from koubai.engines.protocol import Patience, Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

from ..oracles import PAIRS, targets_for

EPOCHS = 50
COMPARED = [CPUEngine]
"""The engines that are compared with the readable one where a test names none."""


def make_rows(network: Network, n: int = 23, dtype: type = np.float64, seed: int = 0) -> Rows:
    """Rows whose targets lie where the loss wants them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, network.n_features))
    targets = targets_for(network.loss.name, n, network.n_outputs, rng)
    return Rows(x.astype(dtype), targets.astype(dtype), rng.uniform(0.5, 2, n).astype(dtype))


def train(engine, plan: Plan, rows: Rows, rate: float, epochs: int = EPOCHS, dtype: type = np.float64, patience=None):
    """θ and losses after training from the plan's own start."""
    theta = plan.network.initial(np.random.default_rng(1), dtype=dtype)
    state = State(theta, plan.optimizer.init(theta))
    rates = np.full((epochs, plan.steps_per_epoch(rows.n_rows)), rate)
    losses = engine.run(plan, state, rows, rates, patience)
    return state, losses


def assert_same_path(plan: Plan, rows: Rows, rate: float, *engines: CPUEngine, rtol: float = 1e-9) -> None:
    """All engines reach the same θ, slots and losses as the readable one, relative to the largest of each."""
    expected, losses = train(ReferenceEngine(), plan, rows, rate)
    assert np.isfinite(expected.theta).all()
    assert len(losses) == EPOCHS
    for engine in engines or [make() for make in COMPARED]:
        found, found_losses = train(engine, plan, rows, rate)
        assert (found.step, found.epoch) == (expected.step, expected.epoch)
        np.testing.assert_allclose(found.theta, expected.theta, rtol=0, atol=rtol * np.abs(expected.theta).max())
        np.testing.assert_allclose(found_losses, losses, rtol=rtol, atol=1e-12)
        if expected.slots.size:
            scale = np.abs(expected.slots).max()
            np.testing.assert_allclose(found.slots, expected.slots, rtol=0, atol=rtol * scale)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_every_output_activation_and_loss(output: str, loss: str) -> None:
    network = Network.dense((3, 5, 4), hidden="tanh", output=output, loss=loss)
    assert_same_path(Plan(network, get_optimizer("momentum"), batch_size=5), make_rows(network), 0.01)


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_hidden_activation(hidden: str) -> None:
    network = Network.dense((3, 6, 5, 2), hidden=hidden, output="softmax", loss="cross_entropy")
    assert_same_path(Plan(network, get_optimizer("sgd"), batch_size=5), make_rows(network), 0.05)


@pytest.mark.parametrize("parameters", [{"name": "leaky_relu", "slope": 0.3}, {"name": "elu", "scale": 0.4}])
def test_parameters_of_activations_reach_the_kernels(parameters: dict) -> None:
    network = Network.dense((3, 6, 2), hidden=get_activation(parameters))
    assert_same_path(Plan(network, get_optimizer("sgd"), batch_size=5), make_rows(network), 0.05)


def test_parameter_of_huber_reaches_the_kernels() -> None:
    network = Network.dense((3, 6, 2), hidden="tanh", loss=get_loss({"name": "huber", "threshold": 0.3}))
    assert_same_path(Plan(network, get_optimizer("sgd"), batch_size=5), make_rows(network), 0.05)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("penalty", [Penalty(), Penalty(0.01, 0.1), Penalty(0.01, 0.1, per_row=True)])
def test_every_optimizer_and_penalty(name: str, penalty: Penalty) -> None:
    network = Network.dense((3, 6, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    optimizer = get_optimizer(name)
    plan = Plan(network, optimizer, penalty, batch_size=5)
    assert_same_path(plan, make_rows(network), optimizer.default_learning_rate)


@pytest.mark.parametrize("changes", [{"weight_decay": 0.2}, {"beta_1": 0.5}])
@pytest.mark.parametrize("name", ["adamw", "lion"])
def test_hyperparameters_reach_the_kernels_in_their_order(name: str, changes: dict) -> None:
    network = Network.dense((3, 6, 2), hidden="tanh")
    plan = Plan(network, get_optimizer({"name": name, **changes}), batch_size=5)
    assert_same_path(plan, make_rows(network), 0.01)


@pytest.fixture(params=["one gradient", "one each"])
def gradients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team shares one gradient, or adds up one of each thread, whatever the sizes would decide."""
    shares = request.param == "one gradient"
    monkeypatch.setattr("koubai.engines.cpu.engine.gradients_for", lambda _, __, team: 1 if shares else team)


@pytest.mark.slow
@pytest.mark.usefixtures("gradients")
@pytest.mark.parametrize("n_threads", [2, 3])
@pytest.mark.parametrize("clip_norm", [0.0, 0.2])
@pytest.mark.parametrize("sparse", [False, True])
def test_teams_share_one_gradient_or_add_up_their_own(n_threads: int, clip_norm: float, sparse: bool) -> None:
    """The last batch has fewer rows than the team has threads."""
    network = Network.dense((5, 4, 6, 3), hidden="tanh", dropout=0.2, output="softmax", loss="cross_entropy")
    plan = Plan(network, get_optimizer("adam"), Penalty(0.01, 0.01), 11, seed=3, clip_norm=clip_norm)
    rows = make_rows(network)
    inputs = csr_array(np.where(np.abs(rows.inputs) > 0.8, rows.inputs, 0)) if sparse else rows.inputs
    assert_same_path(plan, Rows(inputs, rows.targets, rows.weights), 0.01, CPUEngine(n_threads))
    assert_same_path(plan, Rows(inputs, rows.targets), 0.01, CPUEngine(n_threads))


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("clip_norm", [0.0, 0.2])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_clipping_dropout_and_threads(n_threads: int, clip_norm: float, dropout: float) -> None:
    network = Network.dense((3, 7, 6, 2), hidden=["gelu", "softmax"], dropout=dropout)
    plan = Plan(network, get_optimizer("adam"), Penalty(0.01, 0.01), 5, seed=3, clip_norm=clip_norm)
    assert_same_path(plan, make_rows(network), 0.01, CPUEngine(n_threads))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        pytest.param({"penalty": Penalty(l2=0.1)}, marks=pytest.mark.slow),
        pytest.param({"clip_norm": 0.2}, marks=pytest.mark.slow),
        pytest.param({"batch_size": 23}, marks=pytest.mark.slow),
    ],
)
def test_plain_descent_of_large_layers(changes: dict) -> None:
    """Their update is added to the weights without a gradient, unless penalty or clipping ask for one."""
    network = Network.dense((3, 300, 290, 2), hidden="tanh", dropout=0.1, output="softmax", loss="cross_entropy")
    assert max(layer.n_weights for layer in network.layers) * 8 >= BLAS_FROM
    plan = Plan(network, get_optimizer("sgd"), **{"batch_size": 9, "seed": 3, **changes})
    assert_same_path(plan, make_rows(network), 0.05, CPUEngine(1), CPUEngine(2))


@pytest.mark.parametrize(("shuffle", "batch_size"), [(False, 4), (True, 1), (True, 1000)])
def test_orders_and_batch_sizes(shuffle: bool, batch_size: int) -> None:
    network = Network.dense((3, 4, 1), hidden="relu", output="sigmoid", loss="binary_cross_entropy")
    plan = Plan(network, get_optimizer("nadam"), batch_size=batch_size, shuffle=shuffle, seed=2**62 + 5)
    assert_same_path(plan, make_rows(network), 0.01)


def test_layers_without_biases() -> None:
    network = Network.dense((3, 4, 2), hidden="relu", bias=False)
    assert_same_path(Plan(network, get_optimizer("adam"), batch_size=4), make_rows(network), 0.01)


@pytest.mark.parametrize("weighted", [False, True])
def test_csr_inputs(weighted: bool) -> None:
    network = Network.dense((8, 4, 2), hidden="relu")
    rows = make_rows(network)
    dense = np.where(np.abs(rows.inputs) > 0.8, rows.inputs, 0)
    sparse = Rows(csr_array(dense), rows.targets, rows.weights if weighted else None)
    assert_same_path(Plan(network, get_optimizer("adam"), Penalty(l2=0.1), batch_size=4), sparse, 0.01)


@pytest.mark.usefixtures("gradients")
def test_more_rows_than_fit_into_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a large batch go through in passes; their gradients add up to the batch's, dense and CSR."""
    monkeypatch.setattr("koubai.engines.cpu.layout.FEWEST_ROWS", 3)
    monkeypatch.setattr("koubai.engines.cpu.layout.WORK_BYTES", 0)
    network = Network.dense((3, 7, 6, 2), hidden="tanh", dropout=0.3)
    plan = Plan(network, get_optimizer("adam"), Penalty(l2=0.1), batch_size=11)
    rows = make_rows(network)
    assert_same_path(plan, rows, 0.01)
    assert_same_path(plan, rows, 0.01, CPUEngine(2))
    assert_same_path(plan, Rows(csr_array(rows.inputs), rows.targets, rows.weights), 0.01)
    theta = network.initial(np.random.default_rng(1))
    np.testing.assert_allclose(
        CPUEngine().forward(network, theta, rows.inputs),
        ReferenceEngine().forward(network, theta, rows.inputs),
        rtol=1e-12,
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_forward_and_gradient(sparse: bool) -> None:
    network = Network.dense((3, 7, 6, 2), hidden=["silu", "softplus"], output="softmax", loss="cross_entropy")
    rows = make_rows(network)
    if sparse:
        rows = Rows(csr_array(rows.inputs), rows.targets, rows.weights)
    theta = network.initial(np.random.default_rng(1))
    reference, cpu = ReferenceEngine(), COMPARED[0]()
    np.testing.assert_allclose(
        cpu.forward(network, theta, rows.inputs), reference.forward(network, theta, rows.inputs), rtol=1e-13
    )
    expected = reference.loss_and_gradient(network, theta, rows, Penalty(0.1, 0.2, True))
    found = cpu.loss_and_gradient(network, theta, rows, Penalty(0.1, 0.2, True))
    assert found[0] == pytest.approx(expected[0], rel=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error"])
def test_float32_stays_float32_and_close(loss: str) -> None:
    output = "softmax" if loss == "cross_entropy" else "identity"
    network = Network.dense((3, 6, 2), hidden="tanh", output=output, loss=loss)
    plan = Plan(network, get_optimizer("adam"), Penalty(l2=0.01), batch_size=5)
    wide, losses = train(ReferenceEngine(), plan, make_rows(network), 0.01)
    narrow, narrow_losses = train(COMPARED[0](), plan, make_rows(network, dtype=np.float32), 0.01, dtype=np.float32)
    assert narrow.theta.dtype == narrow.slots.dtype == np.float32
    np.testing.assert_allclose(narrow.theta, wide.theta, atol=2e-4 * np.abs(wide.theta).max())
    np.testing.assert_allclose(narrow_losses, losses, rtol=1e-4)


def test_one_thread_gives_the_same_bits_every_time() -> None:
    network = Network.dense((3, 40, 30, 2), hidden="relu", output="softmax", loss="cross_entropy")
    plan = Plan(network, get_optimizer("adam"), batch_size=5)
    first, _ = train(CPUEngine(), plan, make_rows(network), 0.01)
    again, _ = train(CPUEngine(), plan, make_rows(network), 0.01)
    assert first.theta.tobytes() == again.theta.tobytes()


def test_patience_stops_both_engines_at_the_same_epoch() -> None:
    network = Network.dense((3, 4, 1), hidden="relu")
    plan = Plan(network, get_optimizer("sgd"), batch_size=5)
    patiences = [Patience(1e-3, 3), Patience(1e-3, 3)]
    rows = make_rows(network)
    expected, losses = train(ReferenceEngine(), plan, rows, 0.05, 500, patience=patiences[0])
    found, found_losses = train(COMPARED[0](), plan, rows, 0.05, 500, patience=patiences[1])
    assert len(losses) == len(found_losses) < 500
    assert patiences[0].count == patiences[1].count == 4
    assert patiences[0].best == pytest.approx(patiences[1].best, rel=1e-12)
    assert found.epoch == expected.epoch == len(losses)


@pytest.mark.parametrize("engine", [ReferenceEngine(), CPUEngine(), CPUEngine(2)])
def test_a_run_in_parts_is_the_run_in_one_piece(engine) -> None:
    network = Network.dense((3, 4, 1), hidden="relu", dropout=0.2)
    plan = Plan(network, get_optimizer("adam"), batch_size=5)
    rows = make_rows(network)
    whole, _ = train(engine, plan, rows, 0.01, 7)
    theta = network.initial(np.random.default_rng(1))
    parts = State(theta, plan.optimizer.init(theta))
    for epochs in (3, 1, 3):
        engine.run(plan, parts, rows, np.full((epochs, 5), 0.01))
    assert parts.theta.tobytes() == whole.theta.tobytes()
    assert (parts.step, parts.epoch) == (35, 7)


@pytest.mark.parametrize("engine", [ReferenceEngine(), CPUEngine(), CPUEngine(2)])
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_divergence_ends_the_run_and_is_seen(engine) -> None:
    network = Network.dense((3, 4, 1), hidden="identity")
    plan = Plan(network, get_optimizer("sgd"), batch_size=5)
    _, losses = train(engine, plan, make_rows(network), 1e6, 200)
    assert len(losses) < 200
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
