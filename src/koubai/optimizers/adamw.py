"""AdamW: Adam with weight decay decoupled from the step sizes."""

from dataclasses import dataclass
from typing import ClassVar

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Formula
from koubai.optimizers.adam import Adam
from koubai.optimizers.adam import update as adam_update
from koubai.optimizers.protocol import Kernel, RuleSteps, Values


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return Adam's constants, and 1 - α λ."""
    return rate, h[0], h[1], h[2], 1 / (1 - powers[0]), 1 / (1 - powers[1]), 1 - rate * h[3]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return (1 - α λ) w - α m̂ / (√v̂ + ε), m and v."""
    return adam_update(c[6] * w, g, slots, c[:6])


@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """θ is first multiplied by 1 - α λ, then Adam follows (Loshchilov and Hutter 2019, Algorithm 2).

    θ ← (1 - α λ) θ - α m̂ / (√v̂ + ε), m̂ and v̂ as in Adam, from the gradient without the decay.

    ``torch.optim.AdamW`` and ``optax.adamw`` are the same rule (optax's default λ is 1e-4). The paper multiplies λ by
    the schedule's factor η alone and not by α: its λ is α λ here. Biases decay too, since the rule knows nothing about
    layers.

    Parameters
    ----------
    weight_decay : float
        λ >= 0, per unit of α.

    Raises
    ------
    ParameterError
        If λ is not >= 0, or a parameter of Adam is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> AdamW(weight_decay=0.5).step(np.array([1.0]), np.array([0.0]), np.zeros((2, 1)), 1, 0.1)[0]
    array([0.95])
    """

    name: ClassVar[str] = "adamw"
    code: ClassVar[int] = 7
    decay: ClassVar[str] = "weight_decay"
    kernel: ClassVar[Kernel | None] = Kernel(update, constants, n_powers=2)
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        Adam.__post_init__(self)
        check_real(self, "weight_decay", at_least=0)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return (1 - α λ) θ - α m̂ / (√v̂ + ε) and the averages m and v."""
        decayed = theta * (1 - learning_rate * self.weight_decay)
        return Adam.step(self, decayed, gradient, slots, t, learning_rate)

    def kept(self, steps: RuleSteps) -> Formula:
        """Return (1 - α λ) w."""
        return (1 - steps.rate * steps.parameter("λ", self.weight_decay)) * steps.w
