"""What a learner takes home: a program that makes the same numbers again, and a model that `koubai predict` opens."""

import base64
import runpy
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import koubai
from koubai.cli.main import main
from koubai.play.branch import Branch
from koubai.play.keeping import download
from koubai.play.settings import Settings
from koubai.tables.files.reading import read_table

TABLE = "".join(f"{150 + i},{'red' if i % 3 else 'blue'},{(i * 7) % 11},{'xyz'[i % 3]}\n" for i in range(60))
HEADER = 'größe,"col""""ou\'r\\",number,kind\n'


def content(branch, kind):
    message = download(branch, kind)
    assert message["type"] == "download"
    return base64.b64decode(message["base64"])


def changed(branch, **part):
    return branch.changed(branch.settings.changed(part), {})


def long_history():
    """A run with every kind of thing that can be done to it."""
    branch = Branch.of(
        Settings().changed({"dataset": "spiral", "noise": 0.1, "hidden": [6, 4], "optimizer": "adam"}), {}
    )
    branch.train(10, 12)
    branch.step("example", 3)
    branch.step("minibatch", 1)
    branch.edit({"layer": 2, "source": 1, "target": 0, "bias": False, "value": -0.1})
    branch.edit({"layer": 3, "source": 0, "target": 0, "bias": True, "value": 1 / 3})
    branch.train(10, 7)
    changed(branch, learning_rate=0.003, l2=0.01, schedule="cosine", stop_at=200)
    other = branch.copy()
    branch.train(10, 50)
    changed(other, optimizer="rmsprop", activations=["relu", "sigmoid"], dropout=[0.2, 0.0], batch_size=3)
    other.step("epoch", 2)
    other.train(10, 11)
    other.seek(2)
    other.train(10, 5)
    return branch, other


@pytest.fixture
def started(tmp_path, monkeypatch, capsys):
    """A function that runs a program in this process, and returns what it prints."""

    def start(program, *arguments):
        path = tmp_path / "again.py"
        path.write_bytes(program)
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        capsys.readouterr()
        runpy.run_path(str(path), run_name="__main__")
        return capsys.readouterr().out

    return start


def test_the_program_of_a_branch_runs_by_itself(tmp_path):
    _, other = long_history()
    (tmp_path / "again.py").write_bytes(content(other, "python"))
    command = [sys.executable, "-W", "error", "again.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "the playground's numbers, to the last bit" in done.stdout, done.stderr
    assert done.stderr == ""


def test_the_program_of_either_branch_makes_the_very_same_numbers(started):
    for branch in long_history():
        printed = started(content(branch, "python"))
        assert "the playground's numbers, to the last bit" in printed
        first = branch.experiment.network.weights(branch.moment.state.theta, 0)[0, 0]
        assert repr(float(first)) in printed


def test_the_program_of_a_perceptron_and_of_drawn_points(started):
    points = [[x, y, int(x > y)] for x in (-2.5, 0.1, 3) for y in (-1, 0.3, 2.25)]
    branch = Branch.of(Settings().changed({"dataset": "points", "points": points, "mode": "perceptron"}), {})
    branch.step("example", 4)
    branch.train(10, 3)
    assert "to the last bit" in started(content(branch, "python"))


def test_a_program_that_ends_elsewhere_says_so(started):
    branch = Branch.of(Settings(hidden=(3,), activations=("tanh",), dropout=(0.0,)), {})
    branch.train(10, 3)
    program = content(branch, "python").replace(b'{"epochs": 3}', b'{"epochs": 4}')
    assert "but for rounding" in started(program)


def test_a_table_s_program_and_model_with_any_column_names(tmp_path, started):
    table = tmp_path / "people.csv"
    table.write_text(HEADER + TABLE, encoding="utf-8")
    settings = Settings().changed({"dataset": "table", "table": "t", "target": "kind", "hidden": [5]})
    branch = Branch.of(settings, {"t": table})
    branch.train(10, 40)
    assert "to the last bit" in started(content(branch, "python"), table)
    model = tmp_path / "playground.koubai"
    model.write_bytes(content(branch, "model"))
    assert main(["predict", str(model), str(table), "--out", str(tmp_path / "out.csv")]) == 0
    predicted = pl.read_csv(tmp_path / "out.csv").get_columns()[0].to_list()
    data = branch.experiment.data
    frame = read_table(table).frame
    assert predicted == koubai.load(model).predict(frame)["prediction"].to_list()
    shown = branch.experiment.engine.forward(branch.experiment.network, branch.moment.state.theta, data.inputs)
    right = np.mean(
        [data.classes[k] == data.classes[int(y)] for k, y in zip(shown.argmax(1), data.targets, strict=True)]
    )
    assert np.mean(np.array(predicted) == frame["kind"].to_numpy()) == pytest.approx(right)


def test_the_model_of_a_table_of_numbers_predicts_in_the_table_s_units(tmp_path):
    table = tmp_path / "line.csv"
    table.write_text(
        "a,b,y\n" + "".join(f"{i * 37 % 80 / 4},{i % 5},{1000 + 50 * (i * 37 % 80)}\n" for i in range(80)),
        encoding="utf-8",
    )
    settings = Settings().changed({"dataset": "table", "table": "t", "target": "y", "hidden": [4], "optimizer": "adam"})
    branch = Branch.of(settings, {"t": table})
    branch.train(30, 600)
    (tmp_path / "m.koubai").write_bytes(content(branch, "model"))
    frame = pl.read_csv(table)
    predicted = koubai.load(tmp_path / "m.koubai").predict(frame.drop("y"))["prediction"].to_numpy()
    assert np.corrcoef(predicted, frame["y"])[0, 1] > 0.99
    assert predicted == pytest.approx(frame["y"].to_numpy(), abs=600)


@pytest.mark.parametrize(
    "part",
    [
        {"dataset": "circle"},
        {"dataset": "circle", "mode": "perceptron"},
        {"dataset": "plane", "loss": "huber"},
        {"dataset": "multi_gauss", "hidden": []},
        {"dataset": "xor", "loss": "hinge", "hidden": []},
        {"dataset": "xor", "loss": "half_squared_error"},
        {"dataset": "penguins"},
        {"dataset": "baseball"},
        {"dataset": "spam"},
    ],
    ids=str,
)
def test_every_kind_of_model_opens_and_says_what_the_page_shows(part, tmp_path):
    branch = Branch.of(Settings().changed(part), {})
    branch.train(10, 5)
    (tmp_path / "m.koubai").write_bytes(content(branch, "model"))
    model = koubai.load(tmp_path / "m.koubai")
    data, experiment = branch.experiment.data, branch.experiment
    outputs = experiment.engine.forward(experiment.network, branch.moment.state.theta, data.inputs)
    if data.prepared is None and data.task == "regression":
        assert model.predict(data.inputs) == pytest.approx(outputs.ravel())
    elif data.prepared is None:
        expected = [data.classes[int(out > experiment.ending.threshold)] for out in outputs.ravel()]
        assert model.predict(data.inputs).tolist() == expected
    else:
        codes = outputs.argmax(1) if outputs.shape[1] > 1 else (outputs.ravel() > experiment.ending.threshold)
        predicted = model.predict(data.prepared.frame)["prediction"].to_list()
        assert [str(label) for label in predicted] == [data.classes[int(k)] for k in codes]
