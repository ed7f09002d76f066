"""Mean and squares of numbers that arrive in pieces, with two-pass precision and whatever their magnitude."""

import numpy as np

from koubai.core.arrays import Array


class Squares:
    """Sum of squares of numbers that arrive in pieces and may be too large or too small to square.

    The sum is kept in units of a power of two near the largest number so far, so that scaling causes no rounding.

    Examples
    --------
    >>> squares = Squares()
    >>> squares.add(np.array([3e200]))
    >>> squares.add(np.array([4e200]))
    >>> float(squares.root_mean(1)) / 1e200
    5.0
    """

    def __init__(self) -> None:
        self.unit: Array = np.zeros(())
        self.in_units: Array = np.zeros(())

    def add(self, values: Array, weights: Array | None = None) -> None:
        """Add numbers (n,) or rows of numbers (n, m), and their weights (n,)."""
        largest = np.abs(values).max(axis=0, initial=0.0)
        _, exponent = np.frexp(largest)
        unit = np.maximum(self.unit, np.where(largest > 0, np.ldexp(1.0, exponent - 1), 0.0))
        divisor = np.where(unit > 0, unit, 1.0)
        squares = (values / divisor) ** 2
        if weights is not None:
            squares *= weights.reshape(-1, *[1] * (values.ndim - 1))
        self.in_units = self.in_units * (self.unit / divisor) ** 2 + squares.sum(axis=0)
        self.unit = unit

    def merge(self, unit: Array, in_units: Array) -> None:
        """Add another sum, given in units of a power of two."""
        larger = np.maximum(self.unit, unit)
        divisor = np.where(larger > 0, larger, 1.0)
        self.in_units = self.in_units * (self.unit / divisor) ** 2 + in_units * (unit / divisor) ** 2
        self.unit = larger

    @property
    def total(self) -> Array:
        """The sum, infinite or zero if beyond the range of float64."""
        with np.errstate(over="ignore"):
            total: Array = self.in_units * self.unit * self.unit
        return total

    def root_mean(self, count: float) -> Array:
        """Return the root of the sum over a count."""
        root: Array = self.unit * np.sqrt(self.in_units / count)
        return root


def root_mean_square(values: Array) -> float:
    """Return the root of the mean of the squares of numbers (n,), which may be too large or too small to square.

    Examples
    --------
    >>> root_mean_square(np.array([1e300, 7e300])) / 1e300
    5.0
    """
    squares = Squares()
    squares.add(values)
    return float(squares.root_mean(len(values)))


class Moments:
    """Weighted count, mean and squared deviations of numbers that arrive in pieces.

    Each piece is reduced by two passes and merged with the previous ones (Chan, Golub and LeVeque 1979, "Updating
    formulae and a pairwise algorithm for computing sample variances", equations 2.1): with δ = mean_b - mean_a, n = n_a
    + n_b, mean = mean_a + δ n_b / n and S = S_a + S_b + δ² n_a n_b / n.

    Examples
    --------
    >>> moments = Moments()
    >>> moments.add(np.array([1.0, 2.0]))
    >>> moments.add(np.array([6.0]))
    >>> float(moments.mean), round(float(moments.squares), 9), moments.count
    (3.0, 14.0, 3.0)
    """

    def __init__(self) -> None:
        self.count = 0.0
        self.mean: Array = np.zeros(())
        self._deviations = Squares()

    def add(self, values: Array, weights: Array | None = None) -> None:
        """Add numbers (n,) or rows of numbers (n, m), and their weights (n,)."""
        count = float(len(values) if weights is None else weights.sum(dtype=np.float64))
        if not count:
            return
        mean = np.asarray(np.average(values, axis=0, weights=weights))
        self._deviations.add(values - mean, weights)
        self._join(count, mean)

    def numbers(self) -> list[Array]:
        """Return what `merge` takes: count, mean, and the squared deviations as a unit and their sum in units."""
        return [np.asarray(self.count), self.mean, self._deviations.unit, self._deviations.in_units]

    def merge(self, count: Array, mean: Array, unit: Array, in_units: Array) -> None:
        """Add the numbers of another, by what its `numbers` returned."""
        if count:
            self._deviations.merge(unit, in_units)
            self._join(float(count), mean)

    def _join(self, count: float, mean: Array) -> None:
        """Take in the mean of so many numbers, whose squared deviations from it are already added."""
        total = self.count + count
        if self.count:
            apart = mean - self.mean
            self._deviations.add((apart * np.sqrt(self.count * (count / total)))[np.newaxis])
            mean = self.mean + apart * (count / total)
        self.mean, self.count = mean, total

    @property
    def squares(self) -> Array:
        """Sum of the squared deviations from the mean, infinite if beyond the range of float64."""
        return self._deviations.total

    @property
    def deviation(self) -> Array:
        """Standard deviation: the root of the mean squared deviation."""
        return self._deviations.root_mean(self.count)
