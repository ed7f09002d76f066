"""What columns hold: kinds found from cells, marks for missing values, and which columns only name the rows."""

import contextlib
import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.core.errors import DataError
from koubai.tables.files.missing import MISSING_MARKS, clean
from koubai.tables.meaning.columns import describe_columns, require_column
from koubai.tables.meaning.date_formats import DateFormat
from koubai.tables.meaning.values import dates, labels, numbers, require, truths

DAY, NOON = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 30)


def described(values: list, name: str = "c", **options):
    return describe_columns(clean(pl.DataFrame({name: values})), **options)[0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "-3e2"], "number"),
        ([1, 2, 3], "number"),
        ([1.5, None, float("nan")], "number"),
        (["1", "", "NA"], "number"),
        ([" 1", "2 ", "?"], "number"),
        (["red", "blue", "red", "blue"], "category"),
        (["01", "02", "01", "02"], "category"),
        (["0", "1", "10", "0.5"], "number"),
        (["yes", "No", "", "YES"], "boolean"),
        ([True, False, None], "boolean"),
        (["t", "f", "t"], "boolean"),
        (["yes", "false", "yes", "false"], "category"),
        (["x", None, "x"], "category"),
        (["2024-01-01", "2024-12-31"], "date"),
        (["2024-01-01 10:00", None, "2024-12-31 23:59"], "date"),
        (["2024-01-01T10:00:00.5", "2024-12-31T23:59:00"], "date"),
        (["31.12.2024", "01.01.2024"], "date"),
        (["2024年1月2日", "2023年12月31日"], "date"),
        (["3 Jan 2024", "14 Feb 2024"], "date"),
        ([DAY, None, DAY], "date"),
        ([NOON, dt.datetime(2024, 1, 1)], "date"),
        ([dt.timedelta(hours=1), dt.timedelta(hours=2)], "number"),
        ([dt.time(10), dt.time(11)], "number"),
        ([None, None], "missing"),
        (["NA", "-", "null", ""], "missing"),
        (["x", "x", "x"], "constant"),
        ([7, 7, 7], "constant"),
        ([[1], [2]], "nested"),
        ([{"a": 1}, {"a": 2}], "nested"),
        ([b"a", b"b"], "nested"),
        (["a", "b", "c"], "identifier"),
        (
            [
                "It was the best of times, it was the worst",
                "Call me Ishmael. Some years ago, never mind how",
                "A long time ago in a galaxy far, far away there was",
            ],
            "text",
        ),
        (list(range(1, 21)), "number"),
        (list(range(9)), "number"),
        ([n * n for n in range(20)], "number"),
        ([n + 0.5 for n in range(20)], "number"),
        ([str(n) for n in range(20)], "number"),
    ],
)
def test_kinds(values: list, kind: str) -> None:
    assert described(values).kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("id", "identifier"),
        ("customer_id", "identifier"),
        ("PassengerId", "identifier"),
        ("row number", "identifier"),
        ("paid", "number"),
        ("humid", "number"),
        ("price", "number"),
    ],
)
def test_whole_numbers_under_the_name_of_an_identifier(name: str, kind: str) -> None:
    values = [n * 7919 % 100003 for n in range(50)]
    assert described(values, name).kind == kind
    assert described(values, name, keep=[name]).kind == "number"


def test_every_reason_says_what_was_seen() -> None:
    assert described(["a", "b", "c"]).reason == "3 different texts in 3 cells name the rows"
    assert described(list(range(20)), "nr").reason == "its whole numbers count the rows"
    assert described(["x"] * 3).reason == "all its cells are 'x'"
    assert described(["", "?"]).reason == "all its cells are missing"
    assert described([[1], [2]]).reason.startswith("its cells are no single values but List")
    assert described(["a", "b"], drop=["c"]).reason == "dropped as requested"
    assert described(["x" * 99] * 2).reason == "all its cells are '" + "x" * 36 + "…'"


def test_wishes_decide() -> None:
    assert described(["a", "b", "c"], keep=["c"]).kind == "category"
    assert described([3, 1, 2, 3], category=["c"]).kind == "category"
    assert described(list(range(20)), keep=["c"]).kind == "number"


