"""Whole explanations of a network: a forward pass, a backward pass, or one requested number."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ShapeError
from koubai.core.language import worded
from koubai.core.network import Network
from koubai.core.trace import StepTrace
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.explain.derivations import Block, Derivation, Section, StepId, Text, say, step_id
from koubai.explain.network import matrices
from koubai.explain.network.asking import Ask, check_ask
from koubai.explain.network.book import Book
from koubai.explain.network.naming import NAMELESS, Names, prediction_section
from koubai.explain.network.sections import (
    backward_layers,
    backward_matrices,
    forward_layers,
    grouped,
    network_section,
    notation_of,
    parted,
    sizes_of,
)
from koubai.explain.network.steps import book_of
from koubai.optimizers.sgd import SGD

BREADTH = 2
"""In a large network, the number of largest terms of a sum that are traced further back."""


def explain(
    network: Network,
    theta: Array,
    x: Array,
    y: Array | None = None,
    ask: Ask | None = None,
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    apart: bool = False,
    limits: tuple[tuple[float, float], ...] = (),
) -> Derivation:
    """Explain a row: its backward pass if its targets are given, else its forward pass; see `forward`, `backward`.

    ``features`` and ``classes`` name the inputs and outputs; with ``apart``, several classes may apply at once.
    ``limits`` are those of each output's predictions, if they are clipped.
    """
    names = Names(tuple(map(str, features)), tuple(map(str, classes)), apart=apart, limits=limits)
    if y is None:
        return forward(network, theta, x, ask=ask, names=names)
    return backward(network, theta, x, y, ask=ask, names=names)


def trace_of(network: Network, theta: Array, x: Array, y: Array) -> StepTrace:
    """Return the trace of one row in float64, after checking its shapes.

    Raises
    ------
    ShapeError
        If x or y does not match the network.
    DataError
        If a number in x or y is NaN or infinite.
    """
    inputs = np.asarray(x, dtype=np.float64).reshape(1, -1)
    targets = np.asarray(y, dtype=np.float64).reshape(1, -1)
    for name, array, size in (("x", inputs, network.n_features), ("y", targets, network.n_outputs)):
        if array.shape[1] != size:
            shown = "-".join(map(str, network.sizes))
            raise ShapeError(worded("explain.error.row_size", name=name, size=size, network=shown, got=array.shape[1]))
        if not np.isfinite(array).all():
            at = int(np.flatnonzero(~np.isfinite(array[0]))[0])
            raise DataError(worded("explain.error.row_finite", name=name, got=array[0, at], at=at + 1))
    theta = np.asarray(theta, dtype=np.float64)
    network.check_theta(theta)
    rule = SGD()
    return trace_step(Plan(network, rule), State(theta, rule.init(theta)), Rows(inputs, targets))


def forward(
    network: Network,
    theta: Array,
    x: Array,
    *,
    ask: Ask | None = None,
    y: Array | None = None,
    names: Names = NAMELESS,
) -> Derivation:
    """Explain a forward pass (lecture slides 37-51).

    Parameters
    ----------
    network, theta
        The network and its parameters.
    x : (n_features,)
        One row of inputs.
    ask : Ask, optional
        The requested number: `Ask.node`, `Ask.loss`; by default the whole pass is explained.
    y : (n_outputs,), optional
        Targets; if given, the loss is explained too.
    names : Names, optional
        Names of the inputs and outputs.

    Returns
    -------
    Derivation

    Raises
    ------
    ShapeError, ParameterError
        If x or y does not match, or the network has no such node.
    """
    targets = np.zeros(network.n_outputs) if y is None else y
    book = book_of(trace_of(network, theta, x, targets))
    if ask is not None:
        return asked_number(book, check_ask(ask, network, ("node", "loss")), names)
    if not book.small:
        best = int(np.argmax(book.trace.forward.outputs[0])) + 1
        page = asked_number(book, step_id("z", book.depth, best), names, say("explain.text.too_large_forward"))
        return replace(page, sections=(*page.sections, prediction_section(book, names)))
    blocks: list[Section] = [network_section(book, None, (), False, names)]
    blocks.extend(forward_layers(book))
    if y is not None:
        blocks.append(Section(say("explain.section.loss"), (book.step("E"),)))
    blocks.append(prediction_section(book, names))
    if matrices.fits(book):
        steps = tuple(book.step("U", layer) for layer in range(1, book.depth + 1))
        intro: tuple[Block, ...] = (say("explain.text.matrices"), matrices.shapes(book))
        blocks.append(Section(say("explain.section.matrices"), (*intro, *steps)))
    return Derivation(say("explain.title.forward", sizes=sizes_of(book)), tuple(blocks), None, notation_of(book))


def backward(
    network: Network, theta: Array, x: Array, y: Array, *, ask: Ask | None = None, names: Names = NAMELESS
) -> Derivation:
    """Explain backpropagation for one row (lecture slides 55-64).

    Parameters
    ----------
    network, theta
        The network and its parameters.
    x : (n_features,)
        One row of inputs.
    y : (n_outputs,)
        Its targets.
    ask : Ask, optional
        The requested number: `Ask.weight`, `Ask.delta`; by default every δ and every ∂E/∂w is explained.
    names : Names, optional
        Names of the inputs and outputs.

    Returns
    -------
    Derivation

    Raises
    ------
    ShapeError, ParameterError
        If x or y does not match, or the network has no such weight or node.
    """
    book = book_of(trace_of(network, theta, x, y))
    if ask is not None:
        return asked_number(book, check_ask(ask, network, ("weight", "delta", "node", "loss")), names)
    if not book.small:
        steepest = _steepest_weight(book)
        return asked_number(book, step_id("grad", *steepest), names, say("explain.text.too_large_backward"))
    blocks = [network_section(book, None, (), True, names), *forward_layers(book)]
    blocks.append(Section(say("explain.section.loss"), (book.step("E"),)))
    blocks.extend(backward_layers(book))
    if matrices.fits(book):
        blocks.append(backward_matrices(book))
    return Derivation(say("explain.title.backward", sizes=sizes_of(book)), tuple(blocks), None, notation_of(book))


def asked_number(book: Book, identifier: StepId, names: Names = NAMELESS, why: Text | None = None) -> Derivation:
    """Explain one number of a pass by the steps it depends on, and no others; ``why`` says why it was chosen."""
    asked = book.find(identifier)
    steps = book.needed([identifier], None if book.small else BREADTH)
    sections = [network_section(book, asked, steps, book.part(asked) in ("backward", "gradient"), names)]
    for name, members in parted(book, steps).items():
        if members:
            sections.append(Section(say(f"explain.section.{name}"), grouped(book, members)))
    if not book.small:
        said = [] if why is None else [why]
        blocks = (*said, *sections[0].blocks, say("explain.text.large", breadth=BREADTH))
        sections[0] = Section(sections[0].title, blocks)
    title = say("explain.title.number", quantity=asked.subject, sizes=sizes_of(book))
    return Derivation(title, tuple(sections), asked.id, notation_of(book))


def _steepest_weight(book: Book) -> tuple[int, int, int]:
    """Return layer, node and source of the weight with the largest gradient."""
    found = []
    network, sizes = book.network, np.abs(book.trace.data_gradient)
    for span in (span for spans in network.spans for span in spans):
        if span.block.penalized:
            place = span.start + int(sizes[span.start : span.stop].argmax())
            layer, address = network.owner(place)
            spec = network.layers[layer]
            node = next(iter(spec.terms_with(address))).node
            number = next(j for j, other in spec.parameters_of(node) if other == address)
            found.append((float(sizes[place]), (layer + 1, node, number)))
    return max(found)[1]
