"""Lion: the sign of a momentum, so that every parameter moves by the same amount."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import check_real
from koubai.core.formulas.tree import Formula, Function, Symbol
from koubai.core.scalars import like
from koubai.optimizers.protocol import Kernel, Optimizer, RuleSteps, Values, after


def constants(rate: float, powers: Values, h: Values) -> Values:
    """Return α, β₁, β₂ and 1 - α λ."""
    return rate, h[0], h[1], 1 - rate * h[2]


def update(w: float, g: float, slots: Values, c: Values) -> tuple[float, Values]:
    """Return (1 - α λ) w - α sign(c) and m; NaN stays NaN."""
    rate, beta_1, beta_2, kept = c
    zero, one = like(0.0, w), like(1.0, w)
    mixed = beta_1 * slots[0] + (one - beta_1) * g
    m = beta_2 * slots[0] + (one - beta_2) * g
    return kept * w - (rate if mixed > zero else (-rate if mixed < zero else mixed)), (m,)


@dataclass(frozen=True, slots=True)
class Lion(Optimizer):
    """Every parameter moves by α, up or down (Chen and others 2023, Algorithm 2).

    c = β₁ m + (1 - β₁) g, θ ← θ - α (sign(c) + λ θ), m ← β₂ m + (1 - β₂) g; sign(0) = 0.

    ``optax.lion`` is the same rule (its default λ is 1e-3). PyTorch and scikit-learn do not have it. Steps do not
    shrink near a minimum, so α should be small, or decrease by a schedule.

    Parameters
    ----------
    beta_1 : float
        β₁, in [0, 1), dimensionless: the share of m in the direction of this update.
    beta_2 : float
        β₂, in [0, 1), dimensionless: the decay rate of m.
    weight_decay : float
        λ >= 0, per unit of α, decoupled from the gradient as in AdamW.

    Raises
    ------
    ParameterError
        If β₁ or β₂ lies outside [0, 1) or λ is not >= 0.

    Examples
    --------
    >>> Lion().step(np.array([1.0, 1.0]), np.array([4.0, -0.1]), np.zeros((1, 2)), 1, 0.25)[0]
    array([0.75, 1.25])
    """

    name: ClassVar[str] = "lion"
    code: ClassVar[int] = 10
    n_slots: ClassVar[int] = 1
    default_learning_rate: ClassVar[float] = 1e-4
    share_of_width: ClassVar[float] = 0.004
    decay: ClassVar[str] = "weight_decay"
    kernel: ClassVar[Kernel | None] = Kernel(update, constants)
    beta_1: float = 0.9
    beta_2: float = 0.99
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_real(self, "beta_1", "beta_2", at_least=0, below=1)
        check_real(self, "weight_decay", at_least=0)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α (sign(c) + λ θ) and the average m."""
        c = self.beta_1 * slots[0] + (1 - self.beta_1) * gradient
        m = self.beta_2 * slots[0] + (1 - self.beta_2) * gradient
        return theta - learning_rate * (np.sign(c) + self.weight_decay * theta), np.stack([m])

    def explain(self, steps: RuleSteps) -> None:
        """Show the direction, the average and the move."""
        beta_1, beta_2 = steps.parameter("β", self.beta_1, (1,)), steps.parameter("β", self.beta_2, (2,))
        m = steps.slot("m", 0)
        direction = steps.define("direction", Symbol("d"), beta_1 * m + (1 - beta_1) * steps.g)
        steps.define("mean", after("m"), beta_2 * m + (1 - beta_2) * steps.g)
        step: Formula = Function("sign", (direction,))
        if self.weight_decay:
            step = step + steps.parameter("λ", self.weight_decay) * steps.w
        steps.move(steps.w - steps.rate * step)
