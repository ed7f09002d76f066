"""What looks wrong with a table is said, and ordinary tables are left in peace."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.core.errors import DataError
from koubai.models.prepared import HeldOut, prepare_table
from koubai.tables.files.missing import clean
from koubai.tables.files.reading import Table, read_table
from koubai.tables.meaning.columns import describe_columns
from koubai.tables.meaning.date_formats import DateFormat
from koubai.tables.preparing.leaks import leaks
from koubai.tables.preparing.suspicions import (
    amounts_as_classes,
    far_dates,
    lone_value,
    repeated_rows,
    sentinels,
    spellings,
)
from koubai.tables.preparing.targets import find_target

RNG = np.random.default_rng(0)


def notes_of(frame: pl.DataFrame, target: str) -> list[str]:
    return prepare_table(Table(clean(frame), "t"), target, held_out=HeldOut(0.2)).notes


def identifier(values: list, name: str) -> bool:
    return describe_columns(clean(pl.DataFrame({name: values})))[0].kind == "identifier"


@pytest.mark.parametrize(
    ("values", "lone"),
    [
        ([*range(30), -999], -999),
        ([*range(30), 9999], 9999),
        ([*range(30)] + [-200] * 5, -200),
        ([*range(30), 200], None),
        ([*range(30), 99], None),
        ([0, 1] * 20 + [10] * 3, None),
        ([0, 1] * 20 + [999], 999),
        (list(RNG.normal(size=500).round(2)), None),
        (list(np.exp(3 * RNG.normal(size=500))), None),
    ],
)
def test_numbers_far_from_all_else_are_named(values: list, lone: float | None) -> None:
    found = lone_value(pl.Series(values, dtype=pl.Float64))
    assert (found and found.value) == lone


def test_a_mark_of_one_column_is_named_for_the_others_too() -> None:
    near = pl.Series([*range(800, 2000, 4)] + [-200] * 3, dtype=pl.Float64)
    far = pl.Series([n / 30 for n in range(300)] + [-200.0] * 3)
    (said,) = sentinels({"far": far, "near": near})
    assert said == (
        "Column 'far': -200 stands in 3 rows far from all else (0 to 9.96667); so it does in near. "
        "If it marks missing values, say --missing -200."
    )


def test_spellings_are_named_and_not_merged() -> None:
    assert spellings(pl.Series("ok", ["yes", "Yes", "YES", "no"]), True) == (
        "The target 'ok': 'YES' and 'Yes' and 'yes' differ only in spelling and are different classes. "
        "Make them one if they are one."
    )
    assert "'New  York' and 'new york'" in spellings(pl.Series("c", ["new york", "New  York"]))
    assert "'1' and '1.0'" in spellings(pl.Series("c", ["1", "1.0", "x"]), True)
    assert spellings(pl.Series("c", ["red", "blue", "01", "1"])) == ""


def test_rows_that_repeat_others_are_counted_also_in_the_held_out_ones() -> None:
    frame = pl.DataFrame({"a": RNG.normal(size=100), "b": RNG.normal(size=100)})
    twice = pl.concat([frame, frame.head(20)])
    assert repeated_rows(frame) == []
    (said,) = repeated_rows(twice, np.arange(100), np.arange(100, 120))
    assert said == (
        "20 rows of 120 repeat others in all columns. "
        "20 held-out rows of 20 stand among the training rows as well, which flatters the score."
    )
    few = pl.DataFrame({"a": RNG.integers(2, size=200), "b": RNG.integers(3, size=200)})
    assert repeated_rows(few) == []  # equal by chance


def test_columns_that_give_the_target_away_are_named() -> None:
    a, b, noise = (pl.Series(RNG.normal(size=200).round(2)) for _ in range(3))
    codes = pl.Series(RNG.integers(3, size=200))
    names = codes.cast(pl.String).replace({"0": "x", "1": "y", "2": "z"})
    assert "'c' is the target under another name" in leaks({"c": codes, "a": a}, names, "y")[0]
    city = pl.Series(RNG.integers(6, size=200))
    assert (
        "'city' gives the target away: each of its 6 values"
        in leaks({"city": city}, (city % 2).cast(pl.String), "y")[0]
    )
    assert "both put the rows in the same order" in leaks({"a": a, "b": b}, a**3 + a, "y")[0]
    assert leaks({"a": a, "b": b}, a - b, "y") == [
        "The target 'y' is a - b. If these are not known beforehand, say --drop a,b."
    ]
    assert "is a weighted sum of a, b" in leaks({"a": a, "b": b, "n": noise}, 2 * a + 3 * b, "y")[0]
    assert leaks({"a": a, "b": b}, a + b + 0.1 * noise, "y") == []
    assert leaks({"a": a, "b": b}, pl.Series(np.where(a + b > 0, "p", "q")), "y") == []


def test_identifiers_need_more_than_a_name_or_counting() -> None:
    counting, scattered = list(range(1, 41)), [n * 7919 % 100003 for n in range(40)]
    for name in ("id", "PassengerId", "row number", "Unnamed: 0", "index", "nr", "番号"):
        assert identifier(counting, name), name
    for name in ("year", "day", "t", "dose", "x"):
        assert not identifier([1984 + n for n in counting] if name == "year" else counting, name), name
    for name in ("price index", "number", "house_no", "price"):
        assert not identifier(scattered, name), name
    assert identifier(scattered, "customer_id")
    assert not identifier([n % 8 for n in range(40)], "store_id")


def test_a_used_column_that_counts_is_said_unless_it_is_a_time() -> None:
    y = RNG.normal(size=40)
    (said,) = notes_of(pl.DataFrame({"dose": range(1, 41), "z": RNG.normal(size=40), "y": y}), "y")
    assert said == "Column 'dose' counts up from row to row; --drop dose if it only names the rows."
    assert notes_of(pl.DataFrame({"year": range(1985, 2025), "z": RNG.normal(size=40), "y": y}), "y") == []
    assert notes_of(pl.DataFrame({"day": range(40), "z": RNG.normal(size=40), "y": y}), "y") == []


def test_ordinary_tables_raise_no_suspicion() -> None:
    from sklearn import datasets

    for load in (datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer, datasets.load_diabetes):
        bunch = load()
        frame = pl.DataFrame(bunch.data, schema=list(bunch.feature_names)).with_columns(y=pl.Series(bunch.target))
        assert [note for note in notes_of(frame, "y") if "unbalanced" not in note] == [], load.__name__


def test_published_tables_raise_no_false_suspicion(shared_data: Path) -> None:
    for name, target in (("penguins.csv", "species"), ("titanic.csv", "Survived"), ("titanic.csv", "Fare")):
        notes = notes_of(read_table(shared_data / name).frame, target)
        assert [note for note in notes if "unbalanced" not in note] == [], name


def test_a_small_table_that_holds_every_row_twice_is_not_taken_for_chance() -> None:
    rows = [{"x": n * 7 % 41, "g": n % 3, "y": n % 2} for n in range(40)]
    assert "40 rows of 80 repeat others" in repeated_rows(pl.DataFrame(rows + rows))[0]


def test_a_target_that_is_a_rounded_sum_is_named() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 80))
    inputs = {"a": pl.Series(a.round(3)), "b, net": pl.Series(b.round(3))}
    (sentence,) = leaks(inputs, pl.Series((a + b).round(3)), "y")
    assert sentence.startswith("The target 'y' is a + b, net.")
    assert sentence.endswith("""say --drop 'a,"b, net"'.""")


def test_counts_that_are_read_as_classes_are_mentioned_unless_the_task_was_given() -> None:
    frame = pl.DataFrame({"claims": [0, 1, 2, 3, 4, 5] * 20, "few": [0, 1, 2, 3] * 30, "text": list("abcdef") * 20})
    said = {name: amounts_as_classes(find_target(frame, name), frame[name].n_unique()) for name in frame.columns}
    assert said == {
        "claims": "The 6 different whole numbers of 'claims' are read as classes. If they count or measure something, "
        "ask for --task regression (task='regression').",
        "few": "",
        "text": "",
    }
    assert amounts_as_classes(find_target(frame, "claims", "classification"), 6) == ""


DAYS = [f"2024-{1 + day % 12:02}-{1 + day % 28:02}" for day in range(40)]


@pytest.mark.parametrize("mark", ["9999-12-31", "0001-01-01", "1900-01-01"])
@pytest.mark.parametrize("typed", [False, True])
def test_a_date_far_from_all_others_is_named_and_can_be_a_mark_of_missing_ones(mark: str, typed: bool) -> None:
    days = pl.Series("until", [*DAYS, *[mark] * 20])
    if typed:
        days = days.str.to_date()
    frame = pl.DataFrame([days]).with_columns(x=pl.int_range(60), y=pl.Series(["a", "b"] * 30))
    said = [note for note in notes_of(frame, "y") if "until" in note]
    assert said == [
        f"Column 'until': {mark} stands in 20 rows far from all else (2024-01-01 to 2024-12-24). If it marks missing "
        f"values, say --missing {mark}."
    ]
    marked = koubai.TableModel(epochs=1, n_members=1, cross_validation=False, missing=[mark]).fit(frame, "y")
    column = next(column for column in marked.preparation_.columns if column.name == "until")
    assert column.marks_missing
    later = [frame[39:], frame[39:].with_columns(until=pl.lit(None, dtype=days.dtype))]
    after = [marked.predict(rows)["probability_a"][1:].to_list() for rows in later]
    assert after[0] == after[1]


def test_dates_that_lie_near_each_other_are_not_named() -> None:
    assert far_dates({"d": (pl.Series([*DAYS, *["1990-01-01"] * 2]), DateFormat())}) == []
    assert far_dates({"d": (pl.Series(["9999-12-31", "2024-05-01"] * 20), DateFormat())}) == []


@pytest.mark.parametrize(("day", "shown"), [(3_000_000, r"\+10183-09-21"), (-800_000, "-0221-09-04")])
def test_a_date_by_type_of_a_year_that_no_calendar_has_is_refused_with_its_row(day: int, shown: str) -> None:
    days = pl.Series([19_000 + k for k in range(29)] + [day], dtype=pl.Int32).cast(pl.Date)
    frame = pl.DataFrame({"d": days, "x": range(30), "y": ["a", "b"] * 15})
    with pytest.raises(DataError, match=rf"Column 'd' must hold dates of the form yyyy-mm-dd; got '{shown}' in row 30"):
        koubai.TableModel(epochs=1).fit(frame, "y")
