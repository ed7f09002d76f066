"""Files that are signed and yet wrong: what compiled code would have followed, or what would have been written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from tests.files.making import CHECKPOINTS, HERE, X

import koubai
from koubai.core.activations.tanh import Tanh
from koubai.core.errors import KoubaiError, ModelFileError
from koubai.models.files import load_predictor
from koubai.training.container import open_container, write_container

KEPT = HERE / "0.1.0"


def changed(name: str, folder: Path, change: Any) -> Path:
    """Write a kept file with a change."""
    found = open_container(KEPT / f"{name}.koubai")
    change(found.record, found.tensors)
    write_container(folder / "m.koubai", found.kind, found.record, found.tensors)
    return folder / "m.koubai"


def put(where: Any, value: Any) -> Any:
    """Return a change that puts a value at a place of a record."""

    def change(record: Any, tensors: Any) -> None:
        for name in where[:-1]:
            record = record[name]
        record[where[-1]] = value

    return change


@pytest.mark.parametrize("part", ["running.sums", "running.weights", "running.counts"])
def test_running_averages_of_another_shape_are_refused(tmp_path: Path, part: str) -> None:
    """Kernels write into them."""
    path = changed("perceptron-averaged", tmp_path, lambda r, t: t.update({part: t[part][..., :1].copy()}))
    with pytest.raises(ModelFileError, match=rf"Perceptron: {part} must be of shape"):
        koubai.load(path)


def test_a_file_cannot_choose_where_is_written(tmp_path: Path) -> None:
    path = changed("classifier-two", tmp_path, lambda r, t: r["parameters"].update(checkpoint=str(tmp_path / "w")))
    with pytest.raises(ModelFileError, match=r"parameters\.checkpoint must be left out of a file"):
        koubai.load(path)


def test_a_claimed_wide_text_type_takes_no_memory(tmp_path: Path) -> None:
    path = changed("classifier-three", tmp_path, lambda r, t: r["labels"]["classes"].update(dtype="<U500000000"))
    assert koubai.load(path).predict(X[:2]).dtype == "<U4"


@pytest.mark.parametrize("name", ["theta", "slots", "best_theta"])
def test_a_checkpoint_with_too_few_numbers_is_refused(tmp_path: Path, name: str) -> None:
    """The compiled engine would read beyond their end."""
    path = changed("checkpoint-best", tmp_path, lambda r, t: t.update({name: t[name][..., :-1].copy()}))
    estimator, rows, y = CHECKPOINTS["checkpoint-best"]
    with pytest.raises(KoubaiError, match=r"The checkpoint '.*' cannot be used: "):
        clone(estimator).set_params(checkpoint=path).fit(rows, y)
    path = changed("checkpoint-best", tmp_path, lambda r, t: t.update(theta=np.full_like(t["theta"], np.nan)))
    with pytest.raises(ModelFileError, match="theta must be finite"):
        clone(estimator).set_params(checkpoint=path).fit(rows, y)


def test_names_in_a_file_cannot_command_a_terminal(tmp_path: Path) -> None:
    path = changed("perceptron", tmp_path, lambda r, t: r["parameters"].update({"\x1b[31mred": 1}))
    with pytest.raises(ModelFileError, match=r"only parameters that this version knows; got \\x1b\[31mred") as caught:
        koubai.load(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (("mean",), "a", r"mean must be a finite number"),
        (("bounds",), [1.0], r"bounds must be a list of 2"),
        (("long_tail",), 1, r"long_tail must be true or false"),
        (("shares",), [2.0], r"shares\[0\] must be a finite number >= 0 and <= 1|shares\[0\] must be"),
        (("shares",), [1.0], r"1 shares of 3 classes"),
        (("judgement",), {"losses": {}}, r"judgement\.l2 must be present"),
        (("reading",), {"header": "yes"}, r"reading\.header must be true or false"),
        (("parameters", "decimal"), "x", r"parameters\.decimal must be one of"),
        (("parameters", "cross_validation"), 3, r"parameters\.cross_validation must be true or false"),
        (("target", "format"), {"decimal": "x"}, r"target\.format\.decimal must be one of"),
        (("preparation", "columns", 0, "format"), {"decimal": 1}, r"columns\[0\]\.format\.decimal must be one of"),
        (("preparation", "columns", 3, "pivot"), 10**9, r"columns\[3\]\.pivot must be a whole number"),
        (("preparation", "columns", 3, "form"), "%d.%d.%Y", r"a day at most, a month and a year"),
    ],
)
@pytest.mark.parametrize("load", [koubai.load, load_predictor])
def test_what_a_tables_model_says_of_numbers_and_dates_is_checked(
    tmp_path: Path, where: Any, value: Any, told: str, load: Any
):
    with pytest.raises(ModelFileError, match=told):
        load(changed("table-classes", tmp_path, put(where, value)))


@pytest.mark.parametrize(
    ("name", "where", "value", "told"),
    [
        (
            "table-honest",
            ("learning_curve", "losses"),
            [1, 1],
            r"learning_curve must be consistent: a loss and a score for each nu",
        ),
        (
            "table-honest",
            ("cross_validated", "scores"),
            {},
            r"cross_validated must be consistent: a value of each measure for eac",
        ),
        (
            "table-honest",
            ("cross_validated", "n_rows"),
            [9] * 3,
            r"cross_validated must be consistent: a value of each measure",
        ),
        ("table-decided", ("conformal", "level"), 2, r"conformal\.level must be"),
        ("table-averaged", ("n_networks",), 9, r"others\.theta must be of shape"),
        ("table-estimator-classes", ("estimator", "labels", "classes"), ["a"], r"classes must be a list of 2"),
        ("conv-classifier", ("fitted", "image_shape_"), [9, 9, 9], r"The file is damaged|must be"),
        ("images-classes", ("commonest",), "sitting", r"ImageModel: .*the classes must be those of the network"),
        ("neocognitron", ("planes",), [2**60], r"planes\[0\] must be a whole number"),
        (
            "classifier-layers",
            ("parameters", "loss"),
            {"a": 1, "b" * 900: 2},
            r"must have one kind; got \['a', 'b+\. The",
        ),
    ],
)
def test_so_is_what_later_kinds_say(tmp_path: Path, name: str, where: Any, value: Any, told: str) -> None:
    with pytest.raises(ModelFileError, match=told) as caught:
        koubai.load(changed(name, tmp_path, put(where, value)))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("steps",), {"list": []}),
        (("steps",), {"list": [{"tuple": ["a", None]}, {"tuple": ["a", None]}]}),  # two of one name
        (("steps", "list", 0, "tuple"), ["imputer"]),
        (("steps", "list", 0, "tuple", 1), "a step"),
        (("steps", "list", 0, "tuple", 1, "state", "strategy"), "worst"),
        (("steps", "list", 0, "tuple", 1, "state"), {}),
        (("verbose",), {"tuple": []}),
    ],
)
def test_a_pipelines_steps_and_their_parameters_are_checked(tmp_path: Path, where: Any, value: Any) -> None:
    with pytest.raises(ModelFileError, match="the record must describe a pipeline of scikit-learn's and koubai's"):
        koubai.load(changed("pipeline", tmp_path, put(("pipeline", "state", *where), value)))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("validation_metric", "auc"), ("validation_metric", 3), ("validation_fraction", 2.0), ("tol", "small")],
)
def test_an_estimators_parameters_are_checked_as_those_that_a_user_gives(tmp_path: Path, parameter: str, value: Any):
    path = changed("classifier-two", tmp_path, lambda r, t: r["parameters"].update({parameter: value}))
    with pytest.raises(ModelFileError, match=rf"MLPClassifier.*{parameter} must be"):
        koubai.load(path)


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    model = koubai.load(KEPT / "classifier-two.koubai")
    model.coefs_[0][0, 0] = np.nan
    with pytest.raises(KoubaiError, match=r"save: the model must be loadable again; .*theta must be finite"):
        koubai.save(model, tmp_path / "m")
    other = koubai.load(KEPT / "classifier-two.koubai").set_params(alpha=-1.0)
    with pytest.raises(KoubaiError, match=r"save: the model must be loadable again; .*alpha"):
        koubai.save(other, tmp_path / "m")
    assert not any(tmp_path.iterdir())


def test_a_kind_of_ones_own_must_be_registered_before_its_model_is_saved(tmp_path: Path) -> None:
    class Own(Tanh):
        name = "own_tanh"

    model = koubai.MLPRegressor(hidden_layer_sizes=(2,), activation=Own(), engine="reference", epochs=1)
    model.fit([[0.0], [1.0]], [0.0, 1.0])
    said = r"^save: the model must have kinds.*; got the activation 'own_tanh'\. Register its class"
    with pytest.raises(KoubaiError, match=said):
        koubai.save(model, tmp_path / "own.koubai")
    assert not (tmp_path / "own.koubai").exists()
