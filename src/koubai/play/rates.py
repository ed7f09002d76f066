"""Rate limiting of clients: a token bucket that fills over time and empties with every message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

LONGEST = 256 * 1024
"""Maximum length of a message in characters; two thousand drawn points take about 60,000."""


@dataclass(slots=True)
class Bucket:
    """Lets ``most`` units through at once, and ``per_second`` on average.

    Examples
    --------
    >>> seconds = [0.0]
    >>> bucket = Bucket(most=2, per_second=10, clock=lambda: seconds[0])
    >>> [bucket.take() for _ in range(3)]
    [True, True, False]
    >>> seconds[0] = 0.1
    >>> bucket.take()
    True
    """

    most: float
    per_second: float
    clock: Callable[[], float] = monotonic
    level: float = field(init=False)
    since: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.since = self.most, self.clock()

    def take(self, amount: float = 1.0) -> bool:
        """Take out ``amount`` if available; return whether it was."""
        now = self.clock()
        self.level = min(self.most, self.level + (now - self.since) * self.per_second)
        self.since = now
        if amount > self.level:
            return False
        self.level -= amount
        return True
