"""Rare classes: which epoch is kept, what is said of it, and that the notes are true."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import koubai
from koubai.cli.parts.scores import advice, kept_epoch
from koubai.models.scores.evaluation import evaluate_classes
from koubai.training.history import History


def frauds(n: int, seed: int) -> pl.DataFrame:
    """Rows of which some 0.6 % are of the class that two columns tell."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    chance = 1 / (1 + np.exp(-(x[:, 0] + x[:, 1]) * 2 + 9))
    return pl.DataFrame({"amount": x[:, 0], "speed": x[:, 1], "fraud": (rng.random(n) < chance).astype(int)})


@pytest.mark.slow
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_rare_class_is_learned(tmp_path: Path, stream: bool, class_weight: str | None) -> None:
    """By accuracy, every epoch ties with the first, whose network would be kept."""
    table, new = frauds(6000, 0), frauds(4000, 1)
    table.write_parquet(tmp_path / "t.parquet")
    model = koubai.TableModel(class_weight=class_weight).fit(tmp_path / "t.parquet", "fraud", stream=stream)
    assert class_weight or model.estimator_.history_.best_epoch > 3
    found = model.evaluate(new)
    assert found.others["ROC AUC"] > 0.9
    assert found.is_better
    if class_weight is None:
        assert found.others["log loss"] < found.others["log loss of the class shares"]
    else:
        assert found.others["balanced accuracy"] > 0.65


def test_who_asks_for_accuracy_gets_it() -> None:
    model = koubai.TableModel(validation_metric="score", epochs=4).fit(frauds(3000, 0), "fraud")
    assert model.estimator_.history_.best_epoch == 1


def test_areas_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b"], 200, p=[0.9, 0.1])
    shares = rng.dirichlet([2, 1], 200)
    labels = np.array(["a", "b"])
    found = evaluate_classes(y, labels[shares.argmax(axis=1)], shares, labels, "a", [0.9, 0.1])
    np.testing.assert_allclose(found.others["ROC AUC"], roc_auc_score(y == "b", shares[:, 1]))
    expected = average_precision_score(y == "b", shares[:, 1])
    np.testing.assert_allclose(found.others["average precision of b"], expected)
    constant = -np.log(np.where(y == "a", 0.9, 0.1)).mean()
    np.testing.assert_allclose(found.others["log loss of the class shares"], constant)
    three = rng.choice(3, 200)
    many = rng.dirichlet([1, 1, 1], 200)
    found = evaluate_classes(three, many.argmax(axis=1), many, np.arange(3), 0, [1 / 3] * 3)
    np.testing.assert_allclose(found.others["ROC AUC"], roc_auc_score(three, many, multi_class="ovr"))


def test_more_rows_than_are_kept_have_no_areas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koubai.models.scores.evaluation.MOST_RANKED", 10)
    shares = np.full((20, 2), 0.5)
    found = evaluate_classes(np.arange(20) % 2, np.zeros(20), shares, np.arange(2), 0)
    assert "ROC AUC" not in found.others


def test_no_better_is_said_only_where_it_is_true() -> None:
    y = np.r_[np.zeros(95, int), np.ones(5, int)]
    labels, rng = np.arange(2), np.random.default_rng(0)
    ranked = np.column_stack([1 - (y * 0.2 + 0.1), y * 0.2 + 0.1])  # never says 1, but tells the rows apart
    found = evaluate_classes(y, np.zeros(100, int), ranked, labels, 0, [0.95, 0.05])
    assert found.score == found.baseline
    assert found.is_better
    (sentence,) = advice(found)
    assert sentence.startswith("Never predicted: 1, ")
    assert "--class-weight balanced" in sentence
    noise = rng.uniform(0.2, 0.4, 100)
    found = evaluate_classes(y, np.zeros(100, int), np.column_stack([1 - noise, noise]), labels, 0, [0.95, 0.05])
    assert not found.is_better
    (sentence,) = advice(found)
    assert sentence.startswith("The network is no better than a constant prediction, neither by accuracy nor by")


def test_which_epoch_was_kept_is_said() -> None:
    history = History()
    for loss, score in ((0.9, -0.5), (0.5, -0.25), (0.4, -0.25), (0.3, float("nan"))):
        history.extend([loss], [0.1], 0.1, score)
    assert history.best_epoch == 2
    assert kept_epoch(history, True, True) == "the network of epoch 2 of 4: lowest validation loss, 0.2500"
    assert kept_epoch(history, False, True) == "the network of the last epoch, 4"
    assert kept_epoch(History([0.5], [None], [0.1], [0.1]), True, True) == "the network of the last epoch, 1"
