"""What a larger hidden layer can represent, and what it costs (slide 45): both exactly, without training."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.formulas.tree import Number, Symbol
from koubai.core.language import worded
from koubai.explain.derivations import Cell, Curves, Derivation, Section, Table, say

SIZES = (1, 2, 4, 8, 16, 32, 64)
DRAWN = (4, 8)
"""Hidden layers whose functions are drawn beside the target."""
DRAWN_AT = 49
"""Places at which the functions are drawn, all bends among them."""
LECTURE = ((784, 16, 10), (784, 128, 10), (784, 1024, 10), (784, 1024, 512, 10))
"""Networks for images of 28 × 28, the last of them the lecture's."""
BYTES = 8
"""Of one float64."""
MOST = 10_000


def capacity(sizes: Sequence[int] = SIZES) -> Derivation:
    """Explain expressive power and cost against the size of a hidden layer.

    The network has one input, ReLU nodes and one linear output, and its weights are set by a formula such that it runs
    through sin 2πx at as many places as it has nodes: what it could learn at the least, whatever the training.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of hidden nodes, >= 1.

    Raises
    ------
    ParameterError
        If there is no size, or one that is not in 1 … 10000.
    """
    if not sizes or not all(1 <= size <= MOST for size in sizes):
        raise ParameterError(worded("explain.error.capacity_sizes", most=MOST, got=list(sizes)))
    symbols: tuple[Cell, ...] = (
        say("explain.capacity.nodes"),
        say("explain.capacity.parameters"),
        say("explain.capacity.products"),
        say("explain.capacity.pieces"),
        say("explain.capacity.error"),
    )
    rows = tuple((*_exactly(h, 3 * h + 1, 2 * h, h), Number(largest_error(h))) for h in sizes)
    grid = np.linspace(0, 1, DRAWN_AT)
    curves = [("sin 2πx", _sine(grid)), *((f"{h}", bent(h, grid)) for h in DRAWN)]
    picture = Curves(
        "x", tuple(grid.tolist()), tuple((name, tuple(values.round(12).tolist())) for name, values in curves)
    )
    networks: tuple[Cell, ...] = (
        say("explain.capacity.network"),
        say("explain.capacity.parameters"),
        say("explain.capacity.products"),
        say("explain.capacity.memory"),
    )
    sections = (
        Section(
            say("explain.capacity.power"),
            (say("explain.capacity.about"), Table(symbols, rows), picture, say("explain.capacity.quarter")),
        ),
        Section(
            say("explain.capacity.cost"),
            (Table(networks, tuple(map(_cost, LECTURE))), say("explain.capacity.quadratic")),
        ),
        Section(say("explain.capacity.more"), (say("explain.capacity.not_always"),)),
    )
    return Derivation(say("explain.capacity.title"), sections)


def bent(n_hidden: int, x: Array) -> Array:
    """Return the output of the network whose nodes bend at k / n_hidden: straight from sine to sine between them."""
    knots = np.arange(n_hidden) / n_hidden
    slopes = np.diff(_sine(np.arange(n_hidden + 1) / n_hidden)) * n_hidden
    weights = np.diff(slopes, prepend=0.0)  # each node adds the change of slope at its bend
    hidden = np.maximum(0, x[:, None] - knots)
    return np.asarray(hidden @ weights)


def largest_error(n_hidden: int) -> float:
    """Return the largest distance between that network and the sine."""
    x = np.linspace(0, 1, max(2001, 20 * n_hidden + 1))
    return round(float(np.abs(bent(n_hidden, x) - _sine(x)).max()), 12)


def _sine(x: Array) -> Array:
    return np.asarray(np.sin(2 * np.pi * x))


def _cost(sizes: Sequence[int]) -> tuple[Cell, ...]:
    products = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
    parameters = products + sum(sizes[1:])
    megabytes = Fraction(parameters * BYTES, 1_000_000)
    return (Symbol("-".join(map(str, sizes))), *_exactly(parameters, products), Number(float(megabytes)))


def _exactly(*numbers: int) -> tuple[Cell, ...]:
    return tuple(Number(Fraction(number)) for number in numbers)
