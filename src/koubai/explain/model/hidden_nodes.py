"""What a network's hidden nodes represent: their inputs, what activates them, and their effects (slides 45-47)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.arguments import WHOLE, check_kind, floats
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.language import worded
from koubai.core.layers import Dense
from koubai.core.network import Network
from koubai.core.trace import ForwardTrace
from koubai.engines.reference import trace_forward

STRONGEST = 4
"""Number of inputs and rows listed for each node."""
ROWS = 5000
"""Maximum number of rows examined."""
LOW, HIGH = 0.1, 0.9
"""The quantiles of a node's activation between which it is varied."""
GROUPS = 8
"""Number of groups into which rows are divided by a node's activation."""


@dataclass(frozen=True, slots=True)
class HiddenNode:
    """A hidden node's inputs, what activates it, and its effects.

    Attributes
    ----------
    layer, index : int
        Counted from 1.
    inputs : tuple of (str, float)
        Its strongest sources with their weights, largest first.
    rows : tuple of (int, float)
        The rows (from 0) that activate it most, with its activation.
    effects : tuple of float
        For each output, how much it rises on average over the rows when the node goes from its low activation (the
        10 % quantile) to its high one (90 %), with all others unchanged.
    groups : tuple of float
        Mean activation of each group of rows, in increasing order; rows are grouped by the node's activation, in equal
        sizes where activations differ.
    outputs : tuple of tuple of float
        For each output, its mean over each group of rows.
    """

    layer: int
    index: int
    inputs: tuple[tuple[str, float], ...]
    rows: tuple[tuple[int, float], ...]
    effects: tuple[float, ...]
    groups: tuple[float, ...] = ()
    outputs: tuple[tuple[float, ...], ...] = ()

    @property
    def influence(self) -> float:
        """The largest absolute effect on an output."""
        return max(abs(effect) for effect in self.effects)


def hidden_nodes(
    network: Network, theta: Array, inputs: Array, names: Sequence[str] = (), layer: int = 1
) -> tuple[HiddenNode, ...]:
    """Return what each hidden node of a layer represents, judged by its weights and by rows.

    Parameters
    ----------
    network, theta
        The network and its parameters.
    inputs : (n_rows, n_features)
        Rows to examine; only the first 5000 are used.
    names : sequence of str
        Names of the inputs.
    layer : int
        The hidden layer, counted from 1.

    Raises
    ------
    ParameterError
        If there is no such hidden layer.
    ShapeError
        If there are no rows, or they do not match the network.
    """
    check_kind("explain", "layer", layer, WHOLE, 1)
    depth = len(network.layers)
    if not 1 <= layer < depth:
        shown = "-".join(map(str, network.sizes))
        raise ParameterError(worded("explain.error.hidden_layer", most=depth - 1, got=layer, network=shown))
    rows = floats("explain", "rows", inputs)
    if rows.ndim != 2 or rows.shape[1] != network.n_features or not len(rows):
        raise ShapeError(worded("explain.error.model_rows", columns=network.n_features, got=rows.shape))
    rows, theta = rows[:ROWS], np.asarray(theta, dtype=np.float64)
    trace = trace_forward(network, theta, rows)
    weights, activations = _weights_into(network, theta, layer, trace), trace.activations[layer - 1]
    called = _called(names, weights.shape[0], layer)
    leaving, dense = _weights_into(network, theta, layer + 1, trace), isinstance(network.layers[layer - 1], Dense)
    found = []
    for i in range(weights.shape[1]):
        groups, means = _grouped(activations[:, i], trace.outputs)
        strong = np.argsort(-np.abs(weights[:, i]), kind="stable")[:STRONGEST]
        excited = np.argsort(-activations[:, i], kind="stable")[:STRONGEST]
        found.append(
            HiddenNode(
                layer,
                i + 1,
                tuple((called[j], float(weights[j, i])) for j in strong if dense or weights[j, i]),
                tuple((int(row), float(activations[row, i])) for row in excited),
                tuple(_effects(network, theta, layer, trace, i, leaving[i]).tolist()),
                groups,
                means,
            )
        )
    return tuple(found)


def _weights_into(network: Network, theta: Array, layer: int, trace: ForwardTrace) -> Array:
    """Return by what each source counts in each node of a layer, of a dense one its weights, (n_in, n_out).

    In a layer that is not linear that is the mean slope over the rows.
    """
    spec, blocks = network.layers[layer - 1], network.blocks(theta, layer - 1)
    if spec.is_linear:
        return spec.to_sources(blocks, np.zeros((spec.n_out, spec.n_in)), np.eye(spec.n_out)).T
    sources = trace.sources(layer - 1)
    slopes = [
        spec.to_sources(blocks, sources, np.tile(node, (len(sources), 1))).mean(axis=0) for node in np.eye(spec.n_out)
    ]
    return np.stack(slopes, axis=1)


def _called(names: Sequence[str], count: int, layer: int) -> list[str]:
    if layer == 1 and len(names) == count:
        return list(names)
    letter = "x" if layer == 1 else "z"
    return [f"{letter}{j}" for j in range(1, count + 1)]


def _grouped(activations: Array, outputs: Array) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Return the mean activation of each group of rows, and each output's means over the groups."""
    edges = np.unique(np.quantile(activations, np.linspace(0, 1, GROUPS + 1)))
    group = np.clip(np.searchsorted(edges, activations, side="right") - 1, 0, max(0, len(edges) - 2))
    members = [rows for k in range(len(edges)) if len(rows := np.flatnonzero(group == k))]
    means = np.array([outputs[rows].mean(axis=0) for rows in members])
    return tuple(float(activations[rows].mean()) for rows in members), tuple(map(tuple, means.T.tolist()))


def _effects(network: Network, theta: Array, layer: int, trace: ForwardTrace, i: int, leaving: Array) -> Array:
    """Return how much each output rises when node i goes from its low to its high activation, (n_outputs,).

    ``leaving`` (n_next,) is the node's weight in each node of the next layer.

    Only the change in one node is propagated to the next layer if that is linear, so wide layers take little longer
    than narrow ones.
    """
    spec, z = network.layers[layer], trace.activations[layer - 1][:, i]

    def changed(value: float) -> Array:
        if spec.is_linear:
            return np.asarray(trace.pre_activations[layer] + np.outer(value - z, leaving))
        sources = trace.sources(layer).copy()
        sources[:, i] = value
        return spec.forward(network.blocks(theta, layer), sources)

    low, high = (
        _outputs_from(network, theta, layer, changed(float(np.quantile(z, share)))).mean(axis=0)
        for share in (LOW, HIGH)
    )
    difference: Array = high - low
    return difference


def _outputs_from(network: Network, theta: Array, layer: int, u: Array) -> Array:
    """Return the outputs computed from the pre-activations of the layer after a hidden one."""
    z = network.layers[layer].activation.value(u)
    for index in range(layer + 1, len(network.layers)):
        spec = network.layers[index]
        z = spec.activation.value(spec.forward(network.blocks(theta, index), z))
    return z
