"""Nesterov's accelerated gradient: momentum that looks ahead."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.optimizers.momentum import velocity
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α and μ."""
    return rate, h[0]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w + μ v - α g and v."""
    rate, mu = c
    v = mu * slots[0] - rate * g
    return w + (mu * v - rate * g), (v,)


@dataclass(frozen=True, slots=True)
class Nesterov(Optimizer):
    """Momentum whose gradient is taken where the ball is about to be (Nesterov 1983; lecture slide 77).

    v ← μ v - α g, θ ← θ + μ v - α g (with the new v).

    Sutskever, Martens, Dahl and Hinton (2013, equations 3-4) move ϑ by v ← μ v - α g(ϑ + μ v), ϑ ← ϑ + v. Here
    θ = ϑ + μ v is the point ahead, where the gradient is taken (Bengio, Boulanger-Lewandowski and Pascanu 2013,
    equations 6-7), so that the rule needs the gradient at θ alone. scikit-learn's SGD with
    ``nesterovs_momentum=True`` is the same rule. ``torch.optim.SGD(nesterov=True)`` and ``optax.sgd(nesterov=True)``
    leave α out of the velocity: the same path while α stays as it is.

    Parameters
    ----------
    momentum : float
        μ, in [0, 1], dimensionless; with 0 the rule is plain gradient descent, with 1 nothing slows the moves.

    Raises
    ------
    ParameterError
        If μ lies outside [0, 1].

    Examples
    --------
    >>> rule = Nesterov(0.5)
    >>> rule.step(np.array([1.0]), np.array([1.0]), np.zeros((1, 1)), 1, 0.1)
    (array([0.85]), array([[-0.1]]))
    """

    name: ClassVar[str] = "nesterov"
    aliases: ClassVar[tuple[str, ...]] = ("nag",)
    code: ClassVar[int] = 2
    n_slots: ClassVar[int] = 1
    default_learning_rate: ClassVar[float] = 0.01
    share_of_width: ClassVar[float] = 0.002
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)
    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_real(self, "momentum", at_least=0, at_most=1)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ + μ v - α g and the velocity v."""
        v = self.momentum * slots[0] - learning_rate * gradient
        return theta + (self.momentum * v - learning_rate * gradient), np.stack([v])

    def explain(self, steps: RuleSteps) -> None:
        """Show the velocity and the move."""
        mu, v = steps.parameter("μ", self.momentum), velocity(steps, self.momentum)
        steps.move(steps.w + mu * v - steps.rate * steps.g)

    def stability_limit(self, curvature: float) -> float:
        """Return 2 (1 + μ) / ((1 + 2μ) λ), where a root of the recursion's polynomial leaves the unit circle."""
        return 2 * (1 + self.momentum) / ((1 + 2 * self.momentum) * curvature)
