"""Saving and loading: every kind of model, and nothing that is none."""

from pathlib import Path

import numpy as np
import pytest

import koubai
from koubai.core.errors import FileError, ModelFileError, ParameterTypeError
from koubai.training.container import open_container, write_container

X = np.random.default_rng(0).normal(size=(40, 3))
ESTIMATORS = [
    (koubai.MLPClassifier, np.where(X[:, 0] > 0, "yes", "no")),
    (koubai.MLPClassifier, np.digitize(X[:, 0], [-0.5, 0.5])),
    (koubai.MLPClassifier, X > 0),
    (koubai.MLPRegressor, X[:, 0] - X[:, 1]),
    (koubai.MLPRegressor, X @ np.ones((3, 2))),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("kind", "y"), ESTIMATORS)
def test_estimators_predict_bit_for_bit_the_same(tmp_path: Path, kind, y, dtype) -> None:
    inputs = X.astype(dtype)
    model = kind(hidden_layer_sizes=(5, 4), epochs=5, random_state=0, dropout=0.1, optimizer="momentum").fit(inputs, y)
    koubai.save(model, tmp_path / "m.koubai")
    loaded = koubai.load(tmp_path / "m.koubai")
    assert type(loaded) is kind
    assert loaded.get_params() == model.get_params()
    for method in ("predict", "predict_proba"):
        if hasattr(model, method):
            before, after = getattr(model, method)(inputs), getattr(loaded, method)(inputs)
            assert before.dtype == after.dtype
            np.testing.assert_array_equal(before, after)


def test_a_perceptron_predicts_the_same(tmp_path: Path) -> None:
    model = koubai.Perceptron(random_state=0).fit(X, X[:, 0] > 0)
    koubai.save(model, tmp_path / "m.koubai")
    loaded = koubai.load(tmp_path / "m.koubai")
    np.testing.assert_array_equal(loaded.decision_function(X), model.decision_function(X))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_what_is_no_model_is_not_saved(tmp_path: Path) -> None:
    from sklearn.neural_network import MLPClassifier

    for thing in (3, MLPClassifier()):
        with pytest.raises(
            ParameterTypeError, match=r"save: model must be one of TableModel, .*; got (int|MLPClassifier)"
        ):
            koubai.save(thing, tmp_path / "m.koubai")
    with pytest.raises(FileError, match="must be in an existing folder"):
        koubai.save(koubai.MLPRegressor(epochs=1).fit(X, X[:, 0]), tmp_path / "nowhere" / "m.koubai")
    assert not list(tmp_path.iterdir())


def test_other_kinds_are_not_loaded(tmp_path: Path) -> None:
    """The kind in a file never names what to import."""
    for kind in ("os.system", "koubai-checkpoint", "x" * 1000):
        write_container(tmp_path / "m", kind, {}, {})
        with pytest.raises(ModelFileError, match="must contain one of TableModel, TableClassifier, ") as raised:
            koubai.load(tmp_path / "m")
        assert len(str(raised.value)) < 400


@pytest.mark.parametrize("kind", ["TableModel", "MLPClassifier", "MLPRegressor"])
def test_well_formed_files_with_wrong_records_are_refused(tmp_path: Path, kind: str) -> None:
    write_container(tmp_path / "m", kind, {"estimator": kind, "parameters": {"alpha": 3}}, {})
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        koubai.load(tmp_path / "m")


def test_a_file_says_who_wrote_it(tmp_path: Path) -> None:
    koubai.save(koubai.MLPRegressor(epochs=1).fit(X, X[:, 0]), tmp_path / "m.koubai")
    found = open_container(tmp_path / "m.koubai")
    assert (found.kind, found.format_version) == ("MLPRegressor", 1)
    assert found.koubai_version
