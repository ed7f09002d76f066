"""scikit-learn's estimators with the same weights, and back: the same bits, and one sentence where there is no such."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Perceptron as TheirPerceptron
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

import koubai
from koubai import MLPClassifier, MLPRegressor, Perceptron
from koubai.core.errors import ParameterError, ParameterTypeError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 5))
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0] - X[:, 1], [-0.7, 0.7])]
TWO = X[:, 0] > X[:, 1]
MANY = (X[:, :3] > 0).astype(int)
NUMBERS = X @ [1.0, -2.0, 0.5, 0, 0] + 0.1 * X[:, 0] ** 2
FEW = {"max_iter": 8, "random_state": 0}

CLASSES = [
    pytest.param(y, activation, sizes, id=f"{kind}-{activation}-{len(sizes)}")
    for kind, y in (("two", TWO), ("three", THREE), ("many", MANY))
    for activation, sizes in (("relu", (8,)), ("tanh", (7, 5)), ("logistic", (33,)), ("identity", ()))
]


def same(ours: Any, theirs: Any) -> None:
    """Compare all that both say, bit for bit."""
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        if hasattr(ours, method) and hasattr(theirs, method):
            with np.errstate(divide="ignore"):
                np.testing.assert_array_equal(getattr(ours, method)(X), getattr(theirs, method)(X), strict=True)


@pytest.mark.parametrize(("y", "activation", "sizes"), CLASSES)
def test_classifiers_are_the_same_bit_for_bit_in_both_directions(y: Any, activation: str, sizes: Any) -> None:
    theirs = TheirClassifier(sizes, activation=activation, **FEW).fit(X, y)
    ours = MLPClassifier.from_sklearn(theirs)
    same(ours, theirs)
    same(ours, ours.to_sklearn())
    trained = MLPClassifier(sizes, activation=activation, **FEW).fit(X, y)
    same(trained.set_params(engine="reference"), trained.to_sklearn())


@pytest.mark.parametrize("y", [NUMBERS, np.c_[NUMBERS, X[:, 0]]], ids=["one", "two"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_regressors_are_the_same_bit_for_bit_in_both_directions(y: Any, dtype: Any) -> None:
    theirs = TheirRegressor(hidden_layer_sizes=(9, 4), **FEW).fit(X.astype(dtype), y.astype(dtype))
    ours = MLPRegressor.from_sklearn(theirs)
    back = ours.to_sklearn()
    assert ours.theta_.dtype == dtype
    for other in (ours, back):
        np.testing.assert_array_equal(other.predict(X.astype(dtype)), theirs.predict(X.astype(dtype)), strict=True)


def test_poisson_regression_is_the_same() -> None:
    theirs = TheirRegressor(hidden_layer_sizes=(5,), loss="poisson", **FEW).fit(X, np.exp(X[:, 0]))
    ours = MLPRegressor.from_sklearn(theirs)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X), strict=True)
    assert ours.to_sklearn().get_params()["loss"] == "poisson"


@pytest.mark.parametrize("y", [TWO, THREE], ids=["two", "three"])
def test_perceptrons_are_the_same_bit_for_bit_in_both_directions(y: Any) -> None:
    theirs = TheirPerceptron(random_state=0).fit(X, y)
    ours = Perceptron.from_sklearn(theirs)
    same(ours, theirs)
    same(ours, ours.to_sklearn())
    twin = Perceptron(random_state=0).fit(X, y).to_sklearn()
    assert isinstance(twin, TheirPerceptron)
    assert {*vars(theirs)} - {*vars(twin)} <= {"_expanded_class_weight"}


def test_what_is_made_trains_on_and_is_kept_and_its_source_stays_as_it_was(tmp_path: Path) -> None:
    theirs = TheirClassifier((6,), **FEW).fit(pd.DataFrame(X, columns=list("vwxyz")), THREE)
    ours = MLPClassifier.from_sklearn(theirs, engine="cpu")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    assert ours.feature_names_in_.tolist() == list("vwxyz")
    assert (ours.get_params()["max_iter"], ours.loss_curve_) == (8, theirs.loss_curve_)
    koubai.save(ours, tmp_path / "model.koubai")
    np.testing.assert_array_equal(
        koubai.load(tmp_path / "model.koubai").predict_proba(frame), ours.predict_proba(frame)
    )
    before = ours.theta_.copy()
    ours.partial_fit(frame, THREE)
    assert (ours.theta_ != before).any()
    assert (theirs.coefs_[0] == TheirClassifier((6,), **FEW).fit(frame, THREE).coefs_[0]).all()
    back = pickle.loads(pickle.dumps(ours.to_sklearn()))
    assert type(back) is TheirClassifier
    back.partial_fit(frame, THREE)
    permutation_importance(back, frame, THREE, n_repeats=1, random_state=0)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            MLPClassifier((3,), activation="gelu", epochs=1),
            r"activation must be one of identity, logistic, tanh, relu,",
        ),
        (MLPClassifier((3, 3), activation=("relu", "tanh"), epochs=1), r"the same in all layers.*got relu, tanh"),
        (MLPClassifier((3,), scaling=True, epochs=1), r"layers must be dense.*got scaling as layer 1.*ONNX"),
        (MLPClassifier((3,), loss="hinge", epochs=1), r"loss must be one on probabilities.*got 'hinge'"),
        (
            MLPClassifier((3,), loss="binary_cross_entropy", epochs=1),
            r"loss must have softmax outputs for three classes",
        ),
        (MLPRegressor(hidden_layer_sizes=(3,), clip_predictions=True, epochs=1), r"clip_predictions must be False"),
    ],
)
def test_what_scikit_learn_cannot_have_is_refused(model: Any, said: str) -> None:
    model.fit(X, THREE if isinstance(model, MLPClassifier) else NUMBERS)
    with pytest.raises(ParameterError, match=said):
        model.to_sklearn()


def test_what_is_no_fitted_counterpart_is_refused() -> None:
    with pytest.raises(NotFittedError):
        MLPClassifier().to_sklearn()
    with pytest.raises(NotFittedError):
        MLPClassifier.from_sklearn(TheirClassifier())
    said = r"from_sklearn: estimator must be a fitted sklearn\.neural_network\.MLPClassifier; got LogisticRegression"
    with pytest.raises(ParameterTypeError, match=said):
        MLPClassifier.from_sklearn(LogisticRegression().fit(X, TWO))


def test_a_network_in_the_ntk_parametrization_becomes_a_plain_one() -> None:
    model = MLPRegressor(hidden_layer_sizes=(4,), parametrization="ntk", engine="reference", epochs=2).fit(X, NUMBERS)
    np.testing.assert_array_equal(model.to_sklearn().predict(X), model.predict(X))
