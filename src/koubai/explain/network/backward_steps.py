"""Backpropagation as steps (lecture slides 55-64): ∂E/∂z, φ'(u), δ_i^(l) = ∂E/∂u_i^(l) and ∂E/∂w_ij^(l)."""

import numpy as np

from koubai.core.activations.softmax import Softmax
from koubai.core.formulas.tree import BigSum, Formula, Number, Partial, Product, Quantity, Symbol
from koubai.core.formulas.values import as_given
from koubai.core.layers import Dense, Layer
from koubai.core.layers.base import Address, Term
from koubai.core.losses.cross_entropy import CrossEntropy
from koubai.explain.derivations import Step, StepId, Text, say, step_id
from koubai.explain.network import maps
from koubai.explain.network.activations import derivative, name_of
from koubai.explain.network.book import Book, StepKind, slope_symbol
from koubai.explain.network.losses import name_of as loss_name
from koubai.explain.network.losses import slope as loss_slope

ERROR = Symbol("E")
ROUNDING = 1e-9
"""Targets whose sum is within this of one are class shares."""


def by(symbol: Formula) -> Partial:
    """Return the notation ∂E/∂symbol."""
    return Partial(ERROR, symbol)


def slope(book: Book, layer: int, i: int) -> Step:
    """φ'(u_i^(l)), in z where that is shorter."""
    phi = book.network.layers[layer - 1].activation
    u, z = book.general("u", layer), book.general("z", layer)
    formula = derivative(phi, book.u(layer, i), book.z(layer, i))
    uses = tuple(
        step_id(kind, layer, i)
        for kind in ("u", "z")
        if any(isinstance(part, Quantity) and part.notation == book.symbol(kind, layer, i) for part in formula.walk())
    )
    return Step(
        id=step_id("slope", layer, i),
        heading=say("explain.step.slope", layer=layer, node=book.label(layer, i), name=name_of(phi)),
        subject=slope_symbol(book.symbol("u", layer, i)),
        law=(slope_symbol(u), derivative(phi, u, z)),
        symbols=formula,
        result=book.settled(formula, "slope", layer, i),
        uses=uses,
        notes=(say("explain.note.step_slope"),) if phi.name == "step" else (),
    )


def by_activation(book: Book, layer: int, i: int) -> Step:
    """∂E/∂z_i^(l): from the loss at the output, otherwise from the δ of the layer above."""
    return _by_output(book, i) if layer == book.depth else _by_hidden(book, layer, i)


def _by_output(book: Book, k: int) -> Step:
    last, loss = book.depth, book.network.loss
    formula = loss_slope(loss, book.z(last, k), book.y(k))
    z, y = Symbol("z", ("k",), "L"), book.target_symbol("k")
    return Step(
        id=step_id("dz", last, k),
        heading=say("explain.step.dz_output", node=book.label(last, k), name=loss_name(loss)),
        subject=by(book.symbol("z", last, k)),
        law=(by(z), loss_slope(loss, z, y)),
        symbols=formula,
        result=book.settled(formula, "dz", last, k),
        uses=(step_id("z", last, k),),
    )


def _back_sum(book: Book, layer: int, i: int) -> tuple[Formula, list[int], tuple[Text, ...]]:
    """Return what comes back to node i, of a dense layer Σ_k δ_k^(l+1) w_ki^(l+1), and the nodes k that are written."""
    above = book.network.layers[layer]
    terms = [*above.terms_from(i)]
    if not terms:
        return Number(0), [], (say("explain.note.unread", layer=layer + 1),)
    if above.takes_largest:
        terms = [term for term in terms if book.factor(layer + 1, term)]
        if not terms:
            return Number(0), [], (say("explain.note.lost", layer=layer + 1),)
    deltas = book.layer_deltas[layer][book.row]

    def term(k: int) -> Formula:
        delta, slope = book.delta(layer + 1, terms[k].node), book.slope_by_source(layer + 1, terms[k])
        return delta if slope is None else delta * slope

    contributions = np.array([deltas[each.node - 1] * book.factor(layer + 1, each) for each in terms])
    formula, shown, notes = book.long_sum(contributions, term)
    return formula, [terms[k].node for k in shown], notes


def _bent(book: Book, layer: int, i: int) -> tuple[StepId, ...]:
    """Return z_i^(l) if what comes back to the node depends on it, since the layer above is not linear."""
    above = book.network.layers[layer]
    return () if above.is_linear or above.takes_largest else (step_id("z", layer, i),)


def _law_back(book: Book, layer: int) -> list[Formula]:
    """Return ∂E/∂z_i^(l) in symbols, if the layer above says it."""
    law = book.network.layers[layer].law_back()
    return [] if law is None else [law]


