"""Files of images for the tests."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def picture(path: Path, pixels: np.ndarray, **options) -> Path:
    """Write pixels to a picture file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def bars(n: int, size: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return n grey images of a lying or a standing bar in noise, and which it is."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 60, (n, size, size)).astype(np.uint8)
    stands = np.arange(n) % 2 == 1
    for image, standing, place in zip(pixels, stands, rng.integers(1, size - 1, n), strict=True):
        image[(slice(None), place) if standing else (place, slice(None))] = 220
    return pixels, np.where(stands, "standing", "lying")


def folder(path: Path, n: int = 12, size: int = 8) -> Path:
    """Write a folder of pictures with a subfolder for each class."""
    for index, (pixels, label) in enumerate(zip(*bars(n, size), strict=True)):
        picture(path / label / f"{index:03}.png", pixels)
    return path


def idx(array: np.ndarray) -> bytes:
    """Return an array of bytes in the idx format, from its definition."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", size) for size in array.shape)
    return header + array.astype(np.uint8).tobytes()


def bomb(path: Path, width: int, height: int) -> Path:
    """Write a PNG of a few bytes whose header says that it is large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )
    return path
