"""The weights of a perceptron after some examples."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Matrix, Number, Symbol
from koubai.core.formulas.values import Value
from koubai.core.perceptron import learn
from koubai.explain.derivations import Block, Cell, Display, Table, say
from koubai.explain.learning_rule.examples import Examples
from koubai.explain.learning_rule.learning_walk import perceptron
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.topic import Topic

RATES = (Fraction(1, 2), Fraction(1), Fraction(1, 4))


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for the weights after one example (easy) or after a pass over three (exam)."""
    n_rows, n_features = (1, 3) if level == "easy" else (3, 3)
    x = np.array([[Fraction(int(v)) for v in row] for row in rng.integers(-1, 3, (n_rows, n_features))], dtype=object)
    y = rng.choice([-1, 1], n_rows)
    start = np.array([Fraction(int(v), 2) for v in rng.integers(-3, 4, n_features)], dtype=object)
    rate = RATES[int(rng.integers(0, len(RATES)))]
    drawn = learn(x, y, learning_rate=rate, start=start)
    answer = tuple(drawn[-1].weights)
    n_wrong = sum(not seen.right for seen in drawn)
    zero = any(seen.score == 0 for seen in drawn)
    if not is_clean(answer) or (level == "exam" and n_wrong < 2) or not all(np.abs(row).sum() for row in x):
        return None
    if level == "easy" and n_wrong == 0 and rng.random() < 0.7:
        return None
    wrong: list[tuple[tuple[Value, ...], str]] = []
    if zero:
        wrong.append((_walk(x, y, start, rate, zero_is_positive=True), "zero_positive"))
    wrong += [
        (_walk(x, y, start, -rate), "sign_of_update"),
        (_walk(x, y, start, Fraction(1)), "no_rate"),
        (_walk(x, y, start, rate, always=True), "updated_though_right"),
        (tuple(start), "not_updated"),
    ]
    names = tuple(f"x{j}" for j in range(1, n_features + 1))
    examples = Examples(x, y, names, tuple(str(row) for row in range(1, n_rows + 1)))
    derivation = perceptron(examples, learning_rate=rate, start=start.tolist())
    columns: tuple[Cell, ...] = (
        say("explain.column.example"),
        *(Symbol("x", (j,)) for j in range(1, n_features + 1)),
        Symbol("y"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(row + 1), *(Number(value) for value in x[row]), Number(Fraction(int(y[row])), signed=True))
        for row in range(n_rows)
    )
    subject = Symbol("w", (), n_rows, bold=True)
    prompt: list[Block] = [
        say("quiz.perceptron"),
        Table(columns, rows),
        Display((Symbol("η"), Number(rate))),
        Display((Symbol("w", (), 0, bold=True), Matrix(tuple((Number(value),) for value in start)))),
        say("quiz.ask_vector", quantity=subject),
    ]
    two = [
        (_walk(x, y, start, Fraction(-1)), "sign_of_update", "no_rate"),
        (_walk(x, y, start, -rate, always=True), "updated_though_right", "sign_of_update"),
        (_walk(x, y, start, Fraction(1), always=True), "updated_though_right", "no_rate"),
    ]
    if zero:
        two += [
            (_walk(x, y, start, -rate, zero_is_positive=True), "zero_positive", "sign_of_update"),
            (_walk(x, y, start, Fraction(1), zero_is_positive=True), "zero_positive", "no_rate"),
        ]
    return question(prompt, subject, answer, derivation, wrong, pairs=two)


def _walk(
    x: np.ndarray,
    y: np.ndarray,
    start: np.ndarray,
    rate: Fraction,
    *,
    zero_is_positive: bool = False,
    always: bool = False,
) -> tuple[Value, ...]:
    """Return the final weights under a mistaken learning rule."""
    w = start
    for row, label in zip(x, y, strict=True):
        score = row @ w
        prediction = 1 if score > 0 or (zero_is_positive and score == 0) else -1
        if always or prediction != label:
            w = w + rate * int(label) * row
    return tuple(w)


TOPIC = Topic("perceptron", slide=18, number=3, make=make)
