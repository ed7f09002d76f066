"""A table that is read block by block: the model is as in memory, and faults are found wherever they lie."""

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder

import koubai
import koubai.models.scores.evaluation as evaluation_module
from koubai.core.errors import DataError, FileError, ParameterError
from koubai.models.table_model import TableModel
from koubai.tables.files import blocks as blocks_module
from koubai.tables.files.blocks import open_blocks, size_of
from koubai.tables.preparing import survey as survey_module
from koubai.tables.preparing.categories import MAX_CATEGORIES, CategoryColumn, rare_below
from koubai.tables.preparing.survey import Split
from koubai.training import sources

QUICK: dict[str, Any] = {"hidden_layer_sizes": (8,), "epochs": 12, "learning_rate_init": 0.02}
TARGETS = ("label", "amount", "yes", "whole")


def table(n: int = 600) -> pl.DataFrame:
    """A table whose targets follow from its columns; a column of each kind, some with holes."""
    rng = np.random.default_rng(0)
    x, colour = rng.normal(size=n), rng.choice(["red", "blue", "green"], size=n)
    score = x + (colour == "red")
    return pl.DataFrame(
        {
            "x": x,
            "colour": colour,
            "hole": [None if i % 7 == 0 else float(i % 3) for i in range(n)],
            "day": pl.Series([19000 + i * 7 % 900 for i in range(n)], dtype=pl.Int32).cast(pl.Date),
            "row": range(n),
            "label": np.where(score > 1, "high", np.where(score > 0, "middle", "low")),
            "amount": 1e6 + 1000 * score,
            "yes": score > 0.5,
            "whole": (score > 0.5).astype(int) * 2 - 1,
        }
    )


def others(target: str) -> list[str]:
    return [name for name in TARGETS if name != target]


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    table().write_parquet(path, row_group_size=90)
    return path


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 256 rows when reading, of 16 in the temporary file, and parts of an epoch of some 100 rows."""
    monkeypatch.setattr(blocks_module, "CELLS_AT_ONCE", 1)
    monkeypatch.setattr("koubai.training.store.BLOCK_BYTES", 1)
    monkeypatch.setattr(sources, "WINDOW_BYTES", 10_000)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_table_of_one_part_gives_the_model_that_it_gives_in_memory(parquet: Path, target: str, dtype: str) -> None:
    options = {**QUICK, "drop": others(target), "early_stopping": False, "validation_fraction": 0.0, "dtype": dtype}
    inside = TableModel(**options, n_members=1, piecewise=False).fit(parquet, target)
    outside = TableModel(**options).fit(parquet, target, stream=True)
    assert outside.n_rows_ == inside.n_rows_
    assert outside.preparation_.to_record()[0] == inside.preparation_.to_record()[0]
    assert outside.target_ == inside.target_
    tolerance = 1e-4 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(outside.estimator_.theta_, inside.estimator_.theta_, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(outside.estimator_.loss_curve_, inside.estimator_.loss_curve_, rtol=tolerance)
    assert outside.predict(parquet)["prediction"].dtype == inside.predict(parquet)["prediction"].dtype


@pytest.mark.slow
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("target", TARGETS)
def test_a_table_of_many_parts_is_learned(parquet: Path, tmp_path: Path, target: str) -> None:
    model = TableModel(drop=others(target), **QUICK).fit(parquet, target, test_fraction=0.2, stream=True)
    assert model.evaluation_ is not None
    assert model.evaluation_.is_better
    assert model.score(table()) > 0.9
    assert sum(model.n_rows_[name] for name in ("training", "validation", "test")) == 600
    assert abs(model.n_rows_["test"] - 120) < 40
    koubai.save(model, tmp_path / "m.koubai")
    assert koubai.load(tmp_path / "m.koubai").predict(table()).equals(model.predict(table()))
    again = TableModel(drop=others(target), **QUICK).fit(parquet, target, test_fraction=0.2, stream=True)
    np.testing.assert_array_equal(again.estimator_.theta_, model.estimator_.theta_)
    other = TableModel(drop=others(target), random_state=1, **QUICK).fit(
        parquet, target, test_fraction=0.2, stream=True
    )
    assert not np.array_equal(other.estimator_.theta_, model.estimator_.theta_)


@pytest.mark.usefixtures("small_pieces")
def test_rows_held_out_never_train(parquet: Path, tmp_path: Path) -> None:
    """What they hold may be anything: the network is bit for bit the same."""
    options = {"drop": others("label"), "early_stopping": False, "validation_fraction": 0.0, **QUICK}
    model = TableModel(**options).fit(parquet, "label", test_fraction=0.3, stream=True)
    opened = open_blocks(parquet)
    split = Split(0.3, 0.0, 0)
    test = np.concatenate([split.roles(block, "label").test for block in opened.blocks("")])
    assert test.sum() == model.n_rows_["test"]
    changed = table().with_columns(x=pl.when(pl.Series(test)).then(1000.0).otherwise("x"))
    changed.write_parquet(tmp_path / "changed.parquet")
    other = TableModel(**options).fit(tmp_path / "changed.parquet", "label", test_fraction=0.3, stream=True)
    np.testing.assert_array_equal(other.estimator_.theta_, model.estimator_.theta_)
    assert other.evaluation_ != model.evaluation_


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("class_weight", ["balanced", {"high": 1, "low": 2, "middle": 3}])
def test_class_weights_are_those_in_memory(parquet: Path, monkeypatch: pytest.MonkeyPatch, class_weight: Any) -> None:
    options = {"drop": others("label"), "early_stopping": False, "validation_fraction": 0.0, **QUICK}
    options |= {"class_weight": class_weight, "batch_size": 600, "shuffle": False}
    inside = TableModel(**options, n_members=1, piecewise=False).fit(parquet, "label")
    monkeypatch.setattr(sources, "WINDOW_BYTES", 10**6)  # one part: the same batches
    outside = TableModel(**options).fit(parquet, "label", stream=True)
    np.testing.assert_allclose(outside.estimator_.theta_, inside.estimator_.theta_, rtol=1e-9, atol=1e-9)


class PressCtrlC:
    """A callback that presses Ctrl-C after an epoch."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, epoch: Any) -> None:
        if epoch.number == self.number:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.usefixtures("small_pieces")
