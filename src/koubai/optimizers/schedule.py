"""What a schedule is: a pure rule from the number of an update to its learning rate α.

So a whole epoch's rates can go into one compiled call, and training can go on from a checkpoint. The adaptive
schedule is the exception that depends on the loss: the training loop asks ``after_stagnation`` what to do when the
loss no longer falls.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Rates = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Updates:
    """Some updates in a row, and the run that they belong to.

    Parameters
    ----------
    numbers : (n,)
        Their numbers, counted from 0.
    steps_per_epoch, total : int
        Updates in an epoch, and in the whole run.
    n_rows : int
        Training rows in an epoch.
    rows_seen : int
        Rows trained on before the epoch of the first of them.
    """

    numbers: npt.NDArray[np.int64]
    steps_per_epoch: int
    total: int
    n_rows: int
    rows_seen: int

    @property
    def epochs(self) -> npt.NDArray[np.int64]:
        """The epoch of each update, counted from 0, (n,)."""
        return self.numbers // self.steps_per_epoch


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule for α. Subclasses are frozen records of its parameters, with the rule in ``follow``."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names in use: scikit-learn's and PyTorch's."""
    code: ClassVar[int] = -1
    """None is compiled."""

    def rates(
        self,
        base_rate: float,
        first_step: int,
        n_steps: int,
        steps_per_epoch: int,
        total_steps: int,
        *,
        n_rows: int = 1,
        rows_seen: int | None = None,
    ) -> Rates:
        """Return α of updates ``first_step`` … ``first_step + n_steps - 1``, (n_steps,).

        Parameters
        ----------
        base_rate : float
            α₀, what the schedule scales: the first rate, or the highest of a schedule that rises.
        first_step, n_steps : int
            Which updates, counted from 0.
        steps_per_epoch, total_steps : int
            Updates in an epoch, and in the whole run; after the last a schedule keeps its last rate.
        n_rows : int
            Training rows in an epoch; only ``inverse_scaling`` counts them.
        rows_seen : int, optional
            Rows trained on before the epoch of ``first_step``, if epochs before it had other numbers of rows; else
            ``n_rows`` times the epochs before it.
        """
        numbers = np.arange(first_step, first_step + n_steps, dtype=np.int64)
        if rows_seen is None:
            rows_seen = first_step // steps_per_epoch * n_rows
        return self.follow(base_rate, Updates(numbers, steps_per_epoch, total_steps, n_rows, rows_seen))

    def follow(self, base_rate: float, updates: Updates) -> Rates:
        """Return α of these updates, (n,)."""
        raise NotImplementedError

    def after_stagnation(self, rate: float) -> float | None:
        """Return the base rate to go on with when the loss no longer falls; None to stop training."""
        return None

    def spec(self) -> dict[str, Any]:
        """Return the name and the parameters, as plain data for a checkpoint."""
        return {"name": self.name, **asdict(self)}
