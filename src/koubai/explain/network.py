"""Whole explanations of a network: a forward pass, a backward pass, one asked number of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ShapeError
from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Matrix, Number, Quantity, Symbol
from koubai.core.formulas.values import Notation, Value, as_given
from koubai.core.network import Network
from koubai.core.trace import StepTrace
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.explain import matrices
from koubai.explain.asking import Ask, check_ask
from koubai.explain.book import PARTS, Book, Part
from koubai.explain.picture import picture
from koubai.explain.records import (
    Block,
    Cell,
    Derivation,
    Display,
    Section,
    Step,
    StepId,
    StepTable,
    Table,
    Text,
    say,
    step_id,
)
from koubai.explain.steps import book_of
from koubai.optimizers.sgd import SGD

NAMED = 40
"""So many inputs, and so many outputs, are listed with their names."""
MARGIN = ("hinge", "perceptron")
"""Losses whose outputs say yes above 0; shares say yes above 1/2."""
BREADTH = 2
"""In a large network, so many of the largest terms of a sum are followed further back."""


@dataclass(frozen=True, slots=True)
class Names:
    """What people call the inputs and the outputs, and the target's unit; empty for a network without names.

    Two names for one output are those of no and yes.
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    target: tuple[str, float, float] | None = None
    """For regression on a standardised target: its name, its mean and its standard deviation.

    For one that was divided by its mean, as for outputs exp(u): its name, 0 and its mean.
    """
    bounds: tuple[float, float] | None = None
    """For regression, between which numbers predictions are kept, in the target's unit."""
    apart: bool = False
    """Whether each output is a label of its own, several of which may be right at once."""


NAMELESS = Names()


def explain(
    network: Network,
    theta: Array,
    x: Array,
    y: Array | None = None,
    ask: Ask | None = None,
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    apart: bool = False,
) -> Derivation:
    """Explain a row: its backward pass if its targets are given, else its forward pass; see `forward`, `backward`.

    ``features`` and ``classes`` are what inputs and outputs are called; ``apart``: several may be right at once.
    """
    names = Names(tuple(map(str, features)), tuple(map(str, classes)), apart=apart)
    if y is None:
        return forward(network, theta, x, ask=ask, names=names)
    return backward(network, theta, x, y, ask=ask, names=names)


def trace_of(network: Network, theta: Array, x: Array, y: Array) -> StepTrace:
    """Return the trace of one row in float64, after checking its shapes.

    Raises
    ------
    ShapeError
        If x or y does not fit the network.
    DataError
        If a number in x or y is missing or infinite.
    """
    inputs = np.asarray(x, dtype=np.float64).reshape(1, -1)
    targets = np.asarray(y, dtype=np.float64).reshape(1, -1)
    for name, array, size in (("x", inputs, network.n_features), ("y", targets, network.n_outputs)):
        if array.shape[1] != size:
            raise ShapeError(
                f"explain: {name} must hold {size} numbers, as the network {'-'.join(map(str, network.sizes))} takes; "
                f"got {array.shape[1]}. Pass one row."
            )
        if not np.isfinite(array).all():
            at = int(np.flatnonzero(~np.isfinite(array[0]))[0])
            raise DataError(
                f"explain: {name} must hold finite numbers; got {array[0, at]} at position {at + 1}. Fill it."
            )
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
        The asked number: `Ask.node`, `Ask.loss`; without it the whole pass is explained.
    y : (n_outputs,), optional
        Targets; with them the loss follows.
    names : Names, optional
        What the inputs and outputs are called.

    Returns
    -------
    Derivation

    Raises
    ------
    ShapeError, ParameterError
        If x or y does not fit, or the network has no such node.
    """
    targets = np.zeros(network.n_outputs) if y is None else y
    book = book_of(trace_of(network, theta, x, targets))
    if ask is not None:
        return asked_number(book, check_ask(ask, network, ("node", "loss")), names)
    if not book.small:
        best = int(np.argmax(book.trace.forward.outputs[0])) + 1
        page = asked_number(book, step_id("z", book.depth, best), names, say("explain.text.too_large_forward"))
        return replace(page, sections=(*page.sections, _prediction_section(book, names)))
    blocks: list[Section] = [_network_section(book, None, (), False, names)]
    blocks.extend(_forward_layers(book))
    if y is not None:
        blocks.append(Section(say("explain.section.loss"), (book.step("E"),)))
    blocks.append(_prediction_section(book, names))
    if matrices.fits(book):
        steps = tuple(book.step("U", layer) for layer in range(1, book.depth + 1))
        intro: tuple[Block, ...] = (say("explain.text.matrices"), matrices.shapes(book))
        blocks.append(Section(say("explain.section.matrices"), (*intro, *steps)))
    return Derivation(say("explain.title.forward", sizes=_sizes(book)), tuple(blocks), None, notation_of(book))


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
        The asked number: `Ask.weight`, `Ask.delta`; without it every δ and every ∂E/∂w is explained.
    names : Names, optional
        What the inputs and outputs are called.

    Returns
    -------
    Derivation

    Raises
    ------
    ShapeError, ParameterError
        If x or y does not fit, or the network has no such weight or node.
    """
    book = book_of(trace_of(network, theta, x, y))
    if ask is not None:
        return asked_number(book, check_ask(ask, network, ("weight", "delta", "node", "loss")), names)
    if not book.small:
        steepest = _steepest_weight(book)
        return asked_number(book, step_id("grad", *steepest), names, say("explain.text.too_large_backward"))
    blocks = [_network_section(book, None, (), True, names), *_forward_layers(book)]
    blocks.append(Section(say("explain.section.loss"), (book.step("E"),)))
    blocks.extend(_backward_layers(book))
    if matrices.fits(book):
        blocks.append(_backward_matrices(book))
    return Derivation(say("explain.title.backward", sizes=_sizes(book)), tuple(blocks), None, notation_of(book))


