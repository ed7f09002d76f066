"""Which files are images by their names; asked by every command, so it loads nothing."""

import re
from os import PathLike
from pathlib import Path

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".pgm", ".ppm")
"""Names of picture files end in one of these, in small or capital letters."""
IDX = re.compile(r"(.*[-._])?images?[-.]idx[34][-.]ubyte(\.gz)?|.*\.idx(\d(-ubyte)?)?(\.gz)?", re.IGNORECASE)
"""Names of idx files of images."""


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture by its name."""
    return path.suffix.lower() in PICTURES


def is_images(path: str | PathLike[str]) -> bool:
    """Return whether a path names images, rather than a table, by what it is and how it is called.

    Examples
    --------
    >>> is_images("train-images-idx3-ubyte.gz"), is_images("penguins.csv")
    (True, False)
    """
    given = Path(path)
    is_folder = given.is_dir() or str(path).endswith("/")
    return is_folder or given.suffix.lower() in (".npz", *PICTURES) or IDX.fullmatch(given.name) is not None
