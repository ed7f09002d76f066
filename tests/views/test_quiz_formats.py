"""Exercises for other programs: parsers of those formats, written by others, read what was asked and what is right."""

import csv
import io
import re
import shutil
import subprocess
import warnings
import zipfile
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from moodle_xml_parser import parser as moodle_parser
from onyx2moodle.parser import parse_item

from koubai.explain.quiz.papers import Paper, Student, make_papers, numbered
from koubai.explain.quiz.questions import mark
from koubai.explain.quiz.sheets import TOPICS
from koubai.views.quiz import gift, latex, moodle, qti, table
from koubai.views.quiz.prompts import accepted

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it asks for the locale in the old way
    from pygiftparser import parser as gift_parser

EVERY = list(TOPICS)


def papers(topic: str, level: str = "exam") -> tuple[Paper, ...]:
    return make_papers(topic, numbered(2), seed=3, count=2, level=level)


@pytest.mark.parametrize("level", ["easy", "exam"])
@pytest.mark.parametrize("topic", EVERY)
def test_every_accepted_spelling_is_right_and_those_of_mistakes_are_not(topic: str, level: str) -> None:
    for paper in papers(topic, level):
        for asked in paper.sheet.questions:
            right = {spelled.lower() for spelled in accepted(asked)}
            assert all(mark(asked, spelled).right for spelled in accepted(asked)), accepted(asked)
            for mistake in asked.mistakes:
                exact = accepted(asked, mistake.answer)[0]
                assert exact.lower() not in right
                assert not mark(asked, exact).right


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("topic", EVERY)
def test_gift_is_read_by_a_parser_of_it(topic: str, lang: str) -> None:
    text = gift.written(papers(topic), lang).decode("utf-8")
    parsed = gift_parser.parseFile(io.StringIO(text))
    assert len(parsed) == 4
    for question, paper, asked in zip(parsed, *zip(*questions(topic), strict=True), strict=True):
        assert question.valid, question.full
        right = [answer.answer for answer in question.answers.answers if answer.fraction > 0]
        assert right
        if not asked.choices:
            assert {unescaped(text) for text in right} == set(accepted(asked))
        assert paper.student.id in {"1", "2"}


def questions(topic: str) -> list[tuple[Paper, object]]:
    return [(paper, asked) for paper in papers(topic) for asked in paper.sheet.questions]


def unescaped(text: str) -> str:
    return text.replace("\\", "").strip()


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("topic", EVERY)
def test_moodle_xml_has_what_moodle_s_importer_reads(topic: str, lang: str) -> None:
    content = moodle.written(papers(topic), lang)
    root = ET.fromstring(content)
    categories = [element.findtext("category/text") for element in root if element.get("type") == "category"]
    assert [name.rpartition("/")[2] for name in categories] == ["1", "2"]
    found = [element for element in root if element.get("type") in ("shortanswer", "multichoice")]
    assert len(found) == 4
    choices = moodle_parser.parse_bytes(content)["multichoice"]
    for element, (_, asked) in zip(found, questions(topic), strict=True):
        assert element.findtext("questiontext/text").count(r"\(") == element.findtext("questiontext/text").count(r"\)")
        answers = {each.findtext("text"): each.get("fraction") for each in element.findall("answer")}
        assert "100" in answers.values()
        if element.get("type") == "shortanswer":
            assert all(
                mark(asked, said.replace(r"\*", "*")).right == (share == "100") for said, share in answers.items()
            )
    for question, (_, asked) in zip(choices, [q for q in questions(topic) if q[1].choices], strict=True):
        assert [option.score_fraction for option in question.options].count(100) == 1
        assert len(question.options) == len(asked.choices)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("topic", EVERY)
def test_a_qti_package_is_read_by_a_parser_of_it(topic: str, lang: str, tmp_path) -> None:
    with zipfile.ZipFile(io.BytesIO(qti.written(papers(topic), lang))) as archive:
        archive.extractall(tmp_path)
    manifest = ET.parse(tmp_path / "imsmanifest.xml").getroot()
    files = [element.get("href") for element in manifest.iter("{http://www.imsglobal.org/xsd/imscp_v1p1}file")]
    assert sorted(files) == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.xml") if path.name != "imsmanifest.xml"
    )
    for order, paper in enumerate(papers(topic), start=1):
        for number, asked in enumerate(paper.sheet.questions, start=1):
            item = parse_item(tmp_path / "items" / f"item-{order}-{number}.xml")
            declared = item.response_decls["RESPONSE"]
            (interaction,) = item.interactions
            assert interaction.response_identifier == "RESPONSE"
            if asked.choices:
                assert (interaction.kind, declared.correct_values) == ("choice", [asked.answer])
                assert len(interaction.choices) == len(asked.choices)
            else:
                assert interaction.kind == "textEntry"
                assert mark(asked, declared.correct_values[0]).right
                assert set(declared.mapping) == set(accepted(asked))
                assert set(declared.mapping.values()) == {1.0}


