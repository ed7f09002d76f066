"""Averages of several networks: how many, on what, what they answer, and that a file keeps them all."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import koubai
from koubai.cli.main import main
from koubai.core.errors import ModelFileError, ParameterError
from koubai.engines.cpu.engine import CPUEngine
from koubai.estimators.members import anew, seed_of_member, train_anew, train_together
from koubai.models.averaging import MOST_MEMBERS, QUALITIES, Members, train_members
from koubai.training.container import open_container, write_container

SMALL = {"hidden_layer_sizes": (6,), "epochs": 8}


def table(n: int = 160) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=n), rng.normal(size=n)
    return pl.DataFrame({"x": x, "z": z, "y": x + 0.3 * z, "label": np.where(x > 0, "high", "low")})


@pytest.fixture(scope="module")
def classifier() -> koubai.TableModel:
    return koubai.TableModel(drop=["y"], n_members=3, **SMALL).fit(table(), "label", test_fraction=0.2)


@pytest.fixture(scope="module")
def regressor() -> koubai.TableModel:
    return koubai.TableModel(drop=["label"], n_members=3, **SMALL).fit(table(), "y", test_fraction=0.2)


def test_probabilities_are_the_mean_of_the_members(classifier) -> None:
    columns = ["probability_high", "probability_low"]
    each = [classifier.member(k).predict(table()).select(columns).to_numpy() for k in (1, 2, 3)]
    together = classifier.predict(table())
    np.testing.assert_allclose(together.select(columns).to_numpy(), np.mean(each, axis=0), rtol=1e-12)
    assert np.abs(each[0] - each[1]).max() > 1e-3  # they differ: an average of one network thrice would say nothing
    wanted = np.where(np.mean(each, axis=0)[:, 0] > 0.5, "high", "low")
    assert together["prediction"].to_list() == wanted.tolist()


def test_numbers_are_the_mean_of_the_members(regressor) -> None:
    each = [regressor.member(k).predict(table())["prediction"].to_numpy() for k in (1, 2, 3)]
    inside = (np.array(each) > regressor.bounds_[0]).all(axis=0) & (np.array(each) < regressor.bounds_[1]).all(axis=0)
    together = regressor.predict(table())["prediction"].to_numpy()
    np.testing.assert_allclose(together[inside], np.mean(each, axis=0)[inside], rtol=1e-10)


def test_a_file_keeps_all_members(classifier, regressor, tmp_path: Path) -> None:
    for model in (classifier, regressor):
        path = tmp_path / "model.koubai"
        koubai.save(model, path)
        again = koubai.load(path)
        assert again.predict(table()).equals(model.predict(table()))
        assert again.member(3).predict(table()).equals(model.member(3).predict(table()))
        assert (again.quality, again.n_members, again.time) == ("good", 3, None)


def test_only_a_file_that_an_older_program_would_misread_needs_a_newer_one(classifier, tmp_path: Path) -> None:
    """An older program would answer with the first network, and knows no pieces; it reads all others as before."""
    for name, n, version in (("plain", 1, 1), ("three", 3, 2)):
        model = koubai.TableModel(drop=["y"], piecewise=False, n_members=n, **SMALL).fit(table(), "label")
        koubai.save(model, tmp_path / name)
        assert open_container(tmp_path / name).format_version == version
    koubai.save(classifier.member(2), tmp_path / "pieces")
    assert open_container(tmp_path / "pieces").format_version == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record, tensors: record.update(n_networks=4), "others.theta"),
        (lambda record, tensors: tensors.pop("others.theta"), "others.theta must be present"),
        (lambda record, tensors: tensors["others.theta"].__setitem__((0, 0), np.nan), "others.theta"),
    ],
)
def test_a_file_whose_members_do_not_fit_is_refused(classifier, tmp_path: Path, change, message: str) -> None:
    record, tensors = classifier.to_record()
    tensors = {name: array.copy() for name, array in tensors.items()}
    change(record, tensors)
    write_container(tmp_path / "model.koubai", "TableModel", record, tensors, version=2)
    with pytest.raises(ModelFileError, match=message):
        koubai.load(tmp_path / "model.koubai")


def test_the_same_seed_gives_the_same_members_and_more_of_them_extend_them() -> None:
    first, second = (koubai.TableModel(drop=["label"], n_members=n, **SMALL).fit(table(), "y") for n in (2, 5))
    for k in (1, 2):
        assert first.member(k).predict(table()).equals(second.member(k).predict(table()))


def test_a_kind_with_several_turns_is_trained_at_once_and_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 4))
    network = koubai.MLPRegressor(hidden_layer_sizes=(5,), epochs=3, random_state=0).fit(X, X[:, 0] - X[:, 1])
    plain = np.array([True, True, False, False])
    kinds, asked = (None, plain, None, None), []

    def counted(several):
        asked.append([(len(one.seeds), one.seen is None) for one in several])
        return train_together(several)

    alone = [
        train_anew(network, X, X[:, 0], epochs=3, seeds=[seed_of_member(7, k)], seen=kinds[k % 4])[0] for k in range(8)
    ]
    monkeypatch.setattr("koubai.models.averaging.available_threads", lambda: 4)
    monkeypatch.setattr("koubai.estimators.members.train_together", counted)
    together = train_members(network, X, X[:, 0], number=8, epochs=3, seed=7, kinds=kinds)
    assert [member.theta_.tolist() for member in together.values()] == [theta.tolist() for theta in alone]
    assert asked == [[(6, True), (2, False)]]


@pytest.mark.parametrize("to_the_bit", [True, False])
def test_networks_of_several_kinds_share_threads_and_end_as_one_by_one(to_the_bit: bool) -> None:
    """The wide one is more work than all others together, and may then be trained by all threads."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 60))
    y = X[:, 0] - X[:, 1]
    network = koubai.MLPRegressor(
        hidden_layer_sizes=(300,), batch_size=150, epochs=3, random_state=0, engine=CPUEngine(most_threads=3)
    ).fit(X, y)
    kinds = [np.arange(60) < some for some in (60, 2, 3, 4)]
    several = [anew(network, X, y, seeds=[5, 6][: 1 + k % 2], epochs=3, seen=seen) for k, seen in enumerate(kinds)]
    assert several[0].work > sum(one.work * len(one.seeds) for one in several[1:])
    alone = [
        [train_anew(network, X, y, seeds=[seed], epochs=3, seen=one.seen)[0] for seed in one.seeds] for one in several
    ]
    for thetas, expected in zip(train_together(several, to_the_bit=to_the_bit), alone, strict=True):
        if to_the_bit:
            np.testing.assert_array_equal(thetas, expected)
        else:
            np.testing.assert_allclose(thetas, expected, rtol=1e-9, atol=1e-12)


