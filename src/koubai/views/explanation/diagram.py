"""A network as SVG, with the path to the requested number highlighted; needs no script and no other file."""

from dataclasses import replace
from html import escape

from koubai.core.formulas.tree import Number
from koubai.core.formulas.values import Notation, Value
from koubai.core.language import Language, text
from koubai.explain.diagram import LIGHTS, Diagram, Edge, Node
from koubai.views.explanation.composing import visible
from koubai.views.formulas.plain import SUBSCRIPTS, SUPERSCRIPTS, PlainWriter

ACROSS, DOWN, RADIUS, MARGIN = 165, 96, 28, 62
SMALLEST = 0.8
"""To what share of its size a phone may shrink the picture, so that its numbers stay legible; then it scrolls."""
GLYPH, RAISED_GLYPH = 0.6, 0.42
"""Widths of a digit and of a small raised or lowered one, in units of the size of letters."""
RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾₀₁₂₃₄₅₆₇₈₉")
FEW = 4
"""Maximum number of nodes in a layer for which all edges are labelled."""
MOST_LABELS = 12
"""Maximum number of highlighted edges that are labelled with their weights."""
STYLE = """
.net .edge{stroke:#b9c0c9;stroke-width:1}
.net .edge.lit{stroke:#8fc3e3;stroke-width:1.5}
.net .edge.direct{stroke:#0072b2;stroke-width:2.5}
.net .edge.asked{stroke:#d55e00;stroke-width:4}
.net .node{fill:#fff;stroke:#7d8794;stroke-width:1.5}
.net .node.lit{fill:#f3f9fd;stroke:#8fc3e3;stroke-width:2}
.net .node.direct{fill:#e3f1fa;stroke:#0072b2;stroke-width:2.5}
.net .node.asked{fill:#fdeadd;stroke:#d55e00;stroke-width:4}
.net text{font:14px system-ui,sans-serif;fill:#1c2733;text-anchor:middle}
.net .name{font-style:italic;fill:#4c5866;font-size:13px}
.net .delta,.net .weight,.net .bias{font-size:13px}
.net .delta,.net .weight,.net .bias{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.net .delta{fill:#a0366f}
.net .bias{fill:#4c5866}
.net .asked-weight{fill:#b34700;font-weight:bold}
.net .title{fill:#4c5866}
"""


def svg(diagram: Diagram, lang: Language, notation: Notation) -> str:
    """Return the diagram as an ``svg`` element.

    Parameters
    ----------
    diagram : Diagram
    lang : "en" or "ja"
    notation : Notation
        The number format; rounded numbers get three digits.
    """
    width = 2 * MARGIN + ACROSS * (len(diagram.columns) - 1)
    hides = any(size > len(column) for size, column in zip(diagram.sizes, diagram.columns, strict=True))
    height = DOWN * tallest(diagram) + (50 if hides else 34)
    writer = PlainWriter(replace(notation, digits=3))
    places = {
        (node.layer, node.index): _place(diagram, node.layer, row)
        for column in diagram.columns
        for row, node in enumerate(column)
    }
    ordered = sorted(diagram.edges, key=lambda edge: LIGHTS.index(edge.light))
    parts = [_edge(edge, places) for edge in ordered]
    parts += [_weight(edge, places, writer, diagram) for edge in _labelled(diagram)]
    parts += [_node(node, *places[node.layer, node.index], writer) for column in diagram.columns for node in column]
    parts += [_column_title(diagram, layer, height, lang) for layer in range(len(diagram.columns))]
    parts += [_gap(diagram, layer, places, lang) for layer in range(len(diagram.columns))]
    caption = (
        text("explain.page.diagram_plain", lang)
        if diagram.caption is None
        else text("explain.page.diagram", lang, quantity=writer.write(diagram.caption))
    )
    least = round(SMALLEST * width)
    return (
        f'<svg class="net" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(visible(caption))}" '
        f'xmlns="http://www.w3.org/2000/svg" style="max-width:{width / 16:g}em;min-width:{least}px">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>"
    )


