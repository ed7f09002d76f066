"""Which kind of model goes where: every kind beside every target, with what is refused and in which words.

A cell that holds "the same" is shown by the tests of its target, which run all of `matrix.cases`: this file holds that
there are such cases, so that no kind and no target is left out without a word.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from tests.export.matrix import Case, cases
from tests.files import making

import koubai
from koubai import HiddenLayer, MLPClassifier
from koubai.core.errors import KoubaiError
from koubai.export import export
from koubai.export.exporting import TARGETS
from koubai.models.kept.homes import HOMES

SAME, DRAWN = "the same", "drawn"
CODE = ("onnx", "c", "js", "python", "sql")
NO_NETWORK = r"model must have a network to be drawn; got Perceptron"
ALL = dict.fromkeys(CODE, SAME) | dict.fromkeys(("svg", "tikz", "png"), DRAWN)
MATRIX: dict[str, dict[str, str]] = {
    "TableModel": ALL,
    "TableClassifier": ALL,
    "TableRegressor": ALL,
    "ImageModel": ALL,
    "ConvClassifier": ALL,
    "ConvRegressor": ALL,
    "MLPClassifier": ALL,
    "MLPRegressor": ALL,
    "Pipeline": ALL,
    "Perceptron": dict.fromkeys(CODE, SAME) | dict.fromkeys(("svg", "tikz", "png"), NO_NETWORK),
    "Neocognitron": dict.fromkeys(CODE, SAME)
    | dict.fromkeys(("svg", "tikz", "png"), r"model must have a network to be drawn; got Neocognitron"),
}
"""For every kind of model that a file may hold, what becomes of it: an answer that agrees, a picture, or a refusal."""

PARTS = {
    "averages": "table-members",
    "averages of numbers": "table-members-numbers",
    "probabilities drawn to their mean": "table-judged",
    "the line between classes that a measure asks for": "table-decided",
    "intervals": "table-interval",
    "intervals that grow": "table-interval-grows",
    "sets of classes": "table-set",
    "sets of averages": "table-set-members",
    "labels": "classifier-many",
    "margins": "classifier-hinge",
    "numbers in pieces": "table-pieces",
    "a long tail": "table-long-tail",
    "single precision": "table-numbers",
    "streamed": "table-streamed",
    "limits of the training targets": "layer-clipped",
    "embeddings": "layer-periodic",
    "several outputs": "regressor-lbfgs",
    "pictures in files": "files-classes",
    "texts": "table-texts",
    "several columns of texts": "table-two-texts",
}
"""What a model may hold besides its network, and the case that has it."""


def model_of(kind: str) -> Any:
    found: list[Case] = [case for case in cases() if type(case.model).__name__ == kind]
    return found[0].model


def test_the_matrix_has_every_kind_and_every_target() -> None:
    assert set(MATRIX) == set(HOMES)
    assert all(set(row) == set(TARGETS) for row in MATRIX.values())
    there = {type(case.model).__name__ for case in cases()}
    assert there == {kind for kind, row in MATRIX.items() if SAME in row.values()}
    assert set(PARTS.values()) <= {case.name for case in cases()}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", MATRIX)
def test_every_cell_is_written_or_refused_in_one_sentence(kind: str, target: str) -> None:
    if target == "onnx":
        pytest.importorskip("onnx", reason="scripts/install-extra test-slow")
    wanted, model = MATRIX[kind][target], model_of(kind)
    if wanted in (SAME, DRAWN):
        assert len(export(model, target)) > 200
        return
    with pytest.raises(KoubaiError, match=wanted) as refused:
        export(model, target)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("labels", [None, np.arange(12) % 2])
def test_a_neocognitron_answers_by_its_winner_or_with_its_cells(labels: Any) -> None:
    images = np.zeros((12, 9, 9))
    images[::2, 4], images[1::2, :, 4] = 1, 1
    images += np.random.default_rng(0).random(images.shape) / 4
    model = koubai.Neocognitron(planes=(3, 4), readout="winner").fit(images, labels)
    code: dict[str, Any] = {}
    exec(str(export(model, "python")), code)
    found = [code["predict"](image.ravel().tolist()) for image in images]
    if labels is None:
        np.testing.assert_allclose(found, model.transform(images), rtol=1e-4, atol=1e-6)
    else:
        assert [answer[0] for answer in found] == model.predict(images).tolist()
    with pytest.raises(KoubaiError, match=r"at most 1600 columns at a time in SQL; .*Export it as C or ONNX"):
        export(koubai.Neocognitron().fit(np.kron(images, np.ones((3, 3))), np.arange(12) % 2), "sql")


def _pipeline(*steps: Any) -> Callable[[], Any]:
    return lambda: make_pipeline(*steps).fit(making.X, making.THREE)


def _sought() -> Any:
    return GridSearchCV(MLPClassifier(**making.MLP), {"alpha": [0.1]}, cv=2).fit(making.X, making.THREE)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            _pipeline(PolynomialFeatures(), MLPClassifier(**making.MLP)),
            r"model must have steps such as StandardScaler.*the step 'polynomialfeatures', a Polynomial\w+\. Do it",
        ),
        (
            _pipeline(StandardScaler(), LogisticRegression()),
            r"must end with a network or a Perceptron.*LogisticRegress",
        ),
        (_pipeline(HiddenLayer(MLPClassifier(**making.MLP)), MLPClassifier(**making.MLP)), r"a HiddenLayer\. Do it"),
        (_sought, r"got GridSearchCV\. Give its best_estimator_\."),
        (lambda: MLPClassifier(), r"not fitted"),
        (lambda: koubai.TableClassifier(), r"not fitted"),
        (lambda: koubai.ImageModel(), r"must be fitted first"),
    ],
)
def test_what_cannot_be_described_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises((KoubaiError, ValueError), match=said):
        export(make(), "c")
