"""Gradient descent with momentum: a ball that rolls on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Quantity
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values, after


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α and μ."""
    return rate, h[0]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w + v and v."""
    rate, mu = c
    v = mu * slots[0] - rate * g
    return w + v, (v,)


def velocity(steps: RuleSteps, momentum: float) -> Quantity:
    """Add the step v ← μ v - α g, and return v."""
    moved = steps.parameter("μ", momentum) * steps.slot("v", 0) - steps.rate * steps.g
    return steps.define("velocity", after("v"), moved)


@dataclass(frozen=True, slots=True)
class Momentum(Optimizer):
    """The heavy ball: the last move goes on, shortened by μ (Polyak 1964; lecture slide 77).

    v ← μ v - α g, θ ← θ + v (Sutskever, Martens, Dahl and Hinton 2013, equations 1-2).

    scikit-learn's SGD with ``nesterovs_momentum=False`` is the same rule. PyTorch and optax keep b ← μ b + g and
    move by -α b: the same path while α stays as it is, but there a change of α also rescales the moves made before.

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
    >>> rule = Momentum(0.5)
    >>> theta, slots = rule.step(np.array([1.0]), np.array([1.0]), np.zeros((1, 1)), 1, 0.1)
    >>> theta, _ = rule.step(theta, np.array([1.0]), slots, 2, 0.1)
    >>> theta
    array([0.75])
    """

    name: ClassVar[str] = "momentum"
    code: ClassVar[int] = 1
    n_slots: ClassVar[int] = 1
    default_learning_rate: ClassVar[float] = 0.01
    share_of_width: ClassVar[float] = 0.002
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)
    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_real(self, "momentum", at_least=0, at_most=1)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ + v and the velocity v."""
        v = self.momentum * slots[0] - learning_rate * gradient
        return theta + v, np.stack([v])

    def explain(self, steps: RuleSteps) -> None:
        """Show the velocity and the move."""
        steps.move(steps.w + velocity(steps, self.momentum))

    def stability_limit(self, curvature: float) -> float:
        """Return 2 (1 + μ) / λ, where a root of the recursion's characteristic polynomial leaves the unit circle."""
        return 2 * (1 + self.momentum) / curvature
