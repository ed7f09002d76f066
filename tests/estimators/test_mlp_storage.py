"""Copies of an estimator, by pickle, joblib, clone, or plain records, and the views that tie its attributes to θ."""

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from koubai import MLPClassifier, MLPRegressor
from koubai.core.activations.leaky_relu import LeakyReLU
from koubai.core.errors import DataError, ModelFileError, ShapeError
from koubai.core.layers import LAYERS
from koubai.core.losses.huber import Huber
from koubai.engines.reference import ReferenceEngine
from koubai.optimizers.adam import Adam
from koubai.optimizers.schedules import Cosine

IRIS = load_iris()
X, Y = StandardScaler().fit_transform(IRIS.data), IRIS.target
NAMES = IRIS.target_names[Y]
SMALL: dict[str, Any] = {"hidden_layer_sizes": (6, 3), "epochs": 12, "random_state": 0, "learning_rate_init": 0.02}
MANY, LABELS = make_multilabel_classification(n_samples=40, n_classes=4, random_state=0)


def through_pickle(model: Any, folder: Path) -> Any:
    return pickle.loads(pickle.dumps(model))


def through_joblib(model: Any, folder: Path) -> Any:
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib", mmap_mode="r")


def through_deepcopy(model: Any, folder: Path) -> Any:
    return copy.deepcopy(model)


@pytest.mark.parametrize("through", [through_pickle, through_joblib, through_deepcopy])
@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
def test_copies_predict_and_go_on_alike(make: Any, through: Any, tmp_path: Path) -> None:
    model = make(**SMALL).fit(X, Y)
    twin = through(model, tmp_path)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    assert all(np.shares_memory(view, twin.theta_) for view in [*twin.coefs_, *twin.intercepts_])
    assert not np.shares_memory(twin.theta_, model.theta_)
    np.testing.assert_array_equal(twin.partial_fit(X, Y).theta_, model.partial_fit(X, Y).theta_)
    assert twin.loss_curve_ == model.loss_curve_


def test_a_clone_is_unfitted() -> None:
    model = MLPClassifier(optimizer=Adam(0.8), callbacks=[print], **SMALL)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        twin.predict(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        twin.to_record()


def test_weights_may_be_changed_in_place() -> None:
    model = MLPRegressor(**SMALL).fit(X, Y)
    assert all(np.shares_memory(view, model.theta_) for view in [*model.coefs_, *model.intercepts_])
    model.coefs_[-1][:] = 0
    model.intercepts_[-1][:] = 2.5
    np.testing.assert_array_equal(model.predict(X), 2.5)


def test_weights_may_be_replaced() -> None:
    model = MLPRegressor(**SMALL).fit(X, Y)
    model.coefs_[-1] = np.zeros((3, 1))
    model.intercepts_ = [*model.intercepts_[:-1], np.array([2.5])]
    np.testing.assert_array_equal(model.predict(X), 2.5)
    np.testing.assert_array_equal(through_deepcopy(model, Path()).predict(X), 2.5)
    model.coefs_[-1] = np.zeros((2, 1))
    with pytest.raises(ShapeError, match=r"coefs_\[2\] must have as many rows as .* columns, 3; got shape \(2, 1\)"):
        model.predict(X)


def test_inside_scikit_learns_tools() -> None:
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**{**SMALL, "epochs": 100}))
    search = GridSearchCV(pipeline, {"mlpclassifier__optimizer": ["adam", "nadam"]}, cv=3).fit(IRIS.data, NAMES)
    assert search.best_score_ > 0.6
    assert cross_val_score(MLPClassifier(**SMALL), X, Y, cv=3, scoring="roc_auc_ovr").mean() > 0.8


