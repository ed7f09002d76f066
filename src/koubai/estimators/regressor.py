"""The multilayer perceptron for numbers."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import RegressorMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import validate_data

from koubai.core.activations.base import Activation
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError
from koubai.core.losses import Loss
from koubai.core.sparse import check_indices
from koubai.engines.protocol import Engine, Inputs, Rows
from koubai.estimators.base import BaseMLP, stochastic_only
from koubai.estimators.data import FLOATS
from koubai.estimators.given.outputs import Ending, regression_ending
from koubai.estimators.given.parameters import checks_parameters, keep_parameters
from koubai.estimators.scores import RSquaredTally, Tally
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.loop import Callback


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """Multilayer perceptron for regression: a drop-in for scikit-learn's class, with more options.

    Parameters not described here are those of `koubai.estimators.classifier.MLPClassifier`.

    Parameters
    ----------
    loss : str or Loss
        ``"squared_error"`` (½ Σ_k (z_k - y_k)², squared target units), ``"poisson"`` (half the Poisson deviance in
        nats, with outputs exp(u), for counts y >= 0) or ``"huber"``.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter
        As in MLPClassifier.
    shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping, validation_fraction
        As in MLPClassifier.
    beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As in MLPClassifier.
    optimizer, schedule, epochs, init, l1, dropout, clip_norm, callbacks, progress, engine
        As in MLPClassifier.
    rate_factors, decay_factors, decay_schedule, dropout_schedule, embedding, scaling, parametrization
        As in MLPClassifier.
    learned_activation
        As in MLPClassifier.
    n_jobs, n_starts, checkpoint, checkpoint_every, keep_checkpoint, validation_metric
        As in MLPClassifier.

    clip_predictions : bool
        Whether predictions end at the lowest and the highest target of the training rows, which ``fit`` then keeps.

    Attributes
    ----------
    target_range_ : list of [float, float]
        The lowest and the highest target of each output in training, with ``clip_predictions``.
    validation_scores_, best_validation_score_
        R² (or minus the loss) on the validation rows after each epoch, and the highest; None without such rows.
    out_activation_ : str
        ``"identity"``, or ``"exp"`` with the Poisson loss.
    loss_, best_loss_, loss_curve_, t_, n_iter_, n_layers_, n_outputs_, coefs_, intercepts_, theta_, network_, history_
        As in MLPClassifier.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> model = MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", solver="lbfgs", random_state=0)
    >>> model.fit(X, X.ravel() ** 2).score(X, X.ravel() ** 2) > 0.99
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseMLP._parameter_constraints,
        "loss": [str, Loss],
        "clip_predictions": ["boolean"],
    }

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Activation | Sequence[str | Activation] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float | None = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        optimizer: str | Optimizer | Mapping[str, Any] | None = None,
        schedule: str | Schedule | Mapping[str, Any] | None = None,
        epochs: int | None = None,
        rate_factors: Mapping[str, float] | None = None,
        decay_factors: Mapping[str, float] | None = None,
        decay_schedule: str | Schedule | Mapping[str, Any] | None = None,
        dropout_schedule: str | Schedule | Mapping[str, Any] | None = None,
        embedding: str | Mapping[str, Any] | None = None,
        scaling: bool = False,
        parametrization: str = "standard",
        learned_activation: bool = False,
        init: str = "scikit-learn",
        l1: float = 0.0,
        dropout: float | Sequence[float] = 0.0,
        clip_norm: float | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        progress: bool = False,
        engine: str | Engine = "cpu",
        n_jobs: int | None = None,
        n_starts: int = 1,
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: float = 10.0,
        keep_checkpoint: bool = False,
        validation_metric: str = "score",
        clip_predictions: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    @stochastic_only
    @checks_parameters
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, continuing from the last call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows, >= 0.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            With ``early_stopping``, which needs all the data.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """Return the predicted values, (n_samples,) or (n_samples, n_outputs).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The inputs.
        """
        outputs = self._outputs(X)
        limits = self._limits()
        if limits:
            low, high = np.array(limits, outputs.dtype).T
            outputs = np.clip(outputs, low, high)
        return outputs.ravel() if self.n_outputs_ == 1 else outputs

    def _limits(self) -> list[list[float]]:
        """Return the lowest and the highest target of each output in training, if predictions are clipped to them.

        Raises
        ------
        ParameterError
            If they were not kept, since ``clip_predictions`` was set later.
        """
        if not self.clip_predictions:
            return []
        if not hasattr(self, "target_range_"):
            raise ParameterError(
                who=type(self).__name__,
                parameter="clip_predictions",
                required="be True when fit is called, which keeps the targets' range",
                got="a model without one",
                remedy="Call fit again.",
            )
        return self.target_range_

    def _weighted(self, inputs: Inputs, targets: Array, y: Any, sample_weight: Any, incremental: bool) -> Rows:
        """Return the training rows with their weights, and keep the range of their targets if it is needed."""
        rows = super()._weighted(inputs, targets, y, sample_weight, incremental)
        anew = not self._has_parameters() or (not self.warm_start and not incremental)
        if anew and hasattr(self, "target_range_"):
            del self.target_range_
        self._note_targets(rows.targets)
        return rows

    def _note_targets(self, targets: Array) -> None:
        """Widen the range of the targets seen, if predictions are to be clipped to it."""
        if self.clip_predictions:
            known = np.array(getattr(self, "target_range_", [[np.inf, -np.inf]] * targets.shape[1]))
            low, high = np.minimum(targets.min(axis=0), known[:, 0]), np.maximum(targets.max(axis=0), known[:, 1])
            self.target_range_ = [[float(a), float(b)] for a, b in zip(low, high, strict=True)]

    def _tolerance(self) -> float:
        """Return the decrease in loss that counts as an improvement.

        ``tol`` is in units of the mean over the outputs, as in scikit-learn; the loss is their sum.
        """
        return float(self.tol) * self.n_outputs_

    def _check_loss(self) -> None:
        self._ending()

    def _ending(self) -> Ending:
        return regression_ending(self.loss, type(self).__name__)

    def _validated(self, X: Any, y: Any, *, incremental: bool, reset: bool) -> tuple[Inputs, Array, Any]:
        check_indices(type(self).__name__, X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=FLOATS,
            order="C",
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return (csr_array(X) if issparse(X) else X), self._coded(y, X.dtype), y

    def _known(self, y: Any) -> Any:
        return check_array(y, ensure_2d=False, dtype=FLOATS, input_name="y")

    def _coded(self, y: Any, dtype: Any) -> Array:
        targets = np.ascontiguousarray(y.reshape(-1, 1) if y.ndim == 1 else y, dtype=dtype)
        loss = self._ending().loss
        low, high = loss.lowest_target, loss.highest_target
        value = targets.min() if targets.min() < low else targets.max()
        if not low <= value <= high:
            raise DataError(
                who=type(self).__name__,
                parameter="y",
                required=f"be {f'>= {low:g}' if value < low else f'<= {high:g}'} with loss={loss.name!r}",
                got=f"{value:g}",
                remedy="Try loss='squared_error'.",
            )
        return targets

    def _new_tally(self) -> Tally:
        return RSquaredTally()
