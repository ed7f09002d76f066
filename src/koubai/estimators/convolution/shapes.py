"""What X stands for: images of which height, width and number of channels."""

from collections.abc import Sequence
from math import isqrt, prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from koubai.core.checks import is_whole
from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.language import worded
from koubai.core.warning import warn_caller

Shape: TypeAlias = tuple[int, int, int]
USUAL_CHANNELS = (1, 3, 4)
HINT = "Give image_shape=(height, width, channels)."


def check_image_shape(given: object, who: str) -> None:
    """Raise ParameterError unless ``image_shape`` is None, (height, width) or (height, width, channels)."""
    if given is None:
        return
    sides = list(given) if isinstance(given, list | tuple) else []
    open_ones = sum(is_whole(side) and side == -1 for side in sides)
    if len(sides) not in (2, 3) or open_ones > 1 or not all(is_whole(s) and (s > 0 or s == -1) for s in sides):
        raise ParameterError(
            who=who,
            parameter="image_shape",
            required="be (height, width) or (height, width, channels), of which one may be -1, or None",
            got=repr(given),
            remedy="Try (28, 28).",
        )


def array_of_images(X: object, who: str) -> tuple[object, Shape | None]:
    """Return X as flat rows, and the shape of its images; rows that were flat before are unchanged, without a shape.

    Parameters
    ----------
    X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_features)
        The images.
    who : str
        The estimator, for messages.

    Raises
    ------
    DataError
        If the images are not all of one size, or sparse.
    """
    if issparse(X):
        raise DataError(
            who=who,
            parameter="X",
            required="be a dense array of images",
            got="a sparse matrix",
            remedy="Try X.toarray().",
        )
    given = X if hasattr(X, "ndim") or hasattr(X, "__dataframe__") else _stacked(X, who)
    n_axes = getattr(given, "ndim", 2)
    if n_axes > 4:
        raise ShapeError(
            who=who,
            parameter="X",
            required="have shape (n, height, width), (n, height, width, channels) or (n, n_features)",
            got=str(getattr(given, "shape", None)),
            remedy=worded("core.remedy.reshape"),
        )
    if n_axes not in (3, 4):
        return _single(given), None
    images = np.asarray(given)
    shape = (images.shape[1], images.shape[2], images.shape[3] if n_axes == 4 else 1)
    if 0 in images.shape:
        required = "hold images with pixels" if 0 in shape else "hold at least one image"
        raise ShapeError(who=who, parameter="X", required=required, got=worded("core.got.shape", shape=images.shape))
    if shape[2] not in USUAL_CHANNELS and shape[0] in USUAL_CHANNELS and shape[1] == shape[2]:
        warn_caller(
            f"{who}: X of shape {images.shape} holds images {shape[0]} high and {shape[1]} wide with {shape[2]} "
            "channels, since channels stand last; if they stand first here, give np.moveaxis(X, 1, -1)."
        )
    return _single(images.reshape(len(images), -1)), shape


def check_shape(found: Shape | None, known: Sequence[int], who: str) -> None:
    """Raise ShapeError for images of another shape than those in training; flat rows show none."""
    if found is not None and list(found) != list(known):
        raise ShapeError(
            who=who,
            parameter="X",
            required=worded("core.must.hold_images_shape_training", shape=tuple(known)),
            got=str(found),
            remedy=worded("core.remedy.resize_them_change_their_channels"),
        )


def check_shifts(shifts: float, shape: Shape, who: str) -> None:
    """Raise ParameterError for shifts by which nothing of an image would remain."""
    if shifts and shifts >= max(shape[:2]):
        raise ParameterError(
            who=who,
            parameter="shifts",
            required=worded("core.must.less_than_longer_side"),
            got=worded("core.got.shift_of_images", shifts=f"{shifts:g}", size=f"{shape[1]} × {shape[0]}"),
            remedy=worded("core.remedy.try", value=1),
        )


def check_not_single(X: object, known: Sequence[int], who: str) -> None:
    """Raise ShapeError for a single image (height, width), which would be taken for flat rows of another length."""
    shape: tuple[int, ...] = np.shape(X) if hasattr(X, "shape") else ()
    if len(shape) == 2 and shape == tuple(known[:2]) and shape[1] != prod(known):
        raise ShapeError(
            who=who,
            parameter="X",
            required=f"hold several images of shape {tuple(known)}",
            got=f"a single one, of shape {shape}",
            remedy="Try X[np.newaxis].",
        )


def _stacked(X: object, who: str) -> object:
    """Return a sequence as an array; lists of numbers are left to scikit-learn, which has its own messages for them."""
    if not isinstance(X, list | tuple) or not len(X) or not _is_image(X[0]):
        return X
    shapes = [_shape_of(image) for image in X]
    other = next((place for place, shape in enumerate(shapes) if shape != shapes[0]), None)
    if other is not None:
        raise DataError(
            who=who,
            parameter="X",
            required="hold images of one size",
            got=f"{shapes[0]} and, at place {other}, {shapes[other]}",
            remedy="Resize them, for instance with PIL.ImageOps.fit.",
        )
    return np.stack(X)


def _shape_of(image: npt.ArrayLike) -> tuple[int, ...]:
    """Return the shape of an image that may be a list of lists; () if these are of unequal lengths."""
    try:
        return np.shape(image)
    except ValueError:
        return ()


def _is_image(first: npt.ArrayLike) -> bool:
    return hasattr(first, "__len__") and not isinstance(first, str | bytes) and len(_shape_of(first)) >= 2


def _single(rows: object) -> object:
    """Return pixels in single precision if it holds them exactly, as it does bytes; others are left as they are."""
    if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "biuf" or rows.dtype == np.float32:
        return rows
    with np.errstate(over="ignore"):  # values that are too large compare unequal
        single = rows.astype(np.float32)
    return single if rows.dtype.itemsize == 1 or np.array_equal(single, rows) else rows


def shape_of_images(found: Shape | None, n_features: int, asked: Sequence[int] | None, who: str) -> Shape:
    """Return the shape of images: what X shows, or else what is asked for, or else that of square grey ones.

    Parameters
    ----------
    found : (height, width, channels) or None
        What X shows, if it is not flat.
    n_features : int
        Numbers per image.
    asked : sequence of int or None
        ``image_shape``.
    who : str
        The estimator, for messages.

    Raises
    ------
    ShapeError
        If they contradict each other, or nothing shows the shape.

    Examples
    --------
    >>> shape_of_images(None, 64, None, ""), shape_of_images(None, 12, (2, -1), "")
    ((8, 8, 1), (2, 6, 1))
    """
    if asked is None:
        if found is not None:
            return found
        side = isqrt(n_features)
        if side * side != n_features:
            raise ShapeError(
                who=who,
                parameter="X",
                required="hold square images if its rows are flat and image_shape is None",
                got=f"{n_features} numbers a row",
                remedy=HINT,
            )
        return side, side, 1
    sides = [*map(int, asked), *([1] if len(asked) == 2 else [])]
    known = prod(side for side in sides if side != -1)
    wanted = tuple(n_features // known if side == -1 else side for side in sides)
    if prod(wanted) != n_features or (found is not None and found != wanted):
        raise ShapeError(
            who=who,
            parameter="X",
            required=f"hold images of the image_shape {tuple(asked)}",
            got=f"{n_features} numbers a row" if found is None else f"images of shape {found}",
            remedy="Change image_shape, or leave it out.",
        )
    return wanted[0], wanted[1], wanted[2]
