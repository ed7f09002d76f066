"""The record of a descent: its points, values and gradients, and why it stopped."""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.functions.objective import Array, Objective
from koubai.optimizers.protocol import Optimizer

STAGES = 20
"""Number of stages over which an oscillating path is averaged; a stochastic fit makes as many passes."""


class Stop(Enum):
    """Why a descent ended. The value is the last part of its text's key."""

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
        Maximum number of updates, 1 to 1,000,000.
    step_size : float
        Stop after an update with ‖Δθ‖ below this, in units of the variables; 0 disables the test.
    gradient_norm : float
        Stop where ‖gradient‖ is below this (a noisy gradient never stops it); 0 disables the test.
    value : float, optional
        Stop where f is at or below this.

    Raises
    ------
    ParameterError
        If an argument is not allowed.
    """

    max_steps: int = 1000
    step_size: float = 0.0
    gradient_norm: float = 1e-8
    value: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.max_steps, int | np.integer) or not 1 <= self.max_steps <= 1_000_000:
            raise ParameterError(worded("descend.error.steps", got=repr(self.max_steps)))
        for key, limit in (
            ("descend.error.step_size", self.step_size),
            ("descend.error.gradient_norm", self.gradient_norm),
        ):
            if not 0 <= limit < np.inf:
                raise ParameterError(worded(key, got=repr(limit)))
        if self.value is not None and not np.isfinite(self.value):
            raise ParameterError(worded("descend.error.value", got=repr(self.value)))


@dataclass(frozen=True, slots=True)
class Advice:
    """A learning rate that would not have diverged or left the domain.

    Attributes
    ----------
    curvature : float
        The largest eigenvalue of the Hessian at the start, in units of f per squared unit of the variables.
    limit : float or None
        The largest stable α on a quadratic of that curvature, 2/λ for steepest descent; None if the rule has no limit.
    learning_rate : float or None
        An α that did neither when tried from the same start; None if none was found.
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
        The rule.
    learning_rate : float
        α.
    points : (n_steps + 1, d)
        θ before the first update and after each.
    values : (n_steps + 1,)
        f at these points.
    gradients : (n_steps + 1, d)
        The gradient seen at these points.
    stop : Stop
        Why it ended.
    gradient_evaluations : int
        Gradients evaluated for the updates; a batch of b rows counts b.
    costs : (n_steps + 1,)
        Number of gradients evaluated before each point.
    advice : Advice or None
        For a path that diverged or left the domain.
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
        """Number of updates."""
        return len(self.points) - 1

    @property
    def steps(self) -> Array:
        """Δθ of each update, (n_steps, d)."""
        return np.diff(self.points, axis=0)

    @property
    def gradient_evaluations(self) -> int:
        """Number of gradients evaluated."""
        return int(self.costs[-1])

    @property
    def point(self) -> Array:
        """The final point, (d,)."""
        return self.points[-1]

    @property
    def value(self) -> float:
        """The value of f at the final point."""
        return float(self.values[-1])

    @cached_property
    def distances(self) -> Array:
        """Distance of every point to the nearest known minimum, (n_steps + 1,); NaN if none is known."""
        if not self.objective.minima:
            return np.full(len(self.points), np.nan)
        minima = np.array(self.objective.minima)
        return np.linalg.norm(self.points[:, np.newaxis] - minima, axis=2).min(axis=1)

    @cached_property
    def wanders(self) -> bool:
        """Whether the path goes back and forth: it is over fifteen times as long as its bounding box."""
        points = self.points[np.isfinite(self.points).all(axis=1)]
        if self.failed or len(points) < 100:
            return False
        box = float(np.linalg.norm(np.ptp(points, axis=0)))
        return bool(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() > 15 * box > 0)

    @cached_property
    def stages(self) -> tuple[Array, Array, Array]:
        """The mean point and the mean value of equal stages of a path that wanders, and where each stage ends.

        Returns ends (n_stages,), the index of each stage's last point; points (n_stages, d); values (n_stages,).
        Averages settle where the points of a stochastic descent keep moving around (Polyak and Juditsky 1992).
        """
        parts = np.array_split(np.arange(len(self.points)), STAGES)
        ends = np.array([part[-1] for part in parts])
        points = np.array([self.points[part].mean(axis=0) for part in parts])
        return ends, points, np.array([self.values[part].mean() for part in parts])

    @property
    def failed(self) -> bool:
        """Whether it left the finite numbers or the domain."""
        return self.stop in (Stop.DIVERGED, Stop.UNBOUNDED, Stop.LEFT_DOMAIN)
