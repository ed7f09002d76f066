"""Questions about small networks: a forward pass, a delta or a gradient, and one update."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from koubai.core.network import Network
from koubai.engines.protocol import Plan, Rows, State
from koubai.explain.asking import Ask
from koubai.explain.formula import Matrix, Number, Symbol
from koubai.explain.network import backward as explain_backward
from koubai.explain.network import forward as explain_forward
from koubai.explain.quiz.questions import Level, Question, is_clean, question
from koubai.explain.records import Block, Derivation, Display, say
from koubai.explain.training import update as explain_update
from koubai.explain.values import Value
from koubai.optimizers.momentum import Momentum
from koubai.optimizers.sgd import SGD

HALF = Fraction(1, 2)
RATES = (Fraction(1, 2), Fraction(1, 4), Fraction(1))


@dataclass(frozen=True, slots=True)
class Small:
    """A 2-2-1 network with exact numbers: W[i][j] and b[i] by target, v[i] and c of the output."""

    activation: str
    weights: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
    biases: tuple[Fraction, Fraction]
    last: tuple[Fraction, Fraction]
    last_bias: Fraction
    x: tuple[Fraction, Fraction]
    y: Fraction

    @property
    def network(self) -> Network:
        """The network, with half the squared error."""
        return Network.dense((2, 2, 1), hidden=self.activation, output="identity")

    @property
    def theta(self) -> np.ndarray:
        """Its parameters in float64."""
        weights = [np.array(self.weights, dtype=float).T, np.array([self.last], dtype=float).T]
        return self.network.pack(weights, [np.array(self.biases, dtype=float), np.array([self.last_bias], dtype=float)])

    def phi(self, u: Fraction) -> Fraction:
        """φ(u), for the sigmoid at 0 only."""
        return max(Fraction(0), u) if self.activation == "relu" else HALF

    def slope(self, u: Fraction) -> Fraction:
        """φ'(u), for the sigmoid at 0 only."""
        return Fraction(int(u > 0)) if self.activation == "relu" else Fraction(1, 4)

    def net_inputs(self, turned: bool = False, bias: bool = True) -> list[Fraction]:
        """u^(1); ``turned`` with the indices of the weights the wrong way round, ``bias`` with the biases."""
        pairs = [(self.weights[j][i], j) if turned else (self.weights[i][j], j) for i in (0, 1) for j in (0, 1)]
        sums = [sum((w * self.x[j] for w, j in pairs[2 * i : 2 * i + 2]), Fraction(0)) for i in (0, 1)]
        return [total + (self.biases[i] if bias else 0) for i, total in enumerate(sums)]

    def output(self, hidden: list[Fraction]) -> Fraction:
        """z^(2)."""
        return self.last_bias + self.last[0] * hidden[0] + self.last[1] * hidden[1]

    def given(self) -> list[Block]:
        """What the prompt shows."""
        w1 = Matrix(tuple(tuple(Number(value) for value in row) for row in self.weights))
        w2 = Matrix((tuple(Number(value) for value in self.last),))
        phi = say(f"explain.activation.{self.activation}")
        pairs = [("x", None, _column(self.x)), ("W", 1, w1), ("b", 1, _column(self.biases)), ("W", 2, w2)]
        shown: list[Block] = [
            say("quiz.network", activation=phi, w=Symbol("w", ("i", "j"), "l"), W=Symbol("W", bold=True))
        ]
        shown += [Display((Symbol(name, (), layer, bold=True), matrix)) for name, layer, matrix in pairs]
        shown.append(Display((Symbol("b", (), 2, bold=True), _column((self.last_bias,)))))
        return shown


def _column(values: tuple[Fraction, ...]) -> Matrix:
    return Matrix(tuple((Number(value),) for value in values))


def _small(rng: np.random.Generator, activation: str) -> Small:
    """Return random numbers of halves; for the sigmoid the biases make every net input 0."""

    def halves(low: int, high: int) -> Fraction:
        return Fraction(int(rng.integers(low, high + 1)), 2)

    def whole(low: int, high: int) -> Fraction:
        return Fraction(int(rng.integers(low, high + 1)))

    weights = ((halves(-4, 4), halves(-4, 4)), (halves(-4, 4), halves(-4, 4)))
    x = (whole(-2, 3), whole(-2, 3))
    biases = (halves(-2, 2), halves(-2, 2))
    if activation == "sigmoid":
        first, second = (-(row[0] * x[0] + row[1] * x[1]) for row in weights)
        biases = (first, second)
    return Small(activation, weights, biases, (halves(-4, 4), halves(-4, 4)), halves(-2, 2), x, whole(-2, 3))


def forward(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for a hidden node's activation (easy) or for the output (exam)."""
    net = _small(rng, "relu")
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
    return question(prompt, subject, (answer,), derivation, wrong)


@dataclass(frozen=True, slots=True)
class Back:
    """The quantities of a backward pass through `Small`, exact."""

    hidden: list[Fraction]
    delta_out: Fraction
    slopes: list[Fraction]

    @classmethod
    def of(cls, net: Small) -> "Back":
        """Return those of a network."""
        u = net.net_inputs()
        hidden = [net.phi(value) for value in u]
        return cls(hidden, net.output(hidden) - net.y, [net.slope(value) for value in u])


def _activation_for(level: Level) -> str:
    return "relu" if level == "easy" else "sigmoid"


def backward(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for δ of a hidden node or the gradient of an output weight (easy), or of a hidden weight (exam)."""
    net = _small(rng, _activation_for(level))
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
    prompt = [*net.given(), *_target(net), say("quiz.ask", quantity=subject)]
    return question(prompt, subject, (answer,), derivation, wrong)


def _target(net: Small) -> list[Block]:
    error = say("explain.loss.half_squared_error")
    return [Display((Symbol("y"), Number(net.y))), say("quiz.loss", loss=error)]


def update(rng: np.random.Generator, level: Level) -> Question | None:
    """Ask for a weight after one step of gradient descent (easy), of a hidden weight or with momentum (exam)."""
    net = _small(rng, _activation_for(level))
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
    prompt = [*net.given(), *_target(net), Display((Symbol("α"), Number(rate)))]
    if with_momentum:
        prompt += [Display((Symbol("μ"), Number(HALF))), Display((Symbol("v"), Number(velocity))), say("quiz.momentum")]
    else:
        prompt.append(say("quiz.gradient_descent"))
    prompt.append(say("quiz.ask", quantity=subject))
    return question(prompt, subject, (answer,), derivation, wrong)


def _update_derivation(
    net: Small, rate: Fraction, where: tuple[int, int, int], velocity: Fraction | None
) -> Derivation:
    """Return the derivation of the update; with momentum, every weight had the same velocity."""
    rule = SGD() if velocity is None else Momentum(0.5)
    theta = net.theta
    slots = np.full((rule.n_slots, theta.size), float(velocity or 0))
    rows = Rows(np.array([[float(value) for value in net.x]]), np.array([[float(net.y)]]))
    return explain_update(Plan(net.network, rule), State(theta, slots), rows, float(rate), Ask.weight(*where))
