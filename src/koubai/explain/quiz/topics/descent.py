"""Steps of gradient descent on a polynomial."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Apply, Formula, Number, Quantity, Symbol, add
from koubai.core.formulas.values import Notation, Value
from koubai.explain.derivations import Block, Derivation, Display, Section, Step, say, step_id
from koubai.explain.quiz.questions import Level, Question, is_clean, mirrored, question
from koubai.explain.quiz.topic import Topic


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for x after one step of gradient descent on a parabola (easy), two on a cubic (exam)."""
    b, c = (Fraction(int(v)) for v in rng.integers(-3, 4, 2))
    a = Fraction(int(rng.integers(1, 4)))
    cubic = Fraction(int(rng.choice([-1, 1]))) if level == "exam" else Fraction(0)
    start, rate = Fraction(int(rng.integers(-3, 4))), Fraction(1, int(rng.choice([2, 4, 8])))
    coefficients = (c, b, a, cubic)
    n_steps = 1 if level == "easy" else 2
    points = [start]
    for _ in range(n_steps):
        points.append(points[-1] - rate * _slope(coefficients, points[-1]))
    slopes = [_slope(coefficients, point) for point in points[:-1]]
    if not is_clean([*points, *slopes]) or 0 in slopes or len(set(points)) < len(points):
        return None
    up = [start]
    for _ in range(n_steps):
        up.append(up[-1] + rate * _slope(coefficients, up[-1]))
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((up[-1],), "sign_of_update"),
        ((points[-2] - slopes[-1],), "no_rate"),
        ((points[-2] - rate * _value(coefficients, points[-2]),), "value_for_slope"),
    ]
    if n_steps == 2:
        wrong += [((points[1] - rate * slopes[0],), "old_gradient"), ((points[1],), "one_step_only")]
    derivation = _descent(coefficients, points, rate)
    subject = Symbol("x", (), n_steps)
    x = Symbol("x")
    prompt: list[Block] = [
        say("quiz.descent", count=n_steps),
        Display((_f(x), _polynomial(coefficients, x))),
        Display((Symbol("x", (), 0), Number(start))),
        Display((Symbol("α"), Number(rate))),
        say("quiz.ask", quantity=subject),
    ]
    two = list(mirrored(wrong, start, "sign_of_update")) if n_steps == 1 else []
    return question(prompt, subject, (points[-1],), derivation, wrong, pairs=two)


def _value(coefficients: tuple[Fraction, ...], x: Fraction) -> Fraction:
    return sum((c * x**k for k, c in enumerate(coefficients)), Fraction(0))


def _slope(coefficients: tuple[Fraction, ...], x: Fraction) -> Fraction:
    return sum((k * c * x ** (k - 1) for k, c in enumerate(coefficients) if k), Fraction(0))


def _f(x: Formula, prime: bool = False) -> Formula:
    return Apply("f", (x,), prime=prime)


def _polynomial(coefficients: tuple[Fraction, ...], x: Formula) -> Formula:
    """Return a polynomial, the highest power first."""
    terms: list[Formula] = []
    for k, c in reversed(list(enumerate(coefficients))):
        power: Formula | None = None if k == 0 else x if k == 1 else x**k
        if c == 0:
            continue
        size = abs(c)
        term: Formula = Number(size) if power is None else power if size == 1 else Number(size) * power
        terms.append(-term if c < 0 else term)
    return add(*terms) if terms else Number(Fraction(0))


def _descent(coefficients: tuple[Fraction, ...], points: list[Fraction], rate: Fraction) -> Derivation:
    """Return the derivation of some steps of gradient descent on a polynomial."""
    slopes = tuple(k * c for k, c in enumerate(coefficients))[1:]
    x, alpha = Symbol("x"), Quantity(Symbol("α"), Number(rate))
    steps: list[Block] = [
        Display((_f(x), _polynomial(coefficients, x))),
        Display((_f(x, True), _polynomial(slopes, x))),
    ]
    law = (Symbol("x", (), "t+1"), Symbol("x", (), "t") - Symbol("α") * _f(Symbol("x", (), "t"), True))
    for t, point in enumerate(points[:-1]):
        here = Quantity(Symbol("x", (), t), Number(point))
        formula = _polynomial(slopes, here)
        slope = Quantity(_f(here.notation, True), Number(_slope(coefficients, point)))
        moved, after = here - alpha * slope, Number(points[t + 1])
        uses = (step_id("x", t),) if t else ()
        steps.append(
            Step(
                step_id("slope", t),
                say("quiz.step.slope", x=here.notation),
                slope.notation,
                formula,
                slope.number,
                (),
                uses,
            )
        )
        steps.append(
            Step(
                step_id("x", t + 1),
                say("quiz.step.move", t=t + 1),
                Symbol("x", (), t + 1),
                moved,
                after,
                law,
                (*uses, step_id("slope", t)),
            )
        )
    title = say("quiz.title.descent_answer")
    return Derivation(
        title, (Section(say("quiz.section.steps"), tuple(steps)),), step_id("x", len(points) - 1), Notation()
    )


TOPIC = Topic("descent", slide=69, number=1, make=make)
