"""One update of a network explained: one row or a minibatch, penalty, clipping, optimizer (lecture slides 67-78)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.formulas.pieces import Relation
from koubai.core.formulas.tree import Number, Quantity, Symbol
from koubai.core.formulas.values import Notation, as_given
from koubai.core.language import worded
from koubai.core.trace import StepTrace
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.explain.derivations import Block, Cell, Derivation, Display, Section, Step, Table, say, step_id
from koubai.explain.network.asking import Ask, check_ask
from koubai.explain.network.book import Book
from koubai.explain.network.naming import NAMELESS, Names, named
from koubai.explain.network.passes import BREADTH
from koubai.explain.network.picture import picture
from koubai.explain.network.sections import given_numbers, grouped, parted
from koubai.explain.network.updates import UpdateSteps, rule_name

TABLE_ROWS = 40
"""Maximum number of rows of a minibatch shown."""
MOST_ORIGINS = 4
"""Maximum number of nodes whose δ are shown for each row of a minibatch."""
MOST_PAST = 20
"""Maximum number of earlier updates shown."""


@dataclass(frozen=True, slots=True)
class PastUpdate:
    """An earlier update: its number from 1, the gradient, and the optimizer's slots after it."""

    step: int
    gradient: Array
    slots: Array


def update(
    plan: Plan,
    state: State,
    rows: Rows,
    learning_rate: float,
    ask: Ask,
    *,
    names: Names = NAMELESS,
    past: Sequence[PastUpdate] = (),
    numbers: Sequence[int] = (),
    origins: bool = True,
) -> Derivation:
    """Explain one update of one weight: its gradient for every row, their mean, and the optimizer's rule.

    Parameters
    ----------
    plan, state
        What is trained, and its state: θ, the optimizer's slots, the number of updates made.
    rows : Rows
        The batch: one row or more.
    learning_rate : float
        α of this update.
    ask : Ask
        `Ask.weight`: the weight; source 0 is the bias.
    names : Names, optional
        Names of the inputs and outputs.
    past : sequence of PastUpdate, optional
        The updates before this one, to show where the rule's running numbers come from.
    numbers : sequence of int, optional
        What the rows are called, such as their numbers in a table; by default 1, 2, ….
    origins : bool
        Whether to show for each row of a small network what its δ comes from: outputs, targets, the δ above, φ′.

    Returns
    -------
    Derivation

    Raises
    ------
    ParameterError, ShapeError
        If the network has no such weight, α is not > 0, or the rows do not match.
    """
    if not learning_rate > 0:
        raise ParameterError(worded("explain.error.rate", got=repr(learning_rate)))
    layer, i, j = _where(plan, rows, ask)
    trace = trace_step(plan, _in_float64(state), _rows_in_float64(rows), learning_rate)
    steps = UpdateSteps(plan, trace, (layer, i, j), numbers)
    first = steps.books[_telling(trace, layer, i, j)] if len(steps.books) > 1 else None
    book = first or steps.books[0]
    asked = steps.steps[-1]
    before = book.needed([step_id("grad", layer, i, j)], None if book.small else BREADTH)
    question = say("explain.text.asked", equation=Relation(asked.subject, "=", asked.result))
    given = named(book, names, True)
    sections = [Section(say("explain.section.network"), (question, picture(book, before, asked, True), *given))]
    if first is not None:
        chosen = say("explain.text.one_row", row=steps.numbers[first.row])
        sections[0] = Section(sections[0].title, (*sections[0].blocks, chosen))
    for name, members in parted(book, before).items():
        if members:
            sections.append(Section(say(f"explain.section.{name}"), grouped(book, members)))
    if len(steps.books) > 1:
        sections.append(_batch(steps, (layer, i, j), origins))
    if past and steps.slots:
        sections.append(_past(steps, past))
    sections.append(_rule(plan, steps))
    rule = rule_name(plan.optimizer)
    title = say("explain.title.update", quantity=steps.name, rule=rule)
    settings = [part.number.value for part in _known(steps) if isinstance(part.number, Number)]
    return Derivation(title, tuple(sections), asked.id, Notation.of([*given_numbers(book), *settings]))


def _telling(trace: StepTrace, layer: int, i: int, j: int) -> int:
    """Return the row of a batch with the largest gradient of a weight, as the most instructive one."""
    gradients = trace.deltas[layer - 1][:, i - 1]
    if _is_shared(trace, layer, i, j):
        gradients = _shared_gradients(trace, layer, i, j)
    elif _source(trace, layer, j):
        gradients = gradients * trace.forward.sources(layer - 1)[:, j - 1]
    return int(np.argmax(np.abs(gradients)))


def _is_shared(trace: StepTrace, layer: int, i: int, j: int) -> bool:
    """Return whether several nodes have a parameter, so that no row's gradient is one product."""
    spec = trace.forward.network.layers[layer - 1]
    address = spec.parameter(i, j)
    return address is not None and len(list(islice(spec.terms_with(address), 2))) > 1


def _shared_gradients(trace: StepTrace, layer: int, i: int, j: int) -> Array:
    """Return each row's gradient of a parameter that several nodes have."""
    network, index = trace.forward.network, layer - 1
    spec, z, deltas = network.layers[index], trace.forward.sources(index), trace.deltas[index]
    address = spec.parameter(i, j)
    assert address is not None
    number = [block.name for block in spec.blocks].index(address.block)
    blocks = network.blocks(trace.forward.theta, index)
    rows = (slice(row, row + 1) for row in range(len(z)))
    return np.array([spec.gradient(blocks, z[row], deltas[row])[number][address.index] for row in rows])


