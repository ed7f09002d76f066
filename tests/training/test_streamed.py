"""Rows from a temporary file: each epoch has them all, in an order of its own, and trains as it would in memory."""

import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.core.errors import DivergenceError, FileError
from koubai.core.moments import Moments
from koubai.core.network import Network
from koubai.engines.protocol import Patience, Plan, Rows, State
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.adam import Adam
from koubai.optimizers.schedules import Adaptive, Constant, Cosine, InverseScaling
from koubai.training import store as stores
from koubai.training.ahead import ahead
from koubai.training.checkpoints import CheckpointFile, identity
from koubai.training.loop import TrainingCourse, train
from koubai.training.run import Run
from koubai.training.sources import InMemory, Streamed
from koubai.training.store import Field, RowStore

F8 = np.dtype(np.float64)
REFERENCE = ReferenceEngine()
NETWORK = Network.dense((2, 4, 1), hidden="tanh", dropout=0.2)


def streamed(rows: Rows, block_rows: int, window_rows: int) -> Streamed:
    """A source of the rows whose parts have about so many of them."""
    store = RowStore([Field(F8, 2), Field(F8, 1)], rows.n_rows, block_rows)
    for start in range(0, rows.n_rows, 5):  # as if they came in pieces
        store.append(rows.inputs[start : start + 5], rows.targets[start : start + 5])
    store.finish()
    return Streamed(store, lambda arrays: Rows(*arrays), 2, F8, 24, 24 * window_rows)


def numbered(n: int) -> Rows:
    """Rows that tell their number."""
    return Rows(np.arange(2.0 * n).reshape(n, 2), np.arange(float(n))[:, None])


def some_rows(n: int = 61) -> Rows:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(n, 2))
    return Rows(inputs, np.sin(inputs[:, :1]) + inputs[:, 1:] ** 2)


def fresh(plan: Plan) -> Run:
    theta = plan.network.initial(np.random.default_rng(1))
    return Run(State(theta, plan.optimizer.init(theta)), Patience(0.0, np.inf), 0.05)


def numbers_of(parts: Any) -> list[int]:
    return [int(number) for part in parts for number in part.targets[:, 0]]


@given(
    st.integers(1, 200), st.integers(1, 40), st.integers(1, 100), st.integers(1, 17), st.integers(0, 9), st.booleans()
)
def test_an_epoch_has_every_row_once_in_whole_batches(
    n: int, block: int, window: int, batch: int, epoch: int, shuffle: bool
) -> None:
    """However blocks, parts and batches fall, rows stay whole, and there are as many updates as in memory."""
    source = streamed(numbered(n), block, window)
    plan = Plan(NETWORK, Adam(), batch_size=batch, shuffle=shuffle, seed=3)
    parts = list(source.parts(plan, epoch))
    assert len(parts) == source.n_parts(plan)
    found = numbers_of(parts)
    assert sorted(found) == list(range(n))
    for part in parts:
        np.testing.assert_array_equal(part.inputs[:, 0], 2 * part.targets[:, 0])
    assert all(part.n_rows % batch == 0 for part in parts[:-1])
    assert sum(plan.steps_per_epoch(part.n_rows) for part in parts) == plan.steps_per_epoch(n)
    assert numbers_of(source.in_order()) == list(range(n))
    if not shuffle or len(parts) == 1:
        assert found == list(range(n))


def test_epochs_have_orders_of_their_own_that_follow_from_the_seed() -> None:
    source = streamed(numbered(400), 10, 50)
    plan, other = (Plan(NETWORK, Adam(), batch_size=10, seed=seed) for seed in (3, 4))
    first = numbers_of(source.parts(plan, 0))
    assert first == numbers_of(source.parts(plan, 0))
    assert first != numbers_of(source.parts(plan, 1))
    assert first != numbers_of(source.parts(other, 0))
    assert first[100:] == numbers_of(source.parts(plan, 0, first=2))


