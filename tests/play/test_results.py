"""What students hand in from lessons is marked by the lesson, not by what the page claims."""

import base64
import csv
import json
from zlib import crc32

import pytest

from koubai.cli.main import main
from koubai.play.classroom import lessons


def record(student="Aiko", name="xor", **changed):
    """What the page keeps of a student who did everything well."""
    lesson = lessons.ready(name)
    steps = []
    for step in lesson["steps"]:
        right = [at for at, choice in enumerate(step.get("choices", ())) if choice.get("right")]
        measured = {metric: next(iter(limits.values())) for metric, limits in step["goal"].items()}
        steps.append({"choices": right, "hints": 0, "goal": {"epoch": 40, "measured": measured}, "seen": True})
    return {
        "format": 1,
        "lesson": name,
        "digest": lesson["digest"],
        "student": student,
        "began": "2026-01-05T09:00:00Z",
        "steps": steps,
        **changed,
    }


def code(result):
    body = base64.urlsafe_b64encode(json.dumps(result, ensure_ascii=False).encode()).decode().rstrip("=")
    return f"KOUBAI1.{body}.{crc32(body.encode()):08x}"


def scores(folder, *arguments):
    out = folder.parent / "scores.csv"
    status = main(["grade", str(folder), "--out", str(out), "--force", *arguments])
    with out.open(encoding="utf-8-sig", newline="") as file:
        return status, list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "results"
    made.mkdir()
    return made


def test_a_folder_of_files_and_codes_becomes_a_table_of_scores(folder, capsys):
    (folder / "a.json").write_text(json.dumps(record()), encoding="utf-8")
    half = record("村田 ゆう")
    half["steps"][0] = {"choices": [0, 1], "hints": 0, "goal": None, "seen": True}
    half["steps"][2] = {"choices": [], "hints": 2, "goal": None, "seen": False}
    (folder / "mail.txt").write_text(f"Dear teacher,\nhere is mine:\n{code(half)}\nBest wishes\n", encoding="utf-8")
    status, rows = scores(folder, "--lang", "en")
    assert status == 0
    assert [row["student"] for row in rows] == ["Aiko", "村田 ゆう"]
    assert [float(row["points"]) for row in rows] == [4, 1.5], "a wrong try first leaves half of a point"
    assert {float(row["of"]) for row in rows} == {4}
    assert "About half" in rows[1]["mistakes"]
    assert "Aiko" in capsys.readouterr().out


def test_codes_of_several_students_in_one_text_even_with_broken_lines(folder):
    one, two = code(record("A")), code(record("B"))
    (folder / "all.txt").write_text(f"{one[:70]}\n{one[70:]}\n{two}\n", encoding="utf-8")
    assert [row["student"] for row in scores(folder)[1]] == ["A", "B"]


def test_a_goal_is_judged_by_its_numbers(folder):
    cheat = record()
    cheat["steps"][1]["goal"]["measured"] = {"train_accuracy": 0.5, "hidden_nodes": 3}
    (folder / "a.json").write_text(json.dumps(cheat), encoding="utf-8")
    row = scores(folder)[1][0]
    assert float(row["points"]) == 3
    assert float(row["question xor 2 goal"]) == 0


def test_a_prediction_counts_as_it_was_made(folder):
    changed = record(name="perceptron")
    changed["steps"][1]["choices"] = [0, 1]
    (folder / "a.json").write_text(json.dumps(changed), encoding="utf-8")
    assert float(scores(folder)[1][0]["question perceptron 2 answer"]) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (code(record())[:-1] + "x", "must hold a result file or a result code"),
        (code(record()).replace("KOUBAI1.e", "KOUBAI1.f", 1), "the result code was changed or cut off"),
        (json.dumps({**record(), "steps": [1], "began": ""}), "lacks what the page writes into it"),
        (json.dumps(record()).replace('"epoch": 40', '"epoch": "many"'), "lacks what the page writes into it"),
        (f"KOUBAI1.abcde.{crc32(b'abcde'):08x}", "must be JSON as the page saved it"),
        (json.dumps(record(lesson="mine")), "the lesson 'mine' is not known here"),
        ('{"lesson": "steps" "began"', "must be JSON as the page saved it"),
    ],
    ids=range(7),
)
def test_a_bad_file_is_named_and_the_others_are_marked(folder, capsys, content, words):
    (folder / "good.json").write_text(json.dumps(record("Good")), encoding="utf-8")
    (folder / "bad.txt").write_text(content, encoding="utf-8")
    status, rows = scores(folder)
    assert status == 0
    assert [row["student"] for row in rows] == ["Good"]
    assert words in capsys.readouterr().err


def test_a_teacher_s_own_lesson_marks_its_results(folder, capsys):
    step = {
        "text": {"en": "Look."},
        "question": {"en": "?"},
        "choices": [{"text": {"en": "a"}}, {"text": {"en": "b"}, "right": True}],
    }
    (folder / "mine.json").write_text(json.dumps({"title": {"en": "T"}, "steps": [step]}), encoding="utf-8")
    lesson = lessons.load(folder / "mine.json")
    result = record(
        lesson="mine", digest=lesson["digest"], steps=[{"choices": [1], "hints": 0, "goal": None, "seen": True}]
    )
    (folder / "a.json").write_text(json.dumps(result), encoding="utf-8")
    rows = scores(folder)[1]
    assert float(rows[0]["points"]) == float(rows[0]["of"]) == 1


def test_handing_in_twice_is_told_and_the_last_counts(folder, capsys):
    first = record()
    first["steps"][0]["choices"] = []
    (folder / "1.json").write_text(json.dumps(first), encoding="utf-8")
    (folder / "2.json").write_text(json.dumps(record()), encoding="utf-8")
    assert float(scores(folder)[1][0]["points"]) == 4
    assert "Aiko handed in xor more than once; the last counts." in capsys.readouterr().err
