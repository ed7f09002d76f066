"""Whatever form the rows come in, the same rows give the same model; and weights mean what they say."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning

from koubai import MLPClassifier, MLPRegressor, Perceptron
from koubai.core.errors import DataError, ParameterError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = load_iris()
X, Y = IRIS.data, IRIS.target
NAMES = IRIS.target_names[Y]
COLUMNS = ["sepal length", "sepal width", "petal length", "petal width"]
SMALL: dict[str, Any] = {"hidden_layer_sizes": (6,), "max_iter": 15, "random_state": 0, "learning_rate_init": 0.01}


def same(a: Any, b: Any) -> None:
    np.testing.assert_array_equal(a.theta_, b.theta_)
    assert a.loss_curve_ == b.loss_curve_


@pytest.mark.parametrize("make_frame", [pd.DataFrame, lambda X, columns: pl.DataFrame(X, schema=columns)])
def test_frames_equal_arrays(make_frame: Any) -> None:
    frame = make_frame(X, columns=COLUMNS) if make_frame is pd.DataFrame else make_frame(X, COLUMNS)
    series = pd.Series(NAMES) if make_frame is pd.DataFrame else pl.Series(NAMES)
    from_frame, from_array = MLPClassifier(**SMALL).fit(frame, series), MLPClassifier(**SMALL).fit(X, NAMES)
    same(from_frame, from_array)
    assert list(from_frame.feature_names_in_) == COLUMNS
    np.testing.assert_array_equal(from_frame.predict(frame), from_array.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        from_frame.predict(frame[COLUMNS[::-1]])


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_equals_dense(form: Any, solver: str, dtype: Any) -> None:
    dense = np.where(X > 2, X, 0).astype(dtype)
    one = MLPClassifier(solver=solver, **SMALL).fit(dense, Y)
    other = MLPClassifier(solver=solver, **SMALL).fit(form(dense), Y)
    tolerance = 1e-9 if dtype is np.float64 else 1e-2 if solver == "lbfgs" else 1e-4
    np.testing.assert_allclose(other.theta_, one.theta_, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(other.predict_proba(form(dense)), other.predict_proba(dense), rtol=1e-5)


def test_sparse_early_stopping() -> None:
    model = MLPRegressor(early_stopping=True, **SMALL).fit(sparse.csc_array(X), Y)
    assert len(model.validation_scores_) == model.n_iter_


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("order", ["C", "F"])
def test_float32_stays_float32(make: Any, order: str) -> None:
    inputs = np.asarray(X, dtype=np.float32, order=order)
    model = make(early_stopping=True, **SMALL).fit(inputs, Y)
    arrays = [model.theta_, *model.coefs_, *model.intercepts_]
    arrays.append(model.predict_proba(inputs) if make is MLPClassifier else model.predict(inputs))
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (NAMES, NAMES.dtype),
        (NAMES.astype(object), NAMES.dtype),  # scikit-learn's LabelBinarizer makes them text
        (Y.astype(np.int8), np.int8),
        (Y * 10 - 7, np.int64),
        (Y.astype(float), np.float64),
        (Y.tolist(), np.int64),
        (NAMES.tolist(), NAMES.dtype),
    ],
    ids=["str", "object", "int8", "other numbers", "float", "list", "list of str"],
)
def test_labels_of_any_kind(labels: Any, dtype: Any) -> None:
    model = MLPClassifier(**SMALL).fit(X, labels)
    same(model, MLPClassifier(**SMALL).fit(X, Y))
    assert model.predict(X).dtype == model.classes_.dtype == dtype
    np.testing.assert_array_equal(model.classes_, np.unique(labels))
    assert set(model.predict(X)) <= set(labels)


def test_booleans_are_two_classes() -> None:
    model = MLPClassifier(**SMALL).fit(X, Y == 0)
    assert model.predict(X).dtype == bool
    assert model.out_activation_ == "logistic"
    assert model.predict_proba(X).shape == (150, 2)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_one_row_a_time_and_a_column_of_targets() -> None:
    with pytest.warns(Warning, match="column-vector y"):
        column = MLPRegressor(**SMALL).fit(X, Y[:, np.newaxis])
    same(column, MLPRegressor(**SMALL).fit(X, Y))
    assert column.predict(X[:1]).shape == (1,)


def test_labels_that_exclude_nothing() -> None:
    many, labels = make_multilabel_classification(n_samples=60, n_classes=4, random_state=0)
    model = MLPClassifier(**SMALL).fit(many, labels)
    assert model.out_activation_ == "logistic"
    assert model.predict(many).shape == model.predict_proba(many).shape == (60, 4)
    as_sparse = MLPClassifier(**SMALL).fit(many, sparse.csr_array(labels))
    same(as_sparse, model)
    assert sparse.issparse(as_sparse.predict(many))


def test_several_outputs() -> None:
    many, targets = make_regression(n_samples=50, n_targets=3, random_state=0)
    model = MLPRegressor(**SMALL).fit(many, targets)
    assert model.predict(many).shape == (50, 3)
    assert model.n_outputs_ == 3


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_a_weight_is_a_number_of_rows(solver: str) -> None:
    """As one batch, a row of weight k is k such rows, and a row of weight 0 none."""
    times = np.random.default_rng(0).integers(0, 4, len(X))
    given = {**SMALL, "batch_size": 1000, "shuffle": False, "solver": solver}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a batch larger than the data
        weighted = MLPClassifier(**given).fit(X, Y, times)
        repeated = MLPClassifier(**given).fit(X.repeat(times, axis=0), Y.repeat(times))
    np.testing.assert_allclose(weighted.theta_, repeated.theta_, rtol=1e-6, atol=1e-9)


def test_rows_without_weight_are_absent() -> None:
    there = np.arange(150) % 3 > 0
    given = {**SMALL, "batch_size": 10}
    same(
        MLPClassifier(**given).fit(X, Y, there.astype(float)),
        MLPClassifier(**given).fit(X[there], Y[there], there[there]),
    )


def test_class_weight_is_a_weight_of_rows() -> None:
    by_class = MLPClassifier(class_weight={0: 1.0, 1: 3.0, 2: 0.5}, **SMALL).fit(X, Y)
    same(by_class, MLPClassifier(**SMALL).fit(X, Y, np.array([1.0, 3.0, 0.5])[Y]))
    both = MLPClassifier(class_weight={0: 1.0, 1: 3.0, 2: 0.5}, **SMALL).fit(X, Y, np.arange(1, 151))
    same(both, MLPClassifier(**SMALL).fit(X, Y, np.arange(1, 151) * np.array([1.0, 3.0, 0.5])[Y]))


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_class_weights_that_are_no_weights_drop_no_rows(weight: float) -> None:
    model = MLPClassifier(class_weight={0: weight}, **SMALL)
    for learn in (model.fit, lambda X, y: model.partial_fit(X, y, classes=[0, 1, 2])):
        with pytest.raises(
            ParameterError, match=rf"class_weight must contain only finite weights >= 0; got {weight:g}\."
        ):
            learn(X, Y)


def test_balanced_classes_weigh_the_same() -> None:
    rare = np.r_[0:50, 50:60]
    balanced = MLPClassifier(class_weight="balanced", **SMALL).fit(X[rare], NAMES[rare])
    weights = np.where(Y[rare] == 0, 60 / (2 * 50), 60 / (2 * 10))
    same(balanced, MLPClassifier(**SMALL).fit(X[rare], NAMES[rare], weights))


def test_balance_needs_all_rows() -> None:
    with pytest.raises(ParameterError, match=r"^MLPClassifier: class_weight must be a dict or None in partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])


def test_class_weights_count_in_partial_fit() -> None:
    weights = {0: 1.0, 1: 3.0, 2: 0.5}
    by_class = MLPClassifier(class_weight=weights, **SMALL).partial_fit(X, Y, classes=[0, 1, 2])
    same(by_class, MLPClassifier(**SMALL).partial_fit(X, Y, np.array([1.0, 3.0, 0.5])[Y], classes=[0, 1, 2]))


def test_no_row_with_weight() -> None:
    words = r"^MLPClassifier: sample_weight times class_weight must be above 0 for at least one row; got 0 for all 150"
    with pytest.raises(DataError, match=words):
        MLPClassifier(class_weight={0: 0.0, 1: 0.0, 2: 0.0}, **SMALL).fit(X, Y)
    with pytest.raises(ValueError, match="Sample weights must contain at least one non-zero number"):
        MLPClassifier(**SMALL).fit(X, Y, np.zeros(150))


def test_negative_weights_and_counts() -> None:
    with pytest.raises(ValueError, match=r"[Nn]egative values in data passed to `sample_weight`"):
        MLPClassifier(**SMALL).fit(X, Y, -np.ones(150))
    with pytest.raises(DataError, match=r"^MLPRegressor: y must be >= 0 with loss='poisson'; got -1\. Try loss="):
        MLPRegressor(loss="poisson", **SMALL).fit(X, Y - 1)


def test_new_classes_are_refused() -> None:
    model = MLPClassifier(**SMALL).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ParameterError, match=r"`y` has classes not in `self.classes_`"):
        model.partial_fit(X, Y + 1)
    warm = MLPClassifier(warm_start=True, **SMALL).fit(X, Y)
    with pytest.raises(ParameterError, match="warm_start can only be used where `y` has the same classes"):
        warm.fit(X, Y + 1)


def test_convergence_is_asked_for_only_by_max_iter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(epochs=3, random_state=0).fit(X, Y)
        MLPClassifier(epochs=3, random_state=0, solver="lbfgs").fit(X, Y)
    for solver, words in (
        ("adam", r"Maximum iterations \(3\) reached and the optimization hasn't converged yet"),
        ("lbfgs", r"lbfgs failed to converge after 3 iteration\(s\)"),
    ):
        with pytest.warns(ConvergenceWarning, match=words):
            MLPClassifier(max_iter=3, random_state=0, solver=solver).fit(X, Y)


@pytest.mark.parametrize("values", [[np.inf, 0.0], [-np.inf, 1.0], [np.nan, 1.0]])
def test_a_plain_array_of_the_right_shape_is_still_looked_at(values: list[float]) -> None:
    """Prediction spares scikit-learn's checks where they would change nothing; numbers that are not finite are told."""
    model = MLPClassifier((2,), epochs=1, random_state=0).fit(np.eye(4)[:, :2], [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"contains (infinity|NaN)"):
        model.predict_proba(np.array([values]))
    with pytest.raises(ValueError, match="3 features, but MLPClassifier is expecting 2"):
        model.predict(np.zeros((1, 3)))


def test_large_finite_numbers_whose_sum_is_not_finite_are_accepted() -> None:
    model = MLPClassifier((2,), epochs=1, random_state=0).fit(np.eye(4)[:, :2], [0, 1, 0, 1])
    assert model.predict(np.full((2, 2), 1e308)).shape == (2,)


@pytest.mark.parametrize("trained", [np.float32, np.float64])
@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.float16, np.float32, np.float64, np.longdouble])
def test_rows_of_any_numbers_are_predicted_as_the_same_rows_in_a_list(trained: Any, dtype: Any) -> None:
    """Lists go through scikit-learn's validation, plain arrays do not."""
    model = MLPClassifier((3,), epochs=2, random_state=0).fit(X.astype(trained), Y)
    rows = (10 * X[:7]).astype(dtype)
    expected = model.predict_proba(rows.tolist())
    for given in (
        rows,
        np.asfortranarray(rows),
        np.repeat(rows, 2, axis=0)[::2],
        rows.astype(dtype(0).dtype.newbyteorder()),
    ):
        found = model.predict_proba(given)
        assert found.dtype == trained
        np.testing.assert_array_equal(found, expected)


