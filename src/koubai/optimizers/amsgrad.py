"""AMSGrad: Adam whose step sizes never grow back."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Symbol, largest
from koubai.core.formulas.tree import sqrt as root
from koubai.core.scalars import sqrt
from koubai.optimizers.moments import MomentRule, averages
from koubai.optimizers.protocol import Kernel, RuleSteps, Values, after


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α, β₁, β₂, ε, and what turns m and w into m̂ and ŵ; ``powers`` are β₁ᵗ and β₂ᵗ."""
    return rate, h[0], h[1], h[2], 1 / (1 - powers[0]), 1 / (1 - powers[1])


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α m̂ / (√ŵ + ε), m, v and the largest v so far."""
    rate, beta_1, beta_2, epsilon, m_scale, v_scale = c
    m, v = averages(g, slots, beta_1, beta_2)
    top = v if v > slots[2] else slots[2]
    return w - rate * (m * m_scale) / (sqrt(top * v_scale) + epsilon), (m, v, top)


@dataclass(frozen=True, slots=True)
class AMSGrad(MomentRule):
    """Adam with the largest v met so far in the denominator (Reddi, Kale and Kumar 2018, Algorithm 2).

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← max(w, v), m̂ = m / (1 - β₁ᵗ), ŵ = w / (1 - β₂ᵗ),
    θ ← θ - α m̂ / (√ŵ + ε).

    ``torch.optim.Adam(amsgrad=True)`` is the same rule. The paper corrects neither m nor w for their start at zero;
    ``optax.amsgrad`` takes the maximum over the corrected v̂, which lets the large corrections of the first updates
    stay in it for good, so its steps are shorter.

    Examples
    --------
    >>> rule = AMSGrad()
    >>> rule.step(np.array([1.0]), np.array([4.0]), np.zeros((3, 1)), 1, 0.25)[0].round(6)
    array([0.75])
    """

    name: ClassVar[str] = "amsgrad"
    code: ClassVar[int] = 9
    n_slots: ClassVar[int] = 3
    default_learning_rate: ClassVar[float] = 1e-3
    kernel: ClassVar[Kernel | None] = Kernel(update, constants, n_powers=2)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α m̂ / (√ŵ + ε), the averages m and v, and the maximum w."""
        m, v = self.moments(gradient, slots)
        w = np.maximum(slots[2], v)
        m_hat = m / (1 - self.beta_1**t)
        w_hat = w / (1 - self.beta_2**t)
        return theta - learning_rate * m_hat / (np.sqrt(w_hat) + self.epsilon), np.stack([m, v, w])

    def explain(self, steps: RuleSteps) -> None:
        """Show both averages, the largest, both corrections and the move."""
        m, v, beta_1, beta_2 = self.explained_moments(steps)
        top = steps.define("largest", after("q"), largest(steps.slot("q", 2), v))
        m_hat = steps.define("corrected", Symbol("m", accent="hat"), m / (1 - beta_1**steps.time))
        q_hat = steps.define("corrected_squares", Symbol("q", accent="hat"), top / (1 - beta_2**steps.time))
        steps.move(steps.w - steps.rate * m_hat / (root(q_hat) + steps.parameter("ε", self.epsilon)))
