"""Estimators as plain data for model files: parameters and class labels as JSON, never as pickled objects."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike, fspath

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ModelFileError
from koubai.core.language import worded
from koubai.core.losses import Loss, get_loss
from koubai.core.schema import Json, Kind, Later, Named, Record, Rule, Scalar, fault
from koubai.core.untyped import ScikitLearn
from koubai.engines.registry import ENGINES
from koubai.estimators.given.image_layers import ImageLayer, image_layer_from_spec
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Schedule, get_schedule

KINDS: Mapping[str, tuple[type[Activation | Loss | Optimizer | Schedule | ImageLayer], Callable[[Record], object]]] = {
    "activation": (Activation, get_activation),
    "loss": (Loss, get_loss),
    "optimizer": (Optimizer, get_optimizer),
    "schedule": (Schedule, get_schedule),
    "image_layer": (ImageLayer, image_layer_from_spec),
}
"""Objects that a parameter may hold, with the functions that rebuild them from their ``spec()``."""

LEFT_OUT = ("callbacks", "checkpoint", "keep_checkpoint")
"""Parameters of a single training run, omitted from stored models: a file must not determine what is written."""

WIDEST = 256
"""Text dtypes wider than this are narrowed to the longest text, since each prediction takes as much memory."""

VALUES: Mapping[str, tuple[type, ...]] = {
    "b": (bool,),
    "i": (int,),
    "u": (int,),
    "f": (float, int),
    "U": (str,),
    "M": (str,),
}
"""The representation of array elements for each kind of dtype."""


def encode(value: object) -> Json:
    """Return a parameter's value as JSON data from which `decode` restores it with its type.

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
        who="to_record",
        what=(
            "a stored value must be a number, a text, a sequence, a dict or one of koubai's "
            f"own objects; got {type(value).__name__}."
        ),
        remedy="Give its name instead.",
    )


def decode(data: object) -> object:
    """Return the value encoded by `encode`.

    Raises
    ------
    ModelFileError
        If the data are of a kind that `encode` never produces.
    """
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return Scalar().read(data, "a stored value")
    if len(data) != 1:
        raise ModelFileError(
            who="from_record",
            what=f"a stored value must have one kind; got {str(sorted(data))[:60]}.",
            remedy=worded("core.remedy.file_damaged"),
        )
    ((kind, content),) = data.items()
    if kind == "float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if kind == "tuple" and isinstance(content, list):
        return tuple(decode(item) for item in content)
    if kind == "dict" and isinstance(content, list) and all(_is_entry(entry) for entry in content):
        return {decode(key): decode(item) for key, item in content}
    if kind == "array":
        return decode_array(content)
    if kind in KINDS:
        return KINDS[kind][1](Named(Scalar()).read(content, kind))
    raise ModelFileError(
        who="from_record",
        what=f"a stored value must be of a known kind; got {kind[:60]!r}.",
        remedy="Use a newer koubai.",
    )


def _is_entry(entry: object) -> bool:
    """Return whether data represent a key, which is a plain value, and an item."""
    return isinstance(entry, list) and len(entry) == 2 and not isinstance(decode(entry[0]), list | dict | np.ndarray)


def encode_array(array: Array) -> Record:
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
            who="to_record",
            what=f"class labels must be numbers, booleans, texts or dates; got dtype {array.dtype}.",
            remedy="Convert them to text.",
        )
    values = (array.astype(str) if kind == "M" else array).tolist()
    return {"dtype": "object" if kind == "O" else array.dtype.str, "values": [encode(value) for value in values]}


