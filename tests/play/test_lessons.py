"""Lessons: the ready ones run and say what they promise; one that is wrong gets a sentence that says where."""

import json
import os
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from koubai.core.errors import DataError
from koubai.play.classroom import lessons
from koubai.play.messages import MESSAGES
from koubai.play.runs.run import PlaygroundRun
from koubai.play.serving.app import make_app
from koubai.play.settings import Settings

READY = (
    "perceptron",
    "xor",
    "features",
    "hidden-layers",
    "learning-rate",
    "backpropagation",
    "optimizers",
    "activations",
    "initial-values",
    "batches",
    "overfitting",
    "regression",
    "penguins",
    "convolution",
    "few-images",
)


def test_the_lessons_follow_the_lecture():
    assert lessons.names() == READY


@pytest.mark.parametrize("name", READY)
def test_a_ready_lesson_is_complete_in_both_languages_and_every_step_trains(name):
    path = lessons.FOLDER / f"{name}.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["name"] == name
    said = [written["title"]]
    settings = Settings()
    for step in written["steps"]:
        said += [step[part] for part in ("text", "question", "answer") if part in step] + step.get("hints", [])
        said += [choice[part] for choice in step.get("choices", ()) for part in ("text", "feedback")]
        assert "goal" in step
        assert step.get("choices") is None or sum(choice.get("right", False) for choice in step["choices"]) == 1
        settings = settings.changed(step["settings"])
        run = PlaygroundRun.of(settings, {})
        run.train(3)
        assert run.is_finite
    for words in said:
        assert set(words) == {"en", "ja"}
        assert all(words.values())
    assert lessons.load(path)["steps"] == written["steps"]


@pytest.mark.parametrize("name", lessons.names())
def test_a_lesson_runs_as_slowly_as_one_can_follow(name):
    for step in lessons.load(lessons.FOLDER / f"{name}.json")["steps"]:
        assert 1 <= step["settings"]["pace"] <= 100  # at full speed a slow method is over as soon as a quick one


GOOD = {"title": {"en": "T", "ja": "題"}, "steps": [{"text": {"en": "Look.", "ja": "見よう。"}, "settings": {}}]}


def changed(**step):
    return {**GOOD, "steps": [GOOD["steps"][0], {**GOOD["steps"][0], **step}]}


@pytest.mark.parametrize(
    ("lesson", "words"),
    [
        ("{", "the file must be JSON in UTF-8"),
        (b"\xff\xfe", "the file must be JSON in UTF-8"),
        ("[" * 100_000, "the file must be JSON"),
        (" " * (2**20 + 1), "at most 1 MiB"),
        ([], "must have a title and steps"),
        ({"title": GOOD["title"]}, "must have a title and steps"),
        ({**GOOD, "title": "T"}, 'title must be {"en": …, "ja": …} or one of them'),
        ({**GOOD, "title": {"fr": "T"}}, "title must be"),
        ({**GOOD, "titel": 1}, "it may have name, order, title and steps; got 'titel'"),
        ({**GOOD, "order": "first"}, "order must be a number; got 'first'"),
        ({**GOOD, "steps": GOOD["steps"] * 101}, "at most 100 steps; got 101"),
        ({**GOOD, "steps": ["text"]}, "step 1 must have a text"),
        (changed(text={"en": ""}), "step 2: text must be"),
        (changed(text={"en": "x" * 5001}), "each of 1 to 5000 characters"),
        (changed(question={"en": "?"}), "step 2 must have a question with an answer or choices, or none of them"),
        (changed(show="yes"), "step 2: show must be true or false; got 'yes'"),
        (
            changed(question={"en": "?"}, choices=[{"text": {"en": "a"}, "right": True}]),
            "step 2: choices must be a list of 2 to 6",
        ),
        (
            changed(question={"en": "?"}, choices=[{"text": {"en": "a"}}] * 2),
            "step 2: choices must have one that is right",
        ),
        (changed(question={"en": "?"}, choices=[{"text": {"en": "a"}, "wrong": 1}] * 2), "choices[0] must have a text"),
        (changed(predict=True), "step 2: predict must come with choices"),
        (changed(hints=[]), "step 2: hints must be a list of 1 to 5; got []"),
        (changed(goal={}), "step 2: goal must be conditions by metric"),
        (changed(goal={"loss": {"below": 1}}), "step 2: goal must be about one of train_loss, test_loss"),
        (changed(goal={"epoch": {"is": 1}}), "step 2: goal.epoch must compare by below, above, at_most, at_least"),
        (changed(goal={"epoch": {"below": "1"}}), "step 2: goal.epoch.below must be a number; got '1'"),
        (changed(free=["nodes"]), "step 2: free must hold names of settings, or weights; got 'nodes'"),
        (changed(hide="noise"), "step 2: hide must be a list"),
        (changed(setings={}), "got 'setings'"),
        (changed(settings=[1]), "step 2: settings must be an object"),
        (changed(settings={"hiden": [2]}), "step 2: a setting must be one of dataset, noise"),
        (changed(settings={"hidden": [99]}), r"step 2: hidden[0] must be a whole number from 1 to 32; got 99"),
        (changed(settings={"learning_rate": float("nan")}), "step 2: learning_rate must be a number"),
    ],
    ids=range(32),
)
def test_a_wrong_lesson_gets_a_sentence_that_says_where(tmp_path, lesson, words):
    path = tmp_path / "mine.json"
    content = lesson if isinstance(lesson, str | bytes) else json.dumps(lesson)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        lessons.load(path)
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.startswith("lesson mine.json")
    assert "\n" not in sentence
    assert len(sentence) < 700


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(DataError, match=r"^lesson pipe\.json: it must be a regular file; it is none"):
        lessons.load(tmp_path / "pipe.json")


@pytest.mark.parametrize("name", ["Großes.json", "a b.json", "-x.json", "2.json"])
def test_a_lesson_s_file_has_a_name_that_can_stand_in_a_link(tmp_path, name):
    (tmp_path / name).write_text(json.dumps(GOOD), encoding="utf-8")
    with pytest.raises(DataError, match="lower-case letters, digits and hyphens"):
        lessons.load(tmp_path / name)


def test_a_teacher_s_own_lesson_stands_before_the_ready_ones(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8-sig")
    own = lessons.load(path)
    with TestClient(make_app(lessons={"mine": own}), base_url="http://127.0.0.1:8800") as client:
        assert [each["name"] for each in client.get("/lessons.json").json()] == ["mine", *READY]
        assert client.get("/lessons/mine.json").json() == own
        assert client.get("/lessons/xor.json").json()["steps"]
        answer = client.get("/lessons/none.json")
        assert answer.status_code == 404
        assert answer.json()["text"] == "No such lesson."


DOCS = (Path(__file__).parents[2] / "docs" / "playground.md").read_text(encoding="utf-8")


def test_the_lesson_in_the_documentation_is_one(tmp_path):
    path = tmp_path / "my-lesson.json"
    path.write_text(re.search(r"```json\n(.*?)```", DOCS, re.DOTALL)[1], encoding="utf-8")
    assert len(lessons.load(path)["steps"]) == 2


def test_the_documentation_names_every_message_and_its_parts():
    for kind, parts in MESSAGES.items():
        rows = [line for line in DOCS.splitlines() if line.startswith("| `") and f"`{kind}`" in line.split("|")[1]]
        assert any(all(f"`{part}`" in row for part in parts) for row in rows), (
            kind
        )  # lessons' steps have such words too
