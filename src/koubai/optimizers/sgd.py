"""Gradient descent and stochastic gradient descent: the same rule, on all rows or on a few (lecture slides 70-76)."""

from dataclasses import dataclass
from typing import ClassVar

from koubai.core.arrays import Array
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α."""
    return (rate,)


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α g."""
    return w - c[0] * g, ()


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """θ ← θ - α g (Cauchy 1847; on single examples Robbins and Monro 1951).

    Examples
    --------
    >>> import numpy as np
    >>> rule = SGD()
    >>> theta = np.array([1.0])
    >>> rule.step(theta, 2 * theta, rule.init(theta), 1, 0.1)[0]
    array([0.8])
    """

    name: ClassVar[str] = "sgd"
    aliases: ClassVar[tuple[str, ...]] = ("gradient_descent", "steepest_descent")
    code: ClassVar[int] = 0
    n_slots: ClassVar[int] = 0
    default_learning_rate: ClassVar[float] = 0.01
    parts_of_limit: ClassVar[int] = 2
    share_of_width: ClassVar[float] = 0.01
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α g."""
        return theta - learning_rate * gradient, slots

    def explain(self, steps: RuleSteps) -> None:
        """Show the rule."""
        steps.move(steps.w - steps.rate * steps.g)

    def stability_limit(self, curvature: float) -> float:
        """Return 2 / λ: each step multiplies the distance to the minimum by 1 - α λ."""
        return 2 / curvature