def test_a_number_too_large_for_the_model_s_precision_is_told() -> None:
    model = MLPClassifier((2,), epochs=1, random_state=0).fit(np.eye(4, dtype=np.float32)[:, :2], [0, 1, 0, 1])
    with pytest.warns(RuntimeWarning, match="overflow"), pytest.raises(ValueError, match="too large for dtype"):
        model.predict(np.array([[1.0, 1e300]]))


TIMES = np.array(["2024-01-01", "NaT"] * 20, dtype="M8[s]")
"""Seconds, of which NumPy makes 1704067200 and -9223372036854775808."""


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor, Perceptron])
@pytest.mark.parametrize(
    "rows",
    [
        TIMES[:, np.newaxis],
        TIMES[:, np.newaxis] - TIMES[0],
        [[time] for time in TIMES],
        pd.DataFrame({"d": TIMES}),
        pd.DataFrame({"d": pd.Series(TIMES).dt.tz_localize("UTC"), "x": 1.0}),
        pl.DataFrame({"x": [1.0] * 40, "d": pl.Series(TIMES.astype("M8[ms]"))}),
        pl.DataFrame({"x": pl.Series([1] * 40).cast(pl.Duration)}),
    ],
)
def test_times_are_no_numbers(make: Any, rows: Any) -> None:
    y = np.arange(40) % 2
    who = make.__name__
    with pytest.raises(
        DataError, match=rf"{who}: X must contain only numbers; got .*\. Make dates and durations numbers"
    ):
        make(max_iter=2).fit(rows, y)
    model = make(max_iter=2).fit(np.zeros((40, np.shape(rows)[1])), y)
    with pytest.raises(DataError, match=f"{who}: X must contain only numbers"):
        model.predict(rows)


