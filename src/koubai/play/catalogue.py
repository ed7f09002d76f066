"""What the page must know of the library, as plain data: choices, checks, the ends of networks, and bounds.

All of it follows from the registries, so that nothing is written down twice: a new activation or optimizer is on the
page once the engine's module has been built with it.
"""

import json
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.initializers import NAMES as INITIALIZERS
from koubai.core.losses import LOSSES as KINDS
from koubai.core.losses import get_loss
from koubai.core.schema import Record
from koubai.engines.cpu.native.wasm import files as wasm_files
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.convolution.classifier import ConvClassifier
from koubai.estimators.given.outputs import Ending, classification_ending, regression_ending
from koubai.estimators.kept.recording import encode_array
from koubai.estimators.linear.separability import REMEDIES, describe
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.optimizers.registry import OPTIMIZERS
from koubai.optimizers.schedules import SCHEDULES
from koubai.play.checks import described
from koubai.play.datasets import CLASSES, DATASETS, GIVEN_IMAGES, MADE, NUMBERS
from koubai.play.features import FEATURES
from koubai.play.messages import MESSAGES
from koubai.play.of_images.laws import laws
from koubai.play.of_images.networks import POOLED
from koubai.play.of_images.sets import IMAGES, ImageSet
from koubai.play.runs.data import TABLES
from koubai.play.runs.estimators import WIDEST
from koubai.play.runs.experiment import HORIZON
from koubai.play.settings import (
    CHECKS,
    ENDLESS,
    KERNEL_SIZES,
    LIVE,
    LOSSES,
    MOST_CONVOLUTIONS,
    MOST_FILTERS,
    MOST_LAYERS,
    MOST_NODES,
    MOST_POINTS,
    OF_DATA,
    POOLINGS,
    VIEW,
    Settings,
)


@cache
def catalogue() -> Record:
    """Return all of it, as JSON has it.

    Examples
    --------
    >>> catalogue()["endings"]["classification"]["log_loss"]["two"]["activation"]
    'sigmoid'
    """
    found = {
        "koubai_version": metadata.version("koubai"),
        "datasets": [{"name": name, "task": MADE.get(name, CLASSES)} for name in DATASETS],
        "tasks": MADE,
        "features": list(FEATURES),
        "activations": [name for name in ACTIVATIONS if name != "softmax"],
        "losses": [{"name": name, "tasks": _tasks(name)} for name in LOSSES],
        "optimizers": [
            {"name": name, "learning_rate": kind().default_learning_rate} for name, kind in OPTIMIZERS.items()
        ],
        "n_slots": {name: kind.n_slots for name, kind in OPTIMIZERS.items()},
        "schedules": [name for name in SCHEDULES if name not in ENDLESS],
        "initializers": list(INITIALIZERS),
        "bounds": {"layers": MOST_LAYERS, "nodes": MOST_NODES, "points": MOST_POINTS, "widest": WIDEST},
        "images": {name: _image_set(found) for name, found in IMAGES.items()},
        "maps": {
            "most": MOST_CONVOLUTIONS,
            "filters": MOST_FILTERS,
            "sizes": KERNEL_SIZES,
            "poolings": POOLINGS,
            "pooled": POOLED,
            "laws": laws(),
        },
        "checks": {name: described(check) for name, check in CHECKS.items()},
        "messages": {
            kind: {name: [described(check), usual] for name, (check, usual) in parts.items()}
            for kind, parts in MESSAGES.items()
        },
        "live": sorted(LIVE),
        "view": sorted(VIEW),
        "of_data": sorted(OF_DATA),
        "endings": _endings(),
        "lowest_targets": {
            name: get_loss(name).lowest_target
            for name in LOSSES
            if name != "auto" and np.isfinite(get_loss(name).lowest_target)
        },
        "horizon": HORIZON,
        "tables": TABLES,
        "defaults": Settings().as_json(),
        "model_templates": _templates(),
        "separability": {
            "yes": describe(np.array([0]), np.array([True]), np.array([0, 1])),
            "no": f"The data appear not to be linearly separable: these weights misclassify some rows. {REMEDIES}",
        },
    }
    plain: Record = json.loads(json.dumps(found))
    return plain