def test_a_fit_that_was_cut_off_goes_on_to_the_same_weights(parquet: Path, tmp_path: Path) -> None:
    options = {"drop": others("label"), **QUICK}
    whole = TableModel(**options).fit(parquet, "label", test_fraction=0.2, stream=True)
    options |= {"checkpoint": tmp_path / "c", "checkpoint_every": 0.0}
    with pytest.warns(UserWarning, match="interrupted"):
        stopped = TableModel(**options).fit(parquet, "label", test_fraction=0.2, stream=True, callbacks=PressCtrlC(4))
    assert stopped.estimator_.history_.stopped == "interrupted"
    assert stopped.evaluation_ is not None
    with pytest.warns(UserWarning, match=r"^Training goes on with epoch \d+, from the checkpoint"):
        again = TableModel(**options).fit(parquet, "label", test_fraction=0.2, stream=True)
    np.testing.assert_array_equal(again.estimator_.theta_, whole.estimator_.theta_)
    assert again.evaluation_ == whole.evaluation_
    with pytest.warns(UserWarning, match="interrupted"):
        TableModel(**options).fit(parquet, "label", test_fraction=0.2, stream=True, callbacks=PressCtrlC(4))
    table().with_columns(x=pl.col("x") + 1e-9).write_parquet(parquet)
    with pytest.raises(ParameterError, match=r"same training; got .* different values of rows"):
        TableModel(**options).fit(parquet, "label", test_fraction=0.2, stream=True)


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch, small_pieces: None) -> None:
    """Columns are learned from some 200 rows."""
    monkeypatch.setattr(survey_module, "MOST_SAMPLED", 200)
    monkeypatch.setattr(survey_module, "LEAST_SAMPLED", 200)


@pytest.mark.usefixtures("sampled")
def test_what_a_sample_misses_is_counted(tmp_path: Path) -> None:
    """One missing cell, one rare category and one rare class in 3,000 rows; numbers that count the rows."""
    frame = pl.DataFrame(
        {
            "x": [None, *np.random.default_rng(0).normal(size=2999)],
            "colour": ["red", "blue", "green"] * 999 + ["red", "red", "ultraviolet"],
            "row": range(10**6, 10**6 + 3000),
            "same": [1.0] * 3000,
            "y": ["rare"] + ["a", "b"] * 1499 + ["a"],
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    model = TableModel(epochs=1).fit(tmp_path / "t.parquet", "y", stream=True)
    assert "x (missing)" in model.preparation_.features
    assert "colour = other" in model.preparation_.features
    assert model.estimator_.classes_.tolist() == ["a", "b", "rare"]
    left_out = {column.name: column.reason for column in model.preparation_.left_out}
    assert left_out["row"] == "its whole numbers count the rows"
    assert left_out["same"].endswith("sampled cells are 1.0")
    assert any("statistics come from" in note and "sampled rows" in note for note in model.notes_)


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("x", float("inf"), r"'x' must hold finite numbers; got inf in row 2778"),
        ("amount", float("-inf"), r"'amount' must hold finite numbers; got -inf in row 2778"),
    ],
)
def test_an_infinity_in_a_late_block_is_named(tmp_path: Path, column: str, value: float, message: str) -> None:
    frame = table(3000).with_columns(pl.when(pl.col("row") == 2777).then(value).otherwise(column).alias(column))
    frame.write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        TableModel(drop=others("amount"), epochs=1).fit(tmp_path / "t.parquet", "amount", stream=True)


