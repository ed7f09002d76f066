"""The history of a run: moments to go back to, thinned so that an hour takes no more memory than a minute."""

from dataclasses import dataclass, field

from koubai.play.curve import thin_append
from koubai.play.experiment import Experiment, Moment
from koubai.play.journal import Link

MOST_BYTES = 16 * 2**20
MOST_MOMENTS = 2000
OVERHEAD = 1500
"""Size of a moment in bytes, excluding its arrays."""


@dataclass(frozen=True, slots=True)
class Past:
    """A past moment, its experiment, its serial number, and its place in the journal.

    ``kept`` marks a manual step, which stays when its neighbours are thinned out.
    """

    moment: Moment
    experiment: Experiment
    serial: int
    done: Link | None
    kept: bool = False


@dataclass(slots=True)
class Timeline:
    """Past moments in order, always including the first and the last, and all of them while they fit."""

    pasts: list[Past] = field(default_factory=list)
    position: int = -1
    stride: int = 1

    def record(self, past: Past) -> None:
        """Record a moment; any after the current position are discarded."""
        del self.pasts[self.position + 1 :]
        thin_append(self.pasts, past, self.stride)
        size = past.moment.state.theta.nbytes + past.moment.state.slots.nbytes + OVERHEAD
        if len(self.pasts) > min(MOST_MOMENTS, max(8, MOST_BYTES // size)):
            self.pasts, self.stride = [*self.pasts[:-1:2], self.pasts[-1]], 2 * self.stride
        self.position = len(self.pasts) - 1

    def go(self, position: int) -> Past:
        """Return the past at a position, clipped to the range, and make that position current."""
        self.position = max(0, min(position, len(self.pasts) - 1))
        return self.pasts[self.position]

    def copy(self) -> "Timeline":
        """Return a timeline of the same moments, which are immutable."""
        return Timeline(list(self.pasts), self.position, self.stride)
