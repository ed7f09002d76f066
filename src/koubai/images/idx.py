"""The idx format of MNIST (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").

Two zero bytes, a code for the kind of numbers, the number of axes, the size of each axis as 32 bits with the highest
byte first, and the numbers in C order.
"""

import gzip
import math
import re
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, FileError, InPython
from koubai.core.language import worded
from koubai.images.images import Images, check_finite, check_room, unreadable

KINDS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""NumPy's name of each kind of numbers, by code."""
IMAGE_AXES = (3, 4)
"""(n, height, width) and (n, height, width, channels)."""
PIECE = 2**24
"""Number of bytes read at a time, so that no more memory is taken than a file fills."""
TRAINING = re.compile(r"train.*images?.*idx[34].*", re.IGNORECASE)
TEST = re.compile(r"(t10k|test).*images?.*idx[34].*", re.IGNORECASE)
"""Names of files of training and of test images."""


def find_sets(folder: Path) -> tuple[Path, Path | None] | None:
    """Return a folder's file of training images, and that of test images if there is one; None without the former."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    training = next((path for path in files if TRAINING.fullmatch(path.name)), None)
    return None if training is None else (training, next((path for path in files if TEST.fullmatch(path.name)), None))


def read_idx_images(path: Path, labels: Path | None = None, *, needs_labels: bool = True) -> Images:
    """Return the images of an idx file, with the labels of the file that belongs to it.

    Parameters
    ----------
    path : Path
        The file of images, packed if its name ends in .gz.
    labels : Path, optional
        The file of labels; by default, the one of the same name with "labels" for "images" and "idx1" for "idx3".
    needs_labels : bool
        Whether a missing file of labels is an error.

    Raises
    ------
    DataError
        If a file is damaged, or holds something else.
    FileError
        If a file is missing or cannot be read.
    """
    pixels = read_idx(path)
    if pixels.ndim not in IMAGE_AXES:
        raise DataError(worded("images.error.file_hold_images_n_height", path=path, shape=pixels.shape))
    pixels = pixels if pixels.ndim == 4 else pixels[..., np.newaxis]
    found = labels if labels is not None else partner(path)
    names = [f"{path.name}[{index}]" for index in range(len(pixels))]
    check_finite(pixels, names, str(path))
    if found is None and not needs_labels:
        return Images(pixels, None, names, str(path))
    if found is None:
        raise FileError(
            what=worded("images.error.labels_given_no_file_them", path=path),
            remedy=InPython("Give labels='FILE'.", typed=worded("core.remedy.name")),
        )
    return Images(pixels, _labels(found, path, len(pixels)), names, str(path))


def _labels(found: Path, path: Path, n: int) -> Array:
    values = read_idx(found)
    if values.shape != (n,):
        raise DataError(
            worded("images.error.file_hold_label_each_images", found=found, n=f"{n:,}", path=path, shape=values.shape)
        )
    return values.astype(np.int64) if values.dtype.kind in "iu" else values


def partner(path: Path) -> Path | None:
    """Return the file of labels that lies beside a file of images, packed or not; None if there is none."""
    name = re.sub("idx[34]", "idx1", path.name.replace("images", "labels").replace("image", "label"))
    bare = name.removesuffix(".gz")
    return next((path.with_name(each) for each in (name, bare, f"{bare}.gz") if _is_other(path, each)), None)


def _is_other(path: Path, name: str) -> bool:
    return name != path.name and path.with_name(name).is_file()


def read_idx(path: Path) -> Array:
    """Return the array of an idx file, in this machine's byte order.

    Raises
    ------
    DataError
        If the file is not of this format, or shorter or longer than its header says.
    FileError
        If it is missing or cannot be read.
    """
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return _array(path, file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(worded("images.error.file_whole_gzip_file_damaged", path=path)) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _array(path: Path, file: IO[bytes] | gzip.GzipFile) -> Array:
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in KINDS or not start[3]:
        raise DataError(
            worded("images.error.idx_format", path=path, begin=start.hex(" ") or worded("images.note.nothing_at_all"))
        )
    kind, n_axes = np.dtype(KINDS[start[2]]), start[3]
    sizes = file.read(4 * n_axes)
    if len(sizes) < 4 * n_axes:
        raise DataError(worded("images.error.file_whole_ends_within_header", path=path))
    shape = struct.unpack(f">{n_axes}I", sizes)
    if 0 in shape or n_axes > 4:
        raise DataError(worded("images.error.file_hold_images_labels_header", path=path, times=_times(shape)))
    wanted = math.prod(shape) * kind.itemsize
    check_room(str(path), wanted)
    content = bytearray()
    while len(content) <= wanted and (piece := file.read(min(PIECE, wanted + 1 - len(content)))):
        content += piece
    if len(content) != wanted:
        got = (
            worded("images.note.only", n_content=f"{len(content):,}")
            if len(content) < wanted
            else worded("images.note.more")
        )
        raise DataError(
            worded(
                "images.error.file_hold_bytes_numbers_after",
                path=path,
                wanted=f"{wanted:,}",
                times=_times(shape),
                got=got,
            )
        )
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)
