"""Small tables: how strong the penalty is and how sure answers are is chosen on rows that did not train."""

import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import koubai
from koubai import MLPClassifier, MLPRegressor
from koubai.estimators.members import seed_of_member, train_anew
from koubai.models.averaging import train_members, with_theta
from koubai.models.defaults import settings_to_judge
from koubai.models.scores.answers import outputs_of
from koubai.models.scores.judging import Weighed, _nearby, draw_to_constant, judge, row_weights, weigh
from koubai.models.scores.parts import parts_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))


def small_classifier(penalty: float) -> MLPClassifier:
    return MLPClassifier((16,), alpha=penalty, epochs=60, learning_rate_init=0.02, random_state=0)


def test_noise_gets_the_constant_answer() -> None:
    """Overconfident probabilities are what the default gave; now log loss is that of the shares."""
    rng = np.random.default_rng(2)
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


def test_a_table_too_small_to_be_judged_is_learned_with_workers_too() -> None:
    table = pl.DataFrame({"x": X[:20, 0], "y": X[:20, 1]})
    model = koubai.TableModel(n_members=2, hidden_layer_sizes=(4,))
    with ThreadPoolExecutor(1) as pool:
        model.fit(table, "y", executor=pool)
    assert model.judgement_ is None
    assert len(model.others_) == 1


def test_a_network_that_stays_alone_has_its_own_confidence() -> None:
    """Training that is stopped leaves one network, for which a mean's factor would be too large."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(120, 3))
    y = np.where(x[:, 0] + 1.5 * rng.normal(size=120) > 0, "yes", "no")
    table = pl.DataFrame({f"x{i}": x[:, i] for i in range(3)} | {"y": y})
    small = {"n_members": 2, "hidden_layer_sizes": (16,), "alpha": 0.0005}
    mean = koubai.TableModel(**small).fit(table, "y").judgement_
    assert mean.kinds != (0,)
    assert mean.alone[0] < mean.factor
    stopped = koubai.TableModel(**small).fit(table, "y", callbacks=lambda epoch: epoch.number == 30)
    assert stopped.others_ == []
    assert stopped.judgement_ == mean.of_one()
    bare = koubai.TableModel(**small, cross_validation=False)
    bare.fit(table, "y", callbacks=lambda epoch: epoch.number == 30)
    draw_to_constant(bare.estimator_, mean.alone[0], y, None)
    columns = ["probability_no", "probability_yes"]
    found, expected = (model.predict(table).select(columns).to_numpy() for model in (stopped, bare))
    np.testing.assert_allclose(found, expected, atol=0.05)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_member_that_is_left_alone_has_the_confidence_of_its_kind(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others diverged; the even numbers see all features, the odd ones the plain ones only."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(120, 3))
    y = np.where(x[:, 0] + 1.5 * rng.normal(size=120) > 0, "yes", "no")
    table = pl.DataFrame({f"x{i}": x[:, i] for i in range(3)} | {"y": y})
    small = {"n_members": 2, "hidden_layer_sizes": (16,), "alpha": 0.0005}
    mean = koubai.TableModel(**small).fit(table, "y").judgement_
    assert mean.kinds[:2] == (0, 1)
    assert abs(mean.alone[0] - mean.alone[1]) > 0.05

    def all_but_one_diverge(*args, **more):
        return {k: one for k, one in train_members(*args, **more).items() if k == kind}

    monkeypatch.setattr("koubai.models.table_model.train_members", all_but_one_diverge)
    alone = koubai.TableModel(**small).fit(table, "y")
    assert alone.others_ == []
    assert alone.judgement_.factor == mean.alone[kind]


def test_margin_losses_are_not_judged() -> None:
    def make(penalty: float) -> MLPClassifier:
        return MLPClassifier((4,), loss="hinge", alpha=penalty, epochs=3)

    assert judge(make, (1.0,), X, np.arange(90) % 2, None, classes=True, seed=0) is None


def test_rare_classes_train_only() -> None:
    y = np.arange(90) % 2
    y[:2] = 2
    assert judge(small_classifier, (1.0,), X, y, None, classes=True, seed=0) is not None


def test_who_has_a_recipe_of_their_own_is_left_alone() -> None:
    assert list(settings_to_judge(500, True, {})) == [0.0005, 0.05, 1.0]
    assert list(settings_to_judge(500, True, {}, single=True)) == [0.1, 1.0]
    assert list(settings_to_judge(2000, True, {})) == [0.0, 0.0001, 0.1, 1.0]
    for n_rows in (500, 2000):
        assert list(settings_to_judge(n_rows, True, {"alpha": 0.3})) == [0.3]
        for own in ({"epochs": 5}, {"max_iter": 5}, {"early_stopping": True}, {"solver": "lbfgs"}):
            assert settings_to_judge(n_rows, True, own) == {}
    assert settings_to_judge(2000, True, {"validation_metric": "score"}) == {}
    assert settings_to_judge(2000, True, {}, single=True) == settings_to_judge(20_000, True, {}) == {}
    free = settings_to_judge(2000, False, {"dropout": 0.5})[0.0]
    assert free == {"alpha": 0.0, "epochs": 80}


@pytest.mark.slow
def test_a_small_regression_chooses_its_penalty(tmp_path) -> None:
    """With a strong penalty alone, or the mean of networks with pieces and without, a smooth surface is underfitted."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-2, 2, size=(300, 2))
    table = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.sin(2 * x[:, 0]) * x[:, 1]})
    model = koubai.TableModel(random_state=0).fit(table, "y", test_fraction=0.3)
    assert model.judgement_.l2 == 0.0005
    assert model.evaluation_.score < 0.2 * model.evaluation_.baseline
    strong = koubai.TableModel(random_state=0, alpha=1.0, cross_validation=False).fit(table, "y", test_fraction=0.3)
    assert model.evaluation_.score < 0.8 * strong.evaluation_.score
    koubai.save(model, tmp_path / "m.koubai")
    again = koubai.load(tmp_path / "m.koubai")
    assert again.judgement_ == model.judgement_
    assert again.predict(table).equals(model.predict(table))


