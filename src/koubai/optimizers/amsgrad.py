"""AMSGrad: Adam whose step sizes never grow back."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.optimizers.moments import MomentRule


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
    n_slots: ClassVar[int] = 3
    default_learning_rate: ClassVar[float] = 1e-3

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α m̂ / (√ŵ + ε), the averages m and v, and the maximum w."""
        m, v = self.moments(gradient, slots)
        w = np.maximum(slots[2], v)
        m_hat = m / (1 - self.beta_1**t)
        w_hat = w / (1 - self.beta_2**t)
        return theta - learning_rate * m_hat / (np.sqrt(w_hat) + self.epsilon), np.stack([m, v, w])