def asked_number(book: Book, identifier: StepId, names: Names = NAMELESS, why: Text | None = None) -> Derivation:
    """Explain one number of a pass: the steps that it rests on, and no others; ``why`` says who chose it."""
    asked = book.find(identifier)
    steps = book.needed([identifier], None if book.small else BREADTH)
    sections = [_network_section(book, asked, steps, book.part(asked) in ("backward", "gradient"), names)]
    for name, members in parted(book, steps).items():
        if members:
            sections.append(Section(say(f"explain.section.{name}"), grouped(members)))
    if not book.small:
        said = [] if why is None else [why]
        blocks = (*said, *sections[0].blocks, say("explain.text.large", breadth=BREADTH))
        sections[0] = Section(sections[0].title, blocks)
    title = say("explain.title.number", quantity=asked.subject, sizes=_sizes(book))
    return Derivation(title, tuple(sections), asked.id, notation_of(book))


def _steepest_weight(book: Book) -> tuple[int, int, int]:
    """Return layer, node and source of the weight with the largest gradient."""
    found = []
    for index in range(book.depth):
        size = np.abs(book.network.weights(book.trace.data_gradient, index))
        j, i = np.unravel_index(int(size.argmax()), size.shape)
        found.append((float(size[j, i]), (index + 1, int(i) + 1, int(j) + 1)))
    return max(found)[1]


def parted(book: Book, steps: Iterable[Step]) -> dict[Part, list[Step]]:
    """Return a pass's steps by its parts, in the order in which they are computed."""
    parts: dict[Part, list[Step]] = {part: [] for part in PARTS}
    for step in steps:
        parts[book.part(step)].append(step)

    def place(step: Step) -> tuple[int, int, int]:
        layer, node = (*step.id.indices, 0, 0)[:2]
        kind = book.kinds[step.id.kind]
        return (layer if kind.part == "forward" else -layer, kind.rank, node)

    for members in parts.values():
        members.sort(key=place)
    return parts


def grouped(steps: Sequence[Step]) -> tuple[Block, ...]:
    """Return steps as blocks: several of one kind in one layer share their heading and their rule."""
    blocks: list[Block] = []
    for _, group in groupby(steps, key=lambda step: (step.id.kind, step.id.indices[:1])):
        members = tuple(group)
        if len(members) == 1:
            blocks.extend(members)
            continue
        first = members[0].id
        blocks.append(say(f"explain.group.{first.kind}", layer=first.indices[0]))
        blocks.append(StepTable(members, members[0].law))
        blocks.extend({note: None for step in members for note in step.notes})
    return tuple(blocks)