def two_kinds(n: int = 400) -> tuple[MLPRegressor, np.ndarray, np.ndarray]:
    """A network, targets (n, 1), and answers of two kinds that are wrong independently of each other."""
    rng = np.random.default_rng(3)
    y = rng.normal(size=(n, 1))
    network = MLPRegressor(hidden_layer_sizes=(2,), epochs=1).fit(X, X[:, 0]).network_
    return network, y, y + rng.normal(size=(2, n, 1))


def test_a_mean_is_surer_than_each_of_its_networks() -> None:
    """Its variance is smaller: the factor that suits one network would draw it too far to the mean."""
    network, y, answers = two_kinds()
    one, both = weigh(network, answers[:1], y, None), weigh(network, answers, y, None)
    assert (one.kinds, both.kinds) == ((), (0, 1))
    assert both.factor == pytest.approx(2 / 3, abs=0.05)  # the slope of y on the mean: 1 / (1 + 1/2)
    assert one.factor == pytest.approx(1 / 2, abs=0.05)
    assert both.loss < one.loss < one.constant == both.constant


def test_a_kind_that_fails_is_left_out() -> None:
    network, y, answers = two_kinds()
    answers[1] = 20 * answers[1] ** 3
    assert weigh(network, answers, y, None).kinds == (0,)
    assert weigh(network, answers[::-1], y, None).kinds == (1,)


