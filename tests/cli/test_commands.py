"""The commands in this process: what they print, what they write, and one sentence for each mistake."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.fit import OPTIONS
from koubai.cli.main import main
from koubai.cli.parts.complaints import in_terms_of_options
from koubai.cli.parts.terminal import number, printable, sparkline
from koubai.core.errors import DivergenceError, InPython, ParameterError
from koubai.tables.files.reading import read_table
from koubai.training.container import open_container, write_container

QUICK = ("--epochs", "15", "--hidden", "8")

HOW_READ = pytest.mark.parametrize("how", ["--no-stream", "--stream"])
"""A table is read as a whole, or block by block."""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def table() -> Path:
    """200 rows: numbers, categories, a name for each row, a constant, a few holes; the class follows from x."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    pl.DataFrame(
        {
            "id": range(200),
            "x": x,
            "colour": rng.choice(["red", "blue"], size=200),
            "same": ["s"] * 200,
            "price": 100 + 10 * x,
            "kind": np.where(x > 1.5, "rare", np.where(x > 0, "high", "low")),
        }
    ).with_columns(x=pl.when(pl.int_range(200) % 20 == 0).then(None).otherwise(pl.col("x"))).write_csv("table.csv")
    return Path("table.csv")


@pytest.fixture
def fitted(table: Path) -> Path:
    assert main(["fit", str(table), "--target", "kind", "--drop", "price", "--quiet", *QUICK]) == 0
    return Path("table.koubai")


def complaint(capsys, *arguments: str) -> str:
    """Run a command that must fail with status 2 and return the one sentence on standard error."""
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    written = capsys.readouterr()
    lines = [
        line for line in written.err.splitlines() if not line.startswith(("Epoch ", "Note: ", "koubai: compiling"))
    ]
    assert status == 2, written
    assert len(lines) == 1, lines
    assert "Traceback" not in written.err
    return lines[0]


def test_fit_tells_what_it_read_and_how_good_it_is(table: Path, capsys) -> None:
    assert main(["fit", str(table), "--target", "kind", "--drop", "price", *QUICK]) == 0
    written = capsys.readouterr()
    for text in (
        "table.csv: 200 rows, 6 columns",
        "kind: classification (3 different texts): ",
        "Dropped id (identifier): its whole numbers count the rows.",
        "Dropped same (constant): all its cells are 's'.",
        "Dropped price (dropped): dropped as requested.",
        "standardised, its rank, and 16 pieces; missing: median",
        "The classes are unbalanced: ",
        "144 training, 16 validation, 40 test",
        "accuracy on 40 held-out rows",
        "accuracy of always predicting ",
        "true \\ predicted",
        "Saved   table.koubai",
        "Next    koubai predict table.koubai TABLE --out predictions.csv",
    ):
        assert text in written.out
    score, baseline = (float(value) for value in re.findall(r"^ ?accuracy .* (\d\.\d{4})", written.out, re.MULTILINE))
    assert score > baseline
    assert "Epoch 10: loss" in written.err
    assert "validation loss" in written.err
    assert re.search(r"^Kept    the network of ", written.out, re.MULTILINE)
    assert Path("table.koubai").is_file()


