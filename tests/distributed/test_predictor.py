"""A model sent to workers: pickled small, loaded once, and predicting in the form that it is given."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import koubai
from koubai.core.errors import DataError, KoubaiError, ParameterTypeError
from koubai.distributed import Predictor, _loaded, predictor


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2))
    kinds = ["big" if value > 0 else "small" for value in x[:, 0] + x[:, 1]]
    words = np.where(x[:, 1] > 0, "up", "down").tolist()
    return pl.DataFrame({"id": list(range(120)), "a": x[:, 0], "b": words, "kind": kinds})


@pytest.fixture(scope="module")
def model(table: pl.DataFrame) -> koubai.TableModel:
    given = {"quality": "fast", "hidden_layer_sizes": (4,), "epochs": 3, "drop": ["id"], "cross_validation": False}
    return koubai.TableModel(**given).fit(table, "kind")


def test_every_form_of_a_table_comes_back_as_it_came(model: koubai.TableModel, table: pl.DataFrame) -> None:
    send = pickle.loads(pickle.dumps(predictor(model, keep=["id"])))
    expected = table.select("id").hstack(model.predict(table))
    assert send(table).equals(expected)
    pandas = table.to_pandas().set_index(pd.Index(range(500, 620)))
    found = send(pandas)
    assert list(found.index) == list(pandas.index)
    assert found["prediction"].tolist() == expected["prediction"].to_list()
    np.testing.assert_array_equal(found["probability_big"], expected["probability_big"])
    assert pl.from_arrow(send(table.to_arrow())).equals(expected)
    (batch,) = send.batches(table.to_arrow().combine_chunks().to_batches())
    assert isinstance(batch, pa.RecordBatch)
    assert pl.from_arrow(batch).equals(expected)
    columns = send({name: table[name].to_numpy() for name in table.columns})
    assert columns["prediction"].tolist() == expected["prediction"].to_list()


def test_parts_without_rows_have_the_same_columns(model: koubai.TableModel, table: pl.DataFrame) -> None:
    send = predictor(model, keep=["id"])
    whole, none = send(table), send(table.clear())
    assert none.schema == whole.schema
    assert list(send.meta.columns) == whole.columns[1:]
    assert send.schema == "`prediction` string, `probability_big` double, `probability_small` double"


def test_a_process_reads_the_file_once(model: koubai.TableModel, table: pl.DataFrame) -> None:
    copies = [pickle.loads(pickle.dumps(predictor(model))) for _ in range(3)]
    assert copies[0] == copies[1]
    before = _loaded.cache_info().misses
    for copy in copies:
        copy(table)
    assert _loaded.cache_info().misses - before <= 1
    assert len(pickle.dumps(copies[0])) < 100_000


def test_mistakes_are_found_before_anything_is_sent(
    model: koubai.TableModel, table: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(ParameterTypeError, match=r"^predictor: model must be a TableModel or the path .* got int\."):
        predictor(3)
    (tmp_path / "other.koubai").write_bytes(b"no model")
    with pytest.raises(KoubaiError, match=r"koubai"):
        predictor(tmp_path / "other.koubai")
    koubai.save(model, tmp_path / "model.koubai")
    assert isinstance(predictor(tmp_path / "model.koubai"), Predictor)
    with pytest.raises(DataError, match=r"the kept column 'key'"):
        predictor(model, keep=["key"])(table)
    with pytest.raises(ParameterTypeError, match=r"^predictor: part must be a DataFrame .* got builtins\.list\."):
        predictor(model)([1])
