"""Threads of a team keep out of each other's places: every run of the same team gives the same bits, near one thread's.

A thread that reads what another has not written yet, or has written over, shows as a run that differs from the others.
So runs are repeated, with passes of a few rows, so that they hand over often, and with more threads than processors, so
that any of them may be held up anywhere.
"""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_array

from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.cpu import layout
from koubai.engines.cpu.engine import CPUEngine
from koubai.engines.protocol import Plan, Rows, State
from koubai.optimizers.registry import get_optimizer

PASS = 16
"""Rows that go through at a time."""
BATCHES = (PASS - 1, PASS, PASS + 1, 2 * PASS - 1, 2 * PASS + 1, 3 * PASS + 5, 6 * PASS + 2)
REPEATS = 12


@pytest.fixture
def short_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows go through at a time."""
    monkeypatch.setattr(layout, "FEWEST_ROWS", PASS)
    monkeypatch.setattr(layout, "WORK_BYTES", 0)


@pytest.fixture(params=["one gradient", "one each"])
def gradients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team shares one gradient, or adds up one of each thread, whatever the sizes would decide."""
    shares = request.param == "one gradient"
    monkeypatch.setattr("koubai.engines.cpu.engine.gradients_for", lambda _, __, team: 1 if shares else team)


def rows_for(network: Network, n_rows: int, sparse: bool = False) -> Rows:
    rng = np.random.default_rng(n_rows)
    x = rng.normal(size=(n_rows, network.n_features))
    inputs = csr_array(np.where(np.abs(x) > 0.8, x, 0)) if sparse else x
    return Rows(inputs, rng.dirichlet(np.ones(network.n_outputs), n_rows), rng.uniform(0.5, 2, n_rows))


def trained(n_threads: int, plan: Plan, rows: Rows, epochs: int = 3) -> np.ndarray:
    """θ after some epochs."""
    theta = plan.network.initial(np.random.default_rng(1))
    state = State(theta, plan.optimizer.init(theta))
    CPUEngine(n_threads).run(plan, state, rows, np.full((epochs, plan.steps_per_epoch(rows.n_rows)), 0.01))
    return state.theta


def assert_no_run_differs(n_threads: int, plan: Plan, rows: Rows, repeats: int = REPEATS) -> None:
    alone = trained(1, plan, rows)
    runs = [trained(n_threads, plan, rows) for _ in range(repeats)]
    assert len({run.tobytes() for run in runs}) == 1
    np.testing.assert_allclose(runs[0], alone, rtol=0, atol=1e-9 * np.abs(alone).max())


@pytest.mark.usefixtures("short_passes", "gradients")
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_passes_of_a_batch_follow_each_other(n_threads: int, sparse: bool) -> None:
    """Batches around every multiple of what goes through at a time; the last batch of an epoch is a smaller one."""
    network = Network.dense((9, 24, 16, 3), hidden="tanh", dropout=0.2, output="softmax", loss="cross_entropy")
    for batch, clip_norm in product(BATCHES, (0.0, 0.2)):
        plan = Plan(network, get_optimizer("adam"), Penalty(0.01, 0.01), batch, seed=3, clip_norm=clip_norm)
        assert_no_run_differs(n_threads, plan, rows_for(network, batch + batch // 3, sparse), 4)


@pytest.mark.usefixtures("short_passes")
@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_a_gradient_taken_by_itself(n_threads: int) -> None:
    network = Network.dense((9, 24, 16, 3), hidden="tanh", output="softmax", loss="cross_entropy")
    theta = network.initial(np.random.default_rng(1))
    for batch in BATCHES:
        rows = rows_for(network, batch)
        loss, alone = CPUEngine(1).loss_and_gradient(network, theta, rows, Penalty())
        runs = [CPUEngine(n_threads).loss_and_gradient(network, theta, rows, Penalty()) for _ in range(REPEATS)]
        assert len({(found, gradient.tobytes()) for found, gradient in runs}) == 1
        assert runs[0][0] == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(runs[0][1], alone, rtol=0, atol=1e-12 * np.abs(alone).max())


@pytest.mark.slow
@pytest.mark.parametrize("extra", [-1, 0, 1, 400])
def test_batches_larger_than_a_pass_at_its_real_size(extra: int) -> None:
    """As estimators train them: wide layers, the rows of a pass that stay in the cache, one batch an epoch."""
    network = Network.dense((64, 256, 128, 1), hidden="relu", output="sigmoid", loss="binary_cross_entropy")
    at_a_time = layout.rows_to_train(network, 10**6, 8, 2)
    assert 768 <= at_a_time < 4000
    n_rows = 2 * at_a_time + extra
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(n_rows, 64)), rng.integers(0, 2, (n_rows, 1)).astype(float))
    plan = Plan(network, get_optimizer("sgd"), batch_size=n_rows)
    for n_threads in (2, 3):
        assert_no_run_differs(n_threads, plan, rows, 8)


@pytest.mark.usefixtures("short_passes", "gradients")
@pytest.mark.parametrize("n_threads", [2, 3])
def test_large_layers_that_are_updated_without_a_gradient(n_threads: int) -> None:
    network = Network.dense((5, 300, 290, 3), hidden="tanh", output="softmax", loss="cross_entropy")
    for batch in (PASS - 1, PASS, 2 * PASS + 3):
        assert_no_run_differs(
            n_threads, Plan(network, get_optimizer("sgd"), batch_size=batch), rows_for(network, 70), 6
        )


@pytest.mark.usefixtures("short_passes")
def test_more_threads_than_rows_of_a_pass() -> None:
    network = Network.dense((9, 24, 3), hidden="tanh", output="softmax", loss="cross_entropy")
    rows = rows_for(network, 90)
    assert_no_run_differs(3 * PASS, Plan(network, get_optimizer("adam"), batch_size=60), rows, 2)


def test_a_prediction_by_several_threads_is_that_of_one() -> None:
    """Rows around every share of a thread and of a pass."""
    network = Network.dense((9, 24, 16, 3), hidden="tanh", output="softmax", loss="cross_entropy")
    theta = network.initial(np.random.default_rng(1))
    for n_rows in (1, 2, 5, 767, 769, 1537, 4001):
        rows = rows_for(network, n_rows)
        alone = CPUEngine(1).forward(network, theta, rows.inputs)
        for n_threads in (2, 3, 7):
            np.testing.assert_allclose(CPUEngine(n_threads).forward(network, theta, rows.inputs), alone, rtol=1e-13)
