"""Images as read from files: all of one size, with their labels if there are any."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, FileError
from koubai.core.language import term, worded
from koubai.core.memory import free_memory

Shape: TypeAlias = tuple[int, int, int]
"""Height, width and channels of an image."""

GRAY, COLOUR = 1, 3
"""Numbers of channels of grey and of red, green and blue pictures."""
PIECE = 4096
"""Images whose pixels are checked at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images of one size.

    Parameters
    ----------
    pixels : array of shape (n, height, width, channels)
        The images; uint8 from pictures, otherwise numbers of the file's own kind.
    labels : array of shape (n,) or None
        Class names or numbers.
    names : sequence of str
        What each image is called in a message or a list of predictions: its file, or its place in one.
    source : str
        Where they come from, for messages.
    test : Images, optional
        Images that the source keeps apart for testing.
    resized : bool
        Whether they were given their size by being resized.
    notes : sequence of str
        What should be said about reading them, one sentence each.
    """

    pixels: Array
    labels: object
    names: Sequence[str]
    source: str
    test: "Images | None" = None
    resized: bool = False
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shape(self) -> Shape:
        """Height, width and channels."""
        _, height, width, channels = self.pixels.shape
        return height, width, channels


def said_of_size(height: int, width: int) -> str:
    """Return a size as pictures are measured, width first.

    Examples
    --------
    >>> said_of_size(480, 640)
    '640 × 480'
    """
    return f"{width} × {height}"


def missing(path: Path) -> FileError:
    """Return the error of a file that is not there."""
    return FileError(worded("images.error.file_exist_was_not_found", path=path))


def unreadable(path: Path, error: OSError) -> FileError:
    """Return the error of a file that the system refuses to open."""
    if isinstance(error, FileNotFoundError):
        return missing(path)
    reason = (error.strerror or str(error) or "unknown").lower()
    return FileError(worded("images.error.file_readable_got_check", path=path, reason=term(reason)))


def check_finite(pixels: Array, names: Sequence[str], source: str) -> None:
    """Raise DataError if a pixel of images is NaN or infinite.

    Parameters
    ----------
    pixels : array of shape (n, height, width, channels)
        The images.
    names : sequence of str
        What each of them is called.
    source : str
        Where they come from, for messages.
    """
    if pixels.dtype.kind != "f":
        return
    for start in range(0, len(pixels), PIECE):
        finite = np.isfinite(pixels[start : start + PIECE]).all(axis=(1, 2, 3))
        if not finite.all():
            name = names[start + int(finite.argmin())]
            raise DataError(worded("images.error.images_finite", source=source, name=name))


def check_room(source: str, n_bytes: int) -> None:
    """Raise DataError if images would not fit into memory, before any is read.

    Parameters
    ----------
    source : str
        Where they come from.
    n_bytes : int
        Their size in memory.
    """
    free = free_memory()
    if n_bytes > free:
        raise DataError(
            worded(
                "images.error.images_fit_into_memory_take",
                source=source,
                n_bytes=f"{n_bytes / 1e9:.1f}",
                free=f"{free / 1e9:.1f}",
            )
        )
