"""The commands explain and quiz, from the command line's words to what is printed or written."""

import os
import pty
import re
import select
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.children import child

from koubai.cli.main import main
from koubai.cli.quiz import ask_all
from koubai.explain.quiz.sheets import make_sheet

MISTAKES = """\
xor --out x.doc
perceptron head.csv --target y
derivative x+ --by x
derivative x**2 --by y
derivative foo(x) --by x
derivative nrm(x) --by x
derivative x@y --by x x=2,2 y=3
derivative x==y --by x
derivative A@B --by A
derivative exp(x@x.T)@x --by x
shapes A@B A=2,3 B=2,3
shapes x@y
shapes x@x
shapes x.T@y.T x=1,n y=1,n
shapes 2@x
shapes A.T@x.T A=2,3 x=3,1
shapes A+B A=2,3 B=3,2
shapes A-B A=2,3 B=3,2
shapes A==B A=2,3 B=3,2
shapes A*B A=2,3 B=3,2
shapes A/B A=2,3 B=3,2
shapes trace(A) A=2,3
shapes inv(A) A=2,3
shapes A**2 A=2,3
shapes A**x
shapes A**9
shapes (((A**4)**4)**4)**4
shapes A B=1,2
shapes A@
shapes (A
shapes A@@B
shapes 'A B'
shapes A$B
shapes ''
shapes 1111111111111111111111111111111
shapes ((((((((((((((((((((((((((((((((((((((((A))))))))))))))))))))))))))))))))))))))))
shapes a+b+c+d+e+f+g+h+i+j+k+l+m
forward --sizes 2
forward --sizes 4-99999999-3
forward --sizes 4-5-3 --seed -1
forward --weights '1 a'
forward --weights '1 2;3' --x 1,0 --y 1
forward --weights '1 2' --weights '1 2' --x 1,0
forward --weights '1 2' --x 1
forward --weights '1 2' --x 1,2 --x 1,2 --y 1
forward --weights '1 2' --biases 1,2
forward --weights '1 2' --activations relu,relu
forward --weights '1 2' --activations foo
forward --network none.json
backward --weight 9,1,1
backward --weight 1,9,1
backward --weight 1,1,9
backward --weight 1,1
backward --delta 1,9
update --rate 0
perceptron --sweeps 1000000
perceptron --random -1
model --layer 3
loss cross_entropy --z=-1,1 --y 1,0
loss hinge --z 2 --y 3
loss half_squared_error --z 1 --y 1,2
softmax --u 1,2 --p 1,0,0
softmax --u 1,2 --p 1,1
capacity --hidden 0
tangents --polynomial 1
tangents --rate 0
tangents --rate 5
tangents --steps 0
margin --w 1
margin --w 0,0
"""
"""What cannot be explained, one command line each."""


