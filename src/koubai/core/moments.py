"""Mean and variance of numbers that come piece by piece, to the precision of two passes over all of them."""

import numpy as np

from koubai.core.activations import Array


class Moments:
    """Weighted count, mean and squared deviations of numbers that come in pieces.

    Each piece is reduced by two passes and merged with those before (Chan, Golub and LeVeque 1979, "Updating formulae
    and a pairwise algorithm for computing sample variances", equations 2.1): with δ = mean_b - mean_a,
    n = n_a + n_b, mean = mean_a + δ n_b / n and S = S_a + S_b + δ² n_a n_b / n.

    Examples
    --------
    >>> moments = Moments()
    >>> moments.add(np.array([1.0, 2.0]))
    >>> moments.add(np.array([6.0]))
    >>> float(moments.mean), float(moments.squares), moments.count
    (3.0, 14.0, 3.0)
    """

    def __init__(self) -> None:
        self.count = 0.0
        self.mean: Array = np.zeros(())
        self.squares: Array = np.zeros(())

    def add(self, values: Array, weights: Array | None = None) -> None:
        """Take in numbers (n,) or rows of numbers (n, m), and their weights (n,)."""
        w = np.ones(len(values)) if weights is None else weights
        count = float(w.sum(dtype=np.float64))
        if not count:
            return
        mean = np.average(values, axis=0, weights=weights)
        squares = (w.reshape(-1, *[1] * (values.ndim - 1)) * (values - mean) ** 2).sum(axis=0)
        if not self.count:
            self.count, self.mean, self.squares = count, np.asarray(mean), np.asarray(squares)
            return
        apart = mean - self.mean
        total = self.count + count
        self.mean = self.mean + apart * (count / total)
        self.squares = self.squares + squares + apart**2 * (self.count * count / total)
        self.count = total

    @property
    def variance(self) -> Array:
        """Squared deviations over the count."""
        return self.squares / self.count
