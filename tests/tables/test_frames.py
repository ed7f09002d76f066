"""What may be called a table: files, polars, pandas, Arrow and mappings, all read alike."""

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from koubai.core.errors import DataError, ParameterTypeError
from koubai.tables.frames import as_table
from koubai.tables.reading import Table

EXPECTED = {"a": [1.5, None], "b": ["x", None]}


def test_all_forms_are_read_alike(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1.5, None], "b": ["x", "?"]})
    (tmp_path / "t.csv").write_text("a,b\n1.5,x\nNA,?\n")
    forms = [
        frame,
        frame.lazy(),
        Table(frame, "here"),
        pd.DataFrame({"a": [1.5, float("nan")], "b": ["x", "?"]}),
        pa.table({"a": [1.5, None], "b": ["x", "?"]}),
        {"a": [1.5, None], "b": ["x", "?"]},
    ]
    for form in forms:
        assert as_table(form).frame.to_dict(as_series=False) == EXPECTED
    for path in (tmp_path / "t.csv", str(tmp_path / "t.csv")):
        assert as_table(path).frame.to_dict(as_series=False) == {"a": ["1.5", None], "b": ["x", None]}


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ParameterTypeError, match="a mapping of column names to values, or a path; got int"):
        as_table(3)
    with pytest.raises(DataError, match="columns of equal length and of one type each"):
        as_table({"a": [1], "b": [1, 2]})
    with pytest.raises(DataError, match="at least one row; it has none"):
        as_table({"a": []})
