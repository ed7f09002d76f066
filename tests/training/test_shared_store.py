"""Rows that several processes have: the same parts as if one had them all, and the same fingerprint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.together import Member, in_each

from koubai.core.network import Network
from koubai.engines.protocol import Plan, Rows, Share
from koubai.optimizers.adam import Adam
from koubai.training import store as stores
from koubai.training.shared_store import SharedStore, store_of
from koubai.training.sources import Streamed, rows_of_all
from koubai.training.store import Field, RowStore

FIELDS = [Field(np.dtype(np.float64), 2), Field(np.dtype(np.uint8), 3), Field(np.dtype(np.float64), 1)]
PLAN = Plan(Network.dense((2, 3, 1)), Adam(), batch_size=5)


def some_rows(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 2)), rng.integers(0, 255, (n, 3)).astype(np.uint8), np.arange(float(n))[:, None]]


def source(store) -> Streamed:
    return Streamed(store, lambda arrays: Rows(arrays[0], arrays[2]), 2, np.dtype(np.float64), 24, 24 * 40)


def filled(store, rows: list[np.ndarray]) -> Streamed:
    for start in range(0, len(rows[0]), 11):  # as if they came in pieces
        store.append(*(array[start : start + 11] for array in rows))
    store.finish()
    return source(store)


@pytest.mark.slow
@given(st.lists(st.integers(0, 60), min_size=2, max_size=4).filter(any))
def test_the_parts_of_all_processes_are_those_of_one(counts: list[int]) -> None:
    rows, size = some_rows(sum(counts)), len(counts)
    alone = filled(RowStore(FIELDS), rows)
    ends = np.cumsum([0, *counts])

    def of_process(member: Member):
        store = SharedStore(FIELDS, counts, member)
        shared = filled(store, [array[ends[member.rank] : ends[member.rank + 1]] for array in rows])
        parts = [list(shared.parts(PLAN, epoch)) for epoch in range(2)]
        scored = np.concatenate([np.empty((0, 1)), *(part.targets for part in shared.in_order())])
        everyone = np.concatenate([part.targets for part in rows_of_all(shared)])
        found = shared.n_rows, shared.digest(), parts, scored, everyone, shared.first().targets
        store.close()
        return found

    every = in_each(size, of_process)
    for n_rows, digest, _, _, everyone, first in every:
        assert (n_rows, digest) == (alone.n_rows, alone.digest())
        np.testing.assert_array_equal(everyone, rows[2])
        np.testing.assert_array_equal(first, alone.first().targets)
    np.testing.assert_array_equal(np.concatenate([scored for *_, scored, _, _ in every]), rows[2])
    for epoch in range(2):
        for whole, *shares in zip(alone.parts(PLAN, epoch), *(parts[epoch] for _, _, parts, *_ in every), strict=True):
            put = np.full_like(whole.targets, np.nan)
            for rank, share in enumerate(shares):
                assert isinstance(share, Share)
                assert share.n_rows == whole.n_rows
                assert len(share.places) == share.counts[rank] == len(share.inputs)
                put[share.places] = share.targets
            np.testing.assert_array_equal(put, whole.targets)
    alone.store.close()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 16 rows."""
    monkeypatch.setattr(stores, "BLOCK_BYTES", 1)


def test_one_process_has_a_store_of_its_own() -> None:
    (store,) = in_each(1, lambda member: store_of(FIELDS, [4], member))
    assert isinstance(store, RowStore)
    store.close()


@pytest.mark.parametrize(("field", "row"), [(0, 0), (1, 40), (2, 99)])
def test_any_change_changes_the_fingerprint(field: int, row: int) -> None:
    rows = some_rows(100)
    before = filled(RowStore(FIELDS), rows).digest()
    rows[field][row, 0] += 1
    assert filled(RowStore(FIELDS), rows).digest() != before
    rows[field][row, 0] -= 1
    for array in rows:
        array[[3, 4]] = array[[4, 3]]
    assert filled(RowStore(FIELDS), rows).digest() != before