@pytest.mark.usefixtures("sampled")
def test_a_text_among_numbers_and_a_foreign_date_are_named(tmp_path: Path) -> None:
    days = [f"2020-01-{1 + i % 28:02d}" for i in range(3000)]
    frame = pl.DataFrame({"n": range(3000), "day": days, "y": [1.5, 2.5, 4.0] * 1000}).cast({"n": pl.String})
    for name, cell, message in (("n", "many", "hold numbers; got 'many'"), ("day", "May", "hold dates of the form")):
        broken = frame.with_columns(pl.when(pl.col("n") == "2900").then(pl.lit(cell)).otherwise(name).alias(name))
        broken.write_csv(tmp_path / "t.csv")
        with pytest.raises(DataError, match=f"{message}.* in row 2901"):
            TableModel(epochs=1, keep=["n"]).fit(tmp_path / "t.csv", "y", stream=True)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_whole_numbers_beyond_what_float64_tells_apart_stay_different_classes(tmp_path: Path, suffix: str) -> None:
    frame = table().select("x", y=2**53 + 1 - (pl.col("x") > 0).cast(pl.Int64))
    path = tmp_path / f"t.{suffix}"
    frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
    model = TableModel(**QUICK).fit(path, "y", test_fraction=0.2, stream=True)
    assert model.estimator_.classes_.tolist() == ["9007199254740992", "9007199254740993"]
    assert model.evaluation_.score > 0.9
    assert set(model.predict(path)["prediction"]) == {"9007199254740992", "9007199254740993"}


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("unit", [1e-300, 1e200])
def test_targets_of_any_size_are_learned(tmp_path: Path, unit: float) -> None:
    frame = table().select("x", "colour", amount=pl.col("amount") * unit / 1e6)
    frame.write_parquet(tmp_path / "t.parquet")
    model = TableModel(**QUICK).fit(tmp_path / "t.parquet", "amount", test_fraction=0.2, stream=True)
    assert 0 < model.evaluation_.score < model.evaluation_.baseline / 3
    assert model.evaluation_.others["R²"] > 0.8
    scored = model.prediction(open_blocks(tmp_path / "t.parquet"))
    assert sum(piece.frame.height for piece in scored) == 600
    assert scored.evaluation.others["R²"] > 0.8
    assert scored.evaluation.score == pytest.approx(model.evaluate(frame).score, rel=1e-9)


@pytest.mark.usefixtures("small_pieces")
def test_numbers_may_be_written_as_spreadsheets_write_them(tmp_path: Path) -> None:
    """In a feature and in the target: the same model as from plain numbers."""
    plain = table().select("colour", x=(pl.col("x") * 1e6).cast(pl.Int64), amount=pl.col("amount").round(2))
    cells = [[f"{value:,.2f}" for value in plain[name]] for name in ("x", "amount")]
    written = plain.with_columns(
        x=pl.Series([cell if cell[0] == "-" else f"${cell}" for cell in cells[0]]), amount=pl.Series(cells[1])
    )
    assert written["x"].str.contains(r"^\$\d+,").any()
    models = []
    for name, frame in (("plain.csv", plain), ("written.csv", written)):
        frame.write_csv(tmp_path / name)
        models.append(TableModel(**QUICK).fit(tmp_path / name, "amount", test_fraction=0.2, stream=True))
    np.testing.assert_array_equal(models[0].estimator_.theta_, models[1].estimator_.theta_)
    assert models[0].evaluation_ == models[1].evaluation_


