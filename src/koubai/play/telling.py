"""The messages to a client: the available choices, a run's state, its points, and frames."""

from collections.abc import Mapping

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.arrays import Array
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play.branch import Branch
from koubai.play.datasets import CLASSES, DATASETS, MADE
from koubai.play.features import FEATURES
from koubai.play.frames import Message, encode
from koubai.play.maps import compute_maps
from koubai.play.settings import ENDLESS, LOSSES, MOST_LAYERS, MOST_NODES, MOST_POINTS, Settings

MOST_ROWS_TOLD = 64
"""Maximum number of rows of the last update listed in a frame."""


def hello(settings: Settings) -> Message:
    """Return the first message."""
    catalogue = {
        "datasets": [{"name": name, "task": MADE.get(name, CLASSES)} for name in DATASETS],
        "features": list(FEATURES),
        "activations": [name for name in ACTIVATIONS if name != "softmax"],
        "losses": list(LOSSES),
        "optimizers": [
            {"name": name, "learning_rate": kind().default_learning_rate} for name, kind in OPTIMIZERS.items()
        ],
        "schedules": [name for name in SCHEDULES if name not in ENDLESS],
        "initializers": list(INITIALIZERS),
        "bounds": {"layers": MOST_LAYERS, "nodes": MOST_NODES, "points": MOST_POINTS},
    }
    return {
        "type": "hello",
        "catalogue": catalogue,
        "settings": settings.as_json(),
        "defaults": Settings().as_json(),
    }


def state(branch: Branch, running: bool, n_branches: int) -> Message:
    """Return what the page shows besides the maps."""
    network, data = branch.experiment.network, branch.experiment.data
    layers = [
        {
            "n_in": layer.n_in,
            "n_out": layer.n_out,
            "weights_at": network.span(index, "weights").start,
            "biases_at": network.span(index, "biases").start,
            "activation": layer.activation.name,
        }
        for index, layer in enumerate(network.layers)
    ]
    return {
        "type": "state",
        "settings": branch.settings.as_json(),
        "network": {"sizes": list(network.sizes), "n_parameters": network.n_parameters, "layers": layers},
        "task": data.task,
        "classes": list(data.classes),
        "feature_names": list(data.names),
        "running": running,
        "epoch": branch.epoch,
        "step": branch.moment.steps,
        "timeline": {
            "length": len(branch.timeline.pasts),
            "position": branch.timeline.position,
            "branches": n_branches,
        },
        "notes": [],
    }


def points(branch: Branch) -> Message:
    """Return the rows' positions in the plane."""
    data = branch.experiment.data
    return {
        "type": "data",
        "x": data.plane[:, 0].tolist(),
        "y": data.plane[:, 1].tolist(),
        "label": data.targets.tolist(),
        "test": data.test.tolist(),
        "axes": list(data.axes),
        "range": [list(pair) for pair in data.extent],
    }


def frame(branch: Branch, places: Array, grid: int, with_maps: bool, numbers: Mapping[str, object]) -> bytes:
    """Return θ, the maps and the latest numbers as a binary frame.

    Parameters
    ----------
    places : (grid * grid, n_features)
        The network's inputs over the plane.
    numbers : dict
        Header fields beyond those of the branch: ``id``, ``running``, ``instant``.
    """
    experiment, moment, losses = branch.experiment, branch.moment, branch.losses
    maps = compute_maps(experiment, moment.state.theta, places, grid, with_maps)
    with np.errstate(all="ignore"):
        blocks: dict[str, Array] = {"theta": moment.state.theta.astype(np.float32), "output": maps.output}
    if maps.nodes is not None:
        blocks["nodes"] = maps.nodes
    last = branch.last
    if last is not None and last.trace is not None:
        z, delta = last.trace.forward.activations, last.trace.deltas
        blocks["activations"] = np.concatenate([values.mean(axis=0) for values in z]).astype(np.float32)
        blocks["deltas"] = np.concatenate([values.mean(axis=0) for values in delta]).astype(np.float32)
    header = {
        "type": "frame",
        "epoch": branch.epoch,
        "step": moment.steps,
        "train_loss": losses.train,
        "test_loss": losses.test,
        "accuracy": branch.accuracy,
        "mistakes": moment.mistakes if experiment.is_perceptron else None,
        "all_mistakes": moment.all_mistakes if experiment.is_perceptron else None,
        "rows": _rows(branch),
        "grid": grid,
        "range": experiment.data.extent,
        "ranges": maps.ranges,
        "position": branch.timeline.position,
        "length": len(branch.timeline.pasts),
        **numbers,
    }
    return encode(header, blocks)


def _rows(branch: Branch) -> list[int]:
    """Return the rows of the last step as point indices; for an epoch, those of its last update."""
    if branch.last is None:
        return []
    training = np.flatnonzero(~branch.experiment.data.test)
    found: list[int] = training[branch.last.chosen[-MOST_ROWS_TOLD:]].tolist()
    return found
