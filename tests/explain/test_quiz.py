"""Exercises: a seed fixes the sheet, answers are right and clean, mistakes are found out, answers are read."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.cli.main import main
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Formula, Number
from koubai.explain.quiz.questions import CLASH, LEVELS, mark
from koubai.explain.quiz.sheets import TOPICS, answer_pages, make_sheet, question_page
from koubai.explain.quiz.topic import topics_of

from .checks import check_derivation

EVERY = [(topic, level) for topic in TOPICS for level in LEVELS]


@pytest.mark.parametrize(("topic", "level"), EVERY)
def test_the_same_seed_gives_the_same_sheet_and_another_seed_another(topic, level):
    sheet = make_sheet(topic, seed=7, count=5, level=level)
    assert sheet == make_sheet(topic, seed=7, count=5, level=level)
    assert sheet.questions != make_sheet(topic, seed=8, count=5, level=level).questions
    assert len({question.prompt for question in sheet.questions}) == 5


HANDED_OUT = {
    ("perceptron", "easy"): ["-1/4, -1/2, -5/4", "-2, 3/2, 1/2", "1, 1/2, -1/2"],
    ("perceptron", "exam"): ["1, 0, 2", "5/4, -1/2, -1", "-2, -1/2, -3/2"],
    ("forward", "easy"): ["2", "3/2", "11/2"],
    ("forward", "exam"): ["-1/2", "-3/2", "0"],
    ("backward", "easy"): ["-15/4", "-2", "-1/2"],
    ("backward", "exam"): ["3/16", "-1/8", "1/4"],
    ("update", "easy"): ["9/4", "-13", "3/2"],
    ("update", "exam"): ["101/32", "1/2", "5/16"],
    ("descent", "easy"): ["9/2", "1/2", "-7/4"],
    ("descent", "exam"): ["-231/8", "3/8", "-1/16"],
    ("shapes", "easy"): ["1×q", "×", "n×h"],
    ("shapes", "exam"): ["×", "1×1", "×"],
}
"""The first answers of seed 7 since the quiz exists. Sheets in people's hands must come out the same for ever, whatever
topics are added: of a new topic add its answers, and change none."""


@pytest.mark.parametrize(("topic", "level"), EVERY)
def test_sheets_that_were_handed_out_can_be_made_again(topic, level):
    questions = make_sheet(topic, seed=7, count=3, level=level).questions
    assert [written(question.answer) for question in questions] == HANDED_OUT[topic, level]


STRANGER = """
from fractions import Fraction
from koubai.core.formulas.tree import Number, Symbol
from koubai.explain.quiz.questions import question
from koubai.explain.quiz.topic import Topic
from koubai.explain.derivations import Derivation, Section, say
from koubai.core.formulas.values import Notation

def make(rng, level):
    value = Fraction(int(rng.integers(1, 1000)))
    page = Derivation(say("quiz.title.descent_answer"), (Section(say("quiz.section.steps"), ()),), None, Notation())
    return question([say("quiz.ask", quantity=Number(value))], Symbol("x"), (value,), page, [])

TOPIC = Topic({name!r}, slide=99, number={number}, make=make)
"""


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package of topics that somebody else wrote, made of names and numbers."""

    def package(name: str, **numbers: int) -> str:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        for topic, number in numbers.items():
            (tmp_path / name / f"{topic}.py").write_text(
                STRANGER.replace("{name!r}", repr(topic)).replace("{number}", str(number))
            )
        return name

    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield package
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_topic_is_added_by_one_file_and_leaves_the_others_sheets_alone(strangers, monkeypatch):
    before = make_sheet("descent", seed=7)
    monkeypatch.setattr("koubai.explain.quiz.sheets.TOPICS", {**TOPICS, **topics_of(strangers("added", counting=101))})
    assert len(make_sheet("counting", seed=1, count=4).questions) == 4
    assert question_page(make_sheet("counting", seed=1)).sections
    assert make_sheet("descent", seed=7) == before


