"""Networks of one's own numbers: on the command line, or the exam question and its solution from one file."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from koubai.cli.main import main
from koubai.core.errors import KoubaiError
from koubai.explain.network.asking import Ask
from koubai.explain.network.given import given_network, matrix_of, posed, read_question
from koubai.explain.network.passes import backward

from .checks import check_derivation

EXAM = {
    "weights": [[["1/3", -1], [1, 0]], [[1, "-2/3"]]],
    "biases": [[0, "1/2"], [1]],
    "activations": ["relu", "identity"],
    "x": [4, 1],
    "y": [1],
    "ask": {"weight": [1, 2, 1]},
}


def test_fractions_stay_exact_from_the_file_to_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "exam.json"
    path.write_text(json.dumps(EXAM))
    sample, ask = read_question(str(path))
    assert ask == Ask("weight", (1, 2, 1))
    derivation = backward(sample.network, sample.theta, sample.inputs[0], sample.targets[0], ask=ask)
    check_derivation(derivation)
    # z = (1/3, 9/2), output 1 + 1/3 - 3 = -5/3, δ = -8/3, back through -2/3, times x_1 = 4
    assert derivation.answer.result.value == Fraction(-8, 3) * Fraction(-2, 3) * 4
    question = posed(sample, ask).render("text", "en")
    assert "Find ∂E/∂w₂₁⁽¹⁾." in question
    assert "W⁽¹⁾ = [1/3, −1; 1, 0]" in question
    assert "64/9" not in question


def test_rows_of_a_matrix_lead_into_nodes_as_on_the_slides() -> None:
    sample = given_network([matrix_of("1 2; 3 4; 5 6"), matrix_of("1, 0, -1")], x=[[1.0, 0.0]], y=[[0.0]])
    assert sample.network.sizes == (2, 3, 1)
    assert sample.network.weights(sample.theta, 0).T.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert [layer.activation.name for layer in sample.network.layers] == ["sigmoid", "identity"]


def test_one_target_for_several_outputs_is_the_number_of_a_class(capsys) -> None:
    sample = given_network([matrix_of("1 2; 3 4")], x=[[1.0, 0.0], [0.0, 1.0]], y=[[1.0], [2.0]])
    assert (sample.network.layers[0].activation.name, sample.network.loss.name) == ("softmax", "cross_entropy")
    assert sample.targets.tolist() == [[1, 0], [0, 1]]
    shares = given_network([matrix_of("1 2; 3 4")], activations=["softmax"], x=[[1.0, 0.0]], y=[[0.25, 0.75]])
    assert shares.targets.tolist() == [[0.25, 0.75]]
    for kind in ("forward", "backward", "update"):
        asked = ["--rate", "1/2", "--weight", "1,1,1"] if kind == "update" else []
        assert main(["explain", kind, "--weights", "1 2; 3 4", "--x", "1,0", "--y", "1", *asked]) == 0
        out = capsys.readouterr().out
        assert "p = [1; 0]" in out or kind != "backward"
        assert "0.1192" in out  # 1 / (1 + e²)
    for wrong in ("0", "3", "1/2"):
        with pytest.raises(
            KoubaiError, match=rf"^explain: y must be a class from 1 to 2, .*; got {float(Fraction(wrong)):g}\."
        ):
            given_network([matrix_of("1 2; 3 4")], x=[[1.0, 0.0]], y=[[float(Fraction(wrong))]])
    with pytest.raises(KoubaiError, match=r"^explain: y must have 2 numbers in a row; got 1"):
        given_network([matrix_of("1 2; 3 4")], activations=["identity"], x=[[1.0, 0.0]], y=[[1.0]])


def test_the_question_and_its_solution_come_from_one_command(tmp_path: Path, capsys) -> None:
    path, question, solution = tmp_path / "exam.json", tmp_path / "q.html", tmp_path / "a.html"
    path.write_text(json.dumps(EXAM))
    words = ["explain", "backward", "--network", str(path), "--question", str(question), "--out", str(solution)]
    assert main([*words, "--lang", "ja"]) == 0
    assert "を求めよ" in question.read_text(encoding="utf-8")
    assert "<mn>64</mn><mn>9</mn>" in solution.read_text(encoding="utf-8")
    assert "<mn>64</mn><mn>9</mn>" not in question.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "found", "answer"),
    [
        ("forward", "Find all net inputs and outputs.", "= [−5/3]"),
        ("backward", "Find ∂E/∂w₂₁⁽¹⁾.", "= 64/9"),
        ("update", "Find w₂₁⁽¹⁾′.", "= −23/9"),
    ],
)
def test_one_file_poses_and_solves_a_pass_its_gradients_and_an_update(
    tmp_path: Path, capsys, kind: str, found: str, answer: str
) -> None:
    path, question, solution = tmp_path / "exam.json", tmp_path / "q.txt", tmp_path / "a.txt"
    path.write_text(json.dumps(EXAM))
    words = ["explain", kind, "--network", str(path), "--question", str(question), "--out", str(solution)]
    assert main([*words, *(["--rate", "1/2"] if kind == "update" else [])]) == 0
    posed_text, solved = question.read_text(encoding="utf-8"), solution.read_text(encoding="utf-8")
    assert found in posed_text
    assert answer in solved  # 1 - 1/2 · 64/9 = -23/9
    assert answer not in posed_text
    note = "Note: What '" in capsys.readouterr().err  # a forward pass has no gradients
    assert note == (kind == "forward")


def test_a_question_of_an_update_is_one_step_of_gradient_descent(tmp_path: Path, capsys) -> None:
    path, question = tmp_path / "exam.json", tmp_path / "q.txt"
    path.write_text(json.dumps(EXAM))
    words = ["explain", "update", "--network", str(path), "--question", str(question)]
    for option in (["--optimizer", "adam"], ["--l2", "0.1"], ["--after", "2"], ["--clip", "1"]):
        assert main([*words, *option]) == 2
        assert f"without {option[0]}. Leave out {option[0]}" in capsys.readouterr().err
    assert not question.exists()


def test_rows_of_a_minibatch_keep_their_numbers_and_show_where_their_deltas_come_from(capsys) -> None:
    assert main(["explain", "update", "--sizes", "2-2-1", "--rows", "3,5", "--weight", "1,1,1"]) == 0
    out = capsys.readouterr().out
    assert "∂E₃/∂w₁₁⁽¹⁾ + ∂E₅/∂w₁₁⁽¹⁾" in out
    table = out[out.index("── The mean over") :].splitlines()[2:6]
    assert re.split(r"\s{2,}", table[0].strip()) == [
        *("row", "z₁⁽²⁾", "y₁", "δ₁⁽²⁾", "φ′(u₁⁽¹⁾)", "δ₁⁽¹⁾", "x₁", "∂E/∂w₁₁⁽¹⁾")
    ]
    weight = float(re.search(r"W⁽²⁾ = \[(\S+),", capsys_of_forward(capsys)).group(1).replace("−", "-"))
    for line, number in zip(table[2:], ("3", "5"), strict=True):
        row, z, y, above, slope, delta, x, gradient = (cell.replace("−", "-") for cell in line.split())
        assert row == number
        assert float(above) == pytest.approx(float(z) - float(y), abs=2e-4)
        assert float(delta) == pytest.approx(float(above) * weight * float(slope), rel=2e-3)
        assert float(gradient) == pytest.approx(float(delta) * float(x), rel=2e-3)


def capsys_of_forward(capsys) -> str:
    """Return the generated network's forward pass, which shows its weights."""
    assert main(["explain", "forward", "--sizes", "2-2-1"]) == 0
    return capsys.readouterr().out


