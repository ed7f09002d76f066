"""The small network with exact numbers used in questions."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from koubai.core.formulas.tree import Matrix, Number, Symbol
from koubai.core.network import Network
from koubai.explain.derivations import Block, Display, say
from koubai.explain.quiz.questions import Level

HALF = Fraction(1, 2)


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
        """u^(1); ``turned`` swaps the indices of the weights, ``bias`` includes the biases."""
        pairs = [(self.weights[j][i], j) if turned else (self.weights[i][j], j) for i in (0, 1) for j in (0, 1)]
        sums = [sum((w * self.x[j] for w, j in pairs[2 * i : 2 * i + 2]), Fraction(0)) for i in (0, 1)]
        return [total + (self.biases[i] if bias else 0) for i, total in enumerate(sums)]

    def output(self, hidden: list[Fraction]) -> Fraction:
        """z^(2)."""
        return self.last_bias + self.last[0] * hidden[0] + self.last[1] * hidden[1]

    def given(self) -> list[Block]:
        """The given values in the prompt."""
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


def small_network(rng: np.random.Generator, activation: str) -> Small:
    """Return a network of random half-integers; for the sigmoid, the biases make every net input 0."""

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


@dataclass(frozen=True, slots=True)
class Back:
    """The quantities of a backward pass through `Small`, exact."""

    hidden: list[Fraction]
    delta_out: Fraction
    slopes: list[Fraction]

    @classmethod
    def of(cls, net: Small) -> "Back":
        """Return the quantities of a network."""
        u = net.net_inputs()
        hidden = [net.phi(value) for value in u]
        return cls(hidden, net.output(hidden) - net.y, [net.slope(value) for value in u])


def activation_for(level: Level) -> str:
    """Return φ of the hidden nodes; at the easy level, one whose derivative is 0 or 1."""
    return "relu" if level == "easy" else "sigmoid"


def target_of(net: Small) -> list[Block]:
    """Return the part of the prompt with target and loss."""
    error = say("explain.loss.half_squared_error")
    return [Display((Symbol("y"), Number(net.y))), say("quiz.loss", loss=error)]
