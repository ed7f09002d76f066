"""Minibatches: the update of a line through 0 from the mean of a batch's gradients."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Number, Quotient, Symbol, add
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Cell, Display, Table, say
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole

SIZE = 2
"""Rows of a batch."""


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for w after one batch (easy), or after an epoch of two (exam)."""
    n_batches = 1 if level == "easy" else 2
    x = [whole(rng, -2, 3) for _ in range(SIZE * n_batches)]
    y = [whole(rng, -3, 4) for _ in x]
    start, rate = whole(rng, -2, 2), Fraction(1, int(rng.choice([2, 4])))
    work = Working("minibatch")
    w, alpha = work.given(Symbol("w", (), 0), start), work.given(Symbol("α"), rate)
    values: list[Value] = []
    for batch in range(n_batches):
        slopes = []
        for row in range(batch * SIZE, (batch + 1) * SIZE):
            feature = work.given(Symbol("x", (row + 1,)), x[row])
            target = work.given(Symbol("y", (row + 1,)), y[row])
            slope = (w * feature - target) * feature
            slopes.append(work.step(Symbol("g", (row + 1,)), slope, "gradient_of_row", row=row + 1))
        mean = work.step(
            Symbol("g", (), batch + 1), Quotient(add(*slopes), Number(Fraction(SIZE))), "mean_of_batch", t=batch + 1
        )
        w = work.step(Symbol("w", (), batch + 1), w - alpha * mean, "move", t=batch + 1)
        values += [*(value_of(slope) for slope in slopes), value_of(mean), value_of(w)]
    if not is_clean(values) or 0 in x or value_of(w) in (start, 0):
        return None
    columns: tuple[Cell, ...] = (say("explain.column.row"), Symbol("x"), Symbol("y"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(row), Number(a), Number(b)) for row, (a, b) in enumerate(zip(x, y, strict=True), start=1)
    )
    prompt: list[Block] = [
        say("quiz.minibatch", size=SIZE),
        Table(columns, rows),
        Display((alpha.notation, Number(rate))),
        Display((Symbol("w", (), 0), Number(start))),
        say("quiz.ask", quantity=w.notation),
    ]
    wrong = [
        ((_end(x, y, start, rate, share=1),), "sum_for_mean"),
        ((_end(x, y, start, -rate),), "sign_of_update"),
        ((_end(x, y, start, Fraction(1)),), "no_rate"),
        ((_end(x, y, start, rate, source=False),), "no_feature"),
        ((_end(x, y, start, rate, stale=True),), "old_weight_in_batch"),
        ((_end(x[:SIZE], y[:SIZE], start, rate),), "first_batch_only"),
    ]
    two = [
        ((_end(x, y, start, -rate, share=1),), "sum_for_mean", "sign_of_update"),
        ((_end(x, y, start, Fraction(1), share=1),), "sum_for_mean", "no_rate"),
    ]
    return question(prompt, w.notation, (value_of(w),), work.derivation(w), wrong, pairs=two)


def _end(
    x: Sequence[Fraction],
    y: Sequence[Fraction],
    start: Fraction,
    rate: Fraction,
    *,
    share: int = SIZE,
    source: bool = True,
    stale: bool = False,
) -> Fraction:
    """Return w after all batches under a mistaken rule."""
    w = start
    for first in range(0, len(x), SIZE):
        rows = range(first, first + SIZE)
        seen = start if stale else w
        slopes = [(seen * x[row] - y[row]) * (x[row] if source else 1) for row in rows]
        w -= rate * sum(slopes, Fraction(0)) / share
    return w


TOPIC = Topic("minibatch", slide=76, number=9, make=make)
