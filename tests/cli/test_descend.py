"""``koubai descend``: every way in, and one sentence for each mistake."""

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from koubai.cli.main import main
from koubai.descent.functions import worker


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOUBAI_LANG", "en")


@pytest.fixture
def points(tmp_path: Path) -> str:
    rng = np.random.default_rng(3)
    x = rng.uniform(-2, 2, 1000)
    y = 3.14 * x - 1.59 + rng.normal(0, 0.5, 1000)
    lines = [f"{a}\t{b}\t{'yes' if b > 0 else 'no'}" for a, b in zip(x, y, strict=True)]
    path = tmp_path / "points.tsv"
    path.write_text("x\ty\tsign\n" + "\n".join(lines) + "\n")
    return str(path)


def test_the_lectures_function_by_hand_and_by_machine(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    arguments = ["--start", "2", "--optimizer", "sgd,adam", "--learning-rate", "0.01", "--steps", "500"]
    assert main(["descend", "x**4 - 2*x**3 + 1", *arguments, "--out", str(page)]) == 0
    printed = capsys.readouterr().out
    for part in ("f′(x) = 2x²(2x − 3)", "x = 0: neither minimum nor maximum", "f(3/2) = −11/16", "adam", str(page)):
        assert part in printed
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_lectures_line_is_least_squares(capsys: pytest.CaptureFixture[str], points: str) -> None:
    assert main(["descend", "--fit", "line", points, "--intercept", "-1.59", "--learning-rate", "1e-4"]) == 0
    printed = capsys.readouterr().out
    data = np.loadtxt(points, skiprows=1, usecols=(0, 1))
    slope = data[:, 0] @ (data[:, 1] + 1.59) / (data[:, 0] @ data[:, 0])
    assert f"least squares: {slope:.8g}" in printed
    assert f"{slope:.6g}" in printed.split("steepest")[1]


def test_classes_may_be_text(capsys: pytest.CaptureFixture[str], points: str) -> None:
    arguments = ["--y", "sign", "--method", "steepest,sgd", "--steps", "50"]
    assert main(["descend", "--fit", "logistic", points, *arguments]) == 0
    assert "stochastic (1 row)" in capsys.readouterr().out


def test_basins_and_the_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / "basins.png"
    assert main(["descend", "himmelblau", "--basins", "--resolution", "20", "--out", str(picture)]) == 0
    assert "(3, 2)" in capsys.readouterr().out
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert main(["descend", "--list"]) == 0
    assert "rosenbrock" in capsys.readouterr().out


def test_windows_and_starts_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--start=-1.2,1", "--start=0,2", "--window=-2:2,-1:3", "--optimizer", "adam", "--no-by-hand"]
    assert main(["descend", "(1-x)**2 + 100*(y-x**2)**2", *arguments, "--lang", "ja"]) == 0
    printed = capsys.readouterr().out
    assert "手計算" not in printed
    assert "終了の理由" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["__import__('os')"], "got '__import__' at character 1"),
        (["rosenbrok"], "Did you mean rosenbrock?"),
        (["log(x)", "--start=-1"], "start must lie where log(x) and its gradient are finite"),
        (["x**2", "--start", "nan"], "start must be finite"),
        (["x+y+z", "--start", "1,2"], "start must hold 3 values, for x, y, z; got 2"),
        (["booth", "--out", "x.jpg"], "--out must end in one of .png"),
        (["booth", "--seed", "-1"], "--seed belongs to --fit or --network"),
        (["people.csv", "--network", "m.koubai", "--seed", "-1"], "--seed must be >= 0; got -1. Try 0."),
        (["booth", "--window=-2:2"], "--window must hold one range for each of the 2 variables; got 1"),
        (["booth", "--basins", "--learning-rate", "0.1,0.2"], "--basins must be given one learning rate; got 2"),
        (["booth", "--basins", "--out", "b.gif"], "--out must end in one of .png, .svg, .pdf, as this does not move"),
        (["booth", "--basins", "--start", "1,2"], "--start belongs to a function or --fit; got it with --basins"),
        (["booth", "--basins", "--fit", "line"], "--basins cannot be combined with --fit; got both"),
        (["booth", "--view", "rates"], "--view belongs to --network; got it with a function"),
        (["booth", "--out", "nowhere/b.png"], "nowhere"),
        (["x**2", "--basins"], "the function must have 2 variables; got 1"),
        ([], "FUNCTION must be given, an expression or a name; got none"),
        (["--fit", "line"], "FUNCTION must be given, a table; got none"),
        (["--fit", "line", "nowhere.tsv"], "'nowhere.tsv' must exist"),
        (["x**2", "--start", "1e200"], "start must lie where x**2 and its gradient are finite"),
    ],
)
def test_mistakes_get_one_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