def test_two_topics_must_not_draw_the_same_numbers(strangers):
    assert sorted(topic.number for topic in TOPICS.values()) == list(range(len(TOPICS)))
    with pytest.raises(ParameterError, match=r"^quiz: each topic must have a unique number; got 7 twice\."):
        topics_of(strangers("twice", one=7, other=7))


def test_the_command_line_names_every_topic(capsys):
    with pytest.raises(SystemExit):
        main(["quiz", "--help"])
    assert f"{', '.join(list(TOPICS)[:-1])} or {list(TOPICS)[-1]}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("topic", "level"), [pytest.param(*each, marks=[pytest.mark.slow] * (each[1] == "exam")) for each in EVERY]
)
def test_the_derivation_of_every_answer_ends_at_the_answer(topic, level):
    for question in make_sheet(topic, seed=3, count=12, level=level).questions:
        check_derivation(question.derivation)
        if topic == "shapes":
            said = question.derivation.render("text", "en")
            assert "clash" in said if question.answer == CLASH else f"Its shape is {question.answer}." in said
        elif topic == "perceptron":
            steps = [step for step in question.derivation.steps if step.id.kind == "w"]
            if steps:
                assert tuple(row[0].value for row in steps[-1].result.rows) == question.answer
        else:
            assert (question.derivation.answer.result.value,) == question.answer
            assert question.derivation.answer.subject == question.subject


@pytest.mark.parametrize(("topic", "level"), EVERY)
def test_numbers_come_out_clean_enough_for_paper(topic, level):
    for question in make_sheet(topic, seed=11, count=10, level=level).questions:
        if isinstance(question.answer, str):
            continue
        for value in question.answer:
            assert isinstance(value, Fraction)
            assert value.denominator <= 32
        shown = [part for step in question.derivation.steps for part in step.numbers.walk() if isinstance(part, Number)]
        assert all(isinstance(part.value, Fraction) for part in shown), "no rounded number on the answer sheet"


def written(answer):
    return answer if isinstance(answer, str) else ", ".join(str(value) for value in answer)


@pytest.mark.parametrize(("topic", "level"), EVERY)
def test_right_answers_are_right_and_wrong_ones_say_what_went_wrong(topic, level):
    for question in make_sheet(topic, seed=5, count=12, level=level).questions:
        assert mark(question, written(question.answer)).right
        for mistake in question.mistakes:
            marked = mark(question, written(mistake.answer))
            assert not marked.right
            assert marked.remark.key.startswith("quiz.mistake.")
        if not isinstance(question.answer, str):
            far = written(tuple(value + 1000 for value in question.answer))
            assert mark(question, far).remark.key == "quiz.wrong"


@pytest.mark.parametrize(
    ("topic", "level", "key"),
    [
        ("perceptron", "easy", "sign_of_update"),
        ("perceptron", "exam", "zero_positive"),
        ("forward", "easy", "turned"),
        ("forward", "exam", "no_activation"),
        ("backward", "easy", "sign_of_delta"),
        ("backward", "exam", "no_slope"),
        ("update", "easy", "sign_of_update"),
        ("update", "exam", "new_weight"),
        ("update", "exam", "no_momentum"),
        ("descent", "easy", "value_for_slope"),
        ("descent", "exam", "old_gradient"),
        ("shapes", "easy", "turned_shape"),
        ("shapes", "exam", "no_clash"),
    ],
)
def test_the_usual_mistakes_are_known(topic, level, key):
    keys = {
        mistake.why.key
        for question in make_sheet(topic, seed=2, count=12, level=level).questions
        for mistake in question.mistakes
    }
    assert f"quiz.mistake.{key}" in keys