@pytest.mark.parametrize("schedule", [Constant(), Cosine(warmup=0.1), InverseScaling(0.3), Adaptive()])
def test_in_one_part_training_is_what_it_is_in_memory(schedule: Any) -> None:
    rows = some_rows()
    plan = Plan(NETWORK, Adam(), batch_size=8, seed=5)
    inside, outside = fresh(plan), fresh(plan)
    train(REFERENCE, plan, inside, InMemory(rows), TrainingCourse(6, schedule))
    train(REFERENCE, plan, outside, streamed(rows, 7, 1000), TrainingCourse(6, schedule))
    np.testing.assert_array_equal(outside.theta, inside.theta)
    np.testing.assert_allclose(outside.history.losses, inside.history.losses, rtol=1e-14)
    assert outside.history.learning_rates == inside.history.learning_rates
    assert (outside.state.step, outside.rows_seen) == (inside.state.step, inside.rows_seen)


@pytest.mark.parametrize("schedule", [Constant(), Cosine(warmup=0.1), InverseScaling(0.3)])
def test_in_several_parts_training_is_the_same_updates_in_that_order(schedule: Any) -> None:
    """Without shuffling, parts are only a matter of reading; the rates of an epoch do not know of them."""
    rows = some_rows()
    plan = Plan(Network.dense((2, 4, 1), hidden="tanh"), Adam(), batch_size=8, shuffle=False)
    inside, outside = fresh(plan), fresh(plan)
    train(REFERENCE, plan, inside, InMemory(rows), TrainingCourse(6, schedule))
    source = streamed(rows, 7, 20)
    assert source.n_parts(plan) == 4
    train(REFERENCE, plan, outside, source, TrainingCourse(6, schedule))
    np.testing.assert_allclose(outside.theta, inside.theta, rtol=1e-12)
    np.testing.assert_allclose(outside.history.losses, inside.history.losses, rtol=1e-12)


