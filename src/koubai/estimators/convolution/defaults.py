"""The network and the course of training where the user leaves them open, by size and number of images."""

from collections.abc import Sequence

from koubai.estimators.convolution.augmentation import Augmentation
from koubai.estimators.given.image_layers import Conv, Dense, Dropout, Given, MaxPool

FEW = 500
"""With fewer images, the network has half as many maps."""
SMALLEST_POOLED = 6
"""Maps with a shorter side than this are not made smaller."""
ENOUGH_POOLED = 8
"""Maps are made smaller until their shorter side is at most this."""
MOST_FILTERS = 128
LARGE = 96
"""The first convolution has stride 1 on images with a shorter side than this, else stride 2."""
UPDATES = 1500
"""Approximate number of updates, within the limits on epochs."""
FEWEST_EPOCHS, MOST_EPOCHS = 12, 60
HIGHEST_RATE = 0.003
"""Peak learning rate of Adam's one-cycle schedule."""
SMALLEST_CHANGED, SHIFTED_BY_PIXELS = 8, 16
"""Images with a shorter side than the first are left as they are; from the second on they are shifted by a pixel."""
SMALL = Augmentation(shifts=0.5, rotations=10.0, zooms=0.1)
"""How images between the two are changed."""


def usual_layers(shape: Sequence[int], n_images: int) -> tuple[Given, ...]:
    """Return the layers of the usual network for images of a shape.

    Parameters
    ----------
    shape : (height, width, channels)
        The images' shape.
    n_images : int
        Their number.

    Examples
    --------
    >>> print(*usual_layers((28, 28, 1), 60_000), sep=", ")
    conv 32 padding=same, relu, max_pool 2, conv 64 padding=same, relu, max_pool 2, dropout 0.25, dense 128, relu, dropout 0.5
    """  # noqa: E501  # one line, as it is printed
    side, filters = min(shape[:2]), 16 if n_images < FEW else 32
    layers: list[Given] = []
    strides = 2 if side >= LARGE else 1
    while True:
        layers += [Conv(filters, 3, strides, padding="same"), "relu"]
        side = -(-side // strides)
        if side >= SMALLEST_POOLED:
            layers.append(MaxPool(2))
            side //= 2
        if side <= ENOUGH_POOLED and len(layers) > 3:
            break
        filters, strides = min(2 * filters, MOST_FILTERS), 1
    return (*layers, Dropout(0.25), Dense(64 if n_images < FEW else 128), "relu", Dropout(0.5))


def usual_batch_size(n_images: int) -> int:
    """Return the images per update.

    Examples
    --------
    >>> usual_batch_size(60_000), usual_batch_size(200)
    (128, 16)
    """
    return min(n_images, 128 if n_images >= 10_000 else 32 if n_images >= FEW else 16)


def usual_epochs(n_images: int) -> int:
    """Return the number of epochs: the more images, the fewer.

    Examples
    --------
    >>> usual_epochs(60_000), usual_epochs(1_500), usual_epochs(100)
    (12, 32, 60)
    """
    steps = -(-n_images // usual_batch_size(n_images))
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, -(-UPDATES // steps)))


def usual_augmentation(shape: Sequence[int]) -> Augmentation:
    """Return how training images are changed: small ones by fractions of a pixel, which is much of them.

    Examples
    --------
    >>> usual_augmentation((28, 28, 1)).shifts, usual_augmentation((1, 30, 1)).shifts
    (1, 0)
    >>> usual_augmentation((8, 8, 1))
    Augmentation(shifts=0.5, flips=False, rotations=10.0, zooms=0.1)
    """
    side = min(shape[:2])
    if side >= SHIFTED_BY_PIXELS:
        return Augmentation(shifts=1)
    return SMALL if side >= SMALLEST_CHANGED else Augmentation()
