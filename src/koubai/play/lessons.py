"""Lessons: JSON files that fix what is shown, and say what to look for."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from koubai.core.errors import DataError
from koubai.play.settings import Settings

FOLDER = Path(str(files("koubai"))) / "play" / "lessons"
WORDS = ("text", "question", "answer")


def names() -> list[str]:
    """Return the names of the lessons in the order of the course."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
    return sorted(found, key=lambda name: found[name].get("order", 0))


def load(path: Path) -> dict[str, Any]:
    """Return a lesson, checked.

    Raises
    ------
    DataError
        If the file is no lesson, or a text lacks a language.
    ParameterError
        If a setting is not what it must be.

    Examples
    --------
    >>> load(FOLDER / "xor.json")["title"]["en"]
    'Why one is not enough'
    """
    try:
        lesson = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"lesson {path.name}: the file must be JSON; got {error}.") from None
    if not isinstance(lesson, dict) or not isinstance(lesson.get("steps"), list) or not lesson["steps"]:
        raise DataError(f"lesson {path.name}: it must have a title and steps. See docs/playground.md.")
    _check_words(path.name, "title", lesson.get("title"))
    for number, step in enumerate(lesson["steps"], 1):
        if not isinstance(step, dict) or "text" not in step:
            raise DataError(f"lesson {path.name}: step {number} must have a text; got none.")
        for part in WORDS:
            if part in step:
                _check_words(path.name, f"step {number}, {part}", step[part])
        Settings().changed(step.get("settings", {}))
    return {**lesson, "name": path.stem}


def _check_words(name: str, part: str, words: Any) -> None:
    if not isinstance(words, dict) or not all(
        isinstance(words.get(lang), str) and words[lang] for lang in ("en", "ja")
    ):
        raise DataError(f'lesson {name}: {part} must be {{"en": …, "ja": …}}; got {words!r:.60}.')
