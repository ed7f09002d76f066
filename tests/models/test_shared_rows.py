"""A table of which each process reads its own rows: the survey and the prepared rows are those of one process."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.together import Member, in_each

from koubai.core.errors import DataError
from koubai.engines.together import in_step
from koubai.models.streamed import StreamedTable
from koubai.models.table_model import TableModel
from koubai.tables.files import blocks as blocks_module
from koubai.tables.files.blocks import TableBlocks, open_blocks
from koubai.tables.preparing import survey as survey_module
from koubai.tables.preparing import surveyed
from koubai.tables.preparing.survey import Split, survey, survey_own
from koubai.tables.preparing.surveyed import Survey, packed, unpacked

N = 700


def frame() -> pl.DataFrame:
    """Columns of every kind; the last rows have categories, signs and holes that the first ones lack."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    late = np.arange(N) > 500
    return pl.DataFrame(
        {
            "x": x,
            "colour": np.where(late, rng.choice(["red", "grey"], N), rng.choice(["red", "blue"], N)),
            "hole": [None if i % 7 == 0 else float(i % 3) for i in range(N)],
            "sign": np.where(late, rng.choice(["+", "-"], N), "-"),
            "day": pl.Series([19000 + i * 7 % 900 for i in range(N)], dtype=pl.Int32).cast(pl.Date),
            "word": [f"w{i % 331}" for i in range(N)],
            "label": np.where(x > 0.5, "high", np.where(x > -0.5, "middle", "low")),
            "amount": [None if i % 50 == 3 else 1e6 + 1000 * float(x[i]) for i in range(N)],
        }
    )


@pytest.fixture
def parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table; blocks of 256 rows, and parts of an epoch of some 100."""
    monkeypatch.setattr(blocks_module, "CELLS_AT_ONCE", 1)
    monkeypatch.setattr("koubai.training.store.BLOCK_BYTES", 1)
    monkeypatch.setattr("koubai.training.sources.WINDOW_BYTES", 10_000)
    frame().write_parquet(tmp_path / "t.parquet", row_group_size=90)
    return tmp_path / "t.parquet"


@dataclass(eq=False)
class Cut(TableBlocks):
    """Some rows of a table."""

    cut: range = range(0)

    @property
    def own(self) -> range:
        return self.cut


def of_rows(table: TableBlocks, rows: range) -> TableBlocks:
    given = (table.source, table.path, table.columns, table.n_rows, table.signed)
    return Cut(*given, scratch=table.scratch, cut=rows)


def same(one: Survey, other: Survey) -> None:
    assert one.sample.equals(other.sample)
    assert one.sampled.to_list() == other.sampled.to_list()
    assert one.whole == other.whole
    assert list(one.whole.categories) == list(other.whole.categories)
    for name in ("n_rows", "missing", "moments", "lowest", "highest", "n_odd"):
        assert getattr(one, name) == getattr(other, name)
    for name in ("target", "in_training", "in_test"):
        counts, others = getattr(one, name), getattr(other, name)
        assert counts.values.to_list() == others.values.to_list()
        assert counts.counts.tolist() == others.counts.tolist()
        assert counts.complete == others.complete


@pytest.mark.slow
@pytest.mark.parametrize("most", [10_000, 20])
@pytest.mark.parametrize("target", ["label", "amount"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, N), max_size=4), chance=st.randoms(use_true_random=False))
def test_any_shares_give_the_survey_of_the_whole(
    parquet: Path, target: str, most: int, cuts: list[int], chance
) -> None:
    """Also where a column has more values than are counted, and whatever order the shares are put together in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surveyed, "MOST_VALUES", most)
        table, split = open_blocks(parquet), Split(0.2, 0.1, 3, 0.05)
        whole = survey(table, target, split)
        ends = [0, *sorted(cuts), N]
        shares = [
            unpacked(packed(survey_own(of_rows(table, range(*rows)), target, split, (), None)))
            for rows in pairwise(ends)
        ]
        chance.shuffle(shares)
        found = shares[0]
        for share in shares[1:]:
            found.merge(share)
        same(found, whole)


