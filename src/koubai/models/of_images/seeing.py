"""What a network sees in an image: its kernels, its maps, which pixels an answer rests on, and where it is wrong."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from koubai.core import entries
from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ParameterTypeError, ShapeError
from koubai.core.language import worded
from koubai.core.layers import Convolution
from koubai.core.trace import ForwardTrace
from koubai.engines.reference import trace_forward
from koubai.explain.network.naming import layer_names
from koubai.images.images import Images
from koubai.models.of_images.exciting import Exciting, exciting
from koubai.models.of_images.slopes import input_slopes

if TYPE_CHECKING:
    from koubai.estimators.convolution.classifier import ConvClassifier
    from koubai.estimators.convolution.regressor import ConvRegressor
    from koubai.estimators.neocognitron.estimator import Neocognitron

MOST_WRONG = 12
"""Number of images shown of those with the largest loss or error."""
PATCHES = 7
"""A patch that hides pixels is about this part of an image's shorter side."""


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """The activations of one layer, (height, width, channels), under its name (``conv1``) and its kind."""

    name: str
    kind: str
    numbers: Array


@dataclass(frozen=True, slots=True, eq=False)
class WrongImage:
    """An image that the network takes for something else, (height, width, channels), with its label and the answer.

    ``share`` is the answer's probability, if the network gives one.
    """

    name: str
    pixels: Array
    truth: str
    answer: str
    share: float | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Seen:
    """What a network sees in one image, and which others it gets most wrong.

    Attributes
    ----------
    name : str
        What the image is called.
    pixels : array of shape (height, width, channels)
        The image.
    answers : sequence of (str, float)
        Each class with its probability, the highest first; or the number that is predicted, under an empty name.
    truth : str
        The image's label, if known.
    kernels : array of shape (height, width, channels, filters) or None
        The weights of the first layer, if it is a convolution; what the first S-cells of a Neocognitron have learned,
        of what is brighter than its surround less what is darker.
    layers : sequence of Maps
        The activations of each layer that has maps.
    exciting : sequence of Exciting
        For each convolution what excites its filters most, in the images given.
    saliency : array of shape (height, width) or None
        Σ over the channels of x ∂u/∂x, u being the output of the answer before its activation: how much each pixel
        contributes if the network is taken for linear (Shrikumar and others 2016, "Not just a black box", section 2).
        None of a Neocognitron, which has no gradient.
    occlusion : array of shape (height, width)
        By how much the answer's probability (or number) falls if a patch around a pixel is hidden under the mean of
        all pixels, averaged over the patches that hide it (Zeiler and Fergus 2014, section 4.2). For a Neocognitron a
        patch is hidden under the darkest pixel that it learned from.
    wrong : sequence of WrongImage
        The images with the largest loss, or error, that are wrong.
    """

    name: str
    pixels: Array
    answers: tuple[tuple[str, float], ...]
    truth: str
    kernels: Array | None
    layers: tuple[Maps, ...]
    exciting: tuple[Exciting, ...]
    saliency: Array | None
    occlusion: Array
    wrong: tuple[WrongImage, ...]

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> None:
        """Write it to a file: a page (.html) that needs no other file, or a picture (.png).

        Parameters
        ----------
        path : path
            The file.
        lang : {"en", "ja"}, optional
            Language of the texts.
        """
        entries.save_seen(self, path, lang)

    def _repr_html_(self) -> str | None:
        return entries.seen_html(self)

    def _repr_png_(self) -> bytes | None:
        return entries.seen_png(self)

    def __repr__(self) -> str:
        """Return which image it is, and the answer."""
        answer, share = self.answers[0]
        said = f"{answer!r}, {share:.3g}" if answer else f"{share:.4g}"
        return f"Seen({self.name!r}: {said})"


Sees: TypeAlias = "ConvClassifier | ConvRegressor | Neocognitron"
"""What can look at images."""


class HoldsEstimator(Protocol):
    """A fitted model of images."""

    def _fitted(self) -> "Sees": ...


def see(model: HoldsEstimator, images: Images, row: int = 0) -> Seen:
    """Return what a model sees in one of several images.

    Parameters
    ----------
    model : ImageModel
        A fitted model.
    images : Images
        The images, as ``model.read`` gives them.
    row : int
        Which of them to look at, from 0.

    Raises
    ------
    ParameterError
        If there is no such image.
    """
    return seen_by(model._fitted(), images, row)


