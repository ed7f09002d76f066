"""Scores of a model beside the constant answer's: known answers, and agreement with scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, log_loss, mean_absolute_error, r2_score

from koubai.models.scores.evaluation import Evaluation, evaluate_classes, evaluate_numbers

RNG = np.random.default_rng(0)
CLASSES = np.array(["a", "b", "c"])


def test_classes_agree_with_scikit_learn() -> None:
    y, predicted = RNG.choice(CLASSES, 100), RNG.choice(CLASSES, 100)
    probabilities = RNG.dirichlet([1, 1, 1], 100)
    found = evaluate_classes(y, predicted, probabilities, CLASSES, "b")
    assert found.score == (y == predicted).mean()
    assert found.baseline == (y == "b").mean()
    assert found.others["balanced accuracy"] == pytest.approx(balanced_accuracy_score(y, predicted))
    assert found.others["log loss"] == pytest.approx(log_loss(y, probabilities, labels=CLASSES))
    np.testing.assert_array_equal(found.confusion, confusion_matrix(y, predicted, labels=CLASSES))
    assert Evaluation.from_record(found.record()) == found


def test_classes_that_the_model_does_not_know_are_wrong() -> None:
    y = np.array(["a", "z", "b"])
    found = evaluate_classes(y, np.array(["a", "a", "b"]), np.full((3, 3), 1 / 3), CLASSES, "a")
    assert found.score == pytest.approx(2 / 3)
    assert found.confusion == ((1, 0, 0), (0, 1, 0), (0, 0, 0))
    assert "log loss" not in found.others
    strangers = evaluate_classes(np.array(["x", "z"]), np.array(["a", "b"]), None, CLASSES, "a")
    assert strangers.score == strangers.others["balanced accuracy"] == 0


def test_a_certain_mistake_costs_a_finite_loss() -> None:
    found = evaluate_classes(np.array([0, 1]), np.array([1, 1]), np.array([[0.0, 1], [0, 1]]), np.array([0, 1]), 1)
    assert np.isfinite(found.others["log loss"])


def test_numbers_agree_with_scikit_learn() -> None:
    y = RNG.normal(size=50)
    predicted = y + RNG.normal(size=50)
    found = evaluate_numbers(y, predicted, 0.25)
    assert found.score == pytest.approx(np.sqrt(((y - predicted) ** 2).mean()))
    assert found.baseline == pytest.approx(np.sqrt(((y - 0.25) ** 2).mean()))
    assert found.others["mean absolute error"] == pytest.approx(mean_absolute_error(y, predicted))
    assert found.others["R²"] == pytest.approx(r2_score(y, predicted))
    assert Evaluation.from_record(found.record()) == found


def test_one_row_has_no_r2() -> None:
    assert "R²" not in evaluate_numbers(np.array([1.0]), np.array([1.5]), 0.0).others


@pytest.mark.parametrize(("measure", "better"), [("accuracy", True), ("rmse", False)])
def test_better_is_higher_accuracy_and_lower_error(measure: str, better: bool) -> None:
    assert Evaluation(1, measure, 0.9, 0.5, "a").is_better == better
    assert not Evaluation(1, measure, 0.5, 0.5, "a").is_better


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_errors_of_any_size_are_scored(unit: float) -> None:
    y = np.array([1.0, 2.0, 4.0, 5.0]) * unit
    found = evaluate_numbers(y, y + np.array([0.3, -0.3, 0.3, 0.3]) * unit, 3.0 * unit)
    assert found.score == pytest.approx(0.3 * unit)
    assert found.baseline == pytest.approx(2.5**0.5 * unit)
    assert found.others["R²"] == pytest.approx(1 - 0.09 / 2.5)