def prepared(model: TableModel, path: Path, target: str, member: Member) -> tuple[StreamedTable, list, str]:
    """Return what a process finds out about the table, all rows that train, and their fingerprint."""
    table = open_blocks(path, together=member)
    found = model.survey(table, target, test_fraction=0.2)
    rows = found.write("float64")
    source = rows.source(rows.training, None if rows.classes is None else np.eye(len(rows.classes)))
    everyone = [(y, predicted) for y, (predicted, _) in rows.answers(rows.training, lambda X: (X, None))]
    digest = source.digest()
    rows.close()
    return found, [np.concatenate(arrays) for arrays in zip(*everyone, strict=True)], digest


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("target", ["label", "amount"])
def test_processes_prepare_the_rows_of_one(parquet: Path, target: str, size: int) -> None:
    model = TableModel(drop=["amount" if target == "label" else "label"])
    ((one, rows, digest),) = in_each(1, lambda member: prepared(model, parquet, target, member))
    for other, others, another in in_each(size, lambda member: prepared(model, parquet, target, member)):
        same(other.found, one.found)
        assert other.table.signed == one.table.signed == {"sign"}
        assert other.preparation.to_record()[0] == one.preparation.to_record()[0]
        assert (other.notes, other.n_rows, other.target) == (one.notes, one.n_rows, one.target)
        assert another == digest
        for array, expected in zip(others, rows, strict=True):
            np.testing.assert_array_equal(array, expected)


def test_each_process_keeps_its_own_rows_alone(parquet: Path) -> None:
    def kept(member: Member) -> int:
        rows = TableModel().survey(open_blocks(parquet, together=member), "label").write("float64")
        n_rows = rows.training.own.n_rows + rows.validation.own.n_rows
        rows.close()
        return n_rows

    assert in_each(3, kept) == [233, 233, 234]


def sentence(member: Member, work) -> tuple[str, bool]:
    with pytest.raises(DataError) as error:
        work(member)
    return str(error.value), member.has_left


def test_a_bad_cell_in_the_rows_of_one_is_told_by_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not among the sampled rows, and is found when its process prepares its rows."""
    monkeypatch.setattr(survey_module, "MOST_SAMPLED", 200)
    monkeypatch.setattr(survey_module, "LEAST_SAMPLED", 200)
    cells = [f"{i * 7 % 400 / 10}" for i in range(N)]
    cells[650] = "oops"
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": cells, "y": ["yes", "no"] * (N // 2)}).write_parquet(path)

    def write(member: Member) -> None:
        TableModel().survey(open_blocks(path, together=member), "y").write("float64")

    ((alone, _),) = in_each(1, lambda member: sentence(member, write))
    assert "'oops' in row 651" in alone
    assert in_each(3, lambda member: sentence(member, write)) == [(alone, True)] * 3


def test_a_bad_cell_is_named_by_its_row_of_the_table_where_others_have_no_target(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    cells = [f"{i * 7 % 400 / 10}" for i in range(N)]
    cells[650] = "oops"
    pl.DataFrame({"a": cells, "y": [None] * 10 + ["yes", "no"] * (N // 2 - 5)}).write_parquet(path)
    for size in (1, 2):
        for said, _ in in_each(size, lambda member: sentence(member, lambda member: look_at(path, member))):
            assert "as 689 of its cells do; 1 holds text, the first 'oops' in row 651. " in said


def look_at(path: Path, member: Member) -> None:
    TableModel().survey(open_blocks(path, together=member), "y")


def test_odd_words_of_the_target_are_told_by_all(tmp_path: Path) -> None:
    cells = [f"{i * 7 % 400 / 10}" for i in range(N)]
    cells[100] = cells[600] = "oops"
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": np.arange(N) % 9, "y": cells}).write_parquet(path)

    expected = "must hold numbers, as 698 of its 700 cells do; got 'oops' in row 101 (and 1 more)"
    for said, has_left in in_each(3, lambda member: sentence(member, lambda member: look_at(path, member))):
        assert expected in said
        assert has_left


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ({"a": [1.0, 2.0] * 50}, "'y'"),  # found in the first rows
        ({"a": [1.0, 2.0] * 50, "y": ["yes", "nan"] * 50}, "nan"),
        ({"y": ["yes", "no"] * 50}, "column"),  # after the survey
    ],
)
def test_what_all_find_wrong_is_a_reason_that_all_know_to_end(tmp_path: Path, rows: dict[str, list], what: str) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(rows).write_parquet(path)
    ((said, _),) = in_each(1, lambda member: sentence(member, lambda member: look_at(path, member)))
    assert what in said
    assert in_each(3, lambda member: sentence(member, lambda member: look_at(path, member))) == [(said, True)] * 3


def test_what_fails_in_one_process_fails_in_all() -> None:
    def work(member: Member) -> None:
        def own() -> None:
            if member.rank:
                raise DataError(f"It went wrong in {member.rank}.")

        in_step(member, own)

    assert in_each(3, lambda member: sentence(member, work)) == [("It went wrong in 1.", True)] * 3
