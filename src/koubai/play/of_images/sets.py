"""Sets of images: their rows in an order that the page makes as well, and the settings that suit them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from koubai.core.arrays import Array
from koubai.core.counter_random import DATA, CounterRandom
from koubai.core.schema import Record
from koubai.images import digits
from koubai.play.datasets import MADE

STREAM = len(MADE) + 1
"""Stream of the random numbers by which images are ordered; the numbers before it are those of other data."""


NETWORK: Mapping[str, object] = {
    "hidden": [],
    "activations": [],
    "dropout": [],
    "optimizer": "adam",
    "learning_rate": 0.003,
    "train_ratio": 0.7,
}
"""Settings of a first network on images."""
TWO_FROM, TWO = 16, {"filters": [8, 16], "kernel_sizes": [3, 3]}
"""From this many pixels on the shorter side, a first network has two convolutions: one alone sees too little."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """A set of images, and what a network on them is at first.

    Parameters
    ----------
    read : callable
        Returns the images, uint8 or float32 of shape (n, height, width) or (n, height, width, channels), and the class
        number of each as uint8, (n,).
    shape : (int, int, int)
        Height, width and channels.
    most : float
        The largest pixel, which the network sees as 1.
    classes : tuple of str
    usual : mapping
        Settings with which the set is opened.
    labels : array of shape (n_classes,), optional
        The classes as they were given, which a model answers; by default their names.
    told : mapping
        What else the page must know of images that were given; see `koubai.play.of_images.given`.
    """

    read: Callable[[], tuple[Array, Array]]
    shape: tuple[int, int, int]
    most: float
    classes: tuple[str, ...]
    usual: Mapping[str, object] = field(default_factory=dict)
    labels: Array | None = None
    told: Record = field(default_factory=dict)


IMAGES: Mapping[str, ImageSet] = {
    "digits": ImageSet(
        digits.digits,
        (8, 8, 1),
        digits.MOST,
        tuple(map(str, range(10))),
        {**NETWORK, "n_rows": 1790},
    )
}
"""Sets of images by name."""


def images_of(which: str | ImageSet, n_rows: int, seed: int) -> tuple[Array, Array]:
    """Return this many images of a set, in random order, as rows of pixels from 0 to 1 in C order, and their classes.

    Parameters
    ----------
    which : str or ImageSet
        One of `IMAGES`, or its name.
    n_rows : int
        At most this many.
    seed : int
        The same seed gives the same order.

    Examples
    --------
    >>> inputs, targets = images_of("digits", 3, seed=0)
    >>> inputs.shape, float(inputs.max()), targets.shape
    ((3, 64), 1.0, (3,))
    """
    found = IMAGES[which] if isinstance(which, str) else which
    pixels, labels = found.read()
    order = CounterRandom(seed, DATA, STREAM).permutation(len(pixels))[:n_rows]
    return pixels[order].reshape(len(order), -1).astype(float) / found.most, labels[order].astype(float)


def names_of_pixels(shape: tuple[int, int, int]) -> tuple[str, ...]:
    """Return a name for each pixel of an image: its row and its column, from 1, and of several channels which one.

    Examples
    --------
    >>> names_of_pixels((1, 2, 1))
    ('[1,1]', '[1,2]')
    """
    height, width, channels = shape
    ends = [""] if channels == 1 else [f",{channel + 1}" for channel in range(channels)]
    return tuple(f"[{row + 1},{column + 1}{end}]" for row in range(height) for column in range(width) for end in ends)
