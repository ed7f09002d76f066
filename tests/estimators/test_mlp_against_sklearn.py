"""From the same random state and without shuffling, MLPClassifier and MLPRegressor walk scikit-learn's path.

Adam is compared with a very small epsilon: scikit-learn adds it to √v and koubai, as the paper's algorithm does, to the
bias-corrected √v̂, so that with the default 1e-8 the two differ where gradients are small.
"""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network as theirs
from sklearn.datasets import load_digits, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from koubai import MLPClassifier, MLPRegressor

DIGITS, DIGIT = load_digits(return_X_y=True)
DIGITS = DIGITS[:300] / 16
DIGIT = DIGIT[:300]
NUMBERS, NUMBER = make_regression(n_samples=203, n_features=6, noise=5.0, random_state=0)
NUMBERS, NUMBER = NUMBERS, StandardScaler().fit_transform(NUMBER[:, np.newaxis]).ravel()
MANY, LABELS = make_multilabel_classification(n_samples=120, random_state=0)
MANY = StandardScaler().fit_transform(MANY)
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3.0, 400)

PROBLEMS: dict[str, tuple[Any, Any, Any, Any]] = {
    "binary": (theirs.MLPClassifier, MLPClassifier, DIGITS, DIGIT > 4),
    "multiclass": (theirs.MLPClassifier, MLPClassifier, DIGITS, DIGIT),
    "multilabel": (theirs.MLPClassifier, MLPClassifier, MANY, LABELS),
    "regression": (theirs.MLPRegressor, MLPRegressor, NUMBERS, NUMBER),
    "poisson": (theirs.MLPRegressor, MLPRegressor, NUMBERS, np.round(np.exp(NUMBER))),
}
SOLVERS: dict[str, dict[str, Any]] = {
    "sgd": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.05},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.01},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.01},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2, "learning_rate_init": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.02, "tol": 1e-2},
    "adam": {"solver": "adam", "epsilon": 1e-30, "learning_rate_init": 0.01},
    "lbfgs": {"solver": "lbfgs"},
}


def fitted(problem: str, weighted: bool = False, **given: Any) -> tuple[Any, Any]:
    """Return scikit-learn's model and koubai's, fitted to the same problem with the same parameters."""
    their_class, our_class, X, y = PROBLEMS[problem]
    given = {"random_state": 3, "shuffle": False, "batch_size": 64, "hidden_layer_sizes": (9, 5), **given}
    if problem == "poisson":
        given["loss"] = "poisson"
    sample_weight = WEIGHTS[: len(X)] if weighted else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        their = their_class(**given).fit(X, y, sample_weight)
        our = our_class(**given).fit(X, y, sample_weight)
    return their, our


