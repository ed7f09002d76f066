"""A network's layers as steps: one function for each kind of layer, found by the layer's name."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.activations.softmax import Softmax as SoftmaxActivation
from koubai.core.arrays import Array
from koubai.core.errors import UndefinedError
from koubai.core.formulas.tree import Symbol
from koubai.core.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    LearnedActivation,
    MaxPooling,
    NTKDense,
    PeriodicEmbedding,
    Scaling,
)
from koubai.core.layers.base import Views
from koubai.core.network import Network
from koubai.export import maps
from koubai.export.functions import X, activation_function, learned_activation_function, scalar, wave
from koubai.export.steps import Blocks, Builder, Scalar, Softmax

MATHEMATICS = frozenset(
    ("abs", "cos", "erf", "exp", "floor", "log", "max", "min", "pow", "sign", "sin", "sqrt", "tanh")
)
"""Names of functions that languages have already."""


class Layers:
    """Adds a network's layers to steps, counting them as the equations do.

    Parameters
    ----------
    builder : Builder
        Where the steps go.
    prefix : str
        What the names of this network's vectors begin with, where there are several networks.
    """

    def __init__(self, builder: Builder, prefix: str = "") -> None:
        self.builder, self.prefix = builder, prefix
        self.number = 0

    def network(self, network: Network, theta: Array, source: str) -> str:
        """Add all layers of a network; return the name of its outputs.

        Raises
        ------
        UndefinedError
            If a layer or an activation is of a kind that no export knows.
        """
        for layer, blocks in network.parts(theta):
            self.number += 1
            if layer.name not in LOWERED:
                raise UndefinedError(
                    f"the {layer.name} layer must be described in steps to be exported; it is not. "
                    f"Add a function to koubai.export.layers.LOWERED[{layer.name!r}]."
                )
            source = LOWERED[layer.name](self, layer, blocks, source)
        return source

    def name(self, letter: str) -> str:
        """Return a vector's name: the letter of the equations and the layer's number."""
        return f"{self.prefix}{letter}{self.number}"

    def activated(self, activation: Activation, source: str) -> str:
        """Add φ."""
        if isinstance(activation, Identity):
            return source
        note = f"layer {self.number}: z = {activation.name}(u)"
        if isinstance(activation, SoftmaxActivation):
            width = self.builder.width(source)
            return self.builder.add(Softmax(self.name("z"), (source,), width, note))
        function = activation_function(activation, self.function_name(activation))
        return self.builder.apply(self.name("z"), [source], function, note=note)

    def function_name(self, activation: Activation, before: str = "") -> str:
        """Return a name for an activation's function, another one for other parameters."""
        values = [value for name, value in activation.spec().items() if name != "name"]
        parts = [f"{value:g}".replace(".", "_").replace("-", "m").replace("+", "") for value in values]
        own = before + activation.name
        return "_".join([f"phi_{own}" if own in MATHEMATICS else own, *parts])


Lowered: TypeAlias = Callable[..., str]
"""Adds the steps of a layer of one kind behind a vector: takes `Layers`, the layer, its blocks and a name; returns that
of its outputs."""


def _dense(layers: Layers, layer: Dense, blocks: Views, source: str) -> str:
    weights = blocks[0]
    biases = blocks[1] if layer.bias else np.zeros(layer.n_out, weights.dtype)
    note = f"layer {layers.number}: u = W z + b"
    u = layers.builder.affine(layers.name("u"), source, weights, biases, note)
    return layers.activated(layer.activation, u)


def _ntk_dense(layers: Layers, layer: NTKDense, blocks: Views, source: str) -> str:
    weights = blocks[0] * blocks[0].dtype.type(layer.factor)
    return _dense(layers, layer._plain, (weights, *blocks[1:]), source)


SCALED = scalar("scaled", ("x", "s"), X * Symbol("s"), "times the factor of this input")


def _scaling(layers: Layers, layer: Scaling, blocks: Views, source: str) -> str:
    note = f"layer {layers.number}: z = s x"
    return layers.builder.apply(layers.name("z"), [source], SCALED, {"s": blocks[0]}, note)


def _learned_activation(layers: Layers, layer: LearnedActivation, blocks: Views, source: str) -> str:
    name = layers.function_name(layer.within, "learned_")
    function: Scalar = learned_activation_function(layer.within, name)
    note = f"layer {layers.number}: z = (1 - a) u + a {layer.within.name}(u)"
    return layers.builder.apply(layers.name("z"), [source], function, {"a": blocks[0]}, note)


def _periodic_embedding(layers: Layers, layer: PeriodicEmbedding, blocks: Views, source: str) -> str:
    builder, frequencies, phases, weights, biases = layers.builder, *blocks
    n_waves = layer.n_frequencies
    repeated = builder.select(layers.name("x"), source, np.repeat(layer.places, n_waves).tolist())
    given = {"f": frequencies.ravel(), "c": phases.ravel()}
    waves = builder.apply(layers.name("waves"), [repeated], wave(), given, f"layer {layers.number}: waves")
    shape = (len(layer.places), n_waves, layer.n_numbers)
    mixed = builder.add(
        Blocks(
            layers.name("e"),
            (waves,),
            shape[0] * shape[2],
            f"layer {layers.number}: mixtures of the waves of each input",
            np.ascontiguousarray(weights.transpose(0, 2, 1)).reshape(shape),
            biases,
        )
    )
    return builder.join(layers.name("z"), [source, mixed], f"layer {layers.number}: the inputs and their embeddings")


LOWERED: dict[str, Lowered] = {
    Dense.name: _dense,
    NTKDense.name: _ntk_dense,
    Scaling.name: _scaling,
    LearnedActivation.name: _learned_activation,
    PeriodicEmbedding.name: _periodic_embedding,
    Convolution.name: maps.convolution,
    MaxPooling.name: maps.max_pooling,
    AveragePooling.name: maps.average_pooling,
    Flatten.name: maps.flatten,
}
"""How each kind of layer is computed in steps."""