def test_a_package_of_the_same_questions_has_the_same_bytes() -> None:
    assert qti.written(papers("forward"), "en") == qti.written(papers("forward"), "en")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("topic", EVERY)
def test_latex_is_balanced_and_every_question_has_its_answer(topic: str, lang: str) -> None:
    text = latex.written(make_papers(topic, [Student("s1", "A & B_C"), Student("s2")], seed=3, count=2), lang).decode()
    assert text.count(r"\question[1]") == 4
    assert text.count("$") % 2 == 0
    depth = 0
    for sign, before in zip(text, " " + text, strict=False):
        depth += (sign == "{") - (sign == "}") if before != "\\" else 0
        assert depth >= 0
    assert depth == 0
    for name in ("questions", "solutionorbox", "choices", "tabular", "bmatrix", "cases"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}")
    assert r"A \& B\_C" in text
    assert text.count(r"\begin{solutionorbox}") + text.count(r"\CorrectChoice") == 4


def test_the_table_has_one_line_for_each_question_and_no_answers() -> None:
    rows = list(csv.DictReader(io.StringIO(table.written(papers("descent"), "en").decode())))
    assert [(row["student"], row["question"]) for row in rows] == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]
    assert "α = 1/" in rows[0]["text"]


def test_numbers_are_accepted_as_fractions_and_as_decimals() -> None:
    (asked, *_) = [q for _, q in questions("backward") if q.answer[0].denominator == 16] or [
        questions("backward")[0][1]
    ]
    assert accepted(asked, (Fraction(-3, 16),)) == [
        "-3/16", "-0.1875", "-0.188", "-0.19", "−3/16", "−0.1875", "−0.188", "−0.19",
    ]  # fmt: skip
    assert accepted(asked, (Fraction(2),)) == ["2"]
    assert accepted(asked, (Fraction(1, 3),)) == ["1/3", "0.3333", "0.333", "0.33"]


@pytest.mark.parametrize("level", ["easy", "exam"])
@pytest.mark.parametrize("topic", EVERY)
def test_latex_is_told_every_sign_that_stands_in_words(topic: str, level: str) -> None:
    """Else pdflatex ends with "Unicode character not set up"."""
    made = make_papers(topic, numbered(3), seed=1, count=6, level=level)
    head, _, body = latex.written(made, "en").decode("utf-8").partition("\\begin{document}")
    declared = set(re.findall(r"newunicodechar\{(.)\}", head))
    assert declared == set(latex.SYMBOLS)
    known_to_latex = set("²³¹½¼¾°±–—‘’“”…×")
    assert {sign for sign in body if ord(sign) > 126} <= declared | known_to_latex


@pytest.mark.parametrize(
    ("lang", "title", "elsewhere"),
    [("en", "Answer:", r"\relax"), ("ja", "解答：", r"\errmessage{This sheet is in Japanese")],
)
def test_latex_titles_answers_in_the_sheets_language_and_refuses_what_cannot_set_its_letters(
    lang: str, title: str, elsewhere: str
) -> None:
    text = latex.written(make_papers("adam", numbered(2), seed=1, count=3, level="easy"), lang).decode("utf-8")
    assert rf"\renewcommand{{\solutiontitle}}{{\noindent\textbf{{{title}}}\enspace}}" in text
    assert rf"\ifLuaTeX\usepackage{{luatexja}}\else {elsewhere}" in text
    assert text.count(r"\filbreak\question[1]") == 6, "a question begins on a new page where it does not fit"


COMPILERS = {"en": "pdflatex", "ja": "lualatex"}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX with the class exam")
@pytest.mark.parametrize("lang", COMPILERS)
@pytest.mark.parametrize("topic", EVERY)
def test_latex_compiles_every_sheet_with_its_answers(topic: str, lang: str, tmp_path: Path) -> None:
    if shutil.which(COMPILERS[lang]) is None:
        pytest.skip("needs LuaTeX with luatexja")
    for level in ("easy", "exam"):
        sheet = latex.written(make_papers(topic, numbered(1), seed=7, count=3, level=level), lang).decode("utf-8")
        assert "%\\printanswers" in sheet
        (tmp_path / "sheet.tex").write_text(sheet.replace("%\\printanswers", "\\printanswers"), encoding="utf-8")
        command = [COMPILERS[lang], "-interaction=nonstopmode", "-halt-on-error", "sheet.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=200)
        assert done.returncode == 0, done.stdout[-2000:]
        assert "Missing character" not in (tmp_path / "sheet.log").read_text(encoding="utf-8", errors="replace")
