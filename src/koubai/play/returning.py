"""What a program gets back from a playground: the current network as a fitted estimator."""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.engines.protocol import Patience
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.linear.separability import REMEDIES, describe
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.play.data import Data, Original
from koubai.play.datasets import CLASSES
from koubai.play.experiment import Experiment, Moment
from koubai.training.history import History
from koubai.training.run import Run

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel


def fitted(experiment: Experiment, moment: Moment) -> MLPClassifier | MLPRegressor | Perceptron:
    """Return the network at a moment as a fitted estimator.

    It takes rows as originally given: the playground's standardisation is folded into the weights of the first layer
    and, for numeric targets, of the last. For a table file, the rows are its prepared features.

    Examples
    --------
    >>> from koubai.play.data import load
    >>> from koubai.play.settings import Settings
    >>> settings = Settings(dataset="gauss", mode="perceptron")
    >>> experiment = Experiment.build(settings, load(settings, {}))
    >>> moment = experiment.begin()
    >>> experiment.advance(moment, 3)
    >>> fitted(experiment, moment).predict([[-2.0, -2.0], [2.0, 2.0]]).tolist()
    ['0', '1']
    """
    data = experiment.data
    original = data.original or Original(
        data.inputs, labels_of(data), np.zeros(data.inputs.shape[1]), np.ones(data.inputs.shape[1])
    )
    if experiment.is_perceptron:
        return _perceptron(experiment, moment, original)
    model = estimator_of(experiment, moment)
    if data.original is None:
        return model
    theta = _on_given_inputs(model.network_, model.theta_, original)
    if (original.target_center, original.target_scale) != (0.0, 1.0):
        theta = _on_given_targets(model, theta, original)
    model._validated(original.X, original.y, incremental=False, reset=True)
    model._set_theta(theta)
    return model


def whole_model(experiment: Experiment, moment: Moment) -> "TableModel | MLPClassifier | MLPRegressor | Perceptron":
    """Return the network with its table's preparation if there is one, else like `fitted`."""
    table_model, prepared = experiment.data.model, experiment.data.prepared
    if table_model is None or prepared is None:
        return fitted(experiment, moment)
    return copy.copy(table_model).take(prepared, estimator_of(experiment, moment))


def estimator_of(experiment: Experiment, moment: Moment) -> MLPClassifier | MLPRegressor:
    """Return the network as a fitted estimator; its inputs are the features shown in the playground.

    Examples
    --------
    >>> from koubai.play.data import load
    >>> from koubai.play.settings import Settings
    >>> settings = Settings()
    >>> experiment = Experiment.build(settings, load(settings, {}))
    >>> moment = experiment.begin()
    >>> experiment.advance(moment, 100)
    >>> model = estimator_of(experiment, moment)
    >>> model.predict([[0.0, 0.0], [5.0, 0.0]]).tolist()
    ['1', '0']
    """
    data, common = experiment.data, _parameters(experiment)
    model: MLPClassifier | MLPRegressor
    if data.task == CLASSES:
        common["loss"] = {"cross_entropy": "log_loss", "binary_cross_entropy": "log_loss"}.get(
            common["loss"], common["loss"]
        )
        model = MLPClassifier(**common)
    else:
        model = MLPRegressor(**common)
    y = labels_of(data)
    model._validated(data.inputs, y, incremental=False, reset=True)
    model._describe(experiment.network)
    history = History()
    rate = experiment.settings.learning_rate
    history.extend([experiment.losses(moment.state.theta)[0]], [rate], 0.0, None)
    run = Run(moment.state.copy(), Patience(0.0, np.inf), rate, history, done=moment.state.epoch)
    model._keep(run)
    return model