def test_models_without_number_formats_read_numbers_as_they_did() -> None:
    written = ["1,234", "-1,234,567.5", "$1,200", "-€5", "12%", "12.5 %", "3円", ".5", "1e5", None]
    expected = [1234.0, -1234567.5, 1200.0, -5.0, 12.0, 12.5, 3.0, 0.5, 1e5, None]
    assert numbers(pl.Series(written)).to_list() == expected
    for other in ("1,23", "1,2345", ",5", "%", "$", "1 234", "a1", "12%%", "1,234,5", "5 kg"):
        assert numbers(pl.Series([other])).to_list() == [None], other


def test_few_texts_among_numbers_are_mistakes() -> None:
    values = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "ten", "11"]
    with pytest.raises(DataError, match=r"'c' must hold numbers, as 10 of its cells do; 1 holds text, the first 'ten'"):
        described(values)
    assert described(values, category=["c"]).kind == "category"


def test_a_wrong_name_is_answered_with_those_that_come_close() -> None:
    frame = pl.DataFrame({"Species": [1], "island": [2]})
    for name in ("species", "specie", "SPECIES"):
        with pytest.raises(DataError, match="Did you mean 'Species'"):
            require_column(frame, name)
    with pytest.raises(DataError, match="There are: Species, island"):
        require_column(frame, "weight")
    with pytest.raises(DataError, match="and 8 more"):
        require_column(pl.DataFrame({f"x{n}": [n] for n in range(20)}), "weight")
    for option in ("drop", "keep", "category"):
        with pytest.raises(DataError, match="must have a column 'weight'"):
            describe_columns(frame, **{option: ["weight"]})


def test_missing_marks() -> None:
    values = [*sorted(MISSING_MARKS), *(f" {mark} " for mark in sorted(MISSING_MARKS)), "value"]
    assert clean(pl.DataFrame({"c": values}))["c"].null_count() == len(values) - 1
    assert clean(pl.DataFrame({"c": ["+", "-", "?"]}))["c"].to_list() == ["+", "-", None]
    frame = pl.DataFrame({"c": ["a", None], "d": ["x", "NA"]}, schema={"c": pl.Categorical, "d": pl.Enum(["x", "NA"])})
    assert clean(frame).to_dict(as_series=False) == {"c": ["a", None], "d": ["x", None]}


def test_numbers_are_those_of_python() -> None:
    texts = ["1", "-2.5", "+3", "1e3", ".5", "5.", "inf", "1_000", "0x10", "1,5", "x", None]
    found = numbers(pl.Series(texts)).to_list()
    assert found == [1, -2.5, 3, 1000, 0.5, 5, math.inf, None, None, None, None, None]
    assert numbers(pl.Series([DAY])).to_list() == [None]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_read_exactly(values: list[float]) -> None:
    assert numbers(pl.Series([repr(value) for value in values])).to_list() == values


def test_a_category_is_the_same_in_any_type() -> None:
    assert labels(pl.Series([3, 4])).to_list() == ["3", "4"]
    assert labels(pl.Series([3.0, 4.5, None])).to_list() == ["3", "4.5", None]
    assert labels(pl.Series(["3", "4.5"])).to_list() == ["3", "4.5"]
    assert labels(pl.Series([True])).to_list() == ["true"]


def test_truths() -> None:
    assert truths(pl.Series(["Yes", "n", "TRUE", "maybe", None])).to_list() == [1, 0, 1, None, None]
    assert truths(pl.Series([True, False, None])).to_list() == [1, 0, None]


def test_dates_in_any_type_are_the_same_moment() -> None:
    assert dates(pl.Series(["29.02.2024"]), DateFormat("%d.%m.%Y")).to_list() == [dt.datetime(2024, 2, 29)]
    assert dates(pl.Series([DAY]), DateFormat()).to_list() == [dt.datetime(2024, 2, 29)]
    zoned = pl.Series([NOON]).dt.replace_time_zone("Asia/Tokyo").cast(pl.Datetime("ns", "Asia/Tokyo"))
    assert dates(zoned, DateFormat()).to_list() == [NOON]
    assert dates(pl.Series([3]), DateFormat()).to_list() == [None]


