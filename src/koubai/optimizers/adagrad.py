"""Adagrad: each parameter's steps shrink with the gradients that it has met."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import sqrt as root
from koubai.core.scalars import sqrt
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values, after


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α and ε."""
    return rate, h[0]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α g / (√s + ε) and s."""
    rate, epsilon = c
    s = slots[0] + g * g
    return w - rate * g / (sqrt(s) + epsilon), (s,)


@dataclass(frozen=True, slots=True)
class Adagrad(Optimizer):
    """The sum s of g² divides the step (Duchi, Hazan and Singer 2011, Figure 1, diagonal form; lecture slide 77).

    s ← s + g², θ ← θ - α g / (√s + ε), s starting at 0.

    ``torch.optim.Adagrad`` is the same rule. ``optax.adagrad`` divides by √(s + ε) and by default starts s at 0.1;
    both agree where ε vanishes beside √s and s starts at 0.

    Parameters
    ----------
    epsilon : float
        ε > 0, in units of g: keeps a parameter without gradient from 0 / 0.

    Raises
    ------
    ParameterError
        If ε is not > 0.

    Examples
    --------
    >>> rule = Adagrad()
    >>> rule.step(np.array([1.0]), np.array([4.0]), np.zeros((1, 1)), 1, 0.25)[0].round(9)
    array([0.75])
    """

    name: ClassVar[str] = "adagrad"
    code: ClassVar[int] = 3
    n_slots: ClassVar[int] = 1
    default_learning_rate: ClassVar[float] = 0.01
    share_of_width: ClassVar[float] = 0.1
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        check_real(self, "epsilon", above=0)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α g / (√s + ε) and the sum s."""
        s = slots[0] + gradient * gradient
        return theta - learning_rate * gradient / (np.sqrt(s) + self.epsilon), np.stack([s])

    def explain(self, steps: RuleSteps) -> None:
        """Show the sum of squares and the move."""
        s = steps.define("squares", after("s"), steps.slot("s", 0) + steps.g**2)
        steps.move(steps.w - steps.rate * steps.g / (root(s) + steps.parameter("ε", self.epsilon)))
