"""Stopping rules: when a descent has gone far enough.

A rule looks at one update (its number t from 1, the new θ, the value and the gradient at the new θ, and the step from
the old θ to the new) and returns why to stop, or None. Rules are pure and combine: ``AnyOf`` stops as soon as one of
its rules does, ``AllOf`` once all do. θ may be one point (d,) or several starts at once (n_starts, d); then a rule
holds when it holds for each of them, only `NotFinite` already when it holds for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.activations import Array
from koubai.core.checks import check_count, check_real
from koubai.core.errors import ParameterTypeError

Value = float | npt.NDArray[np.float64]
"""f(θ): a number, or one for each start, (n_starts,)."""


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a descent stopped: the rule's name, what was measured, and the limit that it reached.

    ``converged`` tells an end that was aimed at from one that was forced.
    """

    rule: str
    measured: float
    limit: float
    converged: bool


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """A pure rule (t, θ, value, gradient, step) → `StopReason` or None."""

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return why to stop after update ``t``, or None to go on."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SmallStep(StoppingRule):
    """Stop when ‖Δθ‖₂ < tolerance: the update hardly moved θ.

    Parameters
    ----------
    tolerance : float
        > 0, in units of θ.

    Examples
    --------
    >>> rule = SmallStep(1e-8)
    >>> theta, gradient = np.array([1.5]), np.array([0.0])
    >>> rule(7, theta, -0.6875, gradient, np.array([1e-9]))
    StopReason(rule='small_step', measured=1e-09, limit=1e-08, converged=True)
    """

    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        check_real(self, "tolerance", above=0)

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return a reason if the longest step of all starts is shorter than the tolerance."""
        length = _largest_norm(step)
        return StopReason("small_step", length, self.tolerance, True) if length < self.tolerance else None


@dataclass(frozen=True, slots=True)
class SmallGradient(StoppingRule):
    """Stop when ‖g‖₂ < tolerance: θ is nearly a stationary point, be it a minimum or not.

    Parameters
    ----------
    tolerance : float
        > 0, in units of the value per unit of θ.
    """

    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        check_real(self, "tolerance", above=0)

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return a reason if the longest gradient of all starts is shorter than the tolerance."""
        length = _largest_norm(gradient)
        return StopReason("small_gradient", length, self.tolerance, True) if length < self.tolerance else None


@dataclass(frozen=True, slots=True)
class LowValue(StoppingRule):
    """Stop when f(θ) <= target.

    Parameters
    ----------
    target : float
        In units of the value.
    """

    target: float = 0.0

    def __post_init__(self) -> None:
        check_real(self, "target")

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return a reason if the largest value of all starts is at the target or below."""
        largest = float(np.max(value))
        return StopReason("low_value", largest, self.target, True) if largest <= self.target else None


@dataclass(frozen=True, slots=True)
class MaxUpdates(StoppingRule):
    """Stop after a number of updates.

    Parameters
    ----------
    count : int
        >= 1.
    """

    count: int = 10_000

    def __post_init__(self) -> None:
        check_count(self, "count", at_least=1)

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return a reason at update ``count`` and after it."""
        return StopReason("max_updates", t, self.count, False) if t >= self.count else None


@dataclass(frozen=True, slots=True)
class NotFinite(StoppingRule):
    """Stop when θ, the value or the gradient is infinite or NaN: the descent has diverged."""

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return a reason with the number of components that are not finite, over all starts."""
        count = sum(int((~np.isfinite(part)).sum()) for part in (theta, np.asarray(value), gradient))
        return StopReason("not_finite", count, 0, False) if count else None


@dataclass(frozen=True, slots=True)
class AnyOf(StoppingRule):
    """Stop when one of the rules stops; the first that does gives the reason.

    Parameters
    ----------
    rules : sequence of StoppingRule
        The order says which reason counts if several hold.

    Raises
    ------
    ParameterTypeError
        If one of them is not a stopping rule.

    Examples
    --------
    >>> rule = AnyOf([SmallStep(1e-8), MaxUpdates(10_000)])
    >>> rule(10_000, np.array([1.0]), 0.0, np.array([1.0]), np.array([0.1])).rule
    'max_updates'
    """

    rules: Sequence[StoppingRule]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", _checked("AnyOf", self.rules))

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return the first rule's reason, or None if no rule stops."""
        for rule in self.rules:
            reason = rule(t, theta, value, gradient, step)
            if reason is not None:
                return reason
        return None


@dataclass(frozen=True, slots=True)
class AllOf(StoppingRule):
    """Stop when all of the rules stop at once; the last of them gives the reason.

    Parameters
    ----------
    rules : sequence of StoppingRule
        At least one.

    Raises
    ------
    ParameterTypeError
        If one of them is not a stopping rule.
    """

    rules: Sequence[StoppingRule]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", _checked("AllOf", self.rules))

    def __call__(self, t: int, theta: Array, value: Value, gradient: Array, step: Array) -> StopReason | None:
        """Return the last rule's reason if all stop, else None."""
        reason = None
        for rule in self.rules:
            reason = rule(t, theta, value, gradient, step)
            if reason is None:
                return None
        return reason


def _largest_norm(vectors: Array) -> float:
    with np.errstate(over="ignore"):  # too long for its square is still longer than any tolerance
        return float(np.sqrt((vectors * vectors).sum(axis=-1)).max()) if vectors.ndim else float(np.abs(vectors))


def _checked(who: str, rules: Sequence[StoppingRule]) -> tuple[StoppingRule, ...]:
    for rule in rules:
        if not isinstance(rule, StoppingRule):
            raise ParameterTypeError(
                f"{who}: rules must be stopping rules; got {type(rule).__name__}. Try {who}([SmallStep(1e-8)])."
            )
    return tuple(rules)