def test_weights_find_their_way_through_a_pipeline() -> None:
    weights = np.where(Y == 0, 5.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(**SMALL).set_fit_request(sample_weight=True, validation_data=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        pipeline.fit(IRIS.data, Y, sample_weight=weights, validation_data=(X, Y))
    direct = MLPClassifier(**SMALL).fit(StandardScaler().fit_transform(IRIS.data), Y, weights)
    np.testing.assert_array_equal(pipeline[-1].theta_, direct.theta_)
    assert len(pipeline[-1].validation_scores_) == 12


RECORDED: dict[str, tuple[Any, Any, Any]] = {
    "binary": (MLPClassifier(**SMALL), X, Y > 0),
    "text labels": (MLPClassifier(early_stopping=True, **SMALL), X, NAMES),
    "float labels": (MLPClassifier(**SMALL), X, Y * 2.0),
    "int8 labels": (MLPClassifier(**SMALL), X, Y.astype(np.int8)),
    "dates": (MLPClassifier(**SMALL), X, np.array("2026-01-01", dtype="M8[D]") + Y),
    "multilabel": (MLPClassifier(**SMALL), MANY, LABELS),
    "hinge": (MLPClassifier(loss="hinge", **SMALL), X, Y),
    "one class": (MLPClassifier(**SMALL), X, np.full(150, "only")),
    "objects": (
        MLPClassifier(
            activation=(LeakyReLU(0.2), "gelu"),
            optimizer=Adam(0.8),
            schedule=Cosine(),
            loss=Huber(0.3),
            class_weight={"setosa": 2.0, "versicolor": np.float64(0.5), "virginica": 1},
            callbacks=[lambda epoch: None],
            **SMALL,
        ),
        X,
        NAMES,
    ),
    "float32": (MLPRegressor(**SMALL), X.astype(np.float32), Y),
    "poisson": (MLPRegressor(loss="poisson", **SMALL), X, Y),
    "several outputs": (MLPRegressor(**SMALL), X, np.c_[Y, -Y]),
    "lbfgs": (MLPRegressor(solver="lbfgs", **SMALL), X, Y),
    "random state": (MLPRegressor(**{**SMALL, "random_state": np.random.RandomState(3)}), X, Y),
    "engine": (MLPRegressor(engine=ReferenceEngine(), **SMALL), X, Y),
    "sizes": (MLPRegressor(**{**SMALL, "hidden_layer_sizes": np.array([6, 3])}, n_iter_no_change=np.inf), X, Y),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_gives_the_same_model(name: str) -> None:
    model, inputs, targets = RECORDED[name]
    model = clone(model).fit(inputs, targets)
    record, tensors = model.to_record()
    again = type(model).from_record(json.loads(json.dumps(record, allow_nan=False)), tensors)
    np.testing.assert_array_equal(again.predict(inputs), model.predict(inputs))
    assert again.predict(inputs).dtype == model.predict(inputs).dtype
    for method in ("predict_proba", "decision_function"):
        assert hasattr(again, method) == hasattr(model, method)
        if hasattr(model, method):
            np.testing.assert_array_equal(getattr(again, method)(inputs), getattr(model, method)(inputs))
    for attribute in vars(model):
        if attribute.endswith("_") and attribute not in ("theta_", "coefs_", "intercepts_", "classes_", "history_"):
            assert getattr(again, attribute) == getattr(model, attribute), attribute
    if isinstance(model, MLPClassifier):
        assert again.classes_.dtype == model.classes_.dtype
        np.testing.assert_array_equal(again.classes_, model.classes_)
    assert list(again.history_) == list(model.history_)
    assert not np.shares_memory(again.theta_, tensors["theta"])
    left_out = {"callbacks"} | (
        {"random_state"} if name == "random state" else {"engine"} if name == "engine" else set()
    )
    for parameter, value in model.get_params().items():
        if parameter not in left_out:
            np.testing.assert_equal(again.get_params()[parameter], value)
    assert clone(again).fit(inputs, targets).loss_ > 0


def test_feature_names_are_kept() -> None:
    import pandas as pd

    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    record, tensors = MLPClassifier(**SMALL).fit(frame, Y).to_record()
    again = MLPClassifier.from_record(record, tensors)
    assert list(again.feature_names_in_) == ["a", "b", "c", "d"]
    again.predict(frame)


def test_a_restored_model_goes_on_training() -> None:
    record, tensors = MLPClassifier(**SMALL).fit(X, NAMES).to_record()
    again = MLPClassifier.from_record(record, tensors)
    before = again.loss_
    for _ in range(20):
        again.partial_fit(X, NAMES)
    assert again.loss_ < before
    assert len(again.history_) == 32


def broken(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a record with one fault."""
    record, tensors = MLPClassifier(**SMALL).fit(X, NAMES).to_record()
    record, tensors = json.loads(json.dumps(record)), dict(tensors)
    if name == "another estimator":
        record["estimator"] = "MLPRegressor"
    elif name == "no network":
        del record["network"]
    elif name == "short theta":
        tensors["theta"] = tensors["theta"][:-1]
    elif name == "theta of integers":
        tensors["theta"] = tensors["theta"].astype(int)
    elif name == "unknown parameter":
        record["parameters"]["temperature"] = 1.0
    elif name == "unknown kind":
        record["parameters"]["optimizer"] = {"function": "os.system"}
    elif name == "two kinds":
        record["parameters"]["optimizer"] = {"float": "1", "tuple": []}
    elif name == "classes":
        record["labels"]["classes"] = {"dtype": "<U3", "values": ["a", "b"]}
    elif name == "features":
        record["fitted"]["n_features_in_"] = 5
    elif name == "layer":
        record["network"]["layers"][0]["kind"] = "quantum"
    return record, tensors


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("another estimator", "the record must be of a MLPClassifier; got 'MLPRegressor'."),
        ("no network", "network must be present; it is missing. The file is damaged."),
        ("short theta", "theta must be of shape (n_parameters) = (63,); got (62,). The file is damaged."),
        ("theta of integers", "theta must be of dtype float64 or float32; got 'int64'. The file is damaged."),
        ("unknown parameter", "a stored model must have only parameters that this version knows; got temperature."),
        (
            "classes",
            "the record must be complete and consistent; got ValueError: 2 classes for a network of 3 outputs.",
        ),
        (
            "features",
            "the record must be complete and consistent; got ValueError: 5 features for a network of 4 inputs.",
        ),
        ("layer", f"network.layers[0].kind must be one of {', '.join(LAYERS)}; got 'quantum'."),
    ],
)
def test_a_damaged_record(name: str, words: str) -> None:
    with pytest.raises(ModelFileError, match=r"^MLPClassifier: ") as caught:
        MLPClassifier.from_record(*broken(name))
    assert str(caught.value).startswith(f"MLPClassifier: {words}")


def test_values_of_no_known_kind() -> None:
    with pytest.raises(ModelFileError, match=r"a stored value must be of a known kind; got 'function'"):
        MLPClassifier.from_record(*broken("unknown kind"))
    with pytest.raises(ModelFileError, match=r"a stored value must have one kind; got \['float', 'tuple'\]"):
        MLPClassifier.from_record(*broken("two kinds"))


def test_values_that_have_no_plain_form() -> None:
    model = MLPClassifier(**SMALL).fit(X, Y)
    model.tol = object()
    with pytest.raises(DataError, match=r"^to_record: a stored value must be a number, a text, .*; got object\."):
        model.to_record()
    complex_labels = MLPClassifier(**SMALL).fit(X, Y)
    complex_labels.classes_ = np.array([1j, 2j, 3j])
    with pytest.raises(DataError, match=r"^to_record: class labels must be .*; got dtype complex128\."):
        complex_labels.to_record()
