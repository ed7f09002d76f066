"""What ``koubai grade`` marks: the registry of kinds of results, and what all of them come to.

A kind of results is one module with a ``KIND``, entered in `KINDS`: answers to a quiz, results of a lesson, ….
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from koubai.core.language import Language

KINDS = ("koubai.cli.parts.grading.lesson", "koubai.cli.parts.grading.quiz")
"""Modules with a ``KIND``; the first that takes the files marks them, so the most particular come first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one student did about one question or goal.

    Attributes
    ----------
    student, name : str
        Who.
    question : str
        Which, as it heads a column of the scores.
    given : str
        What was answered; empty for nothing.
    points, most : float
        Points, and how many there are.
    remark : str
        What went wrong, in the language of the output; empty if nothing did.
    """

    student: str
    name: str
    question: str
    given: str
    points: float
    most: float
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ResultKind:
    """A kind of results.

    Attributes
    ----------
    name : str
        As ``--kind`` names it; what files it takes is the catalogues' ``grade.kind.NAME``.
    takes : callable
        Says of the paths given whether they are of this kind, by their content.
    grade : callable
        Returns the marks, in the order of students and questions, from the command's arguments, and notes to tell.
    """

    name: str
    takes: Callable[[Sequence[str]], bool]
    grade: "Callable[[argparse.Namespace, Language], tuple[list[Mark], list[str]]]"


def kinds() -> dict[str, ResultKind]:
    """Return every kind of results by name."""
    found = [import_module(name).KIND for name in KINDS]
    return {kind.name: kind for kind in found}


def by_student(marks: Sequence[Mark]) -> dict[str, list[Mark]]:
    """Return each student's marks, in order."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.student, []).append(mark)
    return found


def score_rows(marks: Sequence[Mark]) -> list[dict[str, object]]:
    """Return a row of scores for each student: points, of how many, those of every question, and the named mistakes."""
    questions = list(dict.fromkeys(mark.question for mark in marks))
    rows = []
    for student, own in by_student(marks).items():
        points = {mark.question: mark.points for mark in own}
        row: dict[str, object] = {"student": student, "name": own[0].name}
        row |= {"points": sum(points.values()), "of": sum(mark.most for mark in own)}
        row |= {f"question {question}": points.get(question) for question in questions}
        row["mistakes"] = " / ".join(f"{mark.question}: {mark.remark}" for mark in own if mark.remark)
        rows.append(row)
    return rows


def detail_rows(marks: Sequence[Mark]) -> list[dict[str, object]]:
    """Return a row for each answer."""
    names = ("student", "name", "question", "given", "points", "most", "remark")
    return [{name: getattr(mark, name) for name in names} for mark in marks]


@dataclass(frozen=True, slots=True)
class QuestionSummary:
    """How a class did on one question: how many answered, how many had all points, and the most frequent mistake."""

    question: str
    answered: int
    right: int
    students: int
    mistake: str


def summaries(marks: Sequence[Mark]) -> list[QuestionSummary]:
    """Return the summary of every question."""
    found = []
    for question in dict.fromkeys(mark.question for mark in marks):
        own = [mark for mark in marks if mark.question == question]
        mistakes = Counter(mark.remark for mark in own if mark.remark and mark.given)
        common = mistakes.most_common(1)
        said = f"{common[0][1]}×  {common[0][0]}" if common else ""
        answered = sum(bool(mark.given) for mark in own)
        found.append(QuestionSummary(question, answered, sum(m.points >= m.most for m in own), len(own), said))
    return found
