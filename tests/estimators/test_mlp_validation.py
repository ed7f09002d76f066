"""What validation rows are scored by: the score as in scikit-learn, or the loss, which sees probabilities."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss
from tests.together import Member, in_each

from koubai import MLPClassifier, MLPRegressor
from koubai.core.errors import ParameterError
from koubai.estimators.scores import AccuracyTally

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
RARE = (X[:, 0] > 1.9).astype(int)
RARE[0] = 1  # one among the rows that validate
GIVEN: dict[str, Any] = {
    "hidden_layer_sizes": (8,),
    "random_state": 0,
    "epochs": 30,
    "n_iter_no_change": 100,
    "early_stopping": True,
}


def test_by_score_a_tie_keeps_the_first_epoch_and_by_loss_the_best_is_kept() -> None:
    rows = (X[:60], RARE[:60])
    by_score = MLPClassifier(**GIVEN).fit(X, RARE, validation_data=rows)
    by_loss = MLPClassifier(**GIVEN, validation_metric="loss").fit(X, RARE, validation_data=rows)
    assert max(by_score.validation_scores_) <= 1
    assert by_loss.history_.best_epoch > by_score.history_.best_epoch
    loss = log_loss(rows[1], by_loss.predict_proba(rows[0]))
    np.testing.assert_allclose(by_loss.best_validation_score_, -loss, rtol=1e-9)


def test_the_loss_of_validation_rows_is_weighted() -> None:
    weights = RNG.uniform(0.1, 3, 60)
    model = MLPClassifier(**GIVEN, validation_metric="loss")
    model.fit(X, RARE, validation_data=(X[:60], RARE[:60], weights))
    loss = log_loss(RARE[:60], model.predict_proba(X[:60]), sample_weight=weights)
    np.testing.assert_allclose(model.best_validation_score_, -loss, rtol=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson"])
def test_numbers_are_scored_by_their_loss(loss: str) -> None:
    y = np.abs(X[:, 0]) + 0.1
    model = MLPRegressor(loss, **GIVEN, validation_metric="loss").fit(X, y, validation_data=(X[:60], y[:60]))
    z, y = model.predict(X[:60]), y[:60]
    d = np.abs(z - y)
    expected = {
        "squared_error": lambda: d**2 / 2,
        "huber": lambda: np.where(d <= 1, d**2 / 2, d - 0.5),
        "poisson": lambda: z - y + y * np.log(y / z),
    }[loss]()
    np.testing.assert_allclose(model.best_validation_score_, -expected.mean(), rtol=1e-9)


def test_the_start_with_the_lowest_loss_is_kept() -> None:
    model = MLPClassifier(**GIVEN, n_starts=3, validation_metric="loss").fit(X, RARE, validation_data=(X, RARE))
    assert (model.start_scores_ < 0).all()
    assert len(set(model.start_scores_.tolist())) == 3


def test_another_metric_is_refused() -> None:
    with pytest.raises(ValueError, match=r"validation_metric must be 'score', 'loss', the name .* got 'auc'\."):
        MLPClassifier(validation_metric="auc").fit(X, RARE)


def test_no_rows_to_hold_out_are_told_in_one_sentence() -> None:
    model = MLPClassifier(early_stopping=True, validation_fraction=0.0)
    with pytest.raises(
        ParameterError, match=r"^MLPClassifier: validation_fraction must be > 0 where rows are held out"
    ):
        model.fit([[0.0], [1.0]] * 10, [0, 1] * 10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weighted_accuracy_is_the_same_to_the_last_bit_in_any_pieces_and_processes(dtype: str) -> None:
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(500, 3)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(0, 3, 500)]
    weights = rng.choice([0.1, 0.7, 1e-9, 12345.678], 500).astype(dtype)

    def score(member: Member) -> float:
        tally = AccuracyTally(0.5, one_of_many=True, in_pieces=True)
        for rows in np.array_split(np.arange(member.rank, 500, member.size), 7 * member.size):
            tally.add(outputs[rows], targets[rows], weights[rows])
        tally.share(member)
        return tally.score

    (alone,) = in_each(1, score)
    assert alone == pytest.approx(accuracy_score(targets.argmax(1), outputs.argmax(1), sample_weight=weights), rel=1e-6)
    assert in_each(2, score) == [alone] * 2
    assert in_each(3, score) == [alone] * 3


def test_accuracy_is_nan_where_one_process_has_an_output_that_is_not_finite() -> None:
    def score(member: Member) -> float:
        tally = AccuracyTally(0.5, one_of_many=False, in_pieces=True)
        tally.add(np.array([[np.inf if member.rank else 0.0]]), np.ones((1, 1)), None)
        tally.share(member)
        return tally.score

    np.testing.assert_equal(in_each(2, score), [np.nan] * 2)
