"""Estimators of networks with layers that are not dense: they predict, are kept, explained; matrices are refused."""

import copy
import pickle

import numpy as np
import pytest

import koubai
from koubai.core.errors import MissingError, ModelFileError, ParameterError
from koubai.core.layers import LAYERS
from koubai.engines.reference import ReferenceEngine
from koubai.explain.network.asking import Ask

from ..files.making import MLP, NUMBERS, THREE, X, scaled

FACTORS = np.linspace(0.5, 1.5, 3)


@pytest.fixture(scope="module")
def plain() -> koubai.MLPClassifier:
    return koubai.MLPClassifier(**MLP, engine="reference").fit(X, THREE)


@pytest.fixture
def model(plain: koubai.MLPClassifier) -> koubai.MLPClassifier:
    return scaled(plain)


def test_it_predicts_what_the_dense_network_says_of_scaled_rows(model, plain) -> None:
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X * FACTORS), rtol=1e-12)
    assert model.network_.block(model.theta_, 0, "scales").tolist() == FACTORS.tolist()
    np.testing.assert_allclose(
        model.predict_proba(X), ReferenceEngine().forward(model.network_, model.theta_, X), rtol=1e-12
    )


def test_it_comes_back_from_files_copies_and_pickles(model, tmp_path) -> None:
    koubai.save(model, tmp_path / "scaled.koubai")
    expected = model.predict_proba(X)
    for again in (koubai.load(tmp_path / "scaled.koubai"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.predict_proba(X), expected)
        assert again.network_ == model.network_
    first = (tmp_path / "scaled.koubai").read_bytes()
    koubai.save(koubai.load(tmp_path / "scaled.koubai"), tmp_path / "again.koubai")
    assert (tmp_path / "again.koubai").read_bytes() == first


def test_its_numbers_are_explained(model) -> None:
    page = model.explain(X[0], y=THREE[0], ask=Ask.weight(1, 2, 2))
    assert "s₂⁽¹⁾" in page.render("text", "en")


@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
def test_matrices_are_refused_in_one_sentence(model, name: str) -> None:
    with pytest.raises(MissingError) as caught:
        getattr(model, name)
    assert str(caught.value) == (
        f"MLPClassifier: {name} must be asked of a network of dense layers; this one has a scaling layer. "
        f"Read its parameters with network_.block(theta_, layer, name)."
    )
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=r"^'MLPClassifier' object has no attribute 'coefs'$"):
        _ = model.coefs


def test_a_new_theta_is_taken_in_and_other_attributes_stay(model, plain) -> None:
    theta = model.theta_.copy()
    theta[:3] = 1
    model.theta_ = theta
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X), rtol=1e-12)
    model.out_activation_ = "identity"
    with pytest.raises(ParameterError) as caught:
        model.predict(X)
    assert str(caught.value) == (
        "MLPClassifier: out_activation_ must stay as fit left it in a network with layers that are not dense; "
        "got 'identity'. Set it back, or fit a new estimator."
    )


def test_fit_makes_the_parameters_network_anew_and_training_does_not_go_on_from_another_kind(model) -> None:
    with pytest.raises(
        ParameterError, match=r"^MLPClassifier: the network must keep its layers of \(3, 3, 4, 3, 3\) nodes"
    ):
        copy.deepcopy(model).set_params(warm_start=True).fit(X, THREE)
    model.fit(X, THREE)
    assert model.network_.is_dense
    assert len(model.coefs_) == 3


def test_the_playground_refuses_it_in_one_sentence(model) -> None:
    with pytest.raises(ParameterError, match=r"^MLPClassifier: play must have a network of dense layers; got one with"):
        model.play(X, THREE)


def damaged(**changes):
    """The record of a scaled regressor with another description of its first layer."""
    record, tensors = scaled(koubai.MLPRegressor(**MLP, engine="reference").fit(X, NUMBERS)).to_record()
    layer = record["network"]["layers"][0]
    record["network"]["layers"][0] = {key: value for key, value in (layer | changes).items() if value is not None}
    return record, tensors


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "quantum"}, f"network.layers[0].kind must be one of {', '.join(LAYERS)}; got 'quantum'."),
        ({"kind": 3}, f"network.layers[0].kind must be one of {', '.join(LAYERS)}; got 3."),
        ({"n_features": 0}, "network.layers[0].n_features must be a whole number from 1 to 9007199254740992; got 0."),
        ({"n_features": None}, "network.layers[0].n_features must be present; it is missing."),
        (
            {"n_features": 2},
            "the record must be complete and consistent; got ShapeError: Network: layer 1 must take the 2",
        ),
        ({"kind": "dense"}, "network.layers[0].n_in must be present; it is missing."),
    ],
)
def test_damaged_descriptions_are_refused_in_one_sentence(changes: dict, message: str) -> None:
    record, tensors = damaged(**changes)
    with pytest.raises(ModelFileError) as caught:
        koubai.MLPRegressor.from_record(record, tensors)
    assert str(caught.value).startswith(f"MLPRegressor: {message}")


def test_a_theta_of_another_length_is_refused() -> None:
    record, tensors = damaged()
    tensors["theta"] = tensors["theta"][1:]
    with pytest.raises(ModelFileError, match=r"^MLPRegressor: theta must be of shape \(n_parameters\)"):
        koubai.MLPRegressor.from_record(record, tensors)
