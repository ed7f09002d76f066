"""The network that settings describe: dense layers, and before them convolutions with pooling for images."""

from math import prod

from koubai.core.activations import get_activation
from koubai.core.layers import AveragePooling, Convolution, Dense, Flatten, Layer, MaxPooling
from koubai.core.network import Network
from koubai.estimators.given.outputs import Ending
from koubai.play.settings import Settings

POOLED = 2
"""Height and width of the windows that pooling makes one cell of."""


def network_of(
    settings: Settings, n_inputs: int, shape: tuple[int, ...] | None, n_outputs: int, end: Ending
) -> Network:
    """Return the network for rows of this many numbers, or for images of this shape.

    Examples
    --------
    >>> from koubai.core.losses import get_loss
    >>> settings = Settings().changed({"dataset": "digits", "hidden": [], "filters": [8]})
    >>> found = network_of(settings, 64, (8, 8, 1), 10, Ending("softmax", get_loss("cross_entropy")))
    >>> [layer.name for layer in found.layers]
    ['convolution', 'max_pooling', 'flatten', 'dense']
    """
    lone = settings.mode == "perceptron"
    output = end.activation if settings.output == "auto" or lone else settings.output
    if shape is None:
        return Network.dense(
            (n_inputs, *(() if lone else settings.hidden), n_outputs),
            hidden=() if lone else settings.activations,
            output=output,
            loss=end.loss,
            dropout=() if lone else settings.dropout,
        )
    layers = _maps(settings, (shape[0], shape[1], shape[2]))
    n_in = layers[-1].n_out
    for n_out, activation, dropout in zip(settings.hidden, settings.activations, settings.dropout, strict=True):
        layers.append(Dense(n_in, n_out, get_activation(activation), dropout=dropout))
        n_in = n_out
    return Network((*layers, Dense(n_in, n_outputs, get_activation(output))), end.loss)


def _maps(settings: Settings, shape: tuple[int, int, int]) -> list[Layer]:
    """Return the layers that read maps, and the one that makes a row of the last."""
    layers: list[Layer] = []
    activation = get_activation(settings.map_activation)
    for filters, size in zip(settings.filters, settings.kernel_sizes, strict=True):
        layers.append(Convolution(shape, filters, size, padding="same", activation=activation))
        shape = (shape[0], shape[1], filters)
        if settings.pooling != "none" and min(shape[:2]) >= POOLED:
            kind = MaxPooling if settings.pooling == "max" else AveragePooling
            layers.append(kind(shape, POOLED))
            height, width, filters = layers[-1].output_shape
            shape = (height, width, filters)
    layers.append(Flatten(shape))
    assert layers[-1].n_out == prod(shape)
    return layers
