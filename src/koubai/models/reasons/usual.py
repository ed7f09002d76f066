"""What is usual for a table: the rows that a row is compared with."""

from itertools import pairwise

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.models.reasons.contributions import Contributions, contributions
from koubai.models.reasons.record import Neighbour, shown
from koubai.models.table_predictor import TablePredictor
from koubai.tables.files.frames import TableLike
from koubai.tables.meaning.values import BadCells
from koubai.tables.preparing.numeric import NumberColumn
from koubai.tables.preparing.preparation import Preparation
from koubai.tables.preparing.splits import hold_out
from koubai.tables.preparing.texts.column import TextColumn

BACKGROUND = 100
"""Number of background rows, drawn from the training table."""
LEAST_BACKGROUND = 10
"""A table of fewer rows cannot say what is usual."""
NEAREST = 3
"""Number of rows like the row that are named."""
CERTAIN = 1e-9
"""Probabilities are no nearer to 0 and 1 than this, so that their log-odds are finite."""
ROUNDING = 1e-6
"""Contributions that miss the answer by more than this share are no sum."""
MOST_ROWS = 20_000
"""Maximum number of training rows that are examined."""


class Usual:
    """What is usual: rows of a training table as the model sees them, for the reasons of any number of rows.

    Parameters
    ----------
    model : TablePredictor
        The fitted model.
    training : table
        Rows like those that were learned from; with the target, if rows like the row are to be shown with theirs.
    seed : int
        Seed of the background rows that are drawn.
    preparation : Preparation, optional
        The model's preparation for the number format of these rows, if it is another than in training.
    bad : BadCells, optional
        As for `koubai.models.predicting.Prediction`.

    Raises
    ------
    DataError
        If there are too few rows.
    """

    def __init__(
        self,
        model: TablePredictor,
        training: TableLike,
        seed: int = 0,
        preparation: Preparation | None = None,
        bad: BadCells | None = None,
    ) -> None:
        self.model = model
        preparation = preparation or model.preparation_
        frame = model.columns_of(training).frame.head(MOST_ROWS)
        if frame.height < LEAST_BACKGROUND:
            raise DataError(
                parameter="Reasons",
                required=worded("core.must.have_rows_more_compare", least_background=LEAST_BACKGROUND),
                got=str(frame.height),
                remedy=worded("core.remedy.name_training_table_training_python"),
            )
        self.frame = preparation.read(frame, bad=bad)
        self.features = preparation.transform(self.frame, np.float64, bad=bad)
        drawn = hold_out(frame.height, min(1.0, BACKGROUND / frame.height), seed)[1]
        self.background = self.features[drawn] if frame.height > BACKGROUND else self.features
        ends = np.cumsum([0, *(len(column.features) for column in model.preparation_.columns)])
        self.blocks = [np.arange(a, b) for a, b in pairwise(ends)]
        self.names = [column.name for column in model.preparation_.columns]

    def answer(self, place: int | None, features: Array) -> Array:
        """Return the log-odds of a class, or the number, for rows of features."""
        predicted, probabilities = self.model.outputs(features.astype(self.model.dtype))
        if place is None:
            return np.asarray(predicted, np.float64)
        if probabilities is None:
            return (predicted == self.model.estimator_.classes_[place]).astype(np.float64)
        p = np.clip(probabilities[:, place].astype(np.float64), CERTAIN, 1 - CERTAIN)
        return np.log(p / (1 - p))

    def is_additive(self) -> bool:
        """Whether the answer is a sum of functions of one column each: of one linear network."""
        network = self.model.estimator_.network_
        linear = len(network.layers) == 1 and not self.model.others_ and network.n_outputs == 1
        return bool(linear and network.layers[0].activation.name in ("identity", "sigmoid"))

    def contributions(self, row: Array, place: int | None, budget: int, seed: int) -> Contributions:
        """Return what each column of a row contributes."""

        def answer(features: Array) -> Array:
            return self.answer(place, features)

        if self.is_additive():
            found = contributions(answer, row, self.background, self.blocks, additive=True)
            if abs(found.base + found.values.sum() - found.answer) <= ROUNDING * (abs(found.answer) + 1):
                return found  # else answers were limited, which is no sum
        return contributions(answer, row, self.background, self.blocks, budget=budget, seed=seed)

    def chosen(self, features: Array) -> tuple[str | float, int | None, float | None]:
        """Return the answer for one row, and for a class its place and probability."""
        predicted, probabilities = self.model.outputs(features[np.newaxis].astype(self.model.dtype))
        if not self.model.target_.is_classification:
            return float(predicted[0]), None, None
        place = int(np.flatnonzero(self.model.estimator_.classes_ == predicted[0])[0])
        return predicted[0], place, None if probabilities is None else float(probabilities[0, place])

    def nearest(self, row: Array, itself: int | None = None) -> list[Neighbour]:
        """Return the rows most like a row, by the root mean square of the columns' distances.

        ``itself`` is the place of the row among them, which is left out.
        """
        apart = np.zeros(len(self.features))
        for column, block in zip(self.model.preparation_.columns, self.blocks, strict=True):
            used = block
            if isinstance(column, NumberColumn):
                used = block[~np.array(column.is_piece)]  # pieces say the same again
            if isinstance(column, TextColumn):  # half the squared distance of rows of length 1: 1 - cosine
                apart += ((self.features[:, used] - row[used]) ** 2).sum(axis=1) / 2
                continue
            apart += ((self.features[:, used] - row[used]) ** 2).mean(axis=1)
        apart = np.sqrt(apart / len(self.blocks))
        if itself is not None and itself < len(apart):
            apart[itself] = np.inf
        found = []
        name = self.model.target_.name
        for place in np.argsort(apart, kind="stable")[:NEAREST]:
            cells = {column: shown(self.frame[column][int(place)]) for column in self.names}
            truth = shown(self.frame[name][int(place)]) if name in self.frame.columns else ""
            found.append(Neighbour(int(place) + 1, float(apart[place]), truth, cells))
        return found