def said(capsys, *words):
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("KOUBAI_LANG", "en")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["perceptron"], "A perceptron learns from 6 examples"),
        (["perceptron", "--rate", "1", "--sweeps", "2", "--start", "0,0,0,0,1/2"], "passes: 2"),
        (["forward"], "Forward pass of a 2-2-1 network"),
        (["forward", "--node", "2,1", "--row", "2"], "Where z₁⁽²⁾ comes from"),
        (["forward", "--sizes", "3-2", "--output", "softmax"], "The largest output is"),
        (["backward"], "Backpropagation in a 2-2-1 network"),
        (["backward", "--weight", "1,2,1"], "Where ∂E/∂w₂₁⁽¹⁾ comes from"),
        (["backward", "--delta", "1,2", "--sizes", "4-5-3"], "Where δ₂⁽¹⁾ comes from"),
        (["backward", "--loss"], "Where E comes from"),
        (["update", "--optimizer", "adam", "--rows", "1-2,4", "--after", "2", "--weight", "1,1,1"], "by Adam"),
        (["update", "--l2", "0.1", "--clip", "1"], "The clipped gradient"),
        (["activation", "gelu", "--at", "1/2"], "erf"),
        (["activation", "softmax"], "Softmax with cross-entropy"),
        (["activation", "sigmoid", "--at", "-1/2"], "exp(−(−1/2))"),
        (["activation", "softmax", "--at", "10,2,1"], "0.9995"),
        (["softmax", "--u", "-1,2"], "u₁ = −1"),
        (["perceptron", "--start", "-1/2,0,0,0,1"], "w⁽⁰⁾ = [−1/2; 0; 0; 0; 1]"),
        (["loss", "cross_entropy", "--z", "0.5,0.5", "--y", "1,0"], "cross-entropy"),
        (["softmax", "--u", "10,2,1"], "0.9995"),
        (["shapes", "A.T @ x", "A=m,k", "x=m,1"], "Its shape is k×1"),
        (["derivative", "norm(A @ x - b)**2", "--by", "x"], "2·Aᵀ·(A·x − b)"),
        (["identities"], "(A·B)ᵀ = Bᵀ·Aᵀ"),
        (["model"], "home\u00a0runs\u00a0(+2.80)"),
    ],
)
def test_everything_can_be_asked_for(capsys, words, expected):
    status, out, err = said(capsys, "explain", *words)
    assert (status, err) == (0, "")
    assert expected in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["forward", "--row", "9"], "koubai explain: --row must be in 1 … 4; got 9. Rows count from 1."),
        (["update", "--rows", "0-2"], "koubai explain: --rows must lie in 1 … 4; got 0. Rows count from 1."),
        (["update", "--rows", "a"], "koubai explain: --rows must be numbers such as 1-4 or 1,3; got 'a'."),
        (["update", "--after", "-1"], "koubai explain: --after must be from 0 to 10000; got -1. Try 0."),
        (["update", "--after", "99999999999999999999"], "koubai explain: --after must be from 0 to 10000; got 9999"),
        (["forward", "--sizes", "4-5-3", "--seed", "-1"], "koubai explain: seed must be >= 0; got -1. Try 0."),
        (
            ["backward", "--sizes", "4-99999999-3"],
            "koubai explain: sizes must give at most 1,000,000 weights and biases; got 799,999,995. Try 4-5-3.",
        ),
        (["backward", "--weight", "9,1,1"], "koubai explain: weight's layer must be in 1 … 2 for the network 2-2-1;"),
        (["backward", "--weight", "1,1,1", "--loss"], "koubai explain: only one number can be requested at a time;"),
        (["backward", "--sizes", "4-x"], "koubai explain: --sizes must be whole numbers such as 4-5-3; got '4-x'."),
        (["backward", "--data", "t.csv"], "koubai explain: --data requires a MODEL, which is missing."),
        (
            ["backward", "m.koubai"],
            "koubai explain: a MODEL requires rows, which are missing. Name a table, or images, with --data.",
        ),
        (["shapes", "A @ x", "A=m,k", "x=m,1"], "koubai explain: expression 'A @ x': the left matrix of @"),
        (["shapes", "A", "A=m,k", "A=k,m"], "koubai explain: each name must have one shape; got two for A."),
        (
            ["forward", "--sizes", "2-2", "--hidden", "best"],
            "koubai explain: --hidden must come with a hidden layer; got --sizes 2-2, which has none.",
        ),
        (
            ["forward", "--encoding", "cp932"],
            "koubai explain: --encoding must come with --data, which is missing. Leave it out.",
        ),
        (["model", "--skip-lines", "2"], "koubai explain: --skip-lines must come with --data, which is missing."),
        (
            ["perceptron", "--header"],
            "koubai explain: --header must come with a TABLE, which is missing. Leave it out.",
        ),
        (
            ["activation", "softmax", "--at", "1"],
            "koubai explain: --at must have the net inputs of all outputs for softmax; got",
        ),
        (["backward", "--hidden", "relu"], "koubai explain: --hidden requires --sizes, which is missing."),
        (["update", "--rows", "1-99999999999"], "koubai explain: --rows must lie in 1 … 4; got 5."),
        (
            ["backward", "m.koubai", "--data", "t.csv", "--sizes", "2-2"],
            "koubai explain: --sizes cannot be combined with a MODEL, which has its own; got m.koubai.",
        ),
        (["perceptron", "--target", "spam"], "koubai explain: --target must come with a TABLE; got none."),
        (["perceptron", "--rate", "0"], "koubai explain: learn: learning_rate must be > 0; got 0. Try 1."),
        (["perceptron", "--sweeps", "1000000"], "koubai explain: n_sweeps must be at most 33333 for 6 examples;"),
        (
            ["loss", "cross_entropy", "--z=-1,1", "--y", "1,0"],
            "koubai explain: z must be > 0 and <= 1 for the loss cross_entropy; got -1.",
        ),
        (["loss", "hinge", "--z", "2", "--y", "3"], "koubai explain: y must be 1 or -1 for the loss hinge; got 3."),
        (["shapes", "os.system('x')"], "koubai explain: expression \"os.system('x')\" must"),
        (["softmax", "--digits", "0"], "koubai explain: --digits must be in 1 … 17; got 0. Try 4."),
        (["softmax", "--lang", "fr"], "koubai explain: lang must be one of en, ja; got 'fr'. Try en."),
        (
            ["softmax", "--out", "page.pdf"],
            "koubai explain: save: path must end in .html, .md or .txt; got 'page.pdf'.",
        ),
        (
            ["softmax", "--out", "/no/such/place.html"],
            "koubai explain: The output '/no/such/place.html' must be in an existing folder; '/no/such' does not "
            "exist.",
        ),
        (["model", "--layer", "3"], "koubai explain: layer must be a hidden layer, 1 … 1; got 3."),
    ],
)
def test_mistakes_get_one_sentence(capsys, words, sentence):
    status, out, err = said(capsys, "explain", *words)
    assert status == 2
    assert out == ""
    assert err.startswith(sentence)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["forward", "--row", "9"],
            ["update", "--rows", "0-2"],
            ["update", "--rows", "a"],
            ["update", "--after", "-1"],
        ),
        *(["backward", "--weight", "1,1,1", "--loss"], ["backward", "--sizes", "4-x"], ["backward", "--data", "t.csv"]),
        *(
            ["backward", "m.koubai"],
            ["shapes", "A", "A=m,k", "A=k,m"],
            ["forward", "--sizes", "2-2", "--hidden", "best"],
        ),
        *(["forward", "--encoding", "cp932"], ["perceptron", "--header"], ["activation", "softmax", "--at", "1"]),
        *(["activation", "relu", "--at", "1,2"], ["backward", "--hidden", "relu"], ["perceptron", "--target", "spam"]),
        *(["backward", "m.koubai", "--data", "t.csv", "--sizes", "2-2"], ["softmax", "--digits", "0"]),
        *(["softmax", "--out", "/no/such/place.html"], ["forward", "--member", "2"], ["forward", "--x", "1"]),
        *(["forward", "--question", "q.html"], ["forward", "none.koubai", "--data", "none.csv"]),
        *(["forward", "--weights", "1", "--seed", "3"], ["forward", "--network", "e.json", "--x", "1"]),
        *(
            ["perceptron", "none.csv"],
            ["perceptron", "one.csv"],
            ["perceptron", "words.csv"],
            ["perceptron", "gaps.csv"],
        ),
        *map(shlex.split, MISTAKES.splitlines()),
    ],
)
def test_mistakes_are_told_in_japanese_where_that_is_spoken(capsys, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("head.csv").write_text("x,y\n")
    Path("one.csv").write_text("x,y\n1,a\n2,a\n")
    Path("words.csv").write_text("x,y\nred,a\nblue,b\nred,a\nblue,b\n")
    Path("gaps.csv").write_text("x,z,y\n1,,a\n,2,b\n3,,a\n,4,b\n")
    status, out, err = said(capsys, "explain", *words, "--lang", "ja")
    assert (status, out) == (2, "")
    told = err.splitlines()[-1]
    assert told.startswith("koubai explain: ")
    assert told.endswith("。")
    assert not re.search(r"[A-Za-z][a-z]*(?: [a-z]+){3}", told), told
    assert not re.search("[ぁ-ん]", said(capsys, "explain", *words)[2].splitlines()[-1])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["quiz", "--count", "x"], "koubai quiz: --count は 10 のような整数にしてください（指定は 'x'）。"),
        (["quiz", "--count=1e3"], "koubai quiz: --count は 1000 のような整数にしてください（指定は '1e3'）。"),
        (["descend", "--start"], "koubai descend: --start には値が必要です。"),
        (["explain", "xor", "--help=yes"], "koubai explain xor: -h/--help に値は付けられません（指定は 'yes'）。"),
        (["descend", "--s=1"], "koubai descend: --s=1 は略さずに書いてください（--start, --steps, "),
        (["descend", "--window", "2:1"], "koubai descend: --window には範囲を小さいほうから大きいほうへ書いてください"),
        (["grade"], "koubai grade: RESULTS を指定してください。"),
        (["explain", "foo"], "koubai explain: WHAT は perceptron, forward, "),
        (
            ["explain", "derivative", "a", "--by", "a", "--no"],
            "koubai explain derivative: --no という引数は",
        ),
        (["fit", "--time", "when"], "koubai fit: --time は 30 のような秒数にしてください（指定は 'when'）。過去で学習"),
    ],
)
def test_words_that_no_command_takes_are_told_in_japanese_where_that_is_spoken(capsys, words, told):
    for spoken in (["--lang", "ja"], ["--lang=en", "--lang=ja"]):
        with pytest.raises(SystemExit) as stopped:
            main([*words, *spoken])
        assert stopped.value.code == 2
        err = capsys.readouterr().err
        assert err.startswith(told), err
        assert err.endswith("' に説明があります。\n")
        assert not re.search(r"[A-Za-z][a-z]*(?: [a-z]+){3}", err), err
    with pytest.raises(SystemExit):
        main(words)
    assert not re.search("[ぁ-ん]", capsys.readouterr().err)