def assert_same_path(their: Any, our: Any, rtol: float = 1e-9) -> None:
    for attribute in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(our, attribute) == getattr(their, attribute), attribute
    if hasattr(their, "loss_curve_"):
        np.testing.assert_allclose(our.loss_curve_, their.loss_curve_, rtol=rtol)
    for attribute in ("loss_", "best_loss_", "best_validation_score_", "validation_scores_"):
        if getattr(their, attribute, None) is not None:
            np.testing.assert_allclose(getattr(our, attribute), getattr(their, attribute), rtol=rtol)
    for attribute in ("coefs_", "intercepts_"):
        for ours, theirs_ in zip(getattr(our, attribute), getattr(their, attribute), strict=True):
            np.testing.assert_allclose(ours, theirs_, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_same_path(problem: str, solver: str, weighted: bool) -> None:
    epochs = 12 if solver == "lbfgs" else 30
    their, our = fitted(problem, weighted, max_iter=epochs, activation="tanh", **SOLVERS[solver])
    assert_same_path(their, our, rtol=1e-7 if solver == "lbfgs" else 1e-9)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_same_path_with_each_activation(activation: str) -> None:
    assert_same_path(*fitted("multiclass", activation=activation, max_iter=30, **SOLVERS["nesterov"]))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_same_start(problem: str) -> None:
    """One update of a vanishing size leaves the initial values, which come from the same draws."""
    their, our = fitted(problem, max_iter=1, solver="sgd", learning_rate_init=1e-300, activation="logistic", alpha=0.0)
    assert_same_path(their, our, rtol=1e-14)


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_same_path_with_early_stopping(problem: str, weighted: bool) -> None:
    """The split, the scores, the stop and the θ that is kept."""
    given = {"early_stopping": True, "max_iter": 200, "n_iter_no_change": 3, **SOLVERS["nesterov"]}
    their, our = fitted(problem, weighted, **given)
    assert their.n_iter_ < 200
    assert_same_path(their, our)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_same_stop(problem: str) -> None:
    their, our = fitted(problem, max_iter=500, tol=4e-3, n_iter_no_change=5, **SOLVERS["momentum"])
    assert their.n_iter_ < 500
    assert_same_path(their, our)


def test_same_adaptive_rate() -> None:
    their, our = fitted("multiclass", max_iter=400, n_iter_no_change=2, **SOLVERS["adaptive"])
    assert their._optimizer.learning_rate < 0.02
    assert our._optimizer.learning_rate == their._optimizer.learning_rate
    assert_same_path(their, our)


@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_same_path_after_a_warm_start(problem: str) -> None:
    their_class, our_class, X, y = PROBLEMS[problem]
    models = [
        kind((7,), random_state=0, shuffle=False, warm_start=True, max_iter=4, **SOLVERS["nesterov"])
        if problem == "binary"
        else kind(hidden_layer_sizes=(7,), random_state=0, shuffle=False, warm_start=True, max_iter=4, solver="sgd")
        for kind in (their_class, our_class)
    ]
    for model in models:
        for _ in range(3):
            with pytest.warns(ConvergenceWarning):
                model.fit(X, y)
    assert_same_path(*models)


def test_same_path_in_partial_fit() -> None:
    their_class, our_class, X, y = PROBLEMS["multiclass"]
    their, our = (kind((7,), random_state=0, shuffle=False, **SOLVERS["nesterov"]) for kind in (their_class, our_class))
    for model in (their, our):
        for start in (0, 100, 200, 0):
            model.partial_fit(X[start : start + 100], y[start : start + 100], classes=np.arange(10))
    assert_same_path(their, our)


def test_float32_follows_in_its_own_precision() -> None:
    X, y = DIGITS.astype(np.float32), DIGIT
    given = {"random_state": 0, "shuffle": False, "max_iter": 5, **SOLVERS["nesterov"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        their, our = theirs.MLPClassifier((7,), **given).fit(X, y), MLPClassifier((7,), **given).fit(X, y)
    assert our.coefs_[0].dtype == our.theta_.dtype == np.float32
    np.testing.assert_allclose(our.coefs_[0], their.coefs_[0], rtol=1e-3, atol=1e-5)
    assert our.predict_proba(X).dtype == np.float32


def test_several_outputs_are_trained_alike_and_their_loss_is_summed() -> None:
    """scikit-learn reports the mean over the outputs, although its gradient is that of the sum."""
    X, Y = make_regression(n_samples=100, n_features=5, n_targets=3, random_state=0)
    Y = StandardScaler().fit_transform(Y)
    given = {"hidden_layer_sizes": (7,), "random_state": 0, "shuffle": False, "max_iter": 20, "alpha": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        their = theirs.MLPRegressor(**given, **SOLVERS["nesterov"]).fit(X, Y)
        our = MLPRegressor(**given, **SOLVERS["nesterov"]).fit(X, Y)
    np.testing.assert_allclose(our.coefs_[0], their.coefs_[0], rtol=1e-9)
    np.testing.assert_allclose(our.loss_curve_, 3 * np.array(their.loss_curve_), rtol=1e-9)
