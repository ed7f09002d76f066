"""What excites the kernels of a network on images: patches of images, and patterns found by gradient ascent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.layers import AveragePooling, Convolution, MaxPooling
from koubai.core.layers.base import Layer, Views
from koubai.estimators.convolution.source import images_at_once
from koubai.explain.network.naming import layer_names
from koubai.models.of_images.slopes import input_slopes

if TYPE_CHECKING:
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor

MOST_FILTERS = 16
"""Most filters of a layer that are looked at."""
MOST_PATCHES = 4
"""Patches kept for a filter, each of another image."""
MOST_IMAGES = 1000
"""Maximum number of images searched for patches; of more, this many at equal distances."""
STEPS = 48
"""Steps of gradient ascent."""


@dataclass(frozen=True, slots=True, eq=False)
class Exciting:
    """What excites the filters of one convolution most.

    Attributes
    ----------
    name : str
        What the layer is called: ``conv1``.
    n_filters : int
        How many filters it has; the first of them follow.
    wanted : array of shape (filters, height, width, channels)
        For each filter the pattern that excites a node most, of all patterns as far from the mean pixel as patches of
        images are on average, found by gradient ascent (Erhan, Bengio, Courville and Vincent 2009, "Visualizing
        higher-layer features of a deep network", section 4.1), in units of pixels. The node is one that no padding
        reaches.
    wanted_inputs : array of shape (filters,)
        The net input u of that node.
    patches : array of shape (filters, patches, height, width, channels)
        For each filter the parts of images that a node of it sees with the greatest net input, each of another image,
        the greatest first; beyond an image's border lies the mean pixel.
    inputs : array of shape (filters, patches)
        The net inputs u.
    images : array of shape (filters, patches)
        Which images they are from.
    """

    name: str
    n_filters: int
    wanted: Array
    wanted_inputs: Array
    patches: Array
    inputs: Array
    images: Array


class Field(NamedTuple):
    """The rows and columns of the image that a node sees, from the first up to before the last; some may lie outside.

    Padding makes fields of nodes at the border reach beyond the image.
    """

    top: int
    bottom: int
    left: int
    right: int


Windowed: TypeAlias = Convolution | MaxPooling | AveragePooling
"""Layers that move windows over maps."""
Part: TypeAlias = tuple[Windowed, Views]
"""Such a layer with its parameters."""


class Found(NamedTuple):
    """The greatest net input of each filter in each image (n, filters), and at which place of the map it is."""

    inputs: Array
    places: Array


def field_of(layers: Sequence[Windowed], row: int, column: int) -> Field:
    """Return what the node at a place of the last of several layers sees of the image.

    Parameters
    ----------
    layers : sequence of Layer
        Convolutions and poolings, from the first.
    row, column : int
        The place, from 0.

    Examples
    --------
    >>> from koubai.core.layers import MaxPooling
    >>> layers = [Convolution((8, 8, 1), 2, 3), MaxPooling((6, 6, 2)), Convolution((3, 3, 2), 2, 2)]
    >>> field_of(layers, 0, 1)
    Field(top=0, bottom=6, left=2, right=8)
    """
    spans = [(row, row + 1), (column, column + 1)]
    for layer in reversed(layers):
        windows = layer.windows
        for axis, (first, end) in enumerate(spans):
            start = first * windows.strides[axis] - windows.before[axis]
            spans[axis] = start, (end - 1) * windows.strides[axis] - windows.before[axis] + windows.size[axis]
    return Field(*spans[0], *spans[1])


def exciting(estimator: "ConvClassifier | ConvRegressor", pixels: Array) -> tuple[Exciting, ...]:
    """Return for each convolution what excites its filters most.

    Parameters
    ----------
    estimator : ConvClassifier or ConvRegressor
        A fitted network.
    pixels : array of shape (n, height, width, channels)
        Images in which patches are searched.
    """
    network = estimator.network_
    parts = list(network.parts(estimator.theta_.astype(np.float64)))
    seeing = _up_to_last_convolution(parts)
    chosen = np.unique(np.linspace(0, len(pixels) - 1, min(len(pixels), MOST_IMAGES)).astype(np.intp))
    found = _searched(estimator, seeing, pixels, chosen)
    names = layer_names(network)
    return tuple(
        _exciting(estimator, names[index], seeing[: index + 1], pixels, chosen, found[index]) for index in sorted(found)
    )


def _up_to_last_convolution(parts: Sequence[tuple[Layer, Views]]) -> list[Part]:
    """Return the layers up to the last convolution preceded only by layers with windows; none if there is none."""
    found: list[Part] = []
    last = 0
    for layer, blocks in parts:
        if not isinstance(layer, Convolution | MaxPooling | AveragePooling):
            break
        found.append((layer, blocks))
        if isinstance(layer, Convolution):
            last = len(found)
    return found[:last]


def _searched(
    estimator: "ConvClassifier | ConvRegressor", parts: Sequence[Part], pixels: Array, chosen: Array
) -> dict[int, Found]:
    """Return for each convolution the greatest net inputs of its filters in each of the chosen images."""
    lists: dict[int, list[tuple[Array, Array]]] = {}
    at_once = images_at_once(estimator.network_, 8)
    for start in range(0, len(chosen), at_once):
        z = np.asarray(estimator._inputs(pixels[chosen[start : start + at_once]], np.float64))
        for index, (layer, blocks) in enumerate(parts):
            u = layer.forward(blocks, z)
            if isinstance(layer, Convolution):
                by_place = u.reshape(len(u), -1, layer.n_filters)[:, :, :MOST_FILTERS]
                lists.setdefault(index, []).append((by_place.max(axis=1), by_place.argmax(axis=1)))
            z = layer.activation.value(u)
    return {
        index: Found(*(np.concatenate(pieces) for pieces in zip(*each, strict=True))) for index, each in lists.items()
    }


def _exciting(
    estimator: "ConvClassifier | ConvRegressor",
    name: str,
    parts: Sequence[Part],
    pixels: Array,
    chosen: Array,
    found: Found,
) -> Exciting:
    layers, layer = [each for each, _ in parts], parts[-1][0]
    _, width = layer.output_shape[:2]
    n, filters = found.inputs.shape
    order = np.argsort(-found.inputs, axis=0, kind="stable")[: min(n, MOST_PATCHES)].T  # (filters, patches)
    each = np.arange(filters)[:, np.newaxis]
    mean = np.asarray(estimator.pixel_mean_)
    patches = np.array(
        [
            [cut(pixels[chosen[i]], field_of(layers, *divmod(int(found.places[i, f]), width)), mean) for i in row]
            for f, row in enumerate(order)
        ]
    )
    wanted, inputs = _ascended(estimator, parts, patches)
    return Exciting(name, layer.output_shape[2], wanted, inputs, patches, found.inputs[order, each], chosen[order])


def cut(image: Array, field: Field, beyond: Array) -> Array:
    """Return the part of an image (height, width, channels) in a field; beyond its border lies one colour.

    Examples
    --------
    >>> cut(np.array([[[1], [2]]]), Field(0, 1, -1, 2), np.array([0.5]))[:, :, 0]
    array([[0.5, 1. , 2. ]])
    """
    found = np.empty((field.bottom - field.top, field.right - field.left, image.shape[2]))
    found[:] = beyond
    rows, columns = slice(max(field.top, 0), field.bottom), slice(max(field.left, 0), field.right)
    part = image[rows, columns]
    top, left = max(-field.top, 0), max(-field.left, 0)
    found[top : top + len(part), left : left + part.shape[1]] = part
    return found


def _ascended(
    estimator: "ConvClassifier | ConvRegressor", parts: Sequence[Part], patches: Array
) -> tuple[Array, Array]:
    """Return the pattern of pixels that each filter answers to most, and the net input that it gets then.

    Gradient ascent begins near the mean pixel, or where that has no slope, as behind a ReLU that is off, at the best
    patch; after each step the pattern is brought back to a sphere.
    """
    mean, scale = np.asarray(estimator.pixel_mean_), np.asarray(estimator.pixel_scale_)
    filters, n_patches, *size = patches.shape
    seen = ((patches - mean) / scale).reshape(filters, n_patches, -1)
    radius = max(float(np.linalg.norm(seen, axis=2).mean()), 1e-3)
    alone = _of_one_node([layer for layer, _ in parts])
    own = [(layer, blocks) for layer, (_, blocks) in zip(alone, parts, strict=True)]
    delta = np.eye(filters, parts[-1][0].output_shape[2])
    x = _on_sphere(np.random.default_rng(0).normal(size=seen.shape[::2]), 0.1 * radius)
    flat = np.linalg.norm(_slopes(own, x, delta)[0], axis=1, keepdims=True) == 0
    x = np.where(flat, seen[:, 0], x)
    for step in range(STEPS):
        slopes, _ = _slopes(own, x, delta)
        x = _on_sphere(x + _on_sphere(slopes, radius * (1 - step / STEPS)), radius)
    _, u = _slopes(own, x, delta)
    return x.reshape(filters, *size) * scale + mean, u


def _of_one_node(layers: Sequence[Windowed]) -> list[Windowed]:
    """Return layers like these for an image just as large as what one node sees, whose last map is that node alone."""
    found, extent = [], (1, 1)
    for layer in reversed(layers):
        windows = layer.windows
        steps = zip(extent, windows.strides, windows.size, strict=True)
        height, width = ((n - 1) * stride + size for n, stride, size in steps)
        found.append(replace(layer, input_shape=(height, width, layer.input_shape[2]), padding="valid"))
        extent = height, width
    return found[::-1]


def _on_sphere(x: Array, radius: float) -> Array:
    """Return rows scaled to a length; rows of 0 stay."""
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    scaled: Array = x * (radius / np.where(lengths > 0, lengths, 1.0))
    return scaled


def _slopes(parts: Sequence[Part], x: Array, delta: Array) -> tuple[Array, Array]:
    """Return ∂(Σ δ u)/∂x of each row, and Σ δ u, u being the net inputs of the last of several layers."""
    sources, us, z = [], [], x
    for layer, blocks in parts:
        sources.append(z)
        us.append(layer.forward(blocks, z))
        z = layer.activation.value(us[-1])
    total: Array = (delta * us[-1]).sum(axis=1)
    return input_slopes(parts, sources, us, sources[1:], delta), total
