"""A cell of text says the same everywhere: blanks around it, 3.0 for 3, marks of missing values in every spelling."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.export.test_plain_code import needed

from koubai.export import export
from koubai.export.steps import Input
from koubai.export.targets.texts import onnx_cells
from koubai.export.targets.texts.cells import spellings
from koubai.models.table_model import TableModel

KINDS = ("a", "1", "1000", "-7", "0.5", "03", "New  York", "東京", "a.b*c", "it's", "+3")
BLANKS = [chr(code) for code in range(0x110000) if chr(code).isspace() or code in (0x180E, 0x200B, 0x2060, 0xFEFF)]
"""Characters that are blanks to some, of which a table's reader strips those that Unicode calls white space."""
ODD = (
    *(f"{blank}a{blank}" for blank in BLANKS if blank != "\0"),
    *(
        "1.",
        "1.0",
        " 1.000000 ",
        "1.01",
        "1.0.0",
        "01.0",
        "+1.0",
        "-7.0",
        "-7.",
        "1000.0",
        "+3.00",
        "03.0",
        "3.0",
        ".0",
    ),
    *(
        "0.50",
        "1e3",
        "1,000",
        "A",
        "New York",
        "\t New  York\n",
        "\u3000東京",
        "東京\u3000",
        "axb*c",
        "a.b*c ",
        "it's ",
    ),
    *("", " ", "NA ", "?", "-", "-999", "-999.0", " -999.", "-9.99e2", "-0999", "-9.99E+02", "-99", "-999.5", "999"),
    *("0.25", ".25", "2.5e-1", "0.250", " 2.5E-01 ", "0.2500001", "unseen", "inf", "it's "),
)
NUMBERS = ["1.5", "-999", "", "0", "-2"]


def table(n: int) -> dict[str, list[str]]:
    rng = np.random.default_rng(5)
    kind, held = rng.choice(KINDS, n), rng.choice(["x", "y", "-999"], n)
    number = [f"{value:.2f}" for value in rng.normal(size=n)]
    target = np.where((kind == "a") | (held == "-999") | (kind == "1"), "yes it is", "no")
    return {"kind": kind.tolist(), "held": held.tolist(), "number": number, "target": target.tolist()}


@cache
def model() -> TableModel:
    given: dict[str, Any] = {"hidden_layer_sizes": (5,), "epochs": 15, "n_members": 1}
    marks = ["-999", "0.25", "inf", "nan"]
    return TableModel(**given, missing=marks, category=["kind"]).fit(pl.DataFrame(table(300)), "target")


@cache
def asked() -> list[dict[str, str]]:
    """Rows of texts, as a file holds them."""
    n = len(ODD)
    return [
        {"kind": cell, "held": ODD[-1 - k] if k % 2 else "y", "number": NUMBERS[k % len(NUMBERS)]}
        for k, cell in zip(range(n), ODD, strict=True)
    ]


@cache
def expected() -> np.ndarray:
    found = model().predict(pl.DataFrame(asked()))
    return found.select("probability_no", "probability_yes it is").to_numpy()


def compare(found: Any) -> None:
    same = np.isclose(found, expected(), rtol=1e-6, atol=1e-9).all(axis=1)
    assert same.all(), [asked()[k] for k in np.flatnonzero(~same)]


def number_of(cell: str) -> float:
    return float(cell) if cell else np.nan


def test_the_odd_cells_are_of_both_kinds() -> None:
    codes = {given.name: given for given in _described().inputs}["kind"].known
    assert codes["a"] != codes["1"]
    assert len({tuple(row) for row in expected().round(6)}) > 8


def _described() -> Any:
    from koubai.export.models import describe

    return describe(model())


def test_python_reads_cells_as_a_table_is_read(tmp_path: Path) -> None:
    export(model(), "python", tmp_path / "m.py")
    (tmp_path / "rows.json").write_text(json.dumps(asked()))
    program = "import json, m; print(json.dumps([m.predict(row)[1] for row in json.load(open('rows.json'))]))"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, check=True)
    compare(json.loads(done.stdout))