def _labelled(diagram: Diagram) -> list[Edge]:
    """Return the edges that are labelled with their weights: all where there is room, else those that are asked for."""
    if tallest(diagram) <= FEW:
        return list(diagram.edges)
    lit = [edge for edge in diagram.edges if edge.light in ("direct", "asked")]
    return lit if len(lit) <= MOST_LABELS else [edge for edge in lit if edge.light == "asked"]


def tallest(diagram: Diagram) -> int:
    """Return the number of nodes drawn of the largest layer."""
    return max(len(column) for column in diagram.columns)


def _place(diagram: Diagram, layer: int, row: int) -> tuple[float, float]:
    space = (tallest(diagram) - len(diagram.columns[layer])) / 2
    return MARGIN + ACROSS * layer, 68 + DOWN * (row + space)


def _edge(edge: Edge, places: dict[tuple[int, int], tuple[float, float]]) -> str:
    x1, y1 = places[edge.layer - 1, edge.source]
    x2, y2 = places[edge.layer, edge.target]
    kind = f"edge {edge.light}"
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def _weight(
    edge: Edge, places: dict[tuple[int, int], tuple[float, float]], writer: PlainWriter, diagram: Diagram
) -> str:
    x1, y1 = places[edge.layer - 1, edge.source]
    x2, y2 = places[edge.layer, edge.target]
    along = 1 / (len(diagram.columns[edge.layer]) + 1)  # the labels of a layer's edges are then evenly spaced
    along = max(along, (RADIUS + 16) / ACROSS)
    x, y = x1 + along * (x2 - x1), y1 + along * (y2 - y1) + 4
    kind = "weight asked-weight" if edge.light == "asked" else "weight"
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{_shown(edge.weight, writer)}</text>'


def _node(node: Node, x: float, y: float, writer: PlainWriter) -> str:
    kind = f"node {node.light}"
    name = node.label[0] + node.label[1:].translate(SUBSCRIPTS)
    if node.layer:
        name += f"⁽{str(node.layer).translate(SUPERSCRIPTS)}⁾"
    parts = [f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="{RADIUS}"/>']
    named = visible(name)
    parts.append(f'<text class="name" x="{x:g}" y="{y - 5:g}"{_fitted(named, 13, 5)}>{escape(named)}</text>')
    if node.value is not None:
        shown = writer.write(Number(node.value))
        parts.append(f'<text x="{x:g}" y="{y + 12:g}"{_fitted(shown, 14, 12)}>{escape(shown)}</text>')
    if node.bias is not None:
        parts.append(f'<text class="bias" x="{x:g}" y="{y - RADIUS - 5:g}">b {_shown(node.bias, writer)}</text>')
    if node.delta is not None:
        parts.append(f'<text class="delta" x="{x:g}" y="{y + RADIUS + 14:g}">δ {_shown(node.delta, writer)}</text>')
    return "".join(parts)


def _fitted(words: str, size: int, above: float) -> str:
    """Return the style that keeps words inside their circle, at a height above or below its middle."""
    raised = sum(character in RAISED for character in words)
    width = GLYPH * (len(words) - raised) + RAISED_GLYPH * raised
    room = 2 * ((RADIUS - 2) ** 2 - above**2) ** 0.5
    fits = min(float(size), room / max(width, 0.1))
    return "" if fits >= size else f' style="font-size:{fits:.1f}px"'


def _shown(value: Value, writer: PlainWriter) -> str:
    return escape(writer.write(Number(value)))


def _column_title(diagram: Diagram, layer: int, height: float, lang: Language) -> str:
    last = len(diagram.columns) - 1
    key = "input" if layer == 0 else "output" if layer == last else "hidden"
    words = text(f"explain.page.{key}", lang, layer=layer)
    return f'<text class="title" x="{MARGIN + ACROSS * layer}" y="14">{escape(words)}</text>'


def _gap(diagram: Diagram, layer: int, places: dict[tuple[int, int], tuple[float, float]], lang: Language) -> str:
    hidden = diagram.sizes[layer] - len(diagram.columns[layer])
    if not hidden:
        return ""
    last = diagram.columns[layer][-1]
    x, y = places[layer, last.index]
    y += RADIUS + (16 if last.delta is None else 30)
    words = text("explain.page.more", lang, count=hidden)
    return f'<text class="title" x="{x:g}" y="{y:g}">⋯ {escape(words)}</text>'
