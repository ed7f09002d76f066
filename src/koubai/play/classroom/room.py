"""A class: who has joined, which step the teacher has pushed, and how everybody stands. It knows no network."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from koubai.core.errors import ParameterError

MOST_STUDENTS = 400
MOST_NAME = 40
MOST_RECORD = 20_000
"""Maximum length of a record that a student hands in, in characters."""
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that are not mistaken for one another on a blackboard."""


def class_code() -> str:
    """Return a new code of a class: short enough to be written on a blackboard, too long to be guessed.

    Examples
    --------
    >>> len(class_code()), set(class_code()) <= set(LETTERS)
    (8, True)
    """
    return "".join(secrets.choice(LETTERS) for _ in range(8))


@dataclass(slots=True)
class Standing:
    """A student's progress in a step: choices in order, hints opened, whether the goal was reached, and the losses."""

    choices: list[int] = field(default_factory=list)
    hints: int = 0
    goal: bool = False
    epoch: int = 0
    train_loss: float | None = None
    test_loss: float | None = None


@dataclass(slots=True)
class Student:
    """One student; ``secret`` proves who a page is after a reload, and is told to nobody else."""

    number: int
    name: str
    secret: str
    n_pages: int = 0
    place: tuple[str, int] | None = None
    n_done: int = 0
    standings: dict[tuple[str, int], Standing] = field(default_factory=dict)
    record: str = ""


class Room:
    """The state of a class.

    Parameters
    ----------
    n_steps : mapping
        The number of steps of each lesson.

    Examples
    --------
    >>> room = Room({"xor": 3})
    >>> student = room.join("Aiko")
    >>> room.push("xor", 1)
    >>> room.report(student, {"lesson": "xor", "step": 1, "choices": [2], "goal": True, "test_loss": 0.08})
    >>> room.tally()["goals"], room.tally()["choices"]
    (1, {2: 1})
    """

    def __init__(self, n_steps: Mapping[str, int]) -> None:
        self.n_steps = n_steps
        self.students: dict[str, Student] = {}
        self.pushed: tuple[str, int] | None = None
        self.version = 0
        self._count = 0

    def join(self, name: str, secret: str | None = None) -> Student:
        """Return the student with this secret, or a new one.

        Raises
        ------
        ParameterError
            If the name is empty or too long, or the class is full.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MOST_NAME:
            raise ParameterError(f"class: a name must have 1 to {MOST_NAME} characters; got {len(name)}.")
        student = self.students.get(secret or "")
        if student is None:
            if len(self.students) >= MOST_STUDENTS:
                raise ParameterError(f"class: at most {MOST_STUDENTS} students can join; this one is too many.")
            self._count += 1
            student = Student(self._count, name, secrets.token_urlsafe(16))
            self.students[student.secret] = student
        student.name = name
        self.version += 1
        return student

    def push(self, lesson: str, step: int) -> None:
        """Bring everybody to a step of a lesson.

        Raises
        ------
        ParameterError
            If there is no such step.
        """
        if not 0 <= step < self.n_steps.get(lesson, 0):
            raise ParameterError("class: the step to push must be one of a lesson; there is no such step.")
        self.pushed = (lesson, step)
        self.version += 1

    def let_go(self) -> None:
        """Let all students move freely."""
        self.pushed = None
        self.version += 1

    def report(self, student: Student, part: Mapping[str, object]) -> None:
        """Record a student's progress; invalid parts are left out."""
        lesson, step = part.get("lesson"), _whole(part.get("step"), 1000)
        if not isinstance(lesson, str) or step is None or step >= self.n_steps.get(lesson, 0):
            return
        student.place = (lesson, step)
        now = student.standings.setdefault(student.place, Standing())
        choices = part.get("choices")
        if isinstance(choices, list):
            now.choices = [each for each in choices[:20] if _whole(each, 20) is not None]
        now.hints = _whole(part.get("hints"), 20) or 0
        now.goal = now.goal or part.get("goal") is True
        now.epoch = _whole(part.get("epoch"), 10**9) or 0
        now.train_loss, now.test_loss = _number(part.get("train_loss")), _number(part.get("test_loss"))
        student.n_done = _whole(part.get("done"), 1000) or 0
        self.version += 1

    def hand_in(self, student: Student, record: object) -> None:
        """Keep what a student hands in, the last one only.

        Raises
        ------
        ParameterError
            If it is too long.
        """
        if not isinstance(record, str) or len(record) > MOST_RECORD:
            raise ParameterError(f"class: a result must be a text of at most {MOST_RECORD} characters; this is not.")
        student.record = record
        self.version += 1

    def remove(self, number: int) -> None:
        """Remove a student, such as one with an improper name."""
        self.students = {secret: each for secret, each in self.students.items() if each.number != number}
        self.version += 1

    def tally(self) -> dict[str, object]:
        """Return the progress of the class: on the step that was pushed, and of each student."""
        here = [each.standings.get(self.pushed) for each in self.students.values()] if self.pushed else []
        there = [each for each in here if each is not None]
        first: dict[int, int] = {}
        for standing in there:
            if standing.choices:
                first[standing.choices[-1]] = first.get(standing.choices[-1], 0) + 1
        return {
            "type": "tally",
            "pushed": self.pushed,
            "joined": len(self.students),
            "online": sum(each.n_pages > 0 for each in self.students.values()),
            "here": len(there),
            "choices": first,
            "goals": sum(standing.goal for standing in there),
            "losses": [standing.test_loss for standing in there if standing.test_loss is not None],
            "students": [_row(each, self.pushed) for each in self.students.values()],
        }


def _row(student: Student, pushed: tuple[str, int] | None) -> dict[str, object]:
    """Return what the teacher sees of a student."""
    place = pushed or student.place
    now = student.standings.get(place) if place else None
    return {
        "number": student.number,
        "name": student.name,
        "online": student.n_pages > 0,
        "place": student.place,
        "done": student.n_done,
        "choice": now.choices[-1] if now and now.choices else None,
        "tries": len(now.choices) if now else 0,
        "hints": now.hints if now else 0,
        "goal": bool(now and now.goal),
        "epoch": now.epoch if now else 0,
        "test_loss": now.test_loss if now else None,
        "handed_in": bool(student.record),
    }


def _whole(value: object, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)
