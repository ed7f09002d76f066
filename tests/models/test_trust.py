"""How far a model can be trusted: the measure it serves, intervals that hold what they promise, unlike rows."""

import datetime
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as theirs

import koubai
from koubai import MLPClassifier
from koubai.cli.main import main
from koubai.core.errors import DataError, ModelFileError, ParameterError, ParameterTypeError
from koubai.estimators.members import seed_of_member
from koubai.models.files import load_predictor
from koubai.models.scores.judging import draw_to_constant
from koubai.models.scores.parts import parts_of
from koubai.models.table_model import TableModel
from koubai.models.trust.conformal import Conformal
from koubai.models.trust.decision import Decision, decide
from koubai.models.trust.metrics import METRICS
from koubai.models.trust.remembered import Remembered, sketch_of
from koubai.models.trust.serving import decide_by_parts, decide_by_rows

QUICK = {"hidden_layer_sizes": (8,), "epochs": 20, "learning_rate_init": 0.02, "n_members": 1}


def rare(n: int = 600) -> pl.DataFrame:
    """Two classes of which one is rare, and overlaps with the other."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    yes = rng.random(n) < 1 / (1 + np.exp(3.5 - 2 * x))
    return pl.DataFrame({"x": x, "noise": rng.normal(size=n), "ill": np.where(yes, "yes", "no")})


def amounts(n: int = 900) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    return pl.DataFrame({"x": x, "y": 3 * x + rng.normal(size=n) - 5})


@pytest.fixture(scope="module")
def served() -> TableModel:
    return TableModel(metric="balanced_accuracy", intervals=0.8, **QUICK).fit(rare(), "ill", test_fraction=0.3)


@pytest.fixture(scope="module")
def with_intervals() -> TableModel:
    return TableModel(intervals=0.9, **QUICK).fit(amounts(), "y", test_fraction=0.5)


THEIRS = {
    "accuracy": theirs.accuracy_score,
    "balanced_accuracy": theirs.balanced_accuracy_score,
    "mcc": theirs.matthews_corrcoef,
    "kappa": theirs.cohen_kappa_score,
}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.task == "classification"])
def test_measures_of_classes_are_those_of_scikit_learn(name: str, n_classes: int) -> None:
    rng = np.random.default_rng(n_classes)
    y = rng.integers(n_classes, size=60)
    shares = rng.dirichlet(np.ones(n_classes), size=60)
    guess = shares.argmax(axis=1)
    if name in THEIRS:
        wanted = THEIRS[name](y, guess)
    elif name == "f1":
        wanted = theirs.f1_score(y, guess, average="binary" if n_classes == 2 else "macro")
    elif name == "auc":
        wanted = theirs.roc_auc_score(y, shares[:, 1] if n_classes == 2 else shares, multi_class="ovr")
    elif name == "average_precision":
        rarer = int((y == 1).sum() <= (y == 0).sum())
        each = [rarer] if n_classes == 2 else range(n_classes)
        wanted = np.mean([theirs.average_precision_score(y == k, shares[:, k]) for k in each])
    elif name == "log_loss":
        wanted = theirs.log_loss(y, shares)
    else:
        both = theirs.brier_score_loss(y == 1, shares[:, 1])
        wanted = both if n_classes == 2 else np.mean(((shares - np.eye(3)[y]) ** 2).sum(axis=1))
    assert METRICS[name].value(y, shares, guess, 1) == pytest.approx(wanted, abs=1e-12)


def test_measures_of_numbers_are_those_of_scikit_learn() -> None:
    y, answers = np.random.default_rng(0).normal(size=(2, 50))
    wanted = {
        "rmse": theirs.root_mean_squared_error(y, answers),
        "mae": theirs.mean_absolute_error(y, answers),
        "r2": theirs.r2_score(y, answers),
    }
    for name, value in wanted.items():
        assert METRICS[name].value(y, answers, answers, 0) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1", "mcc", "kappa", "accuracy"])
def test_no_other_threshold_serves_a_measure_better(name: str) -> None:
    rng = np.random.default_rng(3)
    y = (rng.random(300) < 0.15).astype(int)
    p = 1 / (1 + np.exp(3 - 2 * y - rng.normal(size=300)))
    shares = np.column_stack([1 - p, p])
    found = decide(name, y, shares, 1)
    every = [METRICS[name].value(y, shares, (p > line).astype(int), 1) for line in np.sort(p) - 1e-12]
    assert found.score == pytest.approx(max(every))
    assert METRICS[name].value(y, shares, found.choose(shares), 1) == pytest.approx(found.score)


def test_of_more_classes_a_rare_one_is_answered_more_often_where_that_serves() -> None:
    rng = np.random.default_rng(4)
    y = rng.choice(3, p=[0.8, 0.15, 0.05], size=400)
    shares = rng.dirichlet([8, 1.5, 0.5], size=400) + 0.3 * np.eye(3)[y]
    shares /= shares.sum(axis=1, keepdims=True)
    found = decide("balanced_accuracy", y, shares, 0, "abc")
    assert found.score > found.plain + 0.02
    assert found.factors[2] > found.factors[0]
    assert "times factors is answered (a × " in found.sentence
    assert decide("accuracy", y, np.eye(3)[y], 0, "abc").factors == ()


def test_a_model_serves_the_measure_it_is_asked_for(served) -> None:
    plain = TableModel(**QUICK).fit(rare(), "ill", test_fraction=0.3)
    label = "balanced accuracy"
    assert served.evaluation_.others[label] > plain.evaluation_.others[label] + 0.05
    assert next(iter(served.evaluation_.others)) == label
    assert served.decision_.score > served.decision_.plain
    assert served.decision_.sentence.startswith("For the best balanced accuracy: yes is answered from a probability of")
    predicted = served.predict(rare())
    line = served.decision_.factors[0] / sum(served.decision_.factors)
    assert ((predicted["prediction"] == "yes") == (predicted["probability_yes"] >= line)).all()


def test_class_weights_and_losses_are_chosen_by_measures_of_answers() -> None:
    model = TableModel(metric="log_loss", cross_validation=False, **QUICK).fit(rare(), "ill", test_fraction=0.3)
    assert model.chosen_ == {}
    assert "nothing better was found than the defaults (log loss" in model.decision_.sentence
    frame = amounts(200).with_columns(y=pl.when(pl.int_range(200) % 10 == 0).then(400.0).otherwise("y"))
    model = TableModel(metric="mae", cross_validation=False, **QUICK).fit(frame, "y")
    assert model.chosen_ == {"loss": "absolute_error"}
    assert model.estimator_.loss == "absolute_error"
    assert "loss absolute_error (mean absolute error" in model.decision_.sentence
    assert TableModel(metric="r2", **QUICK).fit(amounts(60), "y").decision_.sentence == (
        "Nothing but the defaults was tried for the best R²."
    )


def test_a_streamed_model_draws_its_line_by_the_rows_that_chose_the_epoch(tmp_path: Path) -> None:
    rare(3000).write_parquet(tmp_path / "t.parquet")
    model = TableModel(metric="f1", **QUICK).fit(tmp_path / "t.parquet", "ill", stream=True, test_fraction=0.2)
    assert model.decision_.n_rows == model.n_rows_["validation"]
    assert "F1 of yes" in model.evaluation_.others


def test_intervals_hold_the_truth_as_often_as_they_say(with_intervals) -> None:
    """Over many draws of calibration rows the coverage is the level, between it and 1 / (n + 1) above."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(2000):
        y, answers = rng.standard_t(3, size=(2, 40))
        found = Conformal.of_numbers(0.9, y[:39], answers[:39], False, 0.0)
        low, high = found.interval(answers[39:], -np.inf)
        held.append(low[0] <= y[39] <= high[0])
    assert np.mean(held) == pytest.approx(0.9, abs=0.02)
    others = with_intervals.evaluation_.others
    assert others["truth within the 90 % interval"] == pytest.approx(0.9, abs=0.07)
    assert others["mean width of an interval"] == pytest.approx(2 * 1.645, rel=0.25)
    predicted = with_intervals.predict(amounts())
    assert predicted.columns == ["prediction", "prediction_lower", "prediction_upper"]
    width = 2 * with_intervals.conformal_.limit
    assert np.allclose(predicted["prediction_upper"] - predicted["prediction_lower"], width)
    assert with_intervals.n_rows_["calibration"] == 90


