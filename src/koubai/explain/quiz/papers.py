"""Sheets for a class: each student's own numbers, from one seed."""

from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.explain.quiz.sheets import Sheet, make_sheet

MOST_PAPERS = 2000
"""Maximum number of papers made at once."""
APART = 10_000
"""The seed of paper k is the class's seed times this, plus k: a sheet can be made again from its seed alone."""


@dataclass(frozen=True, slots=True)
class Student:
    """One line of a roster: what a student is known by, and the name; both may be empty on papers for nobody yet."""

    id: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        """Both, as they stand on the paper."""
        return f"{self.id}  {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet for one student."""

    student: Student
    sheet: Sheet


def numbered(count: int) -> tuple[Student, ...]:
    """Return this many students, known by numbers alone.

    Examples
    --------
    >>> [student.id for student in numbered(3)]
    ['1', '2', '3']
    """
    return tuple(Student(str(number)) for number in range(1, count + 1))


def make_papers(
    topic: str, students: Sequence[Student], *, seed: int = 0, count: int = 5, level: str = "easy"
) -> tuple[Paper, ...]:
    """Return a sheet of different numbers for each student.

    Parameters
    ----------
    topic, count, level
        See `koubai.explain.quiz.sheets.make_sheet`.
    students : sequence of Student
        In the order of the roster; a student added at its end changes nobody else's numbers.
    seed : int
        The seed of the class, >= 0.

    Raises
    ------
    ParameterError
        If there are no students, too many, or two of one id, or another argument is not allowed.

    Examples
    --------
    >>> papers = make_papers("descent", numbered(2), seed=7, count=1)
    >>> papers[0].sheet.seed, papers[0].sheet.questions == papers[1].sheet.questions
    (70001, False)
    """
    if not 1 <= len(students) <= MOST_PAPERS:
        raise ParameterError(worded("quiz.error.students", most=MOST_PAPERS, got=len(students)))
    ids = [student.id for student in students]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise ParameterError(worded("quiz.error.same_id", got=repr(twice)))
    if seed < 0:
        raise ParameterError(worded("quiz.error.seed", got=seed))
    return tuple(
        Paper(student, make_sheet(topic, seed=seed * APART + number, count=count, level=level))
        for number, student in enumerate(students, start=1)
    )
