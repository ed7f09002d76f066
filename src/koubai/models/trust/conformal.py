"""Intervals and sets that hold the truth with a stated probability, by split-conformal prediction.

Some rows are set aside before anything is learned. On these n rows each answer gets a score of how strange the truth
is beside it: |y - ŷ| for numbers (for targets with a long tail, whose spread grows with their size as the Poisson loss
has it, |y - ŷ| / √ŷ), and 1 - p(truth) for classes. With q the ⌈(n + 1) level⌉-th smallest score, an interval holds
all y that are no stranger than q, and a new row's truth lies in it with a probability of at least the level, over the
draw of these rows and the new one, whatever the model is, if rows are exchangeable (Vovk, Gammerman and Shafer 2005,
"Algorithmic learning in a random world"; Lei and others 2018, "Distribution-free predictive inference for regression",
theorem 2.2; Sadinle, Lei and Wasserman 2019, "Least ambiguous set-valued classifiers").
"""

import math
from dataclasses import dataclass

import numpy as np

from koubai.core.arguments import REAL, check_kind
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.core.schema import Fields, Real, Record, Truth, Whole

SHARE = 0.2
"""Share of the rows that are set aside."""
MOST_ROWS = 2000
"""More rows than this would hardly make the level more exact."""
ROUNDING = 1e-12
"""By so much a class may be stranger than the limit."""

CONFORMAL = Fields(
    {"level": Real(0, 1), "limit": Real(0, finite=False), "n_rows": Whole(1), "grows": Truth(), "unit": Real(0)}
)
"""What the record of intervals holds."""


def check_level(level: object) -> None:
    """Raise an error in one sentence if the level of the intervals is invalid."""
    if level is None:
        return
    check_kind("TableModel", "intervals", level, REAL, 0.9)
    if not 0 < float(level) < 1:  # type: ignore[arg-type]  # a number by now
        raise ParameterError(
            who="TableModel",
            parameter="intervals",
            required=worded("core.must.be_in_3"),
            got=repr(level),
            remedy=worded("core.remedy.try_10"),
        )


def rows_to_set_aside(n_rows: int, level: float) -> int:
    """Return how many of a table's rows are set aside for intervals of a level.

    Raises
    ------
    DataError
        If they are too few for that level.

    Examples
    --------
    >>> rows_to_set_aside(500, 0.9), rows_to_set_aside(100_000, 0.9)
    (100, 2000)
    """
    least = math.ceil(1 / (1 - level) - 1 - 1e-9)
    found = min(MOST_ROWS, max(least, round(SHARE * n_rows)))
    if found > n_rows // 2:
        raise DataError(
            parameter=worded("models.error.table"),
            required=(
                worded("core.must.have_rows_more_learn_intervals", value=2 * least, level=f"{level:g}", least=least)
            ),
            got=str(n_rows),
            remedy=worded("core.remedy.ask_lower_level_hold_out"),
        )
    return found


@dataclass(frozen=True, slots=True)
class Conformal:
    """The limit of strangeness at a level.

    Parameters
    ----------
    level : float
        The probability that the truth lies within.
    limit : float
        q.
    n_rows : int
        Number of rows that were set aside.
    grows : bool
        Whether intervals grow with the root of the answer.
    unit : float
        Answers below it have intervals as it has.
    """

    level: float
    limit: float
    n_rows: int
    grows: bool = False
    unit: float = 0.0

    @classmethod
    def of_numbers(cls, level: float, y: Array, predicted: Array, grows: bool, unit: float) -> "Conformal":
        """Return the limit for numbers, from the truth and the answers of rows that were set aside, (n_rows,).

        Examples
        --------
        >>> Conformal.of_numbers(0.5, np.array([1.0, 2.0, 4.0]), np.zeros(3), False, 0.0).limit
        2.0
        """
        empty = cls(level, 0.0, len(y), grows, unit)
        return empty._with(np.abs(y - predicted) / empty.spread(predicted))

    @classmethod
    def of_classes(cls, level: float, y: Array, probabilities: Array) -> "Conformal":
        """Return the limit for classes, from their indices (n_rows,) and probabilities (n_rows, n_classes)."""
        return cls(level, 0.0, len(y))._with(1 - probabilities[np.arange(len(y)), y.astype(np.int64)])

    def _with(self, scores: Array) -> "Conformal":
        rank = math.ceil((len(scores) + 1) * self.level - 1e-9)
        limit = float(np.sort(scores)[rank - 1]) if rank <= len(scores) else math.inf
        return Conformal(self.level, limit, self.n_rows, self.grows, self.unit)

    def spread(self, predicted: Array) -> Array:
        """Return the unit of strangeness beside each answer, (n_rows,)."""
        return np.sqrt(np.maximum(predicted, self.unit)) if self.grows else np.ones(len(predicted))

    def interval(self, predicted: Array, lowest: float) -> tuple[Array, Array]:
        """Return the ends of the intervals around answers, (n_rows,) each; none begins below ``lowest``."""
        half = self.limit * self.spread(predicted)
        return np.maximum(predicted - half, lowest), np.maximum(predicted + half, lowest)

    def sets(self, probabilities: Array) -> Array:
        """Return which classes each row's set holds, (n_rows, n_classes); the most probable one always, for use."""
        best = probabilities >= probabilities.max(axis=1, keepdims=True)
        return np.asarray((1 - probabilities <= self.limit + ROUNDING) | best)

    @property
    def percent(self) -> str:
        """The level in words."""
        return f"{100 * self.level:g} %"

    def record(self) -> Record:
        """Return the limit as plain data; `from_record` reads it back."""
        return {name: getattr(self, name) for name in ("level", "limit", "n_rows", "grows", "unit")}

    @classmethod
    def from_record(cls, record: Record) -> "Conformal":
        """Return the limit described by `record`."""
        level, limit, unit = (float(record[name]) for name in ("level", "limit", "unit"))
        return cls(level, limit, int(record["n_rows"]), bool(record["grows"]), unit)


def half_width_of_coverage(level: float, n_rows: int) -> float:
    """Return two standard deviations of the share of ``n_rows`` rows that lie within, if the level is kept."""
    return 2 * math.sqrt(level * (1 - level) / max(1, n_rows))