def test_sets_of_classes_hold_the_truth_as_often_as_they_say(served) -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet([2, 1, 1], size=4000)
    y = (shares.cumsum(axis=1) < rng.random((4000, 1))).sum(axis=1)
    found = Conformal.of_classes(0.8, y[:2000], shares[:2000])
    assert found.sets(shares[2000:])[np.arange(2000), y[2000:]].mean() == pytest.approx(0.8, abs=0.03)
    predicted = served.predict(rare())
    assert set(predicted["prediction_set"]) <= {"yes", "no", "no | yes"}
    assert "truth within the 80 % set" in served.evaluation_.others


def test_intervals_of_targets_with_a_long_tail_grow_with_the_answer() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=800)
    frame = pl.DataFrame({"x": x, "y": rng.poisson(np.exp(1 + x)).astype(float) + 0.5})
    model = TableModel(intervals=0.9, **QUICK).fit(frame, "y", test_fraction=0.4)
    assert model.long_tail_
    predicted = model.predict(frame).sort("prediction")
    width = (predicted["prediction_upper"] - predicted["prediction_lower"]).to_numpy()
    assert width[-1] > 3 * width[100]
    assert predicted["prediction_lower"].min() >= 0
    assert model.evaluation_.others["truth within the 90 % interval"] == pytest.approx(0.9, abs=0.08)


