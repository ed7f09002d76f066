"""Columns of texts in a table's model: learned, kept, explained, streamed, refused where nothing can count words."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.tables.preparing.test_texts import DISLIKED, LIKED, sentences

import koubai
from koubai.core.errors import DataError, ParameterError
from koubai.export.exporting import export
from koubai.models.files import load_predictor
from koubai.models.reasons.words import words_of_model
from koubai.play.runs.data import load
from koubai.play.settings import Settings
from koubai.serve.scoring import Scorer
from koubai.training.container import open_container

FEW: dict = {"hidden_layer_sizes": (8,), "epochs": 12, "n_members": 1, "cross_validation": False}


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    texts, y = sentences(400)
    age = np.random.default_rng(1).integers(20, 60, size=400)
    return pl.DataFrame({"review": texts, "age": age, "liked": np.where(y == 1, "yes", "no")})


@pytest.fixture(scope="module")
def model(table: pl.DataFrame) -> koubai.TableModel:
    return koubai.TableModel(**FEW).fit(table, "liked", test_fraction=0.25)


def test_texts_that_tell_are_used_and_said(model: koubai.TableModel) -> None:
    assert model.evaluation_ is not None
    assert model.evaluation_.score > 0.95
    assert [(c.name, c.kind) for c in model.preparation_.columns] == [("review", "text"), ("age", "number")]
    assert any("Column 'review' is read as texts" in note and "--drop review" in note for note in model.notes_)


def test_the_file_says_so_and_predicts_the_same(model: koubai.TableModel, table: pl.DataFrame, tmp_path: Path) -> None:
    koubai.save(model, tmp_path / "m.koubai")
    assert open_container(tmp_path / "m.koubai").format_version == 4
    for read in (koubai.load, load_predictor):
        assert read(tmp_path / "m.koubai").predict(table).equals(model.predict(table))
    hostile = pl.DataFrame({"review": ["", None, "🎉", "日本語の文章", "x" * 10**6], "age": [30] * 5})
    shares = model.predict(hostile).drop("prediction").to_numpy()
    assert np.isfinite(shares).all()


def test_the_words_that_matter_are_those_that_tell(model: koubai.TableModel, table: pl.DataFrame) -> None:
    reasons = model.reasons(table, row=1)
    words = {each.word for each in reasons.words if each.change > 0}
    own = set(LIKED if reasons.answer == "yes" else DISLIKED)
    said = set(table["review"][0].split()) & own
    assert said
    assert said <= words
    assert max(reasons.words, key=lambda each: each.change).word in said
    page = reasons.page().render("text", "en")
    assert "The words that matter" in page
    assert "効いている単語" in reasons.page().render("text", "ja")
    told = {each.word for each in words_of_model(model, table)[:6]}
    assert len(told & {*LIKED, *DISLIKED}) >= 4


@pytest.mark.slow
def test_the_report_and_the_page_of_the_model_name_them(model: koubai.TableModel, table: pl.DataFrame) -> None:
    for page in (model.report(table).page(), model.explain_model(table)):
        told = page.render("text", "en")
        assert "The words that matter" in told
        assert any(word in told for word in LIKED)


def test_partial_dependence_on_whole_texts_is_refused(model: koubai.TableModel, table: pl.DataFrame) -> None:
    with pytest.raises(ParameterError, match=r"column must not be one of texts, which come once each; got 'review'"):
        model.partial_dependence(table, "review")
    assert model.importances(table)["column"][0] == "review"


def test_words_are_exported_and_drawn(model: koubai.TableModel, table: pl.DataFrame) -> None:
    code: dict = {}
    exec(str(export(model, "python")), code)
    found = [code["predict"](row)[0] for row in table.to_dicts()]
    assert found == model.predict(table)["prediction"].to_list()
    assert "koubai_terms" in str(export(model, "sql"))  # `tests.export.test_texts` runs it
    assert export(model, "svg")


def test_a_service_answers_for_texts(model: koubai.TableModel, table: pl.DataFrame) -> None:
    row = table.row(0, named=True)
    answer = Scorer(model).one({"review": row["review"], "age": row["age"]})
    assert answer["prediction"] == model.predict(table[:1])["prediction"][0]


def test_a_table_read_block_by_block(table: pl.DataFrame, model: koubai.TableModel, tmp_path: Path) -> None:
    table.write_parquet(tmp_path / "t.parquet")
    given = {name: value for name, value in FEW.items() if name != "cross_validation"}
    streamed = koubai.TableModel(**given).fit(str(tmp_path / "t.parquet"), "liked", test_fraction=0.25, stream=True)
    assert streamed.preparation_.columns[0].kind == "text"
    assert streamed.evaluation_ is not None
    assert streamed.evaluation_.score > 0.95


def test_terms_are_chosen_anew_in_each_fold(table: pl.DataFrame) -> None:
    """A word that stands in held-out rows alone is no feature."""
    model = koubai.TableModel(**FEW)
    prepared = model.prepare(table, "liked")
    kept, test = np.arange(200), np.arange(200, 400)
    marked = table.with_columns(
        pl.when(pl.int_range(pl.len()) >= 200).then(pl.col("review") + " heldout").otherwise("review").alias("review")
    )
    again = model.prepared_again(model.prepare(marked, "liked"), kept, test)
    assert "review: heldout" in model.prepare(marked, "liked").preparation.features
    assert "review: heldout" not in again.preparation.features
    assert again.preparation.features == model.prepared_again(prepared, kept, test).preparation.features


def test_options_for_texts(table: pl.DataFrame) -> None:
    def kinds(**given) -> dict[str, str]:
        prepared = koubai.TableModel(**given).prepare(table, "liked").preparation
        return {c.name: c.kind for c in (*prepared.columns, *prepared.left_out)}

    assert kinds()["review"] == kinds(text=["review"])["review"] == kinds(keep=["review"])["review"] == "text"
    assert kinds(drop=["review"])["review"] == "dropped"
    assert kinds(category=["review"])["review"] == "category"
    with pytest.raises(ParameterError, match="text must name feature columns; got the target 'liked'"):
        koubai.TableModel(text=["liked"]).prepare(table, "liked")
    with pytest.raises(DataError, match="must have a column 'nope'"):
        koubai.TableModel(text=["nope"]).prepare(table, "liked")
    with pytest.raises(ParameterError, match="category must name no column that is in text too; got 'review'"):
        koubai.TableModel(text=["review"], category=["review"]).prepare(table, "liked")
    for other in ("keep", "category", "text"):
        with pytest.raises(ParameterError, match=f"drop must name no column that is in {other} too; got 'review'"):
            koubai.TableModel(drop=["review"], **{other: ["review"]}).prepare(table, "liked")


def test_the_playground_leaves_texts_out(table: pl.DataFrame, tmp_path: Path) -> None:
    table.write_csv(tmp_path / "t.csv")
    settings = Settings().changed({"dataset": "table", "table": "t", "target": "liked"})
    assert load(settings, {"t": tmp_path / "t.csv"}).names[0] == "age"


@pytest.mark.slow
def test_text_messages(shared_data: Path) -> None:
    """Spam among text messages, a fifth held out, the defaults but for one network."""
    messages = shared_data / "sms_spam.tsv.gz"
    model = koubai.TableModel(quality="fast").fit(str(messages), "column_1", test_fraction=0.2, header=False)
    assert model.evaluation_ is not None
    assert model.evaluation_.score >= 0.985