def test_fractions_decimals_and_rounded_decimals_count():
    question = next(
        asked for asked in make_sheet("descent", seed=1, count=50).questions if asked.answer[0].denominator == 8
    )
    value = question.answer[0]
    assert mark(question, f"{value.numerator}/{value.denominator}").right
    assert mark(question, f"{float(value)}").right
    assert mark(question, f"{float(value):.2f}").right
    assert mark(question, f" ( {str(value).replace('-', '−')} ) ").right
    assert not mark(question, f"{float(value) + 0.02:.2f}").right
    assert not mark(question, f"{float(value):.1f}").right
    assert mark(question, "a half").remark.key == "quiz.unread.number"
    assert mark(question, "").remark.key == "quiz.unread.number"
    assert mark(question, "1, 2").remark.key == "quiz.unread.number"


def test_shapes_are_read_in_every_usual_way():
    question = next(
        asked for asked in make_sheet("shapes", seed=1, count=20).questions if asked.answer not in (CLASH, "1×1")
    )
    rows, columns = question.answer.split("×")
    for text in (f"{rows}×{columns}", f"{rows} x {columns}", f"({rows}, {columns})", f"{rows}*{columns}"):
        assert mark(question, text).right, text
    assert mark(question, "???").remark.key == "quiz.unread.shape"
    scalar = next(asked for asked in make_sheet("shapes", seed=1, count=20).questions if asked.answer == "1×1")
    assert mark(scalar, "1").right
    assert mark(scalar, "スカラー").right


@pytest.mark.slow
@given(st.text(max_size=20))
def test_whatever_is_typed_is_marked(text):
    for topic in ("perceptron", "forward", "shapes"):
        mark(make_sheet(topic, seed=1, count=1).questions[0], text)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("topic", list(TOPICS))
def test_sheet_and_key_are_written_in_both_languages_and_the_sheet_gives_nothing_away(topic, lang):
    sheet = make_sheet(topic, seed=4, count=2, level="exam")
    questions = question_page(sheet).render("text", lang)
    key = "".join(page.render("text", lang) for page in answer_pages(sheet))
    assert ("解答：__" if lang == "ja" else "Answer: __") in questions
    word = "正解の一覧" if lang == "ja" else "Summary of answers"
    assert word in key
    assert word not in questions


def test_mistakes_of_use_are_told_in_one_sentence():
    with pytest.raises(ParameterError, match=r"^quiz: topic must be one of perceptron, .*; got 'svm'\. Try perceptron"):
        make_sheet("svm")
    with pytest.raises(ParameterError, match=r"^quiz: level must be one of easy, exam; got 'hard'"):
        make_sheet("forward", level="hard")
    with pytest.raises(ParameterError, match=r"^quiz: count must be in 1 … 50; got 0"):
        make_sheet("forward", count=0)
    with pytest.raises(ParameterError, match=r"^quiz: seed must be >= 0; got -1"):
        make_sheet("forward", seed=-1)


def test_the_perceptron_s_questions_contain_values_of_exactly_zero():
    questions = make_sheet("perceptron", seed=1, count=30, level="exam").questions
    zero = [q for q in questions if any(s.id.kind == "f" and s.result.value == 0 for s in q.derivation.steps)]
    assert len(zero) >= 3


@pytest.mark.parametrize("level", LEVELS)
def test_a_question_whose_shapes_clash_looks_like_one_whose_shapes_fit(level):
    questions = make_sheet("shapes", seed=1, count=20, level=level).questions
    assert {question.answer == CLASH for question in questions} == {True, False}
    for question in questions:
        (asked,) = [value for block in question.prompt for _, value in getattr(block, "values", ())]
        assert isinstance(asked, Formula), "set as a formula, whatever the answer"


def test_a_sheet_has_room_for_a_name_and_for_the_work_on_paper_and_the_key_a_list():
    sheet = make_sheet("update", seed=2, count=3, level="exam")
    page = question_page(sheet).render("html", "en")
    assert page.count('<p class="blank">') == 4, "a name and three answers"
    assert page.count('<div class="room" style="height:38mm">') == 3
    key = answer_pages(sheet)
    (table,) = key[0].sections[0].blocks
    assert [row[2] for row in table.rows] == [question.answer_formula for question in sheet.questions]
