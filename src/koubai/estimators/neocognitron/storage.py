"""Storage of Neocognitrons in model files: their records and tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import prod
from typing import Protocol, TypeVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.schema import (
    Description,
    Fields,
    Kind,
    Later,
    Listed,
    Maybe,
    Real,
    Record,
    Tensor,
    Tensors,
    Whole,
    consistent,
    fault,
)
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.kept import recording
from koubai.estimators.neocognitron.cells import SLayer
from koubai.estimators.neocognitron.readout import Winner
from koubai.estimators.neocognitron.stages import MOST_PLANES, MOST_STAGES, PARTS, WHOLE, Choices


class FittedNeocognitron(Protocol):
    """A Neocognitron."""

    n_features_in_: int
    image_shape_: Sequence[int]
    classes_: Array
    s_layers_: list[SLayer]
    readout_: Winner | MLPClassifier
    _stages: list[Choices]
    _n_features_out: int

    def _validate_params(self) -> None: ...


PREFIX = "readout."
"""Prefix of the names of a softmax regression's arrays."""
MOST_SIDE = 2**16

STAGE: Mapping[str, Kind] = {
    **{name: Whole(*bounds) for name, bounds in WHOLE.items()},
    **{name: Real(0, 1, above=0) for name in PARTS},
    "saturation": Real(above=0),
}
"""The choices for each stage when it was trained; the parameters may have changed since."""

FITTED: Mapping[str, Kind] = {
    "n_features_in_": Whole(1),
    "feature_names_in_": Later(recording.Names()),
    "image_shape_": Listed(Whole(1, MOST_SIDE), 3, 3),
    "lowest_": Real(),
    "range_": Real(above=0),
}
"""Fitted attributes stored unchanged in the record."""

FIELDS = Fields(
    {
        "classes": Maybe(recording.Labels()),
        "fitted": Fields(
            recording.encoded(FITTED),
            (recording.NAMES_FIT,),
        ),
        "planes": Listed(Whole(1, MOST_PLANES), 1, MOST_STAGES),
        "stages": Listed(Fields(STAGE), 1, MOST_STAGES),
    }
)
"""Required contents of the record, besides that of a softmax regression."""

Made = TypeVar("Made", bound=FittedNeocognitron)


def to_record(estimator: FittedNeocognitron) -> tuple[Record, dict[str, Array]]:
    """Return a fitted Neocognitron as JSON data and arrays."""
    readout = getattr(estimator, "readout_", None)
    record: Record = {
        "estimator": type(estimator).__name__,
        "parameters": recording.encode_parameters(estimator),
        "classes": None if readout is None else recording.encode_array(estimator.classes_),
        "fitted": {name: recording.encode(getattr(estimator, name)) for name in FITTED if hasattr(estimator, name)},
        "planes": [layer.weights.shape[1] for layer in estimator.s_layers_],
        "stages": [asdict(choice) for choice in estimator._stages],
    }
    tensors = {
        f"stage{stage}.weights": np.ascontiguousarray(layer.weights)
        for stage, layer in enumerate(estimator.s_layers_, start=1)
    }
    if isinstance(readout, Winner):
        tensors |= {"winner.weights": readout.weights, "winner.classes": readout.classes}
    elif readout is not None:
        record["readout"], more = readout.to_record()
        tensors |= {f"{PREFIX}{name}": array for name, array in more.items()}
    return record, tensors


def from_record(kind: type[Made], record: Record, tensors: Tensors) -> Made:
    """Return the Neocognitron described by `to_record`.

    Raises
    ------
    ModelFileError
        If the record is damaged or describes another estimator.
    """
    recording.check_estimator(kind, record)
    return consistent(kind.__name__, lambda: _restored(kind, record, tensors))


def _restored(kind: type[Made], record: Record, tensors: Tensors) -> Made:
    estimator = kind(**recording.decode_parameters(kind, record.get("parameters")))
    estimator._validate_params()
    found = Description(FIELDS).check(kind.__name__, record, tensors)
    for attribute in FITTED:
        if attribute in found["fitted"]:
            setattr(estimator, attribute, found["fitted"][attribute])
    shape, planes = estimator.image_shape_, found["planes"]
    choices = [Choices(**{name: stage[name] for name in STAGE}) for stage in found["stages"]]
    if prod(shape) != estimator.n_features_in_ or len(planes) != len(choices):
        raise fault("fitted", f"of images of {estimator.n_features_in_} numbers and {len(choices)} stages", len(planes))
    below = [2 * shape[2], *planes]
    described = {
        f"stage{stage}.weights": Tensor(("float32",), (choice.fields**2 * below[stage - 1], below[stage]), least=0)
        for stage, choice in enumerate(choices, start=1)
    }
    Description(Fields({}), described).check(kind.__name__, record, tensors)
    estimator._stages = choices
    estimator.s_layers_ = [
        SLayer(np.array(tensors[name]), choice.fields, choice.thresholds)
        for name, choice in zip(described, choices, strict=True)
    ]
    if found["classes"] is not None:
        estimator.classes_ = found["classes"]
        estimator.readout_ = _readout(kind.__name__, estimator, found, tensors)
    return estimator


def _readout(who: str, estimator: FittedNeocognitron, record: Record, tensors: Tensors) -> Winner | MLPClassifier:
    n_classes, n_inputs = len(estimator.classes_), estimator._n_features_out
    if "readout" not in record:
        cells = {
            "winner.weights": Tensor(("float32",), ("n_cells", n_inputs)),
            "winner.classes": Tensor(("int64",), ("n_cells",), least=0),
        }
        Description(Fields({}), cells).check(who, record, tensors)
        classes = np.array(tensors["winner.classes"])
        if not len(classes) or classes.max() >= n_classes:
            raise fault("winner.classes", f"one or more, each below {n_classes}", len(classes))
        return Winner(np.array(tensors["winner.weights"]), classes)
    own = {name.removeprefix(PREFIX): array for name, array in tensors.items() if name.startswith(PREFIX)}
    readout = MLPClassifier.from_record(record["readout"], own)
    if readout.n_features_in_ != n_inputs:
        raise fault("readout", f"of {n_inputs} cells", readout.n_features_in_)
    if not np.array_equal(readout.classes_, np.arange(n_classes)):
        raise fault("readout", f"for {n_classes} classes", len(readout.classes_))
    return readout
