"""The forward pass as steps (lecture slides 37-51): u_i^(l), z_i^(l), the loss E, and whole layers as matrices."""

from functools import partial

import numpy as np

from koubai.core.activations.softmax import Softmax
from koubai.core.formulas.tree import (
    Apply,
    BigSum,
    Formula,
    Function,
    Number,
    Quantity,
    Symbol,
    exp,
    largest,
)
from koubai.core.formulas.values import SAFE_EXPONENT
from koubai.core.logarithms import log_complement, log_value
from koubai.explain.derivations import Step, StepId, say, step_id
from koubai.explain.network import maps
from koubai.explain.network.activations import name_of, value
from koubai.explain.network.book import Book, StepKind
from koubai.explain.network.losses import law as loss_law
from koubai.explain.network.losses import name_of as loss_name
from koubai.explain.network.losses import term, total

LOST = 1e-12
"""Below this, log z is computed from u, since z itself has lost its digits."""


def net_input(book: Book, layer: int, i: int) -> Step:
    """u_i^(l), of a dense layer Σ_j w_ij^(l) z_j^(l-1), the bias being j = 0 (slide 38)."""
    spec = book.network.layers[layer - 1]
    if spec.takes_largest:
        return largest_of(book, layer, i)
    terms = [*spec.terms(i)]
    added = [book.summand(layer, term) for term in terms if not term.source]
    terms = [term for term in terms if term.source]
    sources = book.trace.forward.sources(layer - 1)[book.row]
    total_formula, shown, notes = book.long_sum(
        np.array([book.contribution(layer, term, sources[term.source - 1]) for term in terms]),
        lambda k: book.summand(layer, terms[k]),
        added,
    )
    law, passed_on = spec.law(), not spec.is_linear and all(term.parameter is None for term in spec.terms(i))
    return Step(
        id=step_id("u", layer, i),
        heading=say("explain.step.u", layer=layer, node=book.label(layer, i)),
        subject=book.symbol("u", layer, i),
        law=() if law is None or passed_on else (book.general("u", layer), law),
        symbols=total_formula,
        result=book.settled(total_formula, "u", layer, i),
        uses=tuple(step_id("z", layer - 1, terms[k].source) for k in shown) if layer > 1 else (),
        notes=notes,
        pictures=maps.of_node(book, layer, i),
    )


def largest_of(book: Book, layer: int, i: int) -> Step:
    """u_i^(l) = max_j z_j^(l-1) over the sources of node i."""
    spec, winner = book.network.layers[layer - 1], book.winner(layer, i)
    sources = [term.source for term in spec.terms(i)]
    z = book.trace.forward.sources(layer - 1)[book.row]
    shown, _ = book.chosen_terms(np.array([z[source - 1] for source in sources]))
    kept = [source for k, source in enumerate(sources) if k in shown or source == winner]
    formula = largest(*(book.z(layer - 1, source) for source in kept))
    notes = [say("explain.note.winner", z=book.z(layer - 1, winner).notation)] if len(sources) > 1 else []
    if len(kept) < len(sources):
        notes.append(say("explain.note.smaller", count=len(sources) - len(kept)))
    law = spec.law()
    return Step(
        id=step_id("u", layer, i),
        heading=say("explain.step.u_largest", layer=layer, node=book.label(layer, i)),
        subject=book.symbol("u", layer, i),
        law=() if law is None else (book.general("u", layer), law),
        symbols=formula,
        result=book.settled(formula, "u", layer, i),
        uses=(step_id("z", layer - 1, winner),) if layer > 1 else (),
        notes=tuple(notes),
        pictures=maps.of_node(book, layer, i),
    )


def activation(book: Book, layer: int, i: int) -> Step:
    """z_i^(l) = φ(u_i^(l)) (slides 32-36)."""
    phi = book.network.layers[layer - 1].activation
    general, symbol_u = book.general("z", layer), book.general("u", layer)
    uses: tuple[StepId, ...]
    if isinstance(phi, Softmax):
        formula: Formula = _power_of_e(book, layer, i) / book_sum(book, layer)
        law: tuple[Formula, ...] = (general, exp(symbol_u) / BigSum("j", exp(Symbol("u", ("j",), "l"))))
        uses = (step_id("u", layer, i), step_id("S", layer))
    else:
        u = book.u(layer, i)
        formula = value(phi, u, float(u.evaluate()))
        law = (general, Apply("φ", (symbol_u,)), value(phi, symbol_u))
        uses = (step_id("u", layer, i),)
    return Step(
        id=step_id("z", layer, i),
        heading=say("explain.step.z", layer=layer, node=book.label(layer, i), name=name_of(phi)),
        subject=book.symbol("z", layer, i),
        law=law,
        symbols=formula,
        result=book.settled(formula, "z", layer, i),
        uses=uses,
    )