def test_the_better_kind_may_have_three_members_to_one() -> None:
    network, y, answers = two_kinds()
    answers[0] = y + 0.6 * (answers[0] - y)
    assert weigh(network, answers, y, None).kinds == (0, 1, 0, 0)
    assert weigh(network, answers[::-1], y, None).kinds == (0, 1, 1, 1)


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(2)], ids=["here", "workers"])
def test_penalties_are_tried_until_one_is_worse(executor) -> None:
    y = np.where(X[:, 0] > 0, "yes", "no")
    found = judge(small_classifier, (0.01, 3.0, 300.0, 3000.0), X, y, None, classes=True, seed=0, executor=executor)
    assert found is not None
    assert list(found.losses) == ["0.01", "3"]
    assert found.l2 == 0.01


def test_a_small_table_is_judged_by_the_mean_of_both_kinds() -> None:
    """The second network does not see the noise in the last columns: without it the answers are less sure."""
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(120, 12))
    y = np.where(rows[:, 0] + rng.normal(size=120) > 0, "yes", "no")
    plain = np.arange(12) < 2
    alone, both = (judge(small_classifier, (0.1,), rows, y, None, classes=True, seed=0, plain=p) for p in (None, plain))
    assert alone is not None
    assert both is not None
    assert (alone.kinds, both.kinds) == ((), (0, 1, 1, 1))
    assert both.factor > alone.factor
    assert both.losses["0.1"] < alone.losses["0.1"]