@pytest.mark.parametrize("y", [TIMES, pd.Series(TIMES), TIMES - TIMES[0], pl.Series(TIMES.astype("M8[ms]"))])
def test_times_are_no_targets_of_a_regression_but_may_be_classes(y: Any) -> None:
    with pytest.raises(DataError, match="MLPRegressor: y must contain only numbers"):
        MLPRegressor(max_iter=2).fit(np.zeros((40, 1)), y)
    with pytest.raises(DataError, match="MLPRegressor: y must contain only numbers"):
        MLPRegressor(max_iter=2).fit(np.zeros((40, 1)), np.zeros(40), validation_data=(np.zeros((40, 1)), y))
    days = TIMES.astype("M8[D]")
    days[1::2] = "2024-01-02"
    assert MLPClassifier(max_iter=2).fit(np.zeros((40, 1)), days).classes_.tolist() == sorted(set(days.tolist()))


def test_targets_that_become_infinite_or_missing_are_refused_as_scikit_learn_refuses_them() -> None:
    X = np.zeros((40, 1), np.float32)
    with pytest.raises(ValueError, match=r"Input y contains NaN\."):
        MLPRegressor(max_iter=2).fit(X, np.array([None, 1.0] * 20, dtype=object))
    with pytest.raises(ValueError, match=r"Input y contains infinity or a value too large for dtype\('float32'\)"):
        MLPRegressor(max_iter=2).fit(X, np.array([1e300, 1.0] * 20))
