"""The learning curve, which says whether more rows would help.

Models like the one that was trained learn from a half and a quarter of its rows, and answer for the same held-out rows.
The losses of these rows, with half of the training rows and with all, are compared one by one, so that their mean
difference has a standard error.
"""

from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.core.schema import Fields, Listed, Real, Record, Rule, Text, Whole
from koubai.models.honest.trained import Trained
from koubai.models.prepared import PreparedTable
from koubai.tables.preparing.splits import hold_out

SHARES = (0.25, 0.5)
"""Shares of the training rows that are learned from besides all."""
LEAST_ROWS = 40
"""With fewer training rows, a quarter of them is nothing to learn from."""
CLEAR = 2.0
"""So many standard errors make a difference clear."""
VERDICTS = ("yes", "no", "unclear")

CURVE = Fields(
    {
        "n_rows": Listed(Whole(1), 2, 10),
        "losses": Listed(Real(finite=False), 2, 10),
        "scores": Listed(Real(finite=False), 2, 10),
        "verdict": Text(VERDICTS),
        "gain": Real(finite=False),
        "error": Real(finite=False),
    },
    (
        Rule(
            "a loss and a score for each number of rows",
            lambda curve: len(curve["losses"]) == len(curve["scores"]) == len(curve["n_rows"]),
        ),
    ),
)
"""What the record of a learning curve holds."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Losses and scores on the held-out rows, by the number of training rows.

    Parameters
    ----------
    n_rows : tuple of int
        Numbers of training rows, rising.
    losses : tuple of float
        The mean log loss (nats) of the held-out rows, or their mean squared error in squared units of the target.
    scores : tuple of float
        The accuracy, or the root mean squared error.
    verdict : {"yes", "no", "unclear"}
        Whether more rows would help.
    gain, error : float
        By how much the loss fell from half of the rows to all, and the standard error of that.
    """

    n_rows: tuple[int, ...]
    losses: tuple[float, ...]
    scores: tuple[float, ...]
    verdict: str
    gain: float
    error: float

    @property
    def sentence(self) -> str:
        """Whether more rows would help, in one sentence."""
        fell = worded(
            "models.note.rows_loss_fell",
            n_rows=f"{self.n_rows[-2]:,}",
            n_rows_2=f"{self.n_rows[-1]:,}",
            gain=f"{self.gain:.3g}",
            error=f"{self.error:.2g}",
        )
        if self.verdict == "yes":
            return worded("models.note.more_rows_would_help_yes", fell=fell)
        if self.verdict == "no":
            return worded("models.note.more_rows_would_help_no", fell=fell)
        return worded("models.note.more_rows_would_help_unclear", fell=fell)

    def record(self) -> Record:
        """Return the curve as plain data; `from_record` reads it back."""
        lists = {name: list(getattr(self, name)) for name in ("n_rows", "losses", "scores")}
        return {**lists, "verdict": self.verdict, "gain": self.gain, "error": self.error}

    @classmethod
    def from_record(cls, record: Record) -> "LearningCurve":
        """Return the curve described by `record`."""
        losses, scores = (tuple(map(float, record[name])) for name in ("losses", "scores"))
        n_rows = tuple(int(n) for n in record["n_rows"])
        return cls(n_rows, losses, scores, str(record["verdict"]), float(record["gain"]), float(record["error"]))


def learning_curve(model: Trained, prepared: PreparedTable) -> LearningCurve:
    """Return the learning curve of a trained model.

    Parameters
    ----------
    model : TableModel
        The model, trained on ``prepared``.
    prepared : PreparedTable
        The table, with rows held out.

    Raises
    ------
    DataError
        If no rows are held out, or too few are left.
    """
    kept = np.sort(np.concatenate([prepared.training, prepared.validation, prepared.calibration]))
    if not len(prepared.test) or len(kept) < LEAST_ROWS:
        raise DataError(
            parameter=worded("models.error.learning_curve"),
            required=worded("core.must.have_held_out_rows_more", least_rows=LEAST_ROWS),
            got=worded("core.got.and", first=len(prepared.test), second=len(kept)),
            remedy=worded("core.remedy.hold_out_fifth_larger_table"),
        )
    strata = prepared.y[kept] if prepared.target.is_classification else None
    n_rows, losses, scores = [], [], []
    for share in (*SHARES, 1.0):
        trained = model
        if share < 1:
            part = kept[hold_out(len(kept), share, model.random_state + 5, strata)[1]]
            trained = model.twin().train(model.prepared_again(prepared, part, prepared.test))
        assert trained.evaluation_ is not None
        n_rows.append(len(kept) if share == 1 else len(part))
        losses.append(_losses(trained, prepared))
        scores.append(trained.evaluation_.score)
    apart = losses[-2] - losses[-1]
    gain, error = float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart)))
    small = abs(gain) < 0.01 * abs(float(losses[-1].mean()))
    verdict = "yes" if gain > CLEAR * error and not small else "no" if gain <= error or small else "unclear"
    means = tuple(float(loss.mean()) for loss in losses)
    return LearningCurve(tuple(n_rows), means, tuple(scores), verdict, gain, error)


def _losses(model: Trained, prepared: PreparedTable) -> Array:
    """Return each held-out row's loss: minus the log of its class's probability, or the squared error."""
    features = model.preparation_.transform(prepared.frame[prepared.test], model.dtype)
    y = prepared.y[prepared.test]
    predicted, probabilities = model.outputs(features)
    if not prepared.target.is_classification:
        return np.asarray((predicted - y) ** 2)
    if probabilities is None:
        return (predicted != y).astype(np.float64)
    classes = model.estimator_.classes_
    known = np.isin(y, classes)
    places = np.searchsorted(classes, np.where(known, y, classes[0]))
    p = np.where(known, probabilities[np.arange(len(y)), places], 0.0)
    return -np.log(np.maximum(p.astype(np.float64), 1e-6))
