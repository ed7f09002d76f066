"""Columns and classes may be called anything: names neither end a remark nor change in a text."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import koubai
from koubai.export import export

LIVE = ["a\nexport const live = 1;", "b\u2028export const also = 1;", "c*\\\n/ int live; /*", "d\x00\x0b"]
"""Names that would go on as code on a line of their own, or end a comment."""
CLASSES = ["what??!", 'a "\\n" \x01\x7f', "tab\there", "か2"]
FEW: dict[str, Any] = {"hidden_layer_sizes": (2,), "epochs": 1, "random_state": 0}
C99 = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O0"]


def _named() -> Any:
    table = pd.DataFrame(np.eye(8, 4), columns=LIVE)
    return koubai.MLPClassifier(**FEW).fit(table, np.array(CLASSES * 2))


def _classes_in_c(source: str, folder: Path) -> list[str]:
    (folder / "model.c").write_text(source, encoding="utf-8")
    (folder / "main.c").write_text(
        '#include "model.c"\n#include <stdio.h>\nint main(void)\n{\n'
        "    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++)\n"
        "        fwrite(classes[i], 1, strlen(classes[i]) + 1, stdout);\n    return 0;\n}\n".replace(
            "<stdio.h>", "<stdio.h>\n#include <string.h>"
        )
    )
    subprocess.run([*C99, "main.c", "-o", "main", "-lm"], cwd=folder, check=True)
    done = subprocess.run([folder / "main"], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_c_keeps_names_in_comments_and_classes_as_they_are(tmp_path: Path) -> None:
    source = str(export(_named(), "c"))
    assert _classes_in_c(source, tmp_path) == sorted(CLASSES)
    assert "a export const live = 1;" in source


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_keeps_names_in_comments(tmp_path: Path) -> None:
    (tmp_path / "model.mjs").write_text(str(export(_named(), "js")), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(
        'import * as model from "./model.mjs";\nconsole.log(JSON.stringify([Object.keys(model), model.classes]));\n'
    )
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, check=True)
    exported, classes = json.loads(done.stdout)
    assert exported == ["classes", "predict"]
    assert classes == sorted(CLASSES)


def test_python_keeps_names_in_comments(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(str(export(_named(), "python")), encoding="utf-8")
    run = "import json, model; print(json.dumps([sorted(vars(model)), model.CLASSES]))"
    done = subprocess.run([sys.executable, "-c", run], cwd=tmp_path, capture_output=True, check=True)
    names, classes = json.loads(done.stdout)
    assert "live" not in names
    assert classes == sorted(CLASSES)


@pytest.fixture(scope="module")
def of_texts() -> koubai.TableModel:
    """A model of a table whose columns have names that C's code has too, and categories that C would misread."""
    words = ["an old book about rivers and ", "a new lamp for the kitchen, with "]
    rows = [words[k % 2] + f"{k * 7 % 40} parts number {k} and {k * k} more" for k in range(40)]
    table = {"classes of": rows, "c*\\\n/": ["??!", "\x01", "x"] * 13 + ["x"], "kind": ["a??)", "b"] * 20}
    return koubai.TableModel(**FEW, n_members=1, text=["classes of"]).fit(pl.DataFrame(table), "kind")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_c_of_a_table_with_strange_names_and_categories_compiles(of_texts: Any, tmp_path: Path) -> None:
    assert _classes_in_c(str(export(of_texts, "c")), tmp_path) == ["a??)", "b"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_blanks_in_a_long_text_are_stripped_in_the_time_that_it_takes_to_read(of_texts: Any, tmp_path: Path) -> None:
    languages = {"js": "model.mjs", "python": "model.py"}
    for language, name in languages.items():
        (tmp_path / name).write_text(str(export(of_texts, language)), encoding="utf-8")
    long = f"\u3000\tx{' ' * 300_000}y\x85 \n"
    (tmp_path / "long.json").write_text(json.dumps({"classes of": long, "c*\\\n/": "x"}))
    (tmp_path / "run.mjs").write_text(
        'import { readFileSync } from "fs";\nimport { predict } from "./model.mjs";\n'
        'console.log(JSON.stringify(predict(JSON.parse(readFileSync("long.json"))).probabilities));\n'
    )
    run = "import json, model; print(json.dumps(list(model.predict(json.load(open('long.json')))[1])))"
    shown = [
        json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=20).stdout)
        for command in (["node", "run.mjs"], [sys.executable, "-c", run])
    ]
    np.testing.assert_allclose(*shown, rtol=1e-9)
