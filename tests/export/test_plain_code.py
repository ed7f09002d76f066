"""C, JavaScript and Python say the same as the model: each is compiled and run by itself on every kind of model."""

import importlib
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.export.matrix import Case, cases

import koubai
from koubai.export import export
from koubai.export.models import describe

NEAR = {"rtol": 1e-6, "atol": 1e-9}
SINGLE = {"rtol": 1e-5, "atol": 1e-6}
DIVIDED = {"rtol": 1e-4, "atol": 1e-6}
"""Of a Neocognitron, which computes in single precision and divides small numbers by each other."""
"""How near answers of models in single precision are, which themselves are rounded at each step."""


def needed(package: str) -> Any:
    """Return a package of the extra test-slow; where it is not there, skip, but in continuous integration fail."""
    if os.environ.get("CI") == "true":
        return importlib.import_module(package)
    return pytest.importorskip(package, reason="scripts/install-extra test-slow")


def near(case: Case) -> dict[str, float]:
    if isinstance(case.model, koubai.Neocognitron):
        return DIVIDED
    return SINGLE if getattr(case.network, "theta_", np.empty(0)).dtype == np.float32 else NEAR


def check(case: Case, predictions: list[Any], scores: Any) -> None:
    """Compare answers with the model's own."""
    wanted, wanted_scores = case.expected()
    if wanted_scores is None:
        np.testing.assert_allclose(predictions, wanted, **near(case), err_msg=case.name)
        return
    np.testing.assert_allclose(np.reshape(scores, wanted_scores.shape), wanted_scores, **near(case), err_msg=case.name)
    assert predictions == wanted, case.name


def check_sets(case: Case, found: list[Any]) -> None:
    """Compare the classes in each row's set with those of the model's, which are not always one."""
    wanted = case.sets()
    assert [" | ".join(map(str, labels)) for labels in found] == wanted
    assert {" | " in labels for labels in wanted or ()} == {True, False}


