"""Learners compared on one table: the same folds, honest numbers, a page in both languages, and mistakes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.neighbors import KNeighborsClassifier

import koubai
from koubai.cli.main import main
from koubai.core.errors import ParameterError
from koubai.models.comparing.compare import _features
from koubai.models.comparing.learners import LEARNERS, chosen
from koubai.models.honest.cross import folds_of
from koubai.models.table_model import TableModel

QUICK = ["knn", "logistic", "bayes", "tree", "perceptron"]


def rows(n: int = 90) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x, y, colour = rng.normal(size=n), rng.normal(size=n), rng.choice(["red", "blue"], size=n)
    score = 2 * x + (colour == "red")
    kind = np.where(score > 0.5, "high", "low")
    return pl.DataFrame({"x": x, "y": y, "colour": colour, "kind": kind, "amount": score + 5})


@pytest.fixture(scope="module")
def found():
    return koubai.compare(rows().drop("amount"), "kind", learners=QUICK, cv=3)


def test_each_learner_is_scored_on_the_same_folds(found) -> None:
    assert {one.name for one in found.learners} == set(QUICK)
    means = [one.mean for one in found.learners]
    assert means == sorted(means, reverse=True)
    assert found.constant == pytest.approx(rows()["kind"].value_counts()["count"].max() / 90, abs=0.05)
    by_name = {one.name: one for one in found.learners}
    model = TableModel(piecewise=False)
    prepared = model.prepare(rows().drop("amount"), "kind")
    scores = []
    for kept, test in folds_of(prepared, 3, 0):
        fold = _features(model.prepared_again(prepared, kept, test))
        scores.append(KNeighborsClassifier().fit(fold.X, fold.y).score(fold.X_test, fold.y_test))
    assert by_name["knn"].scores == pytest.approx(scores)
    assert by_name["knn"].kept_bytes > by_name["logistic"].kept_bytes
    assert all(one.fit_seconds > 0 and one.predict_seconds > 0 for one in found.learners)
    assert (by_name["knn"].keeps, by_name["tree"].keeps) == ("data", "model")
    assert [name for name, learner in LEARNERS.items() if learner.keeps == "data"] == ["knn"]
    assert found.frame().columns[:4] == ["learner", "keeps", "accuracy", "spread"]


def test_the_picture_shows_what_learners_answer_over_two_columns(found) -> None:
    shown = found.boundaries
    assert shown.columns == ("x", "y")
    assert shown.answers.shape == (5, 64, 64)
    tree = shown.answers[shown.names.index("tree")]
    assert tree[:, -1].mean() < 0.5 < tree[:, 0].mean()  # "high" comes first and is right
    assert koubai.compare(rows().select("colour", "kind"), "kind", learners=["tree"], cv=2).boundaries is None


def test_numbers_are_compared_too_and_the_network_is_among_them(monkeypatch) -> None:
    kinds = [learner.name for learner in chosen(None, classes=False)]
    assert "bayes" not in kinds
    assert "perceptron" not in kinds
    assert {"knn", "svm", "logistic", "tree", "forest", "boosting", "network"} <= set(kinds)
    found = koubai.compare(
        rows().drop("kind"), "amount", learners=["logistic", "network"], cv=2, quality="fast", columns=["y", "x"]
    )
    assert found.measure == "rmse"
    assert found.boundaries.columns == ("y", "x")
    assert all(one.mean < found.constant for one in found.learners)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_page_in_both_languages(found, tmp_path: Path, lang: str) -> None:
    found.save(tmp_path / "page.html", lang)
    page = (tmp_path / "page.html").read_text()
    assert f'<html lang="{lang}">' in page
    assert page.count("<figure>") == 5
    assert page.count("data:image/png;base64,") == 5
    assert ("k nearest neighbours" if lang == "en" else "k 近傍法") in page
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert found._repr_html_().startswith("<style>")


def test_at_the_command_line(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows().drop("amount").write_csv("t.csv")
    words = ["compare", "t.csv", "--target", "kind", "--cv", "2"]
    assert main([*words, "--learners", "knn,tree", "--out", "c.html"]) == 0
    written = capsys.readouterr()
    assert "the data" in written.out
    assert "2 folds, rows at random." in written.out
    assert "Training knn" in written.err
    assert Path("c.html").is_file()
    for more, message in (
        ("--learners knn,magic", "--learners must be among knn, svm, logistic"),
        ("--cv 1", "must be from 2 to 100; got 1. Try 5."),
        ("--learners tree --columns x,colour", "--columns must be of numbers: x, y; got 'colour'."),
        ("--learners tree --columns x", "--columns must be two; got 1."),
        ("--out c.txt", "--out must end in .html; got 'c.txt'. Rename it."),
    ):
        assert main([*words, *more.split()]) == 2
        assert message in capsys.readouterr().err


def test_complaints(monkeypatch) -> None:
    with pytest.raises(ParameterError, match="learners must do regression; got 'bayes', which does not"):
        chosen(("bayes",), classes=False)
    monkeypatch.setattr("koubai.models.comparing.learners.find_spec", lambda name: None)
    with pytest.raises(
        ParameterError, match=r"catboost is a library of its own, which is missing; .* pip install catb"
    ):
        chosen(("catboost",), classes=True)
    assert "lightgbm" not in [learner.name for learner in chosen(None, classes=True)]


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_learns(name: str) -> None:
    for target, other in (("kind", "amount"), ("amount", "kind")):
        if target == "amount" and name in ("bayes", "perceptron"):
            continue
        found = koubai.compare(rows().drop(other), target, learners=[name], cv=2, quality="fast")
        better = found.learners[0].mean - found.constant
        assert better > 0 if target == "kind" else better < 0
