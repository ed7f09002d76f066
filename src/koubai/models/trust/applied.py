"""What serves a stated measure, and the limits of intervals, found for a table's model while it is trained."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.models.averaging import epochs_kept
from koubai.models.defaults import SMALL, settings_to_judge
from koubai.models.estimator_choice import Estimator, estimator_for
from koubai.models.scaling import TargetScale
from koubai.models.scores.judgement import Judgement
from koubai.models.scores.judging import judge, judge_held_out
from koubai.models.scores.kinds import Kinds
from koubai.models.scores.parts import Apart
from koubai.models.table_preparer import TablePreparer
from koubai.models.trust.conformal import Conformal
from koubai.models.trust.decision import Decision
from koubai.models.trust.metrics import METRICS, check_metric
from koubai.models.trust.serving import Candidate, choose, decide_by_parts, decide_by_rows

LEFT_OUT = ("callbacks", "checkpoint", "n_starts")
"""Parameters of the one final training."""
SMALLEST_ANSWER = 0.01
"""Share of the mean target below which intervals that grow with the answer do not shrink."""


def choose_for(model: TablePreparer, X: Array, y: Array, apart: Apart | None = None) -> None:
    """Set the parameters of a model that suit its measure, if it has one for which there is anything to try.

    Parameters
    ----------
    model : TableModel
        The model, told of the table.
    X, y : array of shape (n_rows, n_features), (n_rows,)
        All training rows.
    apart : Apart, optional
        What keeps rows apart.
    """
    task = model.target_.task
    check_metric(model.metric, task)
    if model.metric is None:
        return
    given = {name: value for name, value in model.network.items() if name not in LEFT_OUT}
    rows = X.astype(np.float32)

    def make(more: Mapping[str, object]) -> Candidate:
        chosen, fast, single = {**given, **more}, model.members_asked.is_fast, model.is_single
        if model.target_.is_classification:
            estimator = estimator_for(task, len(y), chosen, model.random_state, fast=fast, single=single)
            return Candidate(estimator, y, lambda found: found)
        scale = TargetScale.of(y, chosen)
        estimator = estimator_for(task, len(y), chosen, model.random_state, scale.long_tail, fast, single)
        coded = ((y - scale.center) / scale.scale).astype(np.float32)
        return Candidate(estimator, coded, lambda found: found * scale.scale + scale.center)

    found = choose(model.metric, model.network, make, rows, y, model.random_state, apart)
    if found is None:
        model.decision_ = None if METRICS[model.metric].decides else Decision(model.metric)
        return
    model.decision_, model.chosen_ = found
    if model.chosen_ and not model.target_.is_classification:
        model._take_scale(TargetScale.of(y, model.settled))


def judge_for(
    model: TablePreparer,
    X: Array,
    y: Array,
    weights: Array | None,
    apart: Apart | None = None,
    executor: "Executor | None" = None,
) -> Judgement | None:
    """Return the cross-validation of a small table's networks, if applicable; ``X, y, apart`` as above.

    Parameters
    ----------
    weights : array of shape (n_rows,) or None
        The rows' weights.
    executor : Executor, optional
        Workers that train the networks.
    """
    classes = model.target_.is_classification
    fast, single = model.members_asked.is_fast, model.is_single
    settings = settings_for(model, len(y))
    if not settings:
        return None
    given = {name: value for name, value in model.settled.items() if name not in LEFT_OUT}

    def make(penalty: float) -> Estimator:
        chosen = {**given, **settings[penalty]}
        return estimator_for(model.target_.task, len(y), chosen, model.random_state, model.long_tail_, fast, single)

    return judge(
        make,
        list(settings),
        X.astype(np.float32),  # half the time, and only choices come of it
        model._coded(y),
        weights,
        classes=classes,
        seed=model.random_state,
        executor=executor,
        apart=apart,
        plain=None if single else model.preparation_.plain_features(),
        once=len(y) >= SMALL,
    )


def settings_for(model: TablePreparer, n_rows: int) -> dict[float, dict[str, object]]:
    """Return the penalties that a model is to choose from, and what else each sets, see `settings_to_judge`."""
    if not model.cross_validation:
        return {}
    return settings_to_judge(n_rows, model.target_.is_classification, model.network, model.is_single)


def judge_once_for(model: TablePreparer, X: Array, y: Array, weights: Array | None) -> Judgement | None:
    """Return the confidence of a trained model's network by rows that chose its epoch, if the model is of classes."""
    return judge_held_out(model.estimator_, X, y, weights) if model.target_.is_classification else None


def decide_for(
    model: TablePreparer,
    X: Array,
    y: Array,
    weights: Array | None,
    apart: Apart | None = None,
    seen: Kinds = (None,),
) -> None:
    """Set where a trained model draws the line between classes, if its measure depends on that; ``X, y`` as above.

    Parameters
    ----------
    weights : array of shape (n_rows,) or None
        The rows' weights.
    seen : sequence of (array of bool of shape (n_features,), or None)
        The features that each of the model's networks sees.
    """
    if model.metric is None or not METRICS[model.metric].decides:
        return
    model.decision_ = decide_by_parts(
        model.metric,
        model.estimator_,
        X.astype(np.float32),
        y,
        factor=1.0 if model.judgement_ is None else model.judgement_.factor,
        weights=weights,
        epochs=epochs_kept(model.estimator_),
        seed=model.random_state,
        apart=apart,
        seen=seen,
    ) or Decision(model.metric)


Answers: TypeAlias = Iterable[tuple[Array, tuple[Array, Array | None]]]
"""Targets with a model's predictions and probabilities, piece by piece."""


def decide_streamed(model: TablePreparer, answers: Answers, training_counts: Array) -> None:
    """Set the same for a table that is read block by block, by the rows that chose the epoch."""
    check_metric(model.metric, model.target_.task)
    if model.metric is None:
        return
    model.decision_ = Decision(model.metric)
    if not METRICS[model.metric].decides or not hasattr(model.estimator_, "predict_proba"):
        return
    rows = [(y, probabilities) for y, (_, probabilities) in answers]
    if rows:
        truth, shares = (np.concatenate(each) for each in zip(*rows, strict=True))
        classes = model.estimator_.classes_
        training = np.repeat(classes, training_counts)
        model.decision_ = decide_by_rows(model.metric, classes, training, truth, shares)


def conform_streamed(model: TablePreparer, answers: Answers) -> None:
    """Set the same for a table that is read block by block, from a model's answers for the rows set aside."""
    if model.intervals is None:
        return
    rows = [(y, *found) for y, found in answers]
    if rows:
        y, predicted, probabilities = zip(*rows, strict=True)
        of_classes = None if probabilities[0] is None else np.concatenate(probabilities)
        _conform(model, np.concatenate(y), np.concatenate(predicted), of_classes)


def conform(model: TablePreparer, X: Array, y: Array) -> None:
    """Set the limits of a trained model's intervals, from the rows that were set aside for them."""
    if model.intervals is not None and len(y):
        _conform(model, y, *model.outputs(X))


def _conform(model: TablePreparer, y: Array, predicted: Array, probabilities: Array | None) -> None:
    """Set the limits by what the model answers for these rows, whose targets are y."""
    assert model.intervals is not None
    level = float(model.intervals)
    if not model.target_.is_classification:
        unit = SMALLEST_ANSWER * model.mean_ if model.long_tail_ else 0.0
        model.conformal_ = Conformal.of_numbers(level, y, predicted, model.long_tail_, unit)
    elif probabilities is not None:
        places = np.searchsorted(model.estimator_.classes_, y)
        model.conformal_ = Conformal.of_classes(level, places, probabilities)
