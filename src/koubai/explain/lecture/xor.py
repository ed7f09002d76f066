"""XOR (slide 26): no line separates it, the perceptron rule never stops, and two layers of step nodes do it."""

from fractions import Fraction

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Matrix, Number, Symbol
from koubai.core.formulas.values import Notation
from koubai.core.language import worded
from koubai.core.perceptron import Example, learn
from koubai.explain.derivations import Block, Cell, Curves, Derivation, Display, Plane, Planes, Section, Table, say

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
LABELS = np.array([-1, 1, 1, -1])
SWEEPS = 20
"""Passes of the perceptron rule that are shown."""
HIDDEN = ((1, 1, Fraction(-1, 2)), (1, 1, Fraction(-3, 2)))
"""Weights and bias of two step nodes: x_1 OR x_2, x_1 AND x_2."""
OUTPUT = (1, -1, Fraction(-1, 2))
"""OR but not AND."""


def xor() -> Derivation:
    """Explain why one perceptron cannot learn XOR, and how two layers do it."""
    columns: tuple[Cell, ...] = (Symbol("x", (1,)), Symbol("x", (2,)), Symbol("y"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (*(Number(Fraction(int(v))) for v in corner), Number(Fraction(int(label)), signed=True))
        for corner, label in zip(CORNERS, LABELS, strict=True)
    )
    half = Number(Fraction(1, 2))
    middles = [half * (_column(CORNERS[a]) + _column(CORNERS[b])) for a, b in ((1, 2), (0, 3))]
    sections = (
        Section(say("explain.xor.data"), (Table(columns, rows),)),
        Section(
            say("explain.xor.no_line"),
            (
                say("explain.xor.midpoints"),
                *(Display((middle, Matrix(((half,), (half,))))) for middle in middles),
                say("explain.xor.therefore"),
            ),
        ),
        Section(say("explain.xor.rule"), tuple(_mistakes())),
        Section(say("explain.xor.two_layers"), tuple(_network())),
    )
    return Derivation(say("explain.xor.title"), sections, None, Notation())


def learned(n_sweeps: int = SWEEPS) -> tuple[Example, ...]:
    """Return what the perceptron rule does with the four examples, pass by pass, with a bias and η = 1/2."""
    return learn(_rows(), LABELS, learning_rate=Fraction(1, 2), n_sweeps=n_sweeps)


def mistakes_by_sweep(n_sweeps: int = SWEEPS) -> list[int]:
    """Return how many of the four examples the perceptron rule gets wrong in each pass."""
    drawn = learned(n_sweeps)
    return [sum(not seen.right for seen in drawn if seen.sweep == sweep) for sweep in range(n_sweeps)]


def cycle() -> tuple[Example, ...]:
    """Return the first pass after which the weights are what they were before it."""
    drawn = learned()
    passes = [drawn[at : at + 4] for at in range(0, len(drawn), 4)]
    return next(each for each in passes if (each[0].weights_before == each[-1].weights).all())


def wrong_with(weights: Array) -> tuple[int, ...]:
    """Return the examples that are answered wrongly with weights (3,), the bias first."""
    return tuple(np.flatnonzero(np.where(_rows() @ weights > 0, 1, -1) != LABELS).tolist())


def _mistakes() -> list[Block]:
    counts = mistakes_by_sweep()
    grid = tuple(str(sweep) for sweep in range(1, len(counts) + 1))
    curve = Curves(worded("explain.xor.pass"), grid, ((worded("explain.xor.mistakes"), tuple(map(float, counts))),))
    return [say("explain.xor.never", count=len(counts), least=min(counts)), curve, *_lines()]


def _lines() -> list[Block]:
    """Return the lines of a pass that ends where it began, as a table and as pictures."""
    seen = cycle()
    columns: tuple[Cell, ...] = (
        say("explain.xor.drawn"),
        *(Symbol("w", (j,)) for j in (1, 2)),
        Symbol("b"),
        say("explain.xor.wrong"),
    )
    rows: list[tuple[Cell, ...]] = []
    planes = []
    points = tuple((float(a), float(c)) for a, c in CORNERS)
    for example in seen:
        b, *w = example.weights.tolist()
        wrong = wrong_with(example.weights)
        rows.append((_name(example.row), *(Number(v) for v in (*w, b)), ", ".join(map(_name, wrong))))
        title = say("explain.xor.after", example=_name(example.row), count=len(wrong))
        planes.append(Plane(title, points, tuple(LABELS.tolist()), (float(w[0]), float(w[1]), float(b)), wrong))
    return [
        say("explain.xor.cycle", first=seen[0].sweep + 1),
        Table(columns, tuple(rows)),
        Planes(say("explain.xor.read"), tuple(planes)),
    ]


def _name(row: int) -> str:
    """Return an example as a pair of numbers."""
    return f"({CORNERS[row, 0]}, {CORNERS[row, 1]})"


def _rows() -> Array:
    """Return the examples, (4, 3), with 1 for the bias before them."""
    return np.column_stack([np.ones(4, dtype=int), CORNERS]).astype(object)


def _network() -> list[Block]:
    columns: tuple[Cell, ...] = (
        Symbol("x", (1,)),
        Symbol("x", (2,)),
        *(Symbol(name, (i,), 1) for i in (1, 2) for name in ("u", "z")),
        Symbol("u", (1,), 2),
        Symbol("z", (1,), 2),
    )
    rows = []
    for corner in CORNERS.tolist():
        cells: list[Fraction] = [Fraction(value) for value in corner]
        hidden = []
        for a, b, bias in HIDDEN:
            u = a * corner[0] + b * corner[1] + bias
            hidden.append(Fraction(int(u > 0)))
            cells += [u, hidden[-1]]
        u = OUTPUT[0] * hidden[0] + OUTPUT[1] * hidden[1] + OUTPUT[2]
        cells += [u, Fraction(int(u > 0))]
        rows.append(tuple(Number(value) for value in cells))
    return [say("explain.xor.nodes"), Table(columns, tuple(rows)), say("explain.xor.not_trained")]


def _column(values: np.ndarray) -> Matrix:
    return Matrix(tuple((Number(Fraction(int(value))),) for value in values))