def _shift(book: Book, layer: int) -> float:
    """Return what is subtracted from every u of a softmax so that no exp overflows; 0 if none would."""
    u = book.trace.forward.pre_activations[layer - 1][book.row]
    return float(u.max()) if np.abs(u).max() > SAFE_EXPONENT else 0.0


def _power_of_e(book: Book, layer: int, i: int) -> Formula:
    shift = _shift(book, layer)
    return exp(book.u(layer, i) - Quantity(Symbol("m"), Number(shift)) if shift else book.u(layer, i))


def book_sum(book: Book, layer: int) -> Quantity:
    """Return softmax's denominator S^(l) = Σ_j exp(u_j^(l))."""
    if book.small:
        result = book.step("S", layer).result
        assert isinstance(result, Number)
        return Quantity(Symbol("S", (), layer), result)
    u = book.trace.forward.pre_activations[layer - 1][book.row]
    return Quantity(Symbol("S", (), layer), Number(float(np.exp(u - _shift(book, layer)).sum())))


def softmax_sum(book: Book, layer: int) -> Step:
    """S^(l) = Σ_j exp(u_j^(l)), softmax's denominator (slide 35)."""
    u = book.trace.forward.pre_activations[layer - 1][book.row]
    shift = _shift(book, layer)
    formula, shown, notes = book.long_sum(np.exp(u - shift), lambda k: _power_of_e(book, layer, k + 1))
    if shift:
        notes = (*notes, say("explain.note.shift", m=Symbol("m"), u=Symbol("u", ("j",), layer)))
    evaluated = formula.evaluate()
    return Step(
        id=step_id("S", layer),
        heading=say("explain.step.S", layer=layer),
        subject=Symbol("S", (), layer),
        law=(Symbol("S", (), "l"), BigSum("j", exp(Symbol("u", ("j",), "l")))),
        symbols=formula,
        result=Number(evaluated),
        uses=tuple(step_id("u", layer, k + 1) for k in shown),
        notes=notes,
    )


def loss(book: Book) -> Step:
    """E of the row (slides 50-51)."""
    kind, last = book.network.loss, book.depth
    phi = book.network.layers[-1].activation
    row, forward = slice(book.row, book.row + 1), book.trace.forward
    u, z = forward.pre_activations[-1][row], forward.activations[-1][row]

    def log_of(k: int, x: Formula) -> Formula:
        if float(x.evaluate()) > LOST:
            return Function("log", (x,))
        logarithms = log_value if isinstance(x, Quantity) else log_complement  # of z, or of 1 - z
        return Quantity(Function("log", (x,)), Number(float(logarithms(phi, u, z)[0, k])))

    terms = [term(kind, book.z(last, k + 1), book.y(k + 1), partial(log_of, k)) for k in range(book.network.n_outputs)]
    contributions = np.array([float(each.evaluate()) for each in terms])
    inside, shown, notes = book.long_sum(contributions, terms.__getitem__)
    if book.is_smoothed:
        notes = (*notes, say("explain.note.smoothing", p=book.target_symbol("k"), y=Symbol(book.target, ("k",))))
    formula = total(kind, [inside])
    return Step(
        id=step_id("E"),
        heading=say("explain.step.E", name=loss_name(kind)),
        subject=Symbol("E"),
        law=(Symbol("E"), loss_law(kind, Symbol("z", ("k",), "L"), book.target_symbol("k"))),
        symbols=formula,
        result=book.settled(formula, "E"),
        uses=tuple(step_id("z", last, k + 1) for k in shown),
        notes=notes,
    )


KINDS = (
    StepKind("u", "forward", 0, net_input),
    StepKind("S", "forward", 1, softmax_sum),
    StepKind("z", "forward", 2, activation),
    StepKind("E", "loss", 0, loss),
)
"""What this module makes."""
