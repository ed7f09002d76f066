"""XOR and separability: whether a line separates data, and what two layers of step nodes make of XOR (slide 26)."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.pieces import Cases, Relation
from koubai.core.formulas.tree import Formula, Matrix, Number, Quantity, Symbol, add
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Cell, Derivation, Display, Section, Table, say
from koubai.explain.quiz.questions import Level, Question, question
from koubai.explain.quiz.reading import LETTERS
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, column

KEYS = ("separable", "not_separable", "least_loss")
"""What can be said of data: that a line separates them, that none does, and a misconception."""
MISSED = {"separable": "taken_for_separable", "not_separable": "taken_for_inseparable", "least_loss": "least_loss"}
"""What went wrong for whoever chose it."""
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
Point = tuple[int, int]


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask whether data are linearly separable (easy), or for the outputs of a network of step nodes (exam)."""
    return _of_points(rng) if level == "easy" else _of_network(rng)


def _of_points(rng: np.random.Generator) -> Question | None:
    separable = bool(rng.integers(0, 2))
    if separable:
        w, b = rng.integers(-2, 3, 2), int(rng.integers(-2, 3))
        every = [(int(p), int(q)) for p, q in rng.integers(-2, 3, (5, 2))]
        scores = [int(w @ point) + b for point in np.array(every)]
        if len(set(every)) < 5 or 0 in scores or not 1 < sum(score > 0 for score in scores) < 4:
            return None
        labels = [1 if score > 0 else -1 for score in scores]
        why = _separator(every, labels, [int(value) for value in w], b)
    else:
        i, j = (int(v) for v in rng.integers(-1, 2, 2))
        p, q, r, s = (int(v) for v in rng.integers(-2, 3, 4))
        every = [(i + p, j + q), (i - p, j - q), (i + r, j + s), (i - r, j - s)]
        if len(set(every)) < 4 or p * s == q * r:
            return None
        labels = [1, 1, -1, -1]
        why = _meeting(every, (i, j))
    order = rng.permutation(len(every))
    columns: tuple[Cell, ...] = (Symbol("x", (1,)), Symbol("x", (2,)), Symbol("y"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (*(Number(Fraction(v)) for v in every[k]), Number(Fraction(labels[k]), signed=True)) for k in order
    )
    prompt: list[Block] = [say("quiz.separability"), Table(columns, rows)]
    arranged = [KEYS[int(k)] for k in rng.permutation(len(KEYS))]
    letters = dict(zip(arranged, LETTERS, strict=False))
    right = "separable" if separable else "not_separable"
    wrong = [(letters[key], MISSED[key]) for key in KEYS if key != right]
    choices = [say(f"quiz.choice.{key}") for key in arranged]
    return question(prompt, Symbol("?"), letters[right], why, wrong, choices)


def _separator(points: list[Point], labels: list[int], w: list[int], b: int) -> Derivation:
    """Return the derivation that shows a line with all points on their sides."""
    columns: tuple[Cell, ...] = (Symbol("x", (1,)), Symbol("x", (2,)), Symbol("y"), Symbol("y") * Symbol("f"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(Number(Fraction(v)) for v in point),
            Number(Fraction(label), signed=True),
            Number(Fraction(label * (w[0] * point[0] + w[1] * point[1] + b))),
        )
        for point, label in zip(points, labels, strict=True)
    )
    blocks: list[Block] = [
        say("quiz.text.separated"),
        Display((Symbol("w", bold=True), column(*w))),
        Display((Symbol("b"), Number(Fraction(b)))),
        Table(columns, rows),
    ]
    section = Section(say("quiz.section.steps"), tuple(blocks))
    return Derivation(say("quiz.title.separability"), (section,))


def _meeting(points: list[Point], middle: Point) -> Derivation:
    """Return the derivation that shows a point between two of each class: no line can have it on both sides."""
    half = Number(Fraction(1, 2))
    sums = [half * (column(*points[k]) + column(*points[k + 1])) for k in (0, 2)]
    blocks: list[Block] = [say("quiz.text.meeting"), *(Display((each, column(*middle))) for each in sums)]
    section = Section(say("quiz.section.steps"), tuple(blocks))
    return Derivation(say("quiz.title.separability"), (section,))


def _step(u: Quantity) -> Formula:
    zero = Number(Fraction(0))
    return Cases(((Number(Fraction(1)), Relation(u, ">", zero)), (zero, Relation(u, "≤", zero))))


def _of_network(rng: np.random.Generator) -> Question | None:
    """Ask for the four outputs of a 2-2-1 network of step nodes."""
    weights, biases = rng.integers(-2, 3, (2, 2)), [Fraction(int(b), 2) for b in rng.integers(-3, 4, 2)]
    last, last_bias = rng.integers(-2, 3, 2), Fraction(int(rng.integers(-3, 4)), 2)
    work = Working("separability")
    outputs: list[Value] = []
    for number, corner in enumerate(CORNERS, start=1):
        hidden = []
        for i in (0, 1):
            terms = [int(weights[i][j]) * work.given(Symbol("x", (j + 1,)), corner[j]) for j in (0, 1)]
            u = work.step(Symbol("u", (number, i + 1), 1), add(*terms, Number(biases[i])), "net_input", node=i + 1)
            hidden.append(work.step(Symbol("z", (number, i + 1), 1), _step(u), "step_output", node=i + 1))
        terms = [int(last[i]) * hidden[i] for i in (0, 1)]
        u = work.step(Symbol("u", (number,), 2), add(*terms, Number(last_bias)), "net_input", node=1)
        z = work.step(Symbol("z", (number,), 2), _step(u), "step_output", node=1)
        outputs.append(Fraction(int(float(z.evaluate()))))
    answer = tuple(outputs)
    if (answer not in ((0, 1, 1, 0), (1, 0, 0, 1)) and rng.random() < 0.7) or len(set(answer)) < 2:
        return None
    given = (weights, biases, last, last_bias)
    wrong: list[tuple[tuple[Value, ...], str]] = [
        (_outputs(*given, at_zero=1), "step_at_zero"),
        (_outputs(weights, [Fraction(0)] * 2, last, last_bias), "no_bias"),
        (_outputs(weights.T, biases, last, last_bias), "turned"),
        (tuple(1 - value for value in answer), "sides_swapped"),
    ]
    w1 = Symbol("W", (), 1, bold=True)
    prompt: list[Block] = [
        say("quiz.step_network"),
        Display((w1, _matrix(weights))),
        Display((Symbol("b", (), 1, bold=True), column(*biases))),
        Display((Symbol("W", (), 2, bold=True), _matrix(last.reshape(1, 2)))),
        Display((Symbol("b", (), 2, bold=True), column(last_bias))),
        say("quiz.ask_corners"),
    ]
    return question(prompt, Symbol("z", (), 2), answer, work.derivation(), wrong)


def _matrix(values: np.ndarray) -> Formula:
    return Matrix(tuple(tuple(Number(Fraction(int(value))) for value in row) for row in values))


def _outputs(
    weights: np.ndarray, biases: list[Fraction], last: np.ndarray, last_bias: Fraction, at_zero: int = 0
) -> tuple[Value, ...]:
    """Return the outputs under a mistaken reading."""

    def step(u: Fraction) -> int:
        return at_zero if u == 0 else int(u > 0)

    found = []
    for corner in CORNERS:
        hidden = [step(int(weights[i][0]) * corner[0] + int(weights[i][1]) * corner[1] + biases[i]) for i in (0, 1)]
        found.append(Fraction(step(int(last[0]) * hidden[0] + int(last[1]) * hidden[1] + last_bias)))
    return tuple(found)


TOPIC = Topic("separability", slide=26, number=12, make=make)
