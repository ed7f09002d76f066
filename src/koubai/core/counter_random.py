"""A random source of counter-based numbers, for whatever takes a RandomState: any language draws the same.

The words are those of `koubai.core.randomness`, so a page in the browser and a program in Python start a network from
the same initial values, and make the same data, up to the rounding of logarithms and sines.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, Self, TypeAlias

import numpy as np

from koubai.core.arrays import Array
from koubai.core.randomness import derive_key, permutation, random_words, uniforms

INITIAL = 6
"""Stream of initial values, and of the seed of what follows them."""
DATA = 7
"""Stream of made data."""

Numbers: TypeAlias = Any
"""A number or an array, as NumPy's methods of the same names take and return them."""
Size: TypeAlias = int | np.integer | Sequence[int] | None
"""A shape; None for a single number."""


class CounterRandom(np.random.RandomState):
    """Counter-based numbers in the place of NumPy's: ``MLPClassifier(random_state=CounterRandom(0))``.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers, on every machine and in the page of ``koubai play``.
    *path : int
        The stream below the seed; `INITIAL` by default.

    Examples
    --------
    >>> CounterRandom(0).uniform(-1, 1, 3).round(6).tolist()
    [-0.167417, -0.100148, 0.437594]
    >>> CounterRandom(0).normal(0, 1, 2).shape
    (2,)
    """

    def __init__(self, seed: int = 0, *path: int) -> None:
        super().__init__(0)  # NumPy's own state, of which nothing is asked
        self.start, self.path = int(seed), path or (INITIAL,)
        self.key, self.drawn = derive_key(self.start, *self.path), 0

    def _first(self, n: int) -> int:
        """Return the number of the first of the next n words, which are then drawn."""
        self.drawn += n
        return self.drawn - n

    def uniform(self, low: Numbers = 0.0, high: Numbers = 1.0, size: Numbers = None) -> Numbers:
        """Return uniform numbers in [low, high)."""
        n = _count(size)
        return _shaped(low + (high - low) * uniforms(self.key, n, self._first(n)), size)

    def normal(self, loc: Numbers = 0.0, scale: Numbers = 1.0, size: Numbers = None) -> Numbers:
        """Return normal numbers, each from two words (Box and Muller 1958): √(-2 log(1 - v)) cos(2π w)."""
        n = _count(size)
        pairs = uniforms(self.key, 2 * n, self._first(2 * n)).reshape(-1, 2)
        found = np.sqrt(-2.0 * np.log(1.0 - pairs[:, 0])) * np.cos(2.0 * np.pi * pairs[:, 1])
        return _shaped(loc + scale * found, size)

    def randint(self, low: Numbers, high: Numbers = None, size: Numbers = None, dtype: Numbers = int) -> Numbers:
        """Return whole numbers in [low, high), or in [0, low) without high."""
        first, end = (0, low) if high is None else (low, high)
        n = _count(size)
        words = random_words(self.key, n, self._first(n)) >> np.uint64(32)
        found = first + ((words * np.uint64(end - first)) >> np.uint64(32)).astype(np.int64)
        return int(found[0]) if size is None else found.reshape(size).astype(dtype)

    def permutation(self, x: Numbers) -> Numbers:
        """Return 0 … x-1, or the rows of an array, in random order."""
        rows: Numbers = x if isinstance(x, int | np.integer) else np.asarray(x)
        n = int(rows) if isinstance(x, int | np.integer) else len(rows)
        order = permutation(derive_key(self.key, self._first(1)), n)
        return order if isinstance(x, int | np.integer) else rows[order]

    def __reduce__(self) -> tuple[Numbers, ...]:
        return type(self), (self.start, *self.path), {"drawn": self.drawn}

    def __setstate__(self, state: dict[str, int]) -> None:
        self.drawn = state["drawn"]

    def __deepcopy__(self, memo: object) -> Self:
        found = type(self)(self.start, *self.path)
        found.drawn = self.drawn
        return found

    def __repr__(self) -> str:
        return f"CounterRandom({', '.join(map(str, (self.start, *(self.path if self.path != (INITIAL,) else ()))))})"


def _count(size: Size) -> int:
    if size is None:
        return 1
    return int(size) if isinstance(size, int | np.integer) else prod(int(n) for n in size)


def _shaped(values: Array, size: Size) -> Numbers:
    return float(values[0]) if size is None else values.reshape(size)
