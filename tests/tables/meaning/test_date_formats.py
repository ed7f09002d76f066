"""How columns write dates: never day for month or year without a word, and a frame's own CSV is understood."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.tables.meaning.date_evidence import decide_dates, pivot_of
from koubai.tables.meaning.date_formats import DateFormat, in_words, is_date_form
from koubai.tables.meaning.number_formats import Asked

MAY_3 = dt.datetime(2024, 5, 3)
AT_TWO = dt.datetime(2024, 5, 3, 14, 5)


def decided(cells: list, asked: Asked | None = None):
    return decide_dates([pl.Series("c", cells)], asked).get("c")


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("03.05.24", MAY_3),
        ("03-May-24", MAY_3),
        ("3-May-2024", MAY_3),
        ("3 May 2024", MAY_3),
        ("3. May 2024", MAY_3),
        ("May 3, 2024", MAY_3),
        ("Fri, 03 May 2024 14:05:00 GMT", AT_TWO),
        ("2024-05-03", MAY_3),
        ("2024/5/3", MAY_3),
        ("2024.05.03", MAY_3),
        ("2024年5月3日", MAY_3),
        ("2024年5月3日(金) 14時5分", AT_TWO),
        ("2024-05", dt.datetime(2024, 5, 1)),
        ("May 2024", dt.datetime(2024, 5, 1)),
        ("2024-05-03 14:05", AT_TWO),
        ("2024-05-03T14:05:00.000Z", AT_TWO),
        ("2024-05-03 14:05:00+09:00", AT_TWO),
        ("2024-05-03 14:05 UTC", AT_TWO),
        ("03.05.2024 14:05:00", AT_TWO),
        ("03-05-2024 2:05 PM", AT_TWO),
    ],
)
def test_one_date_in_many_forms(cell: str, date: dt.datetime) -> None:
    later = cell.replace("May", "Dec") if "May" in cell else cell
    found = decided([cell, later])
    assert found.format.read(pl.Series([cell])).to_list() == [date]


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["30.09.19", "28.08.21"], "%d.%m.%y"),
        (["30/09/2019 09:00:12", "01/02/2021 10:00:00"], "%d/%m/%Y"),
        (["09/30/19", "01/02/21"], "%m/%d/%y"),
        (["24/05/03", "24/05/31", "23/01/02"], "%y/%m/%d"),
        (["30-09-19", "12-08-19"], "%d-%m-%y"),
    ],
)
def test_the_order_is_seen_from_all_cells(cells: list, form: str) -> None:
    assert decided(cells).format.form == form


def test_where_both_orders_fit_one_is_taken_and_said() -> None:
    cells = ["1/2/2024 10:00", "3/4/2024 11:00"]
    found = decided(cells)
    assert found.format.read(pl.Series(cells))[0] == dt.datetime(2024, 1, 2, 10)
    assert "read as mm/dd/yyyy, so that 1/2/2024 10:00 is 2024-01-02; --date-order dmy" in found.note
    other = decided(cells, Asked(date_order="dmy"))
    assert other.format.read(pl.Series(cells))[0] == dt.datetime(2024, 2, 1, 10)
    assert other.note == ""


def test_another_column_of_dates_decides() -> None:
    found = decide_dates([pl.Series("a", ["1/2/2024", "3/4/2024"]), pl.Series("b", ["31/12/2024", "1/1/2024"])])
    assert found["a"].format.form == "%d/%m/%Y"


@pytest.mark.parametrize(
    "cells", [["2024-13-01"], ["31.02.2024"], ["12-12", "13-13"], ["1.5", "2.5"], ["a", "b"], ["May"]]
)
def test_other_cells_are_no_dates(cells: list) -> None:
    assert decided(cells) is None


def test_a_year_of_four_digits_needs_four() -> None:
    assert DateFormat("%Y.%m.%d").read(pl.Series(["30.09.19", "2030.09.19"])).to_list() == [
        None,
        dt.datetime(2030, 9, 19),
    ]


def test_the_form_of_training_is_kept_and_what_cannot_be_misread_is_read() -> None:
    form = DateFormat("%d/%m/%Y")
    assert form.read(pl.Series(["03/05/2024", "12/31/2024", "2024-05-03"])).to_list() == [MAY_3, None, MAY_3]
    assert DateFormat("").read(pl.Series(["2024-05-03 14:05:00", "03.05.2024"])).to_list() == [AT_TWO, None]


def test_forms_of_earlier_models_are_understood() -> None:
    assert DateFormat("%d.%m.%Y %H:%M").read(pl.Series(["03.05.2024 14:05"])).to_list() == [AT_TWO]
    assert DateFormat("%Y-%m-%dT%H:%M:%S%.fZ").read(pl.Series(["2024-05-03T14:05:00.5Z"])).to_list() == [AT_TWO]


def test_years_of_two_digits_lie_together() -> None:
    births = [*range(6), *range(35, 100)]
    assert pivot_of(births) == 35
    cells = [f"01.02.{year:02}" for year in births]
    found = decided(cells, Asked(date_order="dmy"))
    years = found.format.read(pl.Series(cells)).dt.year()
    assert (years.min(), years.max()) == (1935, 2005)
    assert "years of two digits are those from 1935 to 2034" in found.note


def test_hours_of_noon_and_midnight() -> None:
    found = DateFormat().read(pl.Series(["2024-05-03 12:00 AM", "2024-05-03 12:00 PM", "2024-05-03 13:00 PM"]))
    assert [None if time is None else time.hour for time in found.to_list()] == [0, 12, None]


@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)), min_size=1))
def test_the_csv_of_a_frame_of_dates_gives_its_dates(times: list[dt.datetime]) -> None:
    frame = pl.DataFrame({"t": pl.Series(times, dtype=pl.Datetime("us")).dt.truncate("1s")})
    for texts in (
        pl.read_csv(frame.write_csv().encode(), infer_schema=False)["t"],
        pl.Series([str(time) for time in frame["t"]]),
        frame["t"].dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
    ):
        assert DateFormat("").read(texts).to_list() == frame["t"].to_list()


def test_forms_in_words() -> None:
    assert in_words("%d.%m.%Y %H:%M") == "dd.mm.yyyy"


def test_different_zones_are_said() -> None:
    said = decided(["2024-05-03 10:00+09:00", "2024-05-03 10:00Z"]).note
    assert said == "Column 'c': times are of different zones, or some have none; hours are taken as they are written."
    assert decided(["2024-05-03 10:00Z", "2024-05-03 10:00 UTC", "2024-05-03T10:00:00+00:00"]).note == ""
    assert decided(["13-05-2024", "14-05-2024 10:00"]).note == ""


@pytest.mark.parametrize(
    ("cells", "form", "days", "said"),
    [
        (["2024-W05", "2023-W52"], "%Y-W%V", ["2024-01-29", "2023-12-25"], "weeks are taken as their Mondays"),
        (["2020W53", "2024W01"], "%Y-W%V", ["2020-12-28", "2024-01-01"], "2020W53 is 2020-12-28"),
        (["2024-W05-3"], "%Y-W%V", ["2024-01-31"], "Mondays"),
        (["KW 5/2024", "KW 12/2024"], "W%V/%Y", ["2024-01-29", "2024-03-18"], "KW 5/2024 is 2024-01-29"),
        (["2024Q1", "2024Q3"], "%Y-Q%q", ["2024-01-01", "2024-07-01"], "quarters as their first days"),
        (["令和6年4月1日", "平成元年1月8日"], "%E年%m月%d日", ["2024-04-01", "1989-01-08"], "years are Japan's"),
        (["R6.4.1", "H31.4.30", "S64.1.7"], "%E.%m.%d", ["2024-04-01", "2019-04-30", "1989-01-07"], "R6.4.1 is 2024"),
        (["R06/04/01"], "%E/%m/%d", ["2024-04-01"], "--category"),
        (["令和6年4月"], "%E年%m月", ["2024-04-01"], "Japan"),
    ],
)
def test_weeks_quarters_and_eras_are_dates_and_said(cells: list, form: str, days: list, said: str) -> None:
    column = pl.Series("d", cells)
    found = decide_dates([column])["d"]
    assert found.format.form == form
    assert is_date_form(form)
    assert found.format.read(column).dt.date().cast(pl.String).to_list() == days
    assert said in found.note


@pytest.mark.parametrize("cell", ["2024-W54", "2023-W53", "2024Q5", "令和0年4月1日", "R6.13.1", "S3.15.2"])
def test_no_such_week_quarter_or_year_is_no_date(cell: str) -> None:
    assert decide_dates([pl.Series("d", [cell] * 3)]) == {}
