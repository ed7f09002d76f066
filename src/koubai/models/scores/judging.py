"""Cross-validation of a small table's network, to choose its penalty and its confidence.

A network that has seen few rows is overconfident. So the rows are divided into parts, each predicted by a network
trained on the others, and two things are chosen by the loss of these predictions: the L2 penalty, and a factor a by
which the last pre-activations are shrunk towards those of the constant prediction,

    u' = a u + (1 - a) u_0,

where u_0 gives each class its share of the rows (or the mean). For two classes this shrinks the log-odds towards those
of the shares; a = 0 is the constant prediction, so on these rows the result is never worse than that. The factor is
folded into the weights and biases of the last layer, W' = a W, b' = a b + (1 - a) u_0, so that the result is an
ordinary network (Platt 1999, "Probabilistic outputs for support vector machines", with one parameter).

Where the model is to be an average of networks of both kinds (see `koubai.models.scores.kinds`), the predictions are
means of two networks: a mean needs a weaker penalty than one network, and is less overconfident. Where there is but one
kind, since no numbers go in as pieces, one network is judged in the place of the mean.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import logit

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.models.estimator_choice import Estimator
from koubai.models.scores.answers import Answer, answers_of, can_be_drawn, has_shares, outputs_of
from koubai.models.scores.judgement import HELD_OUT, Judgement
from koubai.models.scores.parts import Apart, parts_of

if TYPE_CHECKING:
    from koubai.estimators.classifier import MLPClassifier

FEWEST_OF_CLASS = 10
"""So many held-out rows of each class are needed to choose the confidence by them."""
TIE = 0.02
"""Of penalties that differ by less than this share of the loss (by one part, of the gain too), the weakest wins."""
MIXTURES = ((0, 1), (0, 1, 0, 0), (0, 1, 1, 1))
"""Two kinds of networks by turns: as many of each, or three of one to one of the other."""
CLEARLY = 0.9
"""A kind of networks by itself must have less than this share of the mean's loss to be preferred."""
SUREST = {True: 1.5, False: 1.0}
"""Maximum factor for classes and for numbers; strong penalties make classifiers underconfident."""


def judge(
    make: Callable[[float], Estimator],
    penalties: Sequence[float],
    X: Array,
    y: Array,
    weights: Array | None,
    *,
    classes: bool,
    seed: int,
    executor: "Executor | None" = None,
    apart: Apart | None = None,
    plain: Array | None = None,
    once: bool = False,
) -> Judgement | None:
    """Choose an L2 penalty and the confidence of predictions; None if the rows do not allow it.

    Parameters
    ----------
    make : callable
        Returns an unfitted estimator for a penalty.
    penalties : sequence of float
        L2 penalties, >= 0, which are tried from the weakest on until one is worse than the one before; by one part,
        from the middle on.
    X : array of shape (n_rows, n_features)
        The rows.
    y : array of shape (n_rows,)
        Targets in the form the estimator takes.
    weights : array of shape (n_rows,) or None
        Weight of each row's loss.
    classes : bool
        Whether targets are classes.
    seed : int
        Seed of the division into parts.
    executor : Executor, optional
        Workers that train the networks.
    apart : Apart, optional
        What keeps rows apart.
    plain : array of bool of shape (n_features,), optional
        The features that a second network sees, if the model is to be an average of networks of both kinds.
    once : bool
        Whether one part is enough to judge by.
    """
    parts = list(islice(parts_of(y, classes, seed, apart), 1 if once else None))
    if not parts:
        return None

    def weighed(answers: Sequence[Answer]) -> Weighed | None:
        found = _put_together(answers, y, parts)
        if found is None:
            return None
        network, outputs, targets, rows = found
        return weigh(network, outputs, targets, None if weights is None else weights[rows])

    def worth(some: Sequence[float]) -> Iterable[Weighed | None]:
        return map(weighed, answers_of(make, some, X, y, parts, executor, plain, once))

    judged = (_nearby if once else _until_worse)(sorted(penalties), worth)
    if not judged:
        return None
    judgement = _weakest(judged, of_the_gain=once)
    return _of_one_part(judgement, classes, y, parts[0][1]) if once else judgement


class Weighed(NamedTuple):
    """The kinds of networks whose mean is to predict, by turns, empty if there is but one; its a, and losses."""

    kinds: tuple[int, ...]
    factor: float
    loss: float
    constant: float
    alone: tuple[float, ...] = ()
    """The factor of each kind of network by itself, if there are two kinds."""


