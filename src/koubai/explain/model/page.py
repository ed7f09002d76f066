"""A whole model explained: what its hidden nodes represent, and the effect of its columns (slides 45-47)."""

from collections.abc import Sequence
from dataclasses import dataclass

from koubai.core.formulas.tree import Number, Symbol
from koubai.core.formulas.values import Notation
from koubai.explain.derivations import Block, Cell, Curves, Derivation, Section, Table, Text, say
from koubai.explain.model.hidden_nodes import HiddenNode

MOST_NODES = 16
"""Maximum number of nodes shown; in a larger layer, those with the largest effect on the outputs."""
ACCURACY = "accuracy"
"""The score whose name is translated."""
TIGHT = "\u00a0"
"""A non-breaking space."""
LONG = 20
"""Names longer than this may be broken between words."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """The effect of a table's column on a model.

    Attributes
    ----------
    name : str
    importance, spread : float
        The drop in score when the column is shuffled, and its standard deviation over repeats.
    grid : tuple of float or str
        Values of the column.
    outputs : tuple of tuple of float
        For each output, its mean over the rows with the column set to each value of the grid.
    baseline : float
        Where bars start: 0 for probabilities, the mean answer for numbers.
    """

    name: str
    importance: float
    spread: float
    grid: tuple[float | str, ...]
    outputs: tuple[tuple[float, ...], ...]
    baseline: float = 0.0


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
        The effects of the table's columns, if computed.
    outputs : sequence of str
        Names of the outputs.
    labels : sequence of str
        The class or number of each row, shown beside the rows that activate a node.
    score : str
        Name of the score in which importance is measured.
    """
    sections = [_nodes_section(nodes, outputs, labels), *_response_section(nodes, outputs)]
    if columns:
        sections.append(importance_section(columns, score))
        sections.append(dependence_section(columns, outputs))
    return Derivation(say("explain.title.model"), tuple(sections), None, Notation(digits=3))


def _shown(nodes: Sequence[HiddenNode]) -> list[HiddenNode]:
    """Return the nodes with the largest effect on the outputs, in their original order."""
    shown = sorted(nodes, key=lambda node: -node.influence)[:MOST_NODES]
    return sorted(shown, key=lambda node: node.index)


def _output_names(outputs: Sequence[str], count: int) -> list[str]:
    """Return a name for each output; a single output for no and yes represents yes."""
    if len(outputs) == count:
        return list(outputs)
    return [outputs[1]] if len(outputs) == 2 and count == 1 else [f"z{k}" for k in range(1, count + 1)]


def _response_section(nodes: Sequence[HiddenNode], outputs: Sequence[str]) -> list[Section]:
    """Return curves of the outputs against each node's activation over the rows."""
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
    """Return a name with non-breaking spaces, unless it is long."""
    return name.replace(" ", TIGHT) if len(name) <= LONG else name


def _as_text(words: str) -> Text:
    return say("explain.plain", words=words)


def importance_section(columns: Sequence[ColumnView], score: str) -> Section:
    """Return the table of the columns' importance, the largest first."""
    ordered = sorted(columns, key=lambda column: -column.importance)
    rows = tuple((column.name, Number(column.importance), Number(column.spread)) for column in ordered)
    heads: tuple[Cell, ...] = (
        say("explain.column.column"),
        say("explain.column.importance"),
        say("explain.column.spread"),
    )
    text = say("explain.model.importance", score=say("explain.score.accuracy") if score == ACCURACY else score)
    return Section(say("explain.section.importance"), (text, Table(heads, rows)))


def dependence_section(columns: Sequence[ColumnView], outputs: Sequence[str]) -> Section:
    """Return the curves of the answers over each column, the most important first."""
    blocks: list[Block] = [say("explain.model.dependence")]
    for column in sorted(columns, key=lambda column: -column.importance):
        if not column.grid:  # of texts, each of which comes once
            continue
        names = _output_names(outputs, len(column.outputs)) if outputs else [""] * len(column.outputs)
        blocks.append(Curves(column.name, column.grid, tuple(zip(names, column.outputs, strict=True)), column.baseline))
    return Section(say("explain.section.dependence"), tuple(blocks))
