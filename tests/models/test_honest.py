"""Honest scores: groups and times kept apart, cross-validation of everything, and whether more rows would help."""

import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.main import main
from koubai.core.errors import DataError, ParameterError
from koubai.models.honest.cross import folds_of
from koubai.models.scores.parts import Apart, parts_of
from koubai.models.table_model import TableModel
from koubai.tables.preparing.splits import Splitter

QUICK = {
    "hidden_layer_sizes": (8,),
    "epochs": 10,
    "learning_rate_init": 0.02,
    "n_members": 1,
    "cross_validation": False,
}


def patients(n: int = 240) -> pl.DataFrame:
    """Rows of 24 patients whose outcome follows from who they are, and from nothing else that is known of others."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(24), n // 24)
    mark = rng.normal(size=24)
    return pl.DataFrame(
        {
            "patient": [f"P{k}" for k in who],
            "mark": mark[who] + rng.normal(scale=0.001, size=n),
            "noise": rng.normal(size=n),
            "ill": np.array(["no", "yes"])[rng.permutation(np.arange(24) % 2)[who]],
        }
    )


def sales(n: int = 200) -> pl.DataFrame:
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=k) for k in range(n)]
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    frame = pl.DataFrame({"day": days, "x": x, "sold": 3 * x + rng.normal(size=n) + 20})
    return frame.sample(fraction=1, shuffle=True, seed=3)


def test_groups_are_never_on_both_sides() -> None:
    groups = np.repeat(np.arange(20), 7)
    kept, held = Splitter(groups=groups).split(np.arange(140), 0.25, 3)
    assert not set(groups[kept]) & set(groups[held])
    assert 0.2 < len(held) / 140 < 0.35
    prepared = TableModel(**QUICK).prepare(patients(), "ill", test_fraction=0.25, group="patient")
    sides = [set(prepared.groups[rows]) for rows in (prepared.training, prepared.validation, prepared.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 24
    assert [column.name for column in prepared.preparation.columns] == ["mark", "noise"]


def test_the_past_predicts_the_future(tmp_path: Path) -> None:
    sales().write_csv(tmp_path / "t.csv")
    for table in (sales(), tmp_path / "t.csv"):
        prepared = TableModel(**QUICK).prepare(table, "sold", test_fraction=0.2, time_column="day")
        assert len(prepared.test) == 40
        before = [prepared.times[rows].max() for rows in (prepared.training, prepared.validation)]
        assert before[0] < before[1] < prepared.times[prepared.test].min()
    same = pl.DataFrame({"t": [1, 1, 2, 2, 2, 3], "x": range(6)})["t"].to_numpy().astype(float)
    kept, held = Splitter(times=same).split(np.arange(6), 0.3, 0)
    assert held.tolist() == [2, 3, 4, 5]
    assert kept.tolist() == [0, 1]


def test_groups_tell_what_random_rows_hide() -> None:
    model = TableModel(**{**QUICK, "epochs": 60, "hidden_layer_sizes": (32,)}, drop=["patient"])
    model.drop = ()
    by_rows = model.twin().fit(patients().drop("patient"), "ill", cv=3).cross_validated_
    by_groups = model.twin().fit(patients(), "ill", group="patient", cv=3).cross_validated_
    assert by_rows.mean["accuracy"] > by_groups.mean["accuracy"] + 0.15
    assert (by_rows.scheme, by_groups.scheme) == ("rows at random", "whole groups")


@pytest.mark.parametrize("classes", [True, False])
def test_parts_for_inner_choices_hold_whole_groups(classes: bool) -> None:
    groups = np.repeat(np.arange(20), 6)
    y = np.arange(120) % 2 if classes else np.linspace(0, 1, 120)
    parts = list(parts_of(y, classes, 0, Apart(groups)))
    assert sorted(np.concatenate([asked for _, asked in parts])) == list(range(120))
    assert all(not set(groups[trained]) & set(groups[asked]) for trained, asked in parts)
    assert not list(parts_of(y, classes, 0, Apart(np.arange(120) % 2))), "two groups cannot be three parts"


def test_a_class_in_one_group_leaves_nothing_to_judge() -> None:
    groups = np.repeat(np.arange(20), 6)
    assert not list(parts_of((groups == 3).astype(int), True, 0, Apart(groups)))


def test_groups_stay_together_where_penalty_and_confidence_are_chosen() -> None:
    """By rows of known patients a network seems better than it is for new ones."""
    given = {"hidden_layer_sizes": (32,), "n_members": 1}
    by_rows = TableModel(**given).fit(patients().drop("patient"), "ill").judgement_
    by_groups = TableModel(**given).fit(patients(), "ill", group="patient").judgement_
    assert min(by_groups.losses.values()) > min(by_rows.losses.values()) + 0.1


@pytest.mark.parametrize("classes", [True, False])
def test_parts_for_inner_choices_predict_the_latest_rows_from_those_before(classes: bool) -> None:
    times = np.random.default_rng(0).permutation(np.repeat(np.arange(60), 2))
    y = np.arange(120) % 2 if classes else np.arange(120.0)
    parts = list(parts_of(y, classes, 0, Apart(times=times)))
    assert [len(asked) for _, asked in parts] == [20, 20, 20]
    assert all(times[trained].max() < times[asked].min() for trained, asked in parts)
    assert [set(times[asked]) for _, asked in parts] == [set(range(k, k + 10)) for k in (50, 40, 30)]
    assert all(len(trained) + len(asked) == 120 - 20 * k for k, (trained, asked) in enumerate(parts))


def test_rows_before_a_new_class_predict_nothing() -> None:
    times = np.arange(120)
    assert len(list(parts_of((times > 85).astype(int), True, 0, Apart(times=times)))) == 1
    assert not list(parts_of((times == 119).astype(int), True, 0, Apart(times=times)))
    assert not list(parts_of(times % 2, True, 0, Apart(times=np.r_[0, np.ones(119)])))[1:], "all of one time: one part"


def test_times_count_where_penalty_and_confidence_are_chosen() -> None:
    """What holds of the days around a row does not hold of the days to come."""
    rng = np.random.default_rng(0)
    month = np.repeat(np.arange(24), 10)
    moods = rng.permutation(np.arange(24) % 2)[month]
    table = pl.DataFrame(
        {"day": np.arange(240) + 0.5, "month": 10.0 * month, "ill": np.where(moods == 1, "yes", "no")}
    ).with_columns(noise=pl.Series(rng.normal(size=240)))
    given = {"hidden_layer_sizes": (64,), "n_members": 1}
    by_rows = TableModel(**given).fit(table, "ill").judgement_
    by_time = TableModel(**given).fit(table, "ill", time_column="day").judgement_
    assert by_time.factor < by_rows.factor - 0.2
    assert min(by_time.losses.values()) > min(by_rows.losses.values()) + 0.05


def test_folds_hold_each_row_once_and_times_in_order() -> None:
    model = TableModel(**QUICK)
    prepared = model.prepare(patients(), "ill")
    held = np.concatenate([test for _, test in folds_of(prepared, 4, 0)])
    assert sorted(held) == list(range(240))
    prepared = model.prepare(sales(), "sold", time_column="day")
    folds = list(folds_of(prepared, 4, 0))
    assert len(folds) == 4
    assert all(prepared.times[kept].max() < prepared.times[test].min() for kept, test in folds)


def test_a_cross_validation_is_of_the_whole_model_and_kept(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    sales().write_csv("t.csv")
    words = ["fit", "t.csv", "--target", "sold", "--hidden", "8", "--epochs", "10", "--members", "1"]
    assert main([*words, "--cv", "3", "--no-cross-validation"]) == 0
    out = capsys.readouterr().out
    assert "score of 3 folds (rows at random)" in out
    assert "The saved model learned from all rows." in out
    assert main(["show", "t.koubai"]) == 0
    assert "score of 3 folds (rows at random)" in capsys.readouterr().out
    model = koubai.load("t.koubai")
    assert model.n_rows_["test"] == 0
    crossed = model.cross_validated_
    assert len(crossed.n_rows) == 3
    assert sum(crossed.n_rows) == 200
    assert crossed.mean["rmse"] == pytest.approx(np.mean(crossed.scores["rmse"]))
    assert crossed.spread["rmse"] == pytest.approx(np.std(crossed.scores["rmse"], ddof=1))


def test_more_rows_help_where_there_are_few_and_not_where_enough(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6))
    pl.DataFrame(x, schema=list("abcdef")).with_columns(y=np.sin(3 * x[:, 0]) * 4 + x[:, 1] * x[:, 2]).write_csv(
        "t.csv"
    )
    words = [
        "fit",
        "t.csv",
        "--target",
        "y",
        "--hidden",
        "32",
        "--epochs",
        "60",
        "--members",
        "1",
        "--no-cross-validation",
    ]
    assert main([*words, "--learning-curve", "--quiet"]) == 0
    curve = koubai.load("t.koubai").learning_curve_
    assert curve.verdict == "yes"
    assert curve.n_rows == (80, 160, 320)
    assert curve.losses[0] > curve.losses[1] > curve.losses[2]
    assert curve.gain == pytest.approx(curve.losses[1] - curve.losses[2])
    pl.DataFrame({"x": x[:, 0], "y": rng.normal(size=400)}).write_csv("noise.csv")
    assert main(["fit", "noise.csv", *words[2:], "--learning-curve"]) == 0
    assert "More rows would help: " in capsys.readouterr().out
    assert koubai.load("noise.koubai").learning_curve_.verdict != "yes"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--cv 1", "--cv must be from 2 to 100; got 1. Try 5."),
        ("--cv 3 --stream", "--cv must be left out for a table that is read block by block; got 3."),
        ("--group ill", "--group must not be the target; got 'ill'. Leave it out."),
        ("--group patient --time-column noise", "--time-column must not be given beside group; got 'noise'."),
        ("--group nobody", "must have a column 'nobody'; it has none of that name."),
        ("--time-column patient", "The times in column 'patient' must be dates or numbers; got 'P0'."),
        (
            "--time day",
            "--time must be a number of seconds such as 30; got 'day'. To train on the past and test on",
        ),
        ("--learning-curve --test-fraction 0", "--learning-curve must come with rows that are held out"),
        ("--group patient --cv 30", "must have 30 groups or more for 30 folds; got 24. Try fewer."),
    ],
)
def test_complaints(tmp_path: Path, capsys, monkeypatch, options: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    patients().write_csv("t.csv")
    words = ["fit", "t.csv", "--target", "ill", "--epochs", "1", "--hidden", "4", "--members", "1", "--quiet"]
    try:
        status = main([*words, "--no-cross-validation", *options.split()])
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "t.koubai").exists()  # all of it is said before anything is trained


def test_what_was_trained_is_saved_where_judging_it_fails(tmp_path: Path, capsys, monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise DataError("A fold must hold two classes; got one. Try fewer.")

    monkeypatch.setattr("koubai.models.honest.cross.cross_validate", fails)
    monkeypatch.chdir(tmp_path)
    patients().write_csv("t.csv")
    words = ["fit", "t.csv", "--target", "ill", "--epochs", "1", "--hidden", "4", "--members", "1", "--quiet"]
    assert main([*words, "--no-cross-validation", "--cv", "3"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "The trained model is saved in 't.koubai' all the same."
    assert said[1].startswith("koubai fit: A fold must hold two classes; got one.")
    assert koubai.load("t.koubai").predict("t.csv").height == patients().height


def test_missing_groups_and_times_are_named() -> None:
    frame = patients().with_columns(patient=pl.when(pl.int_range(240) == 4).then(None).otherwise("patient"))
    with pytest.raises(DataError, match=r"Each row must have a group in column 'patient'; row 5 has none\."):
        TableModel(**QUICK).prepare(frame, "ill", group="patient")
    with pytest.raises(DataError, match="The groups in column 'same' must be two or more; got one"):
        TableModel(**QUICK).prepare(patients().with_columns(same=pl.lit("a")), "ill", group="same")
    with pytest.raises(DataError, match="The times in column 'same' must differ"):
        TableModel(**QUICK).prepare(patients().with_columns(same=pl.lit(1)), "ill", time_column="same")
    with pytest.raises(ParameterError, match="group must be left out for a table that is read block by block"):
        TableModel().check("ill", streamed=True, group="patient")
