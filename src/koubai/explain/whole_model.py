"""A whole model seen from outside: what its hidden nodes came to stand for, and what its columns do (slides 45-47)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.activations import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.network import Network
from koubai.engines.reference import trace_forward
from koubai.explain.formula import Number, Symbol
from koubai.explain.records import Block, Cell, Curves, Derivation, Section, Table, Text, say
from koubai.explain.values import Notation

STRONGEST = 4
"""So many inputs and rows are named for each node."""
MOST_NODES = 16
"""Of a larger layer, the nodes that move the outputs most are shown."""
ROWS = 5000
"""So many rows are looked at."""
LOW, HIGH = 0.1, 0.9
"""A node is moved from its activation's one quantile to the other."""


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
    """

    layer: int
    index: int
    inputs: tuple[tuple[str, float], ...]
    rows: tuple[tuple[int, float], ...]
    effects: tuple[float, ...]

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
        strong = np.argsort(-np.abs(weights[:, i]), kind="stable")[:STRONGEST]
        excited = np.argsort(-activations[:, i], kind="stable")[:STRONGEST]
        found.append(
            HiddenNode(
                layer,
                i + 1,
                tuple((called[j], float(weights[j, i])) for j in strong),
                tuple((int(row), float(activations[row, i])) for row in excited),
                tuple(_effects(network, theta, layer, activations, i).tolist()),
            )
        )
    return tuple(found)


def _called(names: Sequence[str], count: int, layer: int) -> list[str]:
    if layer == 1 and len(names) == count:
        return list(names)
    letter = "x" if layer == 1 else "z"
    return [f"{letter}{j}" for j in range(1, count + 1)]


def _effects(network: Network, theta: Array, layer: int, activations: Array, i: int) -> Array:
    """Return how much each output rises when node i goes from its low to its high activation, (n_outputs,)."""
    sides = []
    for quantile in (LOW, HIGH):
        moved = activations.copy()
        moved[:, i] = np.quantile(activations[:, i], quantile)
        sides.append(_outputs_from(network, theta, layer, moved).mean(axis=0))
    difference: Array = sides[1] - sides[0]
    return difference


def _outputs_from(network: Network, theta: Array, layer: int, z: Array) -> Array:
    """Return the outputs that follow from a layer's activations."""
    for index in range(layer, len(network.layers)):
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
    sections = [_nodes_section(nodes, outputs, labels)]
    if columns:
        sections.append(_importance_section(columns, score))
        sections.append(_dependence_section(columns, outputs))
    return Derivation(say("explain.title.model"), tuple(sections), None, Notation(digits=3))


def _nodes_section(nodes: Sequence[HiddenNode], outputs: Sequence[str], labels: Sequence[str]) -> Section:
    shown = sorted(nodes, key=lambda node: -node.influence)[:MOST_NODES]
    shown.sort(key=lambda node: node.index)
    n_outputs = len(nodes[0].effects)
    names = list(outputs) if len(outputs) == n_outputs else [f"z{k}" for k in range(1, n_outputs + 1)]
    if len(outputs) == 2 and n_outputs == 1:
        names = [outputs[1]]
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
    inputs = ", ".join(f"{name} ({weight:+.2f})".replace("-", "−") for name, weight in node.inputs)
    rows = ", ".join(f"{row + 1}" + (f" ({labels[row]})" if row < len(labels) else "") for row, _ in node.rows)
    effects = tuple(Number(effect, signed=True) for effect in node.effects)
    return (Symbol("z", (node.index,), node.layer), _as_text(inputs), _as_text(rows), *effects)


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
    text = say("explain.model.importance", score=score)
    return Section(say("explain.section.importance"), (text, Table(heads, rows)))


def _dependence_section(columns: Sequence[ColumnView], outputs: Sequence[str]) -> Section:
    blocks: list[Block] = [say("explain.model.dependence")]
    for column in sorted(columns, key=lambda column: -column.importance):
        n_curves = len(column.outputs)
        names = list(outputs) if len(outputs) == n_curves else [""] * n_curves
        blocks.append(Curves(column.name, column.grid, tuple(zip(names, column.outputs, strict=True))))
    return Section(say("explain.section.dependence"), tuple(blocks))
