"""Images from npz archives, under the names that are in use for them."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.images.images import Images, check_finite, check_room, unreadable

NAMES = (("x_train", "y_train"), ("train_images", "train_labels"), ("images", "labels"), ("X", "y"), ("x", "y"))
"""Names of the arrays of images and labels in archives, in order of preference."""
TEST_NAMES = (("x_test", "y_test"), ("test_images", "test_labels"))
"""Names of those that are kept apart for testing."""
FEWEST = 2
"""Fewest axes of an array of images: flat rows of square ones."""


def read_npz(path: Path, *, needs_labels: bool = True) -> Images:
    """Return the images of an npz archive, with their labels and its test images if it has them.

    Parameters
    ----------
    path : Path
        The archive, with arrays under one of `NAMES`.
    needs_labels : bool
        Whether a missing array of labels is an error.

    Raises
    ------
    DataError
        If it is damaged, holds Python objects, or has no such arrays.
    FileError
        If it is missing or cannot be read.
    """
    arrays = _arrays(path, needs_labels)
    training = _found(path, arrays, NAMES)
    if training is None or (needs_labels and training.labels is None):
        listed = ", ".join(sorted(arrays)[:8]) or "none"
        raise DataError(worded("images.error.archive_hold_images_labels_under", path=path, listed=listed))
    test = _found(path, arrays, TEST_NAMES)
    return Images(training.pixels, training.labels, training.names, training.source, test=test)


def _found(path: Path, arrays: Mapping[str, Array], names: tuple[tuple[str, str], ...]) -> Images | None:
    """Return the images under the first names that are there."""
    for name, of_labels in names:
        if name in arrays:
            pixels, labels = image_array(arrays[name], f"'{path}': {name}"), arrays.get(of_labels)
            called = [f"{path.name}[{index}]" for index in range(len(pixels))]
            check_finite(pixels, called, str(path))
            return Images(
                pixels, None if labels is None else _labels(path, of_labels, labels, len(pixels)), called, str(path)
            )
    return None


def _labels(path: Path, name: str, labels: Array, n: int) -> Array:
    flat = labels.reshape(-1) if labels.size == n else labels
    if flat.shape != (n,):
        raise DataError(
            worded("images.error.array_hold_label_each_images", name=name, path=path, n=f"{n:,}", shape=labels.shape)
        )
    return flat


def image_array(given: Array, name: str) -> Array:
    """Return an array of images as (n, height, width, channels).

    Parameters
    ----------
    given : array of shape (n, height, width), (n, height, width, channels) or (n, height²)
        The images; rows of a square number of pixels are square images.
    name : str
        What the array is called, for the message.

    Raises
    ------
    DataError
        If it holds no images.
    """
    if given.dtype.kind not in "biuf" or not FEWEST <= given.ndim <= 4 or not given.size:
        raise DataError(
            worded("images.error.array_hold_images_numbers_n", name=name, shape=given.shape, dtype=given.dtype)
        )
    if given.ndim == 4:
        return given
    if given.ndim == 3:
        return given[..., np.newaxis]
    side = round(given.shape[1] ** 0.5)
    if side * side != given.shape[1]:
        raise DataError(worded("images.error.array_hold_images_rows_numbers", name=name, shape=given.shape[1]))
    return given.reshape(len(given), side, side, 1)


def _arrays(path: Path, needs_labels: bool) -> dict[str, Array]:
    """Return the arrays that are needed, after checking that they fit into memory."""
    wanted = {name for pair in (*NAMES, *(TEST_NAMES if needs_labels else ())) for name in pair}
    try:
        with zipfile.ZipFile(path) as packed:
            members = {entry.filename.removesuffix(".npy"): entry for entry in packed.infolist()}
            there = [name for name in members if name in wanted]
            check_room(str(path), sum(members[name].file_size for name in there))
        with np.load(path, allow_pickle=False) as archive:
            return {name: _array(path, archive, name) if name in there else np.empty(0) for name in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(worded("images.error.archive_whole_npz_file_np", path=path)) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _array(path: Path, archive: Mapping[str, Array], name: str) -> Array:
    try:
        array: Array = archive[name]
    except ValueError as error:
        if "pickle" in str(error):
            raise DataError(worded("images.error.array_hold_numbers_texts_holds", name=name, path=path)) from error
        raise DataError(worded("images.error.array_whole_damaged_save_again", name=name, path=path)) from error
    return array