def test_words_that_are_no_numbers_or_shapes_are_refused(capsys):
    for words in (
        ["softmax", "--u", "a"],
        ["backward", "--weight", "a"],
        ["shapes", "A", "A"],
        ["activation", "relu", "--at", "1e400"],
        ["activation", "relu", "--at", "1e99999999999"],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["explain", *words])
        assert stopped.value.code == 2
        assert "must be" in capsys.readouterr().err


def test_a_saved_model_explains_rows_of_a_table(tmp_path, capsys):
    table = tmp_path / "t.csv"
    lines = [f"{i % 7},{(3 * i) % 5},{'red' if i % 3 else 'blue'},{'yes' if i % 7 > 3 else 'no'}" for i in range(120)]
    table.write_text("a,b,colour,answer\n" + "\n".join(lines) + "\n1,2,red,\n")
    model = tmp_path / "t.koubai"
    words = ["--target", "answer", "--hidden", "4", "--epochs", "3", "--quiet", "--model", str(model)]
    assert main(["fit", str(table), *words]) == 0
    capsys.readouterr()
    status, out, _ = said(capsys, "explain", "backward", str(model), "--data", str(table), "--row", "3")
    assert status == 0
    assert "colour = red" in out
    status, out, _ = said(capsys, "explain", "forward", str(model), "--data", str(table), "--row", "121")
    assert status == 0
    assert "is predicted" in out
    status, _, err = said(capsys, "explain", "backward", str(model), "--data", str(table), "--row", "121")
    assert (status, err[:55]) == (2, "koubai explain: row 121 must have a value of the target")
    status, _, err = said(capsys, "explain", "update", str(model), "--data", str(table), "--rows", "120-121")
    assert (status, err[:55]) == (2, "koubai explain: row 121 must have a value of the target")
    page = tmp_path / "model.html"
    assert said(capsys, "explain", "model", str(model), "--data", str(table), "--out", str(page))[0] == 0
    assert "Partial dependence" in page.read_text(encoding="utf-8")


