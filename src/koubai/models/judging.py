"""Cross-validation of a small table's network, to choose its penalty and its confidence.

A network that has seen few rows is overconfident. So the rows are divided into parts, each predicted by a network
trained on the others, and two things are chosen by the loss of these predictions: the L2 penalty, and a factor a by
which the last pre-activations are shrunk towards those of the constant prediction,

    u' = a u + (1 - a) u_0,

where u_0 gives each class its share of the rows (or the mean). For two classes this shrinks the log-odds towards those
of the shares; a = 0 is the constant prediction, so on these rows the result is never worse than that. The factor is
folded into the weights and biases of the last layer, W' = a W, b' = a b + (1 - a) u_0, so that the result is an
ordinary network (Platt 1999, "Probabilistic outputs for support vector machines", with one parameter).
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.models.estimator_choice import Estimator

if TYPE_CHECKING:
    from koubai.estimators.classifier import MLPClassifier

PARTS = 3
"""Number of parts into which the rows are divided."""
FEWEST_OF_CLASS = 10
"""So many held-out rows of each class are needed to choose the confidence by them."""
HELD_OUT = 1
"""Number of parts in a `Judgement` by rows that were held out."""
LEAST_ROWS = 40
"""Minimum number of rows for cross-validation to be meaningful."""
TIE = 0.02
"""Among penalties whose losses differ by less than this share, the weakest is chosen, as it costs less accuracy."""
SUREST = {True: 1.5, False: 1.0}
"""Maximum factor for classes and for numbers; strong penalties make classifiers underconfident."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of cross-validation.

    Parameters
    ----------
    losses : mapping of str to float
        For each L2 penalty tried, the mean loss of the rows' predictions with its factor, in units of the loss.
    l2 : float
        The weakest penalty whose loss is within 2 % of the lowest.
    factor : float
        Its a.
    constant : float
        The loss of the constant prediction.
    n_parts : int
        Number of parts; 1 if the rows were held out once, and only the factor was chosen.
    """

    losses: Mapping[str, float]
    l2: float
    factor: float
    constant: float
    n_parts: int = PARTS

    def record(self) -> Record:
        """Return the judgement as plain data; `from_record` reads it back."""
        names = ("losses", "l2", "factor", "constant", "n_parts")
        return {name: dict(self.losses) if name == "losses" else getattr(self, name) for name in names}

    @classmethod
    def from_record(cls, record: Record) -> "Judgement":
        """Return the judgement described by `record`."""
        losses = {str(name): float(value) for name, value in record["losses"].items()}
        l2, factor, constant = (float(record[name]) for name in ("l2", "factor", "constant"))
        return cls(losses, l2, factor, constant, int(record["n_parts"]))

    @property
    def sentence(self) -> str:
        """The choice and its reason, in one sentence."""
        if self.n_parts == HELD_OUT:
            (loss,) = self.losses.values()
            return (
                f"Confidence by held-out rows: predictions scaled by {self.factor:.2f} about the constant prediction "
                f"(loss {loss:.4g}; constant prediction {self.constant:.4g})."
            )
        tried = ", ".join(f"{name}: {loss:.4g}" for name, loss in self.losses.items())
        drawn = f"predictions scaled by {self.factor:.2f} about the constant prediction"
        if self.factor == 0:
            drawn = "nothing better was found than the constant prediction, which is used"
        return (
            f"Cross-validated in {self.n_parts} parts: L2 {self.l2:g} (loss by L2 {tried}; constant prediction "
            f"{self.constant:.4g}), {drawn}."
        )


def judge(
    make: Callable[[float], Estimator],
    penalties: Sequence[float],
    X: Array,
    y: Array,
    weights: Array | None,
    *,
    classes: bool,
    seed: int,
) -> Judgement | None:
    """Choose an L2 penalty and the confidence of predictions; None if the rows do not allow it.

    Parameters
    ----------
    make : callable
        Returns an unfitted estimator for a penalty.
    penalties : sequence of float
        L2 penalties, >= 0.
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
    """
    parts = list(parts_of(y, classes, seed))
    judged: dict[float, tuple[float, float]] = {}
    constant = np.nan
    for penalty in sorted(penalties) if parts else ():
        found = _predicted(make, penalty, X, y, parts)
        if found is None:
            continue
        network, outputs, targets, rows = found
        loss = _loss_by_factor(network, outputs, targets, None if weights is None else weights[rows])
        factor = _best_factor(loss, SUREST[_has_shares(network)])
        judged[penalty], constant = (loss(factor), factor), loss(0.0)
    if not judged:
        return None
    lowest = min(loss for loss, _ in judged.values())
    weakest = next(penalty for penalty, (loss, _) in judged.items() if loss <= (1 + TIE) * lowest)
    losses = {f"{penalty:g}": loss for penalty, (loss, _) in judged.items()}
    return Judgement(losses, weakest, judged[weakest][1], constant)


def judge_held_out(estimator: "MLPClassifier", X: Array, y: Array, weights: Array | None) -> Judgement | None:
    """Choose the confidence of a fitted classifier by rows that it did not learn from; None if that is not possible.

    Parameters
    ----------
    estimator : MLPClassifier
        The fitted network.
    X, y, weights
        As for `judge`.
    """
    counts = np.unique_counts(y).counts
    if not _can_be_drawn(estimator) or len(counts) < len(estimator.classes_) or counts.min() < FEWEST_OF_CLASS:
        return None  # without rows of a rare class, its shares would always be the best answer
    loss = _loss_by_factor(estimator.network_, _outputs(estimator, X), estimator.coded_targets(y), weights)
    factor = _best_factor(loss, SUREST[True])
    l2 = float(estimator.alpha)
    return Judgement({f"{l2:g}": loss(factor)}, l2, factor, loss(0.0), HELD_OUT)


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


def parts_of(y: Array, classes: bool, seed: int) -> Iterator[tuple[Array, Array]]:
    """Yield the training and predicted rows of each part; classes with fewer rows than parts are only trained on."""
    from sklearn.model_selection import KFold, StratifiedKFold  # takes long to load: only if asked for

    rows = np.arange(len(y))
    if not classes:
        judged, always, split = rows, rows[:0], KFold(PARTS, shuffle=True, random_state=seed).split(rows)
    else:
        _, places, counts = np.unique(y, return_inverse=True, return_counts=True)
        enough = counts[places] >= PARTS
        judged, always = rows[enough], rows[~enough]
        if len(np.unique(places[enough])) < 2:
            return
        split = StratifiedKFold(PARTS, shuffle=True, random_state=seed).split(judged, places[judged])
    if len(judged) >= LEAST_ROWS:
        for trained, predicted in split:
            yield np.sort(np.concatenate([judged[trained], always])), judged[predicted]


def _predicted(
    make: Callable[[float], Estimator], penalty: float, X: Array, y: Array, parts: Sequence[tuple[Array, Array]]
) -> tuple[Network, Array, Array, Array] | None:
    """Return a network, and outputs, targets and row numbers of all cross-predicted rows; None if that fails."""
    outputs, targets, rows, networks = [], [], [], []
    for trained, predicted in parts:
        estimator = make(penalty)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the final training issues any warnings
                estimator.fit(X[trained], y[trained])
        except DivergenceError:
            return None
        if not _can_be_drawn(estimator):
            return None
        outputs.append(_outputs(estimator, X[predicted]))
        targets.append(estimator.coded_targets(y[predicted]))
        rows.append(predicted)
        networks.append(estimator.network_)
    return networks[-1], np.concatenate(outputs), np.concatenate(targets), np.concatenate(rows)


def _can_be_drawn(estimator: Estimator) -> bool:
    """Return whether the pre-activations of the last layer are known from the predictions."""
    network = estimator.network_
    name = network.layers[-1].activation.name
    if hasattr(estimator, "classes_"):
        return name == "softmax" or (name == "sigmoid" and network.n_outputs == 1)
    return name in ("identity", "exponential")


def _outputs(estimator: Estimator, X: Array) -> Array:
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
