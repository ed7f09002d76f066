"""The SELECT of a model says the same as the model in SQLite, DuckDB and PostgreSQL."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.export.matrix import Case, cases
from tests.export.test_plain_code import check, needed, plain

from koubai.core.errors import DataError
from koubai.estimators.regressor import MLPRegressor
from koubai.export import export

CASES = list(cases())
TABLES = [case for case in CASES if isinstance(case.rows, pl.DataFrame) and case.name != "table-formats"]


def table_of(case: Case) -> pl.DataFrame:
    """Return the rows with their number, the inputs of estimators under x1, x2, …."""
    frame = case.rows
    if isinstance(frame, np.ndarray):
        frame = pl.DataFrame({f"x{k}": column for k, column in enumerate(frame.T, 1)})
    return frame.with_row_index("row")


def compare(case: Case, rows: list[tuple[Any, ...]]) -> None:
    """Compare what was selected, the row's number first, with the model's own answers."""
    rows = [row[1:] for row in sorted(rows)]
    wanted, scores = case.expected()
    if case.sets() is not None:
        assert [row[1] for row in rows] == case.sets()
        rows = [(row[0], *row[2:]) for row in rows]
    if scores is None:
        check(case, [row[0] for row in rows] if len(rows[0]) == 1 else [list(row) for row in rows], None)
    elif isinstance(wanted[0], list):  # labels
        n = len(wanted[0])
        check(case, [list(row[:n]) for row in rows], [row[n:] for row in rows])
    else:
        as_said = {False: 0, True: 1} if isinstance(rows[0][0], int) else {}
        check(case, [row[0] for row in rows], [row[1:] for row in rows]) if not as_said else check(
            case, [type(wanted[0])(row[0]) for row in rows], [row[1:] for row in rows]
        )


def in_sqlite(table: pl.DataFrame, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement on a table in SQLite, dates being texts there."""
    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"CREATE TABLE data ({', '.join(table.columns)})".replace("class", '"class"'))
        marks = ", ".join("?" * table.width)
        cells = [[plain(value) for value in row] for row in table.rows()]
        database.executemany(f"INSERT INTO data VALUES ({marks})", cells)
        return database.execute(statement).fetchall()
    finally:
        database.close()


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=[pytest.mark.slow] * case.has_texts) for case in CASES]
)
def test_sqlite_says_the_same(case: Case) -> None:
    compare(case, in_sqlite(table_of(case), str(export(case.model, "sql", include=["row"]))))


@pytest.mark.slow
@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.name)
def test_duckdb_says_the_same(case: Case) -> None:
    duckdb = needed("duckdb")
    table = table_of(case)
    database = duckdb.connect()
    database.register("data", table.to_arrow())
    statement = export(case.model, "sql", dialect="duckdb", include=["row"])
    compare(case, database.execute(statement).fetchall())
    database.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[list[str]]:
    """A server of its own in a folder, and the command that sends it statements."""
    if shutil.which("postgres") is None or shutil.which("initdb") is None:
        pytest.skip("needs PostgreSQL")
    user: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        data = f"{folder}/data"
        done = subprocess.run(["initdb", "-D", data, "-A", "trust", "-U", "koubai"], capture_output=True, **user)
        if done.returncode:
            pytest.skip(f"initdb: {done.stderr.decode()[-200:]}")
        server = subprocess.Popen(
            ["postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )
        command = ["psql", "-h", folder, "-U", "koubai", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt", "-F", "\t"]
        try:
            for _ in range(100):
                if subprocess.run([*command, "-c", "SELECT 1"], capture_output=True).returncode == 0:
                    break
                server.poll() is None or pytest.fail("PostgreSQL does not start")
                subprocess.run(["sleep", "0.1"], check=True)
            yield command
        finally:
            server.terminate()
            server.wait(30)


TYPES = {
    pl.Float64: "double precision",
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.UInt32: "integer",
}


@pytest.mark.slow
@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.name)
def test_postgresql_says_the_same(case: Case, postgresql: list[str], tmp_path: Path) -> None:
    table = table_of(case)
    columns = ", ".join(f'"{name}" {TYPES.get(type(kind), "timestamp")}' for name, kind in table.schema.items())
    table.write_csv(tmp_path / "table.csv", null_value="\\N")
    statement = str(export(case.model, "sql", dialect="postgresql", include=["row"]))
    (tmp_path / "run.sql").write_text(
        f"CREATE TEMP TABLE data ({columns});\n"
        f"\\copy data FROM '{tmp_path}/table.csv' WITH (FORMAT csv, HEADER, NULL '\\N')\n{statement};\n"
    )
    done = subprocess.run([*postgresql, "-f", tmp_path / "run.sql"], capture_output=True, text=True)
    assert not done.stderr
    kind = type(case.expected()[0][0])
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    texts = 1 if case.sets() is None else 2
    numbered = [
        (int(number), *(cells[:texts] if kind is str else map(float, cells[:texts])), *map(float, cells[texts:]))
        for number, *cells in rows
    ]
    compare(case, numbered)


def test_columns_and_labels_with_quotation_marks_stay_what_they_are() -> None:
    from koubai.models.table_model import TableModel

    table = pl.DataFrame({'a "b"': ["it's", "not"] * 20, "c'd": range(40), "kind": ["it's", 'a "x"'] * 20})
    model = TableModel(hidden_layer_sizes=(3,), solver="lbfgs").fit(table, "kind")
    database = sqlite3.connect(":memory:")
    database.execute('CREATE TABLE "my table" ("a ""b""", "c\'d", kind)')
    database.executemany('INSERT INTO "my table" VALUES (?, ?, ?)', table.rows())
    statement = str(export(model, "sql", table="my table"))
    assert [row[0] for row in database.execute(statement)] == table["kind"].to_list()
    database.close()


def test_a_long_sum_is_no_deeper_than_databases_allow() -> None:
    x = np.random.default_rng(0).normal(size=(30, 1200))
    model = MLPRegressor(hidden_layer_sizes=(2,), epochs=1, random_state=0).fit(x, x[:, 0])
    database = sqlite3.connect(":memory:")
    columns = [f"x{k}" for k in range(1, 1201)]
    database.execute(f"CREATE TABLE data ({', '.join(columns)})")
    database.executemany(f"INSERT INTO data VALUES ({', '.join('?' * 1200)})", x[:3].tolist())
    found = [row[0] for row in database.execute(str(export(model, "sql")))]
    np.testing.assert_allclose(found, model.predict(x[:3]), rtol=1e-9)
    database.close()


def test_a_model_too_wide_for_databases_is_refused() -> None:
    x = np.random.default_rng(0).normal(size=(4, 1700))
    model = MLPRegressor(hidden_layer_sizes=(2,), epochs=1, random_state=0).fit(x, x[:, 0])
    with pytest.raises(DataError, match=r"at most 1600 columns at a time in SQL; koubai_x needs 1700\. Export"):
        export(model, "sql")