def plain(value: Any) -> Any:
    """Return a cell as JSON and C have it."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def rows_as_json(case: Case) -> str:
    records = case.records
    if isinstance(records[0], dict):
        records = [{name: plain(value) for name, value in row.items()} for row in records]
    return json.dumps(records)


def applied(case: Case, labels: list[list[Any]]) -> list[list[int]]:
    """Return labels as rows of 0 and 1."""
    return [[int(label in row) for label in case.model.classes_] for row in labels]


def test_python_needs_nothing_and_says_the_same(tmp_path: Path) -> None:
    program = ["import importlib, json, pathlib, sys", "answers = {}"]
    for number, case in enumerate(cases()):
        export(case.model, "python", tmp_path / f"model_{number}.py")
        (tmp_path / f"rows_{number}.json").write_text(rows_as_json(case))
        program.append(
            f"predict = importlib.import_module('model_{number}').predict\n"
            f"answers[{number}] = [predict(row) for row in json.loads(pathlib.Path('rows_{number}.json').read_text())]"
        )
    program.append("json.dump(answers, sys.stdout)")
    (tmp_path / "run.py").write_text("\n".join(program))
    done = subprocess.run([sys.executable, "-S", "-W", "error", "run.py"], cwd=tmp_path, capture_output=True, text=True)
    assert not done.stderr
    found = json.loads(done.stdout)
    for number, case in enumerate(cases()):
        answers = found[str(number)]
        if case.expected()[1] is None:
            check(case, answers, None)
        else:
            predictions = [answer[0] for answer in answers]
            predictions = applied(case, predictions) if case.name == "classifier-many" else predictions
            check(case, predictions, [answer[1] for answer in answers])
        if case.sets() is not None:
            check_sets(case, [answer[2] for answer in answers])


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_says_the_same(tmp_path: Path) -> None:
    program = ["import { readFileSync } from 'fs';", "const answers = [];"]
    for number, case in enumerate(cases()):
        export(case.model, "js", tmp_path / f"model_{number}.mjs")
        (tmp_path / f"rows_{number}.json").write_text(rows_as_json(case))
        program.append(
            f"import {{ predict as predict_{number} }} from './model_{number}.mjs';\n"
            f"answers.push(JSON.parse(readFileSync('rows_{number}.json')).map((row) => predict_{number}(row)));"
        )
    program.append("console.log(JSON.stringify(answers));")
    (tmp_path / "run.mjs").write_text("\n".join(program))
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, text=True)
    assert not done.stderr
    for case, answers in zip(cases(), json.loads(done.stdout), strict=True):
        if case.expected()[1] is None:
            with_ends = isinstance(answers[0], dict)
            check(case, [[*answer.values()] for answer in answers] if with_ends else answers, None)
        else:
            predictions = [answer["prediction"] for answer in answers]
            predictions = applied(case, predictions) if case.name == "classifier-many" else predictions
            check(case, predictions, [answer.get("probabilities", answer.get("scores")) for answer in answers])
        if case.sets() is not None:
            check_sets(case, [answer["set"] for answer in answers])


def literal(given: Any, value: Any) -> str:
    """Return a cell as C writes it."""
    if given.kind == "category":
        return "NULL" if value is None else json.dumps(str(value))
    if given.kind == "text":
        return "NULL" if value is None else '"' + "".join(f"\\{byte:03o}" for byte in value.encode()) + '"'
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "NAN"
    if given.kind == "date":
        parts = [value.year, value.month, value.day, getattr(value, "hour", 0), getattr(value, "minute", 0)]
        return f"koubai_date({', '.join(map(str, parts))})"
    return repr(float(value))


def driver(case: Case, name: str) -> str:
    """Return a C program that prints the index of the predicted class, or nothing, and all scores of each row."""
    described = describe(case.model)
    width, kind = described.steps[-1].width, described.answer.kind
    inputs = described.inputs
    if inputs[0].kind == "row":
        rows = [f"{{{', '.join(map(repr, row))}}}" for row in case.records]
        table, row = f"double rows[][{inputs[0].width}]", "rows[r]"
    else:
        rows = [f"{{{', '.join(literal(each, row[each.name]) for each in inputs)}}}" for row in case.records]
        table, row = "koubai_row rows[]", "&rows[r]"
    answer = described.answer
    numbers = f"z[0] = predict({row});" if width == 1 else f"predict({row}, z);"
    calls = {
        "numbers": f"z[0] = predict({row}, z + 1);" if answer.has_interval else numbers,
        "labels": f"predict({row}, applies, z);",
    }
    in_set = "" if answer.reach is None else ", applies"
    call = calls.get(kind, f'printf("%d ", predict({row}, z{in_set}));')
    lines = [f'#include "{name}"', "#include <stdio.h>", "int main(void)", "{", f"    {table} = {{"]
    lines += [f"        {each}," for each in rows]
    lines += [
        "    };",
        f"    double z[{width}];",
        f"    int applies[{width}];",
        "    (void)applies;",
        f"    for (int r = 0; r < {len(rows)}; r++) {{",
        f"        {call}",
        f'        for (int i = 0; i < {width}; i++) printf("%.17g ", z[i]);',
    ]
    lines += (
        [f'        for (int i = 0; i < {width}; i++) printf("%d ", applies[i]);'] if kind == "labels" or in_set else []
    )
    return "\n".join([*lines, r'        printf("\n");', "    }", "    return 0;", "}", ""])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_c_compiles_without_a_warning_and_says_the_same(case: Case, tmp_path: Path) -> None:
    export(case.model, "c", tmp_path / "model.c")
    (tmp_path / "main.c").write_text(driver(case, "model.c"))
    options = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O0"]
    subprocess.run(["gcc", *options, "main.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    rows = [[float(cell) for cell in line.split()] for line in done.stdout.splitlines()]
    described = describe(case.model)
    if described.answer.kind == "numbers":
        check(case, [row[0] for row in rows] if len(rows[0]) == 1 else rows, None)
    elif described.answer.kind == "labels":
        n = described.steps[-1].width
        check(case, [[int(cell) for cell in row[n:]] for row in rows], [row[:n] for row in rows])
    else:
        n, classes = described.steps[-1].width, described.answer.classes
        check(case, [classes[int(row[0])] for row in rows], [row[1 : n + 1] for row in rows])
        if case.sets() is not None:
            check_sets(case, [[label for label, k in zip(classes, row[n + 1 :], strict=True) if k] for row in rows])