def test_numbers_of_the_command_line_are_explained_and_updated(capsys) -> None:
    own = ["--weights", "1 1/2; -1 1", "--weights", "1 -1", "--activations", "relu,identity", "--x", "1,2", "--y", "1"]
    assert main(["explain", "backward", *own, "--weight", "1,1,1", "--lang", "en"]) == 0
    assert "∂E/∂w₁₁⁽¹⁾ = δ₁⁽¹⁾·x₁" in capsys.readouterr().out
    assert main(["explain", "update", *own, "--rate", "1/2", "--weight", "2,1,1", "--lang", "en"]) == 0
    assert "w₁₁⁽²⁾" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weights": []}, "weights must have a matrix for each layer"),
        ({"weights": [[[1, 2], [3]], [[1, 1]]]}, "all rows of the weights of layer 1 must be of one length; got 1, 2."),
        ({"weights": [[[1, 2]], [[1, 1]]]}, "the weights of layer 2 must have 1 columns"),
        ({"biases": [[1], [1]]}, "biases must have one list for each layer, of 2, 1 numbers; got 1, 1."),
        ({"activations": ["relu"]}, "activations must be one for each of the 2 layers; got 1."),
        ({"activations": ["relu", "sigmoids"]}, "activations must be among"),
        ({"x": [1, 2, 3]}, "x must have 2 numbers in a row; got 3."),
        ({"y": [[1], [2]]}, "x and y must have the same number of rows; got 1 and 2."),
        ({"x": ["a", 1]}, "must hold numbers such as -1, 0.5"),
        ({"ask": [1, 2]}, "must be such as"),
        ({"ask": {"weight": [1, "b", 1]}}, "must be such as"),
        ({"ask": {"weight": [1, None, 1]}}, "must be such as"),
        ({"ask": {"node": [[1], 1]}}, "must be such as"),
        ({"ask": {"delta": [1.5, 1]}}, "must be such as"),
        ({"extra": 1}, "may hold weights, biases"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(tmp_path: Path, changed, said: str) -> None:
    path = tmp_path / "exam.json"
    path.write_text(json.dumps({**EXAM, **changed}))
    with pytest.raises(KoubaiError) as refused:
        read_question(str(path))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--x", "1"], "--x must come with --weights; got none."),
        (["--weights", "1 a"], "a matrix must be rows of numbers such as '1 2; 3 4'; got '1 a'."),
        (["--weights", "1 2", "--sizes", "2-1"], "--sizes cannot be combined with a network of your own numbers"),
        (["--network", "e.json", "--x", "1"], "--network has its own x; got --x as well."),
        (["--question", "q.html"], "--question must come with --network or --weights; got none."),
        (["--network", "none.json"], "none.json must be a readable file"),
        (
            ["--weights", "1 2", "--x", "1,0", "--question", "q.html", "--out", "q.html"],
            "The explanation must go to another file than the question; got 'q.html' for both.",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: list[str], said: str, capsys) -> None:
    assert main(["explain", "forward", *words]) == 2
    assert said in capsys.readouterr().err


def test_what_a_file_asks_for_that_is_of_another_page_is_noted_in_japanese(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("exam.json").write_text('{"weights": [[[1]]], "ask": {"delta": [1, 1]}}')
    assert main(["explain", "forward", "--network", "exam.json", "--lang", "ja"]) == 0
    assert "'exam.json' が尋ねている delta は 'koubai explain backward' で導きます" in capsys.readouterr().err


def test_two_files_of_one_name_are_refused_in_japanese(capsys) -> None:
    words = ["--weights", "1 2", "--x", "1,0", "--question", "q.html", "--out", "q.html", "--lang", "ja"]
    assert main(["explain", "forward", *words]) == 2
    assert "説明と問題は別のファイルに書き出してください。どちらも 'q.html'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[", b"[1 2]", b"{} {}", b'{"weights" 1}', b'{"weights": 1,}', b'{"wei', b'["\t"]', b"\xef\xbb\xbf[]"),
        *(b'{"\x96\xbc": 1}', b"[]", b'{"weights": 1}', b'{"weights": []}', b'{"weights": [[["a"]]]}'),
        *(b'{"weights": [[[1]]], "z": 1}', b'{"weights": [[[1]]], "ask": 1}'),
        *(
            b'{"weights": [[[1]]], "ask": {"node": []}}',
            b'{"weights": [[[1]]], "ask": {"node": ["conv1", 1]}}',
        ),
    ],
)
def test_a_file_that_holds_no_question_is_told_in_japanese_where_that_is_spoken(content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("exam.json").write_bytes(content)
    assert main(["explain", "forward", "--network", "exam.json", "--lang", "ja"]) == 2
    told = capsys.readouterr().err.strip()
    assert told.endswith("。")
    assert not re.search(r"[A-Za-z][a-z]*(?: [a-z]+){3}", told), told
    assert main(["explain", "forward", "--network", "exam.json", "--lang", "en"]) == 2
    assert not re.search("[ぁ-ん]", capsys.readouterr().err)
