"""Own numbers for each student of a class, and ``koubai grade``: marks that name mistakes, scores in a table."""

import csv
import re
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from koubai.cli.main import main
from koubai.explain.quiz.keys import written_answer
from koubai.explain.quiz.papers import Student, make_papers

ROSTER = "学籍番号,氏名\ns001,山田 太郎\ns002,Anna\ns003,=佐藤\n"
QUIZ = ["quiz", "backward", "--level", "exam", "--seed", "7", "--count", "3"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("students.csv").write_text(ROSTER, encoding="utf-8")
    assert main([*QUIZ, "--roster", "students.csv", "--out", "sheets.html", "--answers", "key.csv"]) == 0
    return tmp_path


def papers():
    students = [Student("s001", "山田 太郎"), Student("s002", "Anna"), Student("s003", "=佐藤")]
    return make_papers("backward", students, seed=7, count=3, level="exam")


def test_every_student_gets_numbers_of_their_own_and_the_key_has_them(desk: Path) -> None:
    key = rows(desk / "key.csv")
    assert [(row["student"], row["question"]) for row in key] == [
        (f"s00{s}", str(q)) for s in (1, 2, 3) for q in (1, 2, 3)
    ]
    asked = [question for paper in papers() for question in paper.sheet.questions]
    assert [row["answer"] for row in key] == [written_answer(question) for question in asked]
    assert len({question.prompt for question in asked}) == 9
    sheets = (desk / "sheets.html").read_text(encoding="utf-8")
    assert sheets.count("<article") == 3
    assert "s001  山田 太郎" in sheets


def test_variants_can_be_made_again_from_their_seeds(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["quiz", "descent", "--variants", "12", "--seed", "5", "--count", "2", "--answers", "k.csv"]) == 0
    key = rows(tmp_path / "k.csv")
    assert len({row["seed"] for row in key}) == 12
    for row in key[::7]:
        capsys.readouterr()
        assert (
            main(["quiz", "descent", "--seed", row["seed"], "--count", "2", "--answers", "again.csv", "--force"]) == 0
        )
        assert rows(tmp_path / "again.csv")[int(row["question"]) - 1]["answer"] == row["answer"]


def test_a_student_added_at_the_end_changes_nobody_s_numbers() -> None:
    fewer = make_papers("descent", [Student("a"), Student("b")], seed=1, count=2)
    more = make_papers("descent", [Student("a"), Student("b"), Student("c")], seed=1, count=2)
    assert more[:2] == fewer


def test_answers_in_a_table_are_marked_and_mistakes_named(desk: Path, capsys) -> None:
    first, second, _ = papers()
    wrong = next(mistake for mistake in second.sheet.questions[1].mistakes if mistake.why.key.endswith("no_slope"))
    lines = [
        "student,1,2,3",
        ",".join(["s001", *(written_answer(question) for question in first.sheet.questions)]),
        f"s002,,{wrong.answer[0]},1000",
    ]
    Path("answers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = ["grade", "answers.csv", "--key", "key.csv", "--lang", "en"]
    assert main([*given, "--out", "scores.csv", "--details", "details.csv"]) == 0
    printed = capsys.readouterr().out
    assert "Mean: 1.00 of 3 points." in printed
    scores = rows(desk / "scores.csv")
    assert [row["points"] for row in scores] == ["3.0", "0.0", "0.0"]
    assert "2: The derivative of the activation function, φ′(u), is missing." in scores[1]["mistakes"]
    assert scores[2]["name"] == "'=佐藤", "a spreadsheet runs nothing"
    details = rows(desk / "details.csv")
    assert len(details) == 9
    assert (details[3]["given"], details[3]["remark"]) == ("", "")


def test_long_tables_and_texts_of_all_or_of_one_student_are_read(desk: Path, capsys) -> None:
    first, second, third = papers()
    right = [[written_answer(question) for question in paper.sheet.questions] for paper in (first, second, third)]
    Path("long.csv").write_text(f"id,question,answer\ns001,問2,{right[0][1]}\n", encoding="utf-8")
    Path("all.txt").write_text(
        f"学籍番号：s001\n問1：{right[0][0]}\n\n# s002 Anna\n1) {right[1][0]}\n2. {right[1][1]}\n", encoding="cp932"
    )
    Path("s003.txt").write_text(f"1: {right[2][0]}\n", encoding="utf-8")
    assert main(["grade", "long.csv", "all.txt", "s003.txt", "--key", "key.csv", "--out", "scores.csv"]) == 0
    assert [row["points"] for row in rows(desk / "scores.csv")] == ["2.0", "2.0", "1.0"]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx"])
@pytest.mark.parametrize(
    "heads", [("学籍番号", "問題", "解答"), ("学生番号", "問", "回答"), ("id", "question", "answer")]
)
def test_answers_under_japanese_headings_and_in_spreadsheets_are_read(
    desk: Path, ending: str, heads: tuple[str, str, str], capsys
) -> None:
    given = [(row["student"], row["question"], row["answer"]) for row in rows(desk / "key.csv")]
    table = pl.DataFrame([dict(zip(heads, answer, strict=True)) for answer in given])
    if ending == ".xlsx":
        book = Workbook()
        for line in (heads, *given):
            book.active.append(line)
        book.save(desk / "answers.xlsx")
    else:
        table.write_csv(desk / f"answers{ending}", separator="," if ending == ".csv" else "\t")
    assert main(["grade", f"answers{ending}", "--key", "key.csv", "--out", "scores.csv"]) == 0
    assert [row["points"] for row in rows(desk / "scores.csv")] == ["3.0"] * 3


def test_one_paper_for_nobody_is_marked_from_a_text(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["quiz", "shapes", "--seed", "3", "--count", "2", "--answers", "key.csv"]) == 0
    answers = [row["answer"] for row in rows(tmp_path / "key.csv")]
    Path("mine.txt").write_text("".join(f"{k}) {a}\n" for k, a in enumerate(answers, start=1)), encoding="utf-8")
    capsys.readouterr()
    assert main(["grade", "mine.txt", "--key", "key.csv", "--lang", "ja"]) == 0
    assert "平均点：2 点中 2.00 点。" in capsys.readouterr().out


MISTAKES: list[tuple[list[str], str]] = [
    (["grade", "answers.csv"], "--key must name the key of the sheets; got none."),
    (["grade", "none.csv", "--key", "key.csv"], "none.csv"),
    (["grade", "empty.txt", "--key", "key.csv"], "empty.txt must have answers, in columns 1, 2, …"),
    (["grade", "twice.txt", "--key", "key.csv"], "must have one answer of s001 to question 1; got another before."),
    (["grade", "answers.csv", "--key", "answers.csv"], "the key must have the columns student, name, question"),
    (["grade", "answers.csv", "--key", "old.csv"], "line 2 of the key must have the answer"),
    (["grade", "answers.csv", "--key", "odd.csv"], "line 2 of the key must name a question that can be made"),
    (["grade", "answers.csv", "--key", "key.csv", "--out", "scores.xlsx"], "scores go to a .csv or .tsv file"),
    (["grade", "answers.csv", "--key", "key.csv", "--kind", "song"], "--kind must be one of lesson, quiz; got 'song'."),
    (["grade", "sheets.html", "--key", "key.csv"], "answers to 'koubai quiz' as .csv"),
    (["quiz", "shapes", "--variants", "0"], "--variants must be in 1 … 2000; got 0. Try 100."),
    (["quiz", "shapes", "--variants", "2", "--roster", "students.csv"], "cannot be combined with --roster"),
    (["quiz", "shapes", "--variants", "2", "--interactive"], "as it asks one person"),
    (["quiz", "shapes", "--roster", "twice.csv"], "each student must have an id of their own; got 'a' twice."),
    (["quiz", "shapes", "--out", "sheet.docx"], "--out must end in one of .html, .md, .txt"),
    (["quiz", "shapes", "--answers", "key.xml"], "--answers must end in one of .html, .md, .txt, .csv"),
]
ENGLISH = re.compile(r"[A-Za-z][a-z]*(?: [a-z]+){3}")
"""Four words of English side by side."""


def make_mistakes(desk: Path) -> None:
    """Write the files that `MISTAKES` name."""
    Path("answers.csv").write_text("student,1\ns001,1/2\n")
    Path("empty.txt").write_text("hello\n")
    Path("twice.txt").write_text("s001\n1: 2\n1: 3\n")
    Path("twice.csv").write_text("id,name\na,A\na,B\n")
    key = (desk / "key.csv").read_text(encoding="utf-8")
    head, line = key.splitlines()[:2]
    Path("old.csv").write_text(f"{head}\n{line.rpartition(',')[0]},17/3\n", encoding="utf-8")
    Path("odd.csv").write_text(f"{head}\n{line.replace('backward', 'alchemy')}\n", encoding="utf-8")


@pytest.mark.parametrize(("words", "said"), MISTAKES)
def test_mistakes_get_one_sentence(desk: Path, capsys, words: list[str], said: str) -> None:
    make_mistakes(desk)
    capsys.readouterr()
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [words for words, _ in MISTAKES] + [
    ["quiz", "alchemy"], ["quiz", "shapes", "--level", "hard"], ["quiz", "shapes", "--count", "0"],
    ["quiz", "shapes", "--seed", "-1"], ["quiz", "shapes", "--out", "nowhere/a.html"],
    ["quiz", "shapes", "--out", "a.html", "--answers", "a.html"], ["quiz", "shapes", "--out", "foreign.html"],
    ["grade", "answers.csv", "--key", "key.csv", "--out", "a.csv", "--details", "a.csv"],
    ["grade", "answers.csv", "--key", "key.csv", "--out", "key.csv"], ["grade", "damaged.json"],
])  # fmt: skip
def test_mistakes_are_told_in_japanese_where_that_is_spoken(desk: Path, capsys, words: list[str]) -> None:
    make_mistakes(desk)
    Path("foreign.html").write_text("<p>someone else's</p>")
    Path("damaged.json").write_text('{"lesson": "xor", "steps": 3, "began": 1}')
    capsys.readouterr()
    assert main([*words, "--lang", "ja"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"koubai {words[0]}: ")
    assert re.search("[ぁ-ん]", said)
    assert said.endswith("。\n")
    assert not ENGLISH.search(said), said
    assert main(words) == 2
    assert not re.search("[ぁ-ん]", capsys.readouterr().err)


def test_nothing_of_a_marked_class_is_in_english_in_japanese(desk: Path, capsys) -> None:
    Path("answers.csv").write_text("student,1,9\ns001,0,5\nx9,1,1\n")
    assert main(["grade", "answers.csv", "--key", "key.csv", "--lang", "ja"]) == 0
    out, err = capsys.readouterr()
    assert err == "注意：解答キーになく，採点しなかったもの：s001 の問 9, x9。\n"
    assert not ENGLISH.search(out), out
    assert main(["quiz", "shapes", "--seed", "3", "--lang", "ja", "--answers", "own.csv"]) == 0
    assert capsys.readouterr().err == "シード 3\n"


def test_answers_of_strangers_are_told_and_not_marked(desk: Path, capsys) -> None:
    Path("answers.csv").write_text("student,1,9\ns001,0,5\nx9,1,1\n")
    assert main(["grade", "answers.csv", "--key", "key.csv"]) == 0
    assert "Not in the key, and not marked: s001, question 9, x9." in capsys.readouterr().err


def test_a_key_that_is_not_there_is_called_no_model(desk: Path, capsys) -> None:
    (desk / "a.csv").write_text("student,question,answer\ns001,1,2\n")
    assert main(["grade", "a.csv", "--key", "none.csv"]) == 2
    assert (
        "koubai grade: The table 'none.csv' must exist; there is no such file. Did you mean 'key.csv'?"
        in capsys.readouterr().err
    )
