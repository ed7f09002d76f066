"""One activation, one loss, or softmax with cross-entropy explained on its own (lecture slides 32-36, 50-51, 57-58)."""

import math
from collections.abc import Sequence

import numpy as np

from koubai.core.activations import get_activation
from koubai.core.activations.base import Activation
from koubai.core.activations.softmax import Softmax
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Apply, BigSum, Formula, Number, Partial, Quantity, Symbol, add
from koubai.core.formulas.values import Notation, as_given
from koubai.core.language import has_text, worded
from koubai.core.losses import Loss, get_loss
from koubai.core.network import Network
from koubai.explain.derivations import Block, Derivation, Display, Section, Step, StepTable, say, step_id
from koubai.explain.network.activations import derivative, name_of, value
from koubai.explain.network.backward_steps import by
from koubai.explain.network.book import Book, slope_symbol
from koubai.explain.network.curves import of_activation, of_softmax
from koubai.explain.network.losses import law as loss_law
from koubai.explain.network.losses import name_of as loss_name
from koubai.explain.network.losses import slope as loss_slope
from koubai.explain.network.losses import term, total
from koubai.explain.network.passes import trace_of
from koubai.explain.network.steps import book_of


def activation(given: "str | Activation", at: float = 1.0) -> Derivation:
    """Explain an activation: its formula, its derivative, both at one point, and as curves.

    Parameters
    ----------
    given : str or Activation
        φ; for softmax see `softmax`.
    at : float
        The pre-activation u.

    Raises
    ------
    ParameterError
        If there is no such activation, or it is softmax.
    """
    phi = get_activation(given, "activation")
    if isinstance(phi, Softmax):
        raise ParameterError(
            "explain: activation must be a function of a single u; got softmax. Use the explanation of softmax instead."
        )
    u = Quantity(Symbol("u"), Number(as_given(at)))
    forms = value(phi, u, at)
    general, z = Symbol("u"), Symbol("z")
    result = Number(forms.evaluate())
    slope = derivative(phi, u, Quantity(z, result))
    name = name_of(phi)
    steps = (
        Step(
            step_id("z"),
            say("explain.step.value_at", name=name),
            z,
            forms,
            result,
            (z, Apply("φ", (general,)), value(phi, general)),
        ),
        Step(
            step_id("slope"),
            say("explain.step.slope_at", name=name),
            slope_symbol(general),
            slope,
            Number(slope.evaluate()),
            (slope_symbol(general), derivative(phi, general, z)),
            (step_id("z"),),
        ),
    )
    about = f"explain.about.{phi.name}"
    text = (say(about),) if has_text(about) else ()
    return Derivation(
        name, (Section(name, (*text, *steps, *of_activation(phi, at))),), None, Notation.of([as_given(at)])
    )


def _range_said(lower: float, upper: float, excluded: Sequence[float] = ()) -> str:
    """Return a description of the numbers in a range."""
    said = [
        f"{sign}{'' if end in excluded else '='} {end:g}"
        for sign, end in ((">", lower), ("<", upper))
        if math.isfinite(end)
    ]
    if len(said) == 2:
        return worded("explain.error.domain_both", low=said[0], high=said[1])
    return said[0] if said else worded("explain.error.domain_finite")


def _check_domain(loss: Loss, z: Sequence[float], y: Sequence[float]) -> None:
    """Raise ParameterError if the loss is not defined for these outputs and targets."""
    ends = loss.lowest_target, loss.highest_target
    ranges = (
        ("z", z, loss.lower, loss.upper, loss.excluded, _range_said(loss.lower, loss.upper, loss.excluded)),
        ("y", y, *ends, (), worded("explain.error.domain_signed") if loss.signed else _range_said(*ends)),
    )
    for letter, values, lower, upper, excluded, said in ranges:
        for number in map(float, values):
            fits = math.isfinite(number) and lower <= number <= upper and number not in excluded
            if not fits or (letter == "y" and loss.signed and abs(number) != 1):
                named = {"letter": letter, "allowed": said, "loss": loss.name, "got": f"{number:g}"}
                raise ParameterError(worded("explain.error.domain", **named))


def loss(given: "str | Loss", z: Sequence[float], y: Sequence[float]) -> Derivation:
    """Explain a loss: its formula, and its value and derivative at given outputs.

    Parameters
    ----------
    given : str or Loss
    z, y : sequence of float
        Outputs and targets, of equal length.

    Raises
    ------
    ParameterError
        If there is no such loss, or it has no value there: for example cross-entropy of outputs that are not
        probabilities.
    ShapeError
        If z and y have different lengths.
    """
    kind = get_loss(given)
    if len(z) != len(y) or not len(z):
        counts = {"n_first": len(z), "n_second": len(y)}
        raise ShapeError(worded("explain.error.same_length", first="z", second="y", **counts))
    _check_domain(kind, z, y)
    outputs = [Quantity(Symbol("z", (k,)), Number(as_given(float(v)))) for k, v in enumerate(z, start=1)]
    compared = kind.smoothed(np.array([[float(value) for value in y]]))[0].tolist()
    accent = "" if compared == [float(value) for value in y] else "tilde"  # with label smoothing
    targets = [
        Quantity(Symbol(kind.letter, (k,), accent=accent), Number(as_given(v))) for k, v in enumerate(compared, start=1)
    ]
    formula = total(kind, [term(kind, a, b) for a, b in zip(outputs, targets, strict=True)])
    general = Symbol("z", ("k",)), Symbol(kind.letter, ("k",), accent=accent)
    name = loss_name(kind)
    value_step = Step(
        step_id("E"),
        say("explain.step.E", name=name),
        Symbol("E"),
        formula,
        Number(formula.evaluate()),
        (Symbol("E"), loss_law(kind, *general)),
    )
    slopes = []
    for k, (a, b) in enumerate(zip(outputs, targets, strict=True), start=1):
        slope = loss_slope(kind, a, b)
        law = (by(general[0]), loss_slope(kind, *general))
        slopes.append(
            Step(
                step_id("dz", k),
                say("explain.step.dz_output", node=k, name=name),
                by(a.notation),
                slope,
                Number(slope.evaluate()),
                law,
            )
        )
    numbers = [as_given(float(v)) for v in (*z, *y)]
    blocks: tuple[Block, ...] = (value_step, say("explain.text.loss_slopes"), StepTable(tuple(slopes), slopes[0].law))
    return Derivation(name, (Section(name, blocks),), None, Notation.of(numbers))


