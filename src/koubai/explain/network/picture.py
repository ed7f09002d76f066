"""The diagram of a network for one derivation, with the path to the requested number highlighted."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from koubai.core.formulas.tree import Quantity, Symbol
from koubai.core.formulas.values import Value
from koubai.core.layers.base import Term
from koubai.explain.derivations import Step
from koubai.explain.diagram import LIGHTS, Diagram, Edge, Light, Node, drawn
from koubai.explain.network.book import Book


def picture(book: Book, steps: Sequence[Step], asked: Step | None, deltas: bool) -> Diagram:
    """Return the diagram of a book's network.

    Parameters
    ----------
    book : Book
    steps : sequence of Step
        The derivation's steps; the nodes and weights in them are highlighted. If empty, nothing is.
    asked : Step, optional
        The step of the requested number, which is highlighted most.
    deltas : bool
        Whether to write δ at the nodes besides z.
    """
    forward = [step for step in steps if book.part(step) in ("forward", "loss")]
    last = [step for step in steps if step not in forward] or list(steps[-2:])
    lights: dict[tuple[int, ...], Light] = {}
    for group, light in ((forward, LIGHTS[1]), (last, LIGHTS[2])):
        lights |= dict.fromkeys(_mentioned(book, group), light)
    aim = _asked(asked)
    if aim and len(aim) == 3:
        lights |= {(aim[0], aim[1]): LIGHTS[2], (aim[0] - 1, aim[2]): LIGHTS[2]}
    if aim:
        lights[aim] = LIGHTS[3]
    columns = []
    for layer, size in enumerate(book.network.sizes):
        here = [where for where in lights if len(where) == 2 and where[0] == layer]
        important = [i for _, i in sorted(here, key=lambda where: (-LIGHTS.index(lights[where]), where))]
        columns.append(tuple(_node(book, layer, i, lights, deltas) for i in drawn(size, important)))
    edges = []
    for layer in range(1, len(columns)):
        for head in columns[layer]:
            joined = {term.source: term for term in book.network.layers[layer - 1].terms(head.index)}
            for tail in columns[layer - 1]:
                where = (layer, head.index, tail.index)
                if tail.index in joined:
                    term = joined[tail.index]
                    weight = _weight(book, layer, term)
                    edges.append(Edge(*where, weight, lights.get(where, "")))
    return Diagram(book.network.sizes, tuple(columns), tuple(edges), None if asked is None else asked.subject)


def _weight(book: Book, layer: int, term: Term) -> Value:
    """Return the number of a line: a summand's parameter, or in a layer that is not linear ∂u_i/∂z_j."""
    spec = book.network.layers[layer - 1]
    if spec.is_linear and term.factor is None:
        return Fraction(1) if term.parameter is None else book.w(layer, term.node, term.source).evaluate()
    return sum(book.factor(layer, each) for each in spec.terms(term.node) if each.source == term.source)


def _node(book: Book, layer: int, i: int, lights: Mapping[tuple[int, ...], Light], deltas: bool) -> Node:
    letter = "x" if layer == 0 else "z"
    delta = book.delta(layer, i).evaluate() if deltas and layer else None
    z = book.z(layer, i).evaluate()
    return Node(
        layer, i, f"{letter}{book.label(layer, i)}", z, delta, lights.get((layer, i), ""), _bias(book, layer, i)
    )


def _bias(book: Book, layer: int, i: int) -> Value | None:
    """Return the number that a node adds to its weighted sum, if it adds one."""
    spec = book.network.layers[layer - 1] if layer else None
    if spec is None or not spec.is_linear or not any(term.source == 0 for term in spec.terms(i)):
        return None
    return book.w(layer, i, 0).evaluate()


def _mentioned(book: Book, steps: Sequence[Step]) -> set[tuple[int, ...]]:
    """Return the nodes (layer, i) and the weights (layer, i, j), j >= 1, whose numbers occur in the steps."""
    found: set[tuple[int, ...]] = set()
    for step in steps:
        for part in (step.subject, *step.symbols.walk()):
            notation = part.notation if isinstance(part, Quantity) else part
            if not isinstance(notation, Symbol):
                continue
            indices = tuple(index for index in notation.lower if isinstance(index, int))
            layer = notation.layer if isinstance(notation.layer, int) else 0
            if notation in book.places:
                found |= {book.places[notation]} if book.places[notation][2] else set()
            elif notation.base in ("u", "z", "δ", "x") and book.node(layer, indices):
                found.add((layer, book.node(layer, indices)))
    return found


def _asked(step: Step | None) -> tuple[int, ...] | None:
    """Return the requested node (layer, i) or weight (layer, i, j), from the step's id."""
    if step is None:
        return None
    indices = step.id.indices
    if len(indices) == 3 and indices[2] == 0:
        return indices[:2]  # a bias belongs to its node
    return indices if len(indices) > 1 else None