def see_arrays(estimator: "Sees", X: object, y: object, row: int) -> Seen:
    """Return what a network sees in one of several images in memory.

    Parameters
    ----------
    estimator : ConvClassifier or ConvRegressor
        A fitted network.
    X : array-like
        Images, as in ``fit``.
    y : array-like of shape (n,) or None
        Their labels or numbers, if known.
    row : int
        Which of them to look at, from 0.

    Raises
    ------
    DataError
        If there are not as many labels as images.
    ParameterError
        If there is no such image, or the network has several answers for each.
    """
    given = X.to_numpy() if hasattr(X, "to_numpy") else X
    rows, shape = np.asarray(estimator._as_rows(given)), tuple(estimator.image_shape_)
    if rows.ndim != 2 or rows.shape[1] != estimator.n_features_in_:
        raise ShapeError(
            who="see",
            parameter="X",
            required=worded("core.must.hold_images_shape_training", shape=shape),
            got=worded("core.got.shape", shape=rows.shape),
        )
    pixels = rows.reshape(-1, *shape)
    labels = None if y is None else np.asarray(y)
    if labels is not None and labels.shape != (len(pixels),):
        raise DataError(
            who="see",
            parameter="y",
            required=worded("core.must.hold_label_each_images", n_pixels=len(pixels)),
            got=worded("core.got.shape", shape=labels.shape),
            remedy=worded("core.remedy.leave_out_if_not_known"),
        )
    return seen_by(estimator, Images(pixels, labels, [f"X[{index}]" for index in range(len(pixels))], "X"), row)


def seen_by(estimator: "Sees", images: Images, row: int) -> Seen:
    """Return what a fitted network sees in one of several images."""
    if isinstance(row, bool) or not isinstance(row, int | np.integer):
        raise ParameterTypeError(
            who="see",
            parameter="row",
            required=worded("core.must.whole_number"),
            got=repr(row),
            remedy=worded("core.remedy.try_zero"),
        )
    if not 0 <= row < len(images):
        raise ParameterError(
            who="see",
            parameter="row",
            required=worded("core.must.be_in_2", n_images=len(images) - 1),
            got=str(row),
            remedy=worded("core.remedy.try_zero"),
        )
    predicted, probabilities = answers_to(estimator, images.pixels)
    if predicted.ndim > 1:
        raise ParameterError(
            who="see",
            what=worded("models.error.network_have_answer_image_got", shape=predicted.shape[1]),
            remedy=worded("core.remedy.train_network_each"),
        )
    looked = _by_cells if is_of_cells(estimator) else _by_network
    kernels, layers, saliency = looked(estimator, images.pixels[row : row + 1], predicted[row])
    labels = None if images.labels is None else np.asarray(images.labels)
    return Seen(
        name=str(images.names[row]),
        pixels=images.pixels[row],
        answers=_answers(estimator, predicted[row], None if probabilities is None else probabilities[row]),
        truth="" if labels is None else _shown(labels[row]),
        kernels=kernels,
        layers=layers,
        exciting=() if is_of_cells(estimator) else exciting(estimator, images.pixels),
        saliency=saliency,
        occlusion=_occlusion(estimator, images.pixels[row]),
        wrong=() if labels is None else _most_wrong(estimator, images, labels, predicted, probabilities),
    )


def is_of_cells(estimator: "Sees") -> bool:
    """Return whether an estimator is a Neocognitron, whose S-cells and C-cells are no network with gradients."""
    return type(estimator).__name__ == "Neocognitron"


def _by_network(
    estimator: "Sees", image: Array, predicted: str | float
) -> tuple[Array | None, tuple[Maps, ...], Array | None]:
    """Return the first kernels, the maps of all layers, and gradient × input of the answer."""
    theta = estimator.theta_.astype(np.float64)
    trace = trace_forward(estimator.network_, theta, estimator._inputs(image, np.float64))
    node, sign = _node_of(estimator, predicted) if _has_classes(estimator) else (0, 1.0)
    slopes = sign * output_gradient(trace, node)
    saliency = (slopes * trace.inputs).reshape(image.shape[1:]).sum(axis=2)
    return _first_kernels(estimator, theta), _maps(trace), saliency


CELLS = {"c": "contrast", "S": "s_cells", "C": "c_cells"}
"""Kinds of a Neocognitron's layers by the first letter of their names."""


def _by_cells(
    estimator: "Sees", image: Array, predicted: str | float
) -> tuple[Array | None, tuple[Maps, ...], Array | None]:
    """Return what the first S-cells have learned, and the maps of all layers of cells."""
    layer = estimator.s_layers_[0]
    both = layer.weights.reshape(
        layer.size, layer.size, 2, -1, layer.weights.shape[1]
    )  # brighter and darker than around
    maps = tuple(Maps(name, CELLS[name[0]], each[0]) for name, each in estimator.maps(image).items())
    return both[:, :, 0] - both[:, :, 1], maps, None


def _has_classes(estimator: "Sees") -> bool:
    return hasattr(estimator, "classes_")