def softmax(u: Sequence[float] = (2.0, 1.0, 0.0), p: Sequence[float] = (1.0, 0.0, 0.0)) -> Derivation:
    """Explain softmax with cross-entropy, and why ∂E/∂u_i is z_i - p_i (slide 35; the derivative is on no slide).

    Parameters
    ----------
    u : sequence of float
        Pre-activations of the outputs.
    p : sequence of float
        The target: class shares, which add up to one.

    Raises
    ------
    ShapeError
        If u and p have different lengths.
    ParameterError
        If p does not contain shares that add up to one.
    """
    if len(u) != len(p) or not len(u):
        counts = {"n_first": len(u), "n_second": len(p)}
        raise ShapeError(worded("explain.error.same_length", first="u", second="p", **counts))
    if min(p) < 0 or abs(sum(p) - 1) > 1e-9:
        raise ParameterError(worded("explain.error.shares", got=", ".join(map(str, p))))
    n = len(u)
    network = Network.dense((n, n), output="softmax", loss="cross_entropy", bias=False)
    book = book_of(trace_of(network, np.eye(n).ravel(), np.asarray(u), np.asarray(p)))
    nodes = range(1, n + 1)
    z = tuple(book.step("z", 1, i) for i in nodes)
    sections = [
        Section(
            say("explain.activation.softmax"),
            (
                say("explain.about.softmax"),
                *(Display((Symbol("u", (i,)), book.u(1, i).number)) for i in nodes),
                book.step("S", 1),
                StepTable(z, z[0].law),
                _shares(book),
                *of_softmax(u),
            ),
        ),
        Section(say("explain.section.loss"), (book.step("E"),)),
        Section(say("explain.section.why"), tuple(_why(book))),
    ]
    given = [as_given(float(v)) for v in (*u, *p)]
    return Derivation(say("explain.title.softmax"), tuple(sections), None, Notation.of(given))


def _shares(book: Book) -> Step:
    """Σ_i z_i = 1."""
    formula = add(*(book.z(1, i) for i in range(1, book.network.n_outputs + 1)))
    subject = BigSum("i", Symbol("z", ("i",)))
    return Step(
        step_id("sum"),
        say("explain.step.shares"),
        subject,
        formula,
        Number(as_given(round(float(formula.evaluate()), 12))),
    )


def _why(book: Book) -> list[Block]:
    """Return the proof of δ_i = z_i - p_i in symbols, and its numbers by the long way and the short way."""
    zi, zj, ui, pi, pj = (
        Symbol("z", ("i",)),
        Symbol("z", ("j",)),
        Symbol("u", ("i",)),
        Symbol("p", ("i",)),
        Symbol("p", ("j",)),
    )
    jacobian = Cases(
        (
            (zi * (1 - zi), Relation(Symbol("j"), "=", Symbol("i"))),
            (-(zi * zj), Relation(Symbol("j"), "≠", Symbol("i"))),
        )
    )
    long_way = BigSum("j", by(zj) * Partial(zj, ui))
    blocks: list[Block] = [
        say("explain.text.why_jacobian"),
        Display((Partial(zj, ui), jacobian)),
        say("explain.text.why_loss"),
        Display((by(zj), -(pj / zj))),
        say("explain.text.why_chain"),
        Display((by(ui), long_way, -(pi * (1 - zi)) + BigSum("j≠i", pj * zi), zi * BigSum("j", pj) - pi, zi - pi)),
        say("explain.text.why_numbers"),
    ]
    n = book.network.n_outputs
    slopes = tuple(book.step("dz", 1, k) for k in range(1, n + 1))
    blocks.append(StepTable(slopes, slopes[0].law))
    blocks.extend(_long_way(book, i) for i in range(1, n + 1))
    short = tuple(book.step("delta", 1, i) for i in range(1, n + 1))
    blocks.extend((say("explain.text.why_same"), StepTable(short, short[0].law)))
    return blocks


def _long_way(book: Book, i: int) -> Step:
    """δ_i through every output: Σ_j ∂E/∂z_j ∂z_j/∂u_i."""
    terms: list[Formula] = []
    for j in range(1, book.network.n_outputs + 1):
        zi, zj = book.z(1, i), book.z(1, j)
        slope = zi * (1 - zi) if i == j else -(zi * zj)
        terms.append(book.by_activation(1, j) * slope)
    formula = add(*terms)
    return Step(
        step_id("long", 1, i),
        say("explain.step.long_way", node=i),
        by(Symbol("u", (i,), 1)),
        formula,
        Number(book.traced("delta", 1, i)),
        uses=tuple(step_id("dz", 1, j) for j in range(1, book.network.n_outputs + 1)),
    )