def test_a_larger_table_is_judged_by_the_mean_too() -> None:
    """Not the first network's confidence on the tenth that is held out, but that of the average."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(2400, 2))
    table = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.where(x[:, 0] + rng.normal(size=2400) > 0, "p", "q")})
    quick = {"hidden_layer_sizes": (16,), "epochs": 4, "random_state": 0}
    model = koubai.TableModel(n_members=2, **quick).fit(table, "y")
    assert model.judgement_.n_parts == 1
    assert set(model.judgement_.kinds) == {0, 1}
    alone = koubai.TableModel(n_members=1, **quick).fit(table, "y")
    assert (alone.judgement_.n_parts, alone.judgement_.kinds) == (1, ())
    assert alone.judgement_.constant != model.judgement_.constant  # of other rows
    unjudged = koubai.TableModel(n_members=2, cross_validation=False, **quick).fit(table, "y")
    assert unjudged.judgement_ is None


def test_a_larger_table_chooses_how_long_and_how_freely_it_learns(tmp_path) -> None:
    """An intricate surface wants long training without a penalty; noise wants a strong one."""
    rng = np.random.default_rng(8)
    x = rng.uniform(-2, 2, size=(2100, 8))
    surface = np.sin(5 * (x[:, 0] + x[:, 1]))  # oblique: pieces of single columns are of little help
    noise = 0.1 * x.sum(axis=1) + rng.normal(size=2100)
    free, firm = (
        koubai.TableModel(n_members=2, hidden_layer_sizes=(64,)).fit(
            pl.DataFrame({f"x{i}": x[:, i] for i in range(n_columns)} | {"y": y}), "y"
        )
        for n_columns, y in ((2, surface), (8, noise))
    )
    assert free.judgement_.l2 == 0.0
    assert firm.judgement_.l2 >= 0.1
    assert [(len(m.estimator_.history_), m.estimator_.dropout) for m in (free, firm)] == [(80, 0.0), (40, 0.1)]
    assert not free.estimator_.early_stopping
    assert "By a third of the rows, held out once: L2 0 (loss by L2 0: " in free.judgement_.sentence
    koubai.save(firm, tmp_path / "m.koubai")
    assert koubai.load(tmp_path / "m.koubai").judgement_ == firm.judgement_


@pytest.mark.parametrize(("best", "tried"), [(0, [0, 1, 2]), (1, [0, 1, 2]), (2, [1, 2, 3]), (3, [1, 2, 3])])
def test_penalties_of_a_larger_table_are_tried_from_the_middle_to_the_lowest(best: int, tried: list[int]) -> None:
    weighed = {k: Weighed((), 1.0, abs(k - best), 9.0) for k in range(4)}
    assert list(_nearby(range(4), lambda some: [weighed[k] for k in some])) == tried


def test_both_kinds_of_a_larger_table_answer_as_one_after_the_other_and_with_workers() -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(120, 12))
    y = np.where(rows[:, 0] + rng.normal(size=120) > 0, "yes", "no")
    plain = np.arange(12) < 2
    given = {"classes": True, "seed": 0, "plain": plain, "once": True}
    here = judge(small_classifier, (0.01, 0.1, 1.0), rows, y, None, **given)
    with ThreadPoolExecutor(2) as pool:
        there = judge(small_classifier, (0.01, 0.1, 1.0), rows, y, None, executor=pool, **given)
    assert here == there
    assert here is not None
    trained, asked = next(parts_of(y, True, 0))
    network = small_classifier(here.l2).fit(rows[trained], y[trained])
    outputs = []
    for number, seen in enumerate((None, plain)):
        more = {"seeds": [seed_of_member(0, number)], "epochs": 60, "seen": seen}
        (theta,) = train_anew(network, rows[trained], y[trained], **more)
        outputs.append(outputs_of(with_theta(network, theta), rows[asked]))
    alone = weigh(network.network_, np.stack(outputs), network.coded_targets(y[asked]), None)
    assert here.losses[f"{here.l2:g}"] == pytest.approx(alone.loss)
    assert (here.factor, here.kinds) == (pytest.approx(alone.factor, abs=1e-4), alone.kinds)


def test_parts_that_are_answered_side_by_side_are_judged_as_one_after_the_other() -> None:
    """Whatever the number of threads; warnings of networks that stop early are silenced, and only while they train."""
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(60, 6))
    y = np.where(rows[:, 0] + rng.normal(size=60) > 0, "yes", "no")
    given = {"classes": True, "seed": 0, "plain": np.arange(6) < 3}
    filters = list(warnings.filters)
    found = [
        judge(lambda l2, n=n: small_classifier(l2).set_params(n_jobs=n), (0.01, 0.1, 1.0), rows, y, None, **given)
        for n in (1, 2, 3)
    ]
    assert found[0] == found[1] == found[2]
    assert found[0] is not None
    assert found[0].n_parts > 1
    assert warnings.filters == filters


def test_filters_of_warnings_stay_as_they_were_where_one_part_fails_before_others_end(monkeypatch) -> None:
    """A thread that silences warnings after its caller has gone on would leave them silenced for the whole program."""
    calls: list[int] = []

    def answer(*_: object) -> None:
        calls.append(len(calls))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            time.sleep(0.0 if len(calls) == 1 else 0.3)

    monkeypatch.setattr("koubai.models.scores.answers._answer", answer)
    filters = list(warnings.filters)
    y = np.arange(60) % 2
    assert (
        judge(lambda l2: small_classifier(l2).set_params(n_jobs=2), (0.1, 1.0), X[:60], y, None, classes=True, seed=0)
        is None
    )
    time.sleep(0.5)
    assert warnings.filters == filters
    assert len(calls) > 1


def test_a_class_without_held_out_rows_keeps_its_probability() -> None:
    """Where a class is too rare in the third that is judged by, networks stay as sure as they are."""
    y = np.arange(90) % 2
    y[:12] = 2
    found = judge(small_classifier, (0.1,), X, y, None, classes=True, seed=0, once=True)
    assert found is not None
    assert (found.n_parts, found.factor) == (1, 1.0)
    common = judge(small_classifier, (0.1,), X, np.arange(90) % 2, None, classes=True, seed=0, once=True)
    assert common is not None
    assert common.factor != 1.0


def test_numbers_of_a_larger_table_are_not_drawn_to_their_mean() -> None:
    rng = np.random.default_rng(7)
    table = pl.DataFrame({"a": rng.normal(size=2400), "y": rng.normal(size=2400)})
    model = koubai.TableModel(n_members=2, hidden_layer_sizes=(4,), epochs=2).fit(table, "y")
    assert model.judgement_ is None
    assert len(model.others_) == 1
