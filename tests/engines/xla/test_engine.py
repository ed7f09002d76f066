"""The engine on JAX walks the readable engine's path: networks that have much in them, since each is compiled."""

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import jax
import numpy as np
import pytest
from scipy.sparse import csr_array
from tests.engines.test_agreement import assert_same_path, make_rows, train
from tests.engines.test_layers import few
from tests.engines.test_maps import stack as stack_of_maps
from tests.engines.test_table_layers import ADAMW, REALMLP, falling, rows_for, stack

from koubai import MLPClassifier, Network
from koubai.core.activations import get_activation
from koubai.core.errors import ParameterError
from koubai.core.penalties import Penalty
from koubai.engines import registry
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Patience, Plan, Population, Rows, Shares, State
from koubai.engines.reference import ReferenceEngine
from koubai.engines.xla import engine as engine_module
from koubai.engines.xla.engine import JaxEngine
from koubai.engines.xla.training import trainer
from koubai.estimators.given.training_choices import predicting_engine
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer

RATE = 0.01


def walked(engine, plan: Plan, rows: Rows, shares: Shares, epochs: int = 20, patience: Patience | None = None):
    theta = plan.network.initial(np.random.default_rng(1))
    state = State(theta, plan.optimizer.init(theta))
    rates = np.full((epochs, plan.steps_per_epoch(rows.n_rows)), RATE)
    return state, engine.run(plan, state, rows, rates, patience, shares)