def _prediction_section(book: Book, names: Names) -> Section:
    """Return what the outputs say; for a standardised target, also in the target's own unit."""
    blocks: list[Block] = [*predictions(book, names)]
    if names.target is not None:
        name, mean, deviation = names.target
        z = book.z(book.depth, 1)
        by_mean = book.network.layers[-1].activation.name == "exponential" and not mean
        scaled = Quantity(Symbol("s"), Number(deviation)) * z
        formula = scaled if by_mean else scaled + Quantity(Symbol("m"), Number(mean))
        result = Number(formula.evaluate())
        text = say("explain.step.unit_of_mean" if by_mean else "explain.step.unit", name=name)
        blocks.append(Step(step_id("unit"), text, Symbol("y", accent="hat"), formula, result))
        low, high = names.bounds or (-inf, inf)
        if not low <= float(formula.evaluate()) <= high:
            end = low if float(formula.evaluate()) < low else high
            blocks.append(say("explain.text.bounded", low=f"{low:g}", high=f"{high:g}", end=f"{end:g}"))
    return Section(say("explain.section.prediction"), tuple(blocks))


def predictions(book: Book, names: Names = NAMELESS) -> list[Text]:
    """Return what the outputs say: the class of the largest output, yes or no, or the numbers."""
    network = book.network
    outputs = [book.z(book.depth, i) for i in range(1, network.n_outputs + 1)]
    margin = network.loss.name in MARGIN
    shares = network.layers[-1].activation.name in ("sigmoid", "softmax", "step")
    if not margin and not shares and network.loss.name != "binary_cross_entropy":
        return [say("explain.text.output", equation=equation(z)) for z in outputs]
    if names.apart and len(names.outputs) == len(outputs):
        keys = ("explain.text.label_no", "explain.text.label_yes")
        return [
            say(keys[z.evaluate() > (0 if margin else 0.5)], equation=equation(z), name=name)
            for z, name in zip(outputs, names.outputs, strict=True)
        ]
    if len(outputs) > 1:
        best = max(outputs, key=lambda z: float(z.evaluate()))
        node = outputs.index(best) + 1
        name = names.outputs[node - 1] if names.outputs else str(node)
        return [say("explain.text.largest", equation=equation(best), name=name)]
    z = outputs[0]
    yes = z.evaluate() > (0 if margin else 0.5)
    if len(names.outputs) == 2:
        pair = ("explain.text.below_zero", "explain.text.above_zero")
        key = pair[yes] if margin else ("explain.text.below", "explain.text.above")[yes]
        return [say(key, equation=equation(z), name=names.outputs[yes])]
    if margin:
        key = "explain.text.above_zero" if yes else "explain.text.below_zero"
        return [say(key, equation=equation(z), name="+1" if yes else "−1")]
    return [say("explain.text.positive" if yes else "explain.text.negative", equation=equation(z))]


def equation(quantity: Quantity) -> Relation:
    """Return symbol = number."""
    return Relation(quantity.notation, "=", quantity.number)


def notation_of(book: Book) -> Notation:
    """Return how the numbers of a pass are written: as those were that were given."""
    return Notation.of(given_numbers(book))


def given_numbers(book: Book) -> list[Value]:
    """Return the parameters, inputs and targets of a pass, the first of very many."""
    row = book.row
    given = [*book.theta[:2000], *book.trace.forward.inputs[row][:2000], *book.trace.targets[row][:2000]]
    return [as_given(float(value)) for value in given]


def _sizes(book: Book) -> str:
    return "-".join(map(str, book.network.sizes))


def _network_section(
    book: Book, asked: Step | None, steps: Sequence[Step], deltas: bool, names: Names = NAMELESS
) -> Section:
    """Return what is given: the notation, the picture, inputs and targets."""
    blocks: list[Block] = []
    if asked is not None:
        blocks.append(say("explain.text.asked", equation=Relation(asked.subject, "=", asked.result)))
    blocks.append(picture(book, steps, asked, deltas))
    w, z0, x = Symbol("w", ("i", "j"), "l"), Symbol("z", ("j",), 0), Symbol("x", ("j",))
    blocks.append(say("explain.text.notation", w=w, bias=Symbol("w", ("i", 0), "l"), z=z0, x=x))
    if matrices.fits(book) and asked is None:
        blocks.append(_given("x", [book.z(0, j) for j in range(1, book.network.n_features + 1)]))
        if deltas:
            blocks.append(_given(book.target, [book.y(k) for k in range(1, book.network.n_outputs + 1)]))
        for layer in range(1, book.depth + 1):
            pair = [matrices.weight_matrix(book, layer)]
            pair += [matrices.bias_vector(book, layer)] if book.network.layers[layer - 1].bias else []
            blocks.extend(Display((each.notation, each.number)) for each in pair)
    blocks.extend(named(book, names, deltas))
    return Section(say("explain.section.network"), tuple(blocks))


