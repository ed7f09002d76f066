"""What a program gets back from a playground: the network of the moment as a fitted estimator."""

import copy
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.activations import Array
from koubai.core.network import Network
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.estimators.separability import REMEDIES, describe
from koubai.play.experiment import Experiment, Moment
from koubai.play.given import Original
from koubai.play.keeping import estimator_of, labels_of

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel


def fitted(experiment: Experiment, moment: Moment) -> MLPClassifier | MLPRegressor | Perceptron:
    """Return the network of a moment as a fitted estimator.

    It takes rows as they were given: that the playground standardised them is reckoned into the weights of the first
    layer, and of the last where the targets are numbers. The rows of a table's file are its prepared features.

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
    """Return the network with its table's preparation if it has one, else as `fitted` does."""
    table_model, prepared = experiment.data.model, experiment.data.prepared
    if table_model is None or prepared is None:
        return fitted(experiment, moment)
    return copy.copy(table_model).take(prepared, estimator_of(experiment, moment))


def _on_given_inputs(network: Network, theta: Array, original: Original) -> Array:
    """Return θ for inputs x instead of (x - c) / s: w/s and b - wᵀ(c/s) in the first layer."""
    found = theta.copy()
    _, weights, biases = next(iter(network.views(found)))
    weights /= original.scale[:, np.newaxis]
    biases -= original.center @ weights
    return found


def _on_given_targets(model: MLPClassifier | MLPRegressor, theta: Array, original: Original) -> Array:
    """Return θ whose output is m + r z instead of z, in the last layer, or in one more where that is not linear."""
    network = model.network_
    if network.layers[-1].activation.name == "identity":
        _, weights, biases = list(network.views(theta))[-1]
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
        else f"The data are not linearly separable as far as seen: these weights are not right on all rows. {REMEDIES}"
    )
    return model
