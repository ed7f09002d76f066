"""Reading images from whatever holds them."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

import numpy as np

from koubai.core.checks import is_whole
from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.images import archives, folders, idx
from koubai.images.images import COLOUR, GRAY, Images
from koubai.images.names import is_picture

CHANNELS = (None, GRAY, COLOUR)


def read_images(
    path: str | PathLike[str],
    *,
    labels: str | PathLike[str] | None = None,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
) -> Images:
    """Read images and their labels.

    Parameters
    ----------
    path : path
        A folder with a subfolder of pictures for each class; an idx file of images (MNIST's format, also .gz), beside
        which its file of labels lies, or a folder of such files; or an npz archive of images and labels.
    labels : path, optional
        The idx file of labels, if it is another.
    image_size : int or (height, width), optional
        The size to give pictures that are not all of one: they are scaled to cover it and cut evenly.
    channels : {1, 3}, optional
        1 to read pictures as grey, 3 as red, green and blue; by default grey if all of them are.

    Returns
    -------
    Images
        The images, with ``test`` those that the source keeps apart for testing.

    Raises
    ------
    DataError
        If there are no images, or they are damaged or do not fit together.
    FileError
        If a file is missing or cannot be read.
    ParameterError
        If an argument is not allowed.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/few.npz", images=np.zeros((4, 8, 8), np.uint8), labels=[0, 1, 0, 1])
    ...     read_images(f"{folder}/few.npz").shape
    (8, 8, 1)
    """
    where, size = Path(fspath(path)), size_of(image_size)
    check_channels(channels)
    if where.is_dir():
        sets = idx.find_sets(where)
        if sets is None:
            _refuse(where, labels=labels)
            return folders.read_folder(where, channels, size)
        _refuse(where, image_size=image_size, channels=channels)
        training = idx.read_idx_images(sets[0], None if labels is None else Path(labels))
        test = None if sets[1] is None else idx.read_idx_images(sets[1], needs_labels=False)
        return replace(training, test=test if test is not None and test.labels is not None else None)
    folders.check_file(where)
    _refuse(where, image_size=image_size, channels=channels)
    if where.suffix.lower() == ".npz":
        _refuse(where, labels=labels)
        return archives.read_npz(where)
    if is_picture(where):
        raise DataError(worded("images.error.images_learn_folder_idx_file", where=where))
    return idx.read_idx_images(where, None if labels is None else Path(labels))


def is_folder_of_pictures(path: str | PathLike[str]) -> bool:
    """Return whether a path is a folder, other than one of idx files."""
    where = Path(fspath(path))
    return where.is_dir() and idx.find_sets(where) is None


def read_unlabelled(
    paths: Sequence[str | PathLike[str]],
    *,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    lossless: bool = False,
    expected: tuple[int, int] | None = None,
) -> Images:
    """Read images to predict for; labels are read too where they are there.

    Parameters
    ----------
    paths : sequence of paths
        Pictures; or a folder of them, with or without a subfolder for each class; or an idx file; or an npz archive.
    image_size, channels, lossless, expected
        How pictures are read, see `koubai.images.folders.read_files`.

    Raises
    ------
    DataError, FileError
        As for `read_images`.
    """
    where = [Path(fspath(path)) for path in paths]
    if len(where) == 1 and not is_picture(where[0]):
        return _unlabelled(where[0], image_size, channels, lossless, expected)
    for path in where:
        if path.is_dir() or not is_picture(path):
            raise ParameterError(
                worded("images.error.images_several_pictures_folder_idx", path=path, n_where=len(where))
            )
        folders.check_file(path)
    return folders.read_files(where, channels, image_size, str(where[0].parent), lossless=lossless, expected=expected)


def _unlabelled(
    where: Path,
    size: tuple[int, int] | None,
    channels: int | None,
    lossless: bool,
    expected: tuple[int, int] | None,
) -> Images:
    """Return the images of a folder, an idx file or an archive."""
    if where.is_dir():
        sets = idx.find_sets(where)
        if sets is not None:
            return idx.read_idx_images(sets[1] or sets[0], needs_labels=False)
        paths = folders.pictures_below(where)
        if not paths:
            raise DataError(worded("images.error.folder_hold_pictures_holds_none", where=where))
        names = [path.relative_to(where).as_posix() for path in paths]
        found = folders.read_files(paths, channels, size, str(where), names, lossless=lossless, expected=expected)
        inside = [path.relative_to(where).parts for path in paths]
        if all(len(parts) > 1 for parts in inside):
            return replace(found, labels=np.array([parts[0] for parts in inside]))
        return found
    folders.check_file(where)
    if where.suffix.lower() == ".npz":
        return archives.read_npz(where, needs_labels=False)
    return idx.read_idx_images(where, needs_labels=False)


def size_of(given: object) -> tuple[int, int] | None:
    """Return a size as (height, width); one number stands for a square.

    Raises
    ------
    ParameterError
        If it is not a size.
    """
    if given is None:
        return None
    sides = (given, given) if is_whole(given) else tuple(given) if isinstance(given, list | tuple) else ()
    if len(sides) != 2 or not all(is_whole(side) and side > 0 for side in sides):
        raise ParameterError(
            parameter="image_size",
            required=worded("core.must.integer_two_height_width"),
            got=repr(given),
            remedy=worded("core.remedy.try_12"),
        )
    return int(sides[0]), int(sides[1])


def check_channels(given: object) -> None:
    """Raise ParameterError unless ``channels`` is 1, 3 or None."""
    if given not in CHANNELS or isinstance(given, bool):
        raise ParameterError(
            parameter="channels",
            required=worded("core.must.grey_colour_none"),
            got=repr(given),
            remedy=worded("core.remedy.try_3"),
        )


def _refuse(where: Path, **given: object) -> None:
    """Raise ParameterError for an argument that would do nothing."""
    for name, value in given.items():
        if value is not None:
            needed = worded("images.note.idx_file") if name == "labels" else worded("images.note.folder_pictures")
            raise ParameterError(
                parameter=name,
                required=worded("core.must.come", needed=needed),
                got=worded("core.got.it_with", where=where),
                remedy=worded("core.remedy.leave_it_out"),
            )
