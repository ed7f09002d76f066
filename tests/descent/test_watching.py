"""Watching training: it is the engine's own training, measured layer by layer and at equal cost."""

import numpy as np
import pytest

from koubai.core.errors import ParameterError
from koubai.core.network import Network
from koubai.descent.surfaces.batches import batch_progress
from koubai.descent.surfaces.rates import range_test
from koubai.descent.surfaces.subject import Subject
from koubai.descent.surfaces.watching import watch_training
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.registry import get_engine
from koubai.optimizers.registry import get_optimizer


@pytest.fixture(scope="module")
def subject() -> Subject:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    y = (x[:, :1] * x[:, 1:2] > 0).astype(float)
    network = Network.dense((4, 12, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    return Subject(network, network.initial(rng), Rows(x, y))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_watched_training_is_the_engines(subject: Subject, optimizer: str) -> None:
    record = watch_training(subject, optimizer, 0.05, epochs=3, batch_size=32, seed=7)
    rule = get_optimizer(optimizer)
    plan = Plan(subject.network, rule, batch_size=32, seed=7)
    state = State(subject.theta.copy(), rule.init(subject.theta))
    get_engine("reference").run(plan, state, subject.rows, np.full((3, 7), 0.05))
    np.testing.assert_allclose(record.subject.theta, state.theta, rtol=1e-12)
    assert record.thetas.shape == (4, subject.theta.size)
    np.testing.assert_array_equal(record.thetas[0], subject.theta)
    assert record.losses.shape == (21,)


def test_norms_and_ratios_are_each_layers(subject: Subject) -> None:
    record = watch_training(subject, "sgd", 0.1, epochs=1, batch_size=200)
    _, gradient = get_engine("reference").loss_and_gradient(
        subject.network, subject.theta, subject.rows, subject.penalty
    )
    split = subject.network.offsets[1]
    np.testing.assert_allclose(
        record.gradient_norms[0], [np.linalg.norm(gradient[:split]), np.linalg.norm(gradient[split:])], rtol=1e-10
    )
    weights = [subject.network.weights(vector, 0) for vector in (gradient, subject.theta)]
    expected = 0.1 * np.linalg.norm(weights[0]) / np.linalg.norm(weights[1])
    assert record.update_ratios[0, 0] == pytest.approx(expected, rel=1e-10)


def test_training_that_diverges_ends(subject: Subject) -> None:
    squares = Network.dense((4, 1))
    line = Subject(squares, np.ones(5), Rows(subject.rows.inputs, subject.rows.targets))
    record = watch_training(line, "sgd", 1e3, epochs=100, batch_size=200)
    assert len(record.losses) < 100
    assert np.isfinite(record.losses).all()


def test_the_range_test_finds_where_the_loss_rises(subject: Subject) -> None:
    squares = Network.dense((4, 1))
    line = Subject(squares, np.ones(5), Rows(subject.rows.inputs, subject.rows.targets))
    found = range_test(line, "sgd", batch_size=200, highest=100.0)
    x = np.column_stack([subject.rows.inputs, np.ones(200)])
    limit = 2 / np.linalg.eigvalsh(x.T @ x / 200)[-1]
    assert found.diverged
    assert limit / 3 < found.largest < 10 * limit
    assert found.suggested <= found.largest / 3
    assert found.suggested < limit  # 2/λ: from there on steepest descent diverges
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 150


def test_a_range_without_divergence_is_gone_through(subject: Subject) -> None:
    found = range_test(subject, "sgd", highest=1e-3, n_updates=20)
    assert not found.diverged
    assert found.rates[-1] == pytest.approx(1e-3)


def test_single_rows_get_further_at_the_same_cost(subject: Subject) -> None:
    found = batch_progress(subject, (1, 32), learning_rate=0.1, epochs=10)
    assert found.batch_sizes == (1, 32, 200)
    ends = [losses[-1] for losses in found.losses]
    assert ends[0] < ends[1] < ends[2]
    for size, costs, losses in zip(found.batch_sizes, found.evaluations, found.losses, strict=True):
        assert costs[0] == 0
        assert losses[0] == pytest.approx(subject.loss())
        assert costs[1] == size
        assert costs[-1] >= 10 * 200


def test_mistakes_get_one_sentence(subject: Subject) -> None:
    lost = subject.at(np.full_like(subject.theta, np.nan))
    for call, message in (
        (lambda: watch_training(subject, "sgd", -1), "learning_rate must be > 0 and finite; got -1"),
        (lambda: watch_training(subject, epochs=0), "epochs must be >= 1; got 0"),
        (lambda: watch_training(subject, batch_size=0), "batch_size must be >= 1; got 0"),
        (lambda: watch_training(lost), "watch_training: the loss must be finite at the start"),
        (lambda: range_test(lost), "range_test: the loss must be finite at the start"),
        (lambda: range_test(subject, lowest=1, highest=0.1), "lowest and highest must be 0 < lowest < highest"),
        (lambda: range_test(subject, n_updates=2), "n_updates must be from 10 to 1000000; got 2"),
        (
            lambda: batch_progress(subject, epochs=0),
            "epochs must be from 1 to 1000000 and n_points from 2 to",
        ),
    ):
        with pytest.raises(ParameterError, match=message):
            call()


@pytest.mark.parametrize(("optimizer", "n_updates"), [("sgd", 20), ("sgd", 150), ("momentum", 40)])
def test_the_suggested_rate_of_a_range_test_does_not_diverge(optimizer: str, n_updates: int) -> None:
    """A short sweep over six powers of ten rushes past the limit before the smoothed loss can rise."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 3)) * [1, 5, 20]
    line = Subject(Network.dense((3, 1)), np.ones(4), Rows(x, x.sum(axis=1, keepdims=True)))
    found = range_test(line, optimizer, lowest=1e-5, highest=10.0, n_updates=n_updates, batch_size=100)
    record = watch_training(line, optimizer, found.suggested, epochs=100, batch_size=100)
    assert len(record.losses) == 100
    assert record.losses[-1] < record.losses[0]
