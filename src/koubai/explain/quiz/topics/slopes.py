"""Derivatives of activation functions: of a value, or within δ."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Apply, Formula, Number, Quantity, Symbol
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level, Question, is_clean, mirrored, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole

Z = Symbol("z")


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for φ'(u) from z = φ(u) (easy), or for the δ of a node before two others (exam)."""
    name = str(rng.choice(["sigmoid", "tanh", "relu"]))
    z = _activation(rng, name)
    if z is None:
        return None
    work = Working("slopes")
    seen = work.given(Z, z)
    formula: Formula = {"sigmoid": seen * (1 - seen), "tanh": 1 - seen**2}.get(name, Number(Fraction(int(z > 0))))
    slope = work.step(Symbol("φ", prime=True), formula, f"slope_of_{name}")
    phi = say(f"explain.activation.{name}")
    prompt: list[Block] = [say("quiz.slopes", activation=phi, z=Z, u=Symbol("u")), Display((Z, Number(z)))]
    value = value_of(slope)
    if level == "easy":
        if name == "relu" and rng.random() < 0.5:
            return None
        subject = Apply("φ", (Symbol("u"),), prime=True)
        wrong: list[tuple[tuple[Value, ...], str]] = [
            ((z,), "value_for_derivative"),
            ((1 - z,), "only_one_minus"),
            ((z * (1 - z),), "of_sigmoid"),
            ((1 - z**2,), "of_tanh"),
            ((Fraction(1),), "no_slope"),
        ]
        if not is_clean([value]):
            return None
        prompt.append(say("quiz.ask", quantity=subject))
        return question(prompt, slope.notation, (value,), work.derivation(slope), wrong)
    return _within_delta(rng, work, slope, prompt)


def _activation(rng: np.random.Generator, name: str) -> Fraction | None:
    """Return a value that the function can have and whose derivative is a simple number."""
    if name == "relu":
        return max(whole(rng, -2, 3), Fraction(0))
    z = Fraction(int(rng.integers(-3, 4)), int(rng.choice([2, 4])))
    low = 0 if name == "sigmoid" else -1
    return z if low < z < 1 and z != 0 else None


def _within_delta(rng: np.random.Generator, work: Working, slope: Quantity, prompt: list[Block]) -> Question | None:
    """Ask for δ = (Σ_k δ_k w_k) φ'(u)."""
    deltas = [work.given(Symbol("δ", (k,), 2), whole(rng, -2, 2)) for k in (1, 2)]
    weights = [work.given(Symbol("w", (k, 1), 2), whole(rng, -3, 3)) for k in (1, 2)]
    back = deltas[0] * weights[0] + deltas[1] * weights[1]
    total = work.step(Symbol("s"), back, "sum_of_deltas")
    delta = work.step(Symbol("δ", (1,), 1), total * slope, "delta_hidden")
    answer, value = value_of(delta), value_of(slope)
    numbers = [value_of(each) for each in (*deltas, *weights)]
    if not is_clean([answer]) or answer == 0 or 0 in numbers:
        return None
    swapped = numbers[0] * numbers[3] + numbers[1] * numbers[2]
    wrong: list[tuple[tuple[Value, ...], str]] = [
        ((value_of(total),), "no_slope"),
        ((numbers[0] * numbers[2] * value,), "one_path_only"),
        ((swapped * value,), "turned"),
        ((-answer,), "sign_of_delta"),
    ]
    prompt += [Display((each.notation, each.number)) for each in (*deltas, *weights)]
    prompt.append(say("quiz.ask", quantity=delta.notation))
    two = mirrored(wrong, Fraction(0), "sign_of_delta")
    return question(prompt, delta.notation, (answer,), work.derivation(delta), wrong, pairs=two)


TOPIC = Topic("slopes", slide=34, number=10, make=make)
