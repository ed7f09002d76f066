"""Adam: momentum and a step size of its own for each parameter."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Symbol
from koubai.core.formulas.tree import sqrt as root
from koubai.core.scalars import sqrt
from koubai.optimizers.moments import MomentRule, averages
from koubai.optimizers.protocol import Kernel, RuleSteps, Values


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α, β₁, β₂, ε, and what turns m and v into m̂ and v̂; ``powers`` are β₁ᵗ and β₂ᵗ."""
    return rate, h[0], h[1], h[2], 1 / (1 - powers[0]), 1 / (1 - powers[1])


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return w - α m̂ / (√v̂ + ε), m and v."""
    rate, beta_1, beta_2, epsilon, m_scale, v_scale = c
    m, v = averages(g, slots, beta_1, beta_2)
    return w - rate * (m * m_scale) / (sqrt(v * v_scale) + epsilon), (m, v)


@dataclass(frozen=True, slots=True)
class Adam(MomentRule):
    """Running averages m of g and v of g², both corrected for their start at zero (Kingma and Ba 2015, Algorithm 1).

    m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ),
    θ ← θ - α m̂ / (√v̂ + ε).

    optax.adam and torch.optim.Adam follow the same rule; scikit-learn adds ε to √v instead of to √v̂ (the paper's
    remark at the end of section 2).

    Examples
    --------
    >>> rule = Adam()
    >>> rule.step(np.array([1.0]), np.array([4.0]), np.zeros((2, 1)), 1, 0.25)[0].round(6)
    array([0.75])
    """

    name: ClassVar[str] = "adam"
    code: ClassVar[int] = 6
    n_slots: ClassVar[int] = 2
    default_learning_rate: ClassVar[float] = 1e-3
    kernel: ClassVar[Kernel | None] = Kernel(update, constants, n_powers=2)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α m̂ / (√v̂ + ε) and the averages m and v."""
        m, v = self.moments(gradient, slots)
        m_hat = m / (1 - self.beta_1**t)
        v_hat = v / (1 - self.beta_2**t)
        return theta - learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon), np.stack([m, v])

    def explain(self, steps: RuleSteps) -> None:
        """Show both averages, both corrections and the move."""
        m, v, beta_1, beta_2 = self.explained_moments(steps)
        m_hat = steps.define("corrected", Symbol("m", accent="hat"), m / (1 - beta_1**steps.time))
        v_hat = steps.define("corrected_squares", Symbol("v", accent="hat"), v / (1 - beta_2**steps.time))
        steps.move(self.kept(steps) - steps.rate * m_hat / (root(v_hat) + steps.parameter("ε", self.epsilon)))

    def kept(self, steps: RuleSteps) -> Formula:
        """Return what the step is taken from."""
        return steps.w
