"""Binary frames: a header as JSON, then blocks of numbers that the browser reads without copying."""

import json
import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from koubai.core.arrays import Array

Message: TypeAlias = dict[str, object]
"""What is sent to a client as JSON: numbers, texts, lists and objects by name."""

KINDS = {"float32": "f4", "uint8": "u1"}


def encode(header: Message, blocks: Mapping[str, Array]) -> bytes:
    """Return one frame: length of the header (uint32), header, blocks; each block begins at a multiple of 8 bytes.

    Examples
    --------
    >>> frame = encode({"type": "frame"}, {"theta": np.zeros(3, np.float32)})
    >>> int.from_bytes(frame[:4], "little") % 8
    4
    """
    places, parts, offset = [], [], 0
    for name, block in blocks.items():
        data = np.ascontiguousarray(block).tobytes()
        places.append({"name": name, "dtype": KINDS[block.dtype.name], "shape": list(block.shape), "offset": offset})
        padded = data + b"\0" * (-len(data) % 8)
        parts.append(padded)
        offset += len(padded)
    text = json.dumps({**sendable(header), "blocks": places}, allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return b"".join([len(text).to_bytes(4, "little"), text, *parts])


def sendable(message: Message) -> Message:
    """Return a message with non-finite numbers, which JSON lacks, replaced by None."""
    return {name: _finite(part) for name, part in message.items()}


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value
