"""What may be called a table: files, polars, pandas, Arrow and mappings, all read alike."""

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from koubai.core.errors import DataError, ParameterError, ParameterTypeError
from koubai.tables.files.frames import as_table
from koubai.tables.files.reading import Table

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


def test_names_are_texts_each_different() -> None:
    frame = pd.DataFrame([[1, 2, 3, 4, 5]], columns=[0, None, ("x", "y"), " h ", "h"])
    read = as_table(frame)
    assert read.frame.columns == ["0", "column_2", "x_y", "h", "h_2"]
    assert read.notes == ("Several columns have the same name, such as 'h'; the later ones are called h_2.",)
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", 1)]))
    assert as_table(levels).frame.columns == ["a_b", "a_1"]
    assert as_table({3: [1], "*": [2], "^a$": [3]}).frame.columns == ["3", "(*)", "(^a$)"]
    assert as_table(pa.table([[1], [2]], names=["a", "a"])).frame.columns == ["a", "a_2"]
    assert as_table(pl.DataFrame({"a ": [1], "a": [2]})).frame.columns == ["a", "a_2"]


def test_types_that_only_pandas_has_are_read() -> None:
    frame = pd.DataFrame(
        {
            "period": pd.period_range("2020-01", periods=2, freq="M"),
            "codes": pd.Categorical([1, None]),
            "mixed": [1, "unknown"],
            "sparse": pd.arrays.SparseArray([0, 1]),
            "interval": pd.interval_range(0, 2),
        }
    )
    read = as_table(frame).frame
    assert read["period"].dtype == pl.Datetime
    assert read["codes"].to_list() == [1, None]
    assert read["mixed"].to_list() == ["1", "unknown"]
    assert read["sparse"].to_list() == [0, 1]
    assert read["interval"].to_list() == ["(0, 1]", "(1, 2]"]


def test_how_to_read_belongs_to_files() -> None:
    with pytest.raises(ParameterError, match="separator must be left out for a table in memory; got ';' with a dict"):
        as_table({"a": [1]}, separator=";")
