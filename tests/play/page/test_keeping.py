"""What the page gives away: model files that Python opens and that say what the page shows, programs that run."""

import base64
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import koubai
from koubai.cli.main import main
from koubai.core.errors import KoubaiError
from koubai.play.replay import replay
from koubai.play.runs.rows import rows_of
from koubai.play.settings import Settings

from .stories import played

DO = [{"type": "step", "unit": "epoch", "count": 6}, {"type": "step", "unit": "minibatch"}]
BUSY = [
    *DO,
    {"type": "edit", "layer": 1, "source": 1, "target": 0, "value": -1.25},
    {"type": "settings", "settings": {"learning_rate": 0.1, "l2": 0.01}},
    {"type": "run", "until": 12},
]
KINDS = {
    "classes": {"hidden": [5]},
    "numbers": {"dataset": "plane", "hidden": [3], "features": ["x1", "x1*x2"]},
    "perceptron": {"dataset": "gauss", "mode": "perceptron"},
    "no hidden layer": {"hidden": []},
    "points": {"dataset": "points", "points": [[1, 1, 0], [2, 3, 2], [-1, -4, 0], [4, -2, 2], [0, 0, 5]] * 4},
    "penguins": {"dataset": "penguins", "axes": "pca", "hidden": [6], "optimizer": "adam"},
    "baseball": {"dataset": "baseball", "axes": "pca", "hidden": [3], "loss": "hinge"},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    stories = []
    for part in KINDS.values():
        settings = Settings().changed({"n_rows": 60}).changed(part)
        rows = rows_of(settings, {}, with_template=True) if settings.axes == "pca" else None
        stories.append(
            {
                "first": {"n_rows": 60, **part},
                "messages": BUSY,
                "settles": True,
                "rows": rows,
                "keeps": ["program", "model"],
            }
        )
    return dict(zip(KINDS, played(stories, tmp_path_factory.mktemp("kept")), strict=True))


def opened(found, folder):
    path = folder / "model.koubai"
    path.write_bytes(base64.b64decode(found.found["model"]))
    return path, koubai.load(path)


@pytest.mark.parametrize("kind", ["classes", "numbers", "perceptron", "no hidden layer", "points"])
def test_a_model_file_of_the_page_says_what_the_page_shows(told, kind, tmp_path, capsys):
    found = told[kind]
    assert found.problems == []
    path, model = opened(found, tmp_path)
    experiment, moment = replay(found.whole["began"], found.whole["done"], {})
    outputs = experiment.engine.forward(experiment.network, moment.state.theta, experiment.data.inputs)
    named = pd.DataFrame(experiment.data.inputs, columns=list(experiment.data.names))
    if kind == "numbers":
        assert np.abs(model.predict(named) - outputs.ravel()).max() < 1e-9
    elif kind == "points":
        assert np.abs(model.predict_proba(named) - outputs).max() < 1e-9
    else:
        wanted = (outputs.ravel() > (0 if kind == "perceptron" else 0.5)).astype(int).astype(str)
        assert (model.predict(named) == wanted).all()
    (tmp_path / "new.csv").write_text("x1,x2\n0.5,1\n-3,2.5\n")
    assert main(["predict", str(path), str(tmp_path / "new.csv")]) == 0
    assert "prediction" in capsys.readouterr().out
    assert main(["show", str(path)]) == 0


@pytest.mark.parametrize("kind", ["penguins", "baseball"])
def test_a_table_s_model_file_holds_its_preparation(told, kind, tmp_path, capsys):
    found = told[kind]
    path, _ = opened(found, tmp_path)
    experiment, moment = replay(found.whole["began"], found.whole["done"], {})
    outputs = experiment.engine.forward(experiment.network, moment.state.theta, experiment.data.inputs)
    from koubai.play.runs.data import TABLES, example_table

    table = example_table(TABLES[kind][0])
    assert main(["predict", str(path), str(table)]) == 0
    said = [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    if kind == "penguins":
        wanted = np.array(experiment.data.classes)[outputs.argmax(axis=1)]
    else:
        wanted = np.array(experiment.data.classes)[(outputs.ravel() > 0).astype(int)]
    assert len(said) >= len(wanted)
    if len(said) == len(wanted):
        assert (np.array(said) == wanted).all()


def test_a_perceptron_of_a_table_takes_the_prepared_features(tmp_path):
    settings = Settings().changed({"dataset": "baseball", "mode": "perceptron", "axes": "pca"})
    story = {
        "first": {"dataset": "baseball", "mode": "perceptron", "axes": "pca"},
        "rows": rows_of(settings, {}),
        "messages": DO,
        "keeps": ["model"],
    }
    (found,) = played([story], tmp_path)  # without its preparation, a perceptron of the features as they are
    assert opened(found, tmp_path)[1].coef_.shape[0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classes", "perceptron", "points", "baseball"])
def test_the_program_walks_the_page_s_path(told, kind, tmp_path):
    text = told[kind].found["program"]
    path = tmp_path / "program.py"
    path.write_text(text)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    difference = float(done.stdout.strip().splitlines()[-1].rpartition(" ")[2])
    assert difference < 1e-9, done.stdout
    assert "after epoch 12" in done.stdout


def test_the_plain_lines_are_the_same_network_where_nothing_was_changed_by_hand(tmp_path):
    story = {"first": {"hidden": [4], "n_rows": 60}, "messages": [{"type": "step", "count": 9}], "keeps": ["program"]}
    (found,) = played([story], tmp_path)
    text = found.found["program"].partition("# What was done on the page")[0]
    names = {}
    exec(compile(text, "program", "exec"), names)
    assert np.abs(names["model"].theta_ - found.theta).max() < 1e-12
    assert text.count("\n") < 45


def test_a_damaged_file_of_the_page_is_refused(told, tmp_path):
    content = bytearray(base64.b64decode(told["classes"].found["model"]))
    content[-3] ^= 1
    (tmp_path / "bad.koubai").write_bytes(content)
    with pytest.raises(KoubaiError, match="checksum"):
        koubai.load(tmp_path / "bad.koubai")
