"""Images of the user's own as a set for the playground: checked, bounded, and described for the page."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, InPython
from koubai.core.language import Worded, worded
from koubai.core.schema import Record
from koubai.images.archives import image_array
from koubai.images.images import COLOUR, GRAY, Images, said_of_size
from koubai.images.reading import is_folder_of_pictures, read_images
from koubai.models.of_images.learnable import check_labels, task_of
from koubai.play.of_images.sets import NETWORK, TWO, TWO_FROM, ImageSet
from koubai.tables.preparing.refusals import CLASSIFICATION
from koubai.tables.preparing.splits import hold_out

MOST_IMAGES, MOST_BYTES = 2000, 2 * 2**20
"""Most images, and about how many bytes of pixels: a page holds them all, also the one that is a single file."""
MOST_SIDE, MOST_CLASSES = 64, 50
"""Greatest height and width in pixels, and most classes: each has a bar on the page."""
AT_FIRST = 1000
"""Images with which the set is opened."""
MOST_BYTE = 255
FACE = 20
"""Greatest height and width of the small picture beside the name of the set."""
INK = 0.25
"""A pixel belongs to what an image shows if it differs from the empty ones by more than this share of the largest."""


class Given(NamedTuple):
    """A set of images, what should be said of it, and what was said when they were read."""

    images: ImageSet
    notes: tuple[str, ...]


def read_given(
    path: str | os.PathLike[str],
    *,
    labels: str | os.PathLike[str] | None = None,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
) -> Given:
    """Return the images of files, for the playground.

    Parameters
    ----------
    path, labels, image_size, channels
        As for `koubai.images.reading.read_images`.

    Raises
    ------
    DataError, FileError, ParameterError
        As there, and as for `given_images`.
    """
    found = read_images(path, labels=labels, image_size=image_size, channels=channels)
    are_pictures = is_folder_of_pictures(path)
    asked = {"labels": labels is not None, "image_size": image_size and list(image_size), "channels": channels}
    told = {
        "title": Path(path).resolve().name,
        "darker": not are_pictures,  # idx files and archives hold 0 where the paper is, pictures 0 for black
        "asked": {name: value for name, value in asked.items() if value},
    }
    return given_images(found, told, are_pictures=are_pictures)


def arrays_given(X: object, y: object, who: str) -> Given:
    """Return the images of arrays, for the playground in a notebook.

    Parameters
    ----------
    X : array-like of shape (n, height, width) or (n, height, width, channels)
        The images, numbers from 0.
    y : array-like of shape (n,)
        The class of each.
    who : str
        Name of the caller, for messages.

    Raises
    ------
    DataError
        If they do not match, and as for `given_images`.
    """
    pixels, labels = image_array(np.asarray(X), f"{who}: X"), np.asarray(y)
    if labels.shape != (len(pixels),):
        raise DataError(worded("playground.error.images_class_each", who=who, n=f"{len(pixels):,}", shape=labels.shape))
    found = Images(pixels, labels, (), f"{who}: X")
    return given_images(found, {"title": "", "darker": True, "given": True})


def given_images(images: Images, told: Record, *, are_pictures: bool = False) -> Given:
    """Return images as a set: of too many about as many as fit, each class with its share.

    Parameters
    ----------
    images : Images
        The images, with labels.
    told : dict
        What the page is told of them: ``title``, ``darker`` (whether larger pixels are darker), ``asked`` (how they
        were read), ``given`` (whether a program gave them, which alone has them).
    are_pictures : bool
        Whether they are picture files, which can be resized when they are read.

    Raises
    ------
    DataError
        If they are too large, have other channels than grey or red, green and blue, or labels that are no classes.

    Examples
    --------
    >>> pixels = np.arange(4 * 6 * 6, dtype=np.uint8).reshape(4, 6, 6, 1)
    >>> found, notes = given_images(Images(pixels, np.array([3, 7, 3, 7]), (), "few.npz"), {"title": "few"})
    >>> found.shape, found.classes, found.most, notes
    ((6, 6, 1), ('3', '7'), 143.0, ())
    """
    _check_shape(images, are_pictures)
    labels = _labels_of(images)
    kinds, codes = np.unique(labels, return_inverse=True)
    if len(kinds) > MOST_CLASSES:
        raise DataError(
            worded("playground.error.images_classes", source=images.source, most=MOST_CLASSES, n=f"{len(kinds):,}")
        )
    pixels, notes = images.pixels, images.notes
    size = 1 if _are_bytes(pixels) else 4
    most = min(MOST_IMAGES, MOST_BYTES // (size * pixels[0].size))
    total = len(pixels)
    if total > most:
        chosen, _ = hold_out(total, 1 - most / total, 0, codes)
        pixels, codes = pixels[chosen], codes[chosen]
        notes = (*notes, _note_of_choice(images.source, len(pixels), total))
    pixels, largest = _checked(pixels, images.source)
    described = {
        "n": len(pixels),
        "of": total,
        "ground": _ground(pixels, largest),
        "margin": _margin(pixels, largest),
        "face": _face(pixels, largest, is_darker=bool(told.get("darker"))),
    }
    convolutions = TWO if min(images.shape[:2]) >= TWO_FROM else {}
    usual = {**NETWORK, **convolutions, "n_rows": max(20, min(AT_FIRST, len(pixels)))}
    numbers = codes.astype(np.uint8)
    return Given(
        ImageSet(
            _kept(pixels, numbers),
            images.shape,
            largest,
            tuple(map(str, kinds.tolist())),
            usual,
            kinds,
            {**described, **told},
        ),
        notes,
    )


def _kept(pixels: Array, numbers: Array) -> Callable[[], tuple[Array, Array]]:
    return lambda: (pixels, numbers)


def _note_of_choice(source: str, n: int, total: int) -> Worded:
    return worded("playground.note.images_chosen", source=source, n=f"{n:,}", total=f"{total:,}")


def _check_shape(images: Images, are_pictures: bool) -> None:
    height, width, channels = images.shape
    if channels not in (GRAY, COLOUR):
        raise DataError(worded("playground.error.images_channels", source=images.source, channels=channels))
    if max(height, width) > MOST_SIDE:
        size = said_of_size(height, width)
        python = InPython("Give image_size=(28, 28).", typed=worded("core.remedy.add_resize_them", side=28))
        raise DataError(
            what=worded("playground.error.images_size", source=images.source, most=MOST_SIDE, size=size),
            remedy=python if are_pictures else worded("core.remedy.resize_them"),
        )


def _labels_of(images: Images) -> Array:
    """Return the labels as numbers, whole if they are, or as texts."""
    labels = np.asarray(images.labels)
    labels = labels if labels.dtype.kind in "biuf" else labels.astype(str)
    task, _ = task_of(labels)
    if task != CLASSIFICATION:
        raise DataError(worded("playground.error.images_of_numbers", source=images.source))
    check_labels(images.source, labels, task)
    return labels.astype(np.int64) if labels.dtype.kind == "f" else labels


def _are_bytes(pixels: Array) -> bool:
    """Return whether all pixels are whole numbers from 0 to 255."""
    if pixels.dtype.kind in "bu" and pixels.dtype.itemsize == 1:
        return True
    if pixels.dtype.kind in "iu":
        return bool(pixels.min() >= 0 and pixels.max() <= MOST_BYTE)
    return bool((pixels == np.clip(np.round(pixels), 0, MOST_BYTE)).all())


def _checked(pixels: Array, source: str) -> tuple[Array, float]:
    """Return pixels as bytes or float32, and the largest."""
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() <= 0:
        found = "NaN or infinity" if not np.isfinite(pixels).all() else f"{pixels.min():g} to {pixels.max():g}"
        raise DataError(worded("playground.error.images_pixels", source=source, found=found))
    plain = pixels.astype(np.uint8 if _are_bytes(pixels) else np.float32)
    plain = np.ascontiguousarray(plain[..., 0] if plain.shape[-1] == GRAY else plain)
    return plain, float(plain.max())


def _ground(pixels: Array, largest: float) -> int:
    """Return what empty pixels are as the network sees them, 0 or 1: what most have at the edge."""
    edge = np.concatenate(
        [pixels[:, at].reshape(-1) for at in (0, -1)] + [pixels[:, :, at].reshape(-1) for at in (0, -1)]
    )
    return int(np.median(edge) > largest / 2)


def _margin(pixels: Array, largest: float) -> int:
    """Return how many empty pixels usually surround what an image shows, so that drawings are made alike."""
    height, width = pixels.shape[1:3]
    differing = np.abs(pixels / largest - _ground(pixels, largest)) > INK
    shown = np.asarray(differing.any(axis=3) if pixels.ndim == 4 else differing)
    sides = [np.asarray(shown.any(axis=axis)) for axis in (2, 1)]
    free = np.min([lines.argmax(axis=1) + lines[:, ::-1].argmax(axis=1) for lines in sides], axis=0)
    drawn = shown.any(axis=(1, 2))
    margin = int(np.median(free[drawn]) // 2) if drawn.any() else 0
    return min(margin, min(height, width) // 3)


def _face(pixels: Array, largest: float, *, is_darker: bool) -> Record:
    """Return the first image, made small, as shades from 0 (black) to 255 (white) of each channel."""
    step = -(-max(pixels.shape[1:3]) // FACE)
    small = np.round(MOST_BYTE * (pixels[0, ::step, ::step] / largest)).astype(int)
    shades = MOST_BYTE - small if is_darker else small
    return {"height": shades.shape[0], "width": shades.shape[1], "shades": shades.reshape(-1).tolist()}