def decode_array(data: object) -> Array:
    """Return the vector encoded by `encode_array`.

    Raises
    ------
    ModelFileError
        If the values are not of the dtype.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("values"), list):
        raise fault("an array", "a mapping with dtype and values", data)
    values = [decode(value) for value in data["values"]]
    if data.get("dtype") == "object":
        if not all(value is None or isinstance(value, bool | int | float | str) for value in values):
            raise fault("an array of objects", "of texts and numbers", values)
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    dtype = _plain_dtype(data.get("dtype"))
    if not all(
        isinstance(value, VALUES[dtype.kind]) and (dtype.kind == "b" or type(value) is not bool) for value in values
    ):
        raise fault(f"an array of {dtype}", "of such values", values)
    if dtype.kind == "U":
        longest = max((len(value) for value in values if isinstance(value, str)), default=1)
        if dtype.itemsize // 4 > max(WIDEST, longest):
            dtype = np.dtype(f"<U{max(1, longest)}")
    return np.array(values, dtype=dtype)


def _plain_dtype(name: object) -> np.dtype[np.generic]:
    """Return a dtype, after checking that `encode_array` could have written it."""
    if not isinstance(name, str) or not re.fullmatch(r"[<>|=]?([biufU]\d{1,9}|M8\[\w{1,3}\])", name):
        raise fault("an array's dtype", "one of numbers, booleans, texts or dates", name)
    return np.dtype(name)


class Labels:
    """Class labels as encoded by `encode_array`, distinct and in increasing order; read as an array."""

    def read(self, value: object, where: str) -> Array:
        """Return the labels."""
        array = decode_array(value)
        listed = array.tolist()
        rising = all(isinstance(label, str) for label in listed) or all(
            not isinstance(label, str) and label is not None for label in listed
        )
        if not listed or not rising or not all(a < b for a, b in pairwise(listed)) or not _are_finite(listed):
            raise fault(where, "different labels in rising order", listed)
        return array


def _are_finite(labels: Sequence[object]) -> bool:
    return all(math.isfinite(label) for label in labels if isinstance(label, float))


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value of another kind as encoded by `encode`; read as that value."""

    kind: Kind

    def read(self, value: object, where: str) -> object:
        """Return the value."""
        return self.kind.read(decode(value), where)


class Names:
    """Feature names: an array of strings."""

    def read(self, value: object, where: str) -> Array:
        """Return the names."""
        if not isinstance(value, np.ndarray) or not all(isinstance(name, str) for name in value.tolist()):
            raise fault(where, "an array of texts", value)
        return value


def encoded(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the kinds of fields that hold encoded values of these kinds."""
    return {
        name: Later(Encoded(kind.kind), kind.default) if isinstance(kind, Later) else Encoded(kind)
        for name, kind in kinds.items()
    }


def _names_fit(fitted: Mapping[str, object]) -> bool:
    names = fitted.get("feature_names_in_")
    return names is None or (isinstance(names, np.ndarray) and len(names) == fitted["n_features_in_"])


NAMES_FIT = Rule("as many names as features", _names_fit)
"""A rule on the fitted attributes of every estimator."""


def encode_parameters(estimator: object) -> Record:
    """Return the constructor's parameters; those that cannot be stored are reset to their defaults.

    These are callbacks and checkpoints, a RandomState, and an engine that is not known by name.
    """
    from koubai.estimators.given.parameters import parameter_defaults

    kind: ScikitLearn = type(estimator)
    encoded = {}
    for name, default in parameter_defaults(kind).items():
        value = getattr(estimator, name)
        if name == "engine" and not isinstance(value, str):
            value = value.name if value.name in ENGINES else default
        if name in LEFT_OUT or (name == "random_state" and isinstance(value, np.random.RandomState)):
            value = default
        encoded[name] = encode(value)
    return encoded


def check_estimator(kind: type[object], record: Record) -> None:
    """Raise ModelFileError unless a record is of an estimator of this class."""
    name = record.get("estimator")
    if name != kind.__name__:
        raise ModelFileError(
            who=kind.__name__,
            what=f"the record must be of a {kind.__name__}; got {str(name)[:60]!r}.",
            remedy="Load it with that class.",
        )


def decode_parameters(kind: type, data: object) -> Record:
    """Return the constructor's parameters encoded by `encode_parameters`.

    Raises
    ------
    ModelFileError
        If there is a parameter that is unknown to this version, or that a file may not set.
    """
    from koubai.estimators.given.parameters import parameter_defaults

    if not isinstance(data, Mapping):
        raise fault("parameters", "a mapping", data)
    defaults = parameter_defaults(kind)
    for name in LEFT_OUT:
        if data.get(name) not in (None, defaults.get(name)):
            raise fault(
                f"parameters.{name}", "left out of a file, which must not choose what is run or written", data[name]
            )
    unknown = sorted(set(data) - set(defaults))
    if unknown:
        raise ModelFileError(
            who=kind.__name__,
            what=f"a stored model must have only parameters that this version knows; got {', '.join(unknown)[:200]}.",
            remedy="Use a newer koubai.",
        )
    return {name: decode(value) for name, value in data.items()}
