"""The notebooks of the course: made from their sources, alike in both languages; solved they run, else they say so."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from koubai.explain.tasks import TaskError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "build-course"
NAMES = [path.stem for path in sorted((ROOT / "course").glob("[0-9]*.py"))]
NOTEBOOKS = {lang: [ROOT / "notebooks" / lang / f"{name}.ipynb" for name in NAMES] for lang in ("en", "ja")}
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
OF_A_GRADED_CELL = {"cell_type", "grade", "grade_id", "locked", "points", "schema_version", "solution", "task"}
"""What nbgrader's schema of version 3 asks of a cell that earns points."""


def cells_of(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def built(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script that makes the notebooks."""
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the notebooks with their solutions."""
    folder = tmp_path_factory.mktemp("solved")
    assert built("--solved", folder).returncode == 0
    return folder


def test_there_are_twelve_and_a_report_in_the_order_that_readers_know() -> None:
    assert [name[:2] for name in NAMES] == [f"{number:02d}" for number in range(1, 14)]
    order = ("perceptron", "network", "loss", "numerical", "backpropagation", "optimizers", "table", "images", "report")
    found = [next(index for index, name in enumerate(NAMES) if word in name) for word in order]
    assert found == sorted(found)


def test_the_notebooks_are_those_of_their_sources() -> None:
    done = built("--check")
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_cells(name: str) -> None:
    english, japanese = (cells_of(ROOT / "notebooks" / lang / f"{name}.ipynb") for lang in ("en", "ja"))
    assert [(c["cell_type"], c["metadata"]) for c in english] == [(c["cell_type"], c["metadata"]) for c in japanese]
    for one, other in zip(english, japanese, strict=True):
        said = "".join(one["source"]), "".join(other["source"])
        assert not JAPANESE.search(said[0]), said[0]
        assert one["cell_type"] == "code" or JAPANESE.search(said[1]), said[1]
        assert not any("both" in re.findall(r"\w+(?=\()", text) for text in said)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", NAMES)
def test_students_get_valid_notebooks_without_solutions(name: str, lang: str) -> None:
    path = ROOT / "notebooks" / lang / f"{name}.ipynb"
    import nbformat

    nbformat.validate(nbformat.read(path, 4))
    cells = cells_of(path)
    assert "SOLUTION" not in path.read_text(encoding="utf-8")
    marked = [cell["metadata"]["nbgrader"] for cell in cells if cell["metadata"]]
    assert len({each["grade_id"] for each in marked}) == len(marked) > 3
    for each in marked:
        assert set(each) == OF_A_GRADED_CELL - (set() if each["grade"] else {"points"})
        assert each["schema_version"] == 3
        assert each["locked"] == (each["grade"] and not each["solution"])


def test_every_task_in_code_has_its_check() -> None:
    for path in NOTEBOOKS["en"]:
        marked = [cell["metadata"]["nbgrader"] for cell in cells_of(path) if cell["metadata"]]
        checks = {each["grade_id"] for each in marked if not each["solution"]}
        for each in marked:
            if each["solution"] and not each["grade"]:
                assert f"check-{each['grade_id']}" in checks, (path.name, each["grade_id"])


def test_the_example_of_the_report_is_kept_apart(solved: Path) -> None:
    assert (solved / "ja" / "13-report-example.ipynb").is_file()
    assert not list((ROOT / "notebooks").rglob("*example*"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", [*NAMES, "13-report-example"])
def test_a_solved_notebook_runs_in_a_kernel_and_passes_its_checks(name: str, lang: str, solved: Path) -> None:
    import nbclient
    import nbformat

    notebook = nbformat.read(solved / lang / f"{name}.ipynb", 4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    said = "".join(
        output.get("text", "") for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    )
    assert said.count("✓") > 2
    assert "✗" not in said


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", NAMES)
def test_unsolved_every_check_says_in_a_sentence_that_something_is_missing(
    name: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOUBAI_LANG", lang)  # the notebook sets it, and it is set back at the end
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells_of(ROOT / "notebooks" / lang / f"{name}.ipynb"):
        if cell["cell_type"] != "code":
            continue
        said = cell["metadata"].get("nbgrader", {})
        code = compile("".join(cell["source"]), said.get("grade_id", cell["id"]), "exec")
        if said.get("grade"):
            with pytest.raises(TaskError, match=r"YOUR CODE HERE|AttributeError"):
                exec(code, names)
        else:
            exec(code, names)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nbgrader_makes_the_assignment_and_marks_what_students_hand_in(solved: Path, tmp_path: Path) -> None:
    """A right notebook gets all points, a wrong one loses those of its wrong task, and the empty one has none."""
    pytest.importorskip("nbgrader", reason="scripts/install-extra test-slow")
    name, lang = "05-loss", "ja"
    beside = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # it calls alembic

    def graded(*words: str) -> None:
        command = [sys.executable, "-m", "nbgrader", *words, "--course=koubai"]
        done = subprocess.run(command, cwd=tmp_path, env=beside, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]

    source = tmp_path / "source" / name / f"{name}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes((solved / lang / f"{name}.ipynb").read_bytes())
    graded("generate_assignment", name)
    release = tmp_path / "release" / name / f"{name}.ipynb"
    ours = cells_of(ROOT / "notebooks" / lang / f"{name}.ipynb")
    assert [cell["source"] for cell in cells_of(release)] == [cell["source"] for cell in ours]

    right, empty = (json.loads(path.read_text(encoding="utf-8")) for path in (source, release))
    tasks = [at for at, cell in enumerate(ours) if cell["metadata"].get("nbgrader", {}).get("solution")]
    wrong = {**right, "cells": [*right["cells"]]}
    wrong["cells"][tasks[0]] = empty["cells"][tasks[0]]
    for student, handed_in in (("right", right), ("wrong", wrong), ("empty", empty)):
        place = tmp_path / "submitted" / student / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(handed_in), encoding="utf-8")
    graded("autograde", name)
    graded("export", "--to=grades.csv")
    rows = csv.DictReader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines())
    points = {row["student_id"]: float(row["raw_score"]) for row in rows}
    said = [cell["metadata"].get("nbgrader", {}) for cell in ours]
    full = sum(each["points"] for each in said if each.get("grade"))
    lost = next(each["points"] for each in said if each.get("grade_id") == f"check-{said[tasks[0]]['grade_id']}")
    assert points == {"right": full, "wrong": full - lost, "empty": 0}
