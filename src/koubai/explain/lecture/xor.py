"""XOR (slide 26): no line separates it, the perceptron rule never stops, and two layers of step nodes do it."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Matrix, Number, Symbol
from koubai.core.formulas.values import Notation
from koubai.core.perceptron import learn
from koubai.explain.derivations import Block, Cell, Curves, Derivation, Display, Section, Table, say

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


def mistakes_by_sweep(n_sweeps: int = SWEEPS) -> list[int]:
    """Return how many of the four examples the perceptron rule gets wrong in each pass, with a bias and η = 1/2."""
    x = np.column_stack([np.ones(4, dtype=int), CORNERS]).astype(object)
    drawn = learn(x, LABELS, learning_rate=Fraction(1, 2), n_sweeps=n_sweeps)
    return [sum(not seen.right for seen in drawn if seen.sweep == sweep) for sweep in range(n_sweeps)]


def _mistakes() -> list[Block]:
    counts = mistakes_by_sweep()
    grid = tuple(str(sweep) for sweep in range(1, len(counts) + 1))
    curve = Curves("sweep", grid, (("mistakes", tuple(map(float, counts))),))
    return [say("explain.xor.never", count=len(counts), least=min(counts)), curve]


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
