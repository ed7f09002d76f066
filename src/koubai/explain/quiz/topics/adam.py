"""Adam by hand: two updates from given gradients, whose root comes out."""

from fractions import Fraction
from math import isqrt

import numpy as np

from koubai.core.formulas.tree import Number, Symbol, sqrt
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole

SCALES = (Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3))
BETA = Fraction(1, 2)
"""Both β₁ and β₂: m̂ = (g₁ + 2g₂) / 3 and v̂ = (g₁² + 2g₂²) / 3 after two updates."""
PAIRS = [
    (a, b)
    for a in range(-11, 12)
    for b in range(-11, 12)
    if a and b and (a * a + 2 * b * b) % 3 == 0 and isqrt((a * a + 2 * b * b) // 3) ** 2 * 3 == a * a + 2 * b * b
]
"""Gradients for which v̂ is a square."""


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for both corrected averages (easy), or for the weight after two updates (exam)."""
    a, b = PAIRS[int(rng.integers(0, len(PAIRS)))]
    scale = SCALES[int(rng.integers(0, len(SCALES)))]
    g = (a * scale, b * scale)
    start, rate = whole(rng, -3, 3), Fraction(1, int(rng.choice([2, 4, 8])))
    work = Working("adam")
    m, v = work.given(Symbol("m", (), 0), 0), work.given(Symbol("v", (), 0), 0)
    first, second = (work.given(Symbol("β", (k,)), BETA) for k in (1, 2))
    alpha, w = work.given(Symbol("α"), rate), work.given(Symbol("w", (), 0), start)
    values: list[Value] = []
    for t in (1, 2):
        slope = work.given(Symbol("g", (), t), g[t - 1])
        m = work.step(Symbol("m", (), t), first * m + (1 - first) * slope, "mean_of_gradients", t=t)
        v = work.step(Symbol("v", (), t), second * v + (1 - second) * slope**2, "mean_of_squares", t=t)
        mean = work.step(Symbol("m", (), t, accent="hat"), m / (1 - first**t), "corrected", t=t)
        square = work.step(Symbol("v", (), t, accent="hat"), v / (1 - second**t), "corrected", t=t)
        values += [value_of(each) for each in (mean, square)]
        if level == "exam":
            w = work.step(Symbol("w", (), t), w - alpha * mean / sqrt(square), "adam", t=t)
            values.append(value_of(w))
    if not is_clean(values):
        return None
    prompt: list[Block] = [say("quiz.adam" if level == "exam" else "quiz.adam_averages")]
    prompt += [Display((Symbol("g", (), t), Number(g[t - 1]))) for t in (1, 2)]
    prompt += [Display((Symbol("β", (k,)), Number(BETA))) for k in (1, 2)]
    mean_2, square_2 = value_of(mean), value_of(square)
    if level == "easy":
        subject = Symbol("(m̂⁽²⁾, v̂⁽²⁾)")
        wrong: list[tuple[tuple[Value, ...], str]] = [
            ((value_of(m), value_of(v)), "no_correction"),
            (((g[0] + g[1]) / 2, (g[0] ** 2 + g[1] ** 2) / 2), "plain_mean"),
            ((mean_2, mean_2**2), "square_of_mean"),
        ]
        prompt.append(say("quiz.ask_two", first=mean.notation, second=square.notation))
        return question(prompt, subject, (mean_2, square_2), work.derivation(), wrong)
    prompt += [Display((Symbol("α"), Number(rate))), Display((Symbol("w", (), 0), Number(start)))]
    prompt.append(say("quiz.ask", quantity=w.notation))
    return question(prompt, w.notation, (value_of(w),), work.derivation(w), _mistakes(g, start, rate))


def _mistakes(g: tuple[Fraction, Fraction], start: Fraction, rate: Fraction) -> list[tuple[tuple[Value, ...], str]]:
    mean, square = (g[0] + 2 * g[1]) / 3, (g[0] ** 2 + 2 * g[1] ** 2) / 3
    root = _root(square)
    one = start - rate * (1 if g[0] > 0 else -1)
    return [
        ((start - (one - start) + rate * mean / root,), "sign_of_update"),
        ((one - rate * mean / square,), "no_root"),
        ((one,), "one_step_only"),
        ((start - rate * (g[0] + g[1]),), "plain_descent"),
        ((start + (one - start) / rate - mean / root,), "no_rate"),
    ]


def _root(square: Fraction) -> Fraction:
    return Fraction(isqrt(square.numerator), isqrt(square.denominator))


TOPIC = Topic("adam", slide=78, number=8, make=make)
