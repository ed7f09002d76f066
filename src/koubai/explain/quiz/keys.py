"""The key to a class's papers: one line for each question, from which it can be made again and an answer marked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from koubai.core.errors import DataError, KoubaiError
from koubai.core.language import worded
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.questions import Question
from koubai.explain.quiz.sheets import make_sheet

COLUMNS = ("student", "name", "question", "topic", "level", "seed", "count", "answer")
"""The columns of a key."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of one student."""

    student: str
    name: str
    question: int
    asked: Question


def written_answer(asked: Question) -> str:
    """Return the right answer as text that is understood when it is marked.

    Examples
    --------
    >>> written_answer(make_sheet("descent", seed=7, count=1).questions[0])
    '9/2'
    """
    if isinstance(asked.answer, str):
        return asked.answer
    return ", ".join(str(value) if asked.notation.fractions else f"{float(value):.6g}" for value in asked.answer)


def key_rows(papers: Iterable[Paper]) -> Iterator[dict[str, str]]:
    """Yield the lines of the key."""
    for paper in papers:
        sheet = paper.sheet
        for number, asked in enumerate(sheet.questions, start=1):
            values = (paper.student.id, paper.student.name, number, sheet.topic, sheet.level, sheet.seed)
            row = dict(zip(COLUMNS, (*values, len(sheet.questions), written_answer(asked)), strict=True))
            yield {name: str(value) for name, value in row.items()}


def entries_of(rows: Iterable[Mapping[str, str]]) -> list[Entry]:
    """Return the questions of a key's lines, made again from their seeds.

    Raises
    ------
    DataError
        If a line lacks a column or no such question can be made, or if it would have another answer: then it was made
        by another version, and marking would be wrong.
    """
    found = []
    for line, row in enumerate(rows, start=2):
        missing = [name for name in COLUMNS if name not in row]
        if missing:
            raise DataError(worded("grade.error.key_column", columns=", ".join(COLUMNS), missing=missing[0]))
        try:
            sheet = _sheet(row["topic"], int(row["seed"]), int(row["count"]), row["level"])
            asked = sheet[int(row["question"]) - 1]
        except (ValueError, IndexError, KoubaiError) as error:
            named = {name: repr(row[name]) for name in ("topic", "level", "seed", "question")}
            raise DataError(worded("grade.error.key_line", line=line, **named)) from error
        if written_answer(asked) != row["answer"]:
            named = {"wanted": repr(written_answer(asked)), "got": repr(row["answer"])}
            raise DataError(worded("grade.error.key_answer", line=line, **named))
        found.append(Entry(row["student"], row["name"], int(row["question"]), asked))
    return found


@cache
def _sheet(topic: str, seed: int, count: int, level: str) -> tuple[Question, ...]:
    return make_sheet(topic, seed=seed, count=count, level=level).questions
