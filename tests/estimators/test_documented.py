"""What docs/scikit-learn.md says, tried on both libraries side by side."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.neural_network
from sklearn.datasets import load_iris

import koubai
from koubai.core.activations.relu import ReLU

X, Y = load_iris(return_X_y=True)
PAGE = (Path(__file__).parents[2] / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
BOTH = (sklearn.neural_network, koubai)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_a_network_becomes_scikit_learns_own() -> None:
    (recipe,) = (block for block in re.findall("```python\n(.*?)```", PAGE, re.S) if "twin" in block)
    names: dict[str, Any] = {}
    exec(recipe, names)
    model = names["model"]
    np.testing.assert_allclose(names["twin"].predict_proba(X), model.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(names["twin"].predict(X), model.predict(X))


def test_a_perceptron_becomes_scikit_learns_own() -> None:
    model, twin = koubai.Perceptron().fit(X, Y), sklearn.linear_model.Perceptron()
    for name in ("coef_", "intercept_", "classes_", "n_features_in_"):
        setattr(twin, name, getattr(model, name))
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_paths_agree_after_a_thousand_epochs(solver: str) -> None:
    choices: dict[str, Any] = {"max_iter": 1000, "tol": 0, "n_iter_no_change": 10**6, "epsilon": 1e-300}
    theirs, ours = (
        library.MLPClassifier((8,), solver=solver, random_state=0, shuffle=False, **choices).fit(X, Y)
        for library in BOTH
    )
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_initial_values_without_hidden_layer(activation: str) -> None:
    theirs, ours = (
        library.MLPClassifier((), activation, solver="sgd", learning_rate_init=1e-12, max_iter=1, random_state=0).fit(
            X, Y
        )
        for library in BOTH
    )
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], atol=1e-9)


def test_tol_counts_several_outputs_as_scikit_learn_does() -> None:
    rng = np.random.RandomState(0)
    inputs = rng.randn(200, 4)
    outputs = np.stack([inputs @ rng.randn(4) for _ in range(10)], axis=1)
    choices: dict[str, Any] = {
        "solver": "sgd",
        "learning_rate_init": 0.01,
        "max_iter": 2000,
        "shuffle": False,
        "tol": 1e-3,
    }
    theirs, ours = (
        library.MLPRegressor(hidden_layer_sizes=(8,), random_state=0, **choices).fit(inputs, outputs)
        for library in BOTH
    )
    assert ours.n_iter_ == theirs.n_iter_ == 85
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-9)


def test_a_warm_start_keeps_the_best() -> None:
    kept = []
    for library in BOTH:
        model = library.MLPClassifier((8,), max_iter=15, early_stopping=True, warm_start=True, random_state=0)
        model.fit(X, Y)
        before = model.coefs_[0].copy()
        model.set_params(learning_rate_init=5.0, max_iter=2).fit(X, Y)
        kept.append(np.array_equal(model.coefs_[0], before))
    assert kept == [False, True]


def test_the_type_of_predictions() -> None:
    models = [library.MLPClassifier((8,), max_iter=3).fit(X.astype("f4"), Y) for library in BOTH]
    assert [model.predict_proba(X).dtype for model in models] == [np.float64, np.float32]


def test_what_lbfgs_prints_and_keeps(capfd: pytest.CaptureFixture[str]) -> None:
    models = [library.MLPClassifier((8,), solver="lbfgs", max_iter=2, verbose=True).fit(X, Y) for library in BOTH]
    assert [hasattr(model, "loss_curve_") for model in models] == [False, True]
    assert "Iteration 2, loss = " in capfd.readouterr().out


@dataclass(frozen=True, slots=True)
class Half(ReLU):
    """An activation of a user's own that has kept a known name."""

    def value(self, u: Any) -> Any:
        return np.maximum(u, 0) / 2


def test_a_function_of_ones_own_is_refused_by_the_compiled_engine() -> None:
    model = koubai.MLPClassifier((4,), Half(), max_iter=2)
    with pytest.raises(koubai.core.errors.ParameterError, match=r"got one of class Half\. Set engine='reference'"):
        model.fit(X, Y)
    assert model.set_params(engine="reference").fit(X, Y).n_iter_ == 2


def test_a_message_about_losses_offers_only_what_is_accepted() -> None:
    for kind in (koubai.MLPClassifier, koubai.MLPRegressor):
        with pytest.raises(koubai.core.errors.ParameterError) as caught:
            kind(loss="absolute").check_choices()
        offered = re.search("must be one of (.*); got", str(caught.value))
        assert offered is not None
        for loss in offered[1].split(", "):
            kind(loss=loss).check_choices()
