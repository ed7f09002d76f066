"""What is left of weight decay and dropout in each update, by schedules from the base 1."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.engines.protocol import WHOLE, Shares
from koubai.optimizers.schedules import Schedule


@dataclass(frozen=True, slots=True)
class ShareSchedules:
    """The schedules of weight decay and of dropout, of which either may be missing: then nothing changes.

    Parameters
    ----------
    decay, dropout : Schedule or None
        Their rates from the base 1 are the shares.
    who : str
        The caller, for messages.
    """

    decay: Schedule | None = None
    dropout: Schedule | None = None
    who: str = "train"

    def of(
        self,
        first_step: int,
        shape: tuple[int, int],
        steps_per_epoch: int,
        total_steps: int,
        n_rows: int,
        rows_seen: int | None = None,
    ) -> Shares:
        """Return the shares of updates from ``first_step`` on, of this shape (n_epochs, steps).

        The other parameters are as for `koubai.optimizers.schedule.Schedule.rates`.

        Raises
        ------
        ParameterError
            If a schedule leaves [0, 1].
        """
        if self.decay is None and self.dropout is None:
            return WHOLE
        found: list[npt.NDArray[np.float64] | None] = []
        for schedule in (self.decay, self.dropout):
            if schedule is None:
                found.append(None)
                continue
            n_steps = shape[0] * shape[1]
            given = schedule.rates(
                1.0, first_step, n_steps, steps_per_epoch, total_steps, n_rows=n_rows, rows_seen=rows_seen
            )
            if not ((given >= 0) & (given <= 1)).all():
                raise ParameterError(
                    worded(
                        "training.error.schedule_weight_decay_dropout_stay",
                        who=self.who,
                        min=f"{given.min():g}",
                        max=f"{given.max():g}",
                        name=schedule.name,
                    )
                )
            found.append(given.reshape(shape))
        return Shares(*found)
