"""The past of a run: moments to go back to, thinned out so that an hour takes no more memory than a minute."""

from dataclasses import dataclass, field

from koubai.play.experiment import Moment

MOST_BYTES = 16 * 2**20
MOST_MOMENTS = 2000


@dataclass(slots=True)
class Past:
    """A moment, the losses that were known then, and how much of the journal had been written."""

    moment: Moment
    n_losses: int
    n_journal: int


@dataclass(slots=True)
class Timeline:
    """Past moments in order, the first and the last always among them."""

    pasts: list[Past] = field(default_factory=list)
    position: int = -1

    def record(self, moment: Moment, n_losses: int, n_journal: int) -> None:
        """Keep a copy of this moment as the newest; what came after the present position is gone."""
        del self.pasts[self.position + 1 :]
        self.pasts.append(Past(moment.copy(), n_losses, n_journal))
        size = moment.state.theta.nbytes + moment.state.slots.nbytes + 200
        if len(self.pasts) > min(MOST_MOMENTS, max(8, MOST_BYTES // size)):
            self.pasts = [*self.pasts[:-1:2], self.pasts[-1]]
        self.position = len(self.pasts) - 1

    def go(self, position: int) -> Past:
        """Return the past at a position, which becomes the present one; out of range gives the nearest."""
        self.position = max(0, min(position, len(self.pasts) - 1))
        return self.pasts[self.position]
