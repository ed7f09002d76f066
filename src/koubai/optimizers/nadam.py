"""Nadam: Adam that looks ahead as Nesterov's momentum does."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Symbol
from koubai.core.formulas.tree import sqrt as root
from koubai.core.scalars import sqrt
from koubai.optimizers.moments import MomentRule, averages
from koubai.optimizers.protocol import Kernel, RuleSteps, Values


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α, β₁, β₂, ε, and what m, g and v count in m̂ and v̂; ``powers`` are β₁ᵗ and β₂ᵗ."""
    of_m, of_g = h[0] / (1 - powers[0] * h[0]), (1 - h[0]) / (1 - powers[0])
    return rate, h[0], h[1], h[2], of_m, of_g, 1 / (1 - powers[1])


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α m̂ / (√v̂ + ε), m and v."""
    rate, beta_1, beta_2, epsilon, m_scale, g_scale, v_scale = c
    m, v = averages(g, slots, beta_1, beta_2)
    return w - rate * (m * m_scale + g * g_scale) / (sqrt(v * v_scale) + epsilon), (m, v)


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
    code: ClassVar[int] = 8
    n_slots: ClassVar[int] = 2
    default_learning_rate: ClassVar[float] = 1e-3
    kernel: ClassVar[Kernel | None] = Kernel(update, constants, n_powers=2)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α m̂ / (√v̂ + ε) and the averages m and v."""
        m, v = self.moments(gradient, slots)
        m_hat = self.beta_1 * m / (1 - self.beta_1 ** (t + 1)) + (1 - self.beta_1) * gradient / (1 - self.beta_1**t)
        v_hat = v / (1 - self.beta_2**t)
        return theta - learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon), np.stack([m, v])

    def explain(self, steps: RuleSteps) -> None:
        """Show both averages, m̂ ahead, v̂ and the move."""
        m, v, beta_1, beta_2 = self.explained_moments(steps)
        ahead = beta_1 * m / (1 - beta_1 ** (steps.time + 1)) + (1 - beta_1) * steps.g / (1 - beta_1**steps.time)
        m_hat = steps.define("ahead", Symbol("m", accent="hat"), ahead)
        v_hat = steps.define("corrected_squares", Symbol("v", accent="hat"), v / (1 - beta_2**steps.time))
        steps.move(steps.w - steps.rate * m_hat / (root(v_hat) + steps.parameter("ε", self.epsilon)))
