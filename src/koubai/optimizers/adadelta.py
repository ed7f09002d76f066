"""Adadelta: steps in the parameter's own units, without a learning rate to choose."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Symbol
from koubai.core.formulas.tree import sqrt as root
from koubai.core.scalars import like, sqrt
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values, after


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α, ρ and ε."""
    return rate, h[0], h[1]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α Δ, s and d."""
    rate, rho, epsilon = c
    rest = like(1.0, w) - rho
    s = rho * slots[0] + rest * g * g
    delta = sqrt(slots[1] + epsilon) / sqrt(s + epsilon) * g
    d = rho * slots[1] + rest * delta * delta
    return w - rate * delta, (s, d)


@dataclass(frozen=True, slots=True)
class Adadelta(Optimizer):
    """The ratio of two running averages sets the step (Zeiler 2012, Algorithm 1; lecture slide 77).

    s ← ρ s + (1 - ρ) g², Δ = √(d + ε) / √(s + ε) · g, d ← ρ d + (1 - ρ) Δ², θ ← θ - α Δ; s and d start at 0.

    The paper has no α, which is α = 1, the default. ``torch.optim.Adadelta`` and ``optax.adadelta`` are the same rule;
    like here, their α does not enter d.

    Parameters
    ----------
    rho : float
        ρ, in [0, 1), dimensionless: how much of the averages is kept at each update.
    epsilon : float
        ε > 0: sets the first steps' size. It is added both to squared gradients and to squared steps.

    Raises
    ------
    ParameterError
        If ρ lies outside [0, 1) or ε is not > 0.

    Examples
    --------
    >>> rule = Adadelta()
    >>> rule.step(np.array([1.0]), np.array([1.0]), np.zeros((2, 1)), 1, 1.0)[0].round(6)
    array([0.996838])
    """

    name: ClassVar[str] = "adadelta"
    code: ClassVar[int] = 4
    n_slots: ClassVar[int] = 2
    default_learning_rate: ClassVar[float] = 1.0
    needs_no_rate: ClassVar[bool] = True
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)
    rho: float = 0.9
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        check_real(self, "rho", at_least=0, below=1)
        check_real(self, "epsilon", above=0)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α Δ and the averages s of g² and d of Δ²."""
        s = self.rho * slots[0] + (1 - self.rho) * gradient * gradient
        delta = np.sqrt(slots[1] + self.epsilon) / np.sqrt(s + self.epsilon) * gradient
        d = self.rho * slots[1] + (1 - self.rho) * delta * delta
        return theta - learning_rate * delta, np.stack([s, d])

    def explain(self, steps: RuleSteps) -> None:
        """Show both averages, the step between them, and the move."""
        rho, epsilon = steps.parameter("ρ", self.rho), steps.parameter("ε", self.epsilon)
        d = steps.slot("d", 1)
        s = steps.define("mean_squares", after("s"), rho * steps.slot("s", 0) + (1 - rho) * steps.g**2)
        delta = steps.define("own_step", Symbol("Δ"), root(d + epsilon) / root(s + epsilon) * steps.g)
        steps.define("mean_steps", after("d"), rho * d + (1 - rho) * delta**2)
        steps.move(steps.w - steps.rate * delta)