ENGLISH = re.compile(r"[A-Za-z][a-z]*(?: [a-z]+){3}")
"""Four words of English side by side."""

EXPRESSIONS = (
    *("nofn", "rosenbrok", "x**", "*", "x^2", "y=x**2", "x×2", "x−1", "[x]", "²", "x²", "x＋1", "2x", "x)", "(x+1"),
    *("sin", "sinn(x)", "foo(x)", "sum(x)", "max(x)", "sin(x,y)", "1e400*x", "3+4", "a+b+c+d+f+g+h+i+j+k+l"),
    *("(" * 120 + "x", "+".join(["x"] * 150), "x+" * 600 + "x"),
)
"""Expressions with a mistake each."""

TABLES = {
    "p": "x,y,z\n0,1,a\n1,3,b\n2,5,c\n3,,d\n",
    "same": "x,y\n2,1\n2,3\n",
    "zeros": "x,y\n0,1\n0,3\n",
    "one": "x,y\n1,1\n2,\n",
    "infinite": "x,y\n1,1\n2,inf\n",
}
"""Tables by name, each of which some fit cannot take."""


def refused_in_japanese(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the sentence of a mistake in Japanese, after making sure that it is one, and that English stays so."""
    assert main(["descend", *words, "--lang", "ja"]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("koubai descend: ")
    assert told.endswith("。")
    assert not ENGLISH.search(told), told
    assert main(["descend", *words]) == 2
    assert not re.search("[ぁ-ん]", capsys.readouterr().err)
    return told


@pytest.mark.parametrize(
    "words",
    [
        *(["booth", "--out", "x.jpg"], ["booth", "--window=-2:2"], ["booth", "--basins", "--learning-rate", "0.1,0.2"]),
        *(["booth", "--basins", "--out", "b.gif"], ["booth", "--basins", "--start", "1,2"], ["--fit", "line"], []),
        *(["booth", "--basins", "--fit", "line"], ["booth", "--view", "rates"], ["booth", "--out", "nowhere/b.png"]),
        *(
            ["--fit", "line", "nowhere.tsv"],
            ["--fit", "line", "p.csv", "--x", "u"],
            ["--fit", "line", "p.csv", "--y", "z"],
        ),
        *(["--fit", "line", "p.csv", "--learning-rate", "1,2"], ["--network", "none.koubai", "p.csv"]),
        *([expression] for expression in EXPRESSIONS),
        *(["x**2", "--optimizer", "sgd"], ["x**2", "--start", "1,2"], ["x**2+y**2", "--start", "1"]),
        ["people.csv", "--network", "m.koubai", "--seed", "-1"],
        *(["1/x", "--start", "0"], ["log(x)", "--start", "-1"], ["x**2", "--start", "nan"]),
        *(["x**2", "--start", "1", "--optimizer", rule] for rule in ("momentum:0.1:3", "adam:fast")),
        ["x**2", "--start", "1", "--optimizer", "adam:0.1", "--learning-rate", "0.2"],
        *(["booth", "--learning-rate", rate] for rate in ("-1", "0", "inf")),
        *(["booth", "--steps", "0"], ["booth", "--step-size", "-1"], ["booth", "--gradient-norm", "-1"]),
        *(["booth", "--value", "nan"], ["booth", "--steps", "1000000", "--learning-rate", ",".join("1" * 4)]),
        ["x**200 + x**2", "--start", "0.5", "--by-hand"],
        *(["x**2", "--basins"], ["booth", "--basins", "--resolution", "1"], ["booth", "--basins", "--steps", "0"]),
        ["booth", "--basins", "--optimizer", ",".join(["sgd"] * 10)],
        *(["--fit", model, "p.csv"] for model in ("logistic", "perceptron")),
        *(["--fit", "line", "p.csv", "--method", "nope"], ["--fit", "line", "p.csv", "--intercept", "nan"]),
        *(["--fit", "line", "p.csv", "--batch-size", "0"], ["--fit", "line", "p.csv", "--start", "1"]),
        *(["--fit", "line", "same.csv"], ["--fit", "line", "same.csv", "--standardize"]),
        ["--fit", "line", "p.csv", "--start", "1,2", "--intercept", "1"],
        *(["--fit", "line", "zeros.csv", "--intercept", "1"], ["--fit", "line", "one.csv"]),
        ["--fit", "line", "infinite.csv"],
    ],
)
def test_mistakes_are_told_in_japanese_where_that_is_spoken(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, rows in TABLES.items():
        Path(f"{name}.csv").write_text(rows)
    refused_in_japanese(words, capsys)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["x**2", "--start", "1,2"], "--start に指定する値は 1 個です（変数は x，指定は 2 個）。"),
        (["x**2", "--start", "nan"], "初期値は有限の数にしてください（指定は nan）。たとえば 1.0 とします。"),
        (["rosenbrok"], "rosenbrock の間違いではありませんか。"),
        (["x**"], "式 'x**' の 4 文字目：式が途中で終わっています（続きには数，変数，関数のどれかが必要です）。"),
    ],
)
def test_what_a_mistake_is_called_in_japanese(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in refused_in_japanese(words, capsys)


def test_a_process_that_cannot_be_started_is_told_in_japanese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["x**2", "--start", "1", "--by-hand", "--optimizer", "sgd"]
    monkeypatch.setattr(worker, "WORKER", worker.Worker())
    monkeypatch.setattr("koubai.descent.functions.by_hand.WORKER", worker.WORKER)
    monkeypatch.setattr(worker.sys, "executable", "/nowhere/python")
    assert "別のプロセス" in refused_in_japanese(words, capsys)
    monkeypatch.setitem(sys.modules, "sympy", None)
    assert "SymPy" in refused_in_japanese(words, capsys)


def test_notes_and_the_list_are_in_japanese_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text("x,y\n0,1\n1,3\n2,5\n3,\n")
    assert main(["descend", "--fit", "line", str(tmp_path / "p.csv"), "--lang", "ja", "--steps", "20"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "注意：4 行のうち 1 行には x または y の値がないので，除きます。\n"
    assert not ENGLISH.search(printed.out), printed.out
    assert main(["descend", "--list", "--lang", "ja"]) == 0
    assert "最適化手法：" in (printed := capsys.readouterr()).out
    assert not ENGLISH.search(printed.out)


def test_columns_and_options_of_a_fit_are_checked(points: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", "--fit", "line", points, "--x", "u"]) == 2
    assert "must have the column 'u'; got x, y, sign" in capsys.readouterr().err
    assert main(["descend", "--fit", "line", points, "--learning-rate", "1,2"]) == 2
    assert "--fit must be given one optimizer and one learning rate" in capsys.readouterr().err
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["descend", "--fit", "line", points, "--start", "1e200,0"]) == 2
    assert "start must lie where line and its gradient are finite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["booth", "--window", "1:0,0:1"], "must be ranges from low to high"),
        (["booth", "--window", "left"], "must be ranges such as -2:2"),
        (["booth", "--start", "here"], "must be numbers such as 0.5"),
    ],
)
def test_options_that_cannot_be_read(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["descend", *arguments])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """A table, and two small networks that were trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2))
    lines = [f"{a:.4f},{b:.4f},{'in' if a * a + b * b < 1 else 'out'}" for a, b in x]
    table = folder / "ring.csv"
    table.write_text("a,b,where\n" + "\n".join(lines) + "\n")
    models = []
    for seed in (0, 1):
        models.append(str(folder / f"ring{seed}.koubai"))
        options = ["--target", "where", "--hidden", "4", "--epochs", "5", "--seed", str(seed), "--quiet"]
        assert main(["fit", str(table), *options, "--model", models[-1]]) == 0
    return str(table), models[0], models[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("landscape", "Loss around the trained network"),
        ("path", "Loss in the plane of the training path"),
        ("line", "Loss on the line between two networks"),
        ("sharpness", "Largest eigenvalues of the Hessian"),
        ("solutions", "Loss on the line between two networks"),
        ("layers", "Every layer during training: Adam"),
        ("rates", "suggested α"),
        ("batches", "Why n matters"),
    ],
)
def test_every_view_of_a_saved_network(
    view: str, words: str, trained: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, model, other = trained
    picture = tmp_path / "a.svg"
    out = ["--out", str(picture)]
    more = ["--other", other] if view == "line" else []
    assert main(["descend", "--network", model, table, "--view", view, "--epochs", "3", *more, *out]) == 0
    assert words in capsys.readouterr().out
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    "words",
    [
        *(["--span", "0"], ["--view", "path", "--epochs", "1"], ["--view", "layers", "--epochs", "0"]),
        *(["--view", "layers", "--epochs", "99999999"], ["--view", "layers", "--batch-size", "0"]),
        *(["--view", "layers", "--learning-rate", "0"], ["--view", "batches", "--epochs", "0"]),
    ],
)
def test_mistakes_about_a_network_are_told_in_japanese(
    words: list[str], trained: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    table, model, _ = trained
    refused_in_japanese(["--network", model, table, *words], capsys)


def test_networks_of_another_shape_are_refused(
    trained: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, model, _ = trained
    wide = str(tmp_path / "wide.koubai")
    assert main(["fit", table, "--target", "where", "--hidden", "5", "--epochs", "2", "--quiet", "--model", wide]) == 0
    assert main(["descend", "--network", model, table, "--view", "line", "--other", wide]) == 2
    said = capsys.readouterr().err
    assert "--other must be a network with the same layers" in said
    assert "-5-1. Train it with the same options, or use --view solutions." in said
    assert main(["descend", "--network", model, table, "--optimizer", "sgd,adam"]) == 2
    assert "--network must be given one optimizer" in capsys.readouterr().err


def test_a_table_without_the_target_is_refused(
    trained: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "bare.csv"
    table.write_text("a,b\n1,2\n3,4\n")
    assert main(["descend", "--network", trained[1], str(table)]) == 2
    assert "must have values of the target 'where'; got none" in capsys.readouterr().err


def test_what_cannot_be_worked_out_is_descended_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", "x**200 + x**2", "--start", "0.5", "--optimizer", "sgd"]) == 0
    assert "By hand" not in capsys.readouterr().out
    assert main(["descend", "x**200 + x**2", "--start", "0.5", "--by-hand"]) == 2
    assert "an exponent must lie within ±100 to be solved by hand; got 200" in capsys.readouterr().err


def test_rows_without_a_value_are_left_out_and_text_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "holes.csv"
    table.write_text("x,y,sign\n0,1,a\n1,3,a\n2,5,b\n,7,b\n4,,b\n")
    assert main(["descend", "--fit", "line", str(table), "--steps", "2000"]) == 0
    printed = capsys.readouterr()
    assert "least squares: (2, 1)" in printed.out
    assert "Note: 2 of 5 rows have no value of x or y; they are dropped." in printed.err
    assert main(["descend", "--fit", "line", str(table), "--y", "sign"]) == 2
    assert "The column 'sign'" in (said := capsys.readouterr().err)
    assert "must hold numbers; got 'a' in row 1" in said


def test_an_unscaled_column_is_named_as_what_slows_descent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    age = rng.uniform(20, 80, 100)
    ill = rng.random(100) < 1 / (1 + np.exp(-(age - 50) / 8))
    table = tmp_path / "patients.csv"
    table.write_text("age,ill\n" + "".join(f"{a},{'yes' if b else 'no'}\n" for a, b in zip(age, ill, strict=True)))
    command = ["descend", "--fit", "logistic", str(table), "--x", "age", "--y", "ill", "--steps", "300"]
    assert main(command) == 0
    assert "Standardizing age makes the valley round" in " ".join(capsys.readouterr().out.split())
    assert main([*command, "--standardize"]) == 0
    printed = capsys.readouterr().out
    assert "Standardizing" not in printed
    assert "For the original age: slope 0.098" in printed


@pytest.mark.parametrize(
    ("words", "first_line"),
    [
        (["-x**2", "--start", "1"], "f(x) = −x²"),
        (["--start", "1", "-cos(x)"], "f(x) = −cos(x)"),
        (["x**2 + y**2", "--start", "-1,-2", "--window", "-2:2,-3:1"], "f(x, y) = x² + y²"),
    ],
)
def test_a_minus_sign_begins_a_value_and_no_option(
    capsys: pytest.CaptureFixture[str], words: list[str], first_line: str
) -> None:
    assert main(["descend", *words, "--steps", "3", "--optimizer", "sgd", "--no-by-hand"]) == 0
    assert capsys.readouterr().out.startswith(first_line)


def test_a_list_of_optimizers_names_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["descend", "x**2", "--start", "1", "--optimizer", ","])
    assert stopped.value.code == 2
    assert "--optimizer must be names such as sgd,adam; got ','." in capsys.readouterr().err


@pytest.mark.parametrize("model", ["logistic", "perceptron"])
def test_marks_of_missing_values_are_no_numbers_and_no_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    table = tmp_path / "marks.csv"
    table.write_text("age,sex\n1,m\n2,f\n3,NA\nNA,f\n4,f\n5,m\n2.5,m\n")
    assert main(["descend", "--fit", model, str(table), "--x", "age", "--y", "sex", "--steps", "20"]) == 0
    assert "Note: 2 of 7 rows have no value of age or sex; they are dropped." in capsys.readouterr().err


def test_sums_over_vectors_are_sent_to_the_command_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", "-sum(p*log(x))"]) == 2
    said = capsys.readouterr().err
    assert "expressions of vectors and matrices belong to 'koubai explain derivative'" in said
    assert main(["explain", "derivative", "-summ(p*log(x))", "--by", "x"]) == 2
    assert "got 'summ'. Did you mean sum?" in capsys.readouterr().err
    assert main(["explain", "derivative", "-sum(p*log(x))", "--by", "x", "--lang", "en"]) == 0
