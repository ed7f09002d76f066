"""Mean and standard deviation of numbers that arrive in pieces, in any order and any shares: without rounding.

Sums are kept as integers, so those of shares of a table, added up, are those of the whole table, to the last bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt, ldexp

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array

AT_ONCE = 2**14
"""Numbers in one step: sums of products of `LIMB` bits stay below 2⁵³, which float64 holds exactly."""
LIMB = 18
LOWEST = 1074 + 53
"""Every float64 is a whole multiple of 2⁻¹¹²⁷."""


@dataclass(slots=True)
class ExactMoments:
    """Count, mean and standard deviation of finite numbers, as if computed without rounding.

    Attributes
    ----------
    count : int
        How many numbers there are.
    total, squares : int
        Σ x in units of 2⁻¹¹²⁷, and Σ x² in units of its square.

    Examples
    --------
    >>> one, other = ExactMoments(), ExactMoments()
    >>> one.add(np.array([1e16, 1.0]))
    >>> other.add(np.array([-1e16]))
    >>> one.merge(other)
    >>> one.mean * 3
    1.0
    """

    count: int = 0
    total: int = 0
    squares: int = 0

    def add(self, values: Array) -> None:
        """Add finite numbers, (n,)."""
        self.count += len(values)
        for limbs, bins, lowest in _pieces(values):
            for at, high in enumerate(limbs):
                self.total += _sum(high, bins, lowest + LIMB * at)
                for place, low in enumerate(limbs):
                    self.squares += _sum(high * low, 2 * bins, 2 * lowest + LIMB * (at + place))

    def merge(self, other: "ExactMoments") -> None:
        """Add the numbers of another."""
        self.count += other.count
        self.total += other.total
        self.squares += other.squares

    @property
    def mean(self) -> float:
        """The mean, rounded once; 0 without numbers."""
        return self.total / (self.count << LOWEST) if self.count else 0.0

    @property
    def deviation(self) -> float:
        """The root of the mean squared deviation from the mean; 0 without numbers."""
        if not self.count:
            return 0.0
        apart = self.count * self.squares - self.total * self.total  # n² times the variance
        shift = (130 - apart.bit_length()) // 2 * 2
        root = isqrt(apart << shift if shift >= 0 else apart >> -shift) if apart else 0  # some 64 bits
        return ldexp(root / self.count, -LOWEST - shift // 2)


def exact_sum(values: Array) -> int:
    """Return Σ x of finite numbers, (n,), in units of 2⁻¹¹²⁷.

    Examples
    --------
    >>> exact_sum(np.array([1e16, 1.0, -1e16])) / exact_sum(np.array([4.0]))
    0.25
    """
    return sum(
        _sum(limb, bins, lowest + LIMB * at) for limbs, bins, lowest in _pieces(values) for at, limb in enumerate(limbs)
    )


def _pieces(values: Array) -> Iterator[tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.int64], int]]:
    """Yield limbs of numbers, some at a time, with their exponents above the lowest of them, and that one."""
    for start in range(0, len(values), AT_ONCE):
        fractions, exponents = np.frexp(np.asarray(values[start : start + AT_ONCE], np.float64))
        limbs = _limbs(np.ldexp(fractions, 53).astype(np.int64))
        exponents = exponents - 53 + LOWEST
        lowest = int(exponents.min())
        yield limbs, exponents - lowest, lowest


def _limbs(whole: npt.NDArray[np.int64]) -> list[npt.NDArray[np.float64]]:
    """Return three limbs of whole numbers below 2⁵⁴, the lowest first, all of the number's sign."""
    signs, left = np.sign(whole), np.abs(whole)
    found = []
    for _ in range(3):
        found.append((signs * (left & (2**LIMB - 1))).astype(np.float64))
        left >>= LIMB
    return found


def _sum(limbs: npt.NDArray[np.float64], bins: npt.NDArray[np.int64], lowest: int) -> int:
    """Return Σ limb · 2^(bin + lowest)."""
    sums = np.bincount(bins, weights=limbs)
    return sum(int(sums[at]) << (int(at) + lowest) for at in np.flatnonzero(sums))
