"""How an estimator trains, where that goes beyond a playground's settings."""

from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.randomness import seed_from
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import Schedule, get_schedule


@dataclass(frozen=True, eq=False)
class Recipe:
    """What makes a playground's run equal to ``fit``: the same start, order of rows, and rule with its parameters.

    Parameters
    ----------
    rule : Optimizer
        Used for the setting ``optimizer`` while that has the same name.
    course : Schedule
        Likewise for the setting ``schedule``.
    shuffle : bool
        Whether to reshuffle the rows in each epoch.
    clip_norm : float
        Maximum gradient norm; 0 disables clipping.
    """

    rule: Optimizer
    course: Schedule
    shuffle: bool = True
    clip_norm: float = 0.0

    def optimizer(self, name: str) -> Optimizer:
        """Return the rule of that name: the estimator's own if the name matches."""
        return self.rule if name == self.rule.name else get_optimizer(name)

    def schedule(self, name: str) -> Schedule:
        """Return the schedule of that name: the estimator's own if the name matches."""
        return self.course if name == self.course.name else get_schedule(name)

    @staticmethod
    def start(network: Network, seed: int, scheme: str) -> tuple[Array, int]:
        """Return θ and the seed of the shuffles as ``fit`` draws them from ``random_state=seed``."""
        rng = np.random.RandomState(seed)
        return network.initial(rng, scheme), seed_from(rng)
