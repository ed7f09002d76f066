"""Predictions of numbers stay within what was seen, and long tails have a loss of their own."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import koubai
from koubai.models.scaling import Spread, TargetScale, bounds_around
from koubai.training.container import open_container, write_container

QUICK = {"epochs": 30, "hidden_layer_sizes": (16,)}


def rooms(n: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    size = rng.lognormal(0, 1, n)
    return pl.DataFrame({"size": size, "noise": rng.normal(size=n), "price": 50 * size * rng.lognormal(0, 0.5, n)})


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=20))
def test_bounds_hold_all_targets_and_cross_no_zero(values: list[float]) -> None:
    low, high = bounds_around(min(values), max(values))
    assert low <= min(values)
    assert high >= max(values)
    assert low >= 0 or min(values) < 0
    assert high <= 0 or max(values) > 0


def test_a_long_tail_is_predicted_by_exp_and_never_below_zero(tmp_path) -> None:
    table = rooms()
    model = koubai.TableModel(**QUICK).fit(table, "price", test_fraction=0.2)
    assert model.long_tail_
    assert model.estimator_.loss == "poisson"
    far = pl.DataFrame({"size": [0.0, 1e6, -1e6], "noise": [9.0, -9.0, 9.0]})
    found = model.predict(far)["prediction"].to_numpy()
    assert (found >= 0).all()
    assert found.max() <= model.bounds_[1] <= 1.1 * table["price"].max()
    koubai.save(model, tmp_path / "m.koubai")
    again = koubai.load(tmp_path / "m.koubai")
    assert (again.bounds_, again.long_tail_, again.mean_) == (model.bounds_, True, model.mean_)
    np.testing.assert_array_equal(again.predict(far)["prediction"].to_numpy(), found)
    assert model.evaluation_.answer == f"{model.mean_:.6g}"  # the mean is what it is compared with
    assert model.evaluation_.is_better


def test_streamed_and_in_memory_find_the_same_scale(tmp_path) -> None:
    table = rooms()
    table.write_parquet(tmp_path / "t.parquet")
    streamed = koubai.TableModel(**QUICK).fit(tmp_path / "t.parquet", "price", stream=True)
    assert streamed.long_tail_
    y = table["price"].to_numpy()
    spread = Spread(float(y.mean()), float(y.std()))
    for part in (y[:150], y[150:]):
        spread.add(part)
    whole, parts = TargetScale.of(y, {}), spread.scale({})
    assert parts.long_tail is whole.long_tail is True
    np.testing.assert_allclose(
        [parts.scale, parts.lowest, parts.highest], [whole.scale, whole.lowest, whole.highest], rtol=1e-12
    )


@pytest.mark.parametrize(
    ("y", "options", "long_tail"),
    [
        ([1.0, 1.0, 1.0, 9.0], {}, True),
        ([-1.0, 1.0, 1.0, 9.0], {}, False),
        ([1.0, 2.0, 3.0, 4.0], {}, False),
        ([1.0, 1.0, 1.0, 9.0], {"loss": "squared_error"}, False),
        ([1.0, 2.0, 3.0, 4.0], {"loss": "poisson"}, True),
        ([1.0, 1.0, 1.0, 9.0], {"solver": "lbfgs"}, False),
        ([0.0, 0.0, 0.0, 0.0], {}, False),
    ],
)
def test_when_a_tail_is_long(y: list[float], options: dict, long_tail: bool) -> None:
    assert TargetScale.of(np.array(y), options).long_tail is long_tail


def test_models_of_older_files_have_no_bounds(tmp_path) -> None:
    table = pl.DataFrame({"a": np.arange(60.0), "y": np.arange(60.0) - 30})
    koubai.save(koubai.TableModel(**QUICK, keep=["a"]).fit(table, "y"), tmp_path / "m.koubai")
    found = open_container(tmp_path / "m.koubai")
    newer = ("mean", "bounds", "long_tail", "shares", "judgement")
    record = {name: value for name, value in found.record.items() if name not in newer}
    write_container(tmp_path / "old.koubai", found.kind, record, found.tensors)
    old = koubai.load(tmp_path / "old.koubai")
    assert old.bounds_ == (-np.inf, np.inf)
    assert old.judgement_ is None
