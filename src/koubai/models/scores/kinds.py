"""Which kinds of networks are averaged: those that see numbers in pieces, those that do not, or both.

The two err differently, so that their mean is mostly better than either. Where one of them fails, the mean is worse; so
both are tried on rows that they did not learn from, unless the rows are too few for that.
"""

import warnings

import numpy as np

from koubai.core.arrays import Array
from koubai.models.averaging import can_be_widened, with_theta
from koubai.models.estimator_choice import Estimator
from koubai.models.scores.answers import can_be_drawn, outputs_of
from koubai.models.scores.judgement import HELD_OUT, Judgement
from koubai.models.scores.judging import judge_kinds
from koubai.models.scores.parts import Apart, parts_of

Kinds = tuple[Array | None, ...]
"""The features that members see, by turns, (n_features,); None stands for all."""


def kinds_that_serve(
    estimator: "Estimator",
    X: Array,
    y: Array,
    *,
    epochs: int,
    seed: int,
    plain: Array | None,
    weights: Array | None = None,
    judgement: Judgement | None = None,
    apart: Apart | None = None,
) -> tuple[Kinds, Judgement | None]:
    """Return the features that the members see, by turns, and the judgement that is to hold for their mean.

    Parameters
    ----------
    estimator, X, y, epochs, seed
        As for `koubai.models.averaging.train_members`.
    plain : array of bool of shape (n_features,), or None
        The features without pieces; None if there are none.
    weights : array of shape (n_rows,) or None
        Weight of each row's loss.
    judgement : Judgement or None
        What is known. Where both kinds were judged, that decides; where the confidence of one network was
        found by held-out rows, that of the mean of both kinds takes its place.
    apart : Apart, optional
        What keeps rows apart.
    """
    if plain is None or not can_be_widened(estimator):
        return (None,), judgement
    kinds = (None, plain)
    if judgement is not None and (judgement.kinds or judgement.n_parts > HELD_OUT):
        return tuple(kinds[kind] for kind in judgement.kinds) or kinds, judgement
    found = _judged(estimator, X, y, kinds, weights, epochs, seed, apart)
    if found is None:
        return kinds, judgement
    return tuple(kinds[kind] for kind in found.kinds), judgement and found


def _judged(
    estimator: "Estimator",
    X: Array,
    y: Array,
    kinds: Kinds,
    weights: Array | None,
    epochs: int,
    seed: int,
    apart: Apart | None,
) -> Judgement | None:
    """Judge a mean of networks by the first part of a cross-validation; None if that is inconclusive."""
    from koubai.estimators.members import anew, seed_of_member, train_together

    part = next(parts_of(y, hasattr(estimator, "classes_"), seed, apart), None)
    if part is None or not can_be_drawn(estimator):
        return None
    training, test = part
    rows, targets, seeds = X[training], y[training], [seed_of_member(seed, 0)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the final training issues any warnings
        both = [anew(estimator, rows, targets, seeds=seeds, epochs=epochs, seen=seen) for seen in kinds]
        thetas = [theta for (theta,) in train_together(both)]
    if not np.isfinite(thetas).all():
        return None  # members that diverge are left out one by one
    answers = [outputs_of(with_theta(estimator, theta), X[test]) for theta in thetas]
    return judge_kinds(estimator, np.stack(answers), y[test], None if weights is None else weights[test])
