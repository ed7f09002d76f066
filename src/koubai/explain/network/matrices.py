"""Whole layers as matrix products, with shapes (lecture slides 37-42, 60-64)."""

from fractions import Fraction

import numpy as np

from koubai.core.activations.softmax import Softmax
from koubai.core.formulas.tree import (
    Apply,
    Elementwise,
    Formula,
    Matrix,
    Number,
    Partial,
    Quantity,
    Symbol,
    Transpose,
)
from koubai.explain.derivations import Step, Table, say, step_id
from koubai.explain.network.book import Book, StepKind

WIDEST = 8
"""Layers with more nodes are not written as numeric matrices."""


def fits(book: Book) -> bool:
    """Return whether the network is matrices, of dense layers, and every one small enough to be written."""
    return book.network.is_dense and max(book.network.sizes) <= WIDEST


def weight_matrix(book: Book, layer: int) -> Quantity:
    """Return W^(l) = (w_ij^(l)), nodes by sources, without the biases."""
    rows, columns = book.network.sizes[layer], book.network.sizes[layer - 1]
    entries = tuple(
        tuple(Number(book.w(layer, i, j).evaluate()) for j in range(1, columns + 1)) for i in range(1, rows + 1)
    )
    return Quantity(Symbol("W", (), layer, bold=True), Matrix(entries))


def bias_vector(book: Book, layer: int) -> Quantity:
    """Return b^(l) = (w_i0^(l)), a column."""
    values = [book.w(layer, i, 0).evaluate() for i in range(1, book.network.sizes[layer] + 1)]
    return Quantity(Symbol("b", (), layer, bold=True), _column(values))


def vector(book: Book, kind: str, layer: int) -> Quantity:
    """Return a layer's u, z or δ as a column; z of layer 0 is the input x."""
    take = {"u": book.u, "z": book.z, "δ": book.delta}[kind]
    values = [take(layer, i).evaluate() for i in range(1, book.network.sizes[layer] + 1)]
    name = Symbol("x", bold=True) if layer == 0 else Symbol(kind, (), layer, bold=True)
    return Quantity(name, _column(values))


def _column(values: list[Fraction | float]) -> Matrix:
    return Matrix(tuple((Number(value),) for value in values))


def _settled(formula: Formula, known: Quantity) -> Matrix:
    """Return the known numbers, already computed node by node; the formula gives the same."""
    assert isinstance(known.number, Matrix)
    return known.number


def layer_input(book: Book, layer: int) -> Step:
    """u^(l) = W^(l) z^(l-1) + b^(l)."""
    formula: Formula = weight_matrix(book, layer) * vector(book, "z", layer - 1)
    law = Symbol("W", (), "l", bold=True) * Symbol("z", (), "l-1", bold=True)
    if book.network.dense_layer(layer - 1).bias:
        formula = formula + bias_vector(book, layer)
        law = law + Symbol("b", (), "l", bold=True)
    nodes, sources = book.network.sizes[layer], book.network.sizes[layer - 1]
    return Step(
        id=step_id("U", layer),
        heading=say("explain.step.U", layer=layer, shape=f"({nodes}×{sources})({sources}×1) → {nodes}×1"),
        subject=Symbol("u", (), layer, bold=True),
        law=(Symbol("u", (), "l", bold=True), law),
        symbols=formula,
        result=_settled(formula, vector(book, "u", layer)),
        uses=tuple(step_id("z", layer - 1, k) for k in range(1, sources + 1)) if layer > 1 else (),
    )


def layer_delta(book: Book, layer: int) -> Step:
    """δ^(l) = (W^(l+1)ᵀ δ^(l+1)) ⊙ φ'(u^(l)), for a hidden layer whose φ acts node by node."""
    nodes, above = book.network.sizes[layer], book.network.sizes[layer + 1]
    slopes = _column([book.slope(layer, i).evaluate() for i in range(1, nodes + 1)])
    back = Transpose(weight_matrix(book, layer + 1)) * vector(book, "δ", layer + 1)
    u = Symbol("u", (), layer, bold=True)
    formula = Elementwise(back, Quantity(Apply("φ", (u,), prime=True), slopes))
    general = Elementwise(
        Transpose(Symbol("W", (), "l+1", bold=True)) * Symbol("δ", (), "l+1", bold=True),
        Apply("φ", (Symbol("u", (), "l", bold=True),), prime=True),
    )
    return Step(
        id=step_id("D", layer),
        heading=say("explain.step.D", layer=layer, shape=f"({nodes}×{above})({above}×1) ⊙ ({nodes}×1) → {nodes}×1"),
        subject=Symbol("δ", (), layer, bold=True),
        law=(Symbol("δ", (), "l", bold=True), general),
        symbols=formula,
        result=_settled(formula, vector(book, "δ", layer)),
        uses=tuple(step_id("delta", layer + 1, k) for k in range(1, above + 1)),
    )


def layer_gradient(book: Book, layer: int) -> Step:
    """∂E/∂W^(l) = δ^(l) z^(l-1)ᵀ."""
    nodes, sources = book.network.sizes[layer], book.network.sizes[layer - 1]
    formula = vector(book, "δ", layer) * Transpose(vector(book, "z", layer - 1))
    value = formula.evaluate()
    matrix = Matrix(tuple(tuple(Number(entry) for entry in row) for row in np.atleast_2d(value)))
    weights = Symbol("W", (), layer, bold=True)
    return Step(
        id=step_id("G", layer),
        heading=say("explain.step.G", layer=layer, shape=f"({nodes}×1)(1×{sources}) → {nodes}×{sources}"),
        subject=Partial(Symbol("E"), weights),
        law=(
            Partial(Symbol("E"), Symbol("W", (), "l", bold=True)),
            Symbol("δ", (), "l", bold=True) * Transpose(Symbol("z", (), "l-1", bold=True)),
        ),
        symbols=formula,
        result=matrix,
        uses=tuple(step_id("delta", layer, k) for k in range(1, nodes + 1)),
    )


def elementwise(book: Book, layer: int) -> bool:
    """Return whether a layer's activation acts node by node."""
    return not isinstance(book.network.layers[layer - 1].activation, Softmax)


def shapes(book: Book) -> Table:
    """Return the shapes of every layer's quantities, as a table."""
    rows = []
    for layer, (sources, nodes) in enumerate(zip(book.network.sizes, book.network.sizes[1:], strict=False), start=1):
        rows.append((str(layer), f"{nodes}×{sources}", f"{nodes}×1", f"{sources}×1", f"{nodes}×1"))
    columns = (
        say("explain.column.layer"),
        Symbol("W", (), "l", bold=True),
        Symbol("b", (), "l", bold=True),
        Symbol("z", (), "l-1", bold=True),
        Symbol("u", (), "l", bold=True),
    )
    return Table(columns, tuple(rows))


KINDS = (
    StepKind("U", "forward", 0, layer_input),
    StepKind("D", "backward", 0, layer_delta),
    StepKind("G", "gradient", 0, layer_gradient),
)
"""What this module makes."""
