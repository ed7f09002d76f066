"""The page walks Python's path: the same data, initial values and updates for every kind, up to rounding."""

import json

import numpy as np
import pytest

from koubai.core.activations import ACTIVATIONS
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.core.losses import get_loss
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play.datasets import MADE
from koubai.play.features import FEATURES, features_of
from koubai.play.replay import replay
from koubai.play.runs.data import load
from koubai.play.runs.rows import rows_of
from koubai.play.settings import ENDLESS, LOSSES, Settings

from .stories import played

DO = [{"type": "step", "unit": "epoch", "count": 3}, {"type": "step", "unit": "minibatch"}, {"type": "run", "until": 8}]
"""Whole epochs, a step by hand in the middle of one, and on."""
SMALL = {"hidden": [5, 3], "n_rows": 60, "learning_rate": 0.02}
KINDS = {
    **{f"data {name}": {"dataset": name, "noise": 0.2, "data_seed": 3} for name in MADE},
    **{f"features of {name}": {"dataset": name, "features": list(FEATURES)} for name in ("xor", "plane")},
    **{
        f"activation {name}": {"activations": [name, "tanh"], "learning_rate": 0.01}
        for name in ACTIVATIONS
        if name != "softmax"
    },
    **{
        f"loss {name}": {"loss": name, "dataset": "xor" if "classification" in get_loss(name).tasks else "plane"}
        for name in LOSSES
        if name != "auto" and get_loss(name).lowest_target < 0
    },
    "loss log_loss": {"loss": "log_loss"},
    **{f"optimizer {name}": {"optimizer": name, "learning_rate": 0.003} for name in OPTIMIZERS},
    **{f"schedule {name}": {"schedule": name, "stop_at": 5} for name in SCHEDULES if name not in ENDLESS},
    **{f"init {name}": {"init": name, "seed": 7} for name in INITIALIZERS},
    "penalties": {"l1": 0.01, "l2": 0.02},
    "dropout": {"dropout": [0.3, 0.2]},
    "perceptron": {"mode": "perceptron", "dataset": "xor"},
    "drawn points": {"dataset": "points", "points": [[1, 1, 0], [2, 3, 2], [-1, -4, 0], [4, -2, 2], [0, 0, 5]] * 4},
    "no hidden layer": {"hidden": []},
    "a table of classes": {"dataset": "penguins", "axes": "pca"},
    "images": {"dataset": "digits", "map_activation": "relu", "optimizer": "adam"},
    "images through averages, two convolutions": {
        "dataset": "digits",
        "filters": [3, 5],
        "kernel_sizes": [2, 5],
        "pooling": "average",
        "map_activation": "sigmoid",
        "init": "scikit-learn",
        "dropout": [0.2, 0],
    },
    "images without pooling": {
        "dataset": "digits",
        "filters": [2],
        "pooling": "none",
        "init": "he_normal",
        "hidden": [],
    },
    "pixels as a plain row": {"dataset": "digits", "filters": [], "loss": "hinge"},
    "a table of two classes with hinge": {"dataset": "baseball", "loss": "hinge", "axes": "pca"},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    stories = []
    for part in KINDS.values():
        settings = Settings().changed(SMALL).changed(part)
        made = settings.dataset in (*MADE, "points")
        rows = None if made else rows_of(settings, {})
        stories.append({"first": {**SMALL, **part}, "messages": DO, "settles": True, "rows": rows})
    return dict(zip(KINDS, played(stories, tmp_path_factory.mktemp("path")), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_data_initial_values_and_updates_are_pythons(told, kind):
    found = told[kind]
    assert found.problems == []
    began, done = found.whole["began"], found.whole["done"]
    settings = Settings().changed(began)
    data = load(settings, {})
    assert np.abs(np.array(found.found["inputs"]).reshape(data.inputs.shape) - data.inputs).max() < 1e-12
    assert found.found["targets"] == pytest.approx(data.targets.tolist(), abs=1e-12)
    assert found.found["test"] == data.test.tolist()
    experiment, moment = replay(began, done, {})
    assert sum(entry.get("epochs", 0) + entry.get("count", 0) for entry in done) >= 4
    assert np.abs(found.theta - moment.state.theta).max() < 1e-9 * max(1.0, np.abs(moment.state.theta).max())
    train, test, accuracies = experiment.losses(moment.state.theta)
    header = found.last("frame")["header"]
    assert (header["train_loss"], header["test_loss"]) == pytest.approx((train, test), rel=1e-8)
    assert (header["train_accuracy"], header["test_accuracy"]) == pytest.approx(accuracies)


def test_what_a_step_by_hand_shows_is_what_the_update_computed(told):
    """Mean activations and δ of the batch, with dropout's masks, as the reference engine traces them."""
    for kind in ("optimizer sgd", "dropout", "a table of classes"):
        found = told[kind]
        frame = next(message for message in found.after(1) if message["type"] == "frame")
        experiment, moment = replay(found.whole["began"], [{"epochs": 3}], {})
        trace = experiment.step(moment, "minibatch").trace
        for name, arrays in (("activations", trace.forward.activations), ("deltas", trace.deltas)):
            wanted = np.concatenate([values.mean(axis=0) for values in arrays])
            assert np.abs(np.array(frame["blocks"][name]["data"]) - wanted).max() < 1e-5, (kind, name)


def test_a_map_is_the_networks_output_over_the_plane(told):
    found = told["optimizer sgd"]
    experiment, moment = replay(found.whole["began"], found.whole["done"], {})
    frame = found.last("frame")
    grid = frame["header"]["grid"]
    places = np.linspace(-6, 6, grid)
    across, up = np.meshgrid(places, places)
    inputs = features_of(np.column_stack([across.ravel(), up.ravel()]), experiment.settings.features)
    fine = np.linspace(-6, 6, 100)
    across, up = np.meshgrid(fine, fine)
    finer = features_of(np.column_stack([across.ravel(), up.ravel()]), experiment.settings.features)
    outputs = experiment.engine.forward(experiment.network, moment.state.theta, finer)
    assert np.abs(np.array(frame["blocks"]["output"]["data"]) - outputs.ravel()).max() < 1e-5
    low, high = frame["header"]["ranges"][0]
    bytes_ = np.array(frame["blocks"]["nodes"]["data"]).reshape(-1, grid * grid)[0]
    hidden = np.tanh(
        inputs @ experiment.network.weights(moment.state.theta, 0)[:, 0]
        + experiment.network.biases(moment.state.theta, 0)[0]
    )
    assert np.abs(low + (high - low) * bytes_ / 255 - hidden).max() < 1.01 * (high - low) / 255 + 1e-5


def test_the_link_of_a_lesson_is_the_same_run_everywhere(told):
    """The numbers themselves, so that no later version moves them without anybody noticing."""
    found = told["data circle"]
    assert json.loads(json.dumps(found.whole["began"]["hidden"])) == [5, 3]
    first = replay(found.whole["began"], [], {})[1].state.theta[:2]
    assert first == pytest.approx([-0.15499785, -0.09271889], abs=1e-6)