@pytest.mark.usefixtures("small_pieces")
def test_classes_that_nothing_is_known_of_are_named(parquet: Path, tmp_path: Path) -> None:
    """Those of which no row was held out, and in another table those that training did not see, wherever they lie."""
    (roles, *_) = (Split(0.2, 0.1, 0).roles(block, "label") for block in open_blocks(parquet).blocks(""))
    one = int(roles.training.argmax())
    frame = table().with_columns(label=pl.when(pl.col("row") == one).then(pl.lit("only one")).otherwise("label"))
    frame.write_parquet(tmp_path / "t.parquet")
    model = TableModel(drop=others("label"), **QUICK).fit(
        tmp_path / "t.parquet", "label", test_fraction=0.2, stream=True
    )
    assert "No rows were held out of classes with very few: the score says nothing of only one." in model.notes_
    strange = table().with_columns(
        label=pl.when(pl.col("row") == 5)
        .then(pl.lit("b"))
        .when(pl.col("row").is_in([400, 599]))
        .then(pl.lit("a"))
        .when(pl.col("row") == 500)
        .then(None)
        .otherwise("label")
    )
    strange.write_parquet(tmp_path / "strange.parquet")
    prediction = model.prediction(open_blocks(tmp_path / "strange.parquet"))
    assert len(list(prediction)) == 3
    assert prediction.notes == [
        "1 row has no value of label; it is not scored.",
        "3 rows are of a class not seen in training, 'a', 'b', and count as wrong.",
    ]
    assert model.predict_and_evaluate(strange)[2] == prediction.notes


