"""Adadelta: steps in the parameter's own units, without a learning rate to choose."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.optimizers.protocol import Optimizer


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
    n_slots: ClassVar[int] = 2
    default_learning_rate: ClassVar[float] = 1.0
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
