"""A forward pass: a hidden node's activation, or the output."""

import numpy as np

from koubai.core.formulas.tree import Symbol
from koubai.core.formulas.values import Value
from koubai.explain.derivations import say
from koubai.explain.network.asking import Ask
from koubai.explain.network.passes import forward as explain_forward
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.quiz.small_network import Small, small_network
from koubai.explain.quiz.topic import Topic


def make(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for a hidden node's activation (easy) or for the output (exam)."""
    net = small_network(rng, "relu")
    u, turned, bare = net.net_inputs(), net.net_inputs(turned=True), net.net_inputs(bias=False)
    z, i = [net.phi(value) for value in u], int(rng.integers(0, 2))
    ways = {
        "turned": [net.phi(value) for value in turned],
        "no_bias": [net.phi(value) for value in bare],
        "no_activation": u,
    }
    easy = level == "easy"
    answer = z[i] if easy else net.output(z)
    wrong = [((hidden[i] if easy else net.output(hidden),), key) for key, hidden in ways.items()]
    if not easy:
        wrong.append(((answer - net.last_bias,), "no_bias"))
    if not is_clean([*u, answer]) or len({answer, *(value for (value,), _ in wrong)}) < 3 or max(z) == 0:
        return None
    ask = Ask.node(1, i + 1) if easy else Ask.node(2, 1)
    subject = Symbol("z", (i + 1,), 1) if easy else Symbol("z", (1,), 2)
    x = np.array([float(value) for value in net.x])
    derivation = explain_forward(net.network, net.theta, x, ask=ask)
    prompt = [*net.given(), say("quiz.ask", quantity=subject)]
    return question(prompt, subject, (answer,), derivation, wrong, pairs=_pairs(net, i, easy))


def _pairs(net: Small, i: int, easy: bool) -> list[tuple[tuple[Value, ...], str, str]]:
    """Return the answers after two mistakes at once."""
    both = {
        ("turned", "no_bias"): [net.phi(value) for value in net.net_inputs(turned=True, bias=False)],
        ("turned", "no_activation"): net.net_inputs(turned=True),
        ("no_bias", "no_activation"): net.net_inputs(bias=False),
    }
    return [((z[i] if easy else net.output(z),), first, second) for (first, second), z in both.items()]


TOPIC = Topic("forward", slide=37, number=2, make=make)
