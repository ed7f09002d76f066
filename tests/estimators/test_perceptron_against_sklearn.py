"""Perceptron beside scikit-learn's: with the rows in order, the same numbers."""

import inspect

import numpy as np
import pytest
import sklearn.linear_model
from scipy.sparse import coo_matrix, csc_array, csr_array
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier

from koubai import Perceptron

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def shuffled(X, y, names=None):
    order = np.random.RandomState(0).permutation(len(y))
    return X[order], (y if names is None else names[y])[order]


IRIS = load_iris()
CANCER = load_breast_cancer()
DATA = {
    "iris, text labels": shuffled(IRIS.data, IRIS.target, IRIS.target_names),
    "digits": shuffled(*load_digits(return_X_y=True)),
    "cancer, two classes": shuffled(CANCER.data, CANCER.target),
    "made, five classes": make_classification(200, 12, n_informative=8, n_classes=5, random_state=0),
}
SETTINGS = [
    {},
    {"penalty": "l2", "alpha": 1e-3},
    {"penalty": "l2", "alpha": 2.0},
    {"penalty": "l1", "alpha": 1e-2},
    {"penalty": "elasticnet", "l1_ratio": 0.4, "alpha": 1e-3},
    {"class_weight": "balanced"},
    {"fit_intercept": False, "n_iter_no_change": 2},
    {"max_iter": 3, "tol": None, "eta0": 0.3},
    {"early_stopping": True},
    {"early_stopping": True, "penalty": "l2", "validation_fraction": 0.3, "random_state": 7},
]


def assert_same(ours, theirs, tolerance=1e-12):
    scale = max(1.0, np.abs(theirs.coef_).max())
    np.testing.assert_allclose(ours.coef_ / scale, theirs.coef_ / scale, rtol=0, atol=tolerance)
    np.testing.assert_allclose(ours.intercept_ / scale, theirs.intercept_ / scale, rtol=0, atol=tolerance)
    assert ours.coef_.shape == theirs.coef_.shape
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)


def pair(settings):
    return Perceptron(shuffle=False, **settings), sklearn.linear_model.Perceptron(shuffle=False, **settings)


def test_the_same_parameters_with_the_same_defaults_come_first():
    theirs = inspect.signature(sklearn.linear_model.Perceptron).parameters
    ours = inspect.signature(Perceptron).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    assert all(ours[name].default == theirs[name].default for name in theirs)
    for method in ("fit", "partial_fit", "score", "predict", "decision_function"):
        names = [list(inspect.signature(getattr(kind, method)).parameters) for kind in (Perceptron, type(pair({})[1]))]
        assert names[0] == names[1]


def test_everything_public_of_a_fitted_perceptron_is_there():
    ours, theirs = (model.fit(*DATA["digits"]) for model in pair({}))
    not_a_perceptrons = {"average", "epsilon", "learning_rate", "loss", "loss_functions", "power_t"}  # of SGDClassifier
    public = {name for name in dir(theirs) if not name.startswith("_")} - not_a_perceptrons
    assert public <= set(dir(ours))


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("data", DATA)
def test_the_same_coefficients(data, settings, sparse):
    X, y = DATA[data]
    X = csr_array(X) if sparse else X
    ours, theirs = (model.fit(X, y) for model in pair(settings))
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-9, atol=1e-8)
    assert ours.score(X, y) == theirs.score(X, y)


@pytest.mark.parametrize("data", DATA)
def test_the_same_with_sample_weights_starts_and_single_passes(data):
    X, y = DATA[data]
    rng = np.random.RandomState(1)
    weights = rng.randint(0, 4, len(y)) * 0.5
    n = len(np.unique(y))
    shape = (1 if n == 2 else n, X.shape[1])
    start = {"coef_init": rng.normal(size=shape), "intercept_init": rng.normal(size=shape[0])}
    given = {name: array.copy() for name, array in start.items()}
    ours, theirs = pair({"penalty": "l2"})
    ours.fit(X, y, sample_weight=weights, **start)
    np.testing.assert_array_equal(start["coef_init"], given["coef_init"])  # theirs writes into it
    theirs.fit(X, y, sample_weight=weights, **given)
    assert_same(ours, theirs)
    for model in (ours, theirs):
        model.partial_fit(X[:50], y[:50]).partial_fit(X[50:], y[50:], sample_weight=weights[50:])
    assert_same(ours, theirs)
    for model in (ours, theirs):
        model.set_params(warm_start=True).fit(X, y)
    assert_same(ours, theirs)


def test_the_same_from_single_passes_alone():
    X, y = DATA["iris, text labels"]
    ours, theirs = pair({"class_weight": {"setosa": 2.0, "virginica": 0.5}})
    for model in (ours, theirs):
        model.partial_fit(X[:20], y[:20], classes=np.unique(y))
        model.partial_fit(X[20:], y[20:])
    assert_same(ours, theirs)


@pytest.mark.parametrize("penalty", [None, "l2"])
def test_the_averaged_variant_is_averaged_stochastic_gradient_descent(penalty):
    X, y = DATA["digits"]
    ours = Perceptron(shuffle=False, variant="averaged", max_iter=7, tol=None, penalty=penalty)
    theirs = SGDClassifier(
        loss="perceptron",
        learning_rate="constant",
        eta0=1,
        penalty=penalty,
        shuffle=False,
        average=True,
        max_iter=7,
        tol=None,
    )
    assert_same(ours.fit(X, y), theirs.fit(X, y), 1e-11)


@pytest.mark.parametrize("container", [csr_array, csc_array, coo_matrix])
@pytest.mark.parametrize("settings", [{}, {"penalty": "l2"}, {"penalty": "l1"}], ids=str)
def test_float32_is_kept_and_agrees(settings, container):
    X, y = DATA["digits"]
    X = X.astype(np.float32)
    for rows in (X, container(X)):
        ours, theirs = (model.fit(rows, y) for model in pair({**settings, "max_iter": 5, "tol": None}))
        assert ours.coef_.dtype == ours.intercept_.dtype == np.float32
        assert_same(ours, theirs, 1e-6)


def test_shuffled_it_is_as_good_on_the_average():
    X, y = DATA["digits"]
    scores = [
        [kind(random_state=seed).fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) for seed in range(20)]
        for kind in (Perceptron, sklearn.linear_model.Perceptron)
    ]
    ours, theirs = np.mean(scores, axis=1)
    noise = np.std(scores, axis=1, ddof=1).max() * np.sqrt(2 / 20)
    assert abs(ours - theirs) < 3 * noise


@pytest.mark.filterwarnings("default")
def test_it_warns_when_it_ran_out_of_passes_as_theirs_does():
    X, y = DATA["digits"]
    for model in pair({"max_iter": 2}):
        with pytest.warns(ConvergenceWarning, match="Maximum number of iteration reached before convergence"):
            model.fit(X, y)


def test_verbose_prints_the_numbers_that_theirs_prints(capsys):
    X, y = DATA["cancer, two classes"]
    printed = []
    for model in pair({"verbose": 1, "max_iter": 3, "penalty": "l2", "tol": None}):
        model.fit(X, y)
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("--", "Norm"))]
        printed.append([line.split(", Mistakes")[0] for line in lines])
    assert printed[0] == printed[1]
    assert len(printed[0]) == 6


def test_verbose_names_the_classes_and_the_validation_scores(capsys):
    X, y = DATA["iris, text labels"]
    Perceptron(verbose=1, early_stopping=True).fit(X, y)
    out = capsys.readouterr().out
    assert "Class setosa: Norm: " in out
    assert "Validation score: " in out
    assert "Class virginica: Convergence after " in out