def with_images(images: ImageSet | None) -> Record:
    """Return the catalogue with images of the user's own, if there are any.

    Examples
    --------
    >>> sorted(with_images(None)["images"])
    ['digits']
    """
    found = catalogue()
    return found if images is None else {**found, "images": with_given(images)}


def with_given(images: ImageSet) -> Record:
    """Return what the page must know of all sets of images, with those of the user's own."""
    sets: Record = catalogue()["images"]
    return {**sets, GIVEN_IMAGES: json.loads(json.dumps(_image_set(images)))}


def _image_set(found: ImageSet) -> Record:
    """Return what the page must know of a set of images before it has them."""
    plain = {"shape": found.shape, "most": found.most, "classes": found.classes, "usual": dict(found.usual)}
    labels = {} if found.labels is None else {"labels": encode_array(found.labels)}
    return {**plain, **labels, **found.told}


def _tasks(loss: str) -> list[str]:
    """Return the tasks that a loss is for; "auto" is for all."""
    return [CLASSES, NUMBERS] if loss == "auto" else list(get_loss(loss).tasks)


def _endings() -> Record:
    """Return the end of a network for each loss: for two classes and for more, and for numbers."""
    names = ["log_loss", *KINDS]
    return {
        CLASSES: {
            name: {
                "two": _ending(classification_ending(name, False, "play")),
                "many": _ending(classification_ending(name, True, "play")),
            }
            for name in names
            if CLASSES in get_loss(name).tasks
        },
        NUMBERS: {name: _ending(regression_ending(name, "play")) for name in KINDS if NUMBERS in get_loss(name).tasks},
    }


def _ending(ending: Ending) -> Record:
    return {"activation": ending.activation, "loss": ending.loss.spec(), "signed": ending.signed}


def _templates() -> Record:
    """Return the records of fitted estimators, in which the page replaces what is its own."""
    X, numbers = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), np.array([0.0, 1.0, 2.0])
    labels = np.array(["0", "1", "1"])
    models = (
        MLPClassifier((2,), engine="reference", epochs=1, random_state=0).fit(X, labels),
        MLPRegressor(hidden_layer_sizes=(2,), engine="reference", epochs=1, random_state=0).fit(X, numbers),
        Perceptron(max_iter=1, tol=None, zero_score="negative").fit(X, labels),
        ConvClassifier([], engine="reference", epochs=1, shifts=0, random_state=0).fit(X.reshape(3, 1, 2), labels),
    )
    found = {}
    for model in models:
        record, _ = model.to_record()
        if "engine" in record["parameters"]:
            record["parameters"]["engine"] = "cpu"
        found[type(model).__name__] = {"record": record}
    return found


def engine_files() -> tuple[Path, Path] | None:
    """Return the files of the engine's module for browsers and of its description; None if they were not built."""
    module, description = _installed() or wasm_files()
    return (module, description) if module.is_file() and description.is_file() else None


def engine_addresses() -> dict[str, str] | None:
    """Return where a host has the engine's two files, below the page's own address; None if they were not built."""
    found = engine_files()
    return None if found is None else {"module": f"engine/{found[0].name}", "description": f"engine/{found[1].name}"}


def _installed() -> tuple[Path, Path] | None:
    """Return the files that were installed with koubai, whose sources do not change any more."""
    from koubai.engines.cpu.native.library import FOLDER
    from koubai.engines.cpu.sources import can_change

    found = [] if can_change() else sorted(FOLDER.glob("engine-wasm32-*.wasm"))
    return (found[0], found[0].with_suffix(".json")) if len(found) == 1 else None
