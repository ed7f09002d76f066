"""The windows that convolution and pooling move over a map: which cells each one covers, and what they hold.

A map is (height, width, channels); cells outside it count as padding. Indices of cells, windows and places within a
window are counted from 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.checks import is_whole
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.layers.base import Layer
from koubai.core.schema import Listed, Text, Whole

Pair: TypeAlias = tuple[int, int]
Padding: TypeAlias = str | Pair
"""``"valid"``, ``"same"``, or how many cells on either side, (vertical, horizontal)."""
VALID, SAME = "valid", "same"
MOST = 2**31
"""Largest size of anything here: beyond it, products of sizes would leave the whole numbers that kernels count with."""
SHAPE, SIZES = Listed(Whole(1, MOST), 3, 3), Listed(Whole(1, MOST), 2, 2)
"""What a file holds of a map's shape, and of a window's size or strides."""
CHUNK_BYTES = 32 << 20
"""Bytes of the copied windows of the rows that go through at once."""


class PaddingKind:
    """What a file holds of a padding: one of two names, or two numbers."""

    def read(self, value: object, where: str) -> object:
        """Return the name, or the list of numbers."""
        if isinstance(value, list):
            return Listed(Whole(0, MOST), 2, 2).read(value, where)
        return Text((VALID, SAME)).read(value, where)


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one size that move over a map by strides.

    Parameters
    ----------
    input_shape : (int, int, int)
        Height, width and channels of the map.
    size, strides : (int, int)
        Of a window, and between one and the next: vertical, horizontal.
    before, after : (int, int)
        Cells of padding above and below, and to the left and right: vertical, horizontal.

    Examples
    --------
    >>> windows = Windows((4, 4, 1), (3, 3), (1, 1), (0, 0), (0, 0))
    >>> windows.output_size
    (2, 2)
    >>> windows.patches(np.arange(16.0).reshape(1, 16))[0, 1, 1, :, :, 0]
    array([[ 5.,  6.,  7.],
           [ 9., 10., 11.],
           [13., 14., 15.]])
    """

    input_shape: tuple[int, int, int]
    size: Pair
    strides: Pair
    before: Pair
    after: Pair

    @property
    def output_size(self) -> Pair:
        """Number of windows, vertically and horizontally."""
        height, width = (self._count(axis) for axis in range(2))
        return height, width

    def _count(self, axis: int) -> int:
        whole = self.before[axis] + self.input_shape[axis] + self.after[axis]
        return (whole - self.size[axis]) // self.strides[axis] + 1

    def patches(self, z: Array, padding: float = 0.0) -> Array:
        """Return what the windows hold, (n, height, width of windows, height, width of a window, channels).

        It is a view of z (n, n_in) where there is no padding, which counts as ``padding``.
        """
        maps = z.reshape(len(z), *self.input_shape)
        if any(self.before + self.after):
            (top, left), (bottom, right) = self.before, self.after
            maps = np.pad(maps, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=padding)
        found = np.lib.stride_tricks.sliding_window_view(maps, self.size, axis=(1, 2))
        return found[:, :: self.strides[0], :: self.strides[1]].transpose(0, 1, 2, 4, 5, 3)

    def fold(self, patches: Array) -> Array:
        """Return z (n, n_in), each cell the sum of what the windows hold of it: the transpose of `patches`."""
        (height, width), (top, left) = self.output_size, self.before
        rows, columns, channels = self.input_shape
        padded = [self.before[axis] + self.input_shape[axis] + self.after[axis] for axis in range(2)]
        out = np.zeros((len(patches), *padded, channels), patches.dtype)
        (down, across), (high, wide) = self.strides, self.size
        for a in range(high):
            for b in range(wide):
                at = slice(a, a + down * (height - 1) + 1, down), slice(b, b + across * (width - 1) + 1, across)
                out[:, *at] += patches[:, :, :, a, b]
        return out[:, top : top + rows, left : left + columns].reshape(len(patches), -1)

    def chunks(self, n: int, itemsize: int) -> Iterator[slice]:
        """Yield the rows in turn, as many at a time as have copied windows of moderate size."""
        (height, width), (high, wide) = self.output_size, self.size
        at_once = max(1, CHUNK_BYTES // (height * width * high * wide * self.input_shape[2] * itemsize))
        for start in range(0, n, at_once):
            yield slice(start, min(start + at_once, n))

    def cell(self, row: int, column: int, a: int, b: int) -> Pair | None:
        """Return the cell of the map at place a, b of a window: its row and column; None outside the map."""
        down, across = row * self.strides[0] + a - self.before[0], column * self.strides[1] + b - self.before[1]
        return (down, across) if 0 <= down < self.input_shape[0] and 0 <= across < self.input_shape[1] else None

    def cells(self, row: int, column: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield the cells of the map in one window: place a, b within the window, and row and column of the map."""
        for a in range(self.size[0]):
            for b in range(self.size[1]):
                cell = self.cell(row, column, a, b)
                if cell is not None:
                    yield a, b, *cell

    def over(self, row: int, column: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield the windows that hold a cell: row and column of the window, and the cell's place a, b within it."""
        for y, a in self._over(0, row):
            for x, b in self._over(1, column):
                yield y, x, a, b

    def _over(self, axis: int, at: int) -> Iterator[tuple[int, int]]:
        at, stride, size = at + self.before[axis], self.strides[axis], self.size[axis]
        first = max(0, -((size - 1 - at) // stride))
        for window in range(first, min(at // stride, self._count(axis) - 1) + 1):
            yield window, at - window * stride

    # Notation for laws, where everything is counted from 1

    def names_of_cell(self) -> tuple[str, str]:
        """Return row and column of the cell at place a, b of the window at y, x: y + a - 1 with stride 1."""
        return self._cell(0, "y", "a"), self._cell(1, "x", "b")

    def _cell(self, axis: int, window: str, place: str) -> str:
        stride = self.strides[axis]
        return f"{_times(stride, window)}+{place}{_plus(-stride - self.before[axis])}"

    def names_of_place(self) -> tuple[str, str]:
        """Return the place of the cell at y, x in the window at i, j: y - i + 1 with stride 1."""
        return self._place(0, "y", "i"), self._place(1, "x", "j")

    def _place(self, axis: int, cell: str, window: str) -> str:
        stride = self.strides[axis]
        return f"{cell}-{_times(stride, window)}{_plus(stride + self.before[axis])}"


def _times(factor: int, name: str) -> str:
    return name if factor == 1 else f"{factor}{name}"


def _plus(number: int) -> str:
    return f"{number:+d}" if number else ""


def windows_of(layer: Any, parameter: str, strides: Pair) -> Windows:
    """Return the windows of a layer with ``input_shape`` and ``padding``, whose ``parameter`` is their size."""
    size, padding = getattr(layer, parameter), layer.padding
    if padding != SAME:
        around = (0, 0) if padding == VALID else padding
        return Windows(layer.input_shape, size, strides, around, around)
    before, after = [], []
    for n, k, s in zip(layer.input_shape[:2], size, strides, strict=True):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return Windows(layer.input_shape, size, strides, (before[0], before[1]), (after[0], after[1]))


def settle_shape(layer: Layer) -> None:
    """Check that a layer's ``input_shape`` is that of a map, and make it a tuple of Python integers."""
    shape = layer.input_shape
    if not _are_whole(shape, 3) or min(shape) < 1 or max(shape) > MOST:
        raise ParameterError(
            who=type(layer).__name__,
            parameter="input_shape",
            required="be three integers >= 1, (height, width, channels)",
            got=repr(shape),
            remedy="Try (28, 28, 1).",
        )
    object.__setattr__(layer, "input_shape", tuple(map(int, shape)))


def settle_windows(layer: Any, parameter: str) -> None:
    """Check the fields of a layer with windows; make their size, ``strides`` and a padding in numbers pairs.

    ``parameter`` is the name of the size.

    Raises
    ------
    ParameterError
        If a size, a stride or a padding is not allowed, or no window fits into the padded map.
    ParameterTypeError
        If the padding is neither a name nor a number.
    """
    settle_shape(layer)
    for name in (parameter, "strides"):
        value = getattr(layer, name)
        if name == "strides" and value is None:
            continue
        settled = _pair(value, 1)
        if settled is None:
            raise ParameterError(
                who=type(layer).__name__,
                parameter=name,
                required="be an integer >= 1 or a pair of them, (vertical, horizontal)",
                got=repr(value),
                remedy="Try 2.",
            )
        object.__setattr__(layer, name, settled)
    object.__setattr__(layer, "padding", _settled_padding(layer, parameter))
    _check_fit(layer, parameter)


def _settled_padding(layer: Any, parameter: str) -> Padding:
    """Return a layer's padding as a name or a pair."""
    who, value, size = type(layer).__name__, layer.padding, getattr(layer, parameter)
    if isinstance(value, str) and value in (VALID, SAME):
        return value
    required = f"be 'valid', 'same', or an integer >= 0 or a pair of them, below {parameter}"
    pair = _pair(value, 0)
    if pair is None and not isinstance(value, str) and not _are_whole(value, 2) and not is_whole(value):
        raise ParameterTypeError(
            who=who, parameter="padding", required=required, got=type(value).__name__, remedy="Try 'same'."
        )
    if pair is None or pair[0] >= size[0] or pair[1] >= size[1]:
        raise ParameterError(who=who, parameter="padding", required=required, got=repr(value), remedy="Try 'same'.")
    return pair


def _check_fit(layer: Any, parameter: str) -> None:
    """Raise a ParameterError unless a window fits into the padded map."""
    windows = windows_of(layer, parameter, (1, 1))
    around = zip(windows.before, windows.input_shape[:2], windows.after, strict=True)
    padded = tuple(map(sum, around))
    if windows.size[0] > padded[0] or windows.size[1] > padded[1]:
        raise ParameterError(
            who=type(layer).__name__,
            parameter=parameter,
            required=f"be at most the padded map's {padded[0]} × {padded[1]}",
            got=f"{windows.size[0]} × {windows.size[1]}",
            remedy="Take a smaller one, or padding='same'.",
        )


def _are_whole(value: object, n: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == n and all(map(is_whole, value))


def _pair(value: Any, least: int) -> Pair | None:
    """Return a whole number or two as a pair; None if it is something else, or below ``least``."""
    if is_whole(value):
        value = (value, value)
    if not _are_whole(value, 2) or not all(least <= each <= MOST for each in value):
        return None
    return int(value[0]), int(value[1])
