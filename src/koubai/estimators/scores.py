"""Validation scores accumulated from a network's outputs in any number of pieces, cheap enough for every epoch.

A score is NaN where an output is not finite.
"""

from collections.abc import Callable
from copy import copy
from difflib import get_close_matches
from typing import Protocol, TypeAlias
from warnings import warn

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse, vstack

from koubai.core.activations import get_activation
from koubai.core.arrays import Array
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.exact_moments import LOWEST, exact_sum
from koubai.core.language import worded
from koubai.core.losses import Loss
from koubai.core.moments import Moments
from koubai.core.network import Network
from koubai.engines.protocol import Engine, Together
from koubai.engines.together import told, told_arrays
from koubai.estimators.kept.theta import HoldsTheta
from koubai.training.sources import Source, Streamed, rows_of_all


class Tally(Protocol):
    """Accumulates a score from outputs that arrive in pieces."""

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        ...

    def share(self, together: Together) -> None:
        """Add the rows of all other processes."""
        ...

    @property
    def score(self) -> float:
        """The score of all rows so far."""
        ...


class AccuracyTally:
    """The share of rows whose classes are all predicted correctly, in [0, 1].

    Parameters
    ----------
    threshold : float
        An output above this means yes.
    one_of_many : bool
        Whether the largest output decides, instead of each output on its own.
    in_pieces : bool
        Whether weights are added up without rounding, so that it does not matter in which pieces rows come.
    """

    def __init__(self, threshold: float, one_of_many: bool, in_pieces: bool = False) -> None:
        self.threshold, self.one_of_many = threshold, one_of_many
        self._sum = _exact_sum if in_pieces else _sum
        self._right: float = 0
        self._total: float = 0
        self._finite = True

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        self._finite &= bool(np.isfinite(outputs).all())
        if self.one_of_many:
            right = outputs.argmax(axis=1) == targets.argmax(axis=1)
        else:
            right = ((outputs > self.threshold) == (targets > self.threshold)).all(axis=1)
        self._right += self._sum(right, weights)
        self._total += self._sum(np.ones(len(right), bool), weights)

    def share(self, together: Together) -> None:
        """Add the rows of all other processes."""
        self._right, self._total, n_finite = _summed(together, self._right, self._total, int(self._finite))
        self._finite = n_finite == together.size

    @property
    def score(self) -> float:
        """The accuracy on all rows so far."""
        return self._right / self._total if self._finite else float("nan")


def _sum(chosen: Array, weights: Array | None) -> float:
    """Return the weights of chosen rows, (n,), added up."""
    return float(chosen.sum() if weights is None else (chosen * weights).sum(dtype=np.float64))


def _exact_sum(chosen: Array, weights: Array | None) -> int:
    """Return the weights of chosen rows, (n,), added up, in units of 2⁻¹¹²⁷."""
    return int(chosen.sum()) << LOWEST if weights is None else exact_sum(weights[chosen])


class RSquaredTally:
    """R² = 1 - Σ w (y - z)² / Σ w (y - ȳ)², averaged over the outputs, dimensionless.

    An output with a constant target scores 1 if predicted exactly, else 0, as in scikit-learn's ``r2_score``.
    """

    def __init__(self) -> None:
        self._rest: Array = np.zeros(())
        self._targets = Moments()

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        w = np.ones((len(targets), 1)) if weights is None else weights[:, np.newaxis]
        outputs, targets = outputs.astype(np.float64), targets.astype(np.float64)
        self._rest = self._rest + (w * (targets - outputs) ** 2).sum(axis=0)
        self._targets.add(targets, None if weights is None else weights)

    def share(self, together: Together) -> None:
        """Add the rows of all other processes."""
        shares = told_arrays(together, [self._rest, *self._targets.numbers()])
        self._rest, self._targets = np.zeros(()), Moments()
        for rest, *numbers in shares:
            self._rest = self._rest + rest
            self._targets.merge(*numbers)

    @property
    def score(self) -> float:
        """R² of all rows so far."""
        rest, total = self._rest, np.asarray(self._targets.squares)
        if not np.isfinite(rest).all():
            return float("nan")
        share = np.divide(rest, total, out=(rest != 0).astype(np.float64), where=total != 0)
        return float((1 - share).mean())


class LossTally:
    """Minus the mean loss, in the loss's unit, so that higher is better as with the other scores.

    It is computed from the outputs, whose logarithms are limited by the smallest normal number (a loss of some 700
    nats).

    Parameters
    ----------
    loss : Loss
        The network's loss.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss, self._as_they_are = loss, get_activation("identity")
        self._total = self._weight = 0.0

    def add(self, outputs: Array, targets: Array, weights: Array | None) -> None:
        """Add rows: network outputs and targets (n, n_outputs), and weights (n,)."""
        with np.errstate(all="ignore"):  # a network that diverged has a score of NaN
            losses = self._loss.rows(self._as_they_are, outputs, outputs, targets).astype(np.float64)
            self._total += float(losses.sum() if weights is None else (losses * weights).sum())
        self._weight += float(len(losses) if weights is None else weights.sum(dtype=np.float64))

    def share(self, together: Together) -> None:
        """Add the rows of all other processes."""
        self._total, self._weight = _summed(together, self._total, self._weight)

    @property
    def score(self) -> float:
        """Minus the mean loss of all rows so far."""
        return -self._total / self._weight if np.isfinite(self._total) else float("nan")


def _summed(together: Together, *numbers: float) -> list[float]:
    """Return the sums of each process's numbers; whole numbers are added up without rounding."""
    return list(map(sum, zip(*told(together, numbers), strict=True)))


