"""Nadam: Adam that looks ahead as Nesterov's momentum does."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.optimizers.moments import MomentRule


@dataclass(frozen=True, slots=True)
class Nadam(MomentRule):
    """Adam with the next update's share of m and this update's gradient in m̂ (Dozat 2016, Algorithm 2, constant μ).

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g²,
    m̂ = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ), θ ← θ - α m̂ / (√v̂ + ε).

    ``optax.nadam`` is the same rule. Dozat's v̂ has a further factor β₂, which common implementations leave out.
    ``torch.optim.NAdam`` lets β₁ grow with t (β₁ (1 - 0.96^(0.004 t) / 2)) and so takes other steps.

    Examples
    --------
    >>> rule = Nadam(beta_1=0.5)
    >>> rule.step(np.array([1.0]), np.array([4.0]), np.zeros((2, 1)), 1, 0.75)[0].round(6)
    array([0.])
    """

    name: ClassVar[str] = "nadam"
    n_slots: ClassVar[int] = 2
    default_learning_rate: ClassVar[float] = 1e-3

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α m̂ / (√v̂ + ε) and the averages m and v."""
        m, v = self.moments(gradient, slots)
        m_hat = self.beta_1 * m / (1 - self.beta_1 ** (t + 1)) + (1 - self.beta_1) * gradient / (1 - self.beta_1**t)
        v_hat = v / (1 - self.beta_2**t)
        return theta - learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon), np.stack([m, v])