def test_a_model_of_numbers_says_its_prediction_in_the_table_s_unit(tmp_path, capsys):
    table, model = tmp_path / "t.csv", tmp_path / "t.koubai"
    table.write_text("a,price\n" + "\n".join(f"{i % 11},{1000 + 100 * (i % 11) + i % 3}" for i in range(120)) + "\n")
    words = ["--target", "price", "--hidden", "3", "--epochs", "3", "--members", "1", "--quiet"]
    assert main(["fit", str(table), *words, "--model", str(model)]) == 0
    capsys.readouterr()
    assert main(["predict", str(model), str(table), "--quiet"]) == 0
    predicted = float(capsys.readouterr().out.splitlines()[3])
    status, out, _ = said(capsys, "explain", "forward", str(model), "--data", str(table), "--row", "3", "--digits", "6")
    assert status == 0
    assert "In the units of price" in out
    assert f"≈ {predicted:.2f}" in out


def test_a_perceptron_learns_from_a_table_of_one_s_own(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("a,b,kind\n1,2,x\n2,,y\n0.5,1,y\n")
    status, out, _ = said(capsys, "explain", "perceptron", str(table), "--positive", "x")
    assert status == 0
    assert "learns from 2 examples" in out
    status, _, err = said(capsys, "explain", "perceptron", str(table), "--positive", "z")
    assert (status, err[:53]) == (2, "koubai explain: the column 'kind' must contain 'z' an")
    table.write_text("a,b,kind\n1,2,x\n9,9,\n0.5,1,y\n")
    status, out, _ = said(capsys, "explain", "perceptron", str(table))
    assert status == 0
    assert "── Example 2: 3 (pass 1) ──" in out, "rows are counted as in the table, also behind one without a label"
    table.write_text("a,kind\n" + "\n".join(f"{i},{'x' if i % 2 else 'y'}" for i in range(2500)) + "\n")
    status, out, err = said(capsys, "explain", "perceptron", str(table))
    assert "The table has 2,500 rows; the first 2,000 are learned from." in err
    table.write_text("a,kind\nu,x\nv,y\n")
    assert "must have a numeric column besides 'kind'" in said(capsys, "explain", "perceptron", str(table))[2]
    table.write_text("a,b,kind\n1,,x\n,2,y\n")
    assert "must have a row without empty cells" in said(capsys, "explain", "perceptron", str(table))[2]


def test_a_perceptron_sees_numbers_where_cells_are_missing_and_says_what_its_labels_stand_for(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("kind,size,colour,age\nx,1.5,red,NA\ny,2,blue,3\nz,0.5,red,1\n")
    status, out, _ = said(capsys, "explain", "perceptron", str(table), "--target", "kind", "--positive", "y", "--bias")
    assert status == 0
    assert "learns from 2 examples" in out, "the row without an age is left out"
    assert "example  1  size  age" in out, "columns of numbers, and the bias"
    assert "+1 means y and −1 means x / z" in out
    assert "w₀⁽⁰⁾·x₁₀ + w₁⁽⁰⁾·x₁₁ + w₂⁽⁰⁾·x₁₂" in out


def test_shapes_may_stand_after_an_option(capsys):
    status, out, _ = said(capsys, "explain", "derivative", "c * norm(x)**2", "--by", "x", "c=1", "x=3,1")
    assert status == 0
    assert "2·c·x" in out
    with pytest.raises(SystemExit) as stopped:
        main(["explain", "derivative", "norm(x)**2", "--by", "x", "c"])
    assert stopped.value.code == 2
    assert "koubai explain derivative: arguments must be those that --help lists; got c." in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("what", ["forward", "backward", "update"])
def test_a_network_of_more_layers_than_calls_can_nest(capsys, what):
    """Each number of a step asks for the step before it: so deep, that would be a RecursionError."""
    status, out, err = said(capsys, "explain", what, "--sizes", "-".join(["2"] * 200))
    assert (status, err) == (0, "")
    assert "⁽¹⁹⁹⁾" in out


def test_questions_and_answers_cannot_go_to_one_file(tmp_path, capsys):
    sheet = tmp_path / "sheet.html"
    status, _, err = said(capsys, "quiz", "forward", "--out", str(sheet), "--answers", f"{tmp_path}/./sheet.html")
    assert status == 2
    assert "The answers must go to another file than the questions; got" in err
    assert not sheet.exists()


def test_quiz_prints_and_writes_sheets_and_keys(tmp_path, capsys):
    sheet, key = tmp_path / "sheet.html", tmp_path / "key.md"
    words = ["quiz", "update", "--seed", "7", "--count", "2", "--lang", "ja", "--level", "exam"]
    assert said(capsys, *words, "--out", str(sheet), "--answers", str(key))[0] == 0
    assert "演習問題：重みの更新" in sheet.read_text(encoding="utf-8")
    assert "正解の一覧" in key.read_text(encoding="utf-8")
    status, out, _ = said(capsys, "quiz", "shapes", "--seed", "1")
    assert status == 0
    assert out.count("── Question") == 5
    assert said(capsys, "quiz", "shapes", "--seed", "1")[1] == out, "one seed, one sheet"
    assert "seed" in said(capsys, "quiz", "shapes", "--answers", str(key))[2], "the seed of a new sheet is told"
    assert said(capsys, "quiz", "svm")[2].startswith("koubai quiz: topic must be one of concepts, perceptron")


def answering(*answers):
    """What a person types, question by question; then the input ends."""
    left = iter(answers)

    def answer(prompt):
        found = next(left, None)
        if found is None:
            raise EOFError
        return found

    return answer


def test_questions_are_asked_marked_and_counted(capsys):
    sheet = make_sheet("descent", seed=3, count=3)
    first, second, _ = (question.answer[0] for question in sheet.questions)
    sign = str(sheet.questions[1].mistakes[0].answer[0])
    assert ask_all(sheet, "en", answering(str(first), sign, sign)) == 1
    out = capsys.readouterr().out
    assert "Correct." in out
    assert out.count("The sign of the update is wrong.") == 2
    assert out.count("Try again") == 1, "two tries, not three"
    assert f"The answer is {str(second).replace('-', '−')}." in out
    assert "Stopped." in out
    assert "1 of 2 correct." in out


def test_a_second_try_counts_apart_what_cannot_be_read_is_asked_again_and_enter_gives_the_solution(capsys):
    sheet = make_sheet("descent", seed=3, count=2)
    first, _ = (str(question.answer[0]) for question in sheet.questions)
    assert ask_all(sheet, "en", answering("what?", "1/0", "99", first, "")) == 0
    out = capsys.readouterr().out
    assert out.count("Enter a number") == 2
    assert "Not correct." in out
    assert out.count("The answer is") == 1, "the first was found, the second given up"
    assert "0 of 2 correct at the first try, 1 at the second." in out


def test_numbers_of_full_width_as_japanese_keyboards_write_them_count():
    sheet = make_sheet("descent", seed=3, count=1)
    wide = str(sheet.questions[0].answer[0]).translate(str.maketrans("0123456789-/", "０１２３４５６７８９−／"))
    assert ask_all(sheet, "ja", answering(wide)) == 1


def test_the_quiz_runs_at_a_terminal_and_ctrl_d_ends_it_with_the_score(tmp_path):
    master, slave = pty.openpty()
    words = ["quiz", "descent", "--seed", "3", "--count", "2", "--interactive", "--lang", "en"]
    shown = b""

    def wait_for(what, count):
        nonlocal shown
        while shown.count(what) < count:
            assert select.select([master], [], [], 60)[0], shown.decode()
            shown += os.read(master, 4096)

    with child([sys.executable, "-m", "koubai.cli.main", *words], stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        wait_for(b"Your answer:", 1)
        answer = make_sheet("descent", seed=3, count=2).questions[0].answer[0]
        os.write(master, f"{answer}\n".encode())
        wait_for(b"Your answer:", 2)
        os.write(master, b"\x04")
        wait_for(b"1 of 1 correct.", 1)
        assert process.wait(20) == 0
    assert b"Correct." in shown
    os.close(master)


def test_a_reader_who_has_seen_enough_is_no_mistake():
    words = [sys.executable, "-m", "koubai.cli.main", "explain", "backward", "--sizes", "8-8-8"]
    with child(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


@pytest.mark.parametrize("option", ["--out", "--answers"])
def test_questions_asked_here_are_written_nowhere(tmp_path, capsys, option):
    target = tmp_path / "sheet.html"
    assert main(["quiz", "shapes", "--interactive", option, str(target)]) == 2
    assert f"--interactive cannot be combined with {option}, as it writes no file" in capsys.readouterr().err
    assert not target.exists()


def test_a_table_without_its_target_is_told_apart_from_a_row_without(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n" + "".join(f"{k},{k * k % 7},{k / 3}\n" for k in range(30)))
    model = str(tmp_path / "m.koubai")
    assert main(["fit", str(table), "--target", "y", "--epochs", "2", "--model", model, "--quiet"]) == 0
    without = tmp_path / "w.csv"
    without.write_text("a,b\n1,2\n3,4\n")
    capsys.readouterr()
    assert main(["explain", "forward", model, "--data", str(without), "--lang", "en"]) == 0
    for what in ("backward", "update"):
        assert main(["explain", what, model, "--data", str(without)]) == 2
        assert "no row has one. Add the target's column." in capsys.readouterr().err
