"""A kernel's arguments as one row of 8-byte words: records, arrays and numbers become addresses, sizes and numbers.

A kernel of the library takes one pointer to these words, in the order of its arguments, records field by field: for an
array its address and sizes, for an integer or a bool an int64, for any other number a float64. A key such as
``"f4:2 i d"`` states the types: a library knows for which keys it has code, and the words are written by the same key
as they are read. So a new field of a record is declared in one place only.
"""

from collections.abc import Iterator
from ctypes import addressof, c_char
from functools import cache
from struct import Struct
from typing import Any

import numpy as np

NOTHING, WHOLE, REAL = "-", "i", "d"
"""A key's letters for None, an integer or bool, and any other number."""
_Start = c_char * 0
MASK = (1 << 63) - 1


@cache
def kind_of_array(dtype: np.dtype[Any], n_dimensions: int) -> str:
    """Return a key's entry for arrays: kind and size in bytes of their numbers, and number of dimensions."""
    return f"{dtype.kind}{dtype.itemsize}:{n_dimensions}"


def address(array: Any) -> int:
    """Return the address of an array's data; the array must be contiguous and writable, which is checked.

    This is the fastest of NumPy's and Python's ways.
    """
    return addressof(_Start.from_buffer(array))


def leaves(value: Any) -> Iterator[Any]:
    """Yield the arrays and numbers of a record and of its nested records, in order."""
    if isinstance(value, tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def packed(arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Return the key of a kernel's arguments, and their words."""
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
    """Return the int64 with the bits of this integer below 2⁶⁴."""
    return number - (1 << 64) if number > MASK else number


@cache
def writer(key: str) -> Struct:
    """Return the struct that writes the words of arguments with this key."""
    return Struct("=" + "".join(_letters(kind) for kind in key.split()))


def _letters(kind: str) -> str:
    if ":" in kind:
        return "q" * (1 + int(kind.partition(":")[2]))
    return {NOTHING: "", WHOLE: "q", REAL: "d"}[kind]
