"""The margin of a line (slide 13): how far it stays away from the examples, and the line that stays farthest."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from koubai.core.errors import ParameterError, ShapeError
from koubai.core.formulas.tree import Formula, Function, Number, Quantity, Symbol, add, sqrt
from koubai.core.formulas.values import Notation, as_given
from koubai.core.language import worded
from koubai.core.perceptron import learn
from koubai.explain.derivations import Block, Cell, Curves, Derivation, Section, Step, Table, say, step_id

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
LABELS = (-1, 1, 1, 1)
"""OR: separable, and small enough to see every distance."""
WIDEST = (2.0, 2.0, -1.0)
"""Weights and bias of the line with the largest margin, scaled such that y f = 1 at the nearest examples."""
SWEEPS = 10
"""More than the rule needs for OR."""
NORM = Function("norm", (Symbol("w", bold=True),))


def margin(w: Sequence[float] = (1.0, 2.0), b: float = -0.5) -> Derivation:
    """Explain the margin of a line through the four examples of OR, beside the perceptron's line and the widest one.

    Parameters
    ----------
    w : (2,)
        The weights.
    b : float
        The bias.

    Raises
    ------
    ShapeError
        If there are not two weights.
    ParameterError
        If both weights are 0: then there is no line.

    Examples
    --------
    >>> round(margin_of(WIDEST), 4)
    0.3536
    """
    if len(w) != 2:
        raise ShapeError(worded("explain.error.margin_two", got=len(w)))
    if not any(w):
        raise ParameterError(worded("explain.error.margin_zero"))
    given = (float(w[0]), float(w[1]), float(b))
    lines = {"given": given, "perceptron": perceptron_line(), "widest": WIDEST}
    sections = (
        Section(say("explain.margin.examples"), (say("explain.margin.about"), _norm(given), *_distances(given))),
        Section(say("explain.margin.lines"), (_compared(lines), say("explain.margin.which"))),
        Section(say("explain.margin.picture"), (_picture(lines), say("explain.margin.read"))),
    )
    return Derivation(say("explain.margin.title"), sections, None, Notation.of([as_given(v) for v in given]))


def margin_of(line: tuple[float, float, float]) -> float:
    """Return the smallest y f(x) / ‖w‖ over the examples."""
    scores = np.array(CORNERS) @ line[:2] + line[2]
    return float((LABELS * scores).min() / np.hypot(*line[:2]))


def perceptron_line() -> tuple[float, float, float]:
    """Return weights and bias that the perceptron rule finds, from zeros, with η = 1/2, the examples in order."""
    rows = np.column_stack([np.ones(4), CORNERS])
    b, *w = learn(rows, LABELS, learning_rate=0.5, n_sweeps=SWEEPS)[-1].weights.tolist()
    return w[0], w[1], b


def _norm(line: tuple[float, float, float]) -> Step:
    one, two = (Quantity(Symbol("w", (j,)), Number(as_given(value))) for j, value in enumerate(line[:2], start=1))
    return _step("n", NORM, sqrt(one**2 + two**2), "explain.margin.length")


def _distances(line: tuple[float, float, float]) -> list[Block]:
    """Return a step for each example: its label times f, divided by the length of w."""
    length = float(np.hypot(*line[:2]))
    norm = Quantity(NORM, Number(as_given(length)))
    weights = [Quantity(Symbol("w", (j,)), Number(as_given(value))) for j, value in enumerate(line[:2], start=1)]
    bias = Quantity(Symbol("b"), Number(as_given(line[2])))
    steps: list[Block] = []
    for index, (corner, label) in enumerate(zip(CORNERS, LABELS, strict=True), start=1):
        x = [Quantity(Symbol("x", (index, j)), Number(Fraction(value))) for j, value in enumerate(corner, start=1)]
        y = Quantity(Symbol("y", (index,)), Number(Fraction(label), signed=True))
        score = add(*(a * c for a, c in zip(weights, x, strict=True)), bias)
        steps.append(_step(f"m{index}", Symbol("m", (index,)), y * score / norm, "explain.margin.distance"))
    return steps


def _step(kind: str, subject: Formula, symbols: Formula, key: str) -> Step:
    value = symbols.evaluate()
    return Step(step_id(kind), say(key), subject, symbols, Number(value))


def _compared(lines: dict[str, tuple[float, float, float]]) -> Table:
    columns: tuple[Cell, ...] = (
        say("explain.margin.line"),
        Symbol("w", (1,)),
        Symbol("w", (2,)),
        Symbol("b"),
        say("explain.margin.smallest"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (say(f"explain.margin.of.{name}"), *(Number(as_given(value)) for value in (*line, margin_of(line))))
        for name, line in lines.items()
    )
    return Table(columns, rows, (len(rows) - 1,))


def _picture(lines: dict[str, tuple[float, float, float]]) -> Curves:
    """Return x_2 over x_1 along each line that is not upright, with the four examples as dots."""
    grid = tuple(float(v) for v in np.linspace(-0.5, 1.5, 41))
    curves = tuple(
        (SIGNS[name], tuple(-(line[0] * x + line[2]) / line[1] for x in grid))
        for name, line in lines.items()
        if line[1]
    )
    dots = tuple((float(a), float(c)) for a, c in CORNERS)
    return Curves("x₁ → x₂", grid, curves, dots=dots, limits=(-0.5, 1.5))


SIGNS = {"given": "w", "perceptron": "η", "widest": "max"}
"""Short names of the lines in the picture, the same in every language."""
