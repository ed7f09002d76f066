"""Backpropagation: the gradient of one weight."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.values import Value
from koubai.explain.derivations import say
from koubai.explain.network.asking import Ask
from koubai.explain.network.passes import backward as explain_backward
from koubai.explain.quiz.questions import Level, Question, is_clean, mirrored, question
from koubai.explain.quiz.small_network import Back, activation_for, small_network, target_of
from koubai.explain.quiz.topic import Topic


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for δ of a hidden node or the gradient of an output weight (easy), or of a hidden weight (exam)."""
    net = small_network(rng, activation_for(level))
    back, i, j = Back.of(net), int(rng.integers(0, 2)), int(rng.integers(0, 2))
    x = np.array([float(value) for value in net.x])
    y = np.array([float(net.y)])
    error, hidden = back.delta_out, back.hidden
    wrong: list[tuple[tuple[Value, ...], str]]
    if level == "easy":
        answer, ask = error * hidden[i], Ask.weight(2, 1, i + 1)
        wrong = [((-answer,), "sign_of_delta"), ((error,), "no_source"), ((error * hidden[1 - i],), "turned")]
    else:
        delta = error * net.last[i] * back.slopes[i]
        answer, ask = delta * net.x[j], Ask.weight(1, i + 1, j + 1)
        wrong = [
            ((error * net.last[i] * net.x[j],), "no_slope"),
            ((-answer,), "sign_of_delta"),
            ((delta,), "no_source"),
            ((error * net.last[1 - i] * back.slopes[1 - i] * net.x[j],), "turned"),
            ((delta * net.x[1 - j],), "turned"),
        ]
    if not is_clean([*net.biases, *hidden, error, answer]) or answer == 0 or error == 0:
        return None
    derivation = explain_backward(net.network, net.theta, x, y, ask=ask)
    assert derivation.answer is not None
    subject = derivation.answer.subject
    prompt = [*net.given(), *target_of(net), say("quiz.ask", quantity=subject)]
    two = mirrored(wrong, Fraction(0), "sign_of_delta")
    return question(prompt, subject, (answer,), derivation, wrong, pairs=two)


TOPIC = Topic("backward", slide=55, number=0, make=make)
