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

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import logit

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.core.network import Network
from koubai.models.averaging import can_be_widened, with_theta
from koubai.models.estimator_choice import Estimator
from koubai.models.scores.judgement import HELD_OUT, Judgement
from koubai.models.scores.parts import parts_of
from koubai.training.executors import shared_out

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from koubai.estimators.classifier import MLPClassifier

FEWEST_OF_CLASS = 10
"""So many held-out rows of each class are needed to choose the confidence by them."""
TIE = 0.02
"""Among penalties whose losses differ by less than this share, the weakest is chosen, as it costs less accuracy."""
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
    groups: Array | None = None,
    plain: Array | None = None,
) -> Judgement | None:
    """Choose an L2 penalty and the confidence of predictions; None if the rows do not allow it.

    Parameters
    ----------
    make : callable
        Returns an unfitted estimator for a penalty.
    penalties : sequence of float
        L2 penalties, >= 0, which are tried from the weakest on until one is worse than the one before.
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
    groups : array of shape (n_rows,), optional
        Rows of one group stay together.
    plain : array of bool of shape (n_features,), optional
        The features that a second network sees, if the model is to be an average of networks of both kinds.
    """
    parts = list(parts_of(y, classes, seed, groups))
    judged: dict[float, Weighed] = {}
    if not parts:
        return None
    tried = sorted(penalties)
    for penalty, answers in zip(tried, _answers(make, tried, X, y, parts, executor, plain), strict=True):
        found = _put_together(answers, y, parts)
        if found is not None:
            network, outputs, targets, rows = found
            before = min((each.loss for each in judged.values()), default=np.inf)
            judged[penalty] = weigh(network, outputs, targets, None if weights is None else weights[rows])
            if judged[penalty].loss > before:
                break  # stronger ones would be worse still
    if not judged:
        return None
    lowest = min(found.loss for found in judged.values())
    weakest, chosen = next(item for item in judged.items() if item[1].loss <= (1 + TIE) * lowest)
    losses = {f"{penalty:g}": found.loss for penalty, found in judged.items()}
    return Judgement(losses, weakest, chosen.factor, chosen.constant, kinds=chosen.kinds, alone=chosen.alone)


class Weighed(NamedTuple):
    """The kinds of networks whose mean is to predict, by turns, empty if there is but one; its a, and losses."""

    kinds: tuple[int, ...]
    factor: float
    loss: float
    constant: float
    alone: float | None = None
    """The factor of the first kind of network by itself, if there are two kinds."""


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
        factor = _best_factor(loss, SUREST[_has_shares(network)])
        found.append(Weighed(kinds, factor, loss(factor), loss(0.0)))
    if len(outputs) == 1:
        return found[0]._replace(kinds=())
    together, best = (min(some, key=lambda one: one.loss) for some in (found[:-2], found[-2:]))
    chosen = best if best.loss < CLEARLY * together.loss else together
    return chosen._replace(alone=found[-2].factor)


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
    return found if _tell_confidence(estimator, y) else replace(found, factor=1.0, alone=1.0)


def _tell_confidence(estimator: Any, y: Array) -> bool:
    """Return whether rows tell how sure a classifier should be: without rows of a rare class, its share would win."""
    if not hasattr(estimator, "classes_"):
        return False
    counts = np.unique_counts(y).counts
    return len(counts) == len(estimator.classes_) and bool(counts.min() >= FEWEST_OF_CLASS)


def _judged_once(estimator: Any, outputs: Array, y: Array, weights: Array | None) -> Judgement:
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


Answer: TypeAlias = "tuple[Estimator, Array] | None"
"""A fitted network, and outputs for a part of the rows by networks of each kind; None if that failed."""


def _answers(
    make: Callable[[float], Estimator],
    penalties: Sequence[float],
    X: Array,
    y: Array,
    parts: Sequence[tuple[Array, Array]],
    executor: "Executor | None",
    plain: Array | None,
) -> Iterator[list[Answer]]:
    """Yield, of each penalty, the answers for each part by a network trained on the others."""
    if executor is None:
        for penalty in penalties:
            answers = (_answer(make(penalty), X, y, part, plain) for part in parts)
            yield list(_until_none(answers))
        return
    tasks = [(make(penalty), part) for penalty in penalties for part in parts]
    found = [answer for _, some in shared_out(executor, _answer_all, tasks, X, y, plain) for answer in some]
    for first in range(0, len(found), len(parts)):
        yield found[first : first + len(parts)]


def _until_none(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Yield answers up to the first that failed, after which others would be in vain."""
    for answer in answers:
        yield answer
        if answer is None:
            return


def _answer_all(
    tasks: Sequence[tuple[Estimator, tuple[Array, Array]]], X: Array, y: Array, plain: Array | None
) -> list[Answer]:
    """Return the answers of some networks, in a worker."""
    return [_answer(estimator, X, y, part, plain) for estimator, part in tasks]


def _answer(estimator: Estimator, X: Array, y: Array, part: tuple[Array, Array], plain: Array | None) -> Answer:
    """Train a network of each kind on the other rows, and return the first with all outputs for the rows of a part."""
    trained, predicted = part
    if not trained_quietly(estimator, X[trained], y[trained]) or not can_be_drawn(estimator):
        return None
    found = [outputs_of(estimator, X[predicted])]
    if plain is not None and can_be_widened(estimator):
        from koubai.estimators.members import seed_of_member, train_anew

        (theta,) = train_anew(
            estimator,
            X[trained],
            y[trained],
            seeds=[seed_of_member(estimator.random_state, 1)],
            epochs=len(estimator.history_),
            seen=plain,
        )
        if not np.isfinite(theta).all():
            return None
        found.append(outputs_of(with_theta(estimator, theta), X[predicted]))
    return estimator, np.stack(found)


def trained_quietly(estimator: Any, X: Array, y: Array) -> bool:
    """Train a network from which choices come; return whether it did not diverge."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the final training issues any warnings
            estimator.fit(X, y)
    except DivergenceError:
        return False
    return True


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


def can_be_drawn(estimator: Estimator) -> bool:
    """Return whether the pre-activations of the last layer are known from the predictions."""
    network = estimator.network_
    name = network.layers[-1].activation.name
    if hasattr(estimator, "classes_"):
        return name == "softmax" or (name == "sigmoid" and network.n_outputs == 1)
    return name in ("identity", "exponential")


def outputs_of(estimator: Estimator, X: Array) -> Array:
    """Return the network's outputs, (n_rows, n_outputs), as float64."""
    if not _has_shares(estimator.network_):
        return np.asarray(estimator.predict(X), np.float64).reshape(len(X), -1)
    shares = np.asarray(estimator.predict_proba(X), np.float64)
    return shares[:, 1:] if estimator.network_.n_outputs == 1 else shares


def _has_shares(network: Network) -> bool:
    return network.layers[-1].activation.name in ("softmax", "sigmoid")


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
