"""A perceptron's way into a model file and back: its record and its tensors."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import csr_array, issparse

from koubai.core.activations import Array
from koubai.core.errors import KoubaiError, ModelFileError
from koubai.engines.cpu.perceptron_records import Weights
from koubai.estimators import records

STORED = ("n_features_in_", "feature_names_in_", "n_iter_", "t_", "_n_passes", "separable_", "separability_")
"""Fitted attributes that go into a record as they are."""

Kind = TypeVar("Kind")


def to_record(estimator: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return a fitted perceptron as JSON data and arrays."""
    sparse = issparse(estimator.coef_)
    record = {
        "estimator": type(estimator).__name__,
        "parameters": records.encode_parameters(estimator),
        "classes": records.encode_array(estimator.classes_),
        "fitted": {name: records.encode(getattr(estimator, name)) for name in STORED if hasattr(estimator, name)},
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


def from_record(kind: type[Kind], record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Kind:
    """Return the perceptron that `to_record` described.

    Raises
    ------
    ModelFileError
        If the record is damaged, or of another estimator.
    """
    name = record.get("estimator")
    if name != kind.__name__:
        raise ModelFileError(
            f"{kind.__name__}: the record must be of a {kind.__name__}; got {name!r}. Load it with that class."
        )
    try:
        return _restored(kind, record, tensors)
    except ModelFileError:
        raise
    except (KoubaiError, AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"{kind.__name__}: the record must be whole and consistent; got {type(error).__name__}: {error}. "
            f"The file is damaged."
        ) from error


def _restored(kind: Any, record: Mapping[str, Any], tensors: Mapping[str, Array]) -> Any:
    estimator = kind(**records.decode_parameters(kind, record["parameters"]))
    for attribute in STORED:
        if attribute in record["fitted"]:
            setattr(estimator, attribute, records.decode(record["fitted"][attribute]))
    estimator.classes_ = records.decode_array(record["classes"])
    n_classes = len(estimator.classes_)
    shape = (1 if n_classes == 2 else n_classes, estimator.n_features_in_)
    coef, intercept = np.array(tensors["coef"]), np.array(tensors["intercept"])
    if coef.shape != shape or intercept.shape != shape[:1] or n_classes < 2:
        raise ValueError(
            f"weights {coef.shape} and biases {intercept.shape} for {n_classes} classes and {shape[1]} features"
        )
    if coef.dtype not in (np.float32, np.float64) or intercept.dtype != coef.dtype:
        raise TypeError(f"weights of dtype {coef.dtype} and biases of dtype {intercept.dtype}")
    estimator.coef_, estimator.intercept_ = csr_array(coef) if record["sparse"] else coef, intercept
    estimator.mistakes_ = np.array(tensors["mistakes"])
    parts = {
        name.removeprefix("running."): np.array(part) for name, part in tensors.items() if name.startswith("running.")
    }
    estimator._running = Weights(**parts) if parts else None
    return estimator