def test_an_error_in_one_of_several_networks_is_raised_and_the_others_are_not_begun() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(50, 3))
    network = koubai.MLPRegressor(hidden_layer_sizes=(5,), epochs=2, random_state=0).fit(X, X[:, 0])
    begun: list[int] = []

    class Failing(CPUEngine):
        def run_population(self, *args: object, **more: object) -> np.ndarray:
            begun.append(len(begun))
            raise MemoryError("no room")

    network.engine = Failing(most_threads=2)
    several = [anew(network, X, X[:, 0], seeds=list(range(20)), epochs=2) for _ in range(2)]
    with pytest.raises(MemoryError, match="no room"):
        train_together(several)
    assert len(begun) < 40


def test_members_learn_from_the_validation_rows_too() -> None:
    """The tenth that watched the first training is not lost: a class that only occurs there is learned."""
    model = koubai.TableModel(n_members=2, hidden_layer_sizes=(8,), epochs=60, cross_validation=False)
    prepared = model.prepare(table().drop("label"), "y")
    y = prepared.y.copy()
    y[prepared.validation] += 50  # only the validation rows say so
    object.__setattr__(prepared, "y", y)
    model.train(prepared)
    alone = koubai.TableModel(n_members=1, hidden_layer_sizes=(8,), epochs=60, cross_validation=False).train(prepared)
    frame = prepared.frame.drop("y")
    assert model.predict(frame)["prediction"].mean() > alone.predict(frame)["prediction"].mean() + 1


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 500))
@settings(max_examples=50, deadline=None)
def test_more_work_never_means_more_networks(n_rows: int, n_parameters: int, epochs: int) -> None:
    for quality, (most, _) in QUALITIES.items():
        few = Members(quality).number(2 * n_rows, n_parameters, epochs)
        assert 1 <= few <= Members(quality).number(n_rows, n_parameters, epochs) <= most
    counts = [Members(quality).number(n_rows, n_parameters, epochs) for quality in ("fast", "good", "best")]
    assert counts == sorted(counts)


def test_a_time_ends_training_after_the_round_that_it_ends_in() -> None:
    model = koubai.TableModel(drop=["label"], time=1e-9, **SMALL).fit(table(), "y")
    assert 0 < len(model.others_) + 1 < MOST_MEMBERS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": "great"}, r"quality must be one of fast, good, best; got 'great'\. Try 'good'"),
        ({"n_members": 0}, r"n_members must be an integer from 1 to 1000; got 0\. Try 8"),
        ({"n_members": True}, r"n_members must be an integer from 1 to 1000; got True"),
        ({"time": -1}, r"time must be a number of seconds > 0; got -1\. Try 30"),
        ({"time": float("nan")}, r"time must be a number of seconds > 0; got nan"),
        ({"time": 5, "n_members": 3}, r"time must not be set beside n_members"),
        ({"n_members": 3, "solver": "lbfgs"}, r"n_members must be 1 with optimizer, since L-BFGS trains one network"),
        ({"n_members": 3, "n_starts": 2}, r"n_members must be 1 with n_starts"),
        ({"n_members": 3, "checkpoint": "x"}, r"n_members must be 1 with checkpoint"),
        ({"n_members": 3, "loss": "hinge"}, r"'hinge' gives no probabilities to average"),
    ],
)
def test_what_cannot_be_averaged_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        koubai.TableModel(**options).fit(table().drop("y"), "label")


