"""One update of a weight, by gradient descent or with momentum."""

from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Number, Symbol
from koubai.core.formulas.values import Value
from koubai.engines.protocol import Plan, Rows, State
from koubai.explain.derivations import Derivation, Display, say
from koubai.explain.network.asking import Ask
from koubai.explain.network.one_update import update as explain_update
from koubai.explain.quiz.questions import Level, Question, is_clean, mirrored, question
from koubai.explain.quiz.small_network import HALF, Back, Small, activation_for, small_network, target_of
from koubai.explain.quiz.topic import Topic
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.sgd import SGD

RATES = (Fraction(1, 2), Fraction(1, 4), Fraction(1))


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for a weight after one step of gradient descent (easy), of a hidden weight or with momentum (exam)."""
    net = small_network(rng, activation_for(level))
    back, i, j = Back.of(net), int(rng.integers(0, 2)), int(rng.integers(0, 2))
    rate = RATES[int(rng.integers(0, len(RATES)))]
    with_momentum = level == "exam" and bool(rng.integers(0, 2))
    velocity = Fraction(int(rng.integers(1, 5)), 2) if with_momentum else Fraction(0)
    wrong: list[tuple[tuple[Value, ...], str]] = []
    if level == "easy":
        weight, gradient, where = net.last[i], back.delta_out * back.hidden[i], (2, 1, i + 1)
    else:
        weight, where = net.weights[i][j], (1, i + 1, j + 1)
        gradient = back.delta_out * net.last[i] * back.slopes[i] * net.x[j]
        later = net.last[i] - rate * back.delta_out * back.hidden[i]
        newer = back.delta_out * later * back.slopes[i] * net.x[j]
        wrong = [
            ((weight + velocity / 2 - rate * newer,), "new_weight"),
            ((weight + velocity / 2 - rate * gradient / back.slopes[i],), "no_slope"),
        ]
    move = velocity / 2 - rate * gradient
    answer = weight + move
    wrong += [
        ((weight + velocity / 2 + rate * gradient,), "sign_of_update"),
        ((weight + velocity / 2 - gradient,), "no_rate"),
        ((gradient,), "only_gradient"),
        ((move,), "only_step"),
    ]
    if with_momentum:
        wrong.append(((weight - rate * gradient,), "no_momentum"))
    if not is_clean([*net.biases, *back.hidden, gradient, answer]) or gradient == 0 or not is_clean([answer, move]):
        return None
    derivation = _update_derivation(net, rate, where, velocity if with_momentum else None)
    subject = Symbol("w", (where[1], where[2]), where[0], prime=True)
    prompt = [*net.given(), *target_of(net), Display((Symbol("α"), Number(rate)))]
    if with_momentum:
        prompt += [Display((Symbol("μ"), Number(HALF))), Display((Symbol("v"), Number(velocity))), say("quiz.momentum")]
    else:
        prompt.append(say("quiz.gradient_descent"))
    prompt.append(say("quiz.ask", quantity=subject))
    names = ("no_slope", "new_weight", "no_rate")
    two = mirrored([each for each in wrong if each[1] in names], weight + velocity / 2, "sign_of_update")
    return question(prompt, subject, (answer,), derivation, wrong, pairs=two)


def _update_derivation(
    net: Small, rate: Fraction, where: tuple[int, int, int], velocity: Fraction | None
) -> Derivation:
    """Return the derivation of the update; with momentum, every weight had the same velocity."""
    rule = SGD() if velocity is None else Momentum(0.5)
    theta = net.theta
    slots = np.full((rule.n_slots, theta.size), float(velocity or 0))
    rows = Rows(np.array([[float(value) for value in net.x]]), np.array([[float(net.y)]]))
    return explain_update(Plan(net.network, rule), State(theta, slots), rows, float(rate), Ask.weight(*where))


TOPIC = Topic("update", slide=67, number=5, make=make)
