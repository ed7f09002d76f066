"""Gradient descent and stochastic gradient descent: the same rule, on all rows or on a few (lecture slides 70-76)."""

from dataclasses import dataclass
from typing import ClassVar

from koubai.core.arrays import Array
from koubai.optimizers.protocol import Optimizer


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """θ ← θ - α g (Cauchy 1847; on single examples Robbins and Monro 1951).

    Examples
    --------
    >>> import numpy as np
    >>> rule = SGD()
    >>> theta = np.array([1.0])
    >>> rule.step(theta, 2 * theta, rule.init(theta), 1, 0.1)[0]
    array([0.8])
    """

    name: ClassVar[str] = "sgd"
    n_slots: ClassVar[int] = 0
    default_learning_rate: ClassVar[float] = 0.01

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ - α g."""
        return theta - learning_rate * gradient, slots
