"""Momentum by hand: some updates on a parabola."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Apply, Formula, Number, Symbol, add
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for x after two updates, from rest (easy) or from a given velocity (exam)."""
    a, b, start = whole(rng, 1, 2), whole(rng, -3, 3), whole(rng, -4, 4)
    rate, mu = Fraction(1, int(rng.choice([2, 4, 8]))), Fraction(1, 2)
    pushed, n_steps = Fraction(0 if level == "easy" else int(rng.choice([-2, -1, 1, 2]))), 2
    work = Working("momentum")
    x, v = work.given(Symbol("x", (), 0), start), work.given(Symbol("v", (), 0), pushed)
    alpha, damp = work.given(Symbol("α"), rate), work.given(Symbol("μ"), mu)
    values = []
    for t in range(n_steps):
        slope = work.step(Symbol("g", (), t), add(Number(2 * a) * x, Number(b)), "slope", x=x.notation)
        v = work.step(Symbol("v", (), t + 1), damp * v - alpha * slope, "velocity", t=t + 1)
        x = work.step(Symbol("x", (), t + 1), x + v, "move", t=t + 1)
        values += [value_of(slope), value_of(v), value_of(x)]
    answer = value_of(x)
    if not is_clean(values) or 0 in values:
        return None
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((_end(a, b, (start, pushed), rate, Fraction(0), n_steps),), "no_momentum"),
        ((_end(a, b, (start, pushed), -rate, mu, n_steps),), "sign_of_update"),
        ((_end(a, b, (start, pushed), rate, mu, n_steps, stale=True),), "old_gradient"),
        ((_end(a, b, (start, pushed), rate, mu, n_steps - 1),), "one_step_less"),
        ((_end(a, b, (start, pushed), Fraction(1), mu, n_steps),), "no_rate"),
    ]
    letter = Symbol("x")
    prompt: list[Block] = [
        say("quiz.momentum_descent", count=n_steps),
        Display((Apply("f", (letter,)), _parabola(a, b, letter))),
        *(Display((quantity.notation, Number(value))) for quantity, value in ((alpha, rate), (damp, mu))),
        Display((Symbol("x", (), 0), Number(start))),
        Display((Symbol("v", (), 0), Number(pushed))),
        say("quiz.ask", quantity=x.notation),
    ]
    two = [((_end(a, b, (start, pushed), -rate, Fraction(0), n_steps),), "no_momentum", "sign_of_update")]
    return question(prompt, x.notation, (answer,), work.derivation(x), wrong, pairs=two)


def _parabola(a: Fraction, b: Fraction, x: Symbol) -> Formula:
    square: Formula = x**2 if a == 1 else Number(a) * x**2
    if b == 0:
        return square
    size: Formula = x if abs(b) == 1 else Number(abs(b)) * x
    return square - size if b < 0 else square + size


def _end(
    a: Fraction,
    b: Fraction,
    start: tuple[Fraction, Fraction],
    rate: Fraction,
    mu: Fraction,
    n_steps: int,
    stale: bool = False,
) -> Fraction:
    """Return where some updates end; ``stale`` uses the first gradient in all of them."""
    x, v = start
    for _ in range(n_steps):
        v = mu * v - rate * (2 * a * (start[0] if stale else x) + b)
        x += v
    return x


TOPIC = Topic("momentum", slide=77, number=7, make=make)