def answers_to(estimator: "Sees", pixels: Array) -> tuple[Array, Array | None]:
    """Return predictions for images (n, height, width, channels), and the probabilities of classes if there are any."""
    if is_of_cells(estimator):
        if not hasattr(estimator, "predict_proba"):  # labelled winners say no probabilities
            return np.asarray(estimator.predict(pixels)), None
        shares = estimator.predict_proba(pixels)
        return estimator.classes_[shares.argmax(axis=1)], shares
    if not _has_classes(estimator) or estimator.network_.loss.signed:
        return np.asarray(estimator.predict(pixels)), None
    if estimator._is_multilabel():
        return np.asarray(estimator.predict(pixels)), None
    probabilities = estimator.predict_proba(pixels)
    return estimator.classes_[probabilities.argmax(axis=1)], probabilities


def output_gradient(trace: ForwardTrace, node: int) -> Array:
    """Return ∂u/∂x of one output's pre-activation u for every row, (n, n_features): one sweep from the output.

    Parameters
    ----------
    trace : ForwardTrace
        The pass through the network.
    node : int
        The output, from 0.
    """
    parts = list(trace.network.parts(trace.theta))
    delta = np.zeros_like(trace.pre_activations[-1])
    delta[:, node] = 1
    sources = [trace.sources(index) for index in range(len(parts))]
    return input_slopes(parts, sources, trace.pre_activations, trace.activations, delta)


def _node_of(estimator: "Sees", predicted: str | float) -> tuple[int, float]:
    """Return the output that stands for a class, and -1 if it stands for the other of two."""
    place = int(np.flatnonzero(estimator.classes_ == predicted)[0])
    return (0, 1.0 if place else -1.0) if estimator.n_outputs_ == 1 else (place, 1.0)


def _answers(estimator: "Sees", predicted: str | float, probabilities: Array | None) -> tuple[tuple[str, float], ...]:
    if probabilities is None:
        return (("", float(predicted)),) if not hasattr(estimator, "classes_") else ((str(predicted), 1.0),)
    order = np.argsort(-probabilities, kind="stable")
    return tuple((str(estimator.classes_[index]), float(probabilities[index])) for index in order)


def _first_kernels(estimator: "Sees", theta: Array) -> Array | None:
    first = estimator.network_.layers[0]
    return estimator.network_.block(theta, 0, "weights") if isinstance(first, Convolution) else None


def _maps(trace: ForwardTrace) -> tuple[Maps, ...]:
    """Return the activations of the layers that have maps."""
    network = trace.network
    return tuple(
        Maps(name, layer.name, z[0].reshape(layer.output_shape))
        for name, layer, z in zip(layer_names(network), network.layers, trace.activations, strict=True)
        if len(layer.output_shape) == 3
    )


def _occlusion(estimator: "Sees", image: Array) -> Array:
    height, width, _ = image.shape
    size = max(1, round(min(height, width) / PATCHES))
    beneath = estimator.lowest_ if is_of_cells(estimator) else estimator.pixel_mean_
    step = max(1, size // 2)
    places = [(top, left) for top in _starts(height, size, step) for left in _starts(width, size, step)]
    hidden = np.repeat(image[np.newaxis].astype(np.float64), len(places) + 1, axis=0)
    for each, (top, left) in zip(hidden, places, strict=False):  # the last one is left as it is
        each[top : top + size, left : left + size] = beneath
    predicted, probabilities = answers_to(estimator, hidden)
    answers = predicted if probabilities is None else probabilities[:, int(probabilities[-1].argmax())]
    falls, counts = np.zeros((height, width)), np.zeros((height, width))
    if probabilities is not None or not _has_classes(estimator):
        for (top, left), answer in zip(places, answers, strict=False):
            falls[top : top + size, left : left + size] += float(answers[-1]) - float(answer)
            counts[top : top + size, left : left + size] += 1
    return falls / np.maximum(counts, 1)


def _starts(length: int, size: int, step: int) -> Sequence[int]:
    """Return where patches begin, so that they hide every pixel."""
    return sorted({*range(0, length - size + 1, step), length - size})


def _most_wrong(
    estimator: "Sees", images: Images, labels: Array, predicted: Array, probabilities: Array | None
) -> tuple[WrongImage, ...]:
    """Return the images with the largest loss of those that are wrong; of numbers, with the largest error."""
    if not _has_classes(estimator):
        if labels.dtype.kind not in "biuf":
            return ()
        order = np.argsort(-np.abs(labels - predicted), kind="stable")
    else:
        classes = estimator.classes_
        known = np.isin(labels, classes) & (labels != predicted)
        sure = np.ones(len(labels)) if probabilities is None else probabilities.max(axis=1)
        if probabilities is not None:
            places = np.minimum(np.searchsorted(classes, labels), len(classes) - 1) if known.any() else np.zeros(1, int)
            sure = -np.where(known, probabilities[np.arange(len(labels)), places], 1.0)
        order = np.array([index for index in np.argsort(-sure, kind="stable") if known[index]], int)
    return tuple(
        WrongImage(
            str(images.names[i]),
            images.pixels[i],
            _shown(labels[i]),
            _shown(predicted[i]),
            None if probabilities is None else float(probabilities[i].max()),
        )
        for i in order[:MOST_WRONG]
    )


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
