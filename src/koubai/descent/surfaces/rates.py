"""The range of useful learning rates of a network: the loss as the rate rises from update to update."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from koubai.core.arguments import REAL, SEED, TEXT, WHOLE, shown, takes
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.functions.curvature import one_digit
from koubai.descent.surfaces.subject import SUBJECT, Subject
from koubai.descent.surfaces.watching import MOST_UPDATES, Numbers, Update, updates
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer

SMOOTHING = 0.9
"""Decay of the running average of the losses in the range test."""
MOST_TRIES = 12
"""Maximum number of rates that are tried before one is suggested, each a third of the one before."""
WORSE = 4.0
"""The range test ends when the smoothed loss exceeds its minimum by this factor."""


@dataclass(frozen=True, eq=False)
class RangeTest(Displayed):
    """Losses as the learning rate grows.

    Attributes
    ----------
    optimizer : Optimizer
        The rule.
    rates : (n,)
        α of each update.
    losses : (n,)
        Loss on each update's batch, before the update.
    smoothed : (n,)
        Their running average, bias-corrected.
    diverged : bool
        Whether the loss rose again far above its minimum.
    suggested : float
        A third of `largest`, or less: the first such rate, to one digit, with which as many updates from the same start
        lowered the loss.
    """

    optimizer: Optimizer
    rates: Numbers
    losses: Numbers
    smoothed: Numbers
    diverged: bool
    suggested: float

    @property
    def largest(self) -> float:
        """The rate at which the smoothed loss was lowest: above it, training gets worse."""
        return float(self.rates[int(np.argmin(self.smoothed))])


@takes(
    "range_test", subject=SUBJECT, lowest=REAL, highest=REAL, n_updates=WHOLE, batch_size=WHOLE, seed=SEED, engine=TEXT
)
def range_test(
    subject: Subject,
    optimizer: str | Mapping[str, object] | Optimizer = "sgd",
    *,
    lowest: float = 1e-5,
    highest: float = 10.0,
    n_updates: int = 150,
    batch_size: int = 32,
    seed: int = 0,
    engine: str = "reference",
) -> RangeTest:
    """Train while α grows from update to update, and record where the loss falls and rises (Smith 2017).

    Parameters
    ----------
    subject : Subject
        What to train; it is left unchanged.
    optimizer : str, Mapping or Optimizer
        The rule.
    lowest, highest : float
        The range of α, 0 < lowest < highest; α grows geometrically.
    n_updates : int
        Number of updates, at least 10.
    batch_size, seed, engine
        See `updates`.

    Raises
    ------
    ParameterError
        If an argument is not allowed, or the loss is not finite from the start.
    """
    if not 0 < lowest < highest < np.inf:
        raise ParameterError(f"range_test: lowest and highest must be 0 < lowest < highest; got {lowest}, {highest}.")
    if not 10 <= n_updates <= MOST_UPDATES:
        raise ParameterError(
            f"range_test: n_updates must be from 10 to {MOST_UPDATES}; got {shown(n_updates)}. Try 150."
        )
    rule = get_optimizer(optimizer)
    rates = np.geomspace(lowest, highest, n_updates)
    losses: list[float] = []
    smoothed: list[float] = []
    average = 0.0
    diverged = True
    for update in updates(subject, rule, lambda number: float(rates[number - 1]), batch_size, seed, engine):
        losses.append(update.loss)
        average = SMOOTHING * average + (1 - SMOOTHING) * update.loss
        smoothed.append(average / (1 - SMOOTHING**update.number))
        if update.number > 10 and smoothed[-1] > WORSE * min(smoothed):
            break
        if update.number == n_updates:
            diverged = False
            break
    if not losses:
        raise ParameterError(worded("descend.error.rates_loss"))
    n = len(losses)
    rate = one_digit(float(rates[int(np.argmin(smoothed))]) / 3)
    for _ in range(MOST_TRIES):
        if _lowers_the_loss(updates(subject, rule, constant(rate), batch_size, seed, engine), n_updates):
            break
        rate = one_digit(rate / 3)
    return RangeTest(rule, rates[:n], np.array(losses), np.array(smoothed), diverged, rate)


def constant(rate: float) -> Callable[[int], float]:
    """Return the schedule that always gives this rate."""
    return lambda number: rate


def _lowers_the_loss(run: Iterator[Update], n_updates: int) -> bool:
    """Return whether all updates were finite and the last tenth of them had lower losses than the first tenth.

    The sweep alone cannot say: its smoothed loss follows late, and a rate seen for a few updates may still diverge.
    """
    losses = [update.loss for update in islice(run, n_updates)]
    tenth = max(1, n_updates // 10)
    return len(losses) == n_updates and float(np.mean(losses[-tenth:])) < float(np.mean(losses[:tenth]))
