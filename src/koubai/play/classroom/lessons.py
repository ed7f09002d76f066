"""Lessons: JSON files that set what is shown and say what to look for."""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zlib import crc32

from koubai.core.errors import DataError, KoubaiError
from koubai.core.language import LANGUAGES
from koubai.play.checks import shown
from koubai.play.classroom.goals import COMPARISONS, METRICS
from koubai.play.settings import CHECKS, Settings

FOLDER = Path(str(files("koubai"))) / "play" / "lessons"
WORDS = ("text", "question", "answer")
PARTS = frozenset((*WORDS, "settings", "show", "hide", "choices", "predict", "hints", "goal", "free"))
MOST_CHOICES, MOST_HINTS = 6, 5
FREED = frozenset((*CHECKS, "weights"))
"""What a step may leave free: any setting, and weights edited by hand."""
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


def with_own(own: Mapping[str, dict[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
    """Return all lessons by name: the user's own first, then those included with koubai."""
    found = own or {}
    return {**found, **{name: ready(name) for name in names() if name not in found}}


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
    digest = f"{crc32(json.dumps(steps, ensure_ascii=False, sort_keys=True).encode()):08x}"
    return {**lesson, "name": path.stem, "title": title, "steps": steps, "digest": digest}


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
    if ("question" in step) != ("answer" in step or "choices" in step):
        raise DataError(f"{where} must have a question with an answer or choices, or none of them; only one is given.")
    for part in ("show", "predict"):
        if not isinstance(step.get(part, False), bool):
            raise DataError(f"{where}: {part} must be true or false; got {shown(step[part])}.")
    if step.get("predict") and "choices" not in step:
        raise DataError(f"{where}: predict must come with choices to predict from; they are missing.")
    said: dict[str, Any] = {part: _in_all_languages(where, part, step[part]) for part in WORDS if part in step}
    if "choices" in step:
        said["choices"] = _choices(where, step["choices"])
    if "hints" in step:
        hints = _list(where, "hints", step["hints"], 1, MOST_HINTS)
        said["hints"] = [_in_all_languages(where, f"hints[{index}]", hint) for index, hint in enumerate(hints)]
    if "goal" in step:
        _check_goal(f"{where}: goal", step["goal"])
    for name in _list(where, "free", step.get("free", []), 0, len(FREED)):
        if name not in FREED:
            raise DataError(f"{where}: free must hold names of settings, or weights; got {shown(name)}.")
    return {**step, **said}


def _list(where: str, part: str, value: Any, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise DataError(f"{where}: {part} must be a list of {least} to {most}; got {shown(value)}.")
    return value


def _choices(where: str, choices: Any) -> list[dict[str, Any]]:
    """Return the choices of a question with their texts in all languages; at least one of them is right."""
    found = []
    for index, choice in enumerate(_list(where, "choices", choices, 2, MOST_CHOICES)):
        here = f"choices[{index}]"
        if not isinstance(choice, dict) or not {"text"} <= set(choice) <= {"text", "right", "feedback"}:
            raise DataError(f"{where}: {here} must have a text, and may have right and feedback; got {shown(choice)}.")
        if not isinstance(choice.get("right", False), bool):
            raise DataError(f"{where}: {here}.right must be true or false; got {shown(choice['right'])}.")
        said = {
            part: _in_all_languages(where, f"{here}.{part}", choice[part])
            for part in ("text", "feedback")
            if part in choice
        }
        found.append({**choice, **said})
    if not any(choice.get("right") for choice in found):
        raise DataError(f'{where}: choices must have one that is right; got none. Give it "right": true.')
    return found


def _check_goal(where: str, goal: Any) -> None:
    if not isinstance(goal, dict) or not goal:
        raise DataError(
            f'{where} must be conditions by metric, such as {{"test_loss": {{"below": 0.1}}}}; got {shown(goal)}.'
        )
    for metric, conditions in goal.items():
        if metric not in METRICS:
            raise DataError(f"{where} must be about one of {', '.join(METRICS)}; got {shown(metric)}.")
        if not isinstance(conditions, dict) or not conditions or not set(conditions) <= set(COMPARISONS):
            raise DataError(f"{where}.{metric} must compare by {', '.join(COMPARISONS)}; got {shown(conditions)}.")
        for name, limit in conditions.items():
            if isinstance(limit, bool) or not isinstance(limit, int | float) or not abs(limit) < 1e9:
                raise DataError(f"{where}.{metric}.{name} must be a number; got {shown(limit)}.")


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
