"""The past of a run: moments to go back to, thinned out so that an hour takes no more memory than a minute."""

from dataclasses import dataclass, field

from koubai.play.curve import thin_append
from koubai.play.experiment import Experiment, Moment
from koubai.play.journal import Link

MOST_BYTES = 16 * 2**20
MOST_MOMENTS = 2000
OVERHEAD = 1500
"""Bytes of a moment beside its arrays."""


@dataclass(frozen=True, slots=True)
class Past:
    """A moment, the experiment that was under way, its number among all that were noted, and its place in the journal.

    ``kept`` says that somebody made it by hand, so that it stays when its neighbours are thinned out.
    """

    moment: Moment
    experiment: Experiment
    serial: int
    done: Link | None
    kept: bool = False


@dataclass(slots=True)
class Timeline:
    """Past moments in order, the first and the last always among them; as long as all fit, all of them are."""

    pasts: list[Past] = field(default_factory=list)
    position: int = -1
    stride: int = 1

    def record(self, past: Past) -> None:
        """Keep the newest moment; what came after the present position is gone."""
        del self.pasts[self.position + 1 :]
        thin_append(self.pasts, past, self.stride)
        size = past.moment.state.theta.nbytes + past.moment.state.slots.nbytes + OVERHEAD
        if len(self.pasts) > min(MOST_MOMENTS, max(8, MOST_BYTES // size)):
            self.pasts, self.stride = [*self.pasts[:-1:2], self.pasts[-1]], 2 * self.stride
        self.position = len(self.pasts) - 1

    def go(self, position: int) -> Past:
        """Return the past at a position, which becomes the present one; out of range gives the nearest."""
        self.position = max(0, min(position, len(self.pasts) - 1))
        return self.pasts[self.position]

    def copy(self) -> "Timeline":
        """Return a timeline of the same moments, which are never changed."""
        return Timeline(list(self.pasts), self.position, self.stride)
