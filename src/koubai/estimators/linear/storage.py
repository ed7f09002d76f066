"""Storage of perceptrons in model files: their records and tensors."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils import compute_class_weight

from koubai.core.arrays import Array
from koubai.core.schema import (
    F64,
    FLOATS,
    Description,
    Fields,
    Kind,
    Later,
    Maybe,
    Real,
    Record,
    Tensor,
    Tensors,
    Text,
    Truth,
    Whole,
    consistent,
    fault,
)
from koubai.engines.cpu.perceptron_records import Weights
from koubai.estimators.kept import recording
from koubai.estimators.linear.parameters import LinearModel

FITTED: Mapping[str, Kind] = {
    "n_features_in_": Whole(1),
    "feature_names_in_": Later(recording.Names()),
    "n_iter_": Whole(),
    "t_": Real(0, 2.0**53),
    "_n_passes": Whole(),
    "separable_": Maybe(Truth()),
    "separability_": Text(),
}
"""Fitted attributes stored unchanged in a record."""

WEIGHTS, BIASES = ("n_features", "n_problems"), ("n_problems",)
RUNNING = {
    "weights": Tensor(FLOATS, WEIGHTS, like="coef"),
    "biases": Tensor(F64, BIASES),
    "sums": Tensor(F64, WEIGHTS),
    "bias_sums": Tensor(F64, BIASES),
    "counts": Tensor(F64, BIASES, least=1),
    "pocket": Tensor(FLOATS, WEIGHTS, like="coef"),
    "pocket_biases": Tensor(F64, BIASES),
}
"""The state from which a variant continues; kernels modify these arrays."""


def _sizes(record: Record) -> dict[str, int]:
    """Return the sizes of the arrays: with two classes there is one problem, else one for each class."""
    n_classes = len(record["classes"])
    n_problems = 1 if n_classes == 2 else n_classes
    return {"n_features": record["fitted"]["n_features_in_"], "n_problems": n_problems}


DESCRIPTION = Description(
    Fields(
        {
            "classes": recording.Labels(),
            "fitted": Fields(recording.encoded(FITTED), (recording.NAMES_FIT,)),
            "sparse": Truth(),
        }
    ),
    {
        "coef": Tensor(FLOATS, ("n_problems", "n_features")),
        "intercept": Tensor(FLOATS, BIASES, like="coef"),
        "mistakes": Tensor(("int64",), ("n_passes",), least=0),
        **{
            f"running.{name}": Tensor(part.dtypes, part.shape, least=part.least, like=part.like, optional=True)
            for name, part in RUNNING.items()
        },
    },
    _sizes,
    (
        ("running.weights", "running.biases"),
        ("running.sums", "running.bias_sums", "running.counts"),
        ("running.pocket", "running.pocket_biases"),
    ),
)
"""Required contents of a perceptron's record and arrays."""

Made = TypeVar("Made", bound=LinearModel)


def to_record(estimator: LinearModel) -> tuple[Record, dict[str, Array]]:
    """Return a fitted perceptron as JSON data and arrays."""
    sparse = issparse(estimator.coef_)
    record = {
        "estimator": type(estimator).__name__,
        "parameters": recording.encode_parameters(estimator),
        "classes": recording.encode_array(estimator.classes_),
        "fitted": {name: recording.encode(getattr(estimator, name)) for name in FITTED if hasattr(estimator, name)},
        "sparse": sparse,
    }
    tensors = {
        "coef": estimator.coef_.toarray() if sparse else np.ascontiguousarray(estimator.coef_),
        "intercept": np.asarray(estimator.intercept_),
        "mistakes": estimator.mistakes_,
    }
    if estimator._running is not None:
        parts = {field.name: getattr(estimator._running, field.name) for field in fields(Weights)}
        tensors |= {f"running.{name}": np.ascontiguousarray(part) for name, part in parts.items() if part is not None}
    return record, tensors


def from_record(kind: type[Made], record: Record, tensors: Tensors) -> Made:
    """Return the perceptron described by `to_record`.

    Raises
    ------
    ModelFileError
        If the record is damaged or describes another estimator.
    """
    recording.check_estimator(kind, record)
    checked = DESCRIPTION.check(kind.__name__, record, tensors)
    return consistent(kind.__name__, lambda: _restored(kind, checked, tensors))


def _restored(kind: type[Made], record: Record, tensors: Tensors) -> Made:
    estimator = kind(**recording.decode_parameters(kind, record.get("parameters")))
    estimator._validate_params()
    estimator.classes_ = classes = record["classes"]
    if len(classes) < 2:
        raise fault("classes", "two classes or more", classes.tolist())
    if estimator.class_weight is not None:
        compute_class_weight(estimator.class_weight, classes=classes, y=classes)
    for attribute, value in record["fitted"].items():
        if attribute in FITTED:
            setattr(estimator, attribute, value)
    coef = np.array(tensors["coef"])
    estimator.coef_, estimator.intercept_ = (
        csr_array(coef) if record["sparse"] else coef,
        np.array(tensors["intercept"]),
    )
    estimator.mistakes_ = np.array(tensors["mistakes"])
    parts = {name: np.array(tensors[f"running.{name}"]) for name in RUNNING if f"running.{name}" in tensors}
    if parts and ("weights" not in parts or ("sums" in parts) == ("pocket" in parts)):
        raise fault("running", "what one variant goes on from", ", ".join(parts))
    estimator._running = Weights(**parts) if parts else None
    return estimator
