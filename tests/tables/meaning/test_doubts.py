"""Rows that are none: totals at the end of a table, and lines of names in the middle of it."""

from pathlib import Path

import polars as pl
import pytest

from koubai.models.prepared import prepare_table
from koubai.models.streamed import survey_table
from koubai.tables.files.blocks import open_blocks
from koubai.tables.files.frames import as_table
from koubai.tables.meaning.doubts import sums_below, why_doubtful
from koubai.tables.preparing import survey

ROWS = [f"a{n % 5},{n % 7},{n % 11}.5" for n in range(60)]


def notes_of(lines: list[str]) -> list[str]:
    """Return what is said of a table of an item, a number and a price."""
    cells = [line.split(",") for line in lines]
    frame = {name: [row[place] for row in cells] for place, name in enumerate(("item", "n", "price"))}
    return prepare_table(as_table(pl.DataFrame(frame)), "price").notes


@pytest.mark.parametrize("label", ["Total", "Grand total:", "Summe", "合計", "Somme"])
def test_a_row_called_a_total_is_named(label: str) -> None:
    assert (
        f"Row 61 seems to be a total, as it holds {label!r}. Take it out of the table if it is no row like the others."
    ) in notes_of([*ROWS, f"{label},3,4.5"])


def test_a_last_row_of_sums_is_named_without_a_label() -> None:
    n = sum(float(row.split(",")[1]) for row in ROWS)
    said = [note for note in notes_of([*ROWS, f"a1,{n:.0f},4.5"]) if "total" in note]
    assert len(said) == 1
    assert said[0].startswith("Row 61 seems to be a total, as it holds the sums of n. Take it out of the table")


def test_numbers_below_a_limit_of_detection_are_named() -> None:
    values = pl.Series([f"0.{k:02}" if k % 2 else "<0.5" for k in range(60)])
    assert why_doubtful(values).startswith("its cells look like numbers, such as '<0.5', but no one way to write")
    assert why_doubtful(pl.Series([f"{k:03}" for k in range(60)])) == ""


def test_an_ordinary_last_row_is_no_total() -> None:
    assert not [note for note in notes_of(ROWS) if "total" in note]
    assert sums_below({"x": pl.Series([0.0] * 9)}, 9) == []


def test_a_total_is_named_in_a_table_that_is_read_block_by_block(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("item,n,price\n" + "\n".join([*ROWS, "Total,3,4.5"]) + "\n")
    notes = survey_table(open_blocks(path), "price", split=survey.Split(0.0, 0.0, 0)).notes
    assert any(note.startswith("Row 61 seems to be a total, as it holds 'Total'.") for note in notes)


def test_a_line_of_names_in_the_middle_is_named() -> None:
    texts = [f"a{n % 5},b{n % 3},{'xy'[n % 2]}" for n in range(60)]
    assert "Row 31 repeats the names of the columns. Take such rows out of the table." in notes_of(
        [*texts[:30], "item,n,price", *texts[30:]]
    )


def test_what_is_said_of_a_sample_is_not_said_of_the_whole_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "MOST_SAMPLED", 100)
    monkeypatch.setattr(survey, "LEAST_SAMPLED", 100)
    path = tmp_path / "a.csv"
    path.write_text("x,name,y\n" + "".join(f"{-999 if n % 5 == 0 else n % 40},n{n},{n % 2}\n" for n in range(1000)))
    found = survey_table(open_blocks(path), "y", split=survey.Split(0.0, 0.0, 0))
    n = found.found.sample.height
    assert n < 200
    assert any(note.startswith(f"Among {n} sampled rows: Column 'x': -999 stands in") for note in found.notes)
    assert f"in {n} sampled cells name the rows" in found.preparation.left_out[0].reason