def test_cells_that_do_not_belong_are_named() -> None:
    with pytest.raises(DataError, match=r"'c' must hold numbers; got 'x' in row 2\. Correct it"):
        require(pl.Series("c", ["1", "x"]), numbers, "numbers", "Correct it.")
    for infinite in ("inf", "-Infinity", "1e400", "2e300"):
        with pytest.raises(DataError, match=r"'c' must hold finite numbers; got '.*' in row 3"):
            require(pl.Series("c", ["1", None, infinite]), numbers, "numbers", "")
    with pytest.raises(DataError, match="got '" + "x" * 36 + "…' in row 1"):
        require(pl.Series("c", ["x" * 99]), numbers, "numbers", "")
    np.testing.assert_array_equal(require(pl.Series("c", ["1", None]), numbers, "", ""), [1, np.nan])


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=1, max_size=30))
def test_any_texts_have_a_kind(values: list) -> None:
    """Whatever stands in the cells, a column gets a kind, or the complaint about mistakes among numbers."""
    with contextlib.suppress(DataError):
        assert described(pl.Series(values, dtype=pl.String)).kind


@pytest.mark.parametrize(
    ("dates", "odd", "form"),
    [
        ([f"{n % 28 + 1:02}.{n % 11 + 1:02}.2021" for n in range(60)], "31.02.2021", "dd.mm.yyyy"),
        ([f"2021-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(60)], "unknown", "yyyy-mm-dd"),
    ],
)
def test_a_few_cells_that_are_no_dates_among_dates_are_named_with_their_row(
    dates: list[str], odd: str, form: str
) -> None:
    frame = pl.DataFrame({"when": [*dates, odd]})
    with pytest.raises(DataError) as raised:
        describe_columns(frame)
    said = str(raised.value)
    assert f"must hold dates ({form}), as 60 of its cells do; 1 holds none, the first {odd!r} in row 61." in said
    assert describe_columns(frame, category=["when"])[0].kind == "category"


def test_a_mark_for_missing_cells_is_given_as_a_shell_needs_it() -> None:
    frame = pl.DataFrame({"x": [*map(str, range(20)), "#DIV/0!"]})
    with pytest.raises(DataError, match="say --missing '#DIV/0!' "):
        describe_columns(frame)


def test_truth_values_in_several_ways_to_write_them_are_one_kind_and_said() -> None:
    (column,) = describe_columns(pl.DataFrame({"f": ["TRUE", "t", "1", "0", "FALSE"] * 3}))
    assert (column.kind, column.note) == ("boolean", "Column 'f': 1, TRUE, t count as true, 0, FALSE as false.")
    assert truths(pl.Series(["1", "t", "0"])).to_list() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([f"{n % 28 + 1:02}/31/2021" if n % 2 else f"31/{n % 28 + 1:02}/2021" for n in range(40)], "look like dates"),
        ([f"{n % 28 + 1}. März 2021" if n % 2 else f"{n % 28 + 1}.3.2021" for n in range(40)], "look like dates"),
        ([f"{n % 24:02}:{n:02}" for n in range(40)], "look like times, such as '00:00'"),
        ([f"{n + 1}万{n}000円" for n in range(40)], "look like numbers, such as '1万0000円'"),
        ([f"{n}.5%" if n % 2 else f"0.{n}" for n in range(40)], "numbers in different units, taken as texts"),
    ],
)
def test_texts_that_seem_to_be_dates_or_numbers_are_not_left_out_without_a_word(cells: list, said: str) -> None:
    (column,) = describe_columns(pl.DataFrame({"d": cells}))
    assert said in column.reason + column.note


def test_a_range_that_a_spreadsheet_took_for_a_date_is_named() -> None:
    (column,) = describe_columns(pl.DataFrame({"age": ["10-19", "Oct-19", "20-29"] * 20}))
    assert column.note.startswith("Column 'age': 'Oct-19' among ranges may be one that a spreadsheet took for a date;")


def test_merged_cells_of_a_spreadsheet_are_suspected() -> None:
    (column,) = describe_columns(pl.DataFrame({"region": ["north", None, None, "south", None, None]}))
    assert "as merged cells of a spreadsheet are saved" in column.reason + column.note
