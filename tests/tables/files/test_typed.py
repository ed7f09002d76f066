"""Spreadsheets, JSON lines, Arrow and Feather files: read with their types, or refused in one sentence."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from koubai.core.errors import DataError, FileError
from koubai.tables.files.blocks import open_blocks
from koubai.tables.files.reading import read_table

FRAME = pl.DataFrame({"x": [1.5, 2.0, None], "name": ["あき", "b", "c"], "n": [1, 2, 3]})


def written(path: Path) -> Path:
    """Write the table in the format of a suffix, by another library than the one that reads it where there is one."""
    if path.suffix == ".xlsx":
        from openpyxl import Workbook

        book = Workbook()
        book.active.title = "first"
        for row in (FRAME.columns, *FRAME.rows()):
            book.active.append(list(row))
        book.create_sheet("second")
        book.save(path)
    elif path.suffix == ".ods":
        pytest.importorskip("odf")
        FRAME.to_pandas().to_excel(path, engine="odf", index=False)
    elif path.suffix in (".jsonl", ".ndjson"):
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in FRAME.to_dicts()), encoding="utf-8")
    elif path.suffix == ".feather":
        import pyarrow.feather

        pyarrow.feather.write_feather(FRAME.to_arrow(), path)
    else:
        FRAME.write_ipc_stream(path)
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".ods", ".jsonl", ".ndjson", ".feather", ".arrow"])
def test_cells_keep_their_types(tmp_path: Path, suffix: str) -> None:
    found = read_table(written(tmp_path / f"t{suffix}"))
    assert found.frame.columns == FRAME.columns
    assert found.frame["x"].to_list() == [1.5, 2.0, None]
    assert found.frame["name"].to_list() == ["あき", "b", "c"]
    assert [int(cell) for cell in found.frame["n"].to_list()] == [1, 2, 3]
    said = ("The file has 2 sheets; the first, 'first', is read.",) if suffix == ".xlsx" else ()
    assert found.notes == said


@pytest.mark.parametrize("suffix", [".xlsx", ".ods", ".jsonl", ".feather", ".arrow"])
def test_what_is_damaged_or_none_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes(b"\x00{nothing of the kind" * 9)
    with pytest.raises(DataError, match=r"must be (a whole|text with one JSON).*; it is damaged or none\. Get it anew"):
        read_table(path)
    with pytest.raises(DataError, match="must be Parquet or text to be read block by block"):
        open_blocks(path)
    with pytest.raises(FileError, match="there is no such file"):
        read_table(tmp_path / f"none{suffix}")


def test_what_reads_spreadsheets_is_named_where_it_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path / "t.xlsx")
    code = (
        "import sys; sys.modules['fastexcel'] = None\n"
        f"from koubai.tables.files.reading import read_table\nread_table({str(path)!r})"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    assert "needs fastexcel to be read, which is missing. Install it with pip install fastexcel" in said


def sheet(path: Path, rows: list[list[object]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


ROWS: list[list[object]] = [["a", "b", "y"], [1.5, "u", 1], [2.5, "v", 2], [3.5, "u", 3]]


def test_titles_above_a_sheet_s_table_are_left_aside_and_said(tmp_path: Path) -> None:
    path = sheet(tmp_path / "t.xlsx", [["Report 2024"], [], *ROWS])
    found = read_table(path)
    assert (found.frame.columns, found.frame["a"].to_list()) == (["a", "b", "y"], [1.5, 2.5, 3.5])
    assert found.notes == ("The first 2 lines are no part of the table and left aside: 'Report 2024'.",)
    assert read_table(path, skip_lines=2).frame.equals(found.frame)
    assert read_table(path, skip_lines=2).notes == ()
    assert read_table(sheet(tmp_path / "u.xlsx", [["Report"], *ROWS])).frame.equals(found.frame)


def test_one_name_of_two_is_no_title(tmp_path: Path) -> None:
    found = read_table(sheet(tmp_path / "t.xlsx", [["a"], [1.5, 1], [2.5, 2]]))
    assert found.frame.to_dict(as_series=False) == {"a": [1.5, 2.5], "column_2": [1.0, 2.0]}
    texts = read_table(sheet(tmp_path / "u.xlsx", [["a"], ["u", "v"], ["w", "x"]]))
    assert texts.frame.height == 2
    numbered = read_table(sheet(tmp_path / "v.xlsx", [["a"], [1, 2, 3], [4, 5, 6]]))
    assert numbered.frame.height == 2


def test_a_sheet_without_names_is_told_apart_by_the_option(tmp_path: Path) -> None:
    found = read_table(sheet(tmp_path / "t.xlsx", [["note"], *ROWS[1:]]), header=False, skip_lines=1)
    assert not found.has_names
    assert found.frame["column_1"].to_list() == [1.5, 2.5, 3.5]


def test_formulas_without_results_are_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [[*row, f"=A{place}*2" if place > 1 else "twice"] for place, row in enumerate(ROWS, 1)]
    found = read_table(sheet(tmp_path / "t.xlsx", rows))
    assert found.frame["twice"].null_count() == 3
    assert found.notes == (
        "The spreadsheet has formulas without results in 3 cells, which count as missing. Open it in a spreadsheet "
        "program and save it, so that it holds them.",
    )
    assert "dtype" not in capfd.readouterr().err


def test_an_empty_sheet_is_called_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must hold column names and rows; it is empty"):
        read_table(sheet(tmp_path / "t.xlsx", []))
