"""Images of one's own in the page's session: larger ones, coloured ones, two classes and many, as Python has them."""

import base64
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import koubai
from koubai.engines.reference import trace_backward, trace_forward
from koubai.explain import Ask, forward
from koubai.images.reading import read_images
from koubai.play.catalogue import with_given
from koubai.play.of_images.given import read_given
from koubai.play.replay import replay
from koubai.play.runs.data import GivenImages
from koubai.play.runs.document import document
from koubai.play.runs.keeping import model_file
from koubai.play.runs.rows import pixels_of, rows_of
from koubai.play.settings import Settings

from ..given_images import archive_of_letters, folder_of_pictures, idx_of_digits
from .stories import STATIC, missing, played

NETWORKS = {
    "digits of 28 × 28": {"n_rows": 60},
    "colours of two classes": {"filters": [3, 2], "kernel_sizes": [3, 2], "hidden": [5], "batch_size": 4},
    "two classes by margins": {"filters": [2], "loss": "hinge", "hidden": []},
    "twelve classes of fractions": {"filters": [4], "pooling": "average", "hidden": []},
}
CELLS = (0, 3, 9)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    pictures = folder_of_pictures(folder / "pets")
    paths = dict(
        zip(NETWORKS, (idx_of_digits(folder, 200), pictures, pictures, archive_of_letters(folder)), strict=True)
    )
    stories, told = [], {}
    for name, path in paths.items():
        images, _ = read_given(path)
        first = {"dataset": "images", **images.usual, **NETWORKS[name]}
        tables = {"images": GivenImages(images)}
        network = replay(first, [], tables)[0].network
        cells = [
            {"layer": layer, "at": at % spec.n_out}
            for layer, spec in enumerate(network.layers)
            if spec.name != "flatten"
            for at in CELLS
        ]
        stories.append(
            {
                "first": first,
                "images": with_given(images)["images"],
                "rows": pixels_of(images),
                "messages": [
                    {"type": "step", "count": 2},
                    {"type": "look", "row": 5, "target": 0},
                    {"type": "look", "row": 5, "target": 1},
                    {"type": "starts", "count": 2, "epochs": 2},
                ],
                "cells": cells,
                "keeps": ["program", "model"],
            }
        )
        told[name] = path, images, tables, cells
    for name, answer in zip(NETWORKS, played(stories, folder), strict=True):
        told[name] = (answer, *told[name])
    return told


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_and_path_are_python_s(found, name):
    answer, _, _, tables, _ = found[name]
    assert answer.problems == []
    experiment, moment = replay(answer.whole["began"], answer.whole["done"], tables)
    assert np.array(answer.found["inputs"]) == pytest.approx(experiment.data.inputs.ravel(), abs=1e-12)
    assert answer.found["targets"] == experiment.data.targets.tolist()
    assert answer.found["test"] == experiment.data.test.tolist()
    assert moment.state.epoch == 2
    assert np.abs(moment.state.theta - answer.theta).max() < 1e-9
    state = answer.last("state")
    assert state["classes"] == list(experiment.data.classes)
    assert state["feature_names"] == list(experiment.data.names)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_layers_say_and_what_comes_back_are_python_s(found, name):
    answer, _, images, tables, cells = found[name]
    experiment, moment = replay(answer.whole["began"], answer.whole["done"], tables)
    network, theta, x = experiment.network, moment.state.theta, experiment.data.inputs[5]
    trace = trace_forward(network, theta, x[np.newaxis])
    seen = np.concatenate([x, *(z[0] for z in trace.activations)])
    signed = experiment.ending.signed
    for number, target in ((1, 0), (2, 1)):
        frame = [message for message in answer.after(number) if message["type"] == "frame"][-1]
        assert np.abs(np.array(frame["blocks"]["seen"]["data"]) - seen).max() < 1e-5
        coded = np.eye(len(images.classes))[[target]] if len(images.classes) > 2 else np.array([[float(target)]])
        deltas = trace_backward(trace, 2 * coded - 1 if signed else coded)
        told = np.array(frame["blocks"]["back"]["data"])[len(x) :]
        assert np.abs(told - np.concatenate([delta[0] for delta in deltas])).max() < 1e-5
    for cell, derived in zip(cells, answer.found["derived"]["cells"], strict=True):
        layer, at = cell["layer"] + 1, cell["at"] + 1
        page = forward(network, theta, x, ask=Ask.node(layer, at))
        u = float(page.step(f"u.{layer}.{at}").result.evaluate())
        assert derived["forth"]["u"] == pytest.approx(u, abs=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_model_files_of_page_and_python_take_the_images_and_answer_the_labels_as_they_were_given(found, name, tmp_path):
    answer, path, images, tables, _ = found[name]
    (tmp_path / "page.koubai").write_bytes(base64.b64decode(answer.found["model"]))
    run = document({"settings": answer.whole["settings"], "moment": answer.whole["moment"]}, tables)
    (tmp_path / "python.koubai").write_bytes(model_file(run.experiment, run.moment))
    given = read_images(path)
    pixels = given.pixels[:40].astype(np.float32)
    shares = pixels.astype(float).reshape(40 if len(pixels) == 40 else len(pixels), -1) / images.most
    outputs = run.experiment.engine.forward(run.experiment.network, run.moment.state.theta, shares)
    wanted = (
        outputs.argmax(axis=1)
        if len(images.classes) > 2
        else (outputs[:, 0] > run.experiment.ending.threshold).astype(int)
    )
    for name_of_file in ("page.koubai", "python.koubai"):
        model = koubai.load(tmp_path / name_of_file)
        answers = model.predict(given.pixels[:40])
        assert answers.tolist() == [images.labels.tolist()[at] for at in wanted], name_of_file
        assert answers.dtype.kind == np.asarray(given.labels).dtype.kind
        koubai.save(model, tmp_path / "again.koubai")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits of 28 × 28", "colours of two classes"])
def test_the_program_reads_the_images_and_walks_the_page_s_path(found, name, tmp_path):
    answer, path, *_ = found[name]
    (tmp_path / "program.py").write_text(answer.found["program"], encoding="utf-8")
    command = [sys.executable, str(tmp_path / "program.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.strip().splitlines()[-1].rpartition(" ")[2]) < 1e-9, done.stdout
    assert "Accuracy on the test images" in done.stdout


@pytest.mark.parametrize("name", NETWORKS)
def test_losses_and_shares_that_are_right_are_python_s(found, name):
    answer, _, _, tables, _ = found[name]
    experiment, moment = replay(answer.whole["began"], answer.whole["done"], tables)
    train, test, (train_right, test_right) = experiment.losses(moment.state.theta)
    header = answer.last("frame")["header"]
    assert (header["train_loss"], header["test_loss"]) == pytest.approx((train, test), rel=1e-9)
    assert (header["train_accuracy"], header["test_accuracy"]) == pytest.approx((train_right, test_right))


@pytest.mark.parametrize("name", NETWORKS)
def test_many_starts_end(found, name):
    answer, *_ = found[name]
    assert len(answer.last("starts")["losses"]) == 2


def test_images_that_a_page_does_not_have_are_refused_in_one_sentence(tmp_path, found):
    _, _, images, _, _ = found["digits of 28 × 28"]
    story = {"messages": [{"type": "settings", "settings": {"dataset": "images"}}]}
    (without,) = played([story], tmp_path)
    assert without.problems == ["no_images"]
    with pytest.raises(koubai.core.errors.DataError, match=r"images must be given before they are used; .*koubai play"):
        rows_of(Settings().changed({"dataset": "images"}), {})
    assert json.loads(json.dumps(with_given(images)))["images"]["n"] == 200


def test_starts_that_are_stopped_tell_what_ended(tmp_path, found):
    _, _, images, _, _ = found["twelve classes of fractions"]
    story = {
        "first": {"dataset": "images", **images.usual, "filters": [2]},
        "images": with_given(images)["images"],
        "rows": pixels_of(images),
        "messages": [
            {"at_once": [{"type": "starts", "count": 150, "epochs": 2}, {"type": "stop_starts"}]},
            {"awaits": "starts"},
        ],
    }
    plain = {
        "messages": [
            {"at_once": [{"type": "starts", "count": 200, "epochs": 30}, {"type": "stop_starts"}]},
            {"awaits": "starts"},
            {"type": "starts", "count": 2, "epochs": 3},
        ],
    }
    for told in played([story, plain], tmp_path):
        stopped = next(message for message in told.messages if message["type"] == "starts" and message["stopped"])
        assert stopped["asked"] > len(stopped["losses"]) >= 1
    assert len(told.last("starts")["losses"]) == 2, "later ones are not stopped"
    assert not told.last("starts")["stopped"]


DRAWN = """
const { imageOf } = await import(process.argv[1]);
const line = [[[0.5, 0.1], [0.5, 0.9]]], kinds = [{}, { margin: 4 }, { margin: 4, ground: 1 }];
const told = kinds.map((kind) => imageOf(line, 28, 28, 4, kind));
console.log(JSON.stringify([...told, imageOf([], 28, 28, 4, { ground: 1 })]));
"""


def test_a_drawing_is_made_as_the_images_are():
    node = shutil.which("node")
    if node is None:
        missing("no Node.js found")
    command = [node, "--input-type=module", "--eval", DRAWN, (STATIC / "images" / "strokes.js").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    whole, within, inverted, empty = (np.array(each).reshape(28, 28) for each in json.loads(done.stdout))
    assert np.flatnonzero(whole.any(axis=1)).tolist() == list(range(28))
    assert np.flatnonzero(within.any(axis=1)).tolist() == list(range(4, 24)), "the line fills what is within the margin"
    assert within[14].sum() == pytest.approx(20 * 4 / 32, abs=0.26), "and is as thick as 4 in 32 of that"
    assert inverted == pytest.approx(1 - within)
    assert (empty == 1).all()
