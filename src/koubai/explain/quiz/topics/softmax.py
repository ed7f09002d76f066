"""Softmax with cross-entropy: an output, or the gradient behind it, from given values of exp."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import BigSum, Function, Number, Partial, Symbol, add
from koubai.core.formulas.values import Value
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level, Question, is_clean, mirrored, question
from koubai.explain.quiz.topic import Topic
from koubai.explain.quiz.working import Working, value_of, whole

POWERS = (1, 2, 3, 4, 6, 8)


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for an output (easy), or for the gradient of a weight of the output layer (exam)."""
    v = [Fraction(int(rng.choice(POWERS))) for _ in range(3)]
    k, right, x = int(rng.integers(0, 3)), int(rng.integers(0, 3)), whole(rng, -3, 3)
    work = Working("softmax")
    exps = [work.given(Symbol("v", (i,)), value) for i, value in enumerate(v, start=1)]
    total = work.step(Symbol("S"), add(*exps), "sum_of_exps", Symbol("S"), BigSum("j", Symbol("v", ("j",))))
    z = work.step(Symbol("z", (k + 1,)), exps[k] / total, "softmax", node=k + 1)
    prompt: list[Block] = [say("quiz.softmax", v=Symbol("v", ("k",)), u=Symbol("u", ("k",)))]
    prompt += [
        Display((Symbol("v", (i,)), Function("exp", (Symbol("u", (i,)),)), Number(value)))
        for i, value in enumerate(v, start=1)
    ]
    share = value_of(z)
    if level == "easy":
        if len(set(v)) < 2 or not is_clean([share]):
            return None
        wrong: list[tuple[tuple[Value, ...], str]] = [
            ((v[k],), "no_sum"),
            ((v[k] / (sum(v) - v[k]),), "odds"),
            ((v[k] / max(v),), "largest_for_sum"),
        ]
        prompt.append(say("quiz.ask", quantity=z.notation))
        return question(prompt, z.notation, (share,), work.derivation(z), wrong)
    p = work.given(Symbol("p", (k + 1,)), int(k == right))
    source = work.given(Symbol("z", (1,), 1), x)
    delta = work.step(Symbol("δ", (k + 1,)), z - p, "delta_softmax", node=k + 1)
    subject = Partial(Symbol("E"), Symbol("w", (k + 1, 1), 2))
    gradient = work.step(subject, delta * source, "gradient")
    answer = value_of(gradient)
    if not is_clean([answer, share]) or answer == 0:
        return None
    error = share - int(k == right)
    wrong = [
        ((error,), "no_source"),
        ((share * x,), "no_target"),
        ((error * share * (1 - share) * x,), "needless_slope"),
        ((-answer,), "sign_of_delta"),
    ]
    prompt += [
        *(Display((Symbol("p", (i,)), Number(Fraction(int(i == right + 1))))) for i in (1, 2, 3)),
        Display((source.notation, Number(x))),
        say("quiz.softmax_loss"),
        say("quiz.ask", quantity=subject),
    ]
    two = mirrored(wrong, Fraction(0), "sign_of_delta")
    return question(prompt, subject, (answer,), work.derivation(gradient), wrong, pairs=two)


TOPIC = Topic("softmax", slide=35, number=6, make=make)
