"""What Perceptron accepts, what it refuses and in which words, and how it is stored."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array, issparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from koubai import Perceptron
from koubai.core.errors import DataError, DivergenceError, ModelFileError, ParameterError, ShapeError

IRIS = load_iris()
X, NAMES = IRIS.data, IRIS.target_names[IRIS.target]
COLUMNS = [name.replace(" (cm)", "") for name in IRIS.feature_names]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_data_frames_give_their_names_and_the_same_model(make):
    frame = make(dict(zip(COLUMNS, X.T, strict=True)))
    labels = pd.Series(NAMES) if make is pd.DataFrame else pl.Series(NAMES)
    model = Perceptron().fit(frame, labels)
    assert list(model.feature_names_in_) == COLUMNS
    assert model.n_features_in_ == 4
    np.testing.assert_array_equal(model.coef_, Perceptron().fit(X, NAMES).coef_)
    assert set(model.predict(frame)) <= set(NAMES)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[COLUMNS[::-1]])


@pytest.mark.parametrize("labels", [IRIS.target == 1, IRIS.target * 2.0, NAMES.astype(object), IRIS.target.tolist()])
def test_labels_come_back_as_they_were(labels):
    model = Perceptron().fit(X, labels)
    assert model.predict(X).dtype == np.asarray(labels).dtype
    assert set(model.classes_) == set(labels)


def test_it_works_in_pipelines_searches_and_copies():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Perceptron()),
        {"perceptron__variant": ["plain", "averaged", "pocket"], "perceptron__penalty": [None, "l2"]},
        cv=3,
    ).fit(X, NAMES)
    assert search.best_score_ > 0.85
    model = Perceptron(variant="averaged", eta0=0.5).fit(X, NAMES)
    assert clone(model).get_params() == model.get_params()
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.partial_fit(X, NAMES).coef_, model.partial_fit(X, NAMES).coef_)


def test_sparsify_and_densify():
    model = Perceptron(penalty="l1", alpha=0.1).fit(X, NAMES)
    before = model.predict(X)
    assert issparse(model.sparsify().coef_)
    np.testing.assert_array_equal(model.predict(X), before)
    model.partial_fit(X, NAMES)  # goes on from the sparse weights
    assert not issparse(model.coef_)
    assert not issparse(model.sparsify().densify().coef_)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"penalty": "l3"}, "Perceptron: penalty must be 'elasticnet', 'l1', 'l2' or None; got 'l3'. Try None."),
        ({"alpha": -1}, "Perceptron: alpha must be >= 0; got -1. Try 0.0001."),
        ({"l1_ratio": 2}, r"Perceptron: l1_ratio must be in \[0, 1\]; got 2."),
        ({"max_iter": 0}, "Perceptron: max_iter must be an integer >= 1; got 0. Try 1000."),
        ({"tol": -1.0}, "Perceptron: tol must be >= 0 or None; got -1.0. Try 0.001."),
        ({"eta0": 0}, "Perceptron: eta0 must be > 0; got 0. Try 1.0."),
        ({"validation_fraction": 1.0}, r"Perceptron: validation_fraction must be in \(0, 1\); got 1.0. Try 0.1."),
        ({"class_weight": "even"}, "Perceptron: class_weight must be 'balanced', a dict or None; got 'even'."),
        ({"variant": "voted"}, "Perceptron: variant must be 'averaged', 'plain' or 'pocket'; got 'voted'."),
        ({"order": "sorted"}, "Perceptron: order must be 'in order', 'random', 'shuffled' or None; got 'sorted'."),
        ({"init": "ones"}, "Perceptron: init must be 'random' or 'zeros'; got 'ones'."),
        ({"zero_score": "right"}, "Perceptron: zero_score must be 'negative' or 'wrong'; got 'right'."),
        ({"stop_when_separated": "yes"}, "Perceptron: stop_when_separated must be True or False; got 'yes'."),
        ({"sparse_intercept_decay": 0}, r"Perceptron: sparse_intercept_decay must be in \(0, 1\]; got 0."),
    ],
)
def test_wrong_parameters_are_named(settings, message):
    with pytest.raises(ParameterError, match=f"^{message}"):
        Perceptron(**settings).fit(X, NAMES)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"coef_init": np.ones((2, 4))},
            ShapeError,
            r"Perceptron: coef_init must have shape \(n_problems, n_features\) = \(3, 4\); got \(2, 4\).",
        ),
        (
            {"intercept_init": np.ones(1)},
            ShapeError,
            r"Perceptron: intercept_init must have shape \(n_problems,\) = \(3,\); got \(1,\).",
        ),
        ({"sample_weight": np.zeros(150)}, ValueError, "Sample weights must contain at least one non-zero number."),
    ],
)
def test_what_does_not_fit_the_data_is_named(given, error, message):
    with pytest.raises(error, match=message):
        Perceptron().fit(X, NAMES, **given)


def test_one_class_is_not_enough():
    with pytest.raises(
        DataError, match=r"Perceptron: The number of classes has to be greater than one; got 1 class, a."
    ):
        Perceptron().fit(X[:2], ["a", "a"])


def test_held_out_rows_must_count():
    with pytest.raises(DataError, match="sample weights for validation set are all zero"):
        Perceptron(early_stopping=True).fit(X, NAMES, sample_weight=np.zeros(150))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"early_stopping": True}, "Perceptron: early_stopping should be False with partial_fit; got True."),
        ({"class_weight": "balanced"}, "Perceptron: class_weight 'balanced' is not supported for partial_fit"),
    ],
)
def test_a_part_of_the_rows_cannot_serve_everything(settings, message):
    with pytest.raises(ParameterError, match=message):
        Perceptron(**settings).partial_fit(X, NAMES, classes=np.unique(NAMES))


@pytest.mark.parametrize("more", [["setosa", "unknown"], ["a", "setosa"]])
def test_a_class_that_was_not_announced_is_named(more):
    model = Perceptron().partial_fit(X, NAMES, classes=np.unique(NAMES))
    with pytest.raises(DataError, match=r"classes should include all valid labels that can be in y; got .*(unknown|a)"):
        model.partial_fit(X[:2], more)


def test_overflow_is_named_with_a_remedy():
    with pytest.raises(
        DivergenceError, match="weights must stay finite; got a floating-point under-/overflow in pass 1"
    ):
        Perceptron(eta0=1e200).fit([[1e200], [1e200]], [0, 1])


def test_unfitted_it_says_so():
    for method in ("predict", "decision_function"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(Perceptron(), method)(X)
    for method in ("sparsify", "densify", "to_record"):
        with pytest.raises(NotFittedError):
            getattr(Perceptron(), method)()


@pytest.mark.parametrize("variant", ["plain", "averaged", "pocket"])
@pytest.mark.parametrize("labels", [NAMES, IRIS.target, IRIS.target == 1, IRIS.target * 2.0])
def test_a_record_gives_the_same_model_back(variant, labels):
    frame = pd.DataFrame(X.astype(np.float32), columns=COLUMNS)
    model = Perceptron(variant=variant, class_weight={labels[0]: 2.0}, tol=None, max_iter=4).fit(frame, labels)
    record, tensors = model.to_record()
    twin = Perceptron.from_record(json.loads(json.dumps(record)), tensors)
    np.testing.assert_array_equal(twin.decision_function(frame), model.decision_function(frame))
    assert twin.predict(frame).dtype == model.predict(frame).dtype
    assert twin.get_params() == model.get_params()
    assert (twin.n_iter_, twin.t_, twin.separability_) == (model.n_iter_, model.t_, model.separability_)
    np.testing.assert_array_equal(twin.mistakes_, model.mistakes_)
    assert list(twin.feature_names_in_) == COLUMNS
    np.testing.assert_array_equal(twin.partial_fit(frame, labels).coef_, model.partial_fit(frame, labels).coef_)


def test_a_sparse_model_stays_sparse_in_its_record():
    model = Perceptron(penalty="l1").fit(X, NAMES).sparsify()
    twin = Perceptron.from_record(*model.to_record())
    assert issparse(twin.coef_)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r, t: r.update(estimator="MLPClassifier"), "the record must be of a Perceptron; got 'MLPClassifier'"),
        (lambda r, t: r.pop("classes"), "classes must be present; it is missing"),
        (lambda r, t: t.pop("coef"), "the array coef must be present; it is missing"),
        (
            lambda r, t: t.update(coef=t["coef"][:1]),
            r"coef must be of shape \(n_problems, n_features\) = \(3, 4\); got \(1, 4\)",
        ),
        (lambda r, t: t.update(coef=t["coef"].astype(int)), "coef must be of dtype float64 or float32; got 'int64'"),
        (
            lambda r, t: r["parameters"].update(depth=3),
            "a stored model must have only parameters that this version knows",
        ),
    ],
)
def test_a_damaged_record_is_refused_in_one_sentence(change, message):
    record, tensors = Perceptron().fit(X, NAMES).to_record()
    change(record, tensors)
    with pytest.raises(ModelFileError, match=message):
        Perceptron.from_record(record, tensors)


def test_metadata_can_be_routed():
    weights = np.r_[np.ones(100), np.zeros(50)]
    with config_context(enable_metadata_routing=True):
        model = Perceptron().set_fit_request(sample_weight=True, coef_init=False, intercept_init=False)
        model.set_partial_fit_request(sample_weight=True, classes=True).set_score_request(sample_weight=True)
        routed = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model).fit(
            X, NAMES, sample_weight=weights
        )
    alone = Perceptron().fit(StandardScaler().fit_transform(X), NAMES, sample_weight=weights)
    np.testing.assert_array_equal(routed[-1].coef_, alone.coef_)


def test_large_indices_are_accepted():
    digits, y = load_digits(return_X_y=True)
    narrow = csr_array(digits)
    wide = narrow.copy()
    wide.indices, wide.indptr = narrow.indices.astype(np.int64), narrow.indptr.astype(np.int64)
    np.testing.assert_array_equal(Perceptron(max_iter=2, tol=None).fit(wide, y).coef_.shape, (10, 64))


@pytest.mark.slow
def test_importing_it_does_not_load_numba():
    code = "import sys, koubai; koubai.Perceptron(); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
