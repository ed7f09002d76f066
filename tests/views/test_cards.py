"""The model card says what a model knows of itself, in both languages, and breaks no table."""

from pathlib import Path

import polars as pl
import pytest

import koubai
from koubai.cli.main import main
from koubai.views.cards import card

TABLE = pl.DataFrame(
    {
        "size": [float(k % 9) for k in range(90)],
        "col|our": ["red", "blue", "gr<en"] * 30,
        "sold": [f"2024-01-{1 + k % 28:02d}" for k in range(90)],
        "same": ["x"] * 90,
        "kind": ["a", "b", "b"] * 30,
    }
)


@pytest.fixture(scope="module")
def model() -> koubai.TableModel:
    return koubai.TableModel(hidden_layer_sizes=(4,), solver="lbfgs").fit(TABLE, "kind", test_fraction=0.2)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_card_has_data_columns_scores_and_limits(model: koubai.TableModel, lang: str) -> None:
    found = card(model, lang, "1.2")
    assert found.count("\n## ") == 4
    assert f"{model.evaluation_.score:.4g}" in found
    assert f"{model.n_rows_['training']:,}" in found
    assert "`col\\|our`" in found
    assert "gr&lt;en" in found
    assert "0 … 8" in found
    assert "2024-01-01 … 2024-01-28" in found
    assert "`same`" in found
    widths = [line.replace("\\|", "").count("|") for line in found.splitlines() if line.startswith("|")]
    assert set(widths) <= {3, 4, 5}
    assert "{" not in found
    said = {
        "en": ("A neural network 15-4-1", "3 neural networks 15-4-1"),
        "ja": ("ネットワーク（", "ネットワーク 3 個（"),
    }
    one, three = said[lang]
    assert one in found
    model.others_, others = (model.estimator_, model.estimator_), model.others_
    try:
        assert three in card(model, lang, "1.2")
    finally:
        model.others_ = others


def test_without_held_out_rows_there_are_no_scores() -> None:
    fitted = koubai.TableModel(hidden_layer_sizes=(3,), solver="lbfgs", task="regression").fit(TABLE, "size")
    found = card(fitted, "en", "1.2")
    assert "No rows were held out" in found
    assert "Predicts a number" in found


def test_the_command_prints_it_and_refuses_other_models(
    model: koubai.TableModel, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    koubai.save(model, "m.koubai")
    assert main(["show", "m.koubai", "--card", "--lang", "ja"]) == 0
    assert "# モデルカード：kind" in capsys.readouterr().out
    koubai.save(koubai.Perceptron().fit([[0.0], [1.0]] * 5, [0, 1] * 5), "p.koubai")
    assert main(["show", "p.koubai", "--card"]) == 2
    assert "--card must come with a table model" in capsys.readouterr().err


def test_the_command_writes_it_and_no_option_is_ignored(
    model: koubai.TableModel, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    koubai.save(model, "m.koubai")
    assert main(["show", "m.koubai", "--card"]) == 0
    printed = capsys.readouterr().out
    assert main(["show", "m.koubai", "--card", "--out", "card.md"]) == 0
    assert main(["show", "m.koubai", "--card", "--out", "card.md"]) == 0  # its own kind is replaced
    assert Path("card.md").read_text(encoding="utf-8") == printed
    Path("mine.md").write_text("keep me")
    capsys.readouterr()
    for words, said in (
        (["--out", "mine.md"], "mine.md"),
        (["--out", "card.html"], "--out must end in .md with --card"),
        (["--row", "2"], "--row must come with --images"),
        (["--images", "x.png"], "--card must come without --images"),
        (["--force"], "--force must come with --out"),
    ):
        assert main(["show", "m.koubai", "--card", *words]) == 2
        assert said in capsys.readouterr().err
    assert Path("mine.md").read_text() == "keep me"
