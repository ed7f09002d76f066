"""Small tables: how strong the penalty is and how sure answers are is chosen on rows that did not train."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import koubai
from koubai import MLPClassifier, MLPRegressor
from koubai.models.defaults import penalties_to_judge
from koubai.models.judging import draw_to_constant, judge, row_weights

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))


def small_classifier(penalty: float) -> MLPClassifier:
    return MLPClassifier((16,), alpha=penalty, epochs=60, learning_rate_init=0.02, random_state=0)


def test_noise_gets_the_constant_answer() -> None:
    """Overconfident probabilities are what the default gave; now log loss is that of the shares."""
    rng = np.random.default_rng(1)
    table = pl.DataFrame({f"x{i}": rng.normal(size=150) for i in range(6)} | {"y": rng.choice(["a", "b"], 150)})
    model = koubai.TableModel(random_state=0).fit(table, "y", test_fraction=0.4)
    others = model.evaluation_.others
    assert model.judgement_.factor < 0.3
    assert others["log loss"] < 1.05 * others["log loss of the class shares"]
    plain = koubai.TableModel(random_state=0, cross_validation=False).fit(table, "y", test_fraction=0.4)
    assert plain.judgement_ is None
    assert plain.evaluation_.others["log loss"] > 1.2 * others["log loss"]


@given(factor=st.floats(0, 1.5), classes=st.integers(2, 4))
@settings(max_examples=10, deadline=None)
def test_the_factor_draws_log_odds_to_those_of_the_shares(factor: float, classes: int) -> None:
    y = np.arange(90) % classes
    y[:20] = 0
    model = small_classifier(0.1).fit(X, y)
    before = np.log(model.predict_proba(X))
    draw_to_constant(model, factor, y, None)
    shares = np.log(np.bincount(y) / 90)
    expected = factor * before + (1 - factor) * shares
    expected -= np.log(np.exp(expected).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(np.log(model.predict_proba(X)), expected, atol=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber"])
def test_a_factor_of_nothing_is_the_mean(loss: str) -> None:
    y = np.abs(X[:, 0]) + 1
    model = MLPRegressor(loss, (8,), epochs=5, random_state=0).fit(X, y)
    draw_to_constant(model, 0.0, y, None)
    np.testing.assert_allclose(model.predict(X), y.mean())


def test_what_is_learned_is_kept() -> None:
    """Where the columns tell the classes, the factor is near 1, and the judgement is better than the constant."""
    y = np.where(X[:, 0] + 0.3 * RNG.normal(size=90) > 0, "yes", "no")
    found = judge(small_classifier, (1.0, 0.1), X, y, None, classes=True, seed=0)
    assert found is not None
    assert set(found.losses) == {"0.1", "1"}
    assert 0.5 < found.factor <= 1.5
    assert found.losses[f"{found.l2:g}"] < 0.7 * found.constant
    assert found.losses[f"{found.l2:g}"] <= 1.02 * min(found.losses.values())
    assert f"L2 {found.l2:g}" in found.sentence


def test_class_weights_count_in_the_judgement() -> None:
    y = np.r_[np.zeros(80, int), np.ones(10, int)]
    weights = row_weights("balanced", y, y)
    np.testing.assert_allclose([weights[0], weights[-1]], [90 / 160, 90 / 20])
    found = judge(small_classifier, (1.0,), X, y, weights, classes=True, seed=0)
    assert found is not None
    np.testing.assert_allclose(found.constant, np.log(2))
    model = small_classifier(1.0).fit(X, y)
    draw_to_constant(model, 0.0, y, weights)
    np.testing.assert_allclose(model.predict_proba(X), 0.5)


@pytest.mark.parametrize(
    ("y", "rows"),
    [
        (np.arange(90) % 2, 30),  # too few rows
        (np.r_[np.zeros(88, int), 1, 2], 90),  # one class of several rows alone
    ],
)
def test_what_says_nothing_is_not_judged(y: np.ndarray, rows: int) -> None:
    assert judge(small_classifier, (1.0,), X[:rows], y[:rows], None, classes=True, seed=0) is None


def test_margin_losses_are_not_judged() -> None:
    def make(penalty: float) -> MLPClassifier:
        return MLPClassifier((4,), loss="hinge", alpha=penalty, epochs=3)

    assert judge(make, (1.0,), X, np.arange(90) % 2, None, classes=True, seed=0) is None


def test_rare_classes_train_only() -> None:
    y = np.arange(90) % 2
    y[:2] = 2
    assert judge(small_classifier, (1.0,), X, y, None, classes=True, seed=0) is not None


def test_who_has_a_recipe_of_their_own_is_left_alone() -> None:
    assert penalties_to_judge(500, {}) == (0.1, 1.0)
    assert penalties_to_judge(500, {"alpha": 0.3}) == (0.3,)
    for own in ({"epochs": 5}, {"max_iter": 5}, {"early_stopping": True}, {"solver": "lbfgs"}):
        assert penalties_to_judge(500, own) == ()
    assert penalties_to_judge(2000, {}) == ()


def test_a_small_regression_chooses_its_penalty(tmp_path) -> None:
    """With a strong penalty alone, or the mean of networks with pieces and without, a smooth surface is underfitted."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-2, 2, size=(300, 2))
    table = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.sin(2 * x[:, 0]) * x[:, 1]})
    model = koubai.TableModel(random_state=0).fit(table, "y", test_fraction=0.3)
    assert model.judgement_.l2 == 0.1
    assert model.evaluation_.score < 0.2 * model.evaluation_.baseline
    strong = koubai.TableModel(random_state=0, alpha=1.0, cross_validation=False).fit(table, "y", test_fraction=0.3)
    assert model.evaluation_.score < 0.8 * strong.evaluation_.score
    koubai.save(model, tmp_path / "m.koubai")
    again = koubai.load(tmp_path / "m.koubai")
    assert again.judgement_ == model.judgement_
    assert again.predict(table).equals(model.predict(table))
