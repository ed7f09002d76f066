"""Question sheets and their answer keys, from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from koubai.core.arguments import TEXT, WHOLE, of_class, takes
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Formula
from koubai.core.formulas.values import Notation
from koubai.core.language import worded
from koubai.explain.derivations import Blank, Block, Cell, Derivation, Section, Table, Text, say
from koubai.explain.quiz.questions import LEVELS, Level, Question
from koubai.explain.quiz.reading import LETTERS
from koubai.explain.quiz.topic import Topic, topics_of

TOPICS: Mapping[str, Topic] = topics_of("koubai.explain.quiz.topics")
"""Every topic by name."""

MOST = 50
"""Maximum number of questions on one sheet."""
DRAWS = 2000
"""Maximum number of draws tried for one question."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Questions on one topic, from one seed."""

    topic: str
    level: Level
    seed: int
    questions: tuple[Question, ...]


@takes("quiz", topic=TEXT, seed=WHOLE, count=WHOLE, level=TEXT)
def make_sheet(topic: str, *, seed: int = 0, count: int = 5, level: str = "easy") -> Sheet:
    """Return a sheet of questions; the same arguments give the same sheet.

    Parameters
    ----------
    topic : str
        A name in `TOPICS`.
    seed : int
        Seed of the random numbers, >= 0.
    count : int
        Number of questions, 1 … 50.
    level : str
        "easy" or "exam".

    Raises
    ------
    ParameterError
        If there is no such topic or level, or the count or the seed is out of range.

    Examples
    --------
    >>> sheet = make_sheet("descent", seed=7, count=2)
    >>> len(sheet.questions)
    2
    """
    if topic not in TOPICS:
        raise ParameterError(worded("quiz.error.topic", topics=", ".join(TOPICS), got=repr(topic)))
    chosen = next((known for known in LEVELS if known == level), None)
    if chosen is None:
        raise ParameterError(worded("quiz.error.level", levels=", ".join(LEVELS), got=repr(level)))
    if not 1 <= count <= MOST:
        raise ParameterError(worded("quiz.error.count", most=MOST, got=count))
    if seed < 0:
        raise ParameterError(worded("quiz.error.seed", got=seed))
    rng = np.random.default_rng([seed, TOPICS[topic].number, LEVELS.index(chosen)])
    questions: list[Question] = []
    prompts: set[tuple[Block, ...]] = set()
    for _ in range(DRAWS * count):
        made = TOPICS[topic].make(rng, chosen)
        if made is not None and (made.prompt not in prompts or len(prompts) > MOST):
            questions.append(made)
            prompts.add(made.prompt)
        if len(questions) == count:
            return Sheet(topic, chosen, seed, tuple(questions))
    raise ParameterError(worded("quiz.error.few_questions", topic=topic, n=len(questions)))


SHEET = of_class(Sheet, "Pass make_sheet('descent').")


@takes("quiz", sheet=SHEET)
def question_page(sheet: Sheet, student: str = "") -> Derivation:
    """Return the handout: the questions without answers, with room to work on paper; ``student`` is whom it is for."""
    topic = TOPICS[sheet.topic]
    named: Block = say("quiz.for", student=student) if student else Blank(say("quiz.name"))
    before = (named, say(topic.how))
    room = topic.room[sheet.level]
    sections = tuple(
        Section(say("quiz.number", number=number), (*posed(asked), Blank(say("quiz.blank"), room)))
        for number, asked in enumerate(sheet.questions, start=1)
    )
    title = say(
        "quiz.title.sheet",
        topic=say(f"quiz.topic.{sheet.topic}"),
        seed=sheet.seed,
        level=say(f"quiz.level.{sheet.level}"),
    )
    return Derivation(title, (Section(say("quiz.section.before"), before), *sections), None, Notation())


def posed(asked: Question) -> tuple[Block, ...]:
    """Return the question with its choices."""
    if not asked.choices:
        return asked.prompt
    rows = tuple((LETTERS[k], choice) for k, choice in enumerate(asked.choices))
    return (*asked.prompt, Table((say("quiz.column.letter"), say("quiz.column.choice")), rows))


@takes("quiz", sheet=SHEET)
def answer_pages(sheet: Sheet, student: str = "") -> list[Derivation]:
    """Return the answer key: a table of answers, then each question's derivation; ``student`` is whom it is for."""
    title = say(
        "quiz.title.answers",
        topic=say(f"quiz.topic.{sheet.topic}"),
        seed=sheet.seed,
        level=say(f"quiz.level.{sheet.level}"),
    )
    rows: list[tuple[Cell, ...]] = [
        (str(number), asked.subject, asked.answer if isinstance(asked.answer, str) else asked.answer_formula)
        for number, asked in enumerate(sheet.questions, start=1)
    ]
    heads = (say("quiz.column.question"), say("quiz.column.asked"), say("quiz.column.answer"))
    named = (say("quiz.for", student=student),) if student else ()
    short = Section(say("quiz.section.short"), (*named, Table(heads, tuple(rows))))
    pages = [Derivation(title, (short,), None, Notation())]
    for number, asked in enumerate(sheet.questions, start=1):
        heading = say("quiz.number", number=number)
        pages.append(replace(asked.derivation, title=heading, notation=asked.notation))
    return pages


def solution(asked: Question) -> Text:
    """Return the sentence that gives the answer."""
    answer: Formula | str = asked.answer if isinstance(asked.answer, str) else asked.answer_formula
    return say("quiz.solution", answer=answer)