def _by_hidden(book: Book, layer: int, i: int) -> Step:
    formula, shown, notes = _back_sum(book, layer, i)
    z = book.general_source("z", layer)
    chain = BigSum("k", by(Symbol("u", ("k",), "l+1")) * Partial(Symbol("u", ("k",), "l+1"), z))
    return Step(
        id=step_id("dz", layer, i),
        heading=say("explain.step.dz_hidden", layer=layer, node=book.label(layer, i)),
        subject=by(book.symbol("z", layer, i)),
        law=(by(z), chain, *_law_back(book, layer)),
        symbols=formula,
        result=book.settled(formula, "dz", layer, i),
        uses=(*(step_id("delta", layer + 1, k) for k in shown), *_bent(book, layer, i)),
        notes=notes,
        pictures=maps.of_way_back(book, layer, i),
    )


def delta(book: Book, layer: int, i: int) -> Step:
    """δ_i^(l) = ∂E/∂u_i^(l)."""
    phi = book.network.layers[layer - 1].activation
    if layer == book.depth and _fused(book):
        return _delta_fused(book, i)
    if isinstance(phi, Softmax):
        return _delta_softmax(book, layer, i)
    if layer == book.depth:
        return _delta_output(book, i)
    return _delta_hidden(book, layer, i)


def _fused(book: Book) -> bool:
    """Return whether loss and output activation match, so that δ is simply z - y."""
    loss, phi = book.network.loss, book.network.layers[-1].activation
    if isinstance(loss, CrossEntropy):
        return isinstance(phi, Softmax)
    return loss.fused is not None and isinstance(phi, loss.fused)


def _delta_fused(book: Book, i: int) -> Step:
    last = book.depth
    u, z, y = Symbol("u", ("i",), "L"), Symbol("z", ("i",), "L"), book.target_symbol("i")
    formula: Formula = book.z(last, i) - book.y(i)
    law: tuple[Formula, ...] = (Symbol("δ", ("i",), "L"), by(u), z - y)
    if isinstance(book.network.loss, CrossEntropy):
        shares = float(book.trace.targets[book.row].sum())
        if abs(shares - 1) > ROUNDING:
            whole = Quantity(BigSum("j", Symbol("p", ("j",))), Number(as_given(shares)))
            formula = book.z(last, i) * whole - book.y(i)
            law = (Symbol("δ", ("i",), "L"), by(u), z * BigSum("j", Symbol("p", ("j",))) - y)
    name = loss_name(book.network.loss)
    activation = name_of(book.network.layers[-1].activation)
    return Step(
        id=step_id("delta", last, i),
        heading=say("explain.step.delta_fused", node=book.label(last, i), loss=name, activation=activation),
        subject=book.symbol("δ", last, i),
        law=law,
        symbols=formula,
        result=book.settled(formula, "delta", last, i),
        uses=(step_id("z", last, i),),
        notes=(say("explain.note.fused", loss=name, activation=activation),),
    )


def _delta_output(book: Book, i: int) -> Step:
    last = book.depth
    u, z = Symbol("u", ("i",), "L"), Symbol("z", ("i",), "L")
    law: tuple[Formula, ...] = (Symbol("δ", ("i",), "L"), by(u), by(z) * Partial(z, u))
    if book.network.loss.name == "half_squared_error":
        formula = (book.z(last, i) - book.y(i)) * book.slope(last, i)
        law = (*law, (z - Symbol("y", ("i",))) * slope_symbol(u))
        uses = (step_id("z", last, i), step_id("slope", last, i))
    else:
        formula = book.by_activation(last, i) * book.slope(last, i)
        law = (*law, by(z) * slope_symbol(u))
        uses = (step_id("dz", last, i), step_id("slope", last, i))
    return Step(
        id=step_id("delta", last, i),
        heading=say("explain.step.delta_output", node=book.label(last, i)),
        subject=book.symbol("δ", last, i),
        law=law,
        symbols=formula,
        result=book.settled(formula, "delta", last, i),
        uses=uses,
    )


def _delta_softmax(book: Book, layer: int, i: int) -> Step:
    """δ_i = z_i (∂E/∂z_i - Σ_j ∂E/∂z_j z_j): every output of softmax depends on every u (slide 35)."""
    z = Symbol("z", ("i",), "l")
    other = Symbol("z", ("j",), "l")
    activations = book.trace.forward.activations[layer - 1]
    slopes = book.slopes_by_activation(layer - 1, activations[book.row : book.row + 1])[0]
    inside, shown, notes = book.long_sum(
        slopes * activations[book.row], lambda k: book.by_activation(layer, k + 1) * book.z(layer, k + 1)
    )
    formula = Product((book.z(layer, i), book.by_activation(layer, i) - inside))
    used = [i, *(k + 1 for k in shown if k + 1 != i)]
    return Step(
        id=step_id("delta", layer, i),
        heading=say("explain.step.delta_softmax", layer=layer, node=book.label(layer, i)),
        subject=book.symbol("δ", layer, i),
        law=(
            Symbol("δ", ("i",), "l"),
            BigSum("j", by(other) * Partial(other, Symbol("u", ("i",), "l"))),
            Product((z, by(z) - BigSum("j", by(other) * other))),
        ),
        symbols=formula,
        result=book.settled(formula, "delta", layer, i),
        uses=tuple(step_id(kind, layer, k) for k in used for kind in ("dz", "z")),
        notes=(*notes, say("explain.note.softmax_jacobian")),
    )


