"""Minima by hand: where a function that has one is lowest, and how low (slide 69)."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Apply, Formula, Number, Symbol, add
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for x and the value at the minimum of a parabola (easy), or of a x⁴ + b x³ + c, as on slide 69 (exam)."""
    a = whole(rng, 1, 3)
    b = whole(rng, -4, 4) * (1 if level == "easy" else 2)
    c = whole(rng, -3, 3)
    high, low = (2, 1) if level == "easy" else (4, 3)
    best = -low * b / (high * a)
    work = Working("minima")
    letter = Symbol("x")
    coefficients = {high: a, low: b, 0: c}
    work.add(Display((Apply("f", (letter,)), _polynomial(coefficients, letter))))
    slopes = {power - 1: power * factor for power, factor in coefficients.items() if power}
    work.add(Display((Apply("f", (letter,), prime=True), _polynomial(slopes, letter))))
    if level == "exam":
        work.add(say("quiz.text.not_an_extremum"))
    x = work.step(Symbol("x", accent="hat"), -(Number(low * b) / Number(high * a)), "where_slope_is_zero")
    value = work.step(Symbol("f"), _polynomial(coefficients, x), "value_at_minimum")
    lowest = value_of(value)
    if b == 0 or not is_clean([best, lowest]):
        return None
    at_other = _value(coefficients, -best)
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((-best, at_other), "sign_of_root"),
        ((best, Fraction(0)), "slope_for_value"),
        ((-b / a, _value(coefficients, -b / a)), "no_factor_of_power"),
        ((Fraction(0), c), "stationary_is_no_minimum" if level == "exam" else "not_stationary"),
    ]
    prompt: list[Block] = [
        say("quiz.minima"),
        Display((Apply("f", (letter,)), _polynomial(coefficients, letter))),
        say("quiz.ask_minimum"),
    ]
    return question(prompt, Symbol("(x, f(x))"), (best, lowest), work.derivation(), wrong)


def _value(coefficients: dict[int, Fraction], x: Fraction) -> Fraction:
    return sum((factor * x**power for power, factor in coefficients.items()), Fraction(0))


def _polynomial(coefficients: dict[int, Fraction], x: Formula) -> Formula:
    terms: list[Formula] = []
    for power, factor in coefficients.items():
        if factor == 0:
            continue
        size = abs(factor)
        raised = x if power == 1 else x**power
        term: Formula = Number(size) if power == 0 else raised if size == 1 else Number(size) * raised
        terms.append(-term if factor < 0 else term)
    return add(*terms)


TOPIC = Topic("minima", slide=69, number=11, make=make)
