"""Prepared rows of a table for the page, as plain data: what only Python can do before the page trains."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.schema import Record
from koubai.play.datasets import GIVEN_IMAGES, PICTURES
from koubai.play.of_images.sets import IMAGES, ImageSet
from koubai.play.runs.data import Data, Source, image_set, load
from koubai.play.runs.experiment import Experiment
from koubai.play.runs.returning import labels_of, whole_model
from koubai.play.settings import Settings
from koubai.tables.preparing.numeric import NumberColumn
from koubai.training.container import DTYPES

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel


def rows_of(settings: Settings, tables: Mapping[str, Path | Source], *, with_template: bool = False) -> Record:
    """Return the rows that settings ask for, and how an estimator trains on them if it was opened.

    Parameters
    ----------
    settings : Settings
    tables : mapping
        The user's own tables by id.
    with_template : bool
        Whether to add the model file's parts that the page cannot make: the preparation of the table.

    Raises
    ------
    DataError
        If there are no rows to learn from, or the table cannot be used.
    """
    if settings.dataset in (*PICTURES, GIVEN_IMAGES):
        return pixels_of(image_set(settings, tables))
    data = load(settings, tables)
    found: Record = {
        "inputs": packed(data.inputs),
        "targets": packed(data.targets),
        "test": data.test.tolist(),
        "task": data.task,
        "classes": list(data.classes),
        "names": list(data.names),
        "given": data.is_given,
        "units": _units(data),
    }
    if data.recipe is not None and settings.mode != "perceptron":
        found["recipe"] = _recipe(settings, data)
    if with_template and data.prepared is not None:
        found["template"] = _template(settings, data)
        found["usual"] = {"train_ratio": settings.train_ratio, "data_seed": settings.data_seed}
    return found


def pixels_of(which: str | ImageSet) -> Record:
    """Return all images of a set with their classes; the page orders and divides them itself.

    A pixel is a byte or, where that would not do, float32, little-endian, as ``kind`` says.

    Examples
    --------
    >>> found = pixels_of("digits")
    >>> sorted(found), found["kind"]
    (['kind', 'labels', 'pixels'], 'u1')
    """
    pixels, labels = (IMAGES[which] if isinstance(which, str) else which).read()
    kind = "u1" if pixels.dtype == np.uint8 else "f4"
    return {
        "kind": kind,
        "pixels": base64.b64encode(pixels.astype(f"<{kind}", copy=False).tobytes()).decode(),
        "labels": base64.b64encode(labels.tobytes()).decode(),
    }


def _units(data: Data) -> list[list[float] | None]:
    """Return for each feature the mean and the scale by which its column was standardised, if that is all it is."""
    if data.original is not None:
        center, scale = np.asarray(data.original.center), np.asarray(data.original.scale)
        return [[float(c), float(s)] for c, s in zip(center, scale, strict=True)]
    prepared = () if data.prepared is None else data.prepared.preparation.columns
    known = {
        column.name: [float(column.mean), float(column.scale)]
        for column in prepared
        if isinstance(column, NumberColumn) and column.kind == "number" and not column.unit
    }
    return [known.get(name) for name in data.names]


def packed(numbers: Array) -> str:
    """Return numbers as the bytes of float64, little-endian, in base64.

    Examples
    --------
    >>> packed(np.array([1.0]))
    'AAAAAAAA8D8='
    """
    return base64.b64encode(np.ascontiguousarray(numbers, "<f8").tobytes()).decode()


def _recipe(settings: Settings, data: Data) -> Record:
    experiment, recipe = Experiment.build(settings, data), data.recipe
    assert recipe is not None
    theta, seed = recipe.start(experiment.network, settings.seed, settings.init)
    return {
        "optimizer": _spec(recipe.rule),
        "schedule": recipe.course.spec(),
        "shuffle": recipe.shuffle,
        "clip_norm": recipe.clip_norm,
        "start": {"of": settings.seed, "theta": theta.tolist(), "seed": str(seed)},
    }


def _spec(rule: Any) -> Record:
    """Return a rule's name and parameters as the engine in the page takes them: numbers only."""
    return {name: float(value) if isinstance(value, bool) else value for name, value in rule.spec().items()}


def _template(settings: Settings, data: Data) -> Record:
    """Return a table's model with a network that has not learned: the record, and the preparation's arrays."""
    from koubai.models.files import _version_of

    experiment = Experiment.build(settings.changed({"mode": "network"}), data)
    model: TableModel = whole_model(experiment, experiment.begin())
    record, tensors = model.to_record()
    record = {name: part for name, part in record.items() if name != "estimator"}
    record["evaluation"] = None
    names = {dtype: name for name, dtype in DTYPES.items()}
    return {
        "record": plain(record),
        "format_version": _version_of({**record, "estimator": {}}, tensors),
        "labels": plain(list(np.unique(labels_of(data)))) if data.task == "classification" else [],
        "tensors": {
            name: {
                "dtype": names[np.ascontiguousarray(array).dtype.newbyteorder("<")],
                "shape": list(array.shape),
                "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
            }
            for name, array in tensors.items()
            if not name.startswith("estimator.")
        },
    }


def plain(value: object) -> Any:
    """Return a record with NaN and infinity written as in model files."""
    from koubai.training.plain_data import encode

    return encode(value, "record")
