"""Handwritten digits, 8 × 8 pixels each, that come with scikit-learn."""

import numpy as np
import numpy.typing as npt

MOST = 16
"""A pixel that is wholly black; 0 is white."""


def digits() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return 1797 images (n, 8, 8), of whole numbers from 0 to `MOST`, and the digit that each one shows, (n,).

    Source: Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits", UCI Machine Learning Repository; each
    pixel counts the dark ones among 4 × 4 of a scanned image of 32 × 32.

    Examples
    --------
    >>> images, labels = digits()
    >>> images.shape, labels[:3].tolist()
    ((1797, 8, 8), [0, 1, 2])
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images.astype(np.uint8), found.target.astype(np.uint8)
