"""What cells mean is decided when a model learns, kept in its file, and heeded when it predicts, streamed or not."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.main import main
from koubai.core.errors import DataError, ParameterError
from koubai.models.table_model import TableModel
from koubai.tables.files.blocks import open_blocks

QUICK = {"hidden_layer_sizes": (8,), "epochs": 3, "early_stopping": False}
RNG = np.random.default_rng(0)


@pytest.fixture
def write(tmp_path: Path):
    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def flats(n: int = 60) -> str:
    """A table as a German office writes it: 11,9 and 7.489."""
    lines = [f"{(n * 3.37) % 90:.1f};{number:,}".replace(".", "#").replace(",", ".").replace("#", ",")
             for n, number in ((n, 150 + n * 997 % 9000) for n in range(n))]  # fmt: skip
    return "area;flats\n" + "\n".join(lines) + "\n"


def german(values: list[float]) -> list[str]:
    return [f"{value:,.2f}".translate({ord(","): ".", ord("."): ","}) for value in values]


@pytest.mark.parametrize("stream", [False, True])
def test_thousands_are_the_same_in_training_and_prediction(write, tmp_path: Path, stream: bool) -> None:
    path = write("flats.csv", flats())
    model = TableModel(**QUICK).fit(path, "flats", test_fraction=0.2, stream=stream)
    assert any("is read as" in note and "decimal mark is ',' in 'area'" in note for note in model.notes_)
    assert model.center_ > 1000
    koubai.save(model, tmp_path / "m.koubai")
    loaded = koubai.load(tmp_path / "m.koubai")
    texts = pl.DataFrame({"area": ["1.000,5", "12,5"]})
    numbers = pl.DataFrame({"area": [1000.5, 12.5]})
    assert loaded.predict(texts).equals(model.predict(numbers))
    with pytest.raises(DataError, match=r"'area' must hold numbers with a decimal comma; got '12\.5' in row 1"):
        loaded.predict(pl.DataFrame({"area": ["12.5"]}))
    pieces = [part for _, part in loaded.prediction(pl.DataFrame({"area": ["1,000.5", "12.5"]}), decimal=".")]
    assert pieces[0].equals(model.predict(numbers))
    blocks = list(loaded.prediction(open_blocks(path)))
    assert blocks[0][1].equals(loaded.predict(path))


def test_models_without_formats_read_files_with_semicolons_as_they_did(write) -> None:
    frame = pl.DataFrame({"x": RNG.normal(size=40).round(2), "y": RNG.normal(size=40)})
    model = TableModel(**QUICK).fit(frame, "y")
    record, tensors = model.to_record()
    for column in record["preparation"]["columns"]:
        del column["format"]
    del record["target"]["format"]
    for name in ("decimal", "thousands", "date_order", "missing", "not_missing"):
        del record["parameters"][name]
    old = TableModel.from_record(record, tensors)
    path = write("new.csv", "x;z\n" + "".join(f"{x};1\n".replace(".", ",") for x in frame["x"]))
    assert old.predict(path).equals(model.predict(frame))
    assert pl.concat([part for _, part in old.prediction(open_blocks(path))]).equals(model.predict(frame))


def test_the_csv_of_a_frame_of_dates_is_predicted_as_the_frame() -> None:
    times = pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2020, 2, 9), "1d", eager=True).alias("t")
    frame = times.to_frame().with_columns(d=times.dt.date(), y=pl.Series(RNG.normal(size=40)))
    model = TableModel(**QUICK).fit(frame, "y")
    texts = pl.read_csv(frame.write_csv().encode(), infer_schema=False)
    assert model.predict(texts).equals(model.predict(frame))
    pandas = pl.read_csv(frame.to_pandas().to_csv(index=False).encode(), infer_schema=False)
    assert model.predict(pandas).equals(model.predict(frame))


@pytest.mark.parametrize("stream", [False, True])
def test_dates_of_two_digits_keep_their_meaning(write, tmp_path: Path, stream: bool) -> None:
    days = [f"{d:02}.{m:02}.{y}" for y in (19, 20, 21) for m in range(1, 13) for d in (1, 15, 30) if (d, m) != (30, 2)]
    path = write("days.csv", "day,y\n" + "".join(f"{day},{i % 7}.5\n" for i, day in enumerate(days)))
    model = TableModel(**QUICK).fit(path, "y", stream=stream)
    koubai.save(model, tmp_path / "m.koubai")
    loaded = koubai.load(tmp_path / "m.koubai")
    assert loaded.predict({"day": ["30.09.19"]}).equals(loaded.predict({"day": ["2019-09-30"]}))
    with pytest.raises(DataError, match=r"'day' must hold dates of the form dd\.mm\.yy; got '09/30/19' in row 1"):
        loaded.predict({"day": ["09/30/19"]})


@pytest.mark.parametrize("stream", [False, True])
def test_missing_marks_are_those_of_training(write, tmp_path: Path, stream: bool) -> None:
    rows = [f"{-999 if i % 9 == 0 else i},{'unknown' if i % 7 == 0 else i % 5 + 0.5}" for i in range(60)]
    path = write("marks.csv", "x,y\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataError, match=r"'y' must hold numbers, as 51 of its 60 cells do; got 'unknown' in row 1"):
        TableModel(task="regression", **QUICK).fit(path, "y", stream=stream)
    model = TableModel(missing=[-999, "unknown"], **QUICK).fit(path, "y", stream=stream)
    assert model.n_rows_["without target"] == 9
    assert model.preparation_.features[-1] == "x (missing)"
    koubai.save(model, tmp_path / "m.koubai")
    loaded = koubai.load(tmp_path / "m.koubai")
    empty = loaded.predict(pl.DataFrame({"x": [None]}, schema={"x": pl.Float64}))
    for cell in ("-999", "-999.0", " unknown ", -999, -999.0):
        assert loaded.predict({"x": [cell]}).equals(empty)


@pytest.mark.parametrize("stream", [False, True])
def test_a_class_called_none_is_asked_about(write, stream: bool) -> None:
    path = write("none.csv", "x,y\n" + "".join(f"{i},{('None', 'a', 'b')[i % 3]}\n" for i in range(60)))
    with pytest.raises(
        DataError,
        match=r"'y' must show what 'None' means, which 20 of 60 rows hold.*--not-missing None.*--missing None",
    ):
        TableModel(**QUICK).fit(path, "y", stream=stream)
    kept = TableModel(not_missing=["None"], **QUICK).fit(path, "y", stream=stream)
    assert kept.estimator_.classes_.tolist() == ["None", "a", "b"]
    dropped = TableModel(missing=["None"], **QUICK).fit(path, "y", stream=stream)
    assert dropped.estimator_.classes_.tolist() == ["a", "b"]
    assert dropped.n_rows_["without target"] == 20


def test_a_few_words_in_a_target_are_dropped_and_said() -> None:
    frame = pl.DataFrame({"x": RNG.normal(size=100), "y": ["NA", *(["a", "b", "c"] * 33)]})
    notes = TableModel().prepare(frame, "y").notes
    assert "Of the target y, NA (1) counts as missing; --not-missing NA keeps it as a class." in notes


def test_the_same_mark_cannot_be_both() -> None:
    with pytest.raises(ParameterError, match="missing must name other marks than not_missing; got 'NA' in both"):
        TableModel(missing="NA", not_missing=["NA"]).check_parameters(0)
    with pytest.raises(ParameterError, match=r"decimal must be '\.' or ','; got 'x'"):
        TableModel(decimal="x").check_parameters(0)


@pytest.mark.parametrize("stream", [False, True])
def test_one_odd_word_among_numbers_is_named_with_its_row(write, stream: bool) -> None:
    lines = [f"{i / 7:.2f},{'unknown' if i == 41 else 20 + i}" for i in range(100)]
    path = write("age.csv", "x,age\n" + "\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"as 99 of its 100 cells do; got 'unknown' in row 42.*--task classification"):
        TableModel(**QUICK).fit(path, "age", stream=stream)
    if not stream:
        with pytest.raises(
            DataError, match=r"'age' must hold numbers.*the first 'unknown' in row 42.*--missing unknown"
        ):
            TableModel(**QUICK).fit(path, "x")


def test_a_category_is_the_same_from_text_and_from_numbers() -> None:
    frame = pl.DataFrame({"code": ["1", "2", "3", "01"] * 20, "y": ["a", "b", "a", "b"] * 20})
    model = TableModel(category=["code"], **QUICK).fit(frame, "y")
    whole = model.predict({"code": ["1", "2", "3"]})
    assert model.predict({"code": ["1.0", "2.0", "3."]}).equals(whole)
    assert model.predict({"code": [1.0, 2.0, 3.0]}).equals(whole)
    _, _, notes = model.predict_and_evaluate({"code": ["01", "001"]})
    assert notes == ["Column 'code' holds values that training did not see: '001'."]


def test_bad_cells_are_refused_or_counted(write, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"x": RNG.normal(size=60), "d": ["2024-01-01", "2024-02-03"] * 30, "y": RNG.normal(size=60)})
    model = TableModel(**QUICK).fit(frame, "y")
    koubai.save(model, "m.koubai")
    path = write("new.csv", "x,d,y\n1,2024-01-01,1\noops,tomorrow,2\ninf,2024-01-01,bad\n")
    with pytest.raises(DataError, match="'x' must hold numbers; got 'oops' in row 2"):
        model.predict(path)
    said = [
        "Column 'x': 2 cells do not belong there and count as missing, the first 'oops' in row 2.",
        "Column 'd': 1 cell does not belong there and counts as missing, the first 'tomorrow' in row 2.",
        "Column 'y': 1 cell does not belong there and counts as missing, the first 'bad' in row 3.",
    ]
    predicted, evaluation, notes = model.predict_and_evaluate(path, bad_cells="missing")
    assert predicted["prediction"].is_finite().all()
    assert evaluation.n_rows == 2
    assert sorted(said) == sorted(note for note in notes if "belong" in note)
    for how in ("--stream", "--no-stream"):
        assert main(["predict", "m.koubai", path, "--bad-cells", "missing", how]) == 0
        assert "2 cells do not belong there" in " ".join(capsys.readouterr().err.split())
    assert main(["predict", "m.koubai", path]) == 2
    with pytest.raises(ParameterError, match="bad_cells must be 'refuse' or 'missing'; got 'skip'"):
        model.predict(path, bad_cells="skip")


def test_options_of_the_command_line(write, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{i % 9 + 1}.{i * 37 % 1000:03};{-200 if i % 8 == 0 else i % 7}.5" for i in range(80)]
    path = write("t.csv", "x;y\n" + "\n".join(lines) + "\n")
    quick = ["--epochs", "2", "--hidden", "4", "--model", "m.koubai"]
    assert main(["fit", path, "--target", "y", "--missing", "-200.5,unknown", "--decimal", ".", *quick]) == 0
    assert "Dropped 10 rows without a value of y" in capsys.readouterr().out
    assert koubai.load("m.koubai").missing == ("-200.5", "unknown")
    assert main(["fit", path, "--target", "y", "--thousands", ".", "--decimal", ".", *quick]) == 2
    assert "koubai fit: --thousands must be another mark than decimal; got '.' twice" in capsys.readouterr().err
