"""A whole model seen from outside: what its hidden nodes came to stand for, and what its columns do (slides 45-47)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.formulas.tree import Number, Symbol
from koubai.core.formulas.values import Notation
from koubai.core.network import Network
from koubai.core.trace import ForwardTrace
from koubai.engines.reference import trace_forward
from koubai.explain.records import Block, Cell, Curves, Derivation, Section, Table, Text, say

STRONGEST = 4
"""So many inputs and rows are named for each node."""
MOST_NODES = 16
"""Of a larger layer, the nodes that move the outputs most are shown."""
ACCURACY = "accuracy"
"""The score whose name is translated."""
TIGHT = "\u00a0"
"""A blank at which no line breaks."""
ROWS = 5000
"""So many rows are looked at."""
LOW, HIGH = 0.1, 0.9
"""A node is moved from its activation's one quantile to the other."""
GROUPS = 8
"""Rows are parted into so many groups by a node's activation."""
LONG = 20
"""Names longer than this may be broken between their words."""


@dataclass(frozen=True, slots=True)
class HiddenNode:
    """What a hidden node reads, what excites it, and what it does.

    Attributes
    ----------
    layer, index : int
        Counted from 1.
    inputs : tuple of (str, float)
        Its strongest sources with their weights, the largest first.
    rows : tuple of (int, float)
        The rows (from 0) that excite it most, with its activation.
    effects : tuple of float
        For each output, how much it rises on average over the rows when the node goes from its low activation (the
        10 % quantile) to its high one (90 %), all others staying as they are.
    groups : tuple of float
        The rows parted into groups by the node's activation, of equal size where activations differ: the mean
        activation of each group, rising.
    outputs : tuple of tuple of float
        For each output, its mean over the rows of each group: how the class goes with the node.
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
        """The largest effect on an output, whatever its sign."""
        return max(abs(effect) for effect in self.effects)


def hidden_nodes(
    network: Network, theta: Array, inputs: Array, names: Sequence[str] = (), layer: int = 1
) -> tuple[HiddenNode, ...]:
    """Return what each hidden node of a layer stands for, judged by its weights and by rows.

    Parameters
    ----------
    network, theta
        The network and its parameters.
    inputs : (n_rows, n_features)
        Rows to look at; the first 5000 count.
    names : sequence of str
        What the inputs are called.
    layer : int
        Which hidden layer, from 1.

    Raises
    ------
    ParameterError
        If there is no such hidden layer.
    ShapeError
        If there are no rows, or they do not fit the network.
    """
    depth = len(network.layers)
    if not 1 <= layer < depth:
        raise ParameterError(
            f"explain: layer must be a hidden layer, 1 … {depth - 1}; got {layer}. "
            f"The network {'-'.join(map(str, network.sizes))} has {depth - 1}."
        )
    rows = np.asarray(inputs, dtype=np.float64)[:ROWS]
    if rows.ndim != 2 or rows.shape[1] != network.n_features or not len(rows):
        raise ShapeError(
            f"explain: rows must have shape (n_rows, {network.n_features}), n_rows >= 1; got {rows.shape}. Pass some."
        )
    theta = np.asarray(theta, dtype=np.float64)
    trace = trace_forward(network, theta, rows)
    weights, activations = network.weights(theta, layer - 1), trace.activations[layer - 1]
    called = _called(names, weights.shape[0], layer)
    found = []
    for i in range(weights.shape[1]):
        groups, means = _grouped(activations[:, i], trace.outputs)
        strong = np.argsort(-np.abs(weights[:, i]), kind="stable")[:STRONGEST]
        excited = np.argsort(-activations[:, i], kind="stable")[:STRONGEST]
        found.append(
            HiddenNode(
                layer,
                i + 1,
                tuple((called[j], float(weights[j, i])) for j in strong),
                tuple((int(row), float(activations[row, i])) for row in excited),
                tuple(_effects(network, theta, layer, trace, i).tolist()),
                groups,
                means,
            )
        )
    return tuple(found)


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


def _effects(network: Network, theta: Array, layer: int, trace: ForwardTrace, i: int) -> Array:
    """Return how much each output rises when node i goes from its low to its high activation, (n_outputs,).

    Only the change of one node travels to the next layer, so that wide layers take little longer than narrow ones.
    """
    u, z = trace.pre_activations[layer], trace.activations[layer - 1][:, i]
    leaving = network.weights(theta, layer)[i]  # (n_next,)
    low, high = (
        _outputs_from(network, theta, layer, u + np.outer(np.quantile(z, share) - z, leaving)).mean(axis=0)
        for share in (LOW, HIGH)
    )
    difference: Array = high - low
    return difference


def _outputs_from(network: Network, theta: Array, layer: int, u: Array) -> Array:
    """Return the outputs that follow from the pre-activations of the layer after a hidden one."""
    z = network.layers[layer].activation.value(u)
    for index in range(layer + 1, len(network.layers)):
        spec = network.layers[index]
        u = z @ network.weights(theta, index)
        z = spec.activation.value(u + network.biases(theta, index) if spec.bias else u)
    return z


@dataclass(frozen=True, slots=True)
class ColumnView:
    """What a column of a table does to a model.

    Attributes
    ----------
    name : str
    importance, spread : float
        By how much the score falls when the column is shuffled, and the standard deviation over repeats.
    grid : tuple of float or str
        Values of the column.
    outputs : tuple of tuple of float
        For each output, its mean over the rows with the column set to each value of the grid.
    """

    name: str
    importance: float
    spread: float
    grid: tuple[float | str, ...]
    outputs: tuple[tuple[float, ...], ...]


def model_page(
    nodes: Sequence[HiddenNode],
    columns: Sequence[ColumnView] = (),
    outputs: Sequence[str] = (),
    labels: Sequence[str] = (),
    score: str = "",
) -> Derivation:
    """Return the page of a whole model.

    Parameters
    ----------
    nodes : sequence of HiddenNode
        From `hidden_nodes`.
    columns : sequence of ColumnView
        What the table's columns do, if that was computed.
    outputs : sequence of str
        What the outputs are called.
    labels : sequence of str
        The class or number of each row, to be named beside the rows that excite a node.
    score : str
        What the importance is measured in.
    """
    sections = [_nodes_section(nodes, outputs, labels), *_response_section(nodes, outputs)]
    if columns:
        sections.append(_importance_section(columns, score))
        sections.append(_dependence_section(columns, outputs))
    return Derivation(say("explain.title.model"), tuple(sections), None, Notation(digits=3))


def _shown(nodes: Sequence[HiddenNode]) -> list[HiddenNode]:
    """Return the nodes that move the outputs most, in their order."""
    shown = sorted(nodes, key=lambda node: -node.influence)[:MOST_NODES]
    return sorted(shown, key=lambda node: node.index)


def _output_names(outputs: Sequence[str], count: int) -> list[str]:
    """Return a name for each output; of no and yes, one output stands for yes."""
    if len(outputs) == count:
        return list(outputs)
    return [outputs[1]] if len(outputs) == 2 and count == 1 else [f"z{k}" for k in range(1, count + 1)]


def _response_section(nodes: Sequence[HiddenNode], outputs: Sequence[str]) -> list[Section]:
    """Return how the outputs go with each node's activation over the rows, as curves."""
    blocks: list[Block] = []
    for node in _shown(nodes):
        if len(node.groups) > 1:
            names = _output_names(outputs, len(node.outputs))
            curves = tuple(zip(names, node.outputs, strict=True))
            blocks.append(Curves(f"z{node.index} ({node.inputs[0][0]})", node.groups, curves))
    if not blocks:
        return []
    return [Section(say("explain.section.response"), (say("explain.model.response"), *blocks))]