class CutOff(ReferenceEngine):
    """An engine that is interrupted in its n-th call."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def run(self, plan: Plan, state: State, rows: Rows, rates: Any, patience: Patience | None = None) -> Any:
        self.calls -= 1
        if self.calls < 0:
            state.theta += 1  # a call that is cut off leaves anything behind
            raise KeyboardInterrupt
        return super().run(plan, state, rows, rates, patience)


@pytest.mark.parametrize("calls", [0, 1, 4, 5, 6, 9])
def test_a_training_cut_off_anywhere_goes_on_to_the_same_weights(tmp_path: Path, calls: int) -> None:
    """Between any two parts of an epoch, not only between epochs."""
    source, course = streamed(some_rows(), 7, 16), Cosine(warmup=0.1)
    plan = Plan(NETWORK, Adam(), batch_size=8, seed=5)
    assert source.n_parts(plan) == 4
    whole = fresh(plan)
    train(REFERENCE, plan, whole, source, TrainingCourse(3, course))
    file = CheckpointFile(tmp_path / "c", 0.0, identity(plan, course, 0.05, source.digest()))
    with pytest.warns(UserWarning, match="interrupted"):
        train(CutOff(calls), plan, fresh(plan), source, TrainingCourse(3, course, checkpoint=file))
    run = file.load(fresh(plan)) or fresh(plan)
    assert (run.done, run.state.epoch) == (calls // 4, calls)
    train(REFERENCE, plan, run, source, TrainingCourse(3, course, checkpoint=file))
    np.testing.assert_array_equal(run.theta, whole.theta)
    assert run.history.losses == whole.history.losses
    assert not (tmp_path / "c").exists()


def test_the_fingerprint_knows_rows_and_parts() -> None:
    rows = some_rows()
    first = streamed(rows, 7, 16).digest()
    assert first == streamed(rows, 7, 16).digest()
    moved = Rows(rows.inputs, np.nextafter(rows.targets, 9))
    assert (
        len({first, streamed(moved, 7, 16).digest(), streamed(rows, 8, 16).digest(), streamed(rows, 7, 24).digest()})
        == 4
    )


def test_divergence_ends_the_epoch_at_once() -> None:
    rows = Rows(some_rows().inputs * 1e300, some_rows().targets)
    plan = Plan(Network.dense((2, 1)), Adam(), batch_size=8)
    with pytest.raises(DivergenceError, match="finite in epoch 1"):
        train(REFERENCE, plan, fresh(plan), streamed(rows, 7, 16), TrainingCourse(5, Constant()))


def test_patience_and_scores_look_at_whole_epochs() -> None:
    plan = Plan(NETWORK, Adam(), batch_size=8)
    run = fresh(plan)
    run.patience = Patience(1e9, 1.0)
    train(REFERENCE, plan, run, streamed(some_rows(), 7, 16), TrainingCourse(50, Constant()))
    assert (run.history.stopped, len(run.history)) == ("patience", 3)
    scores = iter([0.1, 0.3, 0.2])
    run = fresh(plan)
    course = TrainingCourse(3, Constant(), score=lambda theta: next(scores), stop_on_score=True)
    train(REFERENCE, plan, run, streamed(some_rows(), 7, 16), course)
    assert run.best_score == 0.3
    assert [epoch.validation_score for epoch in run.history] == [0.1, 0.3, 0.2]


def test_memory_does_not_grow_with_the_rows() -> None:
    """Reading ten times the rows takes no more memory than one window in use, one at hand, one in the making."""
    plan = Plan(NETWORK, Adam(), batch_size=100)
    peaks = []
    for n in (20_000, 200_000):
        source = streamed_in_bulk(n)
        tracemalloc.start()
        for part in source.parts(plan, 0):
            assert part.n_rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    window = 5000 * 24
    assert peaks[1] < 4 * window
    assert peaks[1] < peaks[0] + window


def streamed_in_bulk(n: int) -> Streamed:
    store = RowStore([Field(F8, 2), Field(F8, 1)], n, 500)
    for _ in range(0, n, 10_000):
        store.append(np.zeros((10_000, 2)), np.zeros((10_000, 1)))
    store.finish()
    return Streamed(store, lambda arrays: Rows(*arrays), 2, F8, 24, 24 * 5000)


def test_the_temporary_file_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(stores.tempfile, "tempdir", None)
    store = RowStore([Field(F8, 1)], block_rows=4)
    store.append(np.ones((10, 1)))
    store.finish()
    if os.name == "posix":
        assert not list(tmp_path.iterdir())  # nothing to be found even by a process that is killed
    store.close()


def test_a_full_disk_is_said_beforehand() -> None:
    with pytest.raises(FileError, match=r"must have 8000000000.0 GB free for the prepared rows; '.*' has .* GB. Free"):
        RowStore([Field(F8, 1)], expected_rows=10**18)


def test_what_fails_ahead_fails_where_it_is_asked_for() -> None:
    def items() -> Any:
        yield 1
        raise DivergenceError("no second")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(DivergenceError, match="no second"):
        next(found)
    begun: list[int] = []
    early = ahead(begun.append(number) or number for number in range(100))  # type: ignore[func-returns-value]
    next(early)
    early.close()
    assert len(begun) <= 2


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.floats(-1e6, 1e6))
def test_moments_of_pieces_are_those_of_the_whole(sizes: list[int], offset: float) -> None:
    rng = np.random.default_rng(sum(sizes))
    pieces = [rng.normal(offset, 1, size=(size, 2)) for size in sizes]
    weights = [rng.random(size) for size in sizes]
    plain, weighted = Moments(), Moments()
    for piece, weight in zip(pieces, weights, strict=True):
        plain.add(piece)
        weighted.add(piece, weight)
    whole, w = np.concatenate(pieces), np.concatenate(weights)
    if len(whole):
        np.testing.assert_allclose(plain.mean, whole.mean(axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(plain.squares, ((whole - whole.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(weighted.mean, np.average(whole, axis=0, weights=w), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_moments_are_of_any_size(unit: float) -> None:
    """Where squares would be 0 or infinite, and where small numbers come before large ones."""
    values, moments = np.array([1.0, 2.0, 4.0, 5.0]), Moments()
    for piece in (values[:1], values[1:3], values[3:]):
        moments.add(piece * unit)
    assert moments.mean == pytest.approx(3 * unit)
    assert moments.deviation == pytest.approx(2.5**0.5 * unit)
    moments.add(np.zeros(4))
    moments.add(np.full(4, 1e-300 * unit))
    assert moments.deviation == pytest.approx(np.append(values, np.zeros(8)).std() * unit)
