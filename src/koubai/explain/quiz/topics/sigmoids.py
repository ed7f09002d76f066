"""Backpropagation through sigmoids away from 0, by a table of values: networks 2-2-1, and 2-3-2 at the exam level."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Apply, Matrix, Number, Partial, Quantity, Symbol, add
from koubai.core.formulas.values import Notation, Value
from koubai.explain.derivations import Block, Cell, Display, Table, say
from koubai.explain.quiz.questions import Level, Question, mirrored, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, column, whole

SIGMOID = {u: Fraction(round(100 / (1 + np.exp(-u))), 100) for u in (-3, -2, -1, 0, 1, 2, 3)}
"""The table: σ(u) to two places, taken as exact."""
PLACES = 6
"""Decimal places of an answer; two are enough to be right."""


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for the δ of a hidden node (easy), or for the gradient of a hidden weight (exam)."""
    n_hidden, n_outputs = (2, 1) if level == "easy" else (3, 2)
    w1 = [[whole(rng, -2, 2) for _ in range(2)] for _ in range(n_hidden)]
    w2 = [[whole(rng, -2, 2) for _ in range(n_hidden)] for _ in range(n_outputs)]
    x, y = [whole(rng, -1, 2) for _ in range(2)], [whole(rng, 0, 2) for _ in range(n_outputs)]
    i, j = int(rng.integers(0, n_hidden)), int(rng.integers(0, 2))
    work = Working("sigmoids", Notation(fractions=False))
    inputs = [work.given(Symbol("x", (k + 1,)), value) for k, value in enumerate(x)]
    hidden: list[Quantity] = []
    for node in range(n_hidden):
        sums = [Number(w1[node][k]) * inputs[k] for k in range(2)]
        u = work.step(Symbol("u", (node + 1,), 1), add(*sums), "net_input", node=node + 1)
        if _rounded(u) not in SIGMOID:
            return None
        looked_up = Number(SIGMOID[int(_rounded(u))])
        hidden.append(work.step(Symbol("z", (node + 1,), 1), looked_up, "looked_up", u=u.notation))
    deltas = []
    for k in range(n_outputs):
        sums = [Number(w2[k][node]) * hidden[node] for node in range(n_hidden)]
        z = work.step(Symbol("z", (k + 1,), 2), add(*sums), "output", node=k + 1)
        target = work.given(Symbol("y", (k + 1,)), y[k])
        deltas.append(work.step(Symbol("δ", (k + 1,), 2), z - target, "delta_output", node=k + 1))
    back = add(*(deltas[k] * Number(w2[k][i]) for k in range(n_outputs)))
    slope = hidden[i] * (1 - hidden[i])
    delta = work.step(Symbol("δ", (i + 1,), 1), back * slope, "delta_hidden")
    asked, answer, wrong = _asked(work, delta, _rounded(hidden[i]), [_rounded(d) for d in deltas], w2, x, (i, j), level)
    if answer == 0 or any(_rounded(d) == 0 for d in deltas):
        return None
    if len({_rounded(z) for z in hidden}) < 2 or _rounded(hidden[i]) == Fraction(1, 2):
        return None
    subject = asked.notation
    prompt = [*_given(x, y, w1, w2), say("quiz.ask_rounded", quantity=subject)]
    two = mirrored(wrong, Fraction(0), "sign_of_delta")
    return question(prompt, subject, (answer,), work.derivation(asked), wrong, pairs=two)


def _asked(
    work: Working,
    delta: Quantity,
    z: Fraction,
    deltas: list[Fraction],
    w2: list[list[Fraction]],
    x: list[Fraction],
    where: tuple[int, int],
    level: Level,
) -> tuple[Quantity, Fraction, list[tuple[tuple[Value, ...], str]]]:
    """Return what is asked for, its number, and what the usual mistakes come to."""
    i, j = where
    total = sum((deltas[k] * w2[k][i] for k in range(len(deltas))), Fraction(0))
    value, source = _rounded(delta), Fraction(1)
    wrong: list[tuple[tuple[Value, ...], str]] = []
    if level == "exam":
        feature = work.given(Symbol("x", (j + 1,)), x[j])
        gradient = Partial(Symbol("E"), Symbol("w", (i + 1, j + 1), 1))
        delta = work.step(gradient, delta * feature, "gradient")
        wrong.append(((value,), "no_source"))
        source = x[j]
        first_only = deltas[0] * w2[0][i] * z * (1 - z)
        wrong.append(((first_only * source,), "one_path_only"))
    wrong += [
        ((total * source,), "no_slope"),
        ((total * z * source,), "value_for_derivative"),
        ((-value * source,), "sign_of_delta"),
    ]
    return delta, _rounded(delta), wrong


def _given(x: list[Fraction], y: list[Fraction], w1: list[list[Fraction]], w2: list[list[Fraction]]) -> list[Block]:
    """Return what the prompt gives: the network, the row, and the table of the sigmoid."""
    columns: tuple[Cell, ...] = (Symbol("u"), *(Number(Fraction(u)) for u in SIGMOID))
    rows: tuple[tuple[Cell, ...], ...] = ((Apply("σ", (Symbol("u"),)), *(f"{float(z):.2f}" for z in SIGMOID.values())),)
    sizes = f"2-{len(w1)}-{len(w2)}"
    pairs = [("x", None, column(*x)), ("y", None, column(*y)), ("W", 1, _matrix(w1)), ("W", 2, _matrix(w2))]
    shown = [Display((Symbol(name, (), layer, bold=True), matrix)) for name, layer, matrix in pairs]
    return [say("quiz.sigmoids", sizes=sizes), *shown, Table(columns, rows)]


def _rounded(quantity: Quantity) -> Fraction:
    """Return a quantity to as many places as an answer has."""
    return Fraction(f"{float(quantity.evaluate()):.{PLACES}f}")


def _matrix(rows: list[list[Fraction]]) -> Matrix:
    return Matrix(tuple(tuple(Number(value) for value in row) for row in rows))


TOPIC = Topic("sigmoids", slide=62, number=13, make=make)
