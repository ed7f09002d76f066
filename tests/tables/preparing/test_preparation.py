"""Columns as features: they agree with scikit-learn's transformers, survive a file bit for bit, and are finite."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, QuantileTransformer, StandardScaler

from koubai.core.errors import DataError, ModelFileError
from koubai.tables.files.missing import clean
from koubai.tables.files.reading import read_table
from koubai.tables.preparing.preparation import Preparation

RNG = np.random.default_rng(0)


def mixed(n: int = 200) -> pl.DataFrame:
    """A table with every kind of column, with missing values in each."""
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "number": rng.normal(size=n),
            "whole": rng.integers(5, size=n),
            "skewed": np.exp(3 * rng.normal(size=n)) * rng.choice([-1, 1], size=n, p=[0.1, 0.9]),
            "colour": rng.choice(["red", "green", "blue"], size=n),
            "city": np.where(rng.random(n) < 0.01, "rare", rng.choice(["Sapporo", "Otaru"], size=n)),
            "truth": rng.choice(["yes", "no"], size=n),
            "day": [str(dt.date(2020, 1, 1) + dt.timedelta(days=int(d))) for d in rng.integers(1500, size=n)],
            "moment": [dt.datetime(2020, 1, 1) + dt.timedelta(minutes=int(d)) for d in rng.integers(10**6, size=n)],
            "name": [f"passenger {i}" for i in range(n)],
            "empty": [None] * n,
        }
    )
    holes = [
        pl.when(pl.Series(rng.random(n) < 0.1)).then(None).otherwise(pl.col(name)).alias(name)
        for name in frame.columns[:8]
    ]
    return clean(frame.with_columns(holes))


def test_features_agree_with_scikit_learn_s_transformers() -> None:
    frame = mixed()
    pandas = frame.to_pandas()
    pandas[["colour"]] = pandas[["colour"]].fillna("missing")
    numbers = ["number", "whole"]
    impute = SimpleImputer(strategy="median")
    oracle = ColumnTransformer(
        [
            ("value", make_pipeline(impute, StandardScaler()), numbers),
            ("missing", MissingIndicator(), numbers),
            ("colour", OneHotEncoder(sparse_output=False), ["colour"]),
        ]
    ).fit_transform(pandas)
    preparation = Preparation.fit(frame)
    found = dict(zip(preparation.features, preparation.transform(frame).T, strict=True))
    expected = ["number", "whole", "number (missing)", "whole (missing)"]
    expected += ["colour = blue", "colour = green", "colour (missing)", "colour = red"]
    np.testing.assert_allclose(np.stack([found[name] for name in expected], axis=1), oracle, rtol=0, atol=1e-12)


def test_ranks_agree_with_quantile_transformer_inside_the_range() -> None:
    frame = pl.DataFrame({"x": np.round(RNG.normal(size=1000), 1)})
    preparation = Preparation.fit(frame)
    ranks = preparation.transform(frame)[:, preparation.features.index("x (rank)")]
    oracle = QuantileTransformer(n_quantiles=256, subsample=None, output_distribution="normal")
    expected = oracle.fit_transform(frame.to_numpy())[:, 0]
    inside = np.abs(expected) < 2
    assert inside.mean() > 0.9
    np.testing.assert_allclose(ranks[inside], expected[inside], rtol=0, atol=1e-9)
    assert np.abs(ranks).max() < 3


def test_skewed_numbers_go_in_as_logarithms() -> None:
    frame = mixed()
    preparation = Preparation.fit(frame.select("skewed"))
    column = preparation.columns[0]
    x = frame["skewed"].fill_null(column.median).to_numpy()
    log = FunctionTransformer(lambda v: np.sign(v) * np.log1p(np.abs(v) / column.unit))
    expected = make_pipeline(log, StandardScaler()).fit_transform(x[:, None])[:, 0]
    np.testing.assert_allclose(preparation.transform(frame)[:, 0], expected, rtol=0, atol=1e-12)
    assert column.unit == np.median(np.abs(frame["skewed"].drop_nulls().to_numpy()))
    assert Preparation.fit(frame.select("number")).columns[0].unit == 0


def test_rare_categories_share_a_feature_as_in_one_hot_encoder() -> None:
    values = ["a"] * 60 + ["b"] * 40 + ["c", "d", "d"]
    frame = pl.DataFrame({"c": values})
    preparation = Preparation.fit(frame)
    assert preparation.features == ["c = a", "c = b", "c = other"]
    encoder = OneHotEncoder(min_frequency=3, handle_unknown="infrequent_if_exist", sparse_output=False)
    expected = encoder.fit(frame.to_numpy()).transform(np.array([["a"], ["b"], ["c"], ["d"], ["never seen"]]))
    found = preparation.transform(pl.DataFrame({"c": ["a", "b", "c", "d", "never seen"]}))
    np.testing.assert_array_equal(found, expected)


def test_a_column_of_rare_categories_alone() -> None:
    frame = pl.DataFrame({"c": [str(i // 2) for i in range(120)]})
    preparation = Preparation.fit(frame, category=["c"])
    assert preparation.features == ["c = other"]
    np.testing.assert_array_equal(preparation.transform(pl.DataFrame({"c": ["1", "new", None]})), [[1], [1], [0]])


def test_categories_never_seen_are_all_zero_and_said() -> None:
    preparation = Preparation.fit(pl.DataFrame({"c": ["a", "b"] * 20}))
    new = pl.DataFrame({"c": ["a", "z", None], "extra": [1, 2, 3]})
    np.testing.assert_array_equal(preparation.transform(new), [[1, 0], [0, 0], [0, 0]])
    assert preparation.notes(new.columns, preparation.unseen(new)) == [
        "Ignored columns that the model does not know: extra.",
        "Column 'c' holds values that training did not see: 'z'.",
    ]
    assert preparation.notes(["c"], preparation.unseen(new.head(1))) == []
    assert preparation.notes(new.columns, preparation.unseen(new.head(1)), also_known=["extra"]) == []


def test_dates_lie_on_circles() -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=d) for d in range(1461)]
    preparation = Preparation.fit(pl.DataFrame({"d": days}))
    assert preparation.features == ["d year", "d month (sin)", "d month (cos)", "d weekday (sin)", "d weekday (cos)"]
    new = pl.DataFrame({"d": [dt.date(2021, 12, 6), dt.date(2021, 1, 4), dt.date(2021, 7, 5)]})  # three Mondays
    found = preparation.transform(new)
    np.testing.assert_allclose(found[:, 3:], found[:1, 3:].repeat(3, axis=0))
    december, january, july = found[:, 1:3]
    assert np.linalg.norm(december - january) < np.linalg.norm(december - july) / 3


def test_a_date_is_the_same_as_text_and_by_type() -> None:
    frame = mixed().select("day")
    preparation = Preparation.fit(frame)
    typed = frame.with_columns(pl.col("day").str.to_date())
    np.testing.assert_array_equal(preparation.transform(typed), preparation.transform(frame))


def test_all_kinds_survive_a_record_bit_for_bit() -> None:
    frame = mixed()
    preparation = Preparation.fit(frame)
    assert [column.kind for column in preparation.columns] == [
        *["number"] * 3, "category", "category", "boolean", "date", "date",
    ]  # fmt: skip
    assert [(column.name, column.kind) for column in preparation.left_out] == [
        ("name", "identifier"),
        ("empty", "missing"),
    ]
    record, tensors = preparation.to_record()
    restored = Preparation.from_record(json.loads(json.dumps(record)), {k: v.copy() for k, v in tensors.items()})
    for dtype in (np.float64, np.float32):
        features = preparation.transform(frame, dtype)
        assert features.dtype == dtype
        assert features.flags.c_contiguous
        assert np.isfinite(features).all()
        assert restored.transform(frame, dtype).tobytes() == features.tobytes()
    assert restored.features == preparation.features
    assert [(c.name, c.kind, c.reason) for c in restored.left_out] == [
        (c.name, c.kind, c.reason) for c in preparation.left_out
    ]
    assert all(column.summary for column in restored.columns)


@pytest.mark.parametrize(
    "damage",
    [
        lambda r, t: r.pop("columns"),
        lambda r, t: r["columns"][0].update(kind="pickle"),
        lambda r, t: r["columns"][0].update(scale=0.0),
        lambda r, t: r["columns"][0].update(median="x"),
        lambda r, t: r["columns"][0].update(mean=float("nan")),
        lambda r, t: r["columns"][0].update(unit=-1.0),
        lambda r, t: t["column.0"].__setitem__(0, 1e9),
        lambda r, t: t.update({"column.0": np.zeros((2, 2))}),
        lambda r, t: t.pop("column.6"),
        lambda r, t: r["columns"][6].update(parts=["century"]),
        lambda r, t: r["columns"][3].pop("categories"),
        lambda r, t: r["left_out"].append({}),
        lambda r, t: r.update(columns=[3]),
    ],
)
def test_damaged_records_are_refused(damage) -> None:
    record, tensors = Preparation.fit(mixed()).to_record()
    damage(record, tensors)
    with pytest.raises(ModelFileError, match=r"^Preparation: .* The file is damaged\."):
        Preparation.from_record(record, tensors)


def test_cells_that_do_not_belong_are_named_when_fitting_and_predicting() -> None:
    preparation = Preparation.fit(mixed())
    for name, cell, message in [
        ("number", "tall", "'number' must hold numbers; got 'tall' in row 2"),
        ("number", "inf", "'number' must hold finite numbers; got 'inf' in row 2"),
        ("truth", "perhaps", r"'truth' must hold true or false \(or yes or no\); got 'perhaps' in row 2"),
        ("day", "tomorrow", "'day' must hold dates of the form yyyy-mm-dd; got 'tomorrow' in row 2"),
        ("moment", "tomorrow", "'moment' must hold dates of the form yyyy-mm-dd; got 'tomorrow' in row 2"),
    ]:
        column = [None, cell, None, *[None] * 197]
        wrong = mixed().with_columns(pl.Series(name, column, dtype=pl.String))
        with pytest.raises(DataError, match=message):
            preparation.transform(wrong)
    with pytest.raises(DataError, match="'x' must hold finite numbers; got inf in row 3"):
        Preparation.fit(pl.DataFrame({"x": [1.0, 2.0, np.inf]}))


def test_rows_outside_training_are_checked_but_not_learned_from() -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0, 1000.0], "late": [None, None, None, 1.0], "z": [1, 2, 3, 4]})
    preparation = Preparation.fit(frame, np.array([0, 1, 2]))
    assert preparation.columns[0].median == 2
    assert [(c.name, c.reason) for c in preparation.left_out] == [
        ("late", "all its cells in training rows are missing")
    ]
    with pytest.raises(DataError, match="got inf in row 4"):
        Preparation.fit(frame.with_columns(x=pl.Series([1.0, 2.0, 3.0, np.inf])), np.array([0, 1, 2]))


def test_a_table_of_nothing_useful_is_refused() -> None:
    with pytest.raises(DataError, match="at least one column to learn from beside the target; a: all its cells are 1"):
        Preparation.fit(pl.DataFrame({"a": [1, 1], "b": [None, None]}))
    with pytest.raises(DataError, match="there are no others"):
        Preparation.fit(pl.DataFrame())


def test_a_missing_column_is_named() -> None:
    preparation = Preparation.fit(pl.DataFrame({"a": [1, 2], "b": [1, 3]}))
    with pytest.raises(
        DataError, match=r"must have the column 'b', which the model learned from; it has a, c\. Add it"
    ):
        preparation.transform(pl.DataFrame({"a": [1], "c": [1]}))
    with pytest.raises(DataError, match=r"the column 'a' \(and 1 more\)"):
        preparation.transform(pl.DataFrame({"c": [1]}))


@given(
    st.lists(st.none() | st.floats(-1e300, 1e300), min_size=2, max_size=60).filter(
        lambda values: len({value for value in values if value is not None}) > 1
    )
)
def test_any_numbers_become_finite_features(values: list) -> None:
    """However large, small, many or alike the numbers are, features are finite and of moderate size."""
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    preparation = Preparation.fit(frame, keep=["x"])
    for table in (frame, pl.DataFrame({"x": [1e300, -1e300, 0.0, 5e-324]})):
        features = preparation.transform(table)
        assert np.isfinite(features).all()
        assert np.abs(features).max() <= 10


def test_published_tables_are_prepared(shared_data: Path) -> None:
    """Titanic and adult: names and tickets are left out, a long tail has a unit, and a missing workclass is marked."""
    titanic = clean(read_table(shared_data / "titanic.csv").frame).drop("Survived")
    preparation = Preparation.fit(titanic)
    assert [column.name for column in preparation.left_out] == ["PassengerId", "Name", "Ticket", "Cabin"]
    assert [column.name for column in preparation.columns] == [
        "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked",
    ]  # fmt: skip
    adult = clean(read_table(shared_data / "adult.csv.gz").frame)
    by_name = {column.name: column for column in Preparation.fit(adult).columns}
    assert len(by_name) == 15
    assert by_name["capital-gain"].unit > 0
    assert by_name["workclass"].marks_missing
