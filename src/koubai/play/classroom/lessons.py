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
from koubai.core.language import LANGUAGES, term, worded
from koubai.core.schema import Record
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
def ready(name: str) -> dict[str, object]:
    """Return a lesson included with koubai."""
    return load(FOLDER / f"{name}.json")


def with_own(own: Mapping[str, Record] | None = None) -> dict[str, Record]:
    """Return all lessons by name: the user's own first, then those included with koubai."""
    found = own or {}
    return {**found, **{name: ready(name) for name in names() if name not in found}}


def load(path: Path) -> Record:
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
    where = worded("playground.note.lesson", name=path.name)
    lesson = _content(path, where)
    if not NAME.fullmatch(path.stem):
        raise DataError(worded("playground.error.file_name_consist_lower_case", where=where, shown=shown(path.stem)))
    if not isinstance(lesson, dict) or not isinstance(lesson.get("steps"), list) or not lesson["steps"]:
        raise DataError(worded("playground.error.have_title_steps_at_least", where=where))
    title = _in_all_languages(where, "title", lesson.get("title"))
    for name in lesson:
        if name not in ("name", "order", "title", "steps"):
            raise DataError(worded("playground.error.may_have_name_order_title", where=where, shown=shown(name)))
    if isinstance(lesson.get("order", 0), bool) or not isinstance(lesson.get("order", 0), int | float):
        raise DataError(worded("playground.error.order_number_got", where=where, shown=shown(lesson["order"])))
    if len(lesson["steps"]) > MOST_STEPS:
        raise DataError(
            worded(
                "playground.error.have_at_most_steps_got",
                where=where,
                most_steps=MOST_STEPS,
                n_lesson=len(lesson["steps"]),
            )
        )
    settings, steps = Settings(), []
    for number, step in enumerate(lesson["steps"], 1):
        steps.append(_checked(worded("playground.note.step", where=where, number=number), step))
        settings = _after(worded("playground.note.step", where=where, number=number), step, settings)
    digest = f"{crc32(json.dumps(steps, ensure_ascii=False, sort_keys=True).encode()):08x}"
    return {**lesson, "name": path.stem, "title": title, "steps": steps, "digest": digest}


def _content(path: Path, where: str) -> object:
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe without a writer would be waited for
        raise DataError(worded("playground.error.regular_file_none", where=where))
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise DataError(
                worded("playground.error.file_at_most_mib_larger", where=where, most_bytes=MOST_BYTES // 2**20)
            )
        return json.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise DataError(worded("playground.error.file_readable_got", where=where, lower=_reason(error))) from None
    except RecursionError:
        raise DataError(worded("playground.error.file_json_few_levels_nesting", where=where)) from None
    except ValueError as error:
        raise DataError(worded("playground.error.file_json_utf_got", where=where, error=error)) from None


def _reason(error: OSError) -> str:
    return term((error.strerror or "nothing").lower())


def _checked(where: str, step: object) -> Record:
    """Return a step with its texts in all languages."""
    if not isinstance(step, dict) or "text" not in step:
        raise DataError(worded("playground.error.have_text_missing", where=where))
    for name in step:
        if name not in PARTS:
            raise DataError(
                worded(
                    "playground.error.may_have_got_remove",
                    where=where,
                    parts=", ".join(sorted(PARTS)),
                    shown=shown(name),
                )
            )
    if ("question" in step) != ("answer" in step or "choices" in step):
        raise DataError(worded("playground.error.have_question_answer_choices_none", where=where))
    for part in ("show", "predict"):
        if not isinstance(step.get(part, False), bool):
            raise DataError(worded("playground.error.true_false_got", where=where, part=part, shown=shown(step[part])))
    if step.get("predict") and "choices" not in step:
        raise DataError(worded("playground.error.predict_come_choices_predict_missing", where=where))
    said: Record = {part: _in_all_languages(where, part, step[part]) for part in WORDS if part in step}
    if "choices" in step:
        said["choices"] = _choices(where, step["choices"])
    if "hints" in step:
        hints = _list(where, "hints", step["hints"], 1, MOST_HINTS)
        said["hints"] = [_in_all_languages(where, f"hints[{index}]", hint) for index, hint in enumerate(hints)]
    if "goal" in step:
        _check_goal(f"{where}: goal", step["goal"])
    for name in _list(where, "free", step.get("free", []), 0, len(FREED)):
        if name not in FREED:
            raise DataError(worded("playground.error.free_hold_names_settings_weights", where=where, shown=shown(name)))
    return {**step, **said}


def _list(where: str, part: str, value: object, least: int, most: int) -> list[object]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise DataError(
            worded("playground.error.list_got", where=where, part=part, least=least, most=most, shown=shown(value))
        )
    return value


def _choices(where: str, choices: object) -> list[dict[str, object]]:
    """Return the choices of a question with their texts in all languages; at least one of them is right."""
    found = []
    for index, choice in enumerate(_list(where, "choices", choices, 2, MOST_CHOICES)):
        here = f"choices[{index}]"
        if not isinstance(choice, dict) or not {"text"} <= set(choice) <= {"text", "right", "feedback"}:
            raise DataError(
                worded("playground.error.have_text_may_have_right", where=where, here=here, shown=shown(choice))
            )
        if not isinstance(choice.get("right", False), bool):
            raise DataError(
                worded("playground.error.right_true_false_got", where=where, here=here, shown=shown(choice["right"]))
            )
        said = {
            part: _in_all_languages(where, f"{here}.{part}", choice[part])
            for part in ("text", "feedback")
            if part in choice
        }
        found.append({**choice, **said})
    if not any(choice.get("right") for choice in found):
        raise DataError(worded("playground.error.choices_have_right_got_none", where=where))
    return found


def _check_goal(where: str, goal: object) -> None:
    if not isinstance(goal, dict) or not goal:
        raise DataError(worded("playground.error.conditions_metric_such_got", where=where, shown=shown(goal)))
    for metric, conditions in goal.items():
        if metric not in METRICS:
            raise DataError(
                worded("playground.error.about_got", where=where, metrics=", ".join(METRICS), shown=shown(metric))
            )
        if not isinstance(conditions, dict) or not conditions or not set(conditions) <= set(COMPARISONS):
            raise DataError(
                worded(
                    "playground.error.compare_got",
                    where=where,
                    metric=metric,
                    comparisons=", ".join(COMPARISONS),
                    shown=shown(conditions),
                )
            )
        for name, limit in conditions.items():
            if isinstance(limit, bool) or not isinstance(limit, int | float) or not abs(limit) < 1e9:
                raise DataError(
                    worded("playground.error.number_got", where=where, metric=metric, name=name, shown=shown(limit))
                )


def _after(where: str, step: Mapping[str, object], before: Settings) -> Settings:
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
            worded(
                "playground.error.them_each_characters_got",
                where=where,
                part=part,
                most_words=MOST_WORDS,
                shown=shown(words),
            )
        )
    one = next(iter(words.values()))
    return {lang: words.get(lang, one) for lang in LANGUAGES}
