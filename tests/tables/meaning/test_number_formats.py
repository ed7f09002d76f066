"""How columns write numbers: never wrong by a thousand without a word, kept from fit to prediction."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.core.errors import DataError, ParameterError
from koubai.tables.meaning.number_evidence import decide, evidence_of
from koubai.tables.meaning.number_formats import Asked, NumberFormat


def read(cells: list, asked: Asked | None = None, separator: str = "") -> list:
    column = pl.Series("c", cells)
    decided = decide([column], asked, separator)["c"].format
    assert decided is not None
    return decided.read(column).to_list()


@pytest.mark.parametrize(
    ("cells", "separator", "numbers"),
    [
        (["0,475", "1,425"], "\t", [0.475, 1.425]),
        (["1,5", "1.234"], ";", [1.5, 1234]),
        (["1.234.567", "3"], ";", [1234567, 3]),
        (["1,234.5", "987"], ",", [1234.5, 987]),
        (["1.158,22", "57.637,54"], ";", [1158.22, 57637.54]),
        (["1.234", "0.5"], ";", [1.234, 0.5]),
        (["1.234", "15.678"], ",", [1.234, 15.678]),
        (["1,234", "987"], ",", [1234, 987]),
        (["1234", "1.234"], ",", [1234, 1.234]),
        (["(1,234.50)", "737.89"], ",", [-1234.5, 737.89]),
        (["1'234", "1’234.5", "3"], ",", [1234, 1234.5, 3]),
        (["1 234", "12", "1\u00a0234\u202f567"], ",", [1234, 12, 1234567]),
        (["91 min", "5 mins", "120 Min."], ",", [91, 5, 120]),
        (["3+", "2", "10+"], ",", [3, 2, 10]),
        (["12 %", "0.5%"], ",", [12, 0.5]),
        (["€ 5", "1.234,50 €", "-€3"], ";", [5, 1234.5, -3]),
        (["$1,200", "3", "-$5"], ",", [1200, 3, -5]),
        (["5,000.0 kg", "12 kg"], ",", [5000, 12]),
        (["\u22125", "+3"], ",", [-5, 3]),
        (["１２", "３．５"], ",", [12, 3.5]),
        (["1e5", "-2.5e-3"], ",", [1e5, -2.5e-3]),
    ],
)
def test_what_numbers_mean_is_seen_from_all_cells_of_a_column(cells: list, separator: str, numbers: list) -> None:
    assert read(cells, separator=separator) == numbers


@pytest.mark.parametrize(
    ("cells", "separator"),
    [(["987", "1.234"], ";"), (["987", "1.234"], ","), (["1.234", "2.345"], ";"), (["1,234", "987"], "\t")],
)
def test_what_cannot_be_told_is_asked(cells: list, separator: str) -> None:
    column = pl.Series("c", cells)
    with pytest.raises(DataError, match=r"Column 'c' must show what its points and commas mean; '.*' may be 1\.\d+ or"):
        decide([column], None, separator)
    by_point, by_comma = (read(cells, Asked(decimal=mark), separator) for mark in (".", ","))  # each answer is heeded
    assert by_point != by_comma
    assert read(cells, Asked(thousands=".")) == by_comma


def test_other_columns_decide_for_one_that_leaves_it_open_and_this_is_said() -> None:
    found = decide([pl.Series("area", ["11,9", "202,4"]), pl.Series("flats", ["441", "7.489"])], None, ";")
    assert found["flats"].format == NumberFormat(",", grouped=True)
    assert found["flats"].note == "Column 'flats': 7.489 is read as 7489, as the decimal mark is ',' in 'area'."
    assert found["area"].note == ""


def test_cells_prove_more_than_what_is_asked() -> None:
    """--decimal answers for the columns that leave it open; it does not make texts of the others."""
    found = decide([pl.Series("open", ["987", "1.234"]), pl.Series("sure", ["0.5", "2.25"])], Asked(decimal=","))
    assert found["open"].format == NumberFormat(",", grouped=True)
    assert found["sure"].format == NumberFormat(".", grouped=True)
    assert read(["1,5", "2.5"], Asked(decimal=",")) == [1.5, None]


def test_units_open_ends_and_parentheses_are_said() -> None:
    assert decide([pl.Series("c", ["91 min", "5 min"])])["c"].note.endswith("in 'min', which is left off.")
    assert decide([pl.Series("c", ["3+", "2"])])["c"].note == "Column 'c': cells such as 3+ count as 3."
    assert decide([pl.Series("c", ["(3)", "2"])])["c"].note.endswith("numbers in parentheses are negative.")
    assert "1,234 is read as 1234, as most tables have it" in decide([pl.Series("c", ["1,234", "5,678"])])["c"].note


@pytest.mark.parametrize("cells", [["5 kg", "500 g"], ["12 %", "0.5"], ["5 kg", "3"]])
def test_different_units_are_no_numbers(cells: list) -> None:
    found = decide([pl.Series("c", cells)])["c"]
    assert found.format is None
    assert "numbers in different units" in found.note


@pytest.mark.parametrize(
    "cells",
    [
        ["G0", "G1"],
        ["30.09.19", "28.08.21"],
        ["1.2.3", "1.10.2"],
        ["2024-01-01", "2024-01-02"],
        ["10:30", "11:45"],
        ["1st", "2nd"],
        ["red", "blue"],
    ],
)
def test_other_texts_are_no_numbers(cells: list) -> None:
    column = pl.Series("c", cells)
    found = decide([column])
    assert "c" not in found or found["c"].format is None


def test_telephone_numbers_are_no_amounts() -> None:
    assert decide([pl.Series("c", ["555 123 456", "555 987 321", "444 123 999"])])["c"].format is None


def test_one_reading_is_kept_for_later_cells() -> None:
    comma, point = NumberFormat(",", grouped=True), NumberFormat(".", grouped=False)
    assert comma.read(pl.Series(["1.234", "1.5", "0.475", "1,5"])).to_list() == [1234, None, None, 1.5]
    assert point.read(pl.Series(["1,234", "1.234", "12 %", "3+"])).to_list() == [None, 1.234, None, None]
    minutes = NumberFormat(unit="min")
    assert minutes.read(pl.Series(["5 min", "5", "5 h"])).to_list() == [5, None, None]


def test_a_format_comes_back_from_its_record() -> None:
    for found in (NumberFormat(), NumberFormat(",", True, "€", True)):
        assert NumberFormat.from_record(found.record()) == found
    assert NumberFormat.from_record(None) is None
    with pytest.raises(ValueError, match="a decimal mark must be a point or a comma"):
        NumberFormat.from_record({**NumberFormat().record(), "decimal": "x"})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(decimal="x"), "decimal must be '.' or ','; got 'x'"),
        (Asked(thousands="x"), "thousands must be ',', '.'.* got 'x'"),
        (Asked(decimal=".", thousands="."), "thousands must be another mark than decimal; got '.' twice"),
        (Asked(date_order="xyz"), "date_order must be 'dmy', 'mdy' or 'ymd'; got 'xyz'"),
    ],
)
def test_what_is_asked_is_checked(asked: Asked, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        asked.check()


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1),
    st.sampled_from([".", ","]),
    st.sampled_from(["", " kg", " €"]),
)
def test_numbers_that_are_written_are_read_exactly(thousandths: list[int], decimal: str, unit: str) -> None:
    """Whatever the marks, groups and unit are, what was written comes back."""
    other = "," if decimal == "." else "."
    values = [number / 1000 for number in thousandths] + [0.5]
    cells = [f"{value:,.3f}".translate({ord(","): other, ord("."): decimal}) + unit for value in values]
    assert read(cells) == values


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_of_python_are_read_exactly(values: list[float]) -> None:
    column = pl.Series("c", [repr(value) for value in values])
    assert evidence_of(column) is not None
    assert NumberFormat().read(column).to_list() == values


def test_a_unit_may_stand_behind_the_parentheses_of_a_negative_number() -> None:
    cells = pl.Series("x", ["(1.234,50) €", "(3 €)", "2,5 €", "(3) €)", "(3 €"])
    assert NumberFormat(",", grouped=True, unit="€").read(cells).to_list() == [-1234.5, -3.0, 2.5, None, None]


@pytest.mark.parametrize(
    ("cells", "values", "said"),
    [
        (["1.23-", "4.56", "7-"], [-1.23, 4.56, -7.0], "a minus behind the number counts, so that 1.23- is negative"),
        (["3.822,72-", "4,56"], [-3822.72, 4.56], "so that 3.822,72- is negative"),
        (["12,34,567", "4,56,789.5", "7"], [1234567.0, 456789.5, 7.0], "so that 12,34,567 has the digits 1234567"),
        (["₹ 1,37,683.50", "₹ 9"], [137683.5, 9.0], "commas set off lakhs and crores"),
    ],
)
def test_a_minus_behind_and_groups_of_lakhs_are_read_and_said(cells: list, values: list, said: str) -> None:
    column = pl.Series("c", cells)
    found = decide([column])["c"]
    assert found.format is not None
    assert found.format.read(column).to_list() == values
    assert said in found.note
    assert NumberFormat.from_record(found.format.record()) == found.format


def test_marks_with_plus_and_minus_behind_them_are_texts_which_is_said() -> None:
    found = decide([pl.Series("grade", ["1", "2-", "2+", "3"])])["grade"]
    assert found.format is None
    assert found.note == (
        "Column 'grade': in some cells + stands behind the number, in others -, as in 2-; they are taken as texts."
    )


@pytest.mark.parametrize("cell", ["-5-", "(5-)", "12-A", "5-6"])
def test_a_minus_behind_is_no_sign_beside_another_or_before_a_letter(cell: str) -> None:
    assert NumberFormat(minus_behind=True).read(pl.Series([cell])).to_list() == [None]


def test_a_minus_behind_is_refused_by_a_model_that_never_saw_one() -> None:
    assert NumberFormat().read(pl.Series(["5-", "5"])).to_list() == [None, 5.0]
