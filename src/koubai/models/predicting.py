"""Predictions for a table of any size, in pieces."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.language import worded
from koubai.models.scores.evaluation import ClassTally, Evaluation, NumberTally
from koubai.models.trust.outside import Outside
from koubai.models.trust.remembered import Remembered
from koubai.tables.files.blocks import Block
from koubai.tables.meaning.number_formats import Asked
from koubai.tables.meaning.values import BadCells
from koubai.tables.preparing.preparation import Preparation
from koubai.tables.preparing.targets import Target

if TYPE_CHECKING:
    import polars as pl

ROWS_AT_ONCE = 16384
"""Number of rows predicted at a time, so that a large table does not need much memory."""
MOST_UNSEEN = 1000
"""Maximum number of unseen categories remembered per column."""


class Predicted(NamedTuple):
    """Rows of a table, cleaned, and the predictions for them."""

    frame: "pl.DataFrame"
    predictions: "pl.DataFrame"


class Seen(NamedTuple):
    """Predicted rows as the model sees them: numbers and dates as they were read, and features (n_rows, n_features)."""

    predicted: Predicted
    read: "pl.DataFrame"
    features: Array


class Fitted(Protocol):
    """What is asked of a fitted model: how columns become features, and features predictions."""

    preparation_: Preparation
    target_: Target
    trained_: "npt.NDArray[np.uint64] | None"
    dtype: str

    def outputs(self, features: Array) -> tuple[Array, Array | None]:
        """Return the predictions for rows of features (n_rows,), and the classes' probabilities if it has classes."""

    def predictions(self, predicted: Array, probabilities: Array | None) -> "pl.DataFrame":
        """Return predictions as a table."""

    def new_tally(self) -> ClassTally | NumberTally:
        """Return what counts how good predictions are."""


class Prediction:
    """Predicts a table's blocks in order; scores and notes cover the rows processed so far.

    Parameters
    ----------
    model : Fitted
        A fitted model.
    blocks : iterable of Block
        The table's rows, under the names of the model's columns.
    names : sequence of str
        The table's columns.
    notes : sequence of str
        The reader's notes.
    asked : Asked, optional
        The table's number format, if it differs from the training table's.
    bad : BadCells, optional
        Collects invalid cells, which then count as missing; if None, such a table is refused.

    Attributes
    ----------
    preparation : Preparation
        The model's preparation, for this table's number format.
    """

    def __init__(
        self,
        model: Fitted,
        blocks: Iterable[Block],
        names: Sequence[str],
        notes: Sequence[str] = (),
        asked: Asked | None = None,
        bad: BadCells | None = None,
    ) -> None:
        self._model, self._blocks, self._names, self._notes = model, blocks, names, notes
        self.preparation, self._target, self._bad = model.preparation_, model.target_, bad
        if asked is not None:
            self.preparation, self._target = self.preparation.rewritten(asked), self._target.rewritten(asked)
        self._tally = model.new_tally()
        self._scored = self.n_rows = 0
        self._unseen: dict[str, set[str]] = {}
        self._outside = Outside(self.preparation)
        self._remembered = Remembered(model.trained_)

    def __iter__(self) -> Iterator[Predicted]:
        """Yield the predictions, at most `ROWS_AT_ONCE` rows at a time."""
        for seen in self.seen():
            yield seen.predicted

    def seen(self) -> Iterator[Seen]:
        """Yield the same with what the predictions rest on."""
        for frame, first in self._blocks:
            for start in range(0, frame.height, ROWS_AT_ONCE):
                yield self._predict(frame.slice(start, ROWS_AT_ONCE), first + start)

    @property
    def evaluation(self) -> Evaluation | None:
        """The scores of the predictions, if the table has the target."""
        return self._tally.evaluation() if self._scored else None

    @property
    def notes(self) -> list[str]:
        """Notes on the table, one sentence each."""
        name = self._model.target_.name
        unseen = {column: sorted(values) for column, values in self._unseen.items()}
        notes = [*self._notes, *self._model.preparation_.notes(self._names, unseen, also_known=[name])]
        notes += self._outside.notes
        notes += [self._remembered.note] if self._remembered.note else []
        notes += [] if self._bad is None else self._bad.notes
        if 0 < self._scored < self.n_rows:
            without = self.n_rows - self._scored
            key = "models.note.row_without_target" if without == 1 else "models.note.rows_without_target"
            notes.append(worded(key, n=f"{without:,}", name=name))
        if isinstance(self._tally, ClassTally) and (unknown := self._tally.unknown):
            notes.append(unknown)
        return notes

    def _predict(self, frame: "pl.DataFrame", first: int) -> Seen:
        model = self._model
        read = self.preparation.read(frame, first, self._bad)
        self._outside.add(read, first)
        features = self.preparation.transform(read, model.dtype, first, self._bad)
        outputs = model.outputs(features)
        self.n_rows += frame.height
        for column, values in model.preparation_.unseen(frame).items():
            known = self._unseen.setdefault(column, set())
            known.update(values[: max(0, MOST_UNSEEN - len(known))])
        if model.target_.name in frame.columns:
            y, rows = self._target.values(frame[model.target_.name], first, self._bad)
            if len(rows):
                predicted, probabilities = outputs
                self._tally.add(y, predicted[rows], None if probabilities is None else probabilities[rows])
                self._scored += len(rows)
                self._remembered.add(features[rows])
        return Seen(Predicted(frame, model.predictions(*outputs)), read, features)
