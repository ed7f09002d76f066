"""The record of a descent: where it went, what it saw, and why it stopped."""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np

from koubai.core.errors import ParameterError
from koubai.descent.display import Displayed
from koubai.descent.functions.objective import Array, Objective
from koubai.optimizers.protocol import Optimizer


class Stop(Enum):
    """Why a descent ended. The value is the last part of the key of its text."""

    STEP_SIZE = "step_size"
    GRADIENT_NORM = "gradient_norm"
    VALUE = "value"
    COUNT = "count"
    DIVERGED = "diverged"
    UNBOUNDED = "unbounded"
    LEFT_DOMAIN = "left_domain"


@dataclass(frozen=True, slots=True)
class Stopping:
    """When a descent ends.

    Parameters
    ----------
    max_steps : int
        Most updates, 1 to 1,000,000.
    step_size : float
        It ends after an update with ‖Δθ‖ below this; 0 never ends it. In units of the variables.
    gradient_norm : float
        It ends where ‖gradient‖ is below this (a noisy gradient never ends it); 0 never.
    value : float, optional
        It ends where f is at or below this.

    Raises
    ------
    ParameterError
        If one of them is not allowed.
    """

    max_steps: int = 1000
    step_size: float = 0.0
    gradient_norm: float = 1e-8
    value: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.max_steps, int | np.integer) or not 1 <= self.max_steps <= 1_000_000:
            raise ParameterError(
                f"descend: max_steps must be an integer from 1 to 1000000; got {self.max_steps!r}. Try 1000."
            )
        for name, limit in (("step_size", self.step_size), ("gradient_norm", self.gradient_norm)):
            if not 0 <= limit < np.inf:
                raise ParameterError(f"descend: {name} must be >= 0 and finite; got {limit!r}. Try 1e-8.")
        if self.value is not None and not np.isfinite(self.value):
            raise ParameterError(f"descend: value must be finite; got {self.value!r}. Leave it out.")


@dataclass(frozen=True, slots=True)
class Advice:
    """What learning rate would not have diverged, or not have left the domain.

    Attributes
    ----------
    curvature : float
        The largest eigenvalue of the Hessian at the start, in units of f per squared unit of the variables.
    limit : float or None
        The largest stable α on a bowl of that curvature, 2/λ for steepest descent; None if the rule has none.
    learning_rate : float or None
        An α that was tried from the same start and did neither; None if none was found.
    """

    curvature: float
    limit: float | None
    learning_rate: float | None


@dataclass(frozen=True, eq=False)
class Path(Displayed):
    """One descent.

    Attributes
    ----------
    objective : Objective
        What was minimised.
    optimizer : Optimizer
        By which rule.
    learning_rate : float
        α.
    points : (n_steps + 1, d)
        θ before the first update and after each.
    values : (n_steps + 1,)
        f at them.
    gradients : (n_steps + 1, d)
        The gradient seen at them.
    stop : Stop
        Why it ended.
    gradient_evaluations : int
        Gradients evaluated for the updates; a batch of b rows counts b.
    costs : (n_steps + 1,)
        How many of them before each point.
    advice : Advice or None
        For one that diverged or left the domain.
    """

    objective: Objective
    optimizer: Optimizer
    learning_rate: float
    points: Array
    values: Array
    gradients: Array
    stop: Stop
    costs: Array
    advice: Advice | None = field(default=None)

    @property
    def n_steps(self) -> int:
        """Updates made."""
        return len(self.points) - 1

    @property
    def steps(self) -> Array:
        """Δθ of each update, (n_steps, d)."""
        return np.diff(self.points, axis=0)

    @property
    def gradient_evaluations(self) -> int:
        """Gradients evaluated."""
        return int(self.costs[-1])

    @property
    def point(self) -> Array:
        """Where it ended, (d,)."""
        return self.points[-1]

    @property
    def value(self) -> float:
        """F where it ended."""
        return float(self.values[-1])

    @cached_property
    def distances(self) -> Array:
        """‖θ - the nearest known minimum‖ of every point, (n_steps + 1,); NaN if none is known."""
        if not self.objective.minima:
            return np.full(len(self.points), np.nan)
        minima = np.array(self.objective.minima)
        return np.linalg.norm(self.points[:, np.newaxis] - minima, axis=2).min(axis=1)

    @cached_property
    def wanders(self) -> bool:
        """Whether it goes to and fro: it is more than fifteen times as long as the box around it."""
        points = self.points[np.isfinite(self.points).all(axis=1)]
        if self.failed or len(points) < 100:
            return False
        box = float(np.linalg.norm(np.ptp(points, axis=0)))
        return bool(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() > 15 * box > 0)

    @property
    def failed(self) -> bool:
        """Whether it left the finite numbers or the domain."""
        return self.stop in (Stop.DIVERGED, Stop.UNBOUNDED, Stop.LEFT_DOMAIN)
