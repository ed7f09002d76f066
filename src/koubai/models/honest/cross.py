"""Cross-validation of a whole table's model: preparation, training and all, once for each fold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arguments import WHOLE, check_kind
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.core.schema import Fields, Listed, Named, Real, Record, Rule, Text, Whole
from koubai.models.asked import refuse_by_blocks
from koubai.models.honest.trained import Trained
from koubai.models.prepared import PreparedTable, RowNumbers
from koubai.models.scores.evaluation import Evaluation

if TYPE_CHECKING:
    from concurrent.futures import Executor


MOST_FOLDS = 100
"""More folds than anyone would wait for."""
SCHEMES = (worded("models.note.rows_at_random"), worded("models.note.whole_groups"), worded("models.note.past_future"))

CROSS_VALIDATED = Fields(
    {
        "scheme": Text(SCHEMES),
        "scores": Named(Listed(Real(finite=False), 1, MOST_FOLDS)),
        "n_rows": Listed(Whole(1), 2, MOST_FOLDS),
    },
    (
        Rule(
            "a value of each measure for each fold",
            lambda crossed: {len(values) for values in crossed["scores"].values()} == {len(crossed["n_rows"])},
        ),
    ),
)
"""What the record of a cross-validation holds."""


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """The scores of a cross-validation.

    Parameters
    ----------
    scheme : str
        How rows were parted.
    scores : mapping of str to tuple of float
        Each measure's values, fold by fold; the first is the main one.
    n_rows : tuple of int
        Number of rows that each fold was scored on.
    """

    scheme: str
    scores: Mapping[str, tuple[float, ...]]
    n_rows: tuple[int, ...]

    @property
    def mean(self) -> dict[str, float]:
        """Each measure's mean over the folds."""
        return {name: float(np.mean(values)) for name, values in self.scores.items()}

    @property
    def spread(self) -> dict[str, float]:
        """Each measure's standard deviation over the folds."""
        return {name: float(np.std(values, ddof=1)) for name, values in self.scores.items()}

    def record(self) -> Record:
        """Return the scores as plain data; `from_record` reads them back."""
        scores = {name: list(values) for name, values in self.scores.items()}
        return {"scheme": self.scheme, "scores": scores, "n_rows": list(self.n_rows)}

    @classmethod
    def from_record(cls, record: Record) -> "CrossValidated":
        """Return the scores described by `record`."""
        scores = {str(name): tuple(map(float, values)) for name, values in record["scores"].items()}
        return cls(str(record["scheme"]), scores, tuple(int(n) for n in record["n_rows"]))


def check_folds(cv: object, streamed: bool = False) -> None:
    """Raise an error in one sentence if the number of folds is invalid."""
    if cv is None:
        return
    check_kind("TableModel", "cv", cv, WHOLE, 5)
    if not 2 <= int(cv) <= MOST_FOLDS:  # type: ignore[call-overload]  # a whole number by now
        required = worded("core.must.from_two_to", most_folds=MOST_FOLDS)
        raise ParameterError(
            who="TableModel", parameter="cv", required=required, got=repr(cv), remedy=worded("core.remedy.try_6")
        )
    if streamed:
        refuse_by_blocks("cv", cv)


def cross_validate(
    model: Trained, prepared: PreparedTable, cv: int, executor: "Executor | None" = None
) -> CrossValidated:
    """Return the scores of models like one, each trained on all folds but one and scored on that.

    Parameters
    ----------
    model : TableModel
        The model whose parameters apply; it is not changed.
    prepared : PreparedTable
        The table, prepared by it.
    cv : int
        Number of folds.
    executor
        As for `koubai.TableModel.fit`.

    Raises
    ------
    DataError
        If the rows, groups or times are too few.
    """
    found: list[Evaluation] = []
    for kept, test in folds_of(prepared, cv, model.random_state):
        twin = model.twin().train(model.prepared_again(prepared, kept, test), executor=executor)
        assert twin.evaluation_ is not None
        found.append(twin.evaluation_)
    names = [name for name in found[0].others if all(name in evaluation.others for evaluation in found)]
    scores: dict[str, tuple[float, ...]] = {found[0].measure: tuple(evaluation.score for evaluation in found)}
    scores[worded("models.note.constant_answer")] = tuple(evaluation.baseline for evaluation in found)
    scores |= {name: tuple(evaluation.others[name] for evaluation in found) for name in names}
    return CrossValidated(scheme_of(prepared), scores, tuple(evaluation.n_rows for evaluation in found))


def scheme_of(prepared: PreparedTable) -> str:
    """Return how the rows of a prepared table are parted."""
    return SCHEMES[0 if prepared.groups is None and prepared.times is None else 1 if prepared.times is None else 2]


def folds_of(prepared: PreparedTable, cv: int, seed: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
    """Yield the rows to learn from and those to be scored on, of each fold.

    By time, the rows are parted into one more part than there are folds, and each but the first is predicted from all
    before it. Groups stay whole. Otherwise rows are parted at random, classes in equal shares.
    """
    from koubai.estimators.splitting import splitters

    n, y = len(prepared.y), prepared.y
    classes = prepared.target.is_classification
    if prepared.times is not None:
        yield from _by_time(prepared.times, cv)
        return
    splitter: Iterator[tuple[Array, Array]]
    if prepared.groups is not None:
        n_groups = len(np.unique(prepared.groups))
        if n_groups < cv:
            raise _too_few(worded("models.note.groups_more", cv=cv), cv, n_groups)
        kind = splitters().StratifiedGroupKFold if classes else splitters().GroupKFold
        splitter = kind(cv, shuffle=True, random_state=seed).split(np.zeros(n), y, prepared.groups)
    else:
        if n < 2 * cv:
            raise _too_few(worded("models.note.rows_more", value=2 * cv), cv, n)
        common = classes and np.unique(y, return_counts=True)[1].min() >= cv
        kind = splitters().StratifiedKFold if common else splitters().KFold
        splitter = kind(cv, shuffle=True, random_state=seed).split(np.zeros(n), y)
    yield from splitter


def check_enough(prepared: PreparedTable, cv: int, seed: int) -> None:
    """Raise DataError, before anything is trained, if the rows, groups or times are too few for so many folds."""
    next(iter(folds_of(prepared, cv, seed)), None)


def _too_few(required: str, cv: int, got: int) -> DataError:
    return DataError(
        parameter=worded("models.error.table"),
        required=worded("core.must.have_folds", required=required, cv=cv),
        got=str(got),
        remedy=worded("core.remedy.try_fewer"),
    )


def _by_time(times: Array, cv: int) -> Iterator[tuple[RowNumbers, RowNumbers]]:
    different = np.unique(times)
    if len(different) <= cv:
        raise _too_few(worded("models.note.more_than_different_times", cv=cv), cv, len(different))
    edges = np.sort(times)[np.linspace(0, len(times), cv + 2).astype(int)[1:-1]]
    edges = np.unique(np.append(edges, np.inf))
    for begin, end in pairwise(edges):
        kept, test = np.flatnonzero(times < begin), np.flatnonzero((times >= begin) & (times < end))
        if len(kept) and len(test):
            yield kept, test
