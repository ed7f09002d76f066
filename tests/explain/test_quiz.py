"""Exercises: a seed fixes the sheet, answers are right and clean, mistakes are found out, answers are read."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koubai.cli.main import main
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Formula, Number, Symbol
from koubai.explain.derivations import Display
from koubai.explain.quiz.questions import LEVELS, mark
from koubai.explain.quiz.reading import CLASH, read_choice, read_numbers, read_shape
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
    ("concepts", "easy"): ["C", "C", "A"],
    ("concepts", "exam"): ["C", "D", "C"],
    ("separability", "easy"): ["A", "A", "B"],
    ("separability", "exam"): ["0, 1, 0, 1", "0, 0, 1, 0", "1, 1, 0, 0"],
    ("slopes", "easy"): ["1", "3/16", "0"],
    ("slopes", "exam"): ["15/4", "-3/4", "-4"],
    ("softmax", "easy"): ["3/17", "2/11", "4/13"],
    ("softmax", "exam"): ["5/2", "-4/3", "2"],
    ("sigmoids", "easy"): ["9108/15625", "340983/500000", "-3102/15625"],
    ("sigmoids", "exam"): ["-1971/62500", "1452/15625", "-143883/1000000"],
    ("minima", "easy"): ["1/2, -3/4", "1/2, 3/2", "-3/4, 15/8"],
    ("minima", "exam"): ["-1, -4", "2, -13", "-1, -1"],
    ("minibatch", "easy"): ["5/8", "-4", "3/4"],
    ("minibatch", "exam"): ["-65/32", "27/4", "3/16"],
    ("momentum", "easy"): ["1/2", "-1", "1/4"],
    ("momentum", "exam"): ["3/8", "19/8", "3"],
    ("adam", "easy"): ["7/2, 81/4", "1/2, 9/4", "-9/2, 81/4"],
    ("adam", "exam"): ["-25/12", "-11/4", "-23/12"],
    ("convolution", "easy"): ["10", "2", "9"],
    ("convolution", "exam"): ["-1", "-2", "-3"],
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


@pytest.mark.slow
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
        elif question.derivation.answer is None:
            assert question.kind in ("choice", "vector")
        else:
            assert float(question.derivation.answer.result.value) == pytest.approx(float(question.answer[0]), abs=1e-6)
            assert question.derivation.answer.subject == question.subject


@pytest.mark.parametrize(("topic", "level"), EVERY)
def test_numbers_come_out_clean_enough_for_paper(topic, level):
    for question in make_sheet(topic, seed=11, count=10, level=level).questions:
        if isinstance(question.answer, str):
            continue
        for value in question.answer:
            assert isinstance(value, Fraction)
            assert value.denominator <= (32 if topic != "sigmoids" else 10**6)
        shown = [part for step in question.derivation.steps for part in step.numbers.walk() if isinstance(part, Number)]
        if topic != "sigmoids":  # whose table has decimals
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
        if question.kind == "choice":
            assert sorted([question.answer, *(m.answer for m in question.mistakes)]) == list(
                "ABCD"[: len(question.choices)]
            )
        if not isinstance(question.answer, str):
            far = written(tuple(value + 1000 for value in question.answer))
            assert mark(question, far).remark.key == "quiz.wrong"


def test_who_takes_data_for_separable_is_told_that_no_line_separates_them_and_the_other_way_round():
    told = set()
    for question in make_sheet("separability", seed=5, count=12).questions:
        said = dict(zip("ABC", [choice.key.removeprefix("quiz.choice.") for choice in question.choices], strict=True))
        for mistake in question.mistakes:
            told.add((said[question.answer], said[mistake.answer], mistake.why.key.removeprefix("quiz.mistake.")))
    assert told == {
        ("not_separable", "separable", "taken_for_separable"),
        ("not_separable", "least_loss", "least_loss"),
        ("separable", "not_separable", "taken_for_inseparable"),
        ("separable", "least_loss", "least_loss"),
    }


@pytest.mark.parametrize("level", LEVELS)
def test_a_descent_with_momentum_starts_with_the_velocity_that_the_question_gives(level):
    for question in make_sheet("momentum", seed=5, count=12, level=level).questions:
        given = {block.chain[0]: block.chain[1] for block in question.prompt if isinstance(block, Display)}
        (section,) = question.derivation.sections
        first = next(step for step in section.blocks if step.subject == Symbol("v", (), 1))
        used = [part.number for part in first.symbols.walk() if getattr(part, "notation", None) == Symbol("v", (), 0)]
        assert used == [given[Symbol("v", (), 0)]]


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
        ("softmax", "easy", "no_sum"),
        ("softmax", "exam", "needless_slope"),
        ("momentum", "exam", "no_momentum"),
        ("adam", "easy", "no_correction"),
        ("adam", "exam", "no_root"),
        ("minibatch", "exam", "sum_for_mean"),
        ("slopes", "easy", "value_for_derivative"),
        ("slopes", "exam", "one_path_only"),
        ("minima", "exam", "stationary_is_no_minimum"),
        ("separability", "easy", "least_loss"),
        ("separability", "exam", "step_at_zero"),
        ("sigmoids", "exam", "one_path_only"),
        ("concepts", "easy", "concept.epoch.1"),
        ("convolution", "easy", "turned_kernel"),
        ("convolution", "exam", "first_window_only"),
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
    with pytest.raises(
        ParameterError, match=r"^quiz: topic must be one of concepts, perceptron, .*; got 'svm'\. Try perceptron"
    ):
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


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("３／１６", "3/16"),
        ("3 / 16", "3/16"),
        ("3 5/32", "101/32"),
        ("-3 5/32", "-101/32"),
        ("− 3", "-3"),
        ("ー1/2", "-1/2"),
        ("w = 0.25", "1/4"),
        ("3½", "7/2"),
        (r"$\frac{3}{16}$", "3/16"),
        ("（１／２）。", "1/2"),
        ("3 7/5", None),
        ("3 5", None),
        ("1/0", None),
        ("1, 2", None),
    ],
)
def test_numbers_are_understood_as_people_write_them(text, wanted):
    assert read_numbers(text, 1) == (None if wanted is None else (Fraction(wanted),))


def test_vectors_may_be_separated_by_commas_of_any_kind_or_by_spaces():
    wanted = (Fraction(1, 2), Fraction(-1), Fraction(101, 32))
    japanese = ("(1 / 2、−1、101/32)", "１／２，－１，３ ５／３２")
    for text in ("1/2, -1, 3 5/32", *japanese, "w=[1/2; -1; 3.15625]", "1/2 -1 101/32"):
        assert read_numbers(text, 3) == wanted, text
    assert read_numbers("1/2, -1", 3) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1行1列", "1×1"),
        ("ｍ行ｋ列", "m×k"),
        ("m×k行列", "m×k"),
        ("m by k", "m×k"),
        ("計算できない", CLASH),
        ("計算できません", CLASH),
        ("定義されない", CLASH),
        ("not defined", CLASH),
        ("×", CLASH),
        ("（×）", CLASH),
        ("スカラー", "1×1"),
        ("m", None),
        ("", None),
    ],
)
def test_shapes_are_understood_in_words_too(text, wanted):
    assert read_shape(text) == wanted


def test_choices_are_letters_numbers_or_kana():
    for text in ("B", "ｂ", "(b)", "2", "②", "イ", "イ."):
        assert read_choice(text, 3) == "B", text
    for text in ("E", "5", "AB", "", "オ"):
        assert read_choice(text, 4) is None, text


@pytest.mark.parametrize(
    ("topic", "level", "first", "second"),
    [
        ("backward", "exam", "no_slope", "sign_of_delta"),
        ("backward", "easy", "turned", "sign_of_delta"),
        ("update", "exam", "no_slope", "sign_of_update"),
        ("descent", "easy", "no_rate", "sign_of_update"),
        ("perceptron", "exam", "sign_of_update", "no_rate"),
        ("forward", "easy", "turned", "no_bias"),
    ],
)
def test_two_mistakes_at_once_are_recognised_and_both_named(topic, level, first, second):
    wanted = {f"quiz.mistake.{first}", f"quiz.mistake.{second}"}
    for question in make_sheet(topic, seed=2, count=20, level=level).questions:
        for mistake in question.mistakes:
            if mistake.why.key == "quiz.mistake.two" and {said.key for _, said in mistake.why.values} == wanted:
                marked = mark(question, written(mistake.answer))
                assert not marked.right
                assert marked.remark == mistake.why
                return
    pytest.fail("no question knows both")