def test_python_takes_numbers_that_mark_missing_values_and_refuses_infinite_ones() -> None:
    code: dict[str, Any] = {}
    exec(str(export(model(), "python")), code)
    row = {"kind": -999, "held": -999.0, "number": -999}
    missing = {"kind": None, "held": None, "number": None}
    assert code["predict"](row) == code["predict"](missing)
    assert code["predict"](row | {"held": True}) != code["predict"](row)
    with pytest.raises(ValueError, match=r"^number must be a finite number; got -1e400\.$"):
        code["predict"](row | {"number": "-1e400"})


def test_times_of_day_and_durations_are_seconds() -> None:
    rows = pl.DataFrame({"at": [k * 997 % 1440 for k in range(60)]}).select(
        at=pl.time(pl.col("at") // 60, pl.col("at") % 60, 30, 250_000),
        took=pl.duration(seconds=pl.col("at") * 1.5),
        kind=pl.when(pl.col("at") > 700).then(pl.lit("late")).otherwise(pl.lit("early")),
    )
    fitted = TableModel(hidden_layer_sizes=(4,), epochs=3, n_members=1).fit(rows, "kind")
    wanted = fitted.predict(rows).select("probability_early", "probability_late")
    code: dict[str, Any] = {}
    exec(str(export(fitted, "python")), code)
    np.testing.assert_allclose([code["predict"](row)[1] for row in rows.to_dicts()], wanted.to_numpy(), rtol=1e-9)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_reads_cells_as_a_table_is_read(tmp_path: Path) -> None:
    export(model(), "js", tmp_path / "m.mjs")
    (tmp_path / "rows.json").write_text(json.dumps([*asked(), {"kind": -999, "held": -999, "number": -999}]))
    (tmp_path / "run.mjs").write_text(
        'import { readFileSync } from "fs";\nimport { predict } from "./m.mjs";\n'
        'const found = JSON.parse(readFileSync("rows.json")).map((row) => predict(row).probabilities);\n'
        'const said = ["", "0x10", "-1e400", "ten"].map((number) => {\n'
        '  try { return predict({ kind: "a", held: "x", number: number }).prediction; }\n'
        "  catch (error) { return error.message; }\n});\n"
        'const missing = predict({ kind: null, held: "", number: null }).probabilities;\n'
        "console.log(JSON.stringify([found, said, missing]));\n"
    )
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, check=True)
    found, said, missing = json.loads(done.stdout)
    assert found.pop() == missing
    compare(found)
    assert said[0] in ("no", "yes it is")
    assert said[1:] == [f"number must be a finite number; got {cell}." for cell in ("0x10", "-1e400", "ten")]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_c_reads_cells_as_a_table_is_read(tmp_path: Path) -> None:
    export(model(), "c", tmp_path / "m.c")

    def quoted(cell: str) -> str:
        return '"' + "".join(f"\\{byte:03o}" for byte in cell.encode()) + '"'

    rows = [f"{{{quoted(row['kind'])}, {quoted(row['held'])}, {row['number'] or 'NAN'}}}," for row in asked()]
    (tmp_path / "main.c").write_text(
        "\n".join(['#include "m.c"', "#include <stdio.h>", "static const koubai_row rows[] = {", *rows, "};"])
        + "\nint main(void)\n{\n    double p[2];\n"
        f"    for (int k = 0; k < {len(rows)}; k++) {{\n        predict(rows + k, p);\n"
        '        printf("[%.17g, %.17g]%s", p[0], p[1], k < ' + str(len(rows) - 1) + ' ? ", " : "");\n    }\n}\n'
    )
    options = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsanitize=address,undefined"]
    subprocess.run(["gcc", *options, "main.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, check=True)
    compare(json.loads(f"[{done.stdout.decode()}]"))


def sql_rows() -> list[tuple[Any, ...]]:
    return [
        (k, row["kind"], row["held"], None if not row["number"] else float(row["number"]))
        for k, row in enumerate(asked())
    ]


@pytest.mark.parametrize("name", ["data", "logs", "X", "plain", "koubai_columns"])
def test_sqlite_reads_cells_as_a_table_is_read_whatever_the_table_is_called(name: str) -> None:
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE {name} (place, kind TEXT, held TEXT, number REAL)")
    database.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", sql_rows())
    rows = database.execute(str(export(model(), "sql", table=name, include=["place"]))).fetchall()
    compare([row[2:] for row in sorted(rows)])
    database.close()


@pytest.mark.slow
def test_duckdb_reads_cells_as_a_table_is_read() -> None:
    database = needed("duckdb").connect()
    database.execute("CREATE TABLE data (place INTEGER, kind VARCHAR, held VARCHAR, number DOUBLE)")
    database.executemany("INSERT INTO data VALUES (?, ?, ?, ?)", sql_rows())
    rows = database.execute(str(export(model(), "sql", dialect="duckdb", include=["place"]))).fetchall()
    compare([row[2:] for row in sorted(rows)])
    database.close()


def onnx_given(rows: list[dict[str, str]]) -> dict[str, Any]:
    numbers = np.array([number_of(row["number"]) for row in rows])
    texts = {name: np.array([row[name] for row in rows], dtype=object) for name in ("kind", "held")}
    return {name: column.reshape(-1, 1) for name, column in (texts | {"number": numbers}).items()}


@pytest.mark.slow
@pytest.mark.parametrize("longest", [onnx_cells.LONGEST, 10])
def test_onnx_reads_cells_as_a_table_is_read(longest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_cells, "LONGEST", longest)
    session = needed("onnxruntime").InferenceSession(export(model(), "onnx"), providers=["CPUExecutionProvider"])
    compare(session.run(["probabilities"], onnx_given(asked()))[0])
    alone = [session.run(["probabilities"], onnx_given([row]))[0][0] for row in asked()]
    compare(alone)
    assert session.run(["prediction"], onnx_given([]))[0].tolist() == []


@pytest.mark.slow
def test_another_runtime_reads_the_graph_too() -> None:
    onnx = needed("onnx")
    reference = pytest.importorskip("onnx.reference")
    graph = onnx.load_from_string(export(model(), "onnx"))
    rows = asked()[-20:]
    found = reference.ReferenceEvaluator(graph).run(["probabilities"], onnx_given(rows))[0]
    np.testing.assert_allclose(found, expected()[-20:], rtol=1e-6, atol=1e-9)


def test_spellings_of_a_number_are_those_that_are_read_as_it() -> None:
    cells = [
        f"{sign}{zeros}{digits}{end}"
        for sign in ("", "+", "-")
        for zeros in ("", "00")
        for digits in ("999", "9.99", "0.25", ".25", "25", "2.5", "1", "0", "1000000000", "100000")
        for end in ("", ".", ".0", "0", "e0", "e2", "E+02", "e-1", "e-2", "e9", "e-02")
    ]
    read = pl.Series(cells).cast(pl.Float64, strict=False).to_list()
    for number in (-999.0, 0.25, 1e9, 0.0, -0.0025, 100.0):
        (pattern,) = spellings([number])
        for cell, value in zip(cells, read, strict=True):
            found = re.fullmatch(pattern, cell) is not None
            assert not found or value == number, cell
            usual = re.fullmatch(r"[+-]?\d+\.?\d*|[+-]?[1-9](\.\d*)?[eE][+-]?\d+", cell)
            assert found or value != number or not usual, (cell, number)


def test_what_all_other_texts_become_is_not_listed() -> None:
    given = Input("shop", "category", codes={"a": 0, "b": 1, "rare": 2}, other=2, missing=3, marks=("", "NA"))
    assert given.known == {"": 3, "NA": 3, "a": 0, "b": 1}
