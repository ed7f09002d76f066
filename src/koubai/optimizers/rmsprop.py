"""RMSprop: Adagrad that forgets."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import sqrt as root
from koubai.core.scalars import like, sqrt
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values, after


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α, ρ and ε."""
    return rate, h[0], h[1]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α g / (√s + ε) and s."""
    rate, rho, epsilon = c
    s = rho * slots[0] + (like(1.0, w) - rho) * g * g
    return w - rate * g / (sqrt(s) + epsilon), (s,)


@dataclass(frozen=True, slots=True)
class RMSprop(Optimizer):
    """A running average s of g² divides the step (Tieleman and Hinton 2012, Lecture 6.5; lecture slide 77).

    s ← ρ s + (1 - ρ) g², θ ← θ - α g / (√s + ε), s starting at 0.

    ``torch.optim.RMSprop(alpha=0.9)`` is the same rule (PyTorch's own default is ρ = 0.99), as is
    ``optax.rmsprop(eps_in_sqrt=False)``; optax by default divides by √(s + ε).

    Parameters
    ----------
    rho : float
        ρ, in [0, 1), dimensionless: how much of the average is kept at each update.
    epsilon : float
        ε > 0, in units of g: keeps a parameter without gradient from 0 / 0.

    Raises
    ------
    ParameterError
        If ρ lies outside [0, 1) or ε is not > 0.

    Examples
    --------
    >>> rule = RMSprop(rho=0.75)
    >>> rule.step(np.array([1.0]), np.array([4.0]), np.zeros((1, 1)), 1, 0.25)[0].round(6)
    array([0.5])
    """

    name: ClassVar[str] = "rmsprop"
    code: ClassVar[int] = 5
    n_slots: ClassVar[int] = 1
    default_learning_rate: ClassVar[float] = 1e-3
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)
    rho: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_real(self, "rho", at_least=0, below=1)
        check_real(self, "epsilon", above=0)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α g / (√s + ε) and the average s."""
        s = self.rho * slots[0] + (1 - self.rho) * gradient * gradient
        return theta - learning_rate * gradient / (np.sqrt(s) + self.epsilon), np.stack([s])

    def explain(self, steps: RuleSteps) -> None:
        """Show the average of squares and the move."""
        rho = steps.parameter("ρ", self.rho)
        s = steps.define("mean_squares", after("s"), rho * steps.slot("s", 0) + (1 - rho) * steps.g**2)
        steps.move(steps.w - steps.rate * steps.g / (root(s) + steps.parameter("ε", self.epsilon)))
