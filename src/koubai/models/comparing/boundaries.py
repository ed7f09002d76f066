"""What each learner answers over two columns of numbers, for a picture of all side by side."""

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.models.comparing.learners import NETWORK, Learner
from koubai.models.prepared import PreparedTable
from koubai.models.table_model import TableModel
from koubai.tables.meaning.columns import NUMBER
from koubai.tables.preparing.numeric import NumberColumn
from koubai.tables.preparing.refusals import CLASSIFICATION, REGRESSION

SIDE = 64
"""Number of points along each axis."""
MOST_POINTS = 300
"""Number of rows drawn as points."""
MOST_ROWS = 2000
"""Number of rows that the learners of the picture learn from."""


@dataclass(frozen=True, eq=False)
class Boundaries:
    """The answers of learners over two columns.

    Attributes
    ----------
    columns : tuple of two str
        The columns.
    ranges : tuple of two (low, high)
        What the picture shows of them.
    names : tuple of str
        The learners.
    answers : array of shape (n_learners, SIDE, SIDE)
        Class as its index, or number, at each point: rows go up along the second column.
    points, truths : array of shape (n_points, 2), (n_points,)
        Some rows, and their classes or numbers.
    classes : tuple of str
        The classes; empty for numbers.
    """

    columns: tuple[str, str]
    ranges: tuple[tuple[float, float], tuple[float, float]]
    names: tuple[str, ...]
    answers: Array
    points: Array
    truths: Array
    classes: tuple[str, ...]


def boundaries_of(
    prepared: PreparedTable, names: Sequence[str], learners: Sequence[Learner], columns: Sequence[str] | None, seed: int
) -> Boundaries | None:
    """Return what learners that know two columns alone answer; None if the table has not two of numbers.

    Raises
    ------
    ParameterError
        If a named column is not a column of numbers in use.
    """
    numeric = {c.name: c for c in prepared.preparation.columns if isinstance(c, NumberColumn) and c.kind == NUMBER}
    pair = _pair(prepared, numeric, columns)
    if pair is None:
        return None
    values = prepared.frame.select(pair).to_numpy().astype(np.float64)
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
    X, y = values[rows], prepared.y[rows]
    classes = prepared.target.is_classification
    labels, coded = np.unique(y, return_inverse=True) if classes else (np.empty(0), y)
    lows, highs = np.quantile(X, 0.005, axis=0), np.quantile(X, 0.995, axis=0)
    apart = np.where(highs > lows, highs - lows, 1.0)
    low, high = lows - 0.05 * apart, highs + 0.05 * apart
    grid = np.stack(np.meshgrid(*(np.linspace(low[k], high[k], SIDE) for k in (0, 1))), axis=-1).reshape(-1, 2)
    center, scale = X.mean(axis=0), X.std(axis=0)
    by_name = {learner.name: learner for learner in learners}
    answers = [
        _answers(by_name[name], (X, coded), grid, (center, scale), classes, seed).reshape(SIDE, SIDE) for name in names
    ]
    shown = np.random.default_rng(seed + 1).permutation(len(X))[:MOST_POINTS]
    ranges = ((float(low[0]), float(high[0])), (float(low[1]), float(high[1])))
    return Boundaries(
        pair, ranges, tuple(names), np.stack(answers), X[shown], coded[shown], tuple(map(str, labels.tolist()))
    )


def _answers(
    learner: Learner, rows: tuple[Array, Array], grid: Array, standard: tuple[Array, Array], classes: bool, seed: int
) -> Array:
    """Return a learner's answers at the points of a grid."""
    (X, y), (center, scale) = rows, standard
    if learner.name == NETWORK:
        import polars as pl

        task = CLASSIFICATION if classes else REGRESSION
        model = TableModel(task=task, n_members=1, random_state=seed, keep=("a", "b"))
        model.fit(pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y.astype(int) if classes else y}), "y")
        found = model.predict(pl.DataFrame({"a": grid[:, 0], "b": grid[:, 1]}))["prediction"].to_numpy()
        return found.astype(np.float64)
    make = learner.classes if classes else learner.numbers
    assert make is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as where they are compared
        estimator = make(seed).fit((X - center) / scale, y)
        return np.asarray(estimator.predict((grid - center) / scale), np.float64).reshape(-1)


def _pair(prepared: PreparedTable, numeric: Collection[str], columns: Sequence[str] | None) -> tuple[str, str] | None:
    """Return two columns: as named, else those that say most about the target on their own."""
    if columns is not None:
        for name in columns:
            if name not in numeric:
                required = worded("core.must.of_numbers", list=", ".join(list(numeric)[:12]) or "there are none")
                raise ParameterError(
                    who="compare",
                    parameter="columns",
                    required=required,
                    got=repr(name),
                    remedy=worded("core.remedy.name_two_those"),
                )
        return columns[0], columns[1]
    if len(numeric) < 2:
        return None
    from sklearn.feature_selection import f_classif, f_regression

    names = list(numeric)
    X = prepared.frame.select(names).to_numpy().astype(np.float64)
    X = np.where(np.isfinite(X), X, np.nanmedian(X, axis=0))
    with np.errstate(all="ignore"):
        strength = (f_classif if prepared.target.is_classification else f_regression)(X, prepared.y)[0]
    best = np.argsort(-np.nan_to_num(strength), kind="stable")[:2]
    return names[best[0]], names[best[1]]
