"""Linear layers on top of each other are one linear layer (slide 31): shown by multiplying them."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from koubai.core.errors import ShapeError
from koubai.core.formulas.tree import Formula, Matrix, Number, Quantity, Symbol, result_of
from koubai.core.formulas.values import Notation, as_given
from koubai.explain.derivations import Block, Derivation, Display, Section, Step, Text, say, step_id

Rows = Sequence[Sequence[float]]


def linear_layers(
    first: Rows = ((1, 2), (-1, 1), (0, 3)), second: Rows = ((1, -1, 2),), x: Sequence[float] = (2, 1)
) -> Derivation:
    """Explain that two layers without activation functions are one, with the numbers of a case.

    Parameters
    ----------
    first, second : matrices
        Weights of the two layers, row i into node i. Biases are 1, 2, … in the first and 1 in the second.
    x : sequence of float
        A row of inputs.

    Raises
    ------
    ShapeError
        If the sizes do not fit each other.
    """
    if len(second[0]) != len(first) or len(first[0]) != len(x):
        raise ShapeError(
            f"explain: the layers must fit each other and x; got {len(first)}×{len(first[0])}, "
            f"{len(second)}×{len(second[0])} and {len(x)} numbers. Try the default."
        )
    one, two = (_given("W", layer, rows) for layer, rows in ((1, first), (2, second)))
    b1 = _given("b", 1, [[row + 1] for row in range(len(first))])
    b2 = _given("b", 2, [[1] for _ in second])
    row = _given("x", None, [[value] for value in x])
    w, b = Symbol("W", bold=True), Symbol("b", bold=True)
    hidden = _step("u", "layers", Symbol("u", (), 1, bold=True), one * row + b1, say("explain.linear.layer", layer=1))
    out = _step(
        "v", "layers", Symbol("u", (), 2, bold=True), two * _of(hidden) + b2, say("explain.linear.layer", layer=2)
    )
    product = _step("W", "one", w, two * one, say("explain.linear.product"))
    shift = _step("b", "one", b, two * b1 + b2, say("explain.linear.shift"))
    same = _step("y", "one", Symbol("u", bold=True), _of(product) * row + _of(shift), say("explain.linear.once"))
    law = Symbol("W", (), 2, bold=True) * (
        Symbol("W", (), 1, bold=True) * Symbol("x", bold=True) + Symbol("b", (), 1, bold=True)
    )
    given: list[Block] = [Display((each.notation, each.number)) for each in (row, one, b1, two, b2)]
    sections = (
        Section(say("explain.linear.given"), (say("explain.linear.about"), *given)),
        Section(say("explain.linear.by_layers"), (hidden, out)),
        Section(
            say("explain.linear.by_one"),
            (
                Display((law + Symbol("b", (), 2, bold=True), w * Symbol("x", bold=True) + b)),
                product,
                shift,
                same,
                say("explain.linear.same"),
            ),
        ),
    )
    return Derivation(say("explain.linear.title"), sections, None, Notation())


def _given(name: str, layer: int | None, rows: Rows) -> Quantity:
    entries = tuple(tuple(Number(as_given(Fraction(value))) for value in row) for row in rows)
    return Quantity(Symbol(name, (), layer, bold=True), Matrix(entries))


def _step(kind: str, part: str, subject: Symbol, symbols: Formula, heading: Text) -> Step:
    value = symbols.evaluate()
    assert isinstance(value, np.ndarray)
    return Step(step_id(f"{kind}_{part}"), heading, subject, symbols, result_of(value))


def _of(step: Step) -> Quantity:
    return Quantity(step.subject, step.result)
