"""Learners compared on one table: accuracy with its spread, times, and the memory of what is kept."""

import os
import pickle
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Unpack

import numpy as np

from koubai.core import entries
from koubai.core.arguments import NAMES, check_kind, or_none
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.models.comparing.boundaries import Boundaries, boundaries_of
from koubai.models.comparing.learners import NETWORK, Learner, chosen
from koubai.models.honest.cross import check_folds, folds_of, scheme_of
from koubai.models.prepared import PreparedTable, RowNumbers
from koubai.models.table_model import TableModel
from koubai.tables.files.frames import TableLike
from koubai.tables.files.reading import ReadingOptions

if TYPE_CHECKING:
    import polars as pl

REPEATS = 3
"""Number of times that predictions are timed; the fastest counts."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How one learner did.

    Attributes
    ----------
    name, keeps : str
        The learner, and whether it keeps the data or a model.
    scores : tuple of float
        Fold by fold: the accuracy, or the root mean squared error.
    fit_seconds : float
        Mean time of a training, without the preparation that all share.
    predict_seconds : float
        Mean time of a prediction for one row, many being predicted at once.
    kept_bytes : int
        Size of the trained learner as it is pickled; of the network, of its model file's arrays.
    """

    name: str
    keeps: str
    scores: tuple[float, ...]
    fit_seconds: float
    predict_seconds: float
    kept_bytes: int

    @property
    def mean(self) -> float:
        """The mean score over the folds."""
        return float(np.mean(self.scores))

    @property
    def spread(self) -> float:
        """The standard deviation over the folds."""
        return float(np.std(self.scores, ddof=1))


