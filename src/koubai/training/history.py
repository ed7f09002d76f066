"""The history of training: each epoch, and why training stopped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import overload

import numpy as np

from koubai.core.arrays import Array
from koubai.core.schema import F64, Tensor

TENSORS = {
    "history.losses": Tensor(F64, ("n_epochs",), finite=False),
    "history.validation_scores": Tensor(F64, ("n_epochs",), finite=False),
    "history.scored": Tensor(("uint8",), ("n_epochs",)),
    "history.learning_rates": Tensor(F64, ("n_epochs",), finite=False),
    "history.seconds": Tensor(F64, ("n_epochs",), least=0),
    "history.validation_losses": Tensor(F64, ("n_epochs",), finite=False, optional=True),
}
"""The arrays in which a history is stored."""

INTERRUPTED = "interrupted"
"""Why training ended, if it was Ctrl-C: it can go on from its checkpoint."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training rows.

    Parameters
    ----------
    number : int
        Number of the epoch, counted from 1.
    loss : float
        Mean over the rows of loss plus penalty, each batch evaluated before its update, in units of the loss.
    validation_score : float or None
        Score on held-out rows, after the epoch: accuracy or R², dimensionless, or minus the loss; None without such
        rows.
    learning_rate : float
        α of the epoch's last update.
    seconds : float
        Duration; epochs run in one call share its time equally.
    validation_loss : float or None
        Mean loss of the held-out rows after the epoch, without penalty, in units of the loss; None without such rows.
    """

    number: int
    loss: float
    validation_score: float | None
    learning_rate: float
    seconds: float
    validation_loss: float | None = None


@dataclass
class History(Sequence[Epoch]):
    """The epochs of a training run in order, kept as columns; an `Epoch` is created on access.

    ``stopped`` says why training ended: ``"epochs"`` (all were run), ``"patience"`` (no more improvement),
    ``"callback"``, ``"interrupted"`` (Ctrl-C), ``"diverged"``, or ``""`` while it continues.

    Examples
    --------
    >>> history = History()
    >>> history.extend([0.5, 0.25], [0.1, 0.1], 0.002)
    >>> history[-1]
    Epoch(number=2, loss=0.25, validation_score=None, learning_rate=0.1, seconds=0.001, validation_loss=None)
    """

    losses: list[float] = field(default_factory=list)
    validation_scores: list[float | None] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""
    validation_losses: list[float | None] = field(default_factory=list)

    def stop_if_asked(self, answers: Iterable[object]) -> None:
        """Record why training ended if a callback asked for it; an earlier reason is kept.

        Parameters
        ----------
        answers : iterable
            The callbacks' return values: any true value ends training, `INTERRUPTED` because of Ctrl-C.
        """
        asked = [answer for answer in answers if answer]
        if asked and not self.stopped:
            by_user = any(isinstance(answer, str) and answer == INTERRUPTED for answer in asked)
            self.stopped = INTERRUPTED if by_user else "callback"

    def extend(
        self,
        losses: Sequence[float],
        learning_rates: Iterable[float],
        seconds: float,
        score: float | None = None,
        validation_loss: float | None = None,
    ) -> None:
        """Append epochs run in one call of ``seconds`` seconds, with score and loss of held-out rows after the last."""
        n = len(losses)
        self.validation_losses += [None] * (len(self.losses) - len(self.validation_losses) + n - 1)
        self.validation_losses.append(validation_loss)
        self.losses.extend(losses)
        self.learning_rates.extend(learning_rates)
        self.seconds.extend([seconds / n] * n)
        self.validation_scores.extend([None] * (n - 1))
        self.validation_scores.append(score)

    @property
    def best_epoch(self) -> int | None:
        """The number of the first epoch with the highest validation score, from 1; None without finite scores.

        With early stopping, the θ of this epoch is kept.
        """
        finite = [
            (score, -i) for i, score in enumerate(self.validation_scores, 1) if score is not None and isfinite(score)
        ]
        return -max(finite)[1] if finite else None

    def __len__(self) -> int:
        return len(self.losses)

    @overload
    def __getitem__(self, index: int) -> Epoch: ...

    @overload
    def __getitem__(self, index: slice) -> list[Epoch]: ...

    def __getitem__(self, index: int | slice) -> Epoch | list[Epoch]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(1, len(self) + 1)[index]
        return Epoch(
            number,
            self.losses[index],
            self.validation_scores[index],
            self.learning_rates[index],
            self.seconds[index],
            self.validation_losses[number - 1] if number <= len(self.validation_losses) else None,
        )

    def __iter__(self) -> Iterator[Epoch]:
        return (self[index] for index in range(len(self)))

    def tensors(self) -> dict[str, Array]:
        """Return the columns as arrays for a model file or a checkpoint; `from_tensors` reads them back."""
        scores, losses = self.validation_scores, self.validation_losses
        known = any(loss is not None for loss in losses)
        last = np.array([np.nan if loss is None else loss for loss in losses], dtype=np.float64)
        return ({"history.validation_losses": last} if known else {}) | {
            "history.losses": np.array(self.losses, dtype=np.float64),
            "history.validation_scores": np.array([np.nan if x is None else x for x in scores], dtype=np.float64),
            "history.scored": np.array([x is not None for x in scores], dtype=np.uint8),
            "history.learning_rates": np.array(self.learning_rates, dtype=np.float64),
            "history.seconds": np.array(self.seconds, dtype=np.float64),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array], stopped: str) -> "History":
        """Return the history stored by `tensors`."""
        scores, scored = (tensors[f"history.{name}"].tolist() for name in ("validation_scores", "scored"))
        return cls(
            tensors["history.losses"].tolist(),
            [score if there else None for score, there in zip(scores, scored, strict=True)],
            tensors["history.learning_rates"].tolist(),
            tensors["history.seconds"].tolist(),
            stopped,
            [
                None if np.isnan(loss) else loss
                for loss in tensors.get("history.validation_losses", np.empty(0)).tolist()
            ],
        )
