"""Arguments of a kernel as one row of 8-byte words: records, arrays and numbers in, addresses, sizes and numbers out.

A kernel of the library gets one pointer, to these words, in the order of its arguments, records field by field: of an
array its address and its sizes, of a whole number or a truth value the number, of any other number its float64. What
the values are is told by a key, such as ``"f4:2 i d"``: a library knows for which keys it has code, and the words are
written by the key as they are read by it. So a record's new field needs no second place that knows of it.
"""

from collections.abc import Iterator
from ctypes import addressof, c_char
from functools import cache
from struct import Struct
from typing import Any

import numpy as np

NOTHING, WHOLE, REAL = "-", "i", "d"
"""How a key tells of None, of a whole number, and of any other number."""
_Start = c_char * 0
MASK = (1 << 63) - 1


@cache
def kind_of_array(dtype: np.dtype[Any], n_dimensions: int) -> str:
    """Return how a key tells of arrays: kind and bytes of their numbers, and how many dimensions they have."""
    return f"{dtype.kind}{dtype.itemsize}:{n_dimensions}"


def address(array: Any) -> int:
    """Return where an array's numbers begin; it must be contiguous and writable, which is checked.

    It is the quickest of NumPy's and Python's ways to ask for it.
    """
    return addressof(_Start.from_buffer(array))


def leaves(value: Any) -> Iterator[Any]:
    """Yield the arrays and numbers of a record and of the records in it, in order."""
    if isinstance(value, tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def packed(arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Return the key of a kernel's arguments, and their words as numbers."""
    kinds: list[str] = []
    words: list[Any] = []
    for value in leaves(arguments):
        if isinstance(value, np.ndarray):
            kinds.append(kind_of_array(value.dtype, value.ndim))
            words.append(address(value))
            words.extend(value.shape)
        elif value is None:
            kinds.append(NOTHING)
        elif isinstance(value, (int, np.integer, np.bool_)):
            kinds.append(WHOLE)
            words.append(signed(int(value)))
        else:
            kinds.append(REAL)
            words.append(value)
    return " ".join(kinds), words


def signed(number: int) -> int:
    """Return the int64 that has the bits of this whole number below 2⁶⁴."""
    return number - (1 << 64) if number > MASK else number


@cache
def writer(key: str) -> Struct:
    """Return what writes the words of arguments with this key."""
    return Struct("=" + "".join(_letters(kind) for kind in key.split()))


def _letters(kind: str) -> str:
    if ":" in kind:
        return "q" * (1 + int(kind.partition(":")[2]))
    return {NOTHING: "", WHOLE: "q", REAL: "d"}[kind]
