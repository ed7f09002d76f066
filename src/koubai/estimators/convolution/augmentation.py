"""Random changes of training images: shifts, rotations, zooms and flips."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array

PIECE_BYTES = 2**20
"""Approximate size in bytes of the images that are resampled at once; their places take several times that."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How images are changed in training, anew in every epoch.

    Parameters
    ----------
    shifts : float
        Greatest shift in pixels, in each direction; what moves in repeats the border. Whole numbers shift by whole
        pixels, unless images are turned or zoomed.
    flips : bool
        Whether half of the images are mirrored left to right.
    rotations : float
        Greatest turn about the middle, in degrees, either way.
    zooms : float
        Greatest change of size: 0.1 makes images exp(-0.1) to exp(0.1) times as large.
    """

    shifts: float = 0
    flips: bool = False
    rotations: float = 0.0
    zooms: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.shifts or self.flips or self.rotations or self.zooms)

    @property
    def resamples(self) -> bool:
        """Whether pixels come to lie between those of the image, so that they are interpolated."""
        return bool(self.rotations or self.zooms or self.shifts != int(self.shifts))

    @property
    def text(self) -> str:
        """What is done, in words that checkpoints keep, as earlier versions wrote them.

        Examples
        --------
        >>> Augmentation(1.0, flips=True).text, Augmentation(0.5, rotations=10).text
        ('Augmentation(shifts=1, flips=True)', 'Augmentation(shifts=0.5, flips=False) rotations=10 zooms=0')
        """
        moved = f"Augmentation(shifts={self.shifts:g}, flips={self.flips})"
        return f"{moved} rotations={self.rotations:g} zooms={self.zooms:g}" if self.resamples else moved

    @property
    def n_draws(self) -> int:
        """Number of random numbers for each image."""
        return 5 if self.resamples else 3


UNCHANGED = Augmentation()


def augmented(images: Array, augmentation: Augmentation, draws: npt.NDArray[np.float64]) -> Array:
    """Return images changed at random.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        The images.
    augmentation : Augmentation
        What may be done.
    draws : array of shape (n, n_draws)
        Numbers in [0, 1) that decide the shifts down and right, the flip, the turn and the zoom.

    Examples
    --------
    >>> image = np.array([[1, 2, 3]]).reshape(1, 1, 3, 1)
    >>> augmented(image, Augmentation(shifts=1), np.array([[0.5, 0.9, 0.0]])).ravel()
    array([1, 1, 2])
    >>> augmented(image, Augmentation(flips=True), np.array([[0.0, 0.0, 0.4]])).ravel()
    array([3, 2, 1])
    >>> augmented(image * 1.0, Augmentation(shifts=0.5), np.array([[0.5, 0.0, 0.0, 0.5, 0.5]])).ravel()  # half left
    array([1.5, 2.5, 3. ])
    """
    flipped = (draws[:, 2] < 0.5) & augmentation.flips
    if augmentation.resamples:
        found = _resampled(images, augmentation, draws)
        found[flipped] = found[flipped, :, ::-1]
        return found
    most = int(augmentation.shifts)
    down, right = (np.floor(draws[:, axis] * (2 * most + 1)).astype(np.intp) for axis in (0, 1))
    _, height, width, _ = images.shape
    wide = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)), mode="edge") if most else images
    found = np.empty_like(images)
    kinds = (down * (2 * most + 1) + right) * 2 + flipped
    for kind in np.unique(kinds):
        place, flip = divmod(int(kind), 2)
        top, left = (2 * most - shift for shift in divmod(place, 2 * most + 1))
        chosen = kinds == kind
        moved = wide[chosen, top : top + height, left : left + width]
        found[chosen] = moved[:, :, ::-1] if flip else moved
    return found


def _resampled(images: Array, augmentation: Augmentation, draws: npt.NDArray[np.float64]) -> Array:
    """Return images turned, zoomed and shifted, their pixels being interpolated between the four nearest."""
    spread = 2 * draws - 1  # in [-1, 1)
    down, right = (augmentation.shifts * spread[:, axis] for axis in (0, 1))
    turns, sizes = np.deg2rad(augmentation.rotations) * spread[:, 3], np.exp(augmentation.zooms * spread[:, 4])
    found = np.empty_like(images)
    at_once = max(1, PIECE_BYTES // images[0].nbytes)
    for start in range(0, len(images), at_once):
        some = slice(start, start + at_once)
        found[some] = _placed(images[some], down[some], right[some], turns[some], sizes[some])
    return found


def _placed(images: Array, down: Array, right: Array, turns: Array, sizes: Array) -> Array:
    """Return images with what stood in the middle moved down and right, about which all is turned and sized."""
    n, height, width, n_channels = images.shape
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y = np.arange(height)[:, np.newaxis] - middle_y - down[:, np.newaxis, np.newaxis]  # (n, height, 1)
    x = np.arange(width) - middle_x - right[:, np.newaxis, np.newaxis]  # (n, 1, width)
    sine, cosine = (f(turns)[:, np.newaxis, np.newaxis] / sizes[:, np.newaxis, np.newaxis] for f in (np.sin, np.cos))
    from_y = np.clip(cosine * y + sine * x + middle_y, 0, height - 1)  # (n, height, width)
    from_x = np.clip(cosine * x - sine * y + middle_x, 0, width - 1)
    top, left = from_y.astype(np.intp), from_x.astype(np.intp)
    below, beside = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    part_y, part_x = ((at - np.floor(at)).astype(images.dtype)[..., np.newaxis] for at in (from_y, from_x))
    pixels = images.reshape(-1, n_channels)
    own = np.arange(n)[:, np.newaxis, np.newaxis] * height

    def at(rows: Array, columns: Array) -> Array:
        return pixels[(own + rows) * width + columns]

    above = at(top, left) * (1 - part_x) + at(top, beside) * part_x
    under = at(below, left) * (1 - part_x) + at(below, beside) * part_x
    mixed: Array = above * (1 - part_y) + under * part_y
    return mixed