@pytest.fixture(params=["one vector", "a vector a block"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """θ is held in one vector or block by block, whatever the sizes would decide."""
    monkeypatch.setattr("koubai.engines.xla.passes.WORTH_PARTING", 0 if request.param == "a vector a block" else 2**62)
    trainer.cache_clear()
    yield
    trainer.cache_clear()


@pytest.mark.slow
@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("sparse", [False, True])
def test_every_layer_with_dropout_factors_and_falling_shares(sparse: bool) -> None:
    network = stack(dropout=0.3)
    plan = Plan(network, ADAMW, Penalty(0.01, 0.1, True), 5, seed=2**63 + 9, clip_norm=0.5, factors=REALMLP)
    rows = rows_for(network, sparse=sparse)
    (expected, losses), (found, found_losses) = (
        walked(engine, plan, rows, falling(plan, rows)) for engine in (ReferenceEngine(), JaxEngine())
    )
    np.testing.assert_allclose(found.theta, expected.theta, rtol=0, atol=1e-9 * np.abs(expected.theta).max())
    np.testing.assert_allclose(found.slots, expected.slots, rtol=0, atol=1e-9 * np.abs(expected.slots).max())
    np.testing.assert_allclose(found_losses, losses, rtol=1e-9)
    assert (found.step, found.epoch) == (expected.step, expected.epoch) == (100, 20)


@pytest.mark.slow
@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("sparse", [False, True])
def test_layers_that_read_maps(sparse: bool) -> None:
    plan = Plan(stack_of_maps(0.2), get_optimizer("adam"), Penalty(0.01, 0.01), 11, seed=3, clip_norm=0.2)
    rows = make_rows(plan.network)
    assert_same_path(plan, few(rows) if sparse else rows, RATE, JaxEngine())


@pytest.fixture(scope="module")
def small():
    """A network whose function is compiled once for several tests."""
    network = Network.dense((3, 7, 6, 2), hidden=["gelu", "tanh"], dropout=0.4)
    return Plan(network, get_optimizer("adam"), Penalty(0.01, 0.01), 5, seed=3, clip_norm=0.2), make_rows(network)


@pytest.mark.slow
def test_a_run_in_parts_is_the_run_in_one_piece_and_twice_the_same_bits(small) -> None:
    plan, rows = small
    whole, losses = train(JaxEngine(), plan, rows, RATE)
    expected, expected_losses = train(ReferenceEngine(), plan, rows, RATE)
    np.testing.assert_allclose(whole.theta, expected.theta, rtol=0, atol=1e-9 * np.abs(expected.theta).max())
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-9)
    engine, theta = JaxEngine(), plan.network.initial(np.random.default_rng(1))
    parts = State(theta, plan.optimizer.init(theta))
    for epochs in (1, 16, 33):
        engine.run(plan, parts, rows, np.full((epochs, 5), RATE))
    assert parts.theta.tobytes() == whole.theta.tobytes()
    assert (parts.step, parts.epoch) == (250, 50)


@pytest.mark.slow
def test_more_epochs_than_one_call_takes(small, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, rows = small
    whole, losses = train(JaxEngine(), plan, rows, RATE, 7)
    monkeypatch.setattr("koubai.engines.xla.training.MOST_RATES", 10)  # 2 epochs of 5 updates
    again, again_losses = train(JaxEngine(), plan, rows, RATE, 7)
    assert again.theta.tobytes() == whole.theta.tobytes()
    np.testing.assert_array_equal(again_losses, losses)


def test_patience_and_divergence_end_a_run_as_elsewhere(small) -> None:
    plan, rows = small
    waiting = [Patience(0.01, 2), Patience(0.01, 2)]
    (_, losses), (state, found) = (
        train(engine, plan, rows, RATE, 300, patience=one)
        for engine, one in zip((ReferenceEngine(), JaxEngine()), waiting, strict=True)
    )
    assert len(found) == len(losses) == state.epoch < 300
    assert waiting[1].count == waiting[0].count == 3
    assert waiting[1].best == pytest.approx(waiting[0].best, rel=1e-9)
    broken = replace(rows, targets=np.where(np.arange(23)[:, None] == 4, np.inf, rows.targets))
    _, losses = train(JaxEngine(), plan, broken, RATE, 9)
    assert len(losses) == 1
    assert not np.isfinite(losses[0])


def test_rows_that_take_the_others_place_are_noticed(small) -> None:
    plan, rows = small
    engine = JaxEngine()
    train(engine, plan, rows, RATE, 2)
    other = replace(rows, targets=rows.targets + 1)
    found, expected = (train(each, plan, other, RATE, 2)[0] for each in (engine, ReferenceEngine()))
    np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_rule_with_penalty_and_clipping_however_theta_is_held(name: str) -> None:
    network = Network.dense((3, 6, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    plan = Plan(network, get_optimizer(name), Penalty(0.01, 0.1), batch_size=5, clip_norm=0.3)
    assert_same_path(plan, make_rows(network), get_optimizer(name).default_learning_rate, JaxEngine())


@pytest.mark.slow
@pytest.mark.usefixtures("held")
def test_a_population_of_several_kinds_walks_each_path_alone() -> None:
    """Rules of one class train at once, though their hyperparameters differ; each network has its own patience."""
    network = Network.dense((3, 4, 2), hidden="tanh", dropout=0.2)
    rows, rules = make_rows(network), [{"name": "adamw", "weight_decay": 0.3, "beta_1": 0.5}, "adamw", "sgd"]
    rules = [get_optimizer(rule) for rule in rules]
    plan = Plan(network, rules[0], Penalty(l2=0.01), batch_size=5)
    starts = np.stack([network.initial(np.random.default_rng(seed)) for seed in range(3)])
    found = []
    for engine in (ReferenceEngine(), JaxEngine()):
        many = Population(starts.copy(), rules, np.array([3, 2**64 - 1, 5], np.uint64), np.array([1.0, 30.0, 3.0]))
        losses = engine.run_population(plan, many, rows, np.full((12, 5), RATE), Patience(0.05, 1))
        found.append((many.thetas, losses))
    (thetas, losses), (jax_thetas, jax_losses) = found
    np.testing.assert_allclose(jax_thetas, thetas, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(jax_losses, losses, rtol=1e-9)
    assert np.isnan(losses).any()


def test_forward_and_gradient_of_many_rows_in_pieces(small, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, rows = small
    monkeypatch.setattr("koubai.engines.xla.engine.ROWS_AT_ONCE", 8)
    network, theta = plan.network, plan.network.initial(np.random.default_rng(2))
    expected = ReferenceEngine().loss_and_gradient(network, theta, rows, Penalty(0.1, 0.2, True))
    loss, gradient = JaxEngine().loss_and_gradient(network, theta, rows, Penalty(0.1, 0.2, True))
    assert loss == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-10, atol=1e-13)
    outputs = JaxEngine().forward(network, theta, csr_array(rows.inputs))
    np.testing.assert_allclose(outputs, ReferenceEngine().forward(network, theta, rows.inputs), rtol=1e-12)
    assert JaxEngine().forward(network, theta, rows.inputs[:0]).shape == (0, 2)


def test_a_rule_that_looks_at_all_parameters_is_given_them_in_one_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only rules of one parameter at a time, as compiled ones are, may be applied block by block."""
    monkeypatch.setattr("koubai.engines.xla.passes.WORTH_PARTING", 0)

    @dataclass(frozen=True, slots=True)
    class Normalized(Optimizer):
        name: ClassVar[str] = "normalized"

        def step(self, theta, gradient, slots, t, learning_rate):
            return theta - learning_rate * gradient / np.sqrt((gradient**2).sum()), slots

    network = Network.dense((3, 6, 2), hidden="tanh")
    assert_same_path(Plan(network, Normalized(), batch_size=5), make_rows(network), 0.01, JaxEngine())


@pytest.mark.slow
@pytest.mark.parametrize("many", [False, True])
def test_rules_of_float32_compute_nothing_wider_for_each_parameter(many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """β to the power of the number of updates must not make all averages float64, which costs twice the time."""
    network = Network.dense((3, 61, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    plan, rows = Plan(network, get_optimizer("adam"), batch_size=23), make_rows(network, dtype=np.float32)
    texts: list[str] = []

    def written(setup):
        compiled = trainer(setup)

        def run(*args):
            texts.append(compiled.lower(*args).as_text())
            return compiled(*args)

        return run

    monkeypatch.setattr(engine_module, "trainer", written)
    theta = network.initial(np.random.default_rng(0), dtype=np.dtype(np.float32))
    if many:
        some = Population(np.stack([theta, theta]), [plan.optimizer] * 2, np.arange(2, dtype=np.uint64), np.ones(2))
        JaxEngine().run_population(plan, some, rows, np.full((1, 1), RATE))
    else:
        JaxEngine().run(plan, State(theta, plan.optimizer.init(theta)), rows, np.full((1, 1), RATE))
    (text,) = texts
    shape = f"{'2x' if many else ''}{network.n_parameters}x"
    assert f"tensor<{shape}f32>" in text
    assert f"tensor<{shape}f64>" not in text


def test_float32_stays_so_and_jax_keeps_its_own_settings() -> None:
    network = Network.dense((3, 6, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    plan = Plan(network, get_optimizer("nadam"), Penalty(l2=0.01), batch_size=5)
    wide, losses = train(ReferenceEngine(), plan, make_rows(network), RATE)
    narrow, narrow_losses = train(JaxEngine(), plan, make_rows(network, dtype=np.float32), RATE, dtype=np.float32)
    assert narrow.theta.dtype == narrow.slots.dtype == np.float32
    np.testing.assert_allclose(narrow.theta, wide.theta, atol=2e-4 * np.abs(wide.theta).max())
    np.testing.assert_allclose(narrow_losses, losses, rtol=1e-4)
    assert not jax.config.jax_enable_x64
    assert jax.numpy.ones(1).dtype == np.float32


def test_an_estimator_trains_and_predicts_without_jax_too(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3
    given = {"hidden_layer_sizes": (4,), "epochs": 3, "random_state": 0}
    on_jax, on_cpu = (MLPClassifier(engine=engine, **given).fit(X, y) for engine in ("jax", "reference"))
    np.testing.assert_allclose(on_jax.predict_proba(X), on_cpu.predict_proba(X), rtol=1e-9)
    for module in (registry, sys.modules["koubai.estimators.given.training_choices"]):
        monkeypatch.setattr(module, "has_jax", lambda: False)
    threads = predicting_engine(on_jax.set_params(n_jobs=1))
    assert (type(threads), threads.most_threads) == (CPUEngine, 1)
    np.testing.assert_allclose(on_jax.predict_proba(X), on_cpu.predict_proba(X), rtol=1e-9)
    with pytest.raises(ParameterError) as error:
        MLPClassifier(engine="jax", **given).fit(X, y)
    assert str(error.value) == (
        "engine 'jax': JAX must be installed; got none. Run pip install jax, or try engine='cpu'."
    )


MESH = """
import numpy as np
from koubai import Network
from koubai.core.errors import ParameterError
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Plan, Rows, Share, State
from koubai.engines.xla.engine import JaxEngine
from koubai.optimizers.registry import get_optimizer
import jax
assert len(jax.devices()) == 3
network = Network.dense((4, 8, 2), hidden="tanh", dropout=0.2, output="softmax", loss="cross_entropy")
rng = np.random.default_rng(0)
rows = Rows(rng.normal(size=(31, 4)), np.eye(2)[rng.integers(0, 2, 31)], rng.uniform(0.5, 2, 31))
plan = Plan(network, get_optimizer("adamw"), Penalty(0.001, 0.01, True), batch_size=12, seed=5, clip_norm=0.4)
places = rng.permutation(31)
share = Share(rows.inputs[places], rows.targets[places], rows.weights[places], places, (31,))
found = []
for engine, some in ((JaxEngine(jax.devices()[:1]), rows), (JaxEngine(), rows), (JaxEngine(), share)):
    theta = network.initial(np.random.default_rng(1))
    state = State(theta, plan.optimizer.init(theta))
    losses = engine.run(plan, state, some, np.full((20, 3), 0.01))
    found.append((state.theta, losses))
(one, losses), *others = found
for three, more in others:
    assert np.abs(one - three).max() <= 1e-12 * np.abs(one).max(), np.abs(one - three).max()
    np.testing.assert_allclose(more, losses, rtol=1e-12)
of_two = Share(rows.inputs[:15], rows.targets[:15], rows.weights[:15], np.arange(15), (15, 16))
for devices in (jax.devices()[:1], jax.devices()):
    try:
        JaxEngine(devices).run(plan, State(theta, plan.optimizer.init(theta)), of_two, np.full((1, 3), 0.01))
    except ParameterError as error:
        assert str(error) == (
            "engine 'jax': devices must be some of each of the 2 processes that share the rows; got those of process "
            "0. Leave devices out, to train on all."
        ), error
    else:
        raise AssertionError(devices)
"""


@pytest.mark.slow
@pytest.mark.parametrize("parted", [False, True])
def test_three_devices_end_where_one_does(parted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows lie on three devices, batches anywhere among them; the last batch has fewer rows than the others.

    The same rows as the share of one process, in another order, are the rows that their numbers say. Rows that another
    process shares, which has none of the devices, are refused.
    """
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=3")
    script = f"import koubai.engines.xla.passes as passes\npasses.WORTH_PARTING = 0\n{MESH}" if parted else MESH
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


class Elsewhere:
    """A device of another process."""

    process_index = 1


def test_an_engine_on_own_devices_trains_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    several = object()
    monkeypatch.setattr(engine_module, "joined", lambda: several)
    assert JaxEngine(jax.devices()[:1]).together is None
    assert JaxEngine([*jax.devices()[:1], Elsewhere()]).together is several


def test_what_jax_cannot_follow_is_said_in_one_sentence() -> None:
    class Stepwise(type(get_activation("tanh"))):
        name = "stepwise"

        def value(self, u):
            return u if float(u.sum()) > 0 else -u

    network = Network.dense((3, 4, 2), hidden=Stepwise())
    theta = network.initial(np.random.default_rng(0))
    with pytest.raises(ParameterError, match=r"^engine 'jax': the activation stepwise must compute value by functions"):
        JaxEngine().forward(network, theta, np.zeros((2, 3)))