@pytest.mark.parametrize("name", ["served", "with_intervals"])
def test_saved_and_loaded_it_answers_the_same(name: str, request, tmp_path: Path) -> None:
    model = request.getfixturevalue(name)
    frame = rare() if name == "served" else amounts()
    koubai.save(model, tmp_path / "m.koubai")
    loaded = koubai.load(tmp_path / "m.koubai")
    assert loaded.predict(frame).equals(model.predict(frame))
    assert loaded.evaluate(frame) == model.evaluate(frame)
    assert (loaded.decision_, loaded.conformal_) == (model.decision_, model.conformal_)
    record, tensors = model.to_record()
    record["conformal"]["level"] = 2
    with pytest.raises(ModelFileError, match="level"):
        TableModel.from_record(record, tensors)


def test_the_line_of_an_average_is_drawn_for_a_mean_of_its_kinds() -> None:
    """Not for one of its networks with the mean's factor: one of each kind answers, as often as the average has it."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 4)).astype(np.float32)
    y = np.where(X[:, 0] + rng.normal(size=150) > 0.9, "ill", "well")
    plain = np.arange(4) < 2
    fitted = MLPClassifier((6,), epochs=12, learning_rate_init=0.02, random_state=3).fit(X, y)

    def decided(seen: tuple) -> Decision:
        return decide_by_parts("f1", fitted, X, y, factor=1.4, weights=None, epochs=12, seed=5, seen=seen)

    def by_hand(networks: list) -> Decision:
        rows, found = [], []
        for trained, asked in parts_of(y, True, 5):
            each = []
            for features, seed, turns in networks:
                network = MLPClassifier((6,), epochs=12, learning_rate_init=0.02, random_state=seed)
                network.fit(X[trained][:, features], y[trained])
                draw_to_constant(network, 1.4, y[trained], None)
                each += [network.predict_proba(X[asked][:, features])] * turns
            rows.append(asked)
            found.append(np.mean(each, axis=0))
        return decide_by_rows("f1", fitted.classes_, y, y[np.concatenate(rows)], np.concatenate(found))

    second, every = seed_of_member(3, 1) % 2**32, np.full(4, True)
    cases: list = [
        ((None, plain, plain, plain), [(every, 3, 1), (plain, second, 3)]),
        ((None,), [(every, 3, 1)]),
        ((None,) * 8, [(every, 3, 1), (every, second, 1)]),
    ]
    lines = []
    for seen, networks in cases:
        found, expected = decided(seen), by_hand(networks)
        np.testing.assert_allclose(found.factors, expected.factors, rtol=1e-5)
        assert found.score == pytest.approx(expected.score)
        lines.append(found.factors[1])
    assert np.abs(np.subtract.outer(lines, lines))[np.triu_indices(3, 1)].min() > 1e-3


def test_the_line_of_two_classes_belongs_to_the_average_alone(served) -> None:
    assert served.member(1).decision_ is served.decision_
    both = TableModel(metric="f1", **{**QUICK, "n_members": 2}).fit(rare(200), "ill")
    assert both.member(1).decision_ is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"metric": "best"}, r"^TableModel: metric must be one of accuracy, .*; got 'best'\. Try balanced_accuracy\.$"),
        ({"metric": "mae"}, r"^TableModel: metric must be one of classification: accuracy.*; got 'mae'\."),
        ({"intervals": 90}, r"^TableModel: intervals must be in \(0, 1\); got 90\. Try 0\.9\.$"),
        ({"metric": "f1", "loss": "hinge"}, r"metric must be left out with the loss 'hinge', which gives no prob"),
    ],
)
def test_what_is_no_measure_and_no_level_is_told(parameters, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        TableModel(**parameters, **QUICK).fit(rare(120), "ill")
    with pytest.raises(ParameterTypeError, match="metric must be a text; got int"):
        TableModel(metric=1).check("ill")
    with pytest.raises(ParameterTypeError, match=r"intervals must be a number; got 'x'\. Try 0\.9\."):
        TableModel(intervals="x").check("ill")
    with pytest.raises(
        DataError, match=r"must have 198 rows or more to learn from for intervals at 0\.99, of which 99"
    ):
        TableModel(intervals=0.99, **QUICK).fit(rare(120), "ill")


@pytest.mark.parametrize("target", ["y", "label"])
def test_a_table_read_block_by_block_has_intervals_too(target: str, tmp_path: Path) -> None:
    """As many rows are set aside, and the truth lies within about as often as was asked for."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 2))
    y = x[:, 0] + rng.normal(size=6000)
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y, "label": np.where(y > 0, "up", "down")})
    frame.drop("label" if target == "y" else "y").write_parquet(tmp_path / "t.parquet")
    model = TableModel(intervals=0.8, epochs=5, hidden_layer_sizes=(8,))
    model.fit(str(tmp_path / "t.parquet"), target, test_fraction=0.4, stream=True)
    aside = model.n_rows_["calibration"]
    assert model.conformal_.n_rows == aside
    assert abs(aside - 0.2 * 3600) < 100
    assert sum(model.n_rows_[name] for name in ("training", "validation", "test", "calibration")) == 6000
    (share,) = (value for name, value in model.evaluation_.others.items() if name.startswith("truth within"))
    assert abs(share - 0.8) < 0.05
    koubai.save(model, tmp_path / "m.koubai")
    assert koubai.load(tmp_path / "m.koubai").predict(frame).equals(model.predict(frame))


