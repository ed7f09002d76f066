"""Tools that keep, copy or watch estimators: skops, mlflow, old protocols of pickle, cloudpickle, joblib, pandas."""

import copy
import inspect
import pickle
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn.linear_model
import sklearn.neural_network
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from koubai import MLPClassifier, MLPRegressor, Perceptron
from koubai.core.losses.huber import Huber
from koubai.optimizers.adam import Adam

X, Y = load_iris(return_X_y=True)
ITS_OWN = "koubai.estimators"
MODELS: dict[str, Any] = {
    "adam": MLPClassifier((4,), max_iter=3, random_state=0),
    "lbfgs": MLPClassifier((4,), solver="lbfgs", max_iter=3, random_state=0),
    "early stopping": MLPClassifier((4,), max_iter=3, random_state=0, early_stopping=True),
    "regression": MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0),
    "perceptron": Perceptron(max_iter=3),
    "averaged": Perceptron(variant="averaged", max_iter=3),
    "pocket": Perceptron(variant="pocket", max_iter=3),
}
pytestmark = [  # mlflow alone takes half a minute to import
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def through_skops(model: Any) -> Any:
    import skops.io

    return skops.io.loads(skops.io.dumps(model), trusted=skops.io.get_untrusted_types(data=skops.io.dumps(model)))


def through_cloudpickle(model: Any) -> Any:
    import cloudpickle

    return pickle.loads(cloudpickle.dumps(model))


WAYS = {
    **{f"pickle {n}": lambda model, n=n: pickle.loads(pickle.dumps(model, n)) for n in range(6)},
    "skops": through_skops,
    "cloudpickle": through_cloudpickle,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_copies_predict_and_go_on_alike(name: str, way: str) -> None:
    model = clone(MODELS[name]).fit(X, Y)
    twin = WAYS[way](model)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    if name not in ("lbfgs", "early stopping"):
        twin.partial_fit(X, Y)
        model.partial_fit(X, Y)
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        assert getattr(twin, "loss_curve_", None) == getattr(model, "loss_curve_", None)
    if hasattr(model, "history_"):
        assert twin.history_.losses == model.history_.losses


@pytest.mark.parametrize("name", MODELS)
def test_skops_asks_to_trust_no_class_but_the_estimator(name: str) -> None:
    import skops.io

    model = clone(MODELS[name]).fit(X, Y)
    asked = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    assert asked == [f"{type(model).__module__}.{type(model).__name__}"]
    assert asked[0].startswith(ITS_OWN)


def test_skops_with_objects_as_parameters() -> None:
    model = MLPRegressor(Huber(0.5), optimizer=Adam(0.8), epochs=3).fit(X, Y)
    twin = through_skops(model)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    assert twin.get_params() == model.get_params()


@pytest.mark.parametrize("name", ["adam", "averaged"])
def test_mlflow_keeps_a_model_in_its_own_format(name: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlflow's own
        sklearn_flavor = pytest.importorskip("mlflow.sklearn", reason="mlflow-skinny is not installed: no such check")
        model = clone(MODELS[name]).fit(X, Y)
        trusted = [f"{type(model).__module__}.{type(model).__name__}"]
        sklearn_flavor.save_model(model, str(tmp_path / "model"), skops_trusted_types=trusted, pip_requirements=[])
        twin = sklearn_flavor.load_model(str(tmp_path / "model"))
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


def test_what_lies_inside_can_be_pickled_by_any_protocol() -> None:
    model = MLPClassifier((4,), max_iter=3).fit(X, Y)
    for part in (model.history_, model.network_, model._optimizer):
        for protocol in range(6):
            pickle.loads(pickle.dumps(part, protocol))


def test_joblib_remembers_a_fit(tmp_path: Path) -> None:
    calls = []

    def train(model: Any) -> Any:
        calls.append(1)
        return model.fit(X, Y)

    remembered = joblib.Memory(tmp_path, verbose=0).cache(train)
    first, second = (remembered(clone(MODELS["adam"])) for _ in range(2))
    assert len(calls) == 1
    np.testing.assert_array_equal(first.predict(X), second.predict(X))


def test_partial_fit_moves_on_after_early_stopping() -> None:
    model = MLPClassifier((4,), max_iter=3, early_stopping=True, random_state=0).fit(X, Y)
    before = model.theta_.copy()
    model.set_params(early_stopping=False).partial_fit(X, Y)
    assert not np.array_equal(model.theta_, before)


def test_parameters_set_after_fit_count_in_the_next_fit() -> None:
    model = MLPClassifier((4,), max_iter=3, random_state=0).fit(X, Y)
    assert model.set_params(hidden_layer_sizes=(2,)).predict(X).shape == (150,)  # still the one that was trained
    assert model.fit(X, Y).network_.sizes == (4, 2, 3)
    assert clone(model, safe=False).get_params() == model.get_params()


def test_a_pipeline_with_frames_as_output() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    pipeline = make_pipeline(StandardScaler(), clone(MODELS["adam"])).set_output(transform="pandas").fit(frame, Y)
    assert list(pipeline[-1].feature_names_in_) == list("abcd")
    assert pipeline.predict(frame).shape == (150,)


@pytest.mark.parametrize("name", ["adam", "lbfgs", "perceptron"])
def test_warnings_come_from_the_callers_line(name: str) -> None:
    model = clone(MODELS[name])
    for call in (model.fit, make_pipeline(model).fit):
        with pytest.warns(ConvergenceWarning) as caught:
            call(X, Y)
        assert len(caught) == 1
        inside_pipeline = call != model.fit
        assert Path(caught[0].filename) == (Path(inspect.getfile(make_pipeline)) if inside_pipeline else Path(__file__))
    with pytest.warns(UserWarning, match="batch_size") as caught:
        MLPClassifier(batch_size=1000, epochs=1).fit(X, Y)
    assert Path(caught[0].filename) == Path(__file__)


def test_what_holds_of_the_types() -> None:
    for ours, theirs in (
        (MLPClassifier, sklearn.neural_network.MLPClassifier),
        (Perceptron, sklearn.linear_model.Perceptron),
    ):
        assert is_classifier(ours())
        assert isinstance(ours(), sklearn.base.ClassifierMixin)
        assert isinstance(ours(), sklearn.base.BaseEstimator)
        assert not isinstance(ours(), theirs)
    assert is_regressor(MLPRegressor())
    assert not isinstance(MLPRegressor(), sklearn.neural_network.MLPRegressor)
