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
    assert "needs fastexcel to be read, which is missing. Install it with pip install 'koubai[excel]'" in said