def _parameters(experiment: Experiment) -> dict[str, Any]:
    """Return the parameters that make an estimator train as the playground does."""
    settings, plan = experiment.settings, experiment.plan
    rows = 1 if plan.penalty.per_row else plan.batch_size  # an estimator's penalty is divided by the batch size
    found: dict[str, Any] = {
        "hidden_layer_sizes": settings.hidden,
        "activation": list(settings.activations) or "relu",
        "optimizer": settings.optimizer if experiment.data.recipe is None else plan.optimizer,
        "learning_rate_init": settings.learning_rate,
        "schedule": settings.schedule
        if experiment.data.recipe is None
        else experiment.data.recipe.schedule(settings.schedule),
        "alpha": settings.l2 * rows,
        "l1": settings.l1 * rows,
        "batch_size": plan.batch_size,
        "shuffle": plan.shuffle,
        "clip_norm": plan.clip_norm or None,
        "dropout": list(settings.dropout) or 0.0,
        "init": settings.init,
        "loss": experiment.ending.loss.name,
        "random_state": settings.seed,
    }
    if experiment.is_perceptron:
        found |= {"hidden_layer_sizes": (), "activation": "relu", "optimizer": "sgd", "dropout": 0.0, "schedule": None}
    return found


def labels_of(data: Data) -> Any:
    """Return the targets in the form an estimator takes: labels, or numbers."""
    if data.task != CLASSES:
        return data.targets
    if data.original is not None:
        return data.original.y
    return data.prepared.y if data.prepared is not None else np.array(data.classes)[data.targets.astype(int)]


def _on_given_inputs(network: Network, theta: Array, original: Original) -> Array:
    """Return θ for inputs x instead of (x - c) / s: w/s and b - wᵀ(c/s) in the first layer."""
    found = theta.copy()
    weights, biases = network.weights(found, 0), network.biases(found, 0)
    weights /= original.scale[:, np.newaxis]
    biases -= original.center @ weights
    return found


def _on_given_targets(model: MLPClassifier | MLPRegressor, theta: Array, original: Original) -> Array:
    """Return θ with output m + r z instead of z, in the last layer or, if that is not linear, an additional one."""
    network = model.network_
    if network.layers[-1].activation.name == "identity":
        weights, biases = network.weights(theta, -1), network.biases(theta, -1)
        weights *= original.target_scale
        biases *= original.target_scale
        biases += original.target_center
        return theta
    activations = [layer.activation.name for layer in network.layers]
    dropout = [*(layer.dropout for layer in network.layers[:-1]), 0.0]
    longer = Network.dense(
        (*network.sizes, 1), hidden=activations, output="identity", loss=network.loss, dropout=dropout
    )
    model.set_params(hidden_layer_sizes=longer.sizes[1:-1], activation=activations, dropout=dropout)
    model._describe(longer)
    return np.concatenate([theta, [original.target_scale, original.target_center]])


def _perceptron(experiment: Experiment, moment: Moment, original: Original) -> Perceptron:
    settings, theta = experiment.settings, moment.state.theta
    passes = max(1, moment.state.epoch)
    model = Perceptron(
        eta0=settings.learning_rate, max_iter=passes, tol=None, random_state=settings.seed, zero_score="negative"
    )
    model._validated(original.X, original.y, reset=True)
    weights = theta[:-1] / original.scale
    model.classes_ = np.unique(original.y)
    model.coef_ = weights.reshape(1, -1)
    model.intercept_ = np.array([theta[-1] - original.center @ weights])
    model.n_iter_ = model._n_passes = passes
    model.t_ = 1.0 + moment.state.step
    model.mistakes_ = np.array([moment.mistakes])
    model._running = None
    scores = experiment.train.inputs @ theta[:-1] + theta[-1]
    right = bool(((scores > 0) == (experiment.train.targets.ravel() > 0)).all())
    model.separable_ = True if right else None
    model.separability_ = (
        describe(model.mistakes_, np.array([True]), model.classes_)
        if right
        else f"The data appear not to be linearly separable: these weights misclassify some rows. {REMEDIES}"
    )
    return model
