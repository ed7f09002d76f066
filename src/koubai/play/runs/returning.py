"""What a program gets back from a playground: the current network as a fitted estimator."""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.estimators.classifier import MLPClassifier
from koubai.estimators.convolution.classifier import ConvClassifier
from koubai.estimators.linear.separability import REMEDIES, describe
from koubai.estimators.perceptron import Perceptron
from koubai.estimators.regressor import MLPRegressor
from koubai.play.datasets import CLASSES
from koubai.play.of_images.models import image_estimator
from koubai.play.runs.data import Data, Original
from koubai.play.runs.estimators import parameters_of, take_moment
from koubai.play.runs.experiment import Experiment, Moment

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel


def fitted(experiment: Experiment, moment: Moment) -> MLPClassifier | MLPRegressor | Perceptron | ConvClassifier:
    """Return the network at a moment as a fitted estimator.

    It takes rows as originally given: the playground's standardisation is folded into the weights of the first layer
    and, for numeric targets, of the last. For a table file, the rows are its prepared features.

    Examples
    --------
    >>> from koubai.play.runs.data import load
    >>> from koubai.play.settings import Settings
    >>> settings = Settings(dataset="gauss", mode="perceptron")
    >>> experiment = Experiment.build(settings, load(settings, {}))
    >>> moment = experiment.begin()
    >>> experiment.advance(moment, 3)
    >>> fitted(experiment, moment).predict([[-2.0, -2.0], [2.0, 2.0]]).tolist()
    ['0', '1']
    """
    data = experiment.data
    if data.shape is not None:
        return image_estimator(experiment, moment)
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


def whole_model(
    experiment: Experiment, moment: Moment
) -> "TableModel | MLPClassifier | MLPRegressor | Perceptron | ConvClassifier":
    """Return the network with its table's preparation if there is one, else like `fitted`."""
    table_model, prepared = experiment.data.model, experiment.data.prepared
    if table_model is None or prepared is None:
        found = fitted(experiment, moment)
        if experiment.data.original is None and not isinstance(found, ConvClassifier):
            # so that 'koubai predict' finds the columns
            found.feature_names_in_ = np.array(experiment.data.names, dtype=object)
        return found
    return copy.copy(table_model).take(prepared, estimator_of(experiment, moment))


def estimator_of(experiment: Experiment, moment: Moment) -> MLPClassifier | MLPRegressor:
    """Return the network as a fitted estimator; its inputs are the features shown in the playground.

    Examples
    --------
    >>> from koubai.play.runs.data import load
    >>> from koubai.play.settings import Settings
    >>> settings = Settings()
    >>> experiment = Experiment.build(settings, load(settings, {}))
    >>> moment = experiment.begin()
    >>> experiment.advance(moment, 100)
    >>> model = estimator_of(experiment, moment)
    >>> model.predict([[0.0, 0.0], [5.0, 0.0]]).tolist()
    ['1', '0']
    """
    data, common = experiment.data, parameters_of(experiment)
    model: MLPClassifier | MLPRegressor
    model = MLPClassifier(**common) if data.task == CLASSES else MLPRegressor(**common)
    y = labels_of(data)
    model._validated(data.inputs, y, incremental=False, reset=True)
    take_moment(model, experiment, moment)
    return model


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
