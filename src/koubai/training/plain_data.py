"""Conversion of a record's plain data to strict JSON and back."""

import math
from collections.abc import Mapping

import numpy as np

from koubai.core.errors import ParameterTypeError
from koubai.core.schema import Json

MAX_DEPTH = 64
"""Maximum nesting depth of lists and mappings."""

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: object, where: str) -> Json:
    """Return plain data as strict JSON; a non-finite number becomes ``{"$float": "nan"}``."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, list | tuple):
        return [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: encode(item, f"{where}[{key!r}]") for key, item in value.items()}
    raise ParameterTypeError(
        f"write_container: {where} must be plain data (None, bool, int, float, str, lists, mappings with str keys "
        f"that do not begin with $); got {type(value).__name__}."
    )


def decode(value: Json, depth: int = MAX_DEPTH) -> Json:
    """Return plain data from its JSON form.

    Raises
    ------
    ValueError
        If lists and mappings are nested deeper than ``depth``, or a ``$float`` is not a known number.
    """
    if not isinstance(value, list | dict):
        return value
    if depth == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [decode(item, depth - 1) for item in value]
    if set(value) == {"$float"}:
        if value["$float"] not in _NOT_FINITE:
            raise ValueError("not the name of a number")
        return _NOT_FINITE[value["$float"]]
    return {key: decode(item, depth - 1) for key, item in value.items()}
