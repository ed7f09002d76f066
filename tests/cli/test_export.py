"""``koubai export``: what it writes, where, and one sentence for each mistake."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import koubai
from koubai.cli.main import main

TABLE = {"size": [1.0, 2.0, None, 4.0] * 10, "colour": ["red", "blue"] * 20, "kind": ["a", "b"] * 20}


@pytest.fixture
def saved(tmp_path: Path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    model = koubai.TableModel(hidden_layer_sizes=(3,), solver="lbfgs").fit(TABLE, "kind")
    koubai.save(model, "toys.koubai")
    return "toys.koubai"


def complaint(capsys, *arguments: str) -> str:
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    return capsys.readouterr().err


def test_code_goes_to_standard_output_and_runs(saved: str, capsys) -> None:
    assert main(["export", saved, "--to", "python"]) == 0
    Path("toys.py").write_text(capsys.readouterr().out)
    program = "import json, toys; print(json.dumps(toys.predict({'size': None, 'colour': 'red'})))"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    prediction, probabilities = json.loads(done.stdout)
    expected = koubai.load(saved).predict({"size": [None], "colour": ["red"]})
    assert prediction == expected["prediction"][0] == "a"
    assert probabilities[0] == pytest.approx(expected["probability_a"][0], rel=1e-9)


def test_sql_has_the_table_and_the_columns_that_were_asked_for(saved: str, capsys) -> None:
    assert main(["export", saved, "--to", "sql", "--table", "toys", "--include", "id,size", "--out", "toys.sql"]) == 0
    assert capsys.readouterr().err.startswith("Wrote   toys.sql (")
    text = Path("toys.sql").read_text()
    assert "FROM toys CROSS JOIN" in text
    assert 'AS "id", included_2 AS "size"' in text


def test_a_model_of_pictures_is_written_too(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(0).integers(0, 255, (40, 6, 6), dtype=np.uint8)
    np.savez("bars.npz", images=images, labels=["a", "b"] * 20)
    model = koubai.ImageModel(layers="conv 2 3, relu, max_pool", epochs=2).fit("bars.npz")
    koubai.save(model, "bars.koubai")
    assert main(["export", "bars.koubai", "--to", "python", "--out", "bars.py"]) == 0
    code: dict = {}
    exec(Path("bars.py").read_text(), code)
    predicted = model.predict("bars.npz")
    prediction, probabilities = code["predict"](images[0].ravel().tolist())
    assert prediction == predicted["prediction"][0]
    assert probabilities[0] == pytest.approx(predicted["probability_a"][0], rel=1e-4)
    assert "36 numbers, the pixels of an image line by line (6 × 6 × 1: height" in code["predict"].__doc__
    assert main(["export", "bars.koubai", "--to", "svg", "--out", "bars.svg"]) == 0
    koubai.save(koubai.Neocognitron().fit(np.zeros((4, 9, 9)) + np.eye(9), [0, 1] * 2), "neo.koubai")
    assert main(["export", "neo.koubai", "--to", "c", "--out", "neo.c"]) == 0
    assert "Neocognitron" in Path("neo.c").read_text()
    assert "got Neocognitron" in complaint(capsys, "export", "neo.koubai", "--to", "svg")


def test_what_koubai_wrote_is_replaced_and_nothing_else(saved: str, capsys) -> None:
    assert main(["export", saved, "--to", "c", "--out", "toys.c"]) == 0
    assert main(["export", saved, "--to", "c", "--out", "toys.c"]) == 0
    Path("own.c").write_text("int main(void) { return 0; }")
    assert "'own.c' must be a new file or koubai's own" in complaint(
        capsys, "export", saved, "--to", "c", "--out", "own.c"
    )
    assert main(["export", saved, "--to", "c", "--out", "own.c", "--force"]) == 0


def test_mistakes_are_told_in_one_sentence(saved: str, capsys) -> None:
    assert complaint(capsys, "export", saved, "--to", "java") == (
        "koubai export: --to must be one of onnx, c, js, python, sql, svg, tikz, png; got 'java'. Try 'onnx'.\n"
    )
    assert complaint(capsys, "export", saved, "--to", "c", "--dialect", "duckdb") == (
        "koubai export: --dialect must not be set for c; got 'duckdb'. Leave it out.\n"
    )
    assert "--dialect must be one of sqlite, postgresql, duckdb; got 'oracle'." in complaint(
        capsys, "export", saved, "--to", "sql", "--dialect", "oracle"
    )
    assert "none.koubai" in complaint(capsys, "export", "none.koubai", "--to", "c")
    assert "toys.koubai" in complaint(capsys, "export", saved, "--to", "c", "--out", saved, "--force")