@dataclass(frozen=True, eq=False)
class Comparison:
    """The result of `compare`: shows itself in a notebook; ``save("page.html")`` writes it.

    Attributes
    ----------
    source, target, measure, scheme : str
        The table, its target, what the scores measure (``accuracy`` or ``rmse``), and how rows were parted.
    n_rows, n_folds : int
        Numbers of rows and of folds.
    learners : tuple of Compared
        The best first.
    constant : float
        The mean score of a constant answer.
    boundaries : Boundaries or None
        What each learner answers over two columns, if the table has two columns of numbers.
    """

    source: str
    target: str
    measure: str
    scheme: str
    n_rows: int
    n_folds: int
    learners: tuple[Compared, ...]
    constant: float
    boundaries: Boundaries | None

    def frame(self) -> "pl.DataFrame":
        """Return the comparison as a polars table."""
        import polars as pl

        rows = [
            (one.name, one.keeps, one.mean, one.spread, one.fit_seconds, one.predict_seconds, one.kept_bytes)
            for one in self.learners
        ]
        names = ("learner", "keeps", self.measure, "spread", "fit_seconds", "predict_seconds_per_row", "kept_bytes")
        return pl.DataFrame(rows, schema=names, orient="row")

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write the comparison as a page of HTML."""
        entries.save_comparison(self, path, lang)

    def _repr_html_(self) -> str:

        return entries.comparison_html(self, None)


def compare(
    table: TableLike,
    target: str,
    *,
    learners: Sequence[str] | None = None,
    cv: int = 5,
    columns: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda name: None,
    group: str | None = None,
    time_column: str | None = None,
    quality: str = "good",
    random_state: int = 0,
    **reading: Unpack[ReadingOptions],
) -> Comparison:
    """Compare the learners of the lecture with a network on one table.

    Parameters
    ----------
    table, target, group, time_column
        As for `koubai.TableModel.prepare`.
    learners : sequence of str, optional
        Their names, see `koubai.models.comparing.learners`; by default, all that exist for the task.
    cv : int
        Number of folds: the same for all.
    columns : sequence of two str, optional
        Columns of numbers over which the picture shows what each learner answers; by default, the two of which the
        target depends most.
    progress : callable
        Called with the name of each learner before it is trained.
    quality, random_state
        Of the network, as for `koubai.TableModel`; the seed is also that of the other learners.
    **reading
        As for `koubai.TableModel.prepare`.

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        If a learner is unknown, missing, or does not do the task.
    DataError
        If there is nothing to learn from the table.

    Examples
    --------
    >>> table = {"x": [0.0, 1, 2, 3] * 10, "y": ["a", "a", "b", "b"] * 10}
    >>> found = compare(table, "y", learners=["tree", "bayes"], cv=2)
    >>> found.measure, found.learners[0].mean
    ('accuracy', 1.0)
    """
    check_kind("compare", "learners", learners, or_none(NAMES))
    check_folds(cv)
    model = TableModel(quality=quality, random_state=random_state)
    plain = TableModel(quality=quality, random_state=random_state, piecewise=False)
    prepared = model.prepare(table, target, group=group, time_column=time_column, **reading)
    classes = prepared.target.is_classification
    listed = chosen(None if learners is None else tuple(learners), classes)
    _check_columns(columns)
    folds = list(folds_of(prepared, cv, random_state))
    shared = [_features(plain.prepared_again(prepared, kept, test)) for kept, test in folds]

    def compared(learner: Learner) -> Compared:
        progress(learner.name)
        if learner.name == NETWORK:
            return _network(model, prepared, folds)
        return _other(learner, shared, classes, random_state)

    found = [compared(learner) for learner in listed]
    order = sorted(found, key=lambda one: -one.mean if classes else one.mean)
    return Comparison(
        prepared.table.source,
        prepared.target.name,
        "accuracy" if classes else "rmse",
        scheme_of(prepared),
        len(prepared.y),
        len(folds),
        tuple(order),
        _score_of_constants(shared, classes),
        boundaries_of(prepared, [one.name for one in order], listed, columns, random_state),
    )


def _check_columns(columns: Sequence[str] | None) -> None:
    if columns is not None and len(columns) != 2:
        raise ParameterError(
            who="compare",
            parameter="columns",
            required=worded("core.must.two"),
            got=str(len(columns)),
            remedy=worded("core.remedy.name_two_numbers"),
        )


@dataclass(frozen=True, slots=True)
class _Fold:
    X: Array
    y: Array
    X_test: Array
    y_test: Array
    constant: object


def _features(prepared: PreparedTable) -> _Fold:
    """Return the rows of a fold as features, by the preparation that was learned from its training rows."""
    kept = np.sort(np.concatenate([prepared.training, prepared.validation]))
    X, X_test = (prepared.preparation.transform(prepared.frame[rows]) for rows in (kept, prepared.test))
    y, y_test = prepared.y[kept], prepared.y[prepared.test]
    if prepared.target.is_classification:
        values, counts = np.unique(y, return_counts=True)
        return _Fold(X, y, X_test, y_test, values[counts.argmax()])
    return _Fold(X, y, X_test, y_test, y.mean())


def _score(y: Array, predicted: Array, classes: bool) -> float:
    return float((y == predicted).mean()) if classes else float(np.sqrt(((y - predicted) ** 2).mean()))


def _score_of_constants(folds: Sequence[_Fold], classes: bool) -> float:
    """Return the mean score of always answering the commonest class, or the mean."""
    scores = [_score(fold.y_test, np.full(len(fold.y_test), fold.constant), classes) for fold in folds]
    return float(np.mean(scores))


def _other(learner: Learner, folds: Sequence[_Fold], classes: bool, seed: int) -> Compared:
    scores, fit_seconds, predict_seconds, sizes = [], [], [], []
    make = learner.classes if classes else learner.numbers
    assert make is not None
    for fold in folds:
        estimator = make(seed)
        labels, coded = (np.unique(fold.y, return_inverse=True)) if classes else (None, fold.y)
        begin = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # defaults that do not converge are what is compared
            estimator.fit(fold.X, coded)
            fit_seconds.append(perf_counter() - begin)
            answers, seconds = _timed(estimator.predict, fold.X_test)
        answers = np.asarray(answers).reshape(-1)
        scores.append(_score(fold.y_test, answers if labels is None else labels[answers.astype(int)], classes))
        predict_seconds.append(seconds / len(fold.X_test))
        sizes.append(len(pickle.dumps(estimator)))
    means = float(np.mean(fit_seconds)), float(np.mean(predict_seconds))
    return Compared(learner.name, learner.keeps, tuple(scores), *means, int(np.mean(sizes)))


def _network(model: TableModel, prepared: PreparedTable, folds: Sequence[tuple[RowNumbers, RowNumbers]]) -> Compared:
    scores, fit_seconds, predict_seconds, sizes = [], [], [], []
    for kept, test in folds:
        again = model.prepared_again(prepared, kept, test)
        twin = model.twin()
        begin = perf_counter()
        twin.train(again)
        fit_seconds.append(perf_counter() - begin)
        assert twin.evaluation_ is not None
        scores.append(twin.evaluation_.score)
        features = twin.preparation_.transform(again.frame[test], twin.dtype)
        predict_seconds.append(_timed(twin.outputs, features)[1] / len(test))
        sizes.append(sum(array.nbytes for array in twin.to_record()[1].values()))
    means = float(np.mean(fit_seconds)), float(np.mean(predict_seconds))
    return Compared(NETWORK, "model", tuple(scores), *means, int(np.mean(sizes)))


def _timed(predict: Callable[[Array], object], X: Array) -> tuple[object, float]:
    seconds = []
    for _ in range(REPEATS):
        begin = perf_counter()
        answers = predict(X)
        seconds.append(perf_counter() - begin)
    return answers, min(seconds)
