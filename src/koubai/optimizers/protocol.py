"""What an optimizer is: a pure rule (θ, gradient, slots, t, α) → (θ', slots').

The slots are the rule's memory (a velocity, running averages): a matrix of shape (n_slots, n_parameters), zero at
the start. ``t`` counts updates from 1. The learning rate α comes from outside at every update, so that a schedule can
change it. Rules are written for one vector θ and work for any shape that broadcasts, so a descent in the plane and a
network with a million parameters use the same code.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from koubai.core.arrays import Array


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A gradient method. Subclasses are frozen records of hyperparameters, with the rule in ``step``.

    ``n_slots`` is how many vectors like θ the rule remembers; ``default_learning_rate`` is the α of the paper or of
    common practice.
    """

    name: ClassVar[str]
    n_slots: ClassVar[int] = 0
    default_learning_rate: ClassVar[float] = 1e-3

    def init(self, theta: Array) -> Array:
        """Return the slots before the first update: zeros, (n_slots, *theta.shape)."""
        return np.zeros((self.n_slots, *theta.shape), dtype=theta.dtype)

    def step(self, theta: Array, gradient: Array, slots: Array, t: int, learning_rate: float) -> tuple[Array, Array]:
        """Return θ and the slots after update ``t`` (counted from 1); the arguments are left as they are."""
        raise NotImplementedError

    def spec(self) -> dict[str, Any]:
        """Return the name and the hyperparameters, as plain data for a checkpoint."""
        return {"name": self.name, **asdict(self)}
