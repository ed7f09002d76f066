"""The multilayer perceptron for numbers."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import ClassVar

from koubai.core.activations.base import Activation
from koubai.core.losses import Loss
from koubai.engines.protocol import Engine
from koubai.estimators.answers.numbers import Regresses
from koubai.estimators.given.parameters import keep_parameters
from koubai.estimators.mlp import BaseMLP
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.loop import Callback


class MLPRegressor(Regresses, BaseMLP):
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
    output_activation : str, Activation or None
        Activation of the outputs, for targets in its range: ``"sigmoid"`` for shares, ``"softplus"`` for positive
        numbers, ``"tanh"``. By default the loss's own: ``"identity"``, or ``"exponential"`` with the Poisson loss.

    Attributes
    ----------
    target_range_ : list of [float, float]
        The lowest and the highest target of each output in training, with ``clip_predictions``.
    validation_losses_
        As in MLPClassifier.
    validation_scores_, best_validation_score_
        R² (or minus the loss) on the validation rows after each epoch, and the highest; None without such rows.
    out_activation_ : str
        ``"identity"``, ``"exp"`` with the Poisson loss, or what ``output_activation`` says.
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

    _parameter_constraints: ClassVar[dict[str, object]] = {
        **BaseMLP._parameter_constraints,
        "loss": [str, Loss],
        "clip_predictions": ["boolean"],
        "output_activation": [str, Activation, None],
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
        random_state: object = None,
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
        optimizer: str | Optimizer | Mapping[str, object] | None = None,
        schedule: str | Schedule | Mapping[str, object] | None = None,
        epochs: int | None = None,
        rate_factors: Mapping[str, float] | None = None,
        decay_factors: Mapping[str, float] | None = None,
        decay_schedule: str | Schedule | Mapping[str, object] | None = None,
        dropout_schedule: str | Schedule | Mapping[str, object] | None = None,
        embedding: str | Mapping[str, object] | None = None,
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
        output_activation: str | Activation | None = None,
    ) -> None:
        keep_parameters(self, locals())
