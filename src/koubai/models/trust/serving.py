"""What serves a stated measure best, found by networks that answer for rows they did not learn from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.models.scores.judging import draw_to_constant, trained_quietly
from koubai.models.scores.parts import parts_of
from koubai.models.trust.decision import Decision, decide
from koubai.models.trust.metrics import CANDIDATES, METRICS
from koubai.tables.preparing.refusals import CLASSIFICATION

LARGE = 20_000
"""From this number of rows on, a third of them is enough to judge by."""


def parts_to_judge(y: Array, classes: bool, seed: int, groups: Array | None = None) -> Iterator[tuple[Array, Array]]:
    """Yield rows to learn from and rows to answer for: by turns all of them or, of a large table, a third."""
    return islice(parts_of(y, classes, seed, groups), 1 if len(y) >= LARGE else None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An unfitted estimator, the targets in the form it takes, and what its answers are in the table's units."""

    estimator: Any
    targets: Array
    in_units: Callable[[Array], Array]


def choose(
    metric: str,
    given: Mapping[str, Any],
    make: Callable[[Mapping[str, Any]], Candidate],
    X: Array,
    y: Array,
    seed: int,
    groups: Array | None = None,
) -> tuple[Decision, dict[str, Any]] | None:
    """Return whether other class weights, or another loss, serve a measure better than the defaults.

    Parameters
    ----------
    metric : str
        The measure.
    given : mapping
        The network parameters chosen by the user, which stay.
    make : callable
        Returns the candidate with further parameters.
    X, y
        Rows, and their targets in the table's units.
    seed : int
        Seed of the division into parts.
    groups : array of shape (n_rows,), optional
        Rows of one group stay together.

    Returns
    -------
    decision, parameters
        What was found, and the parameters to be set; None if there is nothing to be tried.
    """
    other = dict(CANDIDATES.get(metric, {}))
    if not other or any(given.get(name) is not None for name in other):
        return None
    measure, ((name, value),) = METRICS[metric], other.items()
    classes = measure.task == CLASSIFICATION
    parts = list(parts_to_judge(y, classes, seed, groups))
    if not parts:
        return None
    rows = np.concatenate([asked for _, asked in parts])
    truth = np.searchsorted(np.unique(y), y[rows]) if classes else y[rows]
    scores = []
    for more in ({}, other):
        candidate = make(more)
        answers = [_answers(candidate, X, trained, asked) for trained, asked in parts]
        there = [answer for answer in answers if answer is not None]
        if len(there) < len(parts):
            return None
        scores.append(measure.value(truth, np.concatenate(there), truth, 0))
    plain, with_other = scores
    if measure.is_better(with_other, plain):
        return Decision(metric, (), with_other, plain, len(rows), f"{name} {value}"), other
    return Decision(metric, (), plain, plain, len(rows)), {}


def _answers(candidate: Candidate, X: Array, trained: Array, asked: Array) -> Array | None:
    """Return what a candidate that learned from some rows answers for others; None if it diverged."""
    from sklearn.base import clone  # slow to load

    estimator, y = clone(candidate.estimator), candidate.targets
    if not trained_quietly(estimator, X[trained], y[trained]):
        return None
    if not hasattr(estimator, "classes_"):
        return candidate.in_units(np.asarray(estimator.predict(X[asked]), np.float64))
    shares = np.zeros((len(asked), len(np.unique(y))))
    shares[:, np.searchsorted(np.unique(y), estimator.classes_)] = estimator.predict_proba(X[asked])
    return shares


def decide_by_parts(
    metric: str,
    estimator: Any,
    X: Array,
    y: Array,
    *,
    factor: float,
    weights: Array | None,
    epochs: int,
    seed: int,
    groups: Array | None = None,
) -> Decision | None:
    """Return where the line between classes is drawn to serve a measure; None if the rows are too few to say.

    Parameters
    ----------
    metric : str
        A measure that depends on that line.
    estimator : MLPClassifier
        The fitted network; those that are trained on parts of the rows have its parameters.
    X, y : array of shape (n_rows, n_features), (n_rows,)
        All training rows.
    factor : float
        By which predictions are scaled about the constant one.
    weights : array of shape (n_rows,) or None
        The rows' weights.
    epochs : int
        As many as the network that was kept had.
    seed : int
        Seed of the division into parts.
    groups : array of shape (n_rows,), optional
        Rows of one group stay together.
    """
    from sklearn.base import clone  # slow to load

    classes = estimator.classes_
    if not hasattr(estimator, "predict_proba"):
        raise ParameterError(
            who="TableModel",
            parameter="metric",
            required=worded("core.must.left_out_loss_gives_no", loss=repr(estimator.loss)),
            got=repr(metric),
            remedy=worded("core.remedy.leave_one_of_them"),
        )
    found = []
    for trained, asked in parts_to_judge(y, True, seed, groups):
        network = clone(estimator).set_params(
            callbacks=None, checkpoint=None, keep_checkpoint=False, n_starts=1, early_stopping=False, progress=False
        )
        if network.epochs is not None:
            network.set_params(epochs=epochs)
        if not trained_quietly(network, X[trained], y[trained]):
            return None
        if factor != 1:
            draw_to_constant(network, factor, y[trained], None if weights is None else weights[trained])
        if len(network.classes_) == len(classes):
            found.append((asked, network.predict_proba(X[asked]).astype(np.float64)))
    if not found:
        return None
    rows = np.concatenate([asked for asked, _ in found])
    return decide_by_rows(metric, classes, y, y[rows], np.concatenate([shares for _, shares in found]))


def decide_by_rows(metric: str, classes: Array, y: Array, truth: Array, probabilities: Array) -> Decision:
    """Return where the line between classes is drawn, from probabilities of rows that were held out.

    Of two classes, the rarer among the training rows y is the one that is looked for.
    """
    counts = [(y == label).sum() for label in classes]
    sought = int(np.argmin(counts[::-1])) ^ 1 if len(classes) == 2 else 0
    return decide(metric, np.searchsorted(classes, truth), probabilities, sought, classes.tolist())
