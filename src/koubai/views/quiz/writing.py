"""Which file is written how: the ending of its name says it."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from koubai.core.errors import ParameterError
from koubai.core.language import Language, worded
from koubai.explain.quiz.keys import COLUMNS, key_rows
from koubai.explain.quiz.papers import Paper
from koubai.explain.quiz.sheets import answer_pages, question_page
from koubai.training.atomic import replace_file
from koubai.views.explanation.showing import save

Papers: TypeAlias = Sequence[Paper]

PAGES = (".html", ".md", ".txt")
FORMATS: Mapping[str, str] = {".tex": "latex", ".xml": "moodle", ".gift": "gift", ".zip": "qti", ".csv": "table"}
"""The module of each other format; its ``written`` makes the file's content."""
QUESTIONS = (*PAGES, *FORMATS)
"""Endings of files of questions."""
KEYS = (*PAGES, ".csv")
"""Endings of answer keys."""


def check_ending(option: str, path: str, endings: Sequence[str]) -> None:
    """Raise ParameterError if no such file can be written."""
    if Path(path).suffix.lower() not in endings:
        named = {"endings": ", ".join(endings), "path": repr(path), "other": Path(path).stem or "a"}
        raise ParameterError(worded("quiz.error.ending", option=option, **named))


def save_questions(papers: Papers, path: str, lang: Language) -> None:
    """Write the questions of all papers, in the format that the file's name says."""
    suffix = Path(path).suffix.lower()
    if suffix in PAGES:
        save([question_page(paper.sheet, paper.student.shown) for paper in papers], path, lang)
        return
    written: Callable[[Papers, Language], bytes] = import_module(f"koubai.views.quiz.{FORMATS[suffix]}").written
    replace_file(path, written(papers, lang))


def save_key(papers: Papers, path: str, lang: Language) -> None:
    """Write the answers of all papers: their derivations, or a table that `koubai grade` marks by."""
    if Path(path).suffix.lower() == ".csv":
        file = io.StringIO()
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(key_rows(papers))
        replace_file(path, file.getvalue().encode("utf-8"))
        return
    save([page for paper in papers for page in answer_pages(paper.sheet, paper.student.shown)], path, lang)
