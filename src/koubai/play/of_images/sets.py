"""Sets of images: their rows in an order that the page makes as well, and the settings that suit them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.counter_random import DATA, CounterRandom
from koubai.images import digits
from koubai.play.datasets import MADE

Bytes = npt.NDArray[np.uint8]

STREAM = len(MADE) + 1
"""Stream of the random numbers by which images are ordered; the numbers before it are those of other data."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """A set of grey images, and what a network on them is at first.

    Parameters
    ----------
    read : callable
        Returns the images (n, height, width) and the class number of each.
    shape : (int, int, int)
        Height, width and channels.
    most : int
        The largest pixel, which the network sees as 1.
    classes : tuple of str
    usual : mapping
        Settings with which the set is opened.
    """

    read: Callable[[], tuple[Bytes, Bytes]]
    shape: tuple[int, int, int]
    most: int
    classes: tuple[str, ...]
    usual: Mapping[str, object] = field(default_factory=dict)


IMAGES: Mapping[str, ImageSet] = {
    "digits": ImageSet(
        digits.digits,
        (8, 8, 1),
        digits.MOST,
        tuple(map(str, range(10))),
        {
            "hidden": [],
            "activations": [],
            "dropout": [],
            "optimizer": "adam",
            "learning_rate": 0.003,
            "n_rows": 1790,
            "train_ratio": 0.7,
        },
    )
}
"""Sets of images by name."""


def images_of(name: str, n_rows: int, seed: int) -> tuple[Array, Array]:
    """Return this many images of a set, in random order, as rows of pixels from 0 to 1 in C order, and their classes.

    Examples
    --------
    >>> inputs, targets = images_of("digits", 3, seed=0)
    >>> inputs.shape, float(inputs.max()), targets.shape
    ((3, 64), 1.0, (3,))
    """
    found = IMAGES[name]
    pixels, labels = found.read()
    order = CounterRandom(seed, DATA, STREAM).permutation(len(pixels))[:n_rows]
    return pixels[order].reshape(len(order), -1) / found.most, labels[order].astype(float)


def names_of_pixels(shape: tuple[int, int, int]) -> tuple[str, ...]:
    """Return a name for each pixel of a grey image: its row and its column, from 1.

    Examples
    --------
    >>> names_of_pixels((1, 2, 1))
    ('[1,1]', '[1,2]')
    """
    return tuple(f"[{row + 1},{column + 1}]" for row in range(shape[0]) for column in range(shape[1]))