def named(book: Book, names: Names, targets: bool) -> list[Block]:
    """Return what the inputs and outputs are called; with ``targets``, also what should have come out."""
    blocks: list[Block] = [_named_inputs(book, names)] if len(names.inputs) == book.network.n_features else []
    if len(names.outputs) == book.network.n_outputs > 1:
        blocks.append(_named_outputs(book, names, targets))
    elif len(names.outputs) == 2 and book.network.n_outputs == 1:
        z = Symbol("z", (1,), book.depth)
        blocks.append(say("explain.text.output_means", z=z, yes=names.outputs[1], no=names.outputs[0]))
    return blocks


def _named_outputs(book: Book, names: Names, targets: bool) -> Table:
    """Return the outputs with the classes that they stand for, those with the largest values of very many."""
    z = book.trace.forward.outputs[book.row] + (2.0 * book.trace.targets[book.row] if targets else 0.0)
    shown = sorted(np.argsort(-z, kind="stable")[:NAMED].tolist())
    columns: list[Cell] = [Symbol("z", ("k",), "L"), say("explain.column.class")]
    rows: list[tuple[Cell, ...]] = [(book.z(book.depth, k + 1).notation, names.outputs[k]) for k in shown]
    if targets:
        columns.append(say("explain.column.target", letter=Symbol(book.target, ("k",))))
        rows = [(*row, book.y(k + 1).number) for row, k in zip(rows, shown, strict=True)]
    return Table(tuple(columns), tuple(rows))


def _named_inputs(book: Book, names: Names) -> Table:
    """Return the inputs with what they are called, those with the largest values of very many."""
    values = book.trace.forward.inputs[book.row]
    shown = sorted(np.argsort(-np.abs(values), kind="stable")[:NAMED].tolist())
    rows = tuple((book.z(0, j + 1).notation, names.inputs[j], book.z(0, j + 1).number) for j in shown)
    return Table((Symbol("x", ("j",)), say("explain.column.feature"), say("explain.column.value")), rows)


def _given(letter: str, quantities: Sequence[Quantity]) -> Display:
    numbers = tuple((Number(each.evaluate()),) for each in quantities)
    return Display((Symbol(letter, bold=True), Matrix(numbers)))


def _forward_layers(book: Book) -> list[Section]:
    sections = []
    for layer in range(1, book.depth + 1):
        nodes = range(1, book.network.sizes[layer] + 1)
        inputs = tuple(book.step("u", layer, i) for i in nodes)
        outputs = tuple(book.step("z", layer, i) for i in nodes)
        blocks: list[Block] = [say("explain.group.u", layer=layer), StepTable(inputs, inputs[0].law)]
        blocks.append(say("explain.group.z", layer=layer))
        if not matrices.elementwise(book, layer):
            blocks.append(StepTable((book.step("S", layer),), book.step("S", layer).law))
        blocks.append(StepTable(outputs, outputs[0].law))
        sections.append(Section(say("explain.section.forward_layer", layer=layer), tuple(blocks)))
    return sections


def _backward_layers(book: Book) -> list[Section]:
    sections = []
    for layer in range(book.depth, 0, -1):
        nodes = range(1, book.network.sizes[layer] + 1)
        deltas = tuple(book.step("delta", layer, i) for i in nodes)
        blocks: list[Block] = [say("explain.group.delta", layer=layer)]
        for kind in ("dz", "slope"):
            found = tuple(step for step in (book.find(i) for d in deltas for i in d.uses) if step.id.kind == kind)
            unique = tuple({step.id: step for step in found}.values())
            if unique:
                blocks.append(StepTable(unique, unique[0].law))
        blocks.extend({note: None for step in deltas for note in step.notes})
        blocks.append(StepTable(deltas, deltas[0].law))
        first = 0 if book.network.layers[layer - 1].bias else 1
        columns = range(first, book.network.sizes[layer - 1] + 1)
        gradients = tuple(book.step("grad", layer, i, j) for i in nodes for j in columns)
        blocks.append(say("explain.group.grad", layer=layer))
        blocks.append(StepTable(gradients, book.step("grad", layer, 1, 1).law))
        sections.append(Section(say("explain.section.backward_layer", layer=layer), tuple(blocks)))
    return sections


def _backward_matrices(book: Book) -> Section:
    steps = []
    for layer in range(book.depth, 0, -1):
        if layer < book.depth and matrices.elementwise(book, layer):
            steps.append(book.step("D", layer))
        steps.append(book.step("G", layer))
    return Section(say("explain.section.matrices"), (say("explain.text.matrices"), *steps))
