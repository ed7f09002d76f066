"""Prediction and many models by engines that people run: real clusters on this machine, of worker processes."""

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.distributed import predictor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of the clusters' own packages
    pytest.mark.timeout(400),
]


def library(name: str) -> Any:
    """The library, which continuous integration must have."""
    if os.environ.get("CI") == "true":
        return __import__(name)
    return pytest.importorskip(name)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, koubai.TableModel, pl.DataFrame]:
    """A folder of three Parquet files, a model of their rows, and what it predicts."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    kinds = ["big" if value > 0 else "small" for value in x[:, 0] + x[:, 1]]
    table = pl.DataFrame(
        {"id": list(range(300)), "a": x[:, 0], "b": np.where(x[:, 1] > 0, "up", "down"), "kind": kinds}
    )
    given = {"quality": "fast", "hidden_layer_sizes": (4,), "epochs": 3, "drop": ["id"], "cross_validation": False}
    model = koubai.TableModel(**given).fit(table, "kind")
    folder = tmp_path_factory.mktemp("lake")
    for number in range(3):
        table[100 * number : 100 * (number + 1)].drop("kind").write_parquet(folder / f"part-{number}.parquet")
    return folder, model, table.select("id").hstack(model.predict(table.drop("kind")))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Dask, with two worker processes."""
    distributed = library("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_dask(client: Any, parts: tuple[Path, koubai.TableModel, pl.DataFrame]) -> None:
    folder, model, expected = parts
    frames = library("dask.dataframe") and sys.modules["dask.dataframe"]
    send = predictor(model)
    lake = frames.read_parquet(folder)
    found = lake.map_partitions(send, meta=send.meta).compute()
    assert found["prediction"].tolist() == expected["prediction"].to_list()
    np.testing.assert_allclose(found["probability_big"], expected["probability_big"], rtol=1e-12)


def test_spark_in_arrow_and_pandas(parts: tuple[Path, koubai.TableModel, pl.DataFrame], monkeypatch: Any) -> None:
    sql = library("pyspark.sql") and sys.modules["pyspark.sql"]
    folder, model, expected = parts
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.master("local[2]").appName("koubai")
    spark = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    try:
        lake, send = spark.read.parquet(str(folder)), predictor(model, keep=["id"])
        schema = f"id bigint, {send.schema}"
        for rows in (
            lake.mapInArrow(send.batches, schema).collect(),
            lake.mapInPandas(lambda frames: map(send, frames), schema).collect(),
        ):
            found = {row["id"]: row["prediction"] for row in rows}
            assert found == dict(expected.select("id", "prediction").rows())
    finally:
        spark.stop()


def test_ray(parts: tuple[Path, koubai.TableModel, pl.DataFrame]) -> None:
    ray = library("ray")
    data = library("ray.data") and sys.modules["ray.data"]
    folder, model, expected = parts
    started = partial(ray.init, num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
    try:
        started()
    except Exception as error:  # Ray gives its agents 15 s to start, too few on a busy machine: once more
        if "timed out during startup" not in str(error):
            raise
        ray.shutdown()
        started()
    try:
        lake = data.read_parquet(str(folder))
        rows = lake.map_batches(predictor(model, keep=["id"]), batch_format="pandas", batch_size=64).take_all()
        assert {row["id"]: row["prediction"] for row in rows} == dict(expected.select("id", "prediction").rows())
    finally:
        ray.shutdown()


def test_polars_in_batches(parts: tuple[Path, koubai.TableModel, pl.DataFrame]) -> None:
    folder, model, expected = parts
    send = predictor(model, keep=["id"])
    batches = pl.scan_parquet(folder / "*.parquet").collect_batches(chunk_size=64, maintain_order=True)
    assert pl.concat([send(batch) for batch in batches]).equals(expected)


def test_many_models_on_dask(client: Any) -> None:
    """Populations, starts, members and folds by Dask's executor; a search over parameters by joblib's backend."""
    from joblib import parallel_config
    from sklearn.model_selection import GridSearchCV

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    network = koubai.Network.dense((2, 4, 1), hidden="tanh", output="sigmoid", loss="binary_cross_entropy")
    executor = client.get_executor()
    here, there = (koubai.train_population(network, x, y, seeds=6, epochs=5, executor=one) for one in (None, executor))
    assert here.thetas.tobytes() == there.thetas.tobytes()
    table = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "kind": y})
    given: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 4, "random_state": 0}
    models = [koubai.TableModel(n_members=3, **given).fit(table, "kind", executor=one) for one in (None, executor)]
    assert models[0].predict(table).equals(models[1].predict(table))
    search = GridSearchCV(koubai.MLPClassifier(**given), {"alpha": [0.1, 1e-3]}, cv=2)
    with parallel_config("dask"):
        found = search.fit(x, y).cv_results_["mean_test_score"]
    with parallel_config("sequential"):
        np.testing.assert_array_equal(found, search.fit(x, y).cv_results_["mean_test_score"])