class Scorer:
    """Scores θ on the validation rows; ``loss`` is their mean loss in the last call.

    Parameters
    ----------
    engine, network
        The engine and network for the forward pass.
    validation : Source
        The rows.
    new_tally : callable, optional
        Returns an empty tally, given whether rows come in pieces; by default, the score is minus the loss.
    """

    loss: float | None = None

    def __init__(
        self, engine: Engine, network: Network, validation: Source, new_tally: Callable[[bool], Tally] | None = None
    ) -> None:
        self._engine, self._network, self._validation, self._new_tally = engine, network, validation, new_tally

    def __call__(self, theta: Array) -> float:
        """Return the score, higher is better."""
        losses = LossTally(self._network.loss)
        score = losses if self._new_tally is None else self._new_tally(isinstance(self._validation, Streamed))
        tallies = [losses] if score is losses else [losses, score]
        for rows in self._validation.in_order():
            outputs = self._engine.forward(self._network, theta, rows.inputs)
            for tally in tallies:
                tally.add(outputs, rows.targets, rows.weights)
        if self._validation.together.size > 1:
            for tally in tallies:
                tally.share(self._validation.together)
        self.loss = -losses.score
        return score.score


Metric: TypeAlias = Callable[..., npt.ArrayLike]
"""``metric(estimator, X, y)``, with ``sample_weight`` where rows have weights; one number, higher is better."""


class Decodes(Protocol):
    """An estimator that says what its targets stand for."""

    def decoded_targets(self, targets: Array) -> object:
        """Return the labels or numbers that targets encode."""
        ...

    def _set_theta(self, theta: Array) -> None: ...


class MetricScorer:
    """Scores θ on the validation rows by a metric of an estimator, X and y; ``loss`` is their mean loss.

    Parameters
    ----------
    estimator
        The estimator in training.
    engine, network, validation
        As for `Scorer`.
    metric : callable
        ``metric(estimator, X, y)``, higher is better, as scikit-learn's scorers are.
    """

    def __init__(
        self, estimator: Decodes, engine: Engine, network: Network, validation: Source, metric: Metric
    ) -> None:
        self._estimator, self._metric = estimator, metric
        rows = list(rows_of_all(validation))
        stack = vstack if issparse(rows[0].inputs) else np.concatenate
        self._inputs = stack([some.inputs for some in rows])
        self._y = estimator.decoded_targets(np.concatenate([some.targets for some in rows]))
        weights = [some.weights for some in rows if some.weights is not None]
        self._how = {"sample_weight": np.concatenate(weights)} if weights else {}
        self._by_loss = Scorer(engine, network, validation)
        self.loss: float | None = None
        self._warned = False

    def __call__(self, theta: Array) -> float:
        """Return the score; NaN if outputs are not finite."""
        self.loss = -self._by_loss(theta)
        if not np.isfinite(self.loss):
            return float("nan")
        found = copy(self._estimator)
        found._set_theta(theta)
        found.__dict__.pop("feature_names_in_", None)  # rows are arrays by now
        return self._number(self._metric(found, self._inputs, self._y, **self._how))

    def _number(self, score: npt.ArrayLike) -> float:
        """Return what the metric returned, if it is a number; warn of the first that is not a finite one."""
        who = type(self._estimator).__name__
        if np.ndim(score) or np.asarray(score).dtype.kind not in "fiub":
            raise ParameterTypeError(
                who=who,
                parameter="validation_metric",
                required="return one number for the validation rows",
                got=repr(score),
                remedy="Return a larger one for better predictions.",
            )
        if np.isnan(score) and not self._warned:
            self._warned = True
            warn(
                f"{who}: validation_metric returned nan for the validation rows; such an epoch is never the best one.",
                stacklevel=2,
            )
        return float(np.asarray(score))


def metric_of(given: str | Metric, who: str) -> Metric | None:
    """Return the metric that ``validation_metric`` asks for; None for the score and the loss.

    Raises
    ------
    ParameterError
        If scikit-learn has no scorer of that name.
    """
    if not isinstance(given, str) or given in ("score", "loss"):
        return given if callable(given) else None
    from sklearn.metrics import get_scorer, get_scorer_names  # slow to load, and seldom needed

    if given not in get_scorer_names():
        near = get_close_matches(given, get_scorer_names(), 1)
        raise ParameterError(
            who=who,
            parameter="validation_metric",
            required=worded("core.must.core_loss_name_scikit_learn"),
            got=repr(given),
            remedy=f"Try {(near or ['loss'])[0]!r}.",
        )
    found: Metric = get_scorer(given)
    return found


class ScoresValidation(HoldsTheta):
    """The part of an estimator that scores validation rows after every epoch."""

    validation_metric: str | Metric
    _new_tally: Callable[[bool], Tally]

    def _check_metric(self) -> Metric | None:
        """Return the metric that was asked for, None for the score and the loss; raise ParameterError for others."""
        return metric_of(self.validation_metric, type(self).__name__)

    def _score_on(self, engine: Engine, network: Network, validation: Source) -> Callable[[Array], float]:
        """Return the function that scores θ on the validation rows."""
        metric = self._check_metric()
        if metric is not None:
            return MetricScorer(self, engine, network, validation, metric)
        return Scorer(engine, network, validation, None if self._by_loss() else self._new_tally)

    def _by_loss(self) -> bool:
        return isinstance(self.validation_metric, str) and self.validation_metric == "loss"

    def _validated_by(self) -> dict[str, str]:
        """Return what a checkpoint's training was validated by, as far as it is not the score."""
        if isinstance(self.validation_metric, str):
            return {"score": {}, "loss": {"validated": "by loss"}}.get(
                self.validation_metric, {"validated": self.validation_metric}
            )
        return {"validated": getattr(self.validation_metric, "__qualname__", type(self.validation_metric).__name__)}
