"""A small table's network judged by cross-validation: how strong its penalty should be, and how sure it may be.

A network that has seen few rows is surer than it should be. So the rows are cut into parts, each is predicted by a
network that learned from the others, and two things are chosen by the loss of these predictions: the L2 penalty, and a
factor a by which the last pre-activations are drawn to those of the constant answer,

    u' = a u + (1 - a) u_0,

u_0 being what gives each class its share of the rows (or the mean). For two classes that draws the log-odds to those
of the shares; a = 0 is the constant answer, so that on these rows the result is never worse than it. Weights and
biases of the last layer take it in: W' = a W, b' = a b + (1 - a) u_0, so that the network stays a network like any
other (Platt 1999, "Probabilistic outputs for support vector machines", with one parameter).
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logit

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError
from koubai.core.network import Network

PARTS = 3
"""Into so many parts the rows are cut."""
LEAST_ROWS = 40
"""With fewer rows such a judgement says nothing."""
TIE = 0.02
"""Of penalties whose losses differ by less than this share, the weakest is taken: it costs less accuracy."""
SUREST = {True: 1.5, False: 1.0}
"""The largest factor, for classes and for numbers: strong penalties leave classes too unsure."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What cross-validation found.

    Parameters
    ----------
    losses : mapping of str to float
        For each L2 penalty that was tried, the mean loss of the rows' predictions, in the loss's unit, with its factor.
    l2 : float
        The weakest penalty whose loss is within 2 % of the lowest.
    factor : float
        Its a.
    constant : float
        The loss of the constant answer.
    n_parts : int
        Into how many parts the rows were cut.
    """

    losses: Mapping[str, float]
    l2: float
    factor: float
    constant: float
    n_parts: int = PARTS

    def record(self) -> dict[str, Any]:
        """Return it as plain data; `from_record` reads it back."""
        names = ("losses", "l2", "factor", "constant", "n_parts")
        return {name: dict(self.losses) if name == "losses" else getattr(self, name) for name in names}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Judgement":
        """Return the judgement that `record` described."""
        losses = {str(name): float(value) for name, value in record["losses"].items()}
        l2, factor, constant = (float(record[name]) for name in ("l2", "factor", "constant"))
        return cls(losses, l2, factor, constant, int(record["n_parts"]))

    @property
    def sentence(self) -> str:
        """What was chosen, and why, in one sentence."""
        tried = ", ".join(f"{name}: {loss:.4g}" for name, loss in self.losses.items())
        drawn = f"the answers' distance from the constant answer times {self.factor:.2f}"
        if self.factor == 0:
            drawn = "nothing better found than the constant answer, which it gives"
        return (
            f"Cross-validated in {self.n_parts} parts: L2 {self.l2:g} (loss by L2 {tried}; constant answer "
            f"{self.constant:.4g}), {drawn}."
        )


def judge(
    make: Callable[[float], Any],
    penalties: Sequence[float],
    X: Array,
    y: Array,
    weights: Array | None,
    *,
    classes: bool,
    seed: int,
) -> Judgement | None:
    """Choose among L2 penalties, and how sure the answers may be; None if the rows do not allow it.

    Parameters
    ----------
    make : callable
        Gives an unfitted estimator with a penalty.
    penalties : sequence of float
        L2 penalties, >= 0.
    X : array of shape (n_rows, n_features)
        The rows.
    y : array of shape (n_rows,)
        Targets as the estimator takes them.
    weights : array of shape (n_rows,) or None
        What each row's loss counts.
    classes : bool
        Whether targets are classes.
    seed : int
        Of the parts.
    """
    parts = list(_parts(y, classes, seed))
    judged: dict[float, tuple[float, float]] = {}
    from scipy.optimize import minimize_scalar  # whose import takes longer than most fits

    constant = np.nan
    for penalty in sorted(penalties) if parts else ():
        found = _predicted(make, penalty, X, y, parts)
        if found is None:
            continue
        network, outputs, targets, rows = found
        of_rows = None if weights is None else weights[rows]
        loss = _loss_by_factor(network, outputs, targets, of_rows)
        factor = float(minimize_scalar(loss, bounds=(0.0, SUREST[_has_shares(network)]), method="bounded").x)
        factor = min((0.0, 1.0, factor), key=loss)
        judged[penalty], constant = (loss(factor), factor), loss(0.0)
    if not judged:
        return None
    lowest = min(loss for loss, _ in judged.values())
    weakest = next(penalty for penalty, (loss, _) in judged.items() if loss <= (1 + TIE) * lowest)
    losses = {f"{penalty:g}": loss for penalty, (loss, _) in judged.items()}
    return Judgement(losses, weakest, judged[weakest][1], constant)


def draw_to_constant(estimator: Any, factor: float, y: Array, weights: Array | None) -> None:
    """Take a factor into the last layer of a fitted estimator.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        The fitted network.
    factor : float
        a.
    y : array of shape (n_rows,)
        The training targets, whose shares or mean the constant answer has.
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


def row_weights(class_weight: Any, y: Array, training: Array) -> Array | None:
    """Return what rows of these classes count by the weights that training rows give the classes; None if all the same.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        As `koubai.MLPClassifier` takes it.
    y, training : array of shape (n_rows,), array of shape (n_training_rows,)
        Classes; all those of y are among the others.
    """
    if class_weight is None:
        return None
    from sklearn.utils.class_weight import compute_class_weight

    classes = np.unique(training)
    found = compute_class_weight(class_weight, classes=classes, y=training)
    return np.asarray(found[np.searchsorted(classes, y)])


def _parts(y: Array, classes: bool, seed: int) -> Iterator[tuple[Array, Array]]:
    """Give training and predicted rows of each part; classes of fewer rows than parts only ever train."""
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
    make: Callable[[float], Any], penalty: float, X: Array, y: Array, parts: Sequence[tuple[Array, Array]]
) -> tuple[Network, Array, Array, Array] | None:
    """Return a network, and outputs, targets and row numbers of all rows that others predicted; None if that fails."""
    outputs, targets, rows = [], [], []
    estimator: Any = None
    for trained, predicted in parts:
        estimator = make(penalty)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what is to be said of training is said by the final one
                estimator.fit(X[trained], y[trained])
        except DivergenceError:
            return None
        if not _can_be_drawn(estimator):
            return None
        outputs.append(_outputs(estimator, X[predicted]))
        targets.append(estimator.coded_targets(y[predicted]))
        rows.append(predicted)
    return estimator.network_, np.concatenate(outputs), np.concatenate(targets), np.concatenate(rows)


def _can_be_drawn(estimator: Any) -> bool:
    """Return whether the pre-activations of the last layer are known from the predictions."""
    network = estimator.network_
    name = network.layers[-1].activation.name
    if hasattr(estimator, "classes_"):
        return name == "softmax" or (name == "sigmoid" and network.n_outputs == 1)
    return name in ("identity", "exponential")


def _outputs(estimator: Any, X: Array) -> Array:
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
    """Return pre-activations u with φ(u) = z, z kept within what is told apart from 0 and 1."""
    z = z.astype(np.float64)
    least = np.finfo(np.float64).tiny
    if activation == "sigmoid":
        return np.asarray(logit(np.clip(z, 1e-15, 1 - 1e-15)))
    return np.log(np.maximum(z, least)) if activation in ("softmax", "exponential") else z
