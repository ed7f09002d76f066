"""The sections of a network's explanation: what is given, and its steps in the order of the pass."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Matrix, Number, Quantity, Symbol
from koubai.core.formulas.values import Notation, Value, as_given
from koubai.core.layers import Dense
from koubai.core.layers.base import Address
from koubai.explain.derivations import Block, Display, Section, Step, StepTable, Text, say
from koubai.explain.network import maps, matrices
from koubai.explain.network.book import PARTS, Book, Part
from koubai.explain.network.naming import NAMELESS, Names, named
from koubai.explain.network.picture import picture

LAYER_TEXTS = {
    "ntk_dense": "explain.text.layer_scaled",
    "periodic_embedding": "explain.text.layer_waves",
    "convolution": "explain.text.layer_convolution",
    "max_pooling": "explain.text.layer_largest",
    "average_pooling": "explain.text.layer_mean",
    "flatten": "explain.text.layer_flat",
}
"""What is said of layers of these kinds; of others but dense ones, that they compute no weighted sums."""
OF_ONE_STEP = frozenset({"explain.note.winner", "explain.note.smaller", "explain.note.shared"})
"""Notes that are left out where several steps stand together."""


def parted(book: Book, steps: Iterable[Step]) -> dict[Part, list[Step]]:
    """Return a pass's steps by part, in order of computation."""
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


def grouped(book: Book, steps: Sequence[Step]) -> tuple[Block, ...]:
    """Return steps as blocks: several of one kind in one layer share their heading and their rule."""
    blocks: list[Block] = []
    for _, group in groupby(steps, key=lambda step: (step.id.kind, step.id.indices[:1])):
        members = tuple(group)
        if len(members) == 1:
            blocks.extend(members)
            continue
        first = members[0].id
        blocks.append(group_heading(book, first.kind, first.indices[0]))
        blocks.append(StepTable(members, members[0].law))
        notes = {note: None for step in members for note in step.notes}
        blocks.extend(note for note in notes if note.key not in OF_ONE_STEP)
    return tuple(blocks)


def notation_of(book: Book) -> Notation:
    """Return the number format of a pass, following that of the given numbers."""
    return Notation.of(given_numbers(book))


def given_numbers(book: Book) -> list[Value]:
    """Return the parameters, inputs and targets of a pass, truncated if there are very many."""
    row = book.row
    given = [*book.theta[:2000], *book.trace.forward.inputs[row][:2000], *book.trace.targets[row][:2000]]
    return [as_given(float(value)) for value in given]


def sizes_of(book: Book) -> str:
    """Return the sizes of a network in the usual form: 4-5-3."""
    return "-".join("×".join(map(str, book.shape(layer))) for layer in range(book.depth + 1))


def network_section(
    book: Book, asked: Step | None, steps: Sequence[Step], deltas: bool, names: Names = NAMELESS
) -> Section:
    """Return what is given: the notation, the picture, inputs and targets."""
    blocks: list[Block] = []
    if asked is not None:
        blocks.append(say("explain.text.asked", equation=Relation(asked.subject, "=", asked.result)))
    blocks.append(picture(book, steps, asked, deltas))
    w, z0, x = Symbol("w", ("i", "j"), "l"), Symbol("z", ("j",), 0), Symbol("x", ("j",))
    blocks.append(say("explain.text.notation", w=w, bias=Symbol("w", ("i", 0), "l"), z=z0, x=x))
    for layer, spec in enumerate(book.network.layers, 1):
        law = spec.law()
        if not isinstance(spec, Dense) and law is not None:
            key = LAYER_TEXTS.get(spec.name, "explain.text.layer")
            equation = Relation(book.general("u", layer), "=", law)
            blocks.append(say(key, layer=layer, law=equation, **maps.words_of(book.network, layer)))
    if matrices.fits(book) and asked is None:
        blocks.append(_given("x", [book.z(0, j) for j in range(1, book.network.n_features + 1)]))
        if deltas:
            blocks.append(_given(book.target, [book.y(k) for k in range(1, book.network.n_outputs + 1)]))
        for layer in range(1, book.depth + 1):
            pair = [matrices.weight_matrix(book, layer)]
            pair += [matrices.bias_vector(book, layer)] if book.network.dense_layer(layer - 1).bias else []
            blocks.extend(Display((each.notation, each.number)) for each in pair)
    blocks.extend(named(book, names, deltas))
    return Section(say("explain.section.network"), tuple(blocks))


def _given(letter: str, quantities: Sequence[Quantity]) -> Display:
    numbers = tuple((Number(each.evaluate()),) for each in quantities)
    return Display((Symbol(letter, bold=True), Matrix(numbers)))


def forward_layers(book: Book) -> list[Section]:
    """Return a section for each layer, first to last, with every u and every z."""
    sections = []
    for layer in range(1, book.depth + 1):
        nodes = range(1, book.network.sizes[layer] + 1)
        inputs = tuple(book.step("u", layer, i) for i in nodes)
        outputs = tuple(book.step("z", layer, i) for i in nodes)
        blocks: list[Block] = [group_heading(book, "u", layer), StepTable(inputs, inputs[0].law)]
        blocks.append(say("explain.group.z", layer=layer))
        if not matrices.elementwise(book, layer):
            blocks.append(StepTable((book.step("S", layer),), book.step("S", layer).law))
        blocks.append(StepTable(outputs, outputs[0].law))
        sections.append(Section(say("explain.section.forward_layer", layer=layer), tuple(blocks)))
    return sections


def backward_layers(book: Book) -> list[Section]:
    """Return a section for each layer, last to first, with every δ and every gradient and what they depend on."""
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
        gradients = _gradients(book, layer)
        if gradients:
            blocks.append(group_heading(book, "grad", layer))
            blocks.append(StepTable(gradients, gradients[-1].law))
        sections.append(Section(say("explain.section.backward_layer", layer=layer), tuple(blocks)))
    return sections


def _gradients(book: Book, layer: int) -> tuple[Step, ...]:
    """Return the gradient of each parameter of a layer once, node by node."""
    spec = book.network.layers[layer - 1]
    found: dict[Address, Step] = {}
    for i in range(1, spec.n_out + 1):
        for j, address in spec.parameters_of(i):
            if address not in found:
                found[address] = book.step("grad", layer, i, j)
    return tuple(found.values())


def group_heading(book: Book, kind: str, layer: int) -> Text:
    """Return the heading of several steps of one kind in a layer; of weights and biases dense ones are told."""
    if kind in ("u", "grad") and not isinstance(book.network.layers[layer - 1], Dense):
        return say(f"explain.group.other_{kind}", layer=layer)
    return say(f"explain.group.{kind}", layer=layer)


def backward_matrices(book: Book) -> Section:
    """Return the backward pass as matrix products."""
    steps = []
    for layer in range(book.depth, 0, -1):
        if layer < book.depth and matrices.elementwise(book, layer):
            steps.append(book.step("D", layer))
        steps.append(book.step("G", layer))
    return Section(say("explain.section.matrices"), (say("explain.text.matrices"), *steps))
