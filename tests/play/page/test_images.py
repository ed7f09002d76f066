"""Networks on images in the page's session: what layers say of a drawing, and what is given away."""

import base64
import subprocess
import sys

import numpy as np
import pytest

import koubai
from koubai.engines.reference import trace_forward
from koubai.play.of_images.sets import IMAGES
from koubai.play.replay import place_of, replay
from koubai.play.runs.document import document
from koubai.play.runs.keeping import model_file
from koubai.play.runs.rows import pixels_of

from .stories import played

DRAWN = [round(float(share), 3) for share in np.random.default_rng(4).uniform(0, 1, 64)]
EDIT = {"layer": 1, "source": 9, "target": 1, "value": 1.5}
"""By hand: what the second filter's window at the map's first cell has for the cell in row 2, column 2."""
NETWORKS = {
    "one convolution": {"hidden": [], "optimizer": "adam"},
    "two convolutions": {
        "filters": [3, 4],
        "kernel_sizes": [5, 2],
        "pooling": "average",
        "hidden": [6],
        "activations": ["tanh"],
        "dropout": [0.1],
    },
    "a plain row": {"filters": [], "hidden": [5, 4], "activations": ["relu", "sigmoid"], "dropout": [0, 0]},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    messages = [
        {"type": "step", "count": 3},
        {"type": "look", "row": 7},
        {"type": "step", "unit": "example"},
        {"type": "look", "row": 0, "pixels": DRAWN},
        {"type": "edit", **EDIT},
        {"type": "edit", "layer": 1, "source": 63, "target": 0, "value": 1},
        {"type": "starts", "count": 3, "epochs": 4},
        {"type": "look", "pixels": [2]},
    ]
    stories = [
        {
            "first": {"dataset": "digits", "n_rows": 90, **part},
            "rows": pixels_of("digits"),
            "messages": messages,
            "keeps": ["program", "model"],
        }
        for part in NETWORKS.values()
    ]
    return dict(zip(NETWORKS, played(stories, tmp_path_factory.mktemp("images")), strict=True))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_says_of_an_image_what_python_s_says(told, name):
    found = told[name]
    for number, pixels in ((1, None), (3, DRAWN)):
        frame = [message for message in found.after(number) if message["type"] == "frame"][-1]
        done = [{"epochs": 3}] if number == 1 else [entry for entry in found.whole["done"] if "edit" not in entry]
        experiment, moment = replay(found.whole["began"], done, {})
        x = experiment.data.inputs[7] if pixels is None else np.array(pixels)
        trace = trace_forward(experiment.network, moment.state.theta, x[np.newaxis])
        wanted = np.concatenate([x, *(z[0] for z in trace.activations)])
        assert np.abs(np.array(frame["blocks"]["seen"]["data"]) - wanted).max() < 1e-5
        assert frame["header"]["look"] == {"row": 7 if pixels is None else 0, "pixels": pixels, "target": None}


def test_a_notebook_gets_the_network_as_an_estimator_of_images():
    from koubai.play.runs.returning import fitted, whole_model
    from koubai.play.runs.run import PlaygroundRun
    from koubai.play.settings import Settings

    run = PlaygroundRun.of(
        Settings().changed({"dataset": "digits", "n_rows": 200, "hidden": [], "optimizer": "adam"}), {}
    )
    run.train(10)
    images, labels = IMAGES["digits"].read()
    for model in (fitted(run.experiment, run.moment), whole_model(run.experiment, run.moment)):
        assert isinstance(model, koubai.ConvClassifier)
        assert model.score(images, labels.astype(str)) > 0.7


def test_what_does_not_go_with_images_is_refused_in_one_sentence(told):
    assert told["one convolution"].problems == ["no_weight", "number"]
    assert told["a plain row"].problems == ["no_weight", "no_weight", "number"], "its first layer has no weights"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_kernel_s_number_is_set_by_hand_as_python_sets_it(told, name):
    found = told[name]
    experiment, moment = replay(found.whole["began"], found.whole["done"], {})
    assert np.abs(moment.state.theta - found.theta).max() < 1e-9
    assert ({"edit": EDIT | {"bias": False}} in found.whole["done"]) == (name != "a plain row")
    if name != "a plain row":
        place = place_of(experiment, EDIT["layer"], EDIT["source"], EDIT["target"], bias=False)
        assert place is not None
        assert found.theta[place] == EDIT["value"]
        frame = [message for message in found.after(4) if message["type"] == "frame"][-1]
        assert frame["blocks"]["theta"]["data"][place] == EDIT["value"], "the maps change at once"


@pytest.mark.parametrize("name", NETWORKS)
def test_many_starts_of_images_end_as_each_alone(told, name):
    found = told[name]
    shown = found.last("starts")
    whole = found.whole
    ends = []
    for seed in range(3):
        experiment, moment = replay(whole["settings"] | {"seed": seed}, [{"epochs": 4}], {})
        train, _, accuracies = experiment.losses(moment.state.theta)
        ends.append((train, accuracies[1]))
    assert shown["losses"] == pytest.approx(sorted(train for train, _ in ends), rel=1e-3), "in single precision"
    assert shown["rights"] == pytest.approx(sorted(right for _, right in ends), abs=0.06)
    assert (shown["count"], shown["epochs"], shown["mean"]) == (3, 4, [])
    assert [end["loss"] for end in shown["ends"]] == pytest.approx([shown["losses"][0], shown["losses"][-1]])
    assert shown["size"] == {"one": [3, 3, 1, 8], "two": [5, 5, 1, 3], "a": None}[name.split()[0]]
    assert len(shown["ends"][0]["kernels"]) == (0 if shown["size"] is None else int(np.prod(shown["size"])))
    assert [message["done"] for message in found.after(6) if "done" in message] == [1, 2]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_page_s_model_file_and_python_s_answer_alike_for_images_as_the_set_has_them(told, name, tmp_path):
    found = told[name]
    (tmp_path / "page.koubai").write_bytes(base64.b64decode(found.found["model"]))
    run = document({"settings": found.whole["settings"], "moment": found.whole["moment"]}, {})
    (tmp_path / "python.koubai").write_bytes(model_file(run.experiment, run.moment))
    images, _ = IMAGES["digits"].read()
    wanted = run.experiment.engine.forward(
        run.experiment.network, run.moment.state.theta, images[:50].reshape(50, 64) / 16
    )
    for path in ("page.koubai", "python.koubai"):
        model = koubai.load(tmp_path / path)
        assert np.abs(model.predict_proba(images[:50]) - wanted).max() < 1e-6, path
        assert model.predict(images[:50]).tolist() == [str(each) for each in wanted.argmax(axis=1)]
        koubai.save(model, tmp_path / "again.koubai")


@pytest.mark.slow
def test_the_program_walks_the_page_s_path(told, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(told["two convolutions"].found["program"])
    assert "# The settings as they are now; what was changed on the way is repeated only below" in path.read_text()
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.strip().splitlines()[-1].rpartition(" ")[2]) < 1e-9, done.stdout
    assert "Accuracy on the test images" in done.stdout


def test_the_plain_lines_are_the_same_network_where_nothing_was_changed_by_hand(tmp_path):
    first = {"dataset": "digits", "n_rows": 90, "hidden": []}
    story = {
        "first": first,
        "rows": pixels_of("digits"),
        "messages": [{"type": "step", "count": 4}],
        "keeps": ["program"],
    }
    (found,) = played([story], tmp_path)
    names = {}
    exec(compile(found.found["program"].partition("# What was done on the page")[0], "program", "exec"), names)
    assert np.abs(names["model"].theta_ - found.theta).max() < 1e-6  # such pixels are trained on in float32