def weigh(network: Network, outputs: Array, targets: Array, weights: Array | None) -> Weighed:
    """Return the factor, and in which shares both kinds of networks serve, unless one by itself is clearly better.

    Parameters
    ----------
    network : Network
        The network.
    outputs : array of shape (n_kinds, n_rows, n_outputs)
        Predictions of rows that were not trained on, by a network of each kind.
    targets, weights : array of shape (n_rows, n_outputs), (n_rows,)
        Their targets as the network has them, and the weights of their losses.
    """
    found = []
    for kinds in ((0,),) if len(outputs) == 1 else (*MIXTURES, (0,), (1,)):
        loss = _loss_by_factor(network, outputs[list(kinds)].mean(axis=0), targets, weights)
        factor = _best_factor(loss, SUREST[has_shares(network)])
        found.append(Weighed(kinds, factor, loss(factor), loss(0.0)))
    if len(outputs) == 1:
        return found[0]._replace(kinds=())
    together, best = (min(some, key=lambda one: one.loss) for some in (found[:-2], found[-2:]))
    chosen = best if best.loss < CLEARLY * together.loss else together
    return chosen._replace(alone=tuple(one.factor for one in found[-2:]))


def judge_held_out(estimator: "MLPClassifier", X: Array, y: Array, weights: Array | None) -> Judgement | None:
    """Choose the confidence of a fitted classifier by rows that it did not learn from; None if that is not possible.

    Parameters
    ----------
    estimator : MLPClassifier
        The fitted network.
    X, y, weights
        As for `judge`.
    """
    if not can_be_drawn(estimator) or not _tell_confidence(estimator, y):
        return None
    return _judged_once(estimator, outputs_of(estimator, X)[np.newaxis], y, weights)


def judge_kinds(estimator: Estimator, outputs: Array, y: Array, weights: Array | None) -> Judgement:
    """Choose the kinds of networks that are averaged and, for classes, their confidence, by rows that were held out.

    Where these rows do not tell how sure a mean should be, or numbers are predicted, the factor is 1.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        A fitted network of which `can_be_drawn` is true.
    outputs : array of shape (n_kinds, n_rows, n_outputs)
        `outputs_of` a network of each kind that did not learn from these rows.
    y, weights
        Their targets and weights, as for `judge`.
    """
    found = _judged_once(estimator, outputs, y, weights)
    return found if _tell_confidence(estimator, y) else replace(found, factor=1.0, alone=(1.0, 1.0))


def _tell_confidence(estimator: object, y: Array) -> bool:
    """Return whether rows tell how sure a classifier should be: without rows of a rare class, its share would win."""
    if not hasattr(estimator, "classes_"):
        return False
    return _of_each_class(y, len(estimator.classes_))


def _of_each_class(y: Array, n_classes: int) -> bool:
    counts = np.unique_counts(y).counts
    return len(counts) == n_classes and bool(counts.min() >= FEWEST_OF_CLASS)