def _nodes_section(nodes: Sequence[HiddenNode], outputs: Sequence[str], labels: Sequence[str]) -> Section:
    shown = _shown(nodes)
    names = _output_names(outputs, len(nodes[0].effects))
    columns: tuple[Cell, ...] = (
        say("explain.column.node"),
        say("explain.column.strongest"),
        say("explain.column.excited"),
        *(say("explain.column.effect", name=name) for name in names),
    )
    rows = tuple(_node_row(node, labels) for node in shown)
    layer = nodes[0].layer
    blocks: list[Block] = [say("explain.model.nodes", layer=layer), Table(columns, rows)]
    if len(shown) < len(nodes):
        blocks.append(say("explain.model.nodes_left", count=len(nodes) - len(shown)))
    return Section(say("explain.section.nodes", layer=layer), tuple(blocks))


def _node_row(node: HiddenNode, labels: Sequence[str]) -> tuple[Cell, ...]:
    inputs = ", ".join(f"{_tight(name)}{TIGHT}({f'{weight:+.2f}'.replace('-', '−')})" for name, weight in node.inputs)
    rows = ", ".join(f"{row + 1}" + (f"{TIGHT}({labels[row]})" if row < len(labels) else "") for row, _ in node.rows)
    effects = tuple(Number(effect, signed=True) for effect in node.effects)
    return (Symbol("z", (node.index,), node.layer), _as_text(inputs), _as_text(rows), *effects)


def _tight(name: str) -> str:
    """Return a name that no line breaks, unless it is long."""
    return name.replace(" ", TIGHT) if len(name) <= LONG else name


def _as_text(words: str) -> Text:
    return say("explain.plain", words=words)


def _importance_section(columns: Sequence[ColumnView], score: str) -> Section:
    ordered = sorted(columns, key=lambda column: -column.importance)
    rows = tuple((column.name, Number(column.importance), Number(column.spread)) for column in ordered)
    heads: tuple[Cell, ...] = (
        say("explain.column.column"),
        say("explain.column.importance"),
        say("explain.column.spread"),
    )
    text = say("explain.model.importance", score=say("explain.score.accuracy") if score == ACCURACY else score)
    return Section(say("explain.section.importance"), (text, Table(heads, rows)))


def _dependence_section(columns: Sequence[ColumnView], outputs: Sequence[str]) -> Section:
    blocks: list[Block] = [say("explain.model.dependence")]
    for column in sorted(columns, key=lambda column: -column.importance):
        names = _output_names(outputs, len(column.outputs)) if outputs else [""] * len(column.outputs)
        blocks.append(Curves(column.name, column.grid, tuple(zip(names, column.outputs, strict=True))))
    return Section(say("explain.section.dependence"), tuple(blocks))