def _delta_hidden(book: Book, layer: int, i: int) -> Step:
    inside, shown, notes = _back_sum(book, layer, i)
    formula = Product((inside, book.slope(layer, i)))
    u, z = book.general_source("u", layer), book.general_source("z", layer)
    above = Symbol("u", ("k",), "l+1")
    chain = BigSum("k", Product((by(above), Partial(above, z), Partial(z, u))))
    label = book.label(layer, i)
    heading = say("explain.step.delta_hidden", layer=layer, node=label)
    if not isinstance(book.network.layers[layer], Dense):
        heading = say("explain.step.delta_through", layer=layer, node=label, above=layer + 1)
    return Step(
        id=step_id("delta", layer, i),
        heading=heading,
        subject=book.symbol("δ", layer, i),
        law=(
            book.general_source("δ", layer),
            by(u),
            chain,
            *(Product((law, slope_symbol(u))) for law in _law_back(book, layer)),
        ),
        symbols=formula,
        result=book.settled(formula, "delta", layer, i),
        uses=(*(step_id("delta", layer + 1, k) for k in shown), *_bent(book, layer, i), step_id("slope", layer, i)),
        notes=notes,
        pictures=maps.of_way_back(book, layer, i),
    )


def gradient(book: Book, layer: int, i: int, j: int) -> Step:
    """∂E/∂w_ij^(l) = δ_i^(l) z_j^(l-1) (slide 56); for the bias, j = 0, it is δ_i^(l) itself.

    A parameter of another layer than a dense one is told by a node i and a source j that it stands between; the
    gradient is a sum over all that it stands between.
    """
    spec = book.network.layers[layer - 1]
    address = spec.parameter(i, j)
    assert address is not None
    terms = [*spec.terms_with(address)]
    deltas = book.layer_deltas[layer - 1][book.row]
    formula, shown, notes = book.long_sum(
        np.array([deltas[each.node - 1] * _slope_number(book, layer, each, address) for each in terms]),
        lambda k: _times_slope(book, layer, terms[k], address),
    )
    uses = [step_id("delta", layer, terms[k].node) for k in shown]
    uses += [step_id("z", layer - 1, terms[k].source) for k in shown if terms[k].source and layer > 1]
    heading = say("explain.step.grad" if j else "explain.step.grad_bias", layer=layer, node=i, source=j)
    if len(terms) > 1:
        notes = (*notes, say("explain.note.shared", count=len(terms)))
    if not isinstance(spec, Dense):
        heading = say("explain.step.grad_parameter", layer=layer, parameter=spec.symbol(address.block, i, j, layer))
    return Step(
        id=step_id("grad", layer, i, j),
        heading=heading,
        subject=by(spec.symbol(address.block, i, j, layer)),
        law=_gradient_law(spec, address, j, several=len(terms) > 1),
        symbols=formula,
        result=Number(formula.evaluate()),
        uses=tuple(uses),
        notes=notes,
        pictures=maps.of_parameter(book, layer, address),
    )


def _times_slope(book: Book, layer: int, term: Term, address: Address) -> Formula:
    """Return δ_i^(l) times the summand's derivative: z_j^(l-1) in a linear layer, or nothing without a source."""
    delta, slope = book.delta(layer, term.node), book.slope_by_parameter(layer, term, address)
    return delta if slope is None else delta * slope


def _slope_number(book: Book, layer: int, term: Term, address: Address) -> float:
    """Return the number of the summand's derivative with respect to a parameter."""
    if not term.source:
        return 1.0
    if not book.network.layers[layer - 1].is_linear:
        slope = book.slope_by_parameter(layer, term, address)
        return 1.0 if slope is None else float(slope.evaluate())
    z = float(book.trace.forward.sources(layer - 1)[book.row][term.source - 1])
    return z if term.factor is None else z * float(term.factor.evaluate())


def _gradient_law(spec: Layer, address: Address, j: int, several: bool) -> tuple[Formula, ...]:
    """Return ∂E/∂w = ∂E/∂u ∂u/∂w = δ z in symbols, summed over the nodes k that share a parameter."""
    w = spec.symbol(address.block, "i", "j" if j else 0, "l")
    if not spec.is_linear and j:
        u = Symbol("u", ("i",), "l")
        return (by(w), BigSum("i", by(u) * Partial(u, w)) if several else by(u) * Partial(u, w))
    factor = next(iter(spec.terms_from(1))).factor if j else None
    if several:
        u = Symbol("u", ("k",), "l")
        return (by(w), BigSum("k", by(u) * Partial(u, w)))
    u, d = Symbol("u", ("i",), "l"), Symbol("δ", ("i",), "l")
    source = "j" if "j" in w.lower else "i"  # a factor with the node's index alone takes the source of that index
    product = d * Symbol("z", (source,), "l-1") if j else d
    return (by(w), by(u) * Partial(u, w), product if factor is None else product * factor)


KINDS = (
    StepKind("slope", "backward", 0, slope),
    StepKind("dz", "backward", 1, by_activation),
    StepKind("delta", "backward", 2, delta),
    StepKind("grad", "gradient", 0, gradient),
)
"""What this module makes."""
