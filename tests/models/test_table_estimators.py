"""A table's model among scikit-learn's tools: its checks, searches, pipelines, calibration, names, and files."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from tests.estimators.checks import check

import koubai
from koubai import MLPClassifier, TableClassifier, TableModel, TableRegressor
from koubai.cli.main import main
from koubai.core.errors import DataError, ModelFileError, ParameterError
from koubai.models.kept.pipelines import KeptPipeline

QUICK = {"hidden_layer_sizes": (8,), "epochs": 15, "learning_rate_init": 0.02, "n_members": 1}
FAST = ", ".join(f"{name}={value!r}" for name, value in QUICK.items()) + ", cross_validation=False, piecewise=False"


def rows(n: int = 90) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x, colour = rng.normal(size=n), rng.choice(["red", "blue"], size=n)
    score = x + (colour == "red")
    return pl.DataFrame({"x": x, "colour": colour, "kind": np.where(score > 0.5, "high", "low"), "amount": 3 * score})


@pytest.fixture(scope="module")
def classifier() -> TableClassifier:
    return TableClassifier(drop=["amount"], **QUICK).fit(rows(), "kind")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["TableClassifier", "TableRegressor"])
def test_the_checks_of_scikit_learn_pass(name: str) -> None:
    passed, others = check(f"{name}({FAST})")[f"{name}({FAST})"]
    assert others == {}
    assert passed >= 45


@pytest.mark.parametrize("kind", [lambda f: f, lambda f: f.to_pandas(), lambda f: f.to_arrow(), lambda f: f.to_dict()])
def test_tables_of_any_kind_with_the_target_s_name_or_apart(classifier, kind) -> None:
    frame = kind(rows())
    named = TableClassifier(drop=["amount"], **QUICK).fit(frame, "kind")
    apart = TableClassifier(drop=["amount"], **QUICK).fit(kind(rows().drop("kind")), rows()["kind"])
    assert (named.predict(frame) == classifier.predict(rows())).all()
    assert (apart.predict(frame) == classifier.predict(rows())).all()
    assert named.score(frame) == apart.score(rows().drop("kind"), rows()["kind"]) > 0.8
    assert list(named.feature_names_in_) == ["x", "colour", "amount"]
    assert list(named.classes_) == ["high", "low"]


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"],
        [1, 0],
        [False, True],
        [1.0, 2.0],
        ["10", "9"],
        ["NA", "none"],
        [-1, 1],
        np.array(["a", "b"], object),
    ],
)
def test_classes_stay_what_they_are(labels) -> None:
    y = np.array(labels)[(rows()["x"] > 0).to_numpy().astype(int)]
    X = rows().select("x", "colour").to_pandas()
    model = TableClassifier(**QUICK).fit(X, y)
    assert (model.classes_ == np.unique(y)).all()
    predicted = model.predict(X)
    assert predicted.dtype.kind == y.dtype.kind
    assert (predicted == y).mean() > 0.8
    assert (model.classes_[model.predict_proba(X).argmax(axis=1)] == predicted).all()


def test_searches_pipelines_calibration_and_scorers() -> None:
    X, y = rows().select("x", "colour").to_pandas(), rows()["kind"].to_numpy()
    scores = cross_val_score(TableClassifier(**QUICK), X, y, cv=2, scoring="neg_log_loss")
    assert (scores < 0).all()
    search = GridSearchCV(TableRegressor(**QUICK), {"alpha": [0.01, 1000.0]}, cv=2, scoring="r2")
    search.fit(X, rows()["amount"].to_numpy())
    assert search.best_params_ == {"alpha": 0.01}
    calibrated = CalibratedClassifierCV(TableClassifier(**QUICK), cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (90, 2)
    copy = clone(TableClassifier(metric="f1", drop=["x"]))
    assert copy.get_params()["metric"] == "f1"
    assert repr(copy) == "TableClassifier(drop=['x'], metric='f1')"


def test_what_was_learned_is_shown(classifier) -> None:
    assert repr(classifier).endswith(": kind (classification) from 2 columns, a network 20-8-1, no rows held out")
    model = TableModel(metric="f1", epochs=2, n_members=1, hidden_layer_sizes=(4,))
    assert repr(model) == "TableModel(n_members=1, metric='f1', epochs=2, hidden_layer_sizes=(4,))"
    model.fit(rows(), "kind", test_fraction=0.2)
    assert ": kind (classification) from 3 columns, a network " in repr(model)
    assert repr(model).endswith("on 18 held-out rows")
    assert len(model.loss_curve_) == 2
    assert koubai.__version__.count(".") >= 2
    page = model.explain(rows(), 3)
    assert "low" in page.render("text")
    assert page.render("text") != model.explain(rows(), 4).render("text")
    assert classifier.explain(rows(), 3).sections
    assert classifier.explain_model(rows().drop("kind"), rows()["kind"]).sections
    with pytest.raises(ParameterError, match=r"^TableModel: row must be from 1 to 90; got 91\. Rows count from 1\.$"):
        model.explain(rows(), 91)


def test_complaints_speak_of_the_estimator() -> None:
    X, y = rows().select("x"), rows()["kind"]
    for parameters, message in (
        ({"alpha": -1}, r"^TableClassifier: alpha must be >= 0; got -1"),
        ({"metric": "mae"}, r"^TableClassifier: metric must be one of classification"),
        ({"quality": "high"}, r"^TableClassifier: quality must be one of fast, good, best; got 'high'\."),
    ):
        with pytest.raises(ParameterError, match=message):
            TableClassifier(**parameters).fit(X, y)
    with pytest.raises(DataError, match=r"must have a column 'kid'; it has none of that name\. Did you mean 'kind'"):
        TableClassifier(**QUICK).fit(rows(), "kid")
    with pytest.raises(ValueError, match="y must hold two classes or more; got 1 class, 'a'"):
        TableClassifier(**QUICK).fit(X, ["a"] * 90)
    with pytest.raises(AttributeError, match="predict_proba"):
        TableClassifier(loss="hinge").predict_proba  # noqa: B018  # asking is the test
    with pytest.raises(AttributeError, match=r"predict_interval needs intervals=0\.9"):
        TableRegressor(**QUICK).fit(rows().drop("kind"), "amount").predict_interval(rows())


def test_intervals_of_a_regressor() -> None:
    model = TableRegressor(intervals=0.8, **QUICK).fit(rows(200).drop("kind"), "amount")
    ends = model.predict_interval(rows(200))
    assert (ends[:, 0] <= model.predict(rows(200))).all()
    assert (ends[:, 0] < ends[:, 1]).all()


def test_saved_and_loaded_an_estimator_is_the_same(classifier, tmp_path: Path, capfd) -> None:
    numbers = TableRegressor(**QUICK).fit(rows().select("x").to_numpy(), rows()["amount"].to_numpy())
    for model, X in ((classifier, rows()), (numbers, rows().select("x").to_numpy())):
        koubai.save(model, tmp_path / "m.koubai")
        loaded = koubai.load(tmp_path / "m.koubai")
        assert (loaded.predict(X) == model.predict(X)).all()
        assert {**loaded.get_params(), "drop": None} == {**model.get_params(), "drop": None}
        assert loaded.n_features_in_ == model.n_features_in_
    koubai.save(classifier, tmp_path / "m.koubai")
    rows().write_csv(tmp_path / "t.csv")
    assert main(["predict", str(tmp_path / "m.koubai"), str(tmp_path / "t.csv"), "--quiet"]) == 0
    assert capfd.readouterr().out.startswith("prediction,probability_high,probability_low\n")
    assert main(["show", str(tmp_path / "m.koubai")]) == 0
    assert "Predicts kind: classification" in capfd.readouterr().out
    record, tensors = classifier.to_record()
    record["estimator"]["labels"]["classes"] = ["a", "b"]
    with pytest.raises(ModelFileError):
        TableClassifier.from_record(record, tensors)


@pytest.fixture(scope="module")
def pipeline():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("numbers", numbers, ["x", "amount"]), ("words", OneHotEncoder(), ["colour"])])
    X = rows().drop("kind").to_pandas()
    return make_pipeline(columns, MLPClassifier((4,), epochs=5, random_state=0)).fit(X, rows()["kind"].to_numpy())


def test_a_pipeline_is_saved_without_anything_to_execute(pipeline, tmp_path: Path, capfd) -> None:
    X = rows().drop("kind").to_pandas()
    koubai.save(pipeline, tmp_path / "p.koubai")
    loaded = koubai.load(tmp_path / "p.koubai")
    assert (loaded.predict_proba(X) == pipeline.predict_proba(X)).all()
    assert repr(loaded) == repr(pipeline)
    assert loaded.fit(X, rows()["kind"].to_numpy()).n_features_in_ == 3
    assert main(["show", str(tmp_path / "p.koubai")]) == 0
    assert "columntransformer   ColumnTransformer" in capfd.readouterr().out
    idle = make_pipeline("passthrough", MLPClassifier((2,), epochs=1)).fit(X[["x"]], rows()["kind"].to_numpy())
    koubai.save(idle, tmp_path / "idle.koubai")
    assert main(["show", str(tmp_path / "idle.koubai")]) == 0
    assert "passthrough     nothing" in capfd.readouterr().out
    strange = make_pipeline(FunctionTransformer(np.log1p), MLPClassifier((2,), epochs=1)).fit(
        np.ones((9, 1)) * np.arange(9)[:, None], [0, 1, 0] * 3
    )
    with pytest.raises(
        DataError, match=r"^save: pipeline\.steps\.0\.1\.func must be a number, a text, an array, or an"
    ):
        koubai.save(strange, tmp_path / "no.koubai")


@pytest.mark.parametrize(
    "damage",
    [
        lambda r: r.pop("pipeline"),
        lambda r: r.update(pipeline={"class": "os.system", "state": {}}),
        lambda r: r.update(pipeline={"class": "sklearn.utils.Bunch", "state": {}}),
        lambda r: r.update(pipeline={"class": "sklearn.preprocessing._data.StandardScaler", "state": {}}),
        lambda r: r["pipeline"]["state"]["steps"].update(list=[{"model": "Pipeline", "at": "x", "record": {}}]),
        lambda r: r["pipeline"]["state"].update(memory={"numpy": "load"}),
        lambda r: r.update(scikit_learn=3),
    ],
)
def test_damaged_pipelines_are_refused(pipeline, damage) -> None:
    record, tensors = KeptPipeline.to_record(pipeline)
    damage(record)
    with pytest.raises(ModelFileError, match="must describe a pipeline of scikit-learn's and koubai's estimators"):
        KeptPipeline.from_record(record, tensors)


def test_another_version_of_scikit_learn_is_told(pipeline) -> None:
    record, tensors = KeptPipeline.to_record(pipeline)
    record["scikit_learn"] = "0.9.0"
    with pytest.warns(UserWarning, match=r"was saved with scikit-learn 0\.9\.0, and is loaded with"):
        KeptPipeline.from_record(record, tensors)


def test_numbered_columns_of_pandas_and_arrays_of_objects_go_by_position() -> None:
    X = rows().select("x", "colour").to_numpy().astype(object)
    model = TableClassifier(**QUICK).fit(pd.DataFrame(X), rows()["kind"].to_numpy())
    assert not hasattr(model, "feature_names_in_")
    assert (model.predict(X) == model.predict(pd.DataFrame(X))).all()
    assert model.score(X, rows()["kind"].to_numpy()) > 0.8
    with pytest.raises(ValueError, match="X has 1 features, but TableClassifier is expecting 2 features as input"):
        model.predict(rows().select("x"))
    with pytest.raises(ValueError, match="X has 1 features, but TableClassifier is expecting 2 features as input"):
        model.predict(X[:, :1])
