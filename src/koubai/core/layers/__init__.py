"""Layers: one kind per file, which defines everything about it except its compiled kernel.

A file in this folder that defines a subclass of `Layer` with its own ``code`` adds a kind; the compiled engine
finds its kernel in the file of the same name in `koubai.engines.cpu.kernels.layers`.
"""

from collections.abc import Mapping
from typing import Any

from koubai.core.errors import ParameterError
from koubai.core.layers.average_pooling import AveragePooling
from koubai.core.layers.base import Layer
from koubai.core.layers.convolution import Convolution
from koubai.core.layers.dense import Dense
from koubai.core.layers.flatten import Flatten
from koubai.core.layers.learned_activation import LearnedActivation
from koubai.core.layers.max_pooling import MaxPooling
from koubai.core.layers.ntk_dense import NTKDense
from koubai.core.layers.periodic_embedding import PeriodicEmbedding
from koubai.core.layers.scaling import Scaling
from koubai.core.registry import Registry
from koubai.core.schema import By

__all__ = [
    "LAYERS",
    "AveragePooling",
    "Convolution",
    "Dense",
    "Flatten",
    "Layer",
    "LayerKind",
    "LearnedActivation",
    "MaxPooling",
    "NTKDense",
    "PeriodicEmbedding",
    "Scaling",
    "layer_from_spec",
]

LAYERS: Registry[Layer] = Registry("layer", Layer, __name__)
"""Every kind of layer by name, in the order of their codes; ``LAYERS.register`` adds one from elsewhere."""


def layer_from_spec(spec: Mapping[str, Any]) -> Layer:
    """Return the layer described by a stored ``spec()``.

    Raises
    ------
    ParameterError
        If there is no such kind of layer.

    Examples
    --------
    >>> layer_from_spec({"kind": "scaling", "n_features": 4})
    Scaling(n_features=4)
    """
    kind = spec["kind"]
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ParameterError(who="Network", what=f"a layer's kind must be one of {', '.join(LAYERS)}; got {kind!r}.")
    return LAYERS[kind].from_spec(spec)


class LayerKind:
    """Required contents of a layer's ``spec()`` in a file, as defined by its kind."""

    def read(self, value: object, where: str) -> object:
        """Return the mapping."""
        return By("kind", {name: kind.description for name, kind in LAYERS.items()}).read(value, where)