def _nearby(
    penalties: Sequence[float], weighed: Callable[[Sequence[float]], Iterable["Weighed | None"]]
) -> dict[float, "Weighed"]:
    """Return what penalties are worth, from the weakest on: the two in the middle, and those beyond the better one."""
    middle = max(0, len(penalties) // 2 - 1)
    known: dict[int, Weighed] = {}
    asked: set[int] = set()
    wanted = list(range(middle, min(middle + 2, len(penalties))))
    while wanted:
        asked.update(wanted)
        found = weighed([penalties[place] for place in wanted])
        known |= {place: one for place, one in zip(wanted, found, strict=True) if one is not None}
        best = min(known, key=lambda place: known[place].loss, default=middle)
        wanted = [place for place in (best - 1, best + 1) if 0 <= place < len(penalties) and place not in asked]
    return {penalties[place]: known[place] for place in sorted(known)}


def _until_worse(
    penalties: Sequence[float], weighed: Callable[[Sequence[float]], Iterable["Weighed | None"]]
) -> dict[float, "Weighed"]:
    """Return what penalties are worth, from the weakest on until one is worse than those before."""
    judged: dict[float, Weighed] = {}
    for penalty, found in zip(penalties, weighed(penalties), strict=True):
        if found is None:
            continue
        before = min((each.loss for each in judged.values()), default=np.inf)
        judged[penalty] = found
        if found.loss > before:
            break  # stronger ones would be worse still
    return judged


def _weakest(judged: Mapping[float, "Weighed"], *, of_the_gain: bool) -> Judgement:
    """Return the judgement of the weakest penalty whose loss is nearly the lowest.

    Nearly means within the share `TIE` of the lowest loss; by the gain, of what it is below the constant prediction's
    too, if that is less.
    """
    lowest = min(found.loss for found in judged.values())
    gained = max(found.constant for found in judged.values()) - lowest
    most = lowest + TIE * (min(lowest, gained) if of_the_gain else lowest)
    weakest, chosen = next(item for item in judged.items() if item[1].loss <= most)
    losses = {f"{penalty:g}": found.loss for penalty, found in judged.items()}
    return Judgement(losses, weakest, chosen.factor, chosen.constant, kinds=chosen.kinds, alone=chosen.alone)


def _of_one_part(judgement: Judgement, classes: bool, y: Array, asked: Array) -> Judgement:
    """Return a judgement by one part of the rows, which may not tell how sure to be."""
    found = replace(judgement, n_parts=HELD_OUT)
    if not classes or _of_each_class(y[asked], len(np.unique(y))):
        return found
    return replace(found, factor=1.0, alone=tuple(1.0 for _ in found.alone))


def _judged_once(estimator: "Estimator", outputs: Array, y: Array, weights: Array | None) -> Judgement:
    found = weigh(estimator.network_, outputs, estimator.coded_targets(y), weights)
    l2 = float(estimator.alpha)
    return Judgement({f"{l2:g}": found.loss}, l2, found.factor, found.constant, HELD_OUT, found.kinds, found.alone)


def _best_factor(loss: Callable[[float], float], surest: float) -> float:
    """Return the factor with the lowest loss; 0 and 1 are among the candidates."""
    from scipy.optimize import minimize_scalar  # its import takes longer than most fits

    found = float(minimize_scalar(loss, bounds=(0.0, surest), method="bounded").x)
    return min((0.0, 1.0, found), key=loss)


def draw_to_constant(estimator: Estimator, factor: float, y: Array, weights: Array | None) -> None:
    """Fold a factor into the last layer of a fitted estimator.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The fitted network.
    factor : float
        a.
    y : array of shape (n_rows,)
        The training targets, whose shares or mean give the constant prediction.
    weights : array of shape (n_rows,) or None
        Their weights.
    """
    targets = estimator.coded_targets(y)
    network, theta = estimator.network_, estimator.theta_
    last, weight, bias = network.dense_layer(-1), network.weights(theta, -1), network.biases(theta, -1)
    constant = _before(last.activation.name, np.average(targets, axis=0, weights=weights)[np.newaxis])[0]
    weight *= factor
    bias *= factor
    bias += ((1 - factor) * constant).astype(bias.dtype)


def row_weights(class_weight: Mapping[object, float] | str | None, y: Array, training: Array) -> Array | None:
    """Return row weights from the class weights, which the training rows determine; None if all are equal.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        As for `koubai.MLPClassifier`.
    y, training : array of shape (n_rows,), array of shape (n_training_rows,)
        Classes; all those in y occur in ``training``.
    """
    if class_weight is None:
        return None
    from sklearn.utils.class_weight import compute_class_weight

    classes = np.unique(training)
    found = compute_class_weight(class_weight, classes=classes, y=training)
    return np.asarray(found[np.searchsorted(classes, y)])


def _put_together(
    answers: Sequence[Answer], y: Array, parts: Sequence[tuple[Array, Array]]
) -> tuple[Network, Array, Array, Array] | None:
    """Return a network, and outputs, targets and row numbers of all cross-predicted rows; None if one part failed."""
    outputs, targets, network = [], [], None
    for answer, (_, predicted) in zip(answers, parts, strict=False):
        if answer is None:
            return None
        estimator, found = answer
        network = estimator.network_
        outputs.append(found)
        targets.append(estimator.coded_targets(y[predicted]))
    assert network is not None
    rows = np.concatenate([predicted for _, predicted in parts])
    return network, np.concatenate(outputs, axis=1), np.concatenate(targets), rows


def _loss_by_factor(
    network: Network, outputs: Array, targets: Array, weights: Array | None
) -> Callable[[float], float]:
    """Return the mean loss of the rows as a function of the factor."""
    activation = network.layers[-1].activation
    constant = _before(activation.name, np.average(targets, axis=0, weights=weights)[np.newaxis])
    u, y = _before(activation.name, outputs), targets.astype(np.float64)

    def loss(factor: float) -> float:
        drawn = factor * u + (1 - factor) * constant
        with np.errstate(over="ignore"):
            rows = network.loss.rows(activation, drawn, activation.value(drawn), y)
        return float(np.average(rows, weights=weights))

    return loss


def _before(activation: str, z: Array) -> Array:
    """Return pre-activations u with φ(u) = z, with z clipped away from 0 and 1."""
    z = z.astype(np.float64)
    least = np.finfo(np.float64).tiny
    if activation == "sigmoid":
        return np.asarray(logit(np.clip(z, 1e-15, 1 - 1e-15)))
    return np.log(np.maximum(z, least)) if activation in ("softmax", "exponential") else z
