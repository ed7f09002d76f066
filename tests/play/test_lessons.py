"""The ready lessons: complete in both languages, and made of settings that a playground knows."""

import json
from importlib.resources import files

import pytest

LESSONS = sorted((files("koubai") / "play" / "lessons").iterdir(), key=lambda path: path.name)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_a_lesson_speaks_both_languages_and_answers_its_questions(path):
    lesson = json.loads(path.read_text(encoding="utf-8"))
    assert f"{lesson['name']}.json" == path.name
    said = [lesson["title"]]
    for step in lesson["steps"]:
        assert ("question" in step) == ("answer" in step)
        said += [step[part] for part in ("text", "question", "answer") if part in step]
    for words in said:
        assert set(words) == {"en", "ja"}
        assert all(words.values())


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_the_settings_of_a_lesson_are_allowed(path):
    from koubai.play.settings import Settings

    settings = Settings()
    for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
        settings = settings.changed(step["settings"])
