"""Lessons: JSON files that set what is shown and say what to look for."""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from koubai.core.errors import DataError, KoubaiError
from koubai.core.language import LANGUAGES
from koubai.play.settings import Settings, shown

FOLDER = Path(str(files("koubai"))) / "play" / "lessons"
WORDS = ("text", "question", "answer")
PARTS = frozenset((*WORDS, "settings", "show", "hide"))
NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
MOST_BYTES, MOST_STEPS, MOST_WORDS = 2**20, 100, 5000


@cache
def names() -> tuple[str, ...]:
    """Return the names of the lessons included with koubai, in course order."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
    return tuple(sorted(found, key=lambda name: found[name].get("order", 0)))


@cache
def ready(name: str) -> dict[str, Any]:
    """Return a lesson included with koubai."""
    return load(FOLDER / f"{name}.json")


def load(path: Path) -> dict[str, Any]:
    """Load and check a lesson; it is named after its file, and a text in only one language is used for both.

    Raises
    ------
    DataError
        If the file is not a lesson, a text is missing, or a setting is invalid.

    Examples
    --------
    >>> load(FOLDER / "xor.json")["title"]["en"]
    'Why one is not enough'
    """
    where = f"lesson {path.name}"
    lesson = _content(path, where)
    if not NAME.fullmatch(path.stem):
        raise DataError(
            f"{where}: the file name must consist of lower-case letters, digits and hyphens, starting with a letter; "
            f"got {shown(path.stem)}. Rename it."
        )
    if not isinstance(lesson, dict) or not isinstance(lesson.get("steps"), list) or not lesson["steps"]:
        raise DataError(f"{where}: it must have a title and steps; at least one is missing. See docs/playground.md.")
    title = _in_all_languages(where, "title", lesson.get("title"))
    for name in lesson:
        if name not in ("name", "order", "title", "steps"):
            raise DataError(f"{where}: it may have name, order, title and steps; got {shown(name)}. Remove it.")
    if isinstance(lesson.get("order", 0), bool) or not isinstance(lesson.get("order", 0), int | float):
        raise DataError(f"{where}: order must be a number; got {shown(lesson['order'])}.")
    if len(lesson["steps"]) > MOST_STEPS:
        raise DataError(f"{where}: it must have at most {MOST_STEPS} steps; got {len(lesson['steps'])}.")
    settings, steps = Settings(), []
    for number, step in enumerate(lesson["steps"], 1):
        steps.append(_checked(f"{where}: step {number}", step))
        settings = _after(f"{where}: step {number}", step, settings)
    return {**lesson, "name": path.stem, "title": title, "steps": steps}


def _content(path: Path, where: str) -> Any:
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe without a writer would be waited for
        raise DataError(f"{where}: it must be a regular file; it is none.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise DataError(f"{where}: the file must be at most {MOST_BYTES // 2**20} MiB; it is larger.")
        return json.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise DataError(f"{where}: the file must be readable; got {(error.strerror or 'nothing').lower()}.") from None
    except RecursionError:
        raise DataError(f"{where}: the file must be JSON with few levels of nesting; it has too many.") from None
    except ValueError as error:
        raise DataError(f"{where}: the file must be JSON in UTF-8; got {error}.") from None


def _checked(where: str, step: Any) -> dict[str, Any]:
    """Return a step with its texts in all languages."""
    if not isinstance(step, dict) or "text" not in step:
        raise DataError(f"{where} must have a text; it is missing.")
    for name in step:
        if name not in PARTS:
            raise DataError(f"{where} may have {', '.join(sorted(PARTS))}; got {shown(name)}. Remove it.")
    if ("question" in step) != ("answer" in step):
        raise DataError(f"{where} must have both a question and an answer, or neither; only one is given.")
    if not isinstance(step.get("show", False), bool):
        raise DataError(f"{where}: show must be true or false; got {shown(step['show'])}.")
    said = {part: _in_all_languages(where, part, step[part]) for part in WORDS if part in step}
    return {**step, **said}


def _after(where: str, step: Mapping[str, Any], before: Settings) -> Settings:
    """Return the settings after a step."""
    try:
        before.changed({"hide": step.get("hide", [])})
        return before.changed(step.get("settings", {}))
    except KoubaiError as error:
        raise DataError(f"{where}: {str(error).removeprefix('playground: ')}") from None


def _in_all_languages(where: str, part: str, words: Any) -> dict[str, str]:
    good = isinstance(words, Mapping) and words and set(words) <= set(LANGUAGES)
    if not good or not all(isinstance(said, str) and 0 < len(said) <= MOST_WORDS for said in words.values()):
        raise DataError(
            f'{where}: {part} must be {{"en": …, "ja": …}} or one of them, each of 1 to {MOST_WORDS} characters; '
            f"got {shown(words)}."
        )
    one = next(iter(words.values()))
    return {lang: words.get(lang, one) for lang in LANGUAGES}