def test_damaged_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    table(5000).write_parquet(tmp_path / "good.parquet", row_group_size=500)
    good = (tmp_path / "good.parquet").read_bytes()
    bad = tmp_path / "bad.parquet"
    rng = np.random.default_rng(0)
    damaged = bytearray(good)
    for place in rng.integers(4, len(good) // 2, 300):
        damaged[place] ^= 0xFF
    for content in (b"", b"PAR1", good[: len(good) // 2], good[-300:], b"no table", bytes(damaged)):
        bad.write_bytes(content)
        with pytest.raises(DataError, match=r"bad.parquet' must be a whole Parquet file; it is damaged or none"):
            TableModel(epochs=1, drop=others("label")).fit(bad, "label", stream=True)
    with pytest.raises(FileError, match=r"must exist; there is no such file. Did you mean '.*good.parquet'"):
        TableModel().fit(tmp_path / "god.parquet", "label", stream=True)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"y": ["a"] * 50}, "at least two different values; got 'a' in all 50 rows"),
        ({"y": [None] * 50}, "must have values; all its cells are missing"),
        ({"y": [f"name {i}" for i in range(50)]}, "classes of several rows each; got 50 classes in 50 rows"),
        ({"z": [1, 2] * 25}, "must have a column 'y'"),
        ({"y": [[1], [2]] * 25}, r"must hold numbers, texts or truth values; got List\(Int64\). Choose another column"),
        ({"y": [b"a", b"b"] * 25}, "must hold numbers, texts or truth values; got Binary"),
        (
            {"y": [1, 2] * 25, "x": [3] * 50},
            "at least one column to learn from beside the target; x: all its cells are 3",
        ),
    ],
)
def test_nothing_to_be_learned(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    frame = pl.DataFrame({"x": [i * i % 11 for i in range(50)], **columns})
    frame.write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        TableModel(epochs=1).fit(tmp_path / "t.parquet", "y", stream=True)


def test_what_has_no_use_is_said(parquet: Path, tmp_path: Path) -> None:
    for parameter, value in (("n_starts", 3), ("solver", "lbfgs"), ("warm_start", True)):
        with pytest.raises(ParameterError, match="block by block"):
            TableModel(drop=others("label"), **{parameter: value}).fit(parquet, "label", stream=True)
    with pytest.raises(ParameterError, match="stream must be False for a table in memory; got True with a DataFrame"):
        TableModel().fit(table(), "label", stream=True)


@pytest.mark.parametrize(
    ("name", "text", "notes"),
    [
        ("t.csv", "a,b,y\n1,x,1.5\n\n2,,2.5\n 3 ,NA,4\n", 0),
        ("t.csv", "a;b;y\n1;x;1,5\n2;;2,5\n3;-;4\n", 1),
        ("t.tsv", 'a\tb\ty\n1\tx\t1.5\n2\t?\t2.5\n"3"\t\t4\n', 0),
        ("t.csv", "1,1,1.5\n2,,2.5\n3,,4\n", 1),
    ],
)
def test_text_files_hold_what_they_hold_in_memory(tmp_path: Path, name: str, text: str, notes: int) -> None:
    from koubai.tables.files.frames import as_table

    path = tmp_path / name
    path.write_text(text)
    opened = open_blocks(path)
    (block,) = opened.blocks("")
    whole = as_table(path)
    assert block.frame.equals(whole.frame)
    assert (opened.n_rows, opened.columns, opened.has_names) == (3, whole.frame.columns, whole.has_names)
    assert opened.notes == whole.notes
    assert len(opened.notes) == notes


def test_text_files_with_faults_are_refused(tmp_path: Path) -> None:
    for content, message in (
        (b"a,b\n1,2\n3,4,5\n", "must have 2 cells in each line, as in the first; got 3 in line 3. Correct the line"),
        (b"a,b\n1,2\n3\n", "must have 2 cells in each line, as in the first; got 1 in line 3. Correct the line"),
        (b"a,b\n1,\xff\x81\x00\n", "must be text in UTF-8; it is not. Save it as UTF-8, or try the encoding cp1252 or"),
        (b"a,b\n", "at least one row; got column names alone"),
        (b"", "it is empty"),
    ):
        (tmp_path / "t.csv").write_bytes(content)
        with pytest.raises(DataError, match=message):
            open_blocks(tmp_path / "t.csv")


def test_a_minus_means_the_same_in_every_block(tmp_path: Path, small_pieces: None) -> None:
    """It is a value in a column that holds a plus anywhere, be it in another block."""
    frame = pl.DataFrame({"sign": ["-", "0"] * 500 + ["+"] * 10, "x": range(1010)})
    frame.write_csv(tmp_path / "t.csv")
    first = next(iter(open_blocks(tmp_path / "t.csv").blocks("")))
    assert first.frame["sign"].null_count() == 0


@given(st.dictionaries(st.text("abcdefg", min_size=1, max_size=3), st.integers(1, 40), min_size=1, max_size=90))
def test_categories_from_counts_are_those_of_scikit_learn(counts: dict[str, int]) -> None:
    texts = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    encoder = OneHotEncoder(
        min_frequency=rare_below(len(texts)), max_categories=MAX_CATEGORIES, handle_unknown="infrequent_if_exist"
    ).fit(texts[:, None])
    infrequent = encoder.infrequent_categories_[0]
    column = CategoryColumn.of_counts("c", counts, 0)
    assert list(column.rare) == ([] if infrequent is None else infrequent.tolist())
    assert sorted([*column.categories, *column.rare]) == sorted(counts)


@pytest.mark.usefixtures("small_pieces")
def test_predictions_block_by_block_are_those_of_the_whole(parquet: Path) -> None:
    model = TableModel(drop=others("label"), **QUICK).fit(parquet, "label", test_fraction=0.2)
    whole, evaluation, notes = model.predict_and_evaluate(parquet)
    prediction = model.prediction(open_blocks(parquet))
    pieces = list(prediction)
    assert len(pieces) == 3
    assert pl.concat([piece.predictions for piece in pieces]).equals(whole)
    found = prediction.evaluation
    assert found is not None
    assert evaluation is not None
    assert found.others == pytest.approx(evaluation.others, rel=1e-12)  # sums in another order
    assert replace(found, others=evaluation.others) == evaluation
    assert prediction.notes == notes
    broken = table().with_columns(x=pl.when(pl.col("row") == 400).then(float("inf")).otherwise("x"))
    broken.write_parquet(parquet)
    with pytest.raises(DataError, match="finite numbers; got inf in row 401"):
        list(model.prediction(open_blocks(parquet)))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Surveying, preparing, training, scoring and predicting four times the rows takes the same memory."""
    monkeypatch.setattr(blocks_module, "MOST_ROWS_AT_ONCE", 4000)
    monkeypatch.setattr(survey_module, "MOST_SAMPLED", 4000)
    monkeypatch.setattr(survey_module, "LEAST_SAMPLED", 4000)
    monkeypatch.setattr(sources, "WINDOW_BYTES", 2**19)
    monkeypatch.setattr(evaluation_module, "MOST_RANKED", 1000)
    peaks = []
    for n in (15_000, 15_000, 60_000):  # the first loads what the others use
        path = tmp_path / f"{n}.parquet"
        rng = np.random.default_rng(0)
        x = rng.normal(size=(n, 10))
        pl.DataFrame(x, schema=list("abcdefghij")).with_columns(y=x[:, 0] > 0).write_parquet(path)
        del x
        tracemalloc.start()
        model = TableModel(epochs=2, hidden_layer_sizes=(4,)).fit(path, "y", test_fraction=0.2, stream=True)
        for piece in model.prediction(open_blocks(path)):
            assert piece.frame.height
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.15 * peaks[1]


def test_how_large_a_table_is(parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = size_of(parquet)
    assert abs(size.needed / table().estimated_size() - 1) < 0.2
    assert not size.is_large
    monkeypatch.setattr(blocks_module, "free_memory", lambda: 10 * size.needed)
    assert size_of(parquet).is_large
    (tmp_path / "t.csv").write_text("a,b\n" * 1000)
    assert size_of(tmp_path / "t.csv").needed == 4000
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    assert not size_of(tmp_path / "bad.parquet").is_large
    assert not size_of(tmp_path / "none.parquet").is_large