def test_a_regression_is_compared_with_the_mean(table: Path, capsys) -> None:
    assert main(["fit", str(table), "--target", "price", "--drop", "kind", "--model", "p.koubai", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "price: regression (200 different numbers)" in out
    score, baseline = (float(v) for v in re.findall(r"root mean squared error .* (\d+\.\d+)", out))
    assert score < baseline
    assert ", the mean" in out


def test_small_tables_are_judged_and_it_is_said(table: Path, capsys) -> None:
    assert main(["fit", str(table), "--target", "kind", "--model", "j.koubai", "--hidden", "8"]) == 0
    out = capsys.readouterr().out
    assert "Judged  Cross-validated in 3 parts: L2 " in out
    assert main(["show", "j.koubai"]) == 0
    shown = capsys.readouterr().out
    assert "Judged   Cross-validated in 3 parts: L2 " in shown
    assert "Kept       the network of the last epoch, 60" in shown
    plain = ["fit", str(table), "--target", "kind", "--model", "j.koubai", "--hidden", "8", "--no-cross-validation"]
    assert main(plain) == 0
    assert "Judged" not in capsys.readouterr().out


def test_where_answers_end_is_said(table: Path, capsys) -> None:
    assert main(["fit", str(table), "--target", "price", "--drop", "kind", "--model", "p.koubai", *QUICK]) == 0
    assert "the range seen in training extended by a tenth" in capsys.readouterr().out
    assert main(["show", "p.koubai"]) == 0
    assert "the range seen in training extended by a tenth" in " ".join(capsys.readouterr().out.split())


def test_how_often_a_checkpoint_is_written_needs_one(table: Path, capsys) -> None:
    said = complaint(capsys, "fit", str(table), "--target", "kind", "--checkpoint-every", "5")
    assert "--checkpoint-every must come with --checkpoint; got 5 alone. Name a file with --checkpoint." in said
    said = complaint(capsys, "fit", str(table), "--target", "kind", "--checkpoint", "c", "--checkpoint-every", "-1")
    assert "--checkpoint-every must be >= 0; got -1.0." in said
    said = complaint(capsys, "fit", str(table), "--target", "kind", "--checkpoint", "c", "--optimizer", "lbfgs")
    assert "--checkpoint must not be set with L-BFGS" in said


def test_wide_tables_are_summed_up(capsys) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{i}": rng.normal(size=30) for i in range(30)} | {"c": ["a", "b"] * 15, "y": [0, 1] * 15})
    frame.write_csv("wide.csv")
    assert main(["fit", "wide.csv", "--target", "y", "--test-fraction", "0", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "Columns 30 numbers, 1 category; 'koubai show' lists how each is prepared" in out
    assert "No rows were held out, so its quality is unknown." in out
    assert main(["fit", "wide.csv", "--target", "y", "--batch-size", "1000", *QUICK]) == 0
    written = capsys.readouterr()
    assert "Note: Got `batch_size` less than 1 or larger than sample size." in written.err
    assert "--class-weight must not be set for regression; got 'balanced', which MLPRegressor does not" in complaint(
        capsys, "fit", "wide.csv", "--target", "x1", "--class-weight", "balanced"
    )


def test_what_the_system_refuses_is_told(monkeypatch, capsys) -> None:
    for error, sentence in [
        (OSError(28, "No space left on device", "m.koubai"), "koubai show: m.koubai: no space left on device."),
        (MemoryError(), "koubai show: there is not enough memory; try fewer rows, or a smaller network."),
    ]:

        def refuse(path: str, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("koubai.training.container.open_container", refuse)
        assert complaint(capsys, "show", "m.koubai") == sentence

    def interrupt(path: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("koubai.training.container.open_container", interrupt)
    assert main(["show", "m.koubai"]) == 130


def test_quiet_is_quiet(table: Path, capsys) -> None:
    assert main(["fit", str(table), "--target", "kind", "--quiet", *QUICK]) == 0
    written = capsys.readouterr()
    assert written.out == ""
    assert [line for line in written.err.splitlines() if "compiling" not in line] == []


def test_options_reach_the_network(table: Path) -> None:
    options = (
        "--hidden 6,5 --activation tanh --optimizer momentum --learning-rate 0.05 --schedule cosine --batch-size 16"
    )
    more = "--epochs 3 --dropout 0.1 --l2 0.01 --l1 0.001 --early-stopping --class-weight balanced --seed 7"
    assert main(["fit", str(table), "--target", "kind", *options.split(), *more.split(), "--dtype", "float32"]) == 0
    found = koubai.load("table.koubai").estimator_
    given = found.get_params()
    expected = {
        "hidden_layer_sizes": (6, 5), "activation": "tanh", "optimizer": "momentum", "learning_rate_init": 0.05,
        "schedule": "cosine", "batch_size": 16, "epochs": 3, "dropout": 0.1, "alpha": 0.01, "l1": 0.001,
        "early_stopping": True, "class_weight": "balanced", "random_state": 7,
    }  # fmt: skip
    assert {name: given[name] for name in expected} == expected
    assert found.theta_.dtype == np.float32
    assert (
        main(["fit", str(table), "--target", "kind", "--hidden", "none", "--no-early-stopping", "--epochs", "2"]) == 0
    )
    found = koubai.load("table.koubai").estimator_
    assert found.network_.sizes[1:] == (3,)
    assert found.validation_scores_ is None


def test_wishes_for_columns_are_followed(table: Path) -> None:
    wishes = ["--drop", "price,colour", "--keep", "id", "--category", "id"]
    assert main(["fit", str(table), "--target", "kind", *wishes, *QUICK]) == 0
    model = koubai.load("table.koubai")
    assert [(column.name, column.kind) for column in model.preparation_.columns] == [
        ("id", "category"),
        ("x", "number"),
    ]


def test_predict_writes_csv_to_standard_output(fitted: Path, table: Path, capfdbinary) -> None:
    assert main(["predict", str(fitted), str(table)]) == 0
    written = capfdbinary.readouterr()
    frame = pl.read_csv(written.out)
    assert frame.columns == ["prediction", "probability_high", "probability_low", "probability_rare"]
    assert frame.height == 200
    model = koubai.load(fitted)
    np.testing.assert_array_equal(frame["probability_low"], model.predict(table)["probability_low"])
    assert b"accuracy on 200 rows of this table" in written.err


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_predict_writes_files(fitted: Path, table: Path, suffix: str, capsys) -> None:
    out = Path(f"out.{suffix}")
    for _ in range(2):  # the second time, older predictions are replaced
        assert main(["predict", str(fitted), str(table), "--out", str(out), "--include", "id, colour"]) == 0
    read = {"csv": pl.read_csv, "tsv": lambda path: pl.read_csv(path, separator="\t"), "parquet": pl.read_parquet}
    frame = read[suffix](out)
    assert frame.columns[:3] == ["id", "colour", "prediction"]
    assert frame.height == 200
    written = capsys.readouterr()
    assert written.out == ""
    assert f"Wrote   out.{suffix} (200 rows)" in written.err


def test_predict_says_what_it_ignores_and_does_not_know(fitted: Path, capfd) -> None:
    pl.DataFrame({"x": [0.5], "colour": ["mauve"], "wind": [1]}).write_csv("new.csv")
    assert main(["predict", str(fitted), "new.csv"]) == 0
    written = capfd.readouterr()
    assert "Note: Ignored columns that the model does not know: wind." in written.err
    assert "Note: Column 'colour' holds values that training did not see: 'mauve'." in written.err
    assert main(["predict", str(fitted), "new.csv", "--quiet", "--include", "all"]) == 0
    written = capfd.readouterr()
    assert written.err == ""
    assert written.out.startswith("x,colour,wind,prediction,")


@HOW_READ
def test_predict_tells_of_rows_that_cannot_be_scored_or_have_a_new_class(fitted: Path, capfd, how: str) -> None:
    table = {"x": [0.5, 0.6, 2.5, 0.1], "colour": ["red"] * 4, "kind": ["high", None, "odd", "odd"]}
    pl.DataFrame(table).write_csv("new.csv")
    assert main(["predict", str(fitted), "new.csv", how]) == 0
    said = capfd.readouterr().err
    assert "Note: 1 row has no value of kind; it is not scored." in said
    assert "Note: 2 rows are of a class not seen in training, 'odd', and count as wrong." in said
    pl.DataFrame({name: values[:1] for name, values in table.items()}).write_csv("one.csv")
    assert main(["predict", str(fitted), "one.csv", how]) == 0
    said = capfd.readouterr().err
    assert re.search(r"accuracy on 1 row of this table, 1 right +1\.0000", said)
    assert "no better than a constant prediction" not in said


@pytest.mark.slow
@HOW_READ
def test_predictions_go_behind_what_standard_output_holds(fitted: Path, table: Path, how: str) -> None:
    with open("log.csv", "w") as log:
        log.write("precious\n")
        log.flush()
        command = [sys.executable, "-m", "koubai.cli.main", "predict", str(fitted), str(table), "--out", "/dev/stdout"]
        subprocess.run([*command, how, "--quiet"], stdout=log, check=True)
    lines = Path("log.csv").read_text().splitlines()
    assert lines[:2] == ["precious", "prediction,probability_high,probability_low,probability_rare"]
    assert len(lines) == 202


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@HOW_READ
def test_a_full_device_is_named(fitted: Path, table: Path, capsys, how: str) -> None:
    Path("p.parquet").symlink_to("/dev/full")
    for out in ("/dev/full", "p.parquet"):
        said = complaint(capsys, "predict", str(fitted), str(table), "--out", out, "--quiet", how)
        assert said == (
            f"koubai predict: The output '{out}' cannot be written: no space left on device. Choose another place."
        )


def test_show_tells_everything(fitted: Path, capsys) -> None:
    assert main(["show", str(fitted)]) == 0
    out = capsys.readouterr().out
    for text in (
        "table.koubai: TableModel, ",
        "format version 2",
        "Predicts kind: classification (3 different texts)",
        "144 training, 16 validation, 40 test",
        "one of 2",
        "Dropped id (identifier)",
        "hidden 1",
        "silu",
        "loss: cross_entropy",
        "Training 15 epochs",
        "all epochs were run",
        "█",
        "Validation ",
        "optimizer=adamw(beta_2=0.95, weight_decay=0.02)",
        "Average  8 networks like it",
        "accuracy on 40 held-out rows",
    ):
        assert text in out


def test_show_tells_of_bare_estimators(capsys) -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    koubai.save(koubai.MLPRegressor(hidden_layer_sizes=(3,), epochs=2).fit(X, X[:, 0]), "bare.koubai")
    assert main(["show", "bare.koubai"]) == 0
    out = capsys.readouterr().out
    assert "bare.koubai: MLPRegressor" in out
    assert "solver=adam" in out
    koubai.save(koubai.Perceptron(random_state=0).fit(X, X[:, 0] > 0), "perceptron.koubai")
    assert main(["show", "perceptron.koubai"]) == 0
    out = capsys.readouterr().out
    assert "perceptron.koubai: Perceptron" in out
    assert "coef" in out
    words = complaint(capsys, "predict", "bare.koubai", __file__, "--decimal", ",")
    assert "--decimal must come with a model saved by 'koubai fit'; 'bare.koubai' contains a bare" in words


def test_names_cannot_steer_the_terminal(capsys) -> None:
    """Names in a table or a model may hold control sequences; they are shown, not obeyed."""
    name = "x\x1b[2J"
    rows = {name: [1.0, 2, 3, 4] * 5, "colour [red]": ["a", "b"] * 10, "y": ["no", "\x07yes"] * 10}
    pl.DataFrame(rows).write_csv("t.csv")
    assert main(["fit", "t.csv", "--target", "y", *QUICK]) == 0
    assert main(["show", "t.koubai"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "x\\x1b[2J" in out
    assert "colour [red]" in out


def test_every_help_has_examples(capsys) -> None:
    for arguments in (["--help"], ["fit", "--help"], ["predict", "--help"], ["show", "--help"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 0
        assert "examples:\n  koubai " in capsys.readouterr().out


def test_version(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("koubai ")


def test_python_runs_the_package_as_the_command() -> None:
    shown = subprocess.run([sys.executable, "-m", "koubai", "fit", "none.csv"], capture_output=True, text=True)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith("koubai fit: ")
    assert shown.stderr.count("\n") == 1


BAD_TABLES = {
    "empty": ("", "--target y", "it is empty"),
    "header only": ("x,y\n", "--target y", "at least one row; got column names alone"),
    "ragged": ("x,y\n1,a\n2\n", "--target y", "must have 2 cells in each line, as in the first; got 1 in line 3"),
    "bad encoding": (b"x,y\n\xff,1\n", "--target y", "must be text in UTF-8; it is not. Save it as UTF-8, or try"),
    "bad encoding, said": (b"x,y\n\xff,1\n", "--target y --encoding utf-8", "must be text in UTF-8; byte 5 is not"),
    "wrong column": ("weight,kind\n1,a\n2,b\n", "--target Kind", "Did you mean 'kind'?"),
    "one class": ("x,y\n1,a\n2,a\n", "--target y", "at least two different values; got 'a' in all 2 rows"),
    "class for each row": ("x,y\n1,a\n2,b\n3,c\n", "--target y", "got 3 classes in 3 rows"),
    "target missing": ("x,y\n1,-\n2,?\n", "--target y", "must have values; all its cells are missing"),
    "all columns missing": ("x,z,y\n,NA,a\n,?,b\n", "--target y", "at least one column to learn from"),
    "no other column": ("y\na\nb\n", "--target y", "there are no others"),
    "text among numbers": (
        "x,y\n" + "1,a\n2,b\n" * 9 + "ten,a\n",
        "--target y",
        "'x' must hold numbers, as 18 of its cells",
    ),
    "infinity": ("x,y\n1,a\n-inf,b\n2,a\n", "--target y", "'x' must hold finite numbers; got '-inf' in row 2"),
    "infinite target": ("x,y\n1,1.5\n2,inf\n3,2.5\n", "--target y", "'y' must hold finite numbers; got 'inf' in row 2"),
    "text for regression": ("x,y\n1,a\n2,b\n", "--target y --task regression", "--task must be classification"),
    "wrong drop": ("x,y\n1,a\n2,b\n", "--target y --drop z", "must have a column 'z'"),
}


@pytest.mark.parametrize(("content", "options", "message"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_bad_tables(capsys, content: str | bytes, options: str, message: str) -> None:
    Path("t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    sentence = complaint(capsys, "fit", "t.csv", *options.split())
    assert sentence.startswith("koubai fit: ")
    assert message in sentence
    assert not Path("t.koubai").exists()


BAD_OPTIONS = {
    "--hidden 0,5": "--hidden must be whole numbers above 0 such as 64,32, or none; got '0,5'",
    "--hidden a": "--hidden must be whole numbers above 0 such as 64,32, or none; got 'a'",
    "--learning-rate -1": "--learning-rate must be > 0; got -1.0. Try 0.001.",
    "--learning-rate nan": "--learning-rate must be > 0; got nan",
    "--learning-rate fast": "koubai fit: --learning-rate must be a number such as 0.5; got 'fast'. See",
    "--learning-rate 0,01": "--learning-rate must be a number such as 0.01; got '0,01'",
    "--epochs 1e3": "koubai fit: --epochs must be an integer such as 1000; got '1e3'. See 'koubai fit --help'.",
    "--seed x": "--seed must be an integer such as 10; got 'x'",
    "--epochs": "--epochs must be followed by a value; got none",
    "--quiet=3": "--quiet must have no value; got '3'",
    "--l 3": "--l must be written in full; it may be --learning-curve, --lang, --loss, --learning-rate, --l2, --l1",
    "--hidden none --activation tanh": "--activation must not be set for a network without hidden layers; got 'tanh'",
    "--hidden none --dropout 0.2": "--dropout must not be set for a network without hidden layers; got 0.2. Leave it",
    "--no-early-stopping --validation-metric loss": "--validation-metric must not be set without early stopping",
    "--optimizer lbfgs --validation-metric loss": "--validation-metric must not be set with L-BFGS",
    "--optimizer best": "--optimizer must be a known optimizer; got 'best'. Try one of: sgd,",
    "--activation best": "--activation must be a known activation; got 'best'",
    "--schedule best": "--schedule must be a known schedule; got 'best'",
    "--loss best": "--loss must be one of log_loss, half_squared_error,",
    "--dropout 1": "--dropout must be in [0, 1); got 1.0. Try 0.0.",
    "--batch-size 0": "--batch-size must be an integer >= 1; got 0. Leave it out.",
    "--epochs 0": "--epochs must be an integer >= 1; got 0. Leave it out.",
    "--jobs 0": "--jobs must be an integer >= 1 or an integer <= -1; got 0. Leave it out.",
    "--drop x,kind": "--drop must name feature columns; got the target 'kind'. Remove it.",
    "--keep kind": "--keep must name feature columns; got the target 'kind'",
    "--category kind": "--category must name feature columns; got the target 'kind'",
    "--optimizer lbfgs --learning-rate 1": "--learning-rate must not be set with L-BFGS, which determines its own "
    "steps",
    "--optimizer lbfgs --batch-size 9": "--batch-size must not be set with L-BFGS",
    "--optimizer lbfgs --early-stopping": "--early-stopping must not be set with L-BFGS",
    "--optimizer lbfgs --dropout 0.5": "--dropout must not be set with L-BFGS; got 0.5. Try --optimizer adam.",
    "--loss poisson": "--loss must be one of log_loss, half_squared_error,",
    "--l1 -1": "--l1 must be >= 0",
    "--l2 -1": "--l2 must be >= 0",
    "--seed -1": "--seed must be an integer from 0",
    "--test-fraction 1": "--test-fraction must be in [0, 1)",
    "--task sorting": "--task must be one of classification, regression; got 'sorting'",
    "--encoding best": "--encoding must be one that Python knows",
    "--separator ab": "--separator must be one ASCII character",
    "--model nowhere/m.koubai": "must be in an existing folder",
    "--model .": "must be a file; got the folder",
    "--model=": "The output must be a file; got the folder ''. Add a file name.",
    "--model table.csv": "'table.csv' must differ from 'table.csv', which is an input and would be overwritten",
    "--optimizer sgd --learning-rate 1e9 --schedule constant": "must stay finite; the",
    "--l2 1e300": "Lower --learning-rate, or --l1 and --l2.",
    "--decimal ;": "--decimal must be one of '.', ','; got ';'",
    "--nonsense": "koubai fit: arguments must be those that --help lists; got --nonsense. See 'koubai fit --help'",
}


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS.items(), ids=BAD_OPTIONS.keys())
def test_impossible_options(table: Path, capsys, options: str, message: str) -> None:
    precious = bytes(8) + b'{"__metadata__":{"format":"koubai","more":"..."}}'
    Path("table.koubai").write_bytes(precious)
    content = table.read_bytes()
    assert message in complaint(capsys, "fit", str(table), "--target", "kind", *options.split())
    assert Path("table.koubai").read_bytes() == precious
    assert table.read_bytes() == content


def test_parameters_are_checked_before_the_table_is_read(capsys) -> None:
    Path("no.csv").write_text('a"\n')  # no table: that would be the complaint if it were read
    assert "--optimizer must be a known" in complaint(capsys, "fit", "no.csv", "--target", "y", "--optimizer", "best")
    assert "--hidden" not in complaint(capsys, "fit", "no.csv", "--target", "y", "--loss", "poisson")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--starts 3", "--starts must be 1 with rows that are read block by block; got 3. Leave it out."),
        ("--optimizer lbfgs", "--optimizer must be one that takes batches with rows that are read block by block"),
        ("--batch-size 0", "--batch-size must be an integer >= 1; got 0. Leave it out."),
    ],
)
def test_what_a_streamed_fit_cannot_do_is_said_before_the_table_is_read(capsys, options: str, message: str) -> None:
    Path("no.csv").write_text('a"\n')  # no table: that would be the complaint if it were read
    assert message in complaint(capsys, "fit", "no.csv", "--target", "y", "--stream", *options.split())


@HOW_READ
def test_checkpoints_take_no_other_file_s_place(table: Path, fitted: Path, capsys, how: str) -> None:
    """Neither the table's nor the model's nor any foreign one's; and a model does not take a checkpoint's."""
    contents = {path: path.read_bytes() for path in (table, fitted)}
    Path("notes.txt").write_text("precious")
    write_container("c", "checkpoint", {}, {})
    checkpoint = Path("c").read_bytes()
    for options, message in (
        ("--checkpoint table.csv", "must differ from 'table.csv', which is an input and would be overwritten"),
        ("--checkpoint ./table.koubai", "--checkpoint must be a different file from the model; got 'table.koubai'"),
        ("--checkpoint new --model new", "--checkpoint must be a different file from the model; got 'new' for both"),
        ("--checkpoint notes.txt", "'notes.txt' must be a new file or a koubai checkpoint to be replaced"),
        ("--checkpoint table.koubai --model new", "'table.koubai' must be a new file or a koubai checkpoint"),
        ("--model c", "'c' must be a new file or a koubai model to be replaced; it contains something else"),
        ("--model table.csv", "must differ from 'table.csv', which is an input and would be overwritten"),
        ("--drop kind", "--drop must name feature columns; got the target 'kind'. Remove it."),
    ):
        assert message in complaint(capsys, "fit", str(table), "--target", "kind", how, *options.split(), *QUICK)
    assert {path: path.read_bytes() for path in contents} == contents
    assert Path("notes.txt").read_text() == "precious"
    assert Path("c").read_bytes() == checkpoint
    assert not Path("new").exists()


def test_a_file_that_is_no_model_is_not_replaced(table: Path, capsys) -> None:
    Path("notes.txt").write_text("precious")
    said = complaint(capsys, "fit", str(table), "--target", "kind", "--model", "notes.txt", *QUICK)
    assert "'notes.txt' must be a new file or a koubai model to be replaced; it contains something else" in said
    assert Path("notes.txt").read_text() == "precious"
    Path("notes.txt").write_text("")
    for _ in range(2):  # an empty file is no loss, and a model is there to be replaced
        assert main(["fit", str(table), "--target", "kind", "--model", "notes.txt", "--quiet", *QUICK]) == 0


@HOW_READ
def test_predictions_do_not_replace_what_they_come_from(fitted: Path, table: Path, capsys, how: str) -> None:
    content = table.read_bytes()
    Path("link.csv").symlink_to("table.csv")
    for out in ("table.csv", "./table.csv", "link.csv"):
        said = complaint(capsys, "predict", str(fitted), str(table), "--out", out, how)
        assert "which is an input and would be overwritten" in said
    assert "must end in one of" in complaint(capsys, "predict", str(fitted), str(table), "--out", "")
    assert table.read_bytes() == content


def test_an_unwritable_output_is_found_before_the_table_is_read(capsys) -> None:
    assert "must be in an existing folder" in complaint(
        capsys, "fit", "none.csv", "--target", "y", "--model", "no/m.koubai"
    )
    assert "must be in an existing folder" in complaint(
        capsys, "predict", "none.koubai", "none.csv", "--out", "no/p.csv"
    )
    assert "--out must end in one of .csv, .tsv, .parquet; got 'p.txt'" in complaint(
        capsys, "predict", "none.koubai", "none.csv", "--out", "p.txt"
    )


def test_missing_files_and_commands(table: Path, fitted: Path, capsys) -> None:
    assert "Did you mean 'table.csv'?" in complaint(capsys, "fit", "tables.csv", "--target", "kind")
    assert "--target must come with a table; got it with images, '.'" in complaint(
        capsys, "fit", ".", "--target", "kind"
    )
    assert "must exist; it was not found" in complaint(capsys, "predict", "none.koubai", str(table))
    assert "must exist; there is no such file" in complaint(capsys, "predict", str(fitted), "none.csv")
    assert "must exist; it was not found" in complaint(capsys, "show", "none.koubai")
    assert "must have a column 'weight'" in complaint(capsys, "predict", str(fitted), str(table), "--include", "weight")
    assert "COMMAND must be given; got none" in complaint(capsys)
    assert (
        "COMMAND must be one of fit, predict, compare, show, explain, export, quiz, grade, descend, play, serve, "
        "warm-up; got 'train'" in complaint(capsys, "train")
    )
    assert "TABLE must be given; got none" in complaint(capsys, "fit")
    assert "--target must be given; got none" in complaint(capsys, "fit", str(table))


def test_bad_tables_for_a_model(fitted: Path, capsys) -> None:
    for content, message in [
        ("colour\nred\n", "must have the column 'x', which the model learned from"),
        ("x,colour\n1,red\ntall,blue\n", "'x' must hold numbers; got 'tall' in row 2"),
        ("x,colour\ninf,red\n", "'x' must hold finite numbers; got 'inf' in row 1"),
        ("", "it is empty"),
    ]:
        Path("new.csv").write_text(content)
        assert message in complaint(capsys, "predict", str(fitted), "new.csv", "--out", "out.csv")
        assert not Path("out.csv").exists()
    pl.DataFrame({"x": [1.0], "colour": ["red"], "prediction": [1]}).write_csv("new.csv")
    assert "must not include a column 'prediction'" in complaint(
        capsys, "predict", str(fitted), "new.csv", "--include", "all"
    )


def test_damaged_models(fitted: Path, table: Path, capsys) -> None:
    content = fitted.read_bytes()
    for damaged in (b"", content[:100], content[:-1], content[:-9] + b"\0" + content[-8:], b"PK\x03\x04" * 100):
        fitted.write_bytes(damaged)
        for arguments in (["predict", str(fitted), str(table)], ["show", str(fitted)]):
            assert "cannot be loaded" in complaint(capsys, *arguments)


def test_a_record_that_does_not_fit_is_told_in_one_sentence(fitted: Path, table: Path, capsys) -> None:
    found = open_container(fitted)
    older = (
        "mean",
        "bounds",
        "long_tail",
        "shares",
        "judgement",
        "decision",
        "conformal",
        "cross_validated",
        "learning_curve",
    )  # files of older versions have none of these
    for name in (name for name in found.record if name not in older):
        record = {key: value for key, value in found.record.items() if key != name}
        write_container("odd.koubai", found.kind, record, found.tensors)
        if name == "reading":  # files of earlier versions have none
            assert main(["predict", "odd.koubai", str(table), "--quiet", "--out", "p.csv"]) == 0
            continue
        assert "must" in complaint(capsys, "predict", "odd.koubai", str(table))
        if name in ("target", "rows", "preparation", "estimator", "evaluation"):
            assert "with a record that does not fit" in complaint(capsys, "show", "odd.koubai")
    write_container("odd.koubai", "Strange\x1b[2J", {}, {})
    assert main(["show", "odd.koubai"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_complaints_name_options() -> None:
    error = ParameterError(who="MLPRegressor", parameter="alpha", required="be >= 0", got="-1")
    assert in_terms_of_options(error, OPTIONS) == "--l2 must be >= 0; got -1."
    error = ParameterError(
        parameter="schedule",
        required=["a name", InPython("None")],
        got="3",
        remedy=InPython("Try None.", typed="Leave it out."),
    )
    assert str(error) == "schedule must be a name or None; got 3. Try None."
    assert in_terms_of_options(error, OPTIONS) == "--schedule must be a name; got 3. Leave it out."
    for other in (
        ParameterError("The table must be whole."),
        ParameterError(who="MLPRegressor", parameter="warm_start", required="be x", got="y", remedy="Try x."),
    ):
        assert in_terms_of_options(other, OPTIONS) == str(other)


def test_a_remedy_that_names_what_the_command_has_no_option_for_stays_as_python_is_told() -> None:
    remedy = InPython("Lower the learning rate.", typed="Lower {learning_rate_init}.")
    error = DivergenceError(who="MLPClassifier", what="Training must end.", remedy=remedy)
    assert in_terms_of_options(error, OPTIONS) == "Training must end. Lower --learning-rate."
    assert in_terms_of_options(error, {}) == "MLPClassifier: Training must end. Lower the learning rate."


def test_what_terminals_get() -> None:
    assert sparkline([3.0, 2.0, 1.0, float("nan")]) == "█▅▁"
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([]) == ""
    assert len(sparkline(range(1000), 40)) == 40
    assert printable("a\x1b\nb ä 勾") == "a\\x1b\\nb ä 勾"
    assert [number(x) for x in (0.5, 12345.6, 0.0, -1e-9, 1e20)] == [
        "0.5000",
        "12,346",
        "0.0000",
        "-1e-09",
        "1e+20",
    ]


def test_a_large_table_is_read_block_by_block(table: Path, monkeypatch, capsys) -> None:
    """It says so in one sentence; --no-stream decides otherwise; the report is that of any table."""
    options = ("--target", "kind", "--drop", "price", *QUICK)
    monkeypatch.setattr("koubai.tables.files.blocks.free_memory", lambda: 1000)
    assert main(["fit", str(table), *options]) == 0
    written = capsys.readouterr()
    assert re.search(
        r"koubai fit: table.csv is read block by block, as its cells alone would take 0.0 GB and 0.0 GB of memory are "
        r"free\.\n",
        written.err,
    )
    assert "200 rows, 6 columns" in written.out
    assert re.search(r"Rows +\d+ training, \d+ validation, \d+ test", written.out)
    assert "accuracy on" in written.out
    streamed = koubai.load("table.koubai")
    assert main(["fit", str(table), *options, "--no-stream", "--quiet"]) == 0
    assert koubai.load("table.koubai").n_rows_ != streamed.n_rows_
    assert capsys.readouterr().err == ""
    assert main(["predict", "table.koubai", str(table), "--out", "p.csv"]) == 0
    assert "koubai predict: table.csv is read block by block" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_predictions_of_a_streamed_table_are_the_same_file(fitted: Path, table: Path, suffix: str, monkeypatch) -> None:
    monkeypatch.setattr("koubai.tables.files.blocks.CELLS_AT_ONCE", 1)
    options = ["predict", str(fitted), str(table), "--include", "id,x", "--quiet", "--out"]
    assert main([*options, f"whole.{suffix}"]) == 0
    monkeypatch.setattr("koubai.models.predicting.ROWS_AT_ONCE", 30)
    assert main([*options, f"pieces.{suffix}", "--stream"]) == 0
    whole, pieces = Path(f"whole.{suffix}"), Path(f"pieces.{suffix}")
    if suffix == "parquet":
        assert pl.read_parquet(pieces).equals(pl.read_parquet(whole))
    else:
        assert pieces.read_bytes() == whole.read_bytes()


def test_a_fault_in_a_late_block_leaves_the_old_predictions(fitted: Path, table: Path, monkeypatch, capsys) -> None:
    """Whatever the format: what was there before stays as it was, and nothing half is left beside it."""
    monkeypatch.setattr("koubai.models.predicting.ROWS_AT_ONCE", 30)
    lines = table.read_text().splitlines()
    lines[150] = lines[150].replace(lines[150].split(",")[1], "tall", 1)
    Path("broken.csv").write_text("\n".join(lines))
    for name in ("p.csv", "p.parquet"):
        Path(name).write_bytes(b"precious")
        said = complaint(capsys, "predict", str(fitted), "broken.csv", "--out", name, "--stream", "--force")
        assert said.startswith("koubai predict: Column 'x' must hold numbers; got 'tall' in row 150.")
        assert Path(name).read_bytes() == b"precious"
    assert sorted(path.name for path in Path().iterdir()) == [
        "broken.csv",
        "p.csv",
        "p.parquet",
        "table.csv",
        "table.koubai",
    ]


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.parquet", "page.html", "page.md", "page.txt"])
def test_no_command_replaces_a_file_that_is_not_its_own(fitted: Path, table: Path, capsys, name: str) -> None:
    commands = (
        [["predict", str(fitted), str(table)]]
        if name.startswith("p.")
        else [["explain", "softmax"], ["quiz", "shapes", "--count", "1", "--seed", "1"]]
    )
    for command in commands:
        Path(name).write_bytes(b"id,prediction,remark\n1,2,mine\n")
        said = complaint(capsys, *command, "--out", name)
        assert f"The output '{name}' must be a new file or koubai's own of this kind to be replaced" in said
        assert said.endswith("Choose another name, or add --force.")
        assert Path(name).read_bytes() == b"id,prediction,remark\n1,2,mine\n"
        assert main([*command, "--out", name, "--force"]) == 0
        assert main([*command, "--out", name]) == 0  # it is its own now
    Path(name).write_bytes(b"")
    assert main([*commands[0], "--out", name]) == 0


@pytest.mark.slow
def test_descend_replaces_only_its_own_pictures(capsys) -> None:
    for name in ("d.png", "d.svg", "d.html"):
        Path(name).write_bytes(b"mine")
        command = ["descend", "x**2", "--start", "1", "--steps", "3", "--out", name]
        assert "add --force" in complaint(capsys, *command)
        assert Path(name).read_bytes() == b"mine"
        assert main([*command, "--force"]) == 0
        assert main(command) == 0


def test_names_with_commas_can_be_given(capsys) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"income, net": rng.normal(size=60), "debt": rng.normal(size=60), "y": ["a", "b"] * 30})
    frame.write_csv("c.csv")
    for given in ("income, net", '"income, net"', '"income, net", '):
        assert main(["fit", "c.csv", "--target", "y", "--drop", given, *QUICK]) == 0
        assert "Dropped income, net (dropped)" in capsys.readouterr().out
    assert main(["predict", "c.koubai", "c.csv", "--include", '"income, net",debt', "--out", "p.csv", "--quiet"]) == 0
    assert pl.read_csv("p.csv").columns[:2] == ["income, net", "debt"]
    assert main(["predict", "c.koubai", "c.csv", "--include", "income, net", "--out", "p.csv", "--quiet"]) == 0
    assert pl.read_csv("p.csv").columns[:2] == ["income, net", "prediction"]


@HOW_READ
def test_columns_that_look_like_patterns_are_columns(how: str, capsys) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=80)
    frame = pl.DataFrame({"*": x, "^a.*$": rng.normal(size=80), "ab": x * 2, "y": np.where(x > 0, "=1+1", "-b")})
    frame.write_csv("s.csv")
    assert main(["fit", "s.csv", "--target", "y", "--drop", "*", how, *QUICK]) == 0
    assert "Dropped (*) (dropped)" in capsys.readouterr().out
    assert main(["predict", "s.koubai", "s.csv", how, "--include", "*,ab", "--out", "p.csv", "--quiet"]) == 0
    lines = Path("p.csv").read_text().splitlines()
    assert lines[0].startswith("(*),ab,prediction,")
    assert {line.split(",")[2] for line in lines[1:]} == {"'=1+1", "'-b"}


def test_predictions_are_written_so_that_a_spreadsheet_runs_nothing(capsys) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=80)
    texts = np.where(x > 0, "=HYPERLINK(1)", "@b")
    pl.DataFrame({"x": x, "note": texts, "y": texts}).write_csv("s.csv")
    assert main(["fit", "s.csv", "--target", "y", *QUICK]) == 0
    predict = ["predict", "s.koubai", "s.csv", "--quiet", "--out", "p.csv", "--include"]
    assert main([*predict, "x,note"]) == 0
    written = pl.read_csv("p.csv")
    assert set(written["note"]) == {"'=HYPERLINK(1)", "'@b"}
    assert set(written["prediction"]) <= {"'=HYPERLINK(1)", "'@b"}
    assert written["x"].dtype == pl.Float64
    assert (written["x"] < 0).any()
    back = read_table("p.csv").frame
    assert set(back["note"]) == {"=HYPERLINK(1)", "@b"}
    assert main([*predict, "note", "--raw-cells"]) == 0
    assert set(pl.read_csv("p.csv")["note"]) == {"=HYPERLINK(1)", "@b"}


def test_how_a_file_is_read_is_kept_with_the_model(capsys) -> None:
    rows = "\n".join(f"{i % 7}:{i % 3}:{'ab'[i % 2]}" for i in range(60))
    Path("t.csv").write_text(f"one: two\nx: z\nx:z:y\n{rows}\n", encoding="utf-8")
    said = complaint(capsys, "fit", "t.csv", "--target", "y", "--separator", ":")
    assert "got 2 cells in line 1 and 3 in those below" in said
    assert "with skip_lines" in said
    options = ["--separator", ":", "--skip-lines", "2"]
    assert main(["fit", "t.csv", "--target", "y", *options, *QUICK]) == 0
    capsys.readouterr()
    for how in ("--no-stream", "--stream"):
        assert main(["predict", "t.koubai", "t.csv", "--out", "p.csv", how]) == 0
        assert "Note: The file is read like the training table: separator ':', skip_lines 2." in capsys.readouterr().err
        assert pl.read_csv("p.csv").height == 60
    Path("h.csv").write_text(f"{rows}\n".replace(":", ","), encoding="utf-8")
    assert main(["fit", "h.csv", "--target", "column_3", "--no-header", *QUICK]) == 0
    assert main(["predict", "h.koubai", "h.csv", "--out", "p.csv"]) == 0
    assert "like the training table: without a line of names. Set these" in capsys.readouterr().err
    Path("u.csv").write_text(f"x:z:y\n{rows}\n")
    assert main(["predict", "t.koubai", "u.csv", "--out", "p.csv", "--skip-lines", "0"]) == 0
    assert pl.read_csv("p.csv").height == 60
    assert koubai.load("t.koubai").predict("t.csv").height == 60
    assert koubai.load("t.koubai").predict("u.csv", skip_lines=0).height == 60


def test_nothing_in_a_table_steers_the_terminal(capfd) -> None:
    red = "\x1b[31m"
    rows = "".join(
        f"{(i * i) % 17},{'u' + red if i % 3 else 'v'},{'yes' + red if i % 2 else 'no'}\n" for i in range(60)
    )
    Path("e.csv").write_text(f"a{red},b{red}x,k{red}\n{rows}")
    assert main(["fit", "e.csv", "--target", f"k{red}", *QUICK]) == 0
    assert main(["show", "e.koubai"]) == 0
    for topic in ("forward", "backward", "update", "model"):
        assert main(["explain", topic, "e.koubai", "--data", "e.csv"]) == 0
    assert main(["explain", "perceptron", "e.csv"]) == 0
    assert main(["fit", "e.csv", "--target", f"z{red}"]) == 2
    with pytest.raises(SystemExit):
        main(["fit", "e.csv", "--target", "k", "--epochs", red])
    written = capfd.readouterr()
    assert "a\\x1b[31m" in written.out
    assert "\x1b" not in written.out + written.err
    for name in ("e.md", "e.html", "e.txt"):
        assert main(["explain", "forward", "e.koubai", "--data", "e.csv", "--out", name]) == 0
        assert "\x1b" not in Path(name).read_text()


def test_commands_that_read_a_table_name_the_options_of_reading(table: Path, capsys) -> None:
    for words in (["explain", "perceptron", str(table)], ["fit", str(table), "--target", "kind"]):
        assert "--separator must be one ASCII character or 'tab'; got 'ab'. Try ','." in complaint(
            capsys, *words, "--separator", "ab"
        )
        assert "--skip-lines must be an integer >= 0; got -1. Try 1." in complaint(capsys, *words, "--skip-lines", "-1")


def test_raw_cells_are_refused_where_all_cells_are_raw(table: Path, fitted: Path, capsys) -> None:
    given = ("predict", str(fitted), str(table), "--out", "p.parquet", "--raw-cells")
    assert "--raw-cells must come with text, since a Parquet file holds all cells as they" in complaint(capsys, *given)
