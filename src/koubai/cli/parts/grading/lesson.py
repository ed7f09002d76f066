"""Results of the playground's lessons: files that the page saved, or result codes in texts, alone or in folders."""

import argparse
import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from koubai.cli.parts.grading.results import Mark, ResultKind
from koubai.core.errors import DataError
from koubai.core.language import Language, text, worded

if TYPE_CHECKING:
    from koubai.core.schema import Record

CODE = re.compile(r"KOUBAI1\.([A-Za-z0-9_-]+)\.([0-9a-f]{8})")
FORMAT, MOST_BYTES, MOST_NAME = 1, 2**20, 80
ENDINGS = (".json", ".txt", ".eml", ".md")
WRONG_TRY = 0.5
"""Share of a question's point that is left for each wrong try before the right one."""


def paths_of(given: Sequence[str]) -> list[Path]:
    """Return the files among paths, and those in folders among them, in order of their names."""
    found: list[Path] = []
    for each in map(Path, given):
        inside = sorted(path for path in each.iterdir() if path.suffix.lower() in ENDINGS) if each.is_dir() else [each]
        found += inside
    return found


def takes(given: Sequence[str]) -> bool:
    """Return whether a file among these is a result of a lesson."""
    return any(_is_result(path) for path in paths_of(given) if path.is_file() and path.suffix.lower() in ENDINGS)


def _is_result(path: Path) -> bool:
    found = _text(path)
    return bool(CODE.search(found)) or all(f'"{name}"' in found for name in ("lesson", "steps", "began"))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode("utf-8", errors="replace")


def records_of(path: Path) -> "list[Record]":
    """Return the records in a file: one, or one for each result code in a text.

    Raises
    ------
    DataError
        If it holds none, or one was changed or cut off.
    """
    written = _text(path)
    found = []
    for code in CODE.finditer(re.sub(r"=?\r?\n(?=[A-Za-z0-9_.-])", "", written) if "KOUBAI1." in written else written):
        body, check = code.groups()
        if f"{crc32(body.encode('ascii')):08x}" != check:
            raise DataError(worded("grade.note.changed", file=path.name))
        found.append(_parsed(path, body, coded=True))
    if not found and written.lstrip().startswith("{"):
        found.append(_parsed(path, written))
    if not found:
        raise DataError(worded("grade.note.none", file=path.name))
    return [_checked(path, record) for record in found]


def _parsed(path: Path, content: str, coded: bool = False) -> object:
    try:
        if coded:
            content = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)).decode("utf-8")
        return json.loads(content)
    except (ValueError, RecursionError):
        raise DataError(worded("grade.note.no_json", file=path.name)) from None


def _checked(path: Path, record: object) -> "Record":
    if isinstance(record, dict):
        steps = record.get("steps")
        if (
            record.get("format") == FORMAT
            and isinstance(record.get("lesson"), str)
            and isinstance(record.get("student"), str)
            and isinstance(steps, list)
            and all(_is_step(step) for step in steps)
        ):
            return record
    raise DataError(worded("grade.note.incomplete", file=path.name))


def _is_step(step: object) -> bool:
    if not isinstance(step, dict):
        return False
    choices, goal = step.get("choices"), step.get("goal")
    return (
        isinstance(choices, list)
        and all(isinstance(each, int) and not isinstance(each, bool) for each in choices)
        and isinstance(step.get("hints"), int)
        and (goal is None or _is_reached(goal))
    )


def _is_reached(goal: object) -> bool:
    """Return whether this is what the page writes of a goal."""
    if not isinstance(goal, dict):
        return False
    return isinstance(goal.get("measured"), dict) and isinstance(goal.get("epoch") or 0, int)


def grade(args: argparse.Namespace, lang: "Language") -> tuple[list[Mark], list[str]]:
    """Return a mark for each goal and each question of each student, and notes on files that could not be read."""
    own = dict(_own_lessons(args.results))
    marks: list[Mark] = []
    notes: list[str] = []
    found: dict[tuple[str, str], tuple[str, Record]] = {}
    for path in paths_of(args.results):
        if path.stem in own and path.suffix == ".json" and not _is_result(path):
            continue
        try:
            for record in records_of(path):
                who = (record["student"].strip()[:MOST_NAME] or path.stem, record["lesson"])
                if who in found:
                    notes.append(worded("grade.note.twice", file=path.name, student=who[0], lesson=who[1]))
                found[who] = (path.name, record)
        except DataError as error:
            notes.append(error.args[0])
    if not found:
        raise DataError(worded("grade.error.no_results"))
    for (student, name), (file, record) in sorted(found.items()):
        lesson = _lesson(own, name)
        if lesson is None or len(lesson["steps"]) != len(record["steps"]):
            notes.append(worded("grade.note.unknown_lesson", file=file, lesson=repr(name)))
            continue
        if record.get("digest") != lesson["digest"]:
            notes.append(worded("grade.note.other_version", file=file, student=student, lesson=repr(name)))
        marks += _marks(student, lesson, record, lang)
    return marks, notes


def _own_lessons(given: Sequence[str]) -> "list[tuple[str, Record]]":
    """Return a teacher's own lessons among the paths."""
    from koubai.play.classroom import lessons

    found = []
    for path in paths_of(given):
        if path.suffix.lower() == ".json" and path.is_file() and not _is_result(path):
            lesson = lessons.load(path)
            found.append((lesson["name"], lesson))
    return found


def _lesson(own: "Mapping[str, Record]", name: str) -> "Record | None":
    from koubai.play.classroom import lessons

    return own.get(name) or (lessons.ready(name) if name in lessons.names() else None)


def _marks(student: str, lesson: "Record", record: "Record", lang: "Language") -> list[Mark]:
    """Return the marks of one student for one lesson; what the record claims is judged by the lesson."""
    from koubai.play.classroom.goals import is_met

    found = []
    for number, (step, done) in enumerate(zip(lesson["steps"], record["steps"], strict=True), 1):
        which = f"{lesson['name']} {number}"
        if "choices" in step:
            chosen = [at for at in done["choices"] if 0 <= at < len(step["choices"])]
            right = [at for at in chosen if step["choices"][at].get("right")]
            judged = chosen[:1] if step.get("predict") else chosen
            wrong = next((at for at in judged if at not in right), None)
            points = 0.0
            if judged and right and (not step.get("predict") or judged[0] in right):
                points = WRONG_TRY ** judged.index(right[0])
            given = step["choices"][judged[-1]]["text"][lang] if judged else ""
            remark = "" if wrong is None else step["choices"][wrong]["text"][lang]
            found.append(
                Mark(student, student, f"{which} {text('grade.lesson.question', lang)}", given, points, 1.0, remark)
            )
        if "goal" in step:
            goal = done.get("goal")
            met = goal is not None and is_met(step["goal"], goal["measured"])
            given = "" if goal is None else text("grade.lesson.epoch", lang, epoch=int(goal.get("epoch") or 0))
            found.append(Mark(student, student, f"{which} {text('grade.lesson.goal', lang)}", given, float(met), 1.0))
    return found


KIND = ResultKind("lesson", takes, grade)
