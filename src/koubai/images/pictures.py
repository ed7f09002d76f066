"""One picture file: what its header says, and its pixels."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, FileError, InPython, ParameterError
from koubai.core.extras import to_install
from koubai.core.language import term, worded
from koubai.images.images import COLOUR, GRAY, said_of_size

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM")
"""The formats that are read; Pillow knows others, whose parsers are never run."""
MOST_PIXELS = 64_000_000
"""Pictures with more pixels are refused by their header: decoded, a small file could fill the memory."""
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)
"""EXIF's tag of how a camera was held, and its values for a picture whose height and width are exchanged."""
GRAY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N")
DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's modes of grey pictures, and of those with 16 bits a pixel."""
FROM_16_BITS = 257.0
"""65535 / 255: 16-bit pixels are divided by this, so that white is 255 as elsewhere."""


class Header(NamedTuple):
    """What a picture's header says: its size as seen, whether it is grey, and whether it has 16 bits a pixel."""

    height: int
    width: int
    is_gray: bool
    is_deep: bool


def pillow() -> ModuleType:
    """Return Pillow's module of images.

    Raises
    ------
    ParameterError
        If Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        install = to_install("images", "pillow")
        raise ParameterError(worded("images.error.pillow_installed_read_pictures_was", install=install)) from error
    return Image


def read_header(path: Path) -> Header:
    """Return what a picture's header says, without decoding its pixels.

    Raises
    ------
    DataError
        If it is no picture, or one with too many pixels.
    FileError
        If the file cannot be read.
    """
    with opened(path) as picture:
        width, height = picture.size
        if picture.getexif().get(ORIENTATION) in LYING:
            width, height = height, width
        return Header(height, width, picture.mode in GRAY_MODES, picture.mode in DEEP_MODES)


def read_pixels(path: Path, channels: int, size: tuple[int, int] | None = None) -> tuple[Array, bool]:
    """Return a picture's pixels, (height, width, channels), and whether transparent places were filled with white.

    Parameters
    ----------
    path : Path
        The file.
    channels : int
        1 for grey, 3 for red, green and blue.
    size : (height, width), optional
        The size to give it: it is scaled to cover that size, and what protrudes is cut off evenly at both sides.

    Raises
    ------
    DataError, FileError
        As for `read_header`, or if the file is damaged.
    """
    from PIL import ImageOps

    with opened(path) as picture:
        if size is not None:
            picture.draft(None, (size[1], size[0]))  # a large JPEG is decoded at a fraction of its size
        turned = ImageOps.exif_transpose(picture)
        plain, filled = _without_transparency(turned)
        if plain.mode not in DEEP_MODES:
            plain = plain.convert("L" if channels == GRAY else "RGB")
        elif size is not None:
            plain = plain.convert("F")
        if size is not None:
            plain = ImageOps.fit(plain, (size[1], size[0]))
        return _as_array(plain, channels), filled


def _without_transparency(picture: "Image.Image") -> "tuple[Image.Image, bool]":
    """Return a picture on white, and whether anything of the white is seen."""
    if not picture.has_transparency_data:
        return picture, False
    layers = picture.convert("RGBA")
    lowest, _ = layers.getchannel("A").getextrema()
    if lowest == 255:
        return layers.convert("RGB"), False
    white = pillow().new("RGBA", layers.size, "white")
    return pillow().alpha_composite(white, layers).convert("RGB"), True


def _as_array(picture: "Image.Image", channels: int) -> Array:
    pixels = np.asarray(picture)
    if picture.mode in DEEP_MODES or picture.mode == "F":
        pixels = (pixels / FROM_16_BITS).astype(np.float32)
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    return np.repeat(pixels, COLOUR, axis=2) if channels == COLOUR and pixels.shape[2] == GRAY else pixels


def check_has_no_colours(path: Path, pixels: Array) -> None:
    """Raise DataError if a picture read in colour is not grey all over.

    Parameters
    ----------
    path : Path
        The file.
    pixels : array of shape (height, width, 3)
        Its pixels.
    """
    if has_colours(pixels):
        raise DataError(
            what=worded("images.error.picture_grey_those_model_learned", path=path),
            remedy=InPython("Read it with channels=1.", typed=worded("core.remedy.add_gray_read_grey")),
        )


def has_colours(pixels: Array) -> bool:
    """Return whether pixels (…, 3) are anything but grey."""
    return bool((pixels[..., :1] != pixels[..., 1:]).any())


@contextmanager
def opened(path: Path) -> "Iterator[Image.Image]":
    """Open a picture; whatever goes wrong while it is open is one sentence."""
    image = pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of size, which is checked here, and of odd metadata
            with image.open(path, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise _too_large(
                        path,
                        worded(
                            "images.note.megapixels",
                            said_of_size=said_of_size(height, width),
                            width=f"{width * height / 1000000.0:,.0f}",
                        ),
                    )
                yield picture
    except image.DecompressionBombError as error:  # Pillow's own limit, far above this one
        raise _too_large(
            path, worded("images.note.more_than_megapixels", value=f"{2 * image.MAX_IMAGE_PIXELS / 1000000.0:,.0f}")
        ) from error
    except image.UnidentifiedImageError as error:
        raise DataError(worded("images.error.picture_png_jpeg_bmp_gif", path=path)) from error
    except (FileError, DataError):
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, IndexError, TypeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            reason = (error.strerror or "unknown").lower()
            raise FileError(
                worded("images.error.picture_readable_got_check", path=path, reason=term(reason))
            ) from error
        raise DataError(worded("images.error.picture_whole_damaged_cut_short", path=path)) from error


def _too_large(path: Path, size: str) -> DataError:
    return DataError(
        worded(
            "images.error.picture_have_at_most_megapixels",
            path=path,
            most_pixels=f"{MOST_PIXELS / 1000000.0:.0f}",
            size=size,
        )
    )
