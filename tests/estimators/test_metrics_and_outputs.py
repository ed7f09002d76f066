"""What scikit-learn's users ask for: hidden activations, metrics to stop by, validation losses, output activations."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import f1_score, log_loss, mean_absolute_error, roc_auc_score
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

import koubai
from koubai import HiddenLayer, MLPClassifier, MLPRegressor, TableClassifier, TableModel, TableRegressor
from koubai.core.errors import DataError, ParameterError, ParameterTypeError

rng = np.random.default_rng(0)
X, X_VAL = rng.normal(size=(120, 4)), rng.normal(size=(50, 4))


def classes(x: Any) -> Any:
    return np.array(["a", "b", "c"])[np.digitize(x[:, 0] - x[:, 1], [-0.7, 0.7])]


def numbers(x: Any) -> Any:
    return x @ [1.0, -2.0, 0.5, 0]


def test_hidden_activations_are_those_of_the_equations() -> None:
    model = MLPClassifier((5, 3), activation="tanh", epochs=3, random_state=0).fit(X, classes(X))
    first, second = model.hidden_activations(X_VAL)
    np.testing.assert_allclose(first, np.tanh(X_VAL @ model.coefs_[0] + model.intercepts_[0]))
    np.testing.assert_allclose(second, np.tanh(first @ model.coefs_[1] + model.intercepts_[1]))
    np.testing.assert_allclose(model.hidden_activations(csr_array(X_VAL))[1], second)


def test_a_hidden_layer_gives_features_in_a_pipeline() -> None:
    network = MLPClassifier((6, 2), epochs=10, random_state=0)
    pipeline = make_pipeline(HiddenLayer(network, layer=1), DecisionTreeClassifier(random_state=0))
    assert pipeline.fit(X, classes(X)).score(X, classes(X)) > 0.9
    assert pipeline[:1].get_feature_names_out().tolist() == [f"node{k}" for k in range(1, 7)]
    fitted = network.fit(X, classes(X))
    frozen = HiddenLayer(FrozenEstimator(fitted)).fit(X)
    np.testing.assert_array_equal(frozen.transform(X_VAL), fitted.hidden_activations(X_VAL)[-1])
    with pytest.raises(ParameterError, match=r"HiddenLayer: layer must be from 1 to 2, or negative.*got 3"):
        HiddenLayer(FrozenEstimator(fitted), layer=3).fit(X).transform(X)
    for layer in (3, 0, -3):  # names are refused as the features themselves are
        with pytest.raises(ParameterError, match=rf"HiddenLayer: layer must be from 1 to 2, or negative.*got {layer}"):
            HiddenLayer(FrozenEstimator(fitted), layer=layer).fit(X).get_feature_names_out()


@pytest.mark.parametrize("metric", ["score", "loss", "f1_macro"])
def test_the_history_has_the_validation_loss_of_every_epoch(metric: str, tmp_path: Path) -> None:
    found: list[float] = []

    def after(epoch: Any) -> None:
        found.append(epoch.validation_loss)

    model = MLPClassifier((5,), epochs=4, random_state=0, validation_metric=metric, callbacks=after)
    model.fit(X, classes(X), validation_data=(X_VAL, classes(X_VAL)))
    assert found == model.validation_losses_ == model.history_.validation_losses
    assert model.validation_losses_[-1] == pytest.approx(log_loss(classes(X_VAL), model.predict_proba(X_VAL)))
    koubai.save(model, tmp_path / "model.koubai")
    assert koubai.load(tmp_path / "model.koubai").validation_losses_ == found
    assert [epoch.validation_loss for epoch in koubai.load(tmp_path / "model.koubai").history_] == found
    assert MLPClassifier((5,), epochs=2).fit(X, classes(X)).validation_losses_ is None


def test_training_stops_by_a_scorer_by_name_and_keeps_its_best_epoch() -> None:
    model = MLPClassifier((8,), epochs=30, early_stopping=True, validation_metric="f1_macro", random_state=1)
    frame = pd.DataFrame(X, columns=list("wxyz"))
    model.fit(frame, classes(X), validation_data=(pd.DataFrame(X_VAL, columns=list("wxyz")), classes(X_VAL)))
    predicted = model.predict(pd.DataFrame(X_VAL, columns=list("wxyz")))
    assert model.best_validation_score_ == pytest.approx(f1_score(classes(X_VAL), predicted, average="macro"))
    assert max(model.validation_scores_) == model.best_validation_score_


def test_training_stops_by_any_metric_with_weights() -> None:
    y, y_val = classes(X) == "a", classes(X_VAL) == "a"
    weights = np.linspace(0.5, 2, len(X_VAL))

    def metric(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        return float(roc_auc_score(y, estimator.predict_proba(X)[:, 1], sample_weight=sample_weight))

    model = MLPClassifier((8,), epochs=5, early_stopping=True, validation_metric=metric, random_state=1)
    model.fit(csr_array(X), y, validation_data=(csr_array(X_VAL), y_val, weights))
    assert model.best_validation_score_ == pytest.approx(metric(model, X_VAL, y_val, weights))
    regressor = MLPRegressor(
        hidden_layer_sizes=(8,), epochs=9, early_stopping=True, validation_metric="neg_mean_absolute_error", n_starts=2
    )
    regressor.fit(X, numbers(X), validation_data=(X_VAL, numbers(X_VAL)))
    error = mean_absolute_error(numbers(X_VAL), regressor.predict(X_VAL))
    assert regressor.best_validation_score_ == pytest.approx(-error)


def test_a_metric_that_there_is_not_is_refused() -> None:
    said = r"MLPClassifier: validation_metric must be 'score', 'loss', the name of .* got 'f1_makro'\. Try 'f1_macro'\."
    with pytest.raises(ParameterError, match=said):
        MLPClassifier(validation_metric="f1_makro", early_stopping=True).fit(X, classes(X))
    with pytest.raises(ParameterError, match=r"validation_metric must be"):
        MLPClassifier(validation_metric=3).fit(X, classes(X))


@pytest.mark.parametrize("score", ["good", None, [0.1, 0.2], 1j])
def test_a_metric_that_returns_no_number_is_refused(score: Any) -> None:
    model = MLPClassifier(validation_metric=lambda *_: score, early_stopping=True, epochs=2)
    with pytest.raises(TypeError, match=r"^MLPClassifier: validation_metric must return one number .*; got .*"):
        model.fit(X, classes(X))


def test_a_metric_that_returns_nan_is_told_of_once_and_never_the_best() -> None:
    given = iter([float("nan"), 3.0, float("nan"), 2.0])
    model = MLPClassifier(validation_metric=lambda *_: next(given), early_stopping=True, epochs=4)
    with pytest.warns(UserWarning, match=r"^MLPClassifier: validation_metric returned nan .*never the best") as told:
        model.fit(X, classes(X))
    assert len(told) == 1
    assert model.best_validation_score_ == 3.0


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "tanh"])
@pytest.mark.parametrize("engine", ["cpu", "reference"])
def test_outputs_of_a_regression_have_the_activation_that_was_chosen(name: str, engine: str, tmp_path: Path) -> None:
    y = {"sigmoid": lambda u: 1 / (1 + np.exp(-u)), "softplus": lambda u: np.log1p(np.exp(u)), "tanh": np.tanh}[name](
        numbers(X)
    )
    model = MLPRegressor(
        hidden_layer_sizes=(12,),
        output_activation=name,
        epochs=80,
        batch_size=20,
        learning_rate_init=0.02,
        engine=engine,
        random_state=0,
    )
    model.fit(X, y)
    assert model.network_.layers[-1].activation.name == name
    assert model.score(X, y) > 0.8
    beyond = model.predict(100 * X)
    assert beyond.min() >= (-1 if name == "tanh" else 0)
    koubai.save(model, tmp_path / "model.koubai")
    np.testing.assert_array_equal(koubai.load(tmp_path / "model.koubai").predict(X), model.predict(X))


def test_an_output_activation_that_there_is_not_or_that_cannot_learn_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^MLPRegressor: output_activation must be a known.*got .sigmod."):
        MLPRegressor(output_activation="sigmod").fit(X, numbers(X))
    with pytest.raises(ParameterError, match=r"^MLPRegressor: output_activation must be another than .step., which"):
        MLPRegressor(output_activation="step").fit(X, numbers(X))


def test_an_output_activation_that_the_loss_cannot_have_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"the loss poisson must have outputs in \[0, inf\]; got .* tanh"):
        MLPRegressor(loss="poisson", output_activation="tanh").fit(X, np.abs(numbers(X)))
    with pytest.raises(ParameterError, match=r"TableModel: output_activation must not be set, since a table's numbers"):
        TableModel(output_activation="sigmoid", task="regression").fit(
            {"x": [1.0, 2.0] * 20, "y": [0.1, 0.7] * 20}, "y"
        )


def test_shares_of_a_whole_need_several_outputs() -> None:
    said = (
        r"MLPRegressor: output_activation must be another than 'softmax' for one column.*got 'softmax'\. Try 'sigmoid'"
    )
    with pytest.raises(ParameterError, match=said):
        MLPRegressor(output_activation="softmax").fit(X, numbers(X))
    shares = np.exp(X[:, :3]) / np.exp(X[:, :3]).sum(axis=1, keepdims=True)
    model = MLPRegressor(hidden_layer_sizes=(8,), output_activation="softmax", epochs=5, random_state=0).fit(X, shares)
    np.testing.assert_allclose(model.predict(X_VAL).sum(axis=1), 1)


def test_several_columns_of_classes_are_told_what_to_do() -> None:
    y = np.c_[np.digitize(X[:, 0], [-0.5, 0.5]), np.digitize(X[:, 1], [-0.5, 0.5])]
    said = (
        r"y must be classes in one column, or labels of 0 and 1.*2 columns of classes.*MultiOutputClassifier\(MLPClass"
    )
    with pytest.raises(DataError, match=said):
        MLPClassifier((4,)).fit(X, y)
    wrapped = MultiOutputClassifier(MLPClassifier((4,), epochs=2)).fit(X, y)
    assert wrapped.predict(X).shape == y.shape


def test_a_table_has_one_target_and_several_are_a_model_each() -> None:
    table = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "kind": np.digitize(X[:, 0], [-0.5, 0.5])})
    table = table.with_columns(size=pl.Series(np.digitize(X[:, 1], [-0.5, 0.5])))
    y, given = table.select("kind", "size").to_numpy(), {"hidden_layer_sizes": (3,), "epochs": 1, "n_members": 1}
    said = (
        r"y must be one column of targets; got 2 columns\. Train one model for each: sklearn\.multioutput\.MultiOutput"
    )
    for kind, around in ((TableClassifier, MultiOutputClassifier), (TableRegressor, MultiOutputRegressor)):
        with pytest.raises(
            DataError, match=f"{kind.__name__}: {said}{around.__name__[11:]}\\({kind.__name__}\\(\\)\\)"
        ):
            kind().fit(X, y)
        assert around(kind(**given)).fit(X, y).predict(X).shape == y.shape
        named = (
            rf"names of 2 columns\. Train one model for each: {kind.__name__}\(drop=\['size'\]\)\.fit\(table, 'kind'\)"
        )
        with pytest.raises(DataError, match=named):
            kind().fit(table, ["kind", "size"])
        model = kind(**given, drop=["size"]).fit(table, "kind")
        assert [column.name for column in model.model_.preparation_.columns] == ["a", "b"]
    with pytest.raises(
        ParameterTypeError, match=r"Of several columns, fit one model for each, without the others \(drop"
    ):
        TableModel().fit(table, ["kind", "size"])
    for own, other in (("kind", "size"), ("size", "kind")):
        assert TableModel(**given, drop=[other]).fit(table, own).predict(table).height == table.height


def test_early_stopping_in_partial_fit_is_told_what_to_do_instead() -> None:
    said = r"does not support early_stopping=True.*each call sees other rows.*stop when that no longer improves"
    with pytest.raises(ParameterError, match=said):
        MLPClassifier(early_stopping=True).partial_fit(X, classes(X), classes=["a", "b", "c"])