def test_rows_unlike_those_that_were_seen_are_named(tmp_path: Path, capfd) -> None:
    frame = amounts(100).with_columns(
        day=pl.lit(datetime.date(2020, 1, 1)) + pl.duration(days=pl.int_range(100)), yes=pl.int_range(100) % 2 == 0
    )
    frame.write_csv(tmp_path / "t.csv")
    model = TableModel(**QUICK).fit(tmp_path / "t.csv", "y")
    koubai.save(model, tmp_path / "m.koubai")
    assert model.predict_and_evaluate(frame.drop("y"))[2] == []
    odd = frame.with_columns(
        x=pl.when(pl.int_range(100) == 7).then(99.5).otherwise("x"), day=pl.col("day") + pl.duration(days=20)
    )
    odd.write_csv(tmp_path / "odd.csv")
    assert main(["predict", str(tmp_path / "m.koubai"), str(tmp_path / "odd.csv")]) == 0
    said = " ".join(capfd.readouterr().err.split())
    assert "Column 'x': 1 row lies outside what training saw" in said
    assert "the first with 99.5 in row 8. Predictions there rest on no example." in said
    assert "rows lie outside what training saw, 2020-01-01 to 2020-04-09, the first with 2020-04-19 in row" in said


def test_a_score_on_rows_that_were_trained_on_says_so(tmp_path: Path) -> None:
    frame = amounts(200)
    model = TableModel(**QUICK).fit(frame, "y", test_fraction=0.25)
    koubai.save(model, tmp_path / "m.koubai")
    said = "are rows that the networks were trained on: the score says how well they are remembered"
    for known in (model, koubai.load(tmp_path / "m.koubai"), load_predictor(tmp_path / "m.koubai")):
        notes = known.predict_and_evaluate(frame)[2]
        assert any(note.startswith("Of the rows that are scored, 75% ") and said in note for note in notes)
        others = known.predict_and_evaluate(pl.DataFrame({"x": np.linspace(-1, 1, 50), "y": np.zeros(50)}))[2]
        assert not any(said in note for note in others)


def test_of_many_rows_a_sketch_says_which_share_was_trained_on() -> None:
    rows = np.random.default_rng(0).normal(size=(20_000, 3))
    found = Remembered(sketch_of(rows[:10_000]))
    found.add(rows[5_000:15_000])
    share = float(re.search(r"about (\d+)% are rows", found.note)[1])
    assert share == pytest.approx(50, abs=5)
    others = Remembered(sketch_of(rows[:10_000]))
    others.add(rows[10_000:])
    assert others.note == ""
