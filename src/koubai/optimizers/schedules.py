"""Schedules by name: how the learning rate α changes from update to update (`koubai.optimizers.schedule`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from koubai.core.checks import check_count, check_real
from koubai.core.errors import Parameter
from koubai.core.registry import Registry
from koubai.optimizers.schedule import Rates, Schedule, Updates

__all__ = [
    "SCHEDULES",
    "Adaptive",
    "Constant",
    "Cosine",
    "FlatCosine",
    "InverseScaling",
    "LogCosine",
    "OneCycle",
    "Schedule",
    "StepDecay",
    "get_schedule",
]


SCHEDULES: Registry[Schedule] = Registry("schedule", Schedule)
"""Every schedule by name; ``SCHEDULES.register`` adds one from elsewhere."""


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """α = α₀ at every update.

    Examples
    --------
    >>> Constant().rates(0.1, 0, 3, 1, 3)
    array([0.1, 0.1, 0.1])
    """

    name: ClassVar[str] = "constant"

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α₀, (n,)."""
        return np.full(updates.numbers.shape, base_rate, dtype=np.float64)


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class StepDecay(Schedule):
    """α = α₀ · factor^⌊epoch / every⌋: the rate falls every few epochs (``torch.optim.lr_scheduler.StepLR``).

    Parameters
    ----------
    factor : float
        What α is multiplied with, in (0, 1].
    every : int
        Epochs from fall to fall, >= 1.

    Raises
    ------
    ParameterError
        If a parameter is out of range.

    Examples
    --------
    >>> StepDecay(factor=0.5, every=2).rates(0.4, 0, 6, 1, 6)
    array([0.4, 0.4, 0.2, 0.2, 0.1, 0.1])
    """

    name: ClassVar[str] = "step"
    aliases: ClassVar[tuple[str, ...]] = ("step_decay",)
    factor: float = 0.5
    every: int = 10

    def __post_init__(self) -> None:
        check_real(self, "factor", above=0, at_most=1)
        check_count(self, "every", at_least=1)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α₀ · factor^⌊epoch / every⌋, (n,)."""
        return np.asarray(base_rate * np.float64(self.factor) ** (updates.epochs // self.every))


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class InverseScaling(Schedule):
    """α = α₀ / (r + 1)^power, r being the rows trained on before the epoch: scikit-learn's ``"invscaling"``.

    With ``n_rows`` left at 1, r counts epochs. The idea is Robbins and Monro's (1951): Σ α diverges, so that any
    distance can be covered, and for power > 1/2 Σ α² does not, so that the noise dies out.

    Parameters
    ----------
    power : float
        Exponent, >= 0, dimensionless (scikit-learn's ``power_t``).

    Raises
    ------
    ParameterError
        If the exponent is not >= 0.

    Examples
    --------
    >>> InverseScaling().rates(0.6, 0, 4, 2, 4, n_rows=8)
    array([0.6, 0.6, 0.2, 0.2])
    """

    name: ClassVar[str] = "inverse_scaling"
    aliases: ClassVar[tuple[str, ...]] = ("invscaling",)
    power: float = 0.5

    def __post_init__(self) -> None:
        check_real(self, "power", at_least=0)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α₀ / (r + 1)^power, (n,)."""
        epochs, place = np.unique(updates.epochs, return_inverse=True)
        rows = [updates.rows_seen + epoch * updates.n_rows for epoch in (epochs - epochs[:1]).tolist()]
        # Python's power, as scikit-learn's: NumPy's may differ in the last bit
        return np.array([float(base_rate) / (r + 1) ** self.power for r in rows], dtype=np.float64)[place]


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class Cosine(Schedule):
    """A linear warm-up to α₀, then half a cosine down (Loshchilov and Hutter 2017, equation 5, one cycle).

    With T updates in all and w of them warming up, update k (from 0) has α = α₀ (k + 1) / (w + 1) for k < w, then
    α = α₀ (f + (1 - f) (1 + cos(π (k - w) / (T - w))) / 2), f being ``floor``. The warm-up (Goyal and others 2017,
    section 2.2) starts above 0, so that no update is lost; ``optax.warmup_cosine_decay_schedule`` with ``init_value``
    α₀ / (w + 1) is the same, and without warm-up ``torch.optim.lr_scheduler.CosineAnnealingLR``.

    Parameters
    ----------
    warmup : float
        Share of all updates that warm up, in [0, 1), rounded to whole updates.
    floor : float
        Share of α₀ that the cosine ends at, in [0, 1].

    Raises
    ------
    ParameterError
        If a parameter is out of range.

    Examples
    --------
    >>> Cosine(warmup=0.2).rates(1.0, 0, 5, 1, 5).round(3)
    array([0.5  , 1.   , 0.854, 0.5  , 0.146])
    """

    name: ClassVar[str] = "cosine"
    warmup: float = 0.05
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_real(self, "warmup", at_least=0, below=1)
        check_real(self, "floor", at_least=0, at_most=1)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α of a warm-up and half a cosine, (n,)."""
        k = np.minimum(updates.numbers, updates.total)
        w = round(self.warmup * updates.total)
        rising = (k + 1) / (w + 1)
        share = (k - w) / max(updates.total - w, 1)
        falling = self.floor + (1 - self.floor) * (1 + np.cos(np.pi * share)) / 2
        return np.asarray(base_rate * np.where(k < w, rising, falling))


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class LogCosine(Schedule):
    """α = α₀ ½ (1 - cos(2π log₂(1 + (2ᶜ - 1) t))), t being the share of all updates that are done: c = 4 cycles.

    Each cycle is a rise from 0 and a fall back, about twice as long as the one before (RealMLP's ``coslog4``:
    Holzmüller, Grinsztajn and Steinwart 2024, arXiv:2407.04491, section 3). The first update has α = 0.

    Parameters
    ----------
    cycles : int
        c, the number of cycles, >= 1.

    Raises
    ------
    ParameterError
        If it is not an integer >= 1.

    Examples
    --------
    >>> LogCosine(cycles=2).rates(1.0, 0, 6, 1, 6).round(3)
    array([0.   , 0.93 , 0.   , 0.718, 0.93 , 0.324])
    """

    name: ClassVar[str] = "log_cosine"
    aliases: ClassVar[tuple[str, ...]] = ("coslog4",)
    cycles: int = 4

    def __post_init__(self) -> None:
        check_count(self, "cycles", at_least=1)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α of cycles that grow longer, (n,)."""
        t = _done(updates)
        return np.asarray(base_rate * (1 - np.cos(2 * np.pi * np.log2(1 + (2.0**self.cycles - 1) * t))) / 2)


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class FlatCosine(Schedule):
    """α = α₀ until a share ``flat`` of all updates is done, then half a cosine down to 0.

    With t, the share of all updates that are done, and f, ``flat``: α = α₀ (1 + cos(π (t - f) / (1 - f))) / 2 for
    t > f. RealMLP's ``flat_cos``, for weight decay and dropout (arXiv:2407.04491, section 3).

    Parameters
    ----------
    flat : float
        Share of all updates before the fall, in [0, 1).

    Raises
    ------
    ParameterError
        If it is out of range.

    Examples
    --------
    >>> FlatCosine().rates(1.0, 0, 8, 1, 8).round(3)
    array([1.   , 1.   , 1.   , 1.   , 1.   , 0.854, 0.5  , 0.146])
    """

    name: ClassVar[str] = "flat_cosine"
    aliases: ClassVar[tuple[str, ...]] = ("flat_cos",)
    flat: float = 0.5

    def __post_init__(self) -> None:
        check_real(self, "flat", at_least=0, below=1)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α₀, then half a cosine, (n,)."""
        fallen = np.maximum(_done(updates) - self.flat, 0) / (1 - self.flat)
        return np.asarray(base_rate * (1 + np.cos(np.pi * fallen)) / 2)


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class OneCycle(Schedule):
    """α rises to α₀ and falls far below where it started, both along a cosine (Smith 2018, section 4).

    From α₀ / d to α₀ until update r T - 1, then down to α₀ / (d e) at update T - 1, r being ``rise``, d
    ``start_divisor``, e ``end_divisor`` and T the number of updates. ``torch.optim.lr_scheduler.OneCycleLR`` with
    ``cycle_momentum=False`` is the same schedule; Smith's falling momentum is left out.

    Parameters
    ----------
    rise : float
        Share of all updates in which α rises, in [0, 1].
    start_divisor : float
        d >= 1: α starts at α₀ / d.
    end_divisor : float
        e >= 1: α ends at α₀ / (d e).

    Raises
    ------
    ParameterError
        If a parameter is out of range.

    Examples
    --------
    >>> OneCycle(rise=0.5).rates(1.0, 0, 6, 1, 6).round(3)
    array([0.04, 0.52, 1.  , 0.75, 0.25, 0.  ])
    """

    name: ClassVar[str] = "one_cycle"
    aliases: ClassVar[tuple[str, ...]] = ("onecycle",)
    rise: float = 0.3
    start_divisor: float = 25.0
    end_divisor: float = 1e4

    def __post_init__(self) -> None:
        check_real(self, "rise", at_least=0, at_most=1)
        check_real(self, "start_divisor", "end_divisor", at_least=1)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α of one rise and one fall, (n,)."""
        last = updates.total - 1
        top = self.rise * updates.total - 1
        k = np.minimum(updates.numbers, last)
        start = base_rate / self.start_divisor
        end = start / self.end_divisor
        rising = _half_cosine(start, base_rate, k / top if top > 0 else np.ones(k.shape))
        falling = _half_cosine(base_rate, end, (k - top) / (last - top) if top < last else np.ones(k.shape))
        return np.where(k <= top, rising, falling)


@SCHEDULES.register
@dataclass(frozen=True, slots=True)
class Adaptive(Schedule):
    """α stays until the loss no longer falls, and is then divided: scikit-learn's ``"adaptive"``.

    Between the divisions every update has the current base rate. When training stagnates (in scikit-learn, after
    more than ``n_iter_no_change`` epochs without an improvement by ``tol``), ``after_stagnation`` gives the next base
    rate, or None once the rate has come down to ``lowest``.

    Parameters
    ----------
    divisor : float
        What α is divided by, > 1; 5 in scikit-learn.
    lowest : float
        No further division at or below this α, > 0; 1e-6 in scikit-learn.

    Raises
    ------
    ParameterError
        If a parameter is out of range.

    Examples
    --------
    >>> Adaptive().after_stagnation(0.5), Adaptive().after_stagnation(1e-6)
    (0.1, None)
    """

    name: ClassVar[str] = "adaptive"
    divisor: float = 5.0
    lowest: float = 1e-6

    def __post_init__(self) -> None:
        check_real(self, "divisor", above=1)
        check_real(self, "lowest", above=0)

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return the current base rate, (n,)."""
        return np.full(updates.numbers.shape, base_rate, dtype=np.float64)

    def after_stagnation(self, rate: float) -> float | None:
        """Return α / divisor, or None if α <= lowest."""
        return None if rate <= self.lowest else rate / self.divisor


def _done(updates: Updates) -> Rates:
    """Return the share of all updates that are done before each of these, in [0, 1)."""
    return np.minimum(updates.numbers, updates.total - 1) / updates.total


def _half_cosine(start: float, end: float, share: Rates) -> Rates:
    return np.asarray(end + (start - end) / 2 * (1 + np.cos(np.pi * share)))


def get_schedule(given: "str | Schedule | Mapping[str, Any]", who: str | Parameter = "schedule") -> Schedule:
    """Return the schedule that a name, an instance, or a stored ``spec()`` stands for.

    Raises
    ------
    ParameterError
        If no schedule has that name, it lacks a named parameter, or a parameter is out of range.
    ParameterTypeError
        If ``given`` is none of the three.

    Examples
    --------
    >>> get_schedule("invscaling")
    InverseScaling(power=0.5)
    >>> get_schedule({"name": "step", "every": 20})
    StepDecay(factor=0.5, every=20)
    """
    return SCHEDULES.resolve(given, who)
