"""The target: which task its values set, how they are coded, and targets from which nothing can be learned."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.core.errors import DataError, ParameterError
from koubai.tables.files.missing import clean
from koubai.tables.preparing.balance import imbalance
from koubai.tables.preparing.splits import hold_out
from koubai.tables.preparing.targets import Target, find_target


def target_of(values, task: str | None = None) -> Target:
    return find_target(clean(pl.DataFrame({"y": values})), "y", task)


@pytest.mark.parametrize(
    ("values", "task", "why"),
    [
        (["a", "b", "a"], "classification", "2 different texts"),
        ([True, False], "classification", "2 different truth values"),
        ([-1, 1, 1], "classification", "2 different whole numbers"),
        (["0", "1", "1"], "classification", "2 different whole numbers"),
        (list(range(10)) * 10, "classification", "10 different whole numbers"),
        (list(range(10)) * 9, "regression", "10 different whole numbers"),
        (list(range(21)) * 20, "regression", "21 different whole numbers"),
        ([0.5, 1.5] * 20, "regression", "2 different numbers"),
        (["1.5", "2", "3"], "regression", "3 different numbers"),
        (["01", "02"] * 20, "classification", "2 different codes with leading zeros"),
        ([10**25, 10**26] * 20, "classification", "2 different whole numbers"),
        (["1e400", "1", "2"] * 20, "regression", "3 different numbers"),
    ],
)
def test_the_rule(values, task: str, why: str) -> None:
    found = target_of(values)
    assert (found.task, found.why) == (task, why)


def test_the_task_can_be_given() -> None:
    assert target_of([1, 2, 3, 1, 2, 3], "classification").whole
    assert target_of([0, 1, 1], "regression").task == "regression"
    assert not target_of([0.5, 1, 1, 0.5], "classification").whole


def test_whole_numbers_beyond_what_float64_tells_apart_stay_different_classes() -> None:
    column = clean(pl.DataFrame({"y": [str(2**53 + 1), str(2**53 + 3), str(2**53 + 1)]}))["y"]
    found = find_target(column.to_frame(), "y")
    assert (found.task, found.whole) == ("classification", False)
    assert found.values(column)[0].tolist() == ["9007199254740993", "9007199254740995", "9007199254740993"]


def test_the_first_whole_numbers_that_float64_blurs_are_two_classes() -> None:
    """2⁵³ + 1 as a float64 is 2⁵³."""
    found = target_of([2**53, 2**53 + 1] * 10)
    assert (found.task, found.whole) == ("classification", False)
    assert target_of([2**53 - 2, 2**53 - 1] * 10).whole


@pytest.mark.parametrize("cell", ["1.5", "1e25"])
def test_a_class_of_whole_numbers_is_not_rounded(cell: str) -> None:
    found = target_of(["0", "1", "1"])
    column = clean(pl.DataFrame({"y": ["0", cell]}))["y"]
    with pytest.raises(DataError, match=f"'y' must hold whole numbers, being the target; got '{cell}' in row 2"):
        found.values(column)


def test_values_keep_their_type() -> None:
    for given_values, expected in [
        (["a", None, "b", "a"], np.array(["a", "b", "a"])),
        (["0", "NA", "1", "0"], np.array([0, 1, 0])),
        ([True, None, False, True], np.array([True, False, True])),
        ([0.5, None, 1.25, 3.0], np.array([0.5, 1.25, 3.0])),
    ]:
        frame = clean(pl.DataFrame({"y": given_values}))
        y, rows = find_target(frame, "y").values(frame["y"])
        np.testing.assert_array_equal(y, expected)
        assert y.dtype.kind == expected.dtype.kind
        assert rows.tolist() == [0, 2, 3]


@pytest.mark.parametrize("values", [[[1, 2], [3]], [b"a", b"b"], [{"a": 1}, {"a": 2}], [dt.date(2020, 1, 1)] * 2])
def test_targets_that_are_no_single_values_are_refused_by_their_type(values) -> None:
    with pytest.raises(DataError, match=r"'y' must hold numbers, texts or truth values; got [A-Z]") as refused:
        target_of(values)
    assert "\n" not in str(refused.value)


def test_codes_lose_no_zeros() -> None:
    frame = pl.DataFrame({"y": ["007", "010", "007", "010"]})
    y, _ = find_target(frame, "y", "classification").values(frame["y"])
    assert y.tolist() == ["007", "010", "007", "010"]


def test_it_comes_back_from_its_record() -> None:
    found = target_of(["a", "b", "a"])
    assert Target.from_record(found.record()) == found


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (["NA", None], None, "must have values; all its cells are missing"),
        (["a", "a", None], None, "must have at least two different values; got 'a' in all 2 rows"),
        (["a", "b", "c"], None, "must have classes of several rows each; got 3 classes in 3 rows"),
        ([1, 2, 3], "classification", "got 3 classes in 3 rows.*or the task regression"),
        ([dt.date(2024, 1, 1), dt.date(2024, 1, 2)], None, "must hold numbers, texts or truth values; got Date"),
    ],
)
def test_nothing_can_be_learned(values, task: str | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        target_of(values, task)


def test_impossible_tasks() -> None:
    with pytest.raises(ParameterError, match="task must be classification or regression; got 'clustering'"):
        target_of([1, 2], "clustering")
    with pytest.raises(
        ParameterError, match="task must be classification for the target 'y', which holds no numbers but 'a'"
    ):
        target_of(["a", "b", "1"], "regression")
    with pytest.raises(DataError, match="must have a column 'z'"):
        find_target(pl.DataFrame({"y": [1, 2]}), "z")


def test_cells_that_do_not_belong_are_named_by_their_row() -> None:
    regression = Target("y", "regression", "")
    with pytest.raises(DataError, match="'y' must hold numbers, being the target; got 'x' in row 3"):
        regression.values(pl.Series("y", ["1", None, "x"]))
    with pytest.raises(DataError, match="'y' must hold finite numbers; got inf in row 2"):
        regression.values(pl.Series("y", [1.0, np.inf]))
    with pytest.raises(DataError, match="must hold whole numbers, being the target; got 'x' in row 1"):
        Target("y", "classification", "", whole=True).values(pl.Series("y", ["x"]))


def test_imbalance_is_named() -> None:
    assert imbalance(np.array(["a"] * 2 + ["b"])) == ""
    assert imbalance(np.array(["a"] * 9 + ["b"])) == ("The classes are unbalanced: a has 9 rows (90%), b 1 (10%).")


@given(st.integers(1, 200), st.floats(0, 0.99), st.integers(0, 2**32), st.integers(1, 6))
def test_held_out_rows(n: int, fraction: float, seed: int, n_classes: int) -> None:
    """Every row is kept or held out; about the share of each class is held out, never all of it; seeds repeat."""
    y = np.random.default_rng(seed).integers(n_classes, size=n)
    kept, held = hold_out(n, fraction, seed, y)
    assert sorted([*kept, *held]) == list(range(n))
    assert set(np.unique(y[kept])) == set(np.unique(y))
    assert abs(len(held) - fraction * n) <= n_classes + 1
    again = hold_out(n, fraction, seed, y)
    np.testing.assert_array_equal(again[1], held)
    kept, held = hold_out(n, fraction, seed)
    assert len(held) == min(round(fraction * n), n - 1)
    assert len(kept) + len(held) == n


def test_classes_of_two_spellings_of_a_number_are_counted_once() -> None:
    y = pl.Series("y", ["1.0", "0", "1"] * 8)
    found = find_target(pl.DataFrame([y]), "y")
    assert (found.task, found.why) == ("classification", "2 different whole numbers")


def test_a_target_of_one_number_in_two_spellings_is_refused_as_constant() -> None:
    with pytest.raises(DataError, match="at least two different values"):
        find_target(pl.DataFrame({"y": ["1.0", "1"] * 8}), "y")


def test_a_target_of_dates_is_no_target_of_many_classes() -> None:
    frame = pl.DataFrame({"y": [f"2024-W{n % 9 + 1:02}" for n in range(90)]})
    with pytest.raises(DataError, match=r"got dates \(yyyy-Www\). Choose another column, or --task classification"):
        find_target(frame, "y")
    assert find_target(frame, "y", "classification").is_classification