def _source(trace: StepTrace, layer: int, j: int) -> int:
    """Return the source whose z the gradient of a parameter is proportional to; 0 if there is no such source."""
    return j if trace.forward.network.layers[layer - 1].is_linear else 0


def _where(plan: Plan, rows: Rows, ask: Ask) -> tuple[int, int, int]:
    network = plan.network
    identifier = check_ask(ask, network, ("weight",))
    if rows.inputs.shape[1] != network.n_features or rows.targets.shape[1] != network.n_outputs:
        raise ShapeError(
            f"explain: rows must have shapes (n, {network.n_features}) and (n, {network.n_outputs}); "
            f"got {rows.inputs.shape} and {rows.targets.shape}. Pass rows that fit the network."
        )
    layer, i, j = identifier.indices
    return layer, i, j


def _in_float64(state: State) -> State:
    return State(state.theta.astype(np.float64), state.slots.astype(np.float64), state.step, state.epoch)


def _rows_in_float64(rows: Rows) -> Rows:
    weights = None if rows.weights is None else rows.weights.astype(np.float64)
    return Rows(rows.inputs.astype(np.float64), rows.targets.astype(np.float64), weights)


def _batch(update: UpdateSteps, where: tuple[int, int, int], origins: bool) -> Section:
    """Return the rows' gradients as a table: δ, z and their product, or alone where several nodes share a parameter."""
    layer, i, j = where
    shared = _is_shared(update.trace, layer, i, j)
    columns: list[Cell] = [say("explain.column.row")]
    if origins and not shared:
        columns += [part.notation for part in _origins(update.books[0], layer, i)]
    if not shared:
        columns.append(update.books[0].symbol("δ", layer, i))
    source = 0 if shared else _source(update.trace, layer, j)
    if source:
        columns.append(update.books[0].z(layer - 1, j).notation)
    columns.append(update.books[0].step("grad", *where).subject)
    rows = []
    for number, book in list(zip(update.numbers, update.books, strict=True))[:TABLE_ROWS]:
        row: list[Cell] = [str(number)]
        if origins and not shared:
            row += [part.number for part in _origins(book, layer, i)]
        if not shared:
            row.append(book.delta(layer, i).number)
        if source:
            row.append(book.z(layer - 1, j).number)
        row.append(book.step("grad", *where).result)
        rows.append(tuple(row))
    blocks: list[Block] = [say("explain.text.batch", count=len(update.books)), Table(tuple(columns), tuple(rows))]
    if len(update.books) > TABLE_ROWS:
        blocks.append(say("explain.text.more_rows", count=len(update.books) - TABLE_ROWS))
    return Section(say("explain.section.batch"), tuple(blocks))


def _origins(book: Book, layer: int, i: int) -> list[Quantity]:
    """Return what δ_i^(l) of a row comes from: outputs and targets, the δ of the layers above, φ′; none if too many."""
    last = len(book.network.layers)
    nodes = {above: range(1, book.network.sizes[above] + 1) for above in range(layer + 1, last + 1)} | {layer: [i]}
    if not book.small or sum(map(len, nodes.values())) > MOST_ORIGINS:
        return []
    found = [part for k in nodes[last] for part in (book.z(last, k), book.y(k))]
    found += [book.delta(above, k) for above in range(last, layer, -1) for k in nodes[above]]
    return found if layer == last else [*found, book.slope(layer, i)]


def _past(update: UpdateSteps, past: Sequence[PastUpdate]) -> Section:
    """Return the gradient of the weight at earlier updates, and what the rule made of it."""
    shown = past[-MOST_PAST:]
    blocks: list[Block] = [say("explain.past.about", count=past[-1].step)]
    if shown[0].step > 1:
        blocks.append(say("explain.past.left", count=len(shown)))
    rows = tuple(
        (
            Number(Fraction(each.step)),
            Number(as_given(each.gradient[update.place])),
            *(Number(as_given(each.slots[index, update.place])) for index in update.slots.values()),
        )
        for each in shown
    )
    columns = (Symbol("t"), Symbol("g"), *map(Symbol, update.slots))
    return Section(say("explain.past.title"), (*blocks, Table(columns, rows)))


def _known(update: UpdateSteps) -> list[Quantity]:
    """Return the rule's inputs that it does not compute itself: settings, slots and the weight."""
    known: dict[Quantity, None] = {}
    for step in update.steps:
        for part in step.symbols.walk():
            computed = isinstance(part, Quantity) and any(part.notation == other.subject for other in update.steps)
            if isinstance(part, Quantity) and not computed and isinstance(part.notation, Symbol):
                known[part] = None
    return list(known)


def _rule(plan: Plan, update: UpdateSteps) -> Section:
    """Return the steps from the gradient to the new weight, with the values known beforehand."""
    given = tuple(Display((part.notation, part.number)) for part in _known(update))
    rule = rule_name(plan.optimizer)
    steps: list[Step] = [replace(step, law=()) for step in update.steps]
    return Section(say("explain.section.update", rule=rule), (say("explain.text.known"), *given, *steps))