@pytest.mark.parametrize("options", [{"solver": "lbfgs", "hidden_layer_sizes": (4,)}, {"loss": "hinge", **SMALL}])
def test_what_is_of_one_network_stays_one(options: dict) -> None:
    assert koubai.TableModel(**options).fit(table().drop("y"), "label").others_ == []


def test_fast_is_one_network() -> None:
    assert koubai.TableModel(quality="fast", **SMALL).fit(table().drop("y"), "label").others_ == []


@pytest.mark.parametrize("number", [0, 4, True, "1"])
def test_a_member_that_does_not_exist_is_refused(classifier, number) -> None:
    with pytest.raises(ParameterError, match=r"member must be from 1 to 3; got"):
        classifier.member(number)


def test_the_command_line_says_what_was_averaged(tmp_path: Path, capsys) -> None:
    path, model = tmp_path / "table.csv", tmp_path / "model.koubai"
    table().drop("y").write_csv(path)
    given = ["fit", str(path), "--target", "label", "--model", str(model), "--hidden", "6", "--epochs", "8"]
    assert main([*given, "--members", "3"]) == 0
    assert "Average 3 networks like it" in capsys.readouterr().out
    assert main(["show", str(model)]) == 0
    assert "Average  3 networks like it" in capsys.readouterr().out
    for member in ("1", "3"):
        assert main(["explain", "forward", str(model), "--data", str(path), "--member", member, "--lang", "en"]) == 0
        shown = capsys.readouterr().out
        assert "The model averages 3 networks" in " ".join(shown.split())
        assert f"This page shows network {member} of them" in " ".join(shown.split())
    assert main(["explain", "forward", str(model), "--data", str(path), "--member", "4"]) == 2
    assert "--member must be from 1 to 3; got 4" in capsys.readouterr().err
    assert main(["explain", "forward", "--member", "1"]) == 2
    assert "--member requires a MODEL" in capsys.readouterr().err
    assert main([*given, "--members", "0", "--force"]) == 2
    assert "--members must be an integer from 1 to 1000; got 0" in capsys.readouterr().err


def test_the_page_of_a_model_says_that_it_averages(classifier) -> None:
    shown = " ".join(classifier.explain_model(table().drop("y")).render("text", "en").split())
    assert "The model averages 3 networks" in shown
    assert "3 個のネットワークを平均する" in classifier.explain_model(table().drop("y")).render("text", "ja").replace(
        "\n", ""
    )


@pytest.mark.parametrize(
    ("given", "shape", "pieces"),
    [
        ({}, (1000, 20), True),
        ({}, (1000, 65), False),
        ({}, (500_000, 20), False),
        ({"piecewise": True}, (500_000, 20), True),
        ({"piecewise": False}, (1000, 20), False),
        ({"quality": "fast"}, (1000, 20), False),
        ({"quality": "fast", "piecewise": True}, (1000, 20), True),
    ],
)
def test_wide_and_large_tables_have_no_pieces_unless_asked_for(given: dict, shape: tuple, pieces: bool) -> None:
    assert koubai.TableModel(**given)._wants_pieces(*shape) is pieces


@pytest.mark.slow
def test_networks_without_pieces_are_left_out_where_they_fail() -> None:
    """Their mean with the others would be five times as wrong."""
    rng = np.random.default_rng(4)
    x = rng.uniform(-2, 2, size=(300, 2))
    table = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.sin(2 * x[:, 0]) * x[:, 1]})
    alone = koubai.TableModel(n_members=1).fit(table, "y", test_fraction=0.3).evaluation_
    assert koubai.TableModel().fit(table, "y", test_fraction=0.3).evaluation_.score < 2 * alone.score


def test_a_table_of_four_rows_is_learned_from() -> None:
    """There are too few to leave some out for comparing networks with pieces and without."""
    table = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "y": [1.5, 2.5, 3.2, 4.4]})
    assert len(koubai.TableModel().fit(table, "y", test_fraction=0).others_) == 7


@pytest.mark.parametrize("seed", range(3))
def test_class_weights_may_name_a_class_of_two_rows(seed: int) -> None:
    """It is in all rows that networks learn from, also where some are left out."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2))
    kinds = np.where(x[:, 0] > 0, "a", "b").astype(object)
    kinds[[7, 9]] = "rare"
    table = pl.DataFrame({"x": x[:, 0], "z": x[:, 1], "y": kinds})
    model = koubai.TableModel(class_weight={"rare": 10.0}, random_state=seed, epochs=2)
    assert len(model.fit(table, "y", test_fraction=0).others_) == 7


@pytest.mark.parametrize("given", [{"embedding": "periodic"}, {"scaling": True}, {"parametrization": "ntk"}], ids=str)
def test_networks_that_begin_with_another_layer_are_averaged_too(given: dict) -> None:
    """Only weights of a dense layer can be set to 0 for features that a network does not see."""
    options = {**given, **SMALL, "epochs": 40}
    model = koubai.TableModel(drop=["y"], n_members=2, piecewise=True, **options).fit(table(), "label")
    assert len(model.others_) == 1
    first, second = (model.member(k).evaluate(table()).score for k in (1, 2))
    assert min(first, second) > 0.8
