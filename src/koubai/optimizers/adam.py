"""Adam: momentum and a step size of its own for each parameter."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.optimizers.moments import MomentRule


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
    n_slots: ClassVar[int] = 2
    default_learning_rate: ClassVar[float] = 1e-3

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α m̂ / (√v̂ + ε) and the averages m and v."""
        m, v = self.moments(gradient, slots)
        m_hat = m / (1 - self.beta_1**t)
        v_hat = v / (1 - self.beta_2**t)
        return theta - learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon), np.stack([m, v])
