"""Estimators as plain data for model files: parameters and class labels as JSON, never as pickled objects."""

import math
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import Any

import numpy as np

from koubai.core.activations import Activation, get_activation
from koubai.core.errors import DataError, ModelFileError
from koubai.core.losses import Loss, get_loss
from koubai.engines.registry import ENGINES
from koubai.estimators.parameters import parameter_defaults
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Schedule, get_schedule

KINDS: Mapping[str, tuple[Any, Callable[[Any], Any]]] = {
    "activation": (Activation, get_activation),
    "loss": (Loss, get_loss),
    "optimizer": (Optimizer, get_optimizer),
    "schedule": (Schedule, get_schedule),
}
"""Objects that a parameter may hold, with what makes them from their ``spec()``."""

LEFT_OUT = ("callbacks", "checkpoint", "keep_checkpoint")
"""Parameters of one training only, which a stored model does without."""


def encode(value: Any) -> Any:
    """Return a parameter's value as JSON data that `decode` gives back with its type.

    Raises
    ------
    DataError
        If the value is of a kind that has no plain form.

    Examples
    --------
    >>> encode((64, 32)), decode(encode((64, 32)))
    ({'tuple': [64, 32]}, (64, 32))
    """
    if isinstance(value, np.generic):
        return encode(value.item())
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, Mapping):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, np.ndarray):
        return {"array": encode_array(value)}
    if isinstance(value, PathLike):
        return fspath(value)
    for kind, (base, _) in KINDS.items():
        if isinstance(value, base):
            return {kind: value.spec()}
    raise DataError(
        f"to_record: a stored value must be a number, a text, a sequence, a dict or one of koubai's own objects; "
        f"got {type(value).__name__}. Give its name instead."
    )


def decode(data: Any) -> Any:
    """Return the value that `encode` turned into data.

    Raises
    ------
    ModelFileError
        If the data are of a kind that `encode` never makes.
    """
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) != 1:
        raise ModelFileError(
            f"from_record: a stored value must have one kind; got {sorted(data)}. The file is damaged."
        )
    ((kind, content),) = data.items()
    if kind == "float":
        return float(content)
    if kind == "tuple":
        return tuple(decode(item) for item in content)
    if kind == "dict":
        return {decode(key): decode(item) for key, item in content}
    if kind == "array":
        return decode_array(content)
    if kind in KINDS:
        return KINDS[kind][1](content)
    raise ModelFileError(f"from_record: a stored value must be of a known kind; got {kind!r}. Use a newer koubai.")


def encode_array(array: Any) -> dict[str, Any]:
    """Return a vector of class labels or names as JSON data: its NumPy dtype and its values.

    Raises
    ------
    DataError
        If the labels are neither numbers, booleans, texts nor dates.

    Examples
    --------
    >>> encode_array(np.array(["no", "yes"]))
    {'dtype': '<U3', 'values': ['no', 'yes']}
    """
    kind = array.dtype.kind
    if kind not in "biufUOM":
        raise DataError(
            f"to_record: class labels must be numbers, booleans, texts or dates; got dtype {array.dtype}. "
            f"Convert them to text."
        )
    values = (array.astype(str) if kind == "M" else array).tolist()
    return {"dtype": "object" if kind == "O" else array.dtype.str, "values": [encode(value) for value in values]}


def decode_array(data: Mapping[str, Any]) -> Any:
    """Return the vector that `encode_array` turned into data."""
    return np.array([decode(value) for value in data["values"]], dtype=np.dtype(data["dtype"]))


def encode_parameters(estimator: Any) -> dict[str, Any]:
    """Return the constructor's parameters; those that no file can keep go back to their default.

    These are callbacks and checkpoints, a RandomState, and an engine that is not known by name.
    """
    kind: Any = type(estimator)
    encoded = {}
    for name, default in parameter_defaults(kind).items():
        value = getattr(estimator, name)
        if name == "engine" and not isinstance(value, str):
            value = value.name if value.name in ENGINES else default
        if name in LEFT_OUT or (name == "random_state" and isinstance(value, np.random.RandomState)):
            value = default
        encoded[name] = encode(value)
    return encoded


def decode_parameters(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constructor's parameters that `encode_parameters` turned into data.

    Raises
    ------
    ModelFileError
        If there is a parameter that this version does not know.
    """
    unknown = sorted(set(data) - set(parameter_defaults(kind)))
    if unknown:
        raise ModelFileError(
            f"{kind.__name__}: a stored model must have only parameters that this version knows; "
            f"got {', '.join(unknown)}. Use a newer koubai."
        )
    return {name: decode(value) for name, value in data.items()}
