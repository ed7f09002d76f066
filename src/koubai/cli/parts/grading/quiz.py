"""Answers to a quiz, from tables or texts, marked by the key that the sheets were made with."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.cli.parts.grading.results import Mark, ResultKind
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import Language, text, worded

if TYPE_CHECKING:
    from koubai.explain.quiz.keys import Entry

TABLES = (".csv", ".tsv", ".parquet", ".xlsx", ".ods")
STUDENT = ("student", "id", "学籍番号", "学生番号")
"""What the column of students may be called, besides being the first."""
ASKED = ("question", "問", "問題", "設問", "問題番号")
ANSWERED = ("answer", "解答", "回答", "答え")
"""What the columns of questions and answers may be called, where each answer has a row."""
QUESTION = re.compile(r"(?:q|question|問|問題|設問|第)?[\s_.]*(\d{1,3})\s*(?:問)?", re.IGNORECASE)
"""What a question's column may be called."""
LINE = re.compile(r"\s*(?:q|question|問|問題|第)?\s*(\d{1,3})\s*問?\s*[:：).）．、=]\s*(.*)", re.IGNORECASE)
"""A line of a text with an answer: ``2) -1/2``, ``問2：-1/2``."""


def takes(paths: Sequence[str]) -> bool:
    """Return whether these can be answers: tables or texts."""
    return all(Path(path).suffix.lower() in (*TABLES, ".txt", ".md") for path in paths)


def grade(args: argparse.Namespace, lang: "Language") -> tuple[list[Mark], list[str]]:
    """Mark the answers in files by a key.

    Raises
    ------
    ParameterError
        If there is no key.
    DataError
        If a file holds no answers, or two for one question.
    """
    from koubai.explain.quiz.keys import entries_of

    if args.key is None:
        raise ParameterError(worded("grade.error.no_key"))
    entries = entries_of(_rows(args.key))
    given, notes = _gathered(args.results, entries, lang)
    return [_marked(entry, given.get((entry.student, entry.question), ""), lang) for entry in entries], notes


def _marked(entry: "Entry", given: str, lang: "Language") -> Mark:
    from koubai.explain.quiz.questions import mark
    from koubai.views.explanation.terminal import TextComposer

    if not given.strip():
        return Mark(entry.student, entry.name, str(entry.question), "", 0.0, 1.0)
    marked = mark(entry.asked, given)
    remark = "" if marked.right else TextComposer(entry.asked.derivation, lang).words(marked.remark)
    return Mark(entry.student, entry.name, str(entry.question), given, float(marked.right), 1.0, remark)


def _gathered(
    paths: Sequence[str], entries: "Sequence[Entry]", lang: "Language"
) -> tuple[dict[tuple[str, int], str], list[str]]:
    """Return the answers by student and question, and what is to be said of those that belong to nobody."""
    students = dict.fromkeys(entry.student for entry in entries)
    known = {(entry.student, entry.question) for entry in entries}
    found: dict[tuple[str, int], str] = {}
    strangers: dict[str, None] = {}
    for path in paths:
        there = False
        for student, number, answer in _answers(path, list(students)):
            there = True
            if (student, number) not in known:
                named = text("grade.note.question_of", lang, student=student, question=number)
                strangers[named if student in students else student] = None
                continue
            if found.get((student, number), answer) != answer:
                whose = student or worded("grade.the_student")
                raise DataError(worded("grade.error.answer_twice", path=path, student=whose, question=number))
            found[student, number] = answer
        if not there:
            raise DataError(worded("grade.error.no_answers", path=path))
    named = ", ".join(list(strangers)[:10])
    return found, [worded("grade.note.strangers", names=named)] if strangers else []


def _answers(path: str, students: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    if Path(path).suffix.lower() in TABLES:
        yield from _of_table(path, list(_rows(path)))
    else:
        from koubai.tables.files.encodings import recognised

        content = Path(path).read_bytes()
        written = content.decode(recognised(content).codec, errors="replace")
        yield from _of_text(written, Path(path).stem, students)


def _rows(path: str) -> Iterable[Mapping[str, str]]:
    """Return the rows of a table, with every cell as text."""
    from koubai.tables.files.reading import read_table

    frame = read_table(path, header=None if path.lower().endswith(".parquet") else True).frame
    return [{name: "" if cell is None else str(cell).strip() for name, cell in row.items()} for row in frame.to_dicts()]


def _of_table(path: str, rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, int, str]]:
    """Yield the answers of a table: one a row, or a student's all in one row."""
    names = list(rows[0]) if rows else []
    lower = {name.strip().lower(): name for name in names}
    student = next((lower[name] for name in STUDENT if name in lower), names[0] if names else "")
    question, answer = (next((lower[name] for name in all_ if name in lower), "") for all_ in (ASKED, ANSWERED))
    if question and answer:
        for row in rows:
            named = QUESTION.fullmatch(row[question])
            if named is None:
                raise DataError(worded("grade.error.question", path=path, got=repr(row[question])))
            yield row[student], int(named[1]), row[answer]
        return
    columns = {name: int(found[1]) for name in names if name != student and (found := QUESTION.fullmatch(name.strip()))}
    for row in rows:
        for name, number in columns.items():
            yield row[student], number, row[name]


def _of_text(text: str, stem: str, students: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Yield the answers of a text: lines with a student's id, each before that student's numbered answers.

    Without such a line, all are of the only student, or of the one whose id is the file's name.
    """
    student = students[0] if len(students) == 1 else stem
    for line in text.splitlines():
        named = re.sub(r"^\s*#*\s*(?:student|学籍番号|学生番号)?\s*[:：]?\s*|\s+$", "", line)
        who = next((one for one in students if one and (named == one or named.startswith(f"{one} "))), None)
        answer = LINE.fullmatch(line)
        if answer is not None:
            yield student, int(answer[1]), answer[2].strip()
        elif who is not None:
            student = who


KIND = ResultKind("quiz", takes, grade)
