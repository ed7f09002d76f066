"""A network on images as a fitted estimator, which takes the images as the set has them."""

import numpy as np

from koubai.estimators.convolution.classifier import ConvClassifier
from koubai.estimators.given.image_layers import AvgPool, Conv, Dense, Dropout, Flatten, ImageLayer, MaxPool
from koubai.play.of_images.networks import POOLED
from koubai.play.runs.estimators import parameters_of, take_moment
from koubai.play.runs.experiment import Experiment, Moment
from koubai.play.settings import Settings

IN_LAYERS = ("hidden_layer_sizes", "activation", "dropout")
"""Parameters of a network of dense layers alone, which are said by layers here."""


def image_estimator(experiment: Experiment, moment: Moment) -> ConvClassifier:
    """Return the network as a ``ConvClassifier``, whose pixels and labels are those of the set: 0 to 16 for the digits.

    Examples
    --------
    >>> from koubai.play.replay import replay
    >>> from koubai.play.of_images.sets import IMAGES
    >>> found = replay({"dataset": "digits", "hidden": [], "n_rows": 20}, [], {})
    >>> image_estimator(*found).predict(IMAGES["digits"].read()[0][:3]).shape
    (3,)
    """
    data, settings = experiment.data, experiment.settings
    images = data.images
    assert images is not None
    common = {name: value for name, value in parameters_of(experiment).items() if name not in IN_LAYERS}
    model = ConvClassifier(layers_of(settings, images.shape), shifts=0, **common)
    labels = np.array(images.classes) if images.labels is None else images.labels
    blank = np.zeros((len(labels), *images.shape))  # one image a class: not every class needs to be among the rows
    model._validated(blank, labels, incremental=False, reset=True)
    n_channels = images.shape[2]
    model.pixel_mean_, model.pixel_scale_ = [0.0] * n_channels, [float(images.most)] * n_channels
    take_moment(model, experiment, moment)
    return model


def layers_of(settings: Settings, shape: tuple[int, int, int]) -> list[ImageLayer | str]:
    """Return the layers on images of this shape as they are given to an estimator.

    Examples
    --------
    >>> layers_of(Settings(dataset="digits", hidden=(), activations=(), dropout=()), (8, 8, 1))
    [Conv(filters=8, kernel_size=3, strides=1, padding='same'), 'relu', MaxPool(pool_size=2, strides=None, padding='valid'), Flatten()]
    """  # noqa: E501  an example's output
    found: list[ImageLayer | str] = []
    height, width, _ = shape
    for filters, size in zip(settings.filters, settings.kernel_sizes, strict=True):
        found += [Conv(filters, size, padding="same"), settings.map_activation]
        if settings.pooling != "none" and min(height, width) >= POOLED:
            found.append(MaxPool(POOLED) if settings.pooling == "max" else AvgPool(POOLED))
            height, width = height // POOLED, width // POOLED
    found.append(Flatten())
    for nodes, activation, rate in zip(settings.hidden, settings.activations, settings.dropout, strict=True):
        found += [Dense(nodes), activation, *([Dropout(rate)] if rate else [])]
    return found
