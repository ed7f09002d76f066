"""Convolution by hand: a number of the map (easy), or the gradient of a number of the kernel (exam)."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Matrix, Number, Partial, Quantity, Symbol, add
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole

SIZE, KERNEL = 3, 2
MAP = SIZE - KERNEL + 1
Rows = list[list[Fraction]]


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for u_yx of a 3×3 picture under a 2×2 kernel, or for ∂E/∂w_ab from given δ."""
    z = _random(rng, SIZE, -2, 3)
    return _of_map(rng, z) if level == "easy" else _of_kernel(rng, z)


def _of_map(rng: np.random.Generator, z: Rows) -> Question | None:
    w, b = _random(rng, KERNEL, -2, 2), whole(rng, -3, 3)
    y, x = (int(rng.integers(0, MAP)) for _ in range(2))
    window = [(w[i][j], z[y + i][x + j]) for i, j in _cells(KERNEL)]
    if b == 0 or sum(1 for weight, cell in window if weight * cell) < 3:
        return None
    work = Working("convolution")
    bias = work.given(Symbol("b"), b)
    terms = [
        _given(work, "w", i, j, w[i][j]) * _given(work, "z", y + i, x + j, z[y + i][x + j]) for i, j in _cells(KERNEL)
    ]
    u = work.step(Symbol("u", (y + 1, x + 1)), add(bias, *terms), "window", row=y + 1, column=x + 1)
    answer = value_of(u)
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((_sum(_flipped(w), z, y, x) + b,), "turned_kernel"),
        ((answer - b,), "no_bias"),
        ((_sum(w, z, x, y) + b,), "row_for_column"),
        ((_sum(w, _turned(z), y, x) + b,), "turned_picture"),
    ]
    two: list[tuple[tuple[Value, ...], str, str]] = [((_sum(_flipped(w), z, y, x),), "turned_kernel", "no_bias")]
    prompt: list[Block] = [
        say("quiz.convolution", size=SIZE, kernel=KERNEL),
        _shown("Z", z),
        _shown("W", w),
        Display((bias.notation, Number(b))),
        say("quiz.ask", quantity=u.notation),
    ]
    if not is_clean([answer]):
        return None
    return question(prompt, u.notation, (answer,), work.derivation(u), wrong, pairs=two)


def _of_kernel(rng: np.random.Generator, z: Rows) -> Question | None:
    delta = _random(rng, MAP, -2, 2)
    i, j = (int(rng.integers(0, KERNEL)) for _ in range(2))
    met = [delta[y][x] * z[y + i][x + j] for y, x in _cells(MAP)]
    if sum(1 for product in met if product) < 3:
        return None
    work = Working("convolution")
    terms = [
        _given(work, "δ", y, x, delta[y][x]) * _given(work, "z", y + i, x + j, z[y + i][x + j]) for y, x in _cells(MAP)
    ]
    subject = Partial(Symbol("E"), Symbol("w", (i + 1, j + 1)))
    gradient = work.step(subject, add(*terms), "kernel_gradient", row=i + 1, column=j + 1)
    answer = value_of(gradient)
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((met[0],), "first_window_only"),
        ((answer / len(met),), "plain_mean_of_windows"),
        ((_sum(_flipped(delta), z, i, j),), "turned_deltas"),
        ((sum((delta[y][x] * z[i][j] for y, x in _cells(MAP)), Fraction(0)),), "same_cell"),
        ((_sum(delta, z, j, i),), "row_for_column"),
    ]
    prompt: list[Block] = [
        say("quiz.convolution", size=SIZE, kernel=KERNEL),
        _shown("Z", z),
        say("quiz.convolution_deltas"),
        _shown("Δ", delta),
        say("quiz.ask", quantity=subject),
    ]
    if not is_clean([answer]):
        return None
    return question(prompt, subject, (answer,), work.derivation(gradient), wrong)


def _random(rng: np.random.Generator, size: int, low: int, high: int) -> Rows:
    return [[whole(rng, low, high) for _ in range(size)] for _ in range(size)]


def _cells(size: int) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(size) for column in range(size))


def _given(work: Working, letter: str, row: int, column: int, value: Fraction) -> Quantity:
    return work.given(Symbol(letter, (row + 1, column + 1)), value)


def _sum(kernel: Sequence[Sequence[Fraction]], z: Rows, y: int, x: int) -> Fraction:
    """Return the sum of products of a kernel over the window whose first cell is (y, x)."""
    products = (kernel[i][j] * z[y + i][x + j] for i, j in _cells(len(kernel)))
    return sum(products, Fraction(0))


def _flipped(kernel: Rows) -> Rows:
    return [row[::-1] for row in kernel[::-1]]


def _turned(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _shown(letter: str, rows: Rows) -> Display:
    return Display((Symbol(letter, bold=True), Matrix(tuple(tuple(Number(v) for v in row) for row in rows))))


TOPIC = Topic("convolution", slide=48, number=15, make=make)
