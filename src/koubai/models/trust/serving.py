"""What serves a stated measure best, found by networks that answer for rows they did not learn from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.models.estimator_choice import Estimator
from koubai.models.scores.answers import trained_quietly
from koubai.models.scores.judging import draw_to_constant
from koubai.models.scores.kinds import Kinds
from koubai.models.scores.parts import Apart, parts_of
from koubai.models.trust.decision import Decision, decide
from koubai.models.trust.metrics import CANDIDATES, METRICS
from koubai.tables.preparing.refusals import CLASSIFICATION

LARGE = 20_000
"""From this number of rows on, a third of them is enough to judge by."""


def parts_to_judge(y: Array, classes: bool, seed: int, apart: Apart | None = None) -> Iterator[tuple[Array, Array]]:
    """Yield rows to learn from and rows to answer for: by turns all of them or, of a large table, a third."""
    return islice(parts_of(y, classes, seed, apart), 1 if len(y) >= LARGE else None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An unfitted estimator, the targets in the form it takes, and what its answers are in the table's units."""

    estimator: "Estimator"
    targets: Array
    in_units: Callable[[Array], Array]


def choose(
    metric: str,
    given: Mapping[str, object],
    make: Callable[[Mapping[str, object]], Candidate],
    X: Array,
    y: Array,
    seed: int,
    apart: Apart | None = None,
) -> tuple[Decision, Record] | None:
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
    apart : Apart, optional
        What keeps rows apart.

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
    parts = list(parts_to_judge(y, classes, seed, apart))
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
    estimator: "Estimator",
    X: Array,
    y: Array,
    *,
    factor: float,
    weights: Array | None,
    epochs: int,
    seed: int,
    apart: Apart | None = None,
    seen: Kinds = (None,),
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
    apart : Apart, optional
        What keeps rows apart.
    seen : sequence of (array of bool of shape (n_features,), or None)
        The features that each network of the model sees. Where there are several, the line is drawn for a mean too: of
        one network of each kind, which count as often as the model has them, or of two where all are of one kind.
    """
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
    for trained, asked in parts_to_judge(y, True, seed, apart):
        of_rows = None if weights is None else weights[trained]
        shares = []
        for number, (features, turns) in enumerate(_sample(seen)):
            network = _alike(estimator, epochs, number)
            rows = X if features is None else X[:, features]
            if not trained_quietly(network, rows[trained], y[trained]):
                return None
            if factor != 1:
                draw_to_constant(network, factor, y[trained], of_rows)
            if len(network.classes_) == len(classes):
                shares += turns * [network.predict_proba(rows[asked]).astype(np.float64)]
        if shares:
            found.append((asked, np.mean(shares, axis=0)))
    if not found:
        return None
    rows = np.concatenate([asked for asked, _ in found])
    return decide_by_rows(metric, classes, y, y[rows], np.concatenate([shares for _, shares in found]))


def _sample(seen: Kinds) -> list[tuple[Array | None, int]]:
    """Return the features that few networks see which stand for all of a model, and how often each of them counts."""
    kinds = {id(features): features for features in seen}
    if len(seen) > 1 and len(kinds) == 1:
        return 2 * [(seen[0], 1)]
    return [(features, sum(one is features for one in seen)) for features in kinds.values()]


def _alike(estimator: "Estimator", epochs: int, number: int) -> "Estimator":
    """Return an unfitted network like a fitted one, of which the first has its seed, and others their own."""
    from sklearn.base import clone  # slow to load

    from koubai.estimators.members import seed_of_member

    network = clone(estimator).set_params(
        callbacks=None, checkpoint=None, keep_checkpoint=False, n_starts=1, early_stopping=False, progress=False
    )
    if network.epochs is not None:
        network.set_params(epochs=epochs)
    if number:
        network.set_params(random_state=seed_of_member(estimator.random_state, number) % 2**32)
    return network


def decide_by_rows(metric: str, classes: Array, y: Array, truth: Array, probabilities: Array) -> Decision:
    """Return where the line between classes is drawn, from probabilities of rows that were held out.

    Of two classes, the rarer among the training rows y is the one that is looked for.
    """
    counts = [(y == label).sum() for label in classes]
    sought = int(np.argmin(counts[::-1])) ^ 1 if len(classes) == 2 else 0
    return decide(metric, np.searchsorted(classes, truth), probabilities, sought, classes.tolist())
