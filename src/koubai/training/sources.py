"""Where training rows come from. The fit loop asks a source, epoch by epoch, and never assumes an array in memory."""

from dataclasses import dataclass
from typing import Protocol

from koubai.engines.protocol import Rows


class Source(Protocol):
    """Gives the training rows of each epoch."""

    @property
    def n_rows(self) -> int:
        """Number of rows of an epoch, the same for all."""
        ...

    @property
    def constant(self) -> bool:
        """Whether every epoch has the same rows, so that one call of an engine may run many epochs."""
        ...

    def rows(self, epoch: int) -> Rows:
        """Return the rows of an epoch, counted from 0; the engine puts them in order."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Rows that lie in memory: every epoch has them all.

    Examples
    --------
    >>> import numpy as np
    >>> source = InMemory(Rows(np.zeros((3, 2)), np.zeros((3, 1))))
    >>> source.n_rows
    3
    """

    data: Rows

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.data.n_rows

    @property
    def constant(self) -> bool:
        """True."""
        return True

    def rows(self, epoch: int) -> Rows:
        """Return all rows."""
        return self.data
