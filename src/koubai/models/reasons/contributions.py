"""Additive contributions of a row's columns to an answer: Shapley values.

With v(S) the mean answer over the background rows b with the columns in S taken from the row x and the others from b,

    φ_j = Σ_S |S|! (d - |S| - 1)! / d! · (v(S ∪ {j}) - v(S)),

over all sets S of columns without j. The φ_j add up to the answer for x less the mean answer over the background
(Shapley 1953; Štrumbelj and Kononenko 2014, "Explaining prediction models and individual predictions with feature
contributions"; Lundberg and Lee 2017). Of few columns all sets are computed, so that the values are exact; of many,
permutations of the columns are drawn, each with its reverse, and the standard error is stated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np

from koubai.core.arrays import Array

MOST_COLUMNS = 12
"""With more columns, not all sets of columns are computed, whatever the budget."""
LEAST_BACKGROUND = 8
"""With fewer background rows than this for all sets of columns, permutations are drawn instead."""
LEAST_PAIRS = 8
"""Pairs of permutations that are drawn at least, to know the error."""

Answer = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each column contributes to an answer.

    Parameters
    ----------
    values : array of shape (n_columns,)
        φ_j, in units of the answer.
    errors : array of shape (n_columns,)
        Their standard errors; 0 where they are exact.
    base, answer : float
        The mean answer over the background rows, and that for the row: base + Σ φ_j, but for the errors.
    n_background : int
        Number of background rows.
    """

    values: Array
    errors: Array
    base: float
    answer: float
    n_background: int

    @property
    def is_exact(self) -> bool:
        """Whether all sets of columns were computed, or the answer is a sum over columns."""
        return not self.errors.any()


def contributions(
    answer: Answer,
    row: Array,
    background: Array,
    blocks: Sequence[Array],
    *,
    additive: bool = False,
    budget: int = 20_000,
    seed: int = 0,
) -> Contributions:
    """Return the contributions of columns to the answer for a row.

    Parameters
    ----------
    answer : callable
        The answers for rows of features, (n_rows, n_features) to (n_rows,).
    row : array of shape (n_features,)
        The row.
    background : array of shape (n_background, n_features)
        Rows that say what would be usual.
    blocks : sequence of array of int
        The features that each column gives.
    additive : bool
        Whether the answer is known to be a sum of functions of one column each.
    budget : int
        Approximate number of rows to answer for.
    seed : int
        Seed of the permutations.

    Examples
    --------
    >>> rows = np.array([[0.0, 0.0], [2.0, 0.0]])
    >>> contributions(lambda X: X[:, 0] * (1 + X[:, 1]), np.array([2.0, 1.0]), rows, [[0], [1]]).values
    array([1.5, 1.5])
    """
    if additive:
        return _of_sum(answer, row, background, blocks)
    n_columns = len(blocks)
    fit = budget >> n_columns if n_columns <= MOST_COLUMNS else 0
    if fit >= min(LEAST_BACKGROUND, len(background)):
        return _of_all_sets(answer, row, background[: max(1, fit)], blocks)
    return _of_permutations(answer, row, background, blocks, budget, np.random.default_rng(seed))


def _of_sum(answer: Answer, row: Array, background: Array, blocks: Sequence[Array]) -> Contributions:
    """Return the contributions to a sum of functions of one column each: the change as one column alone changes."""
    mixed = np.repeat(background[np.newaxis], len(blocks) + 1, axis=0)
    for k, block in enumerate(blocks):
        mixed[k + 1][:, block] = row[block]
    means = answer(mixed.reshape(-1, len(row))).reshape(len(blocks) + 1, -1).mean(axis=1)
    found = float(answer(row[np.newaxis])[0])
    return Contributions(means[1:] - means[0], np.zeros(len(blocks)), float(means[0]), found, len(background))


def _of_all_sets(answer: Answer, row: Array, background: Array, blocks: Sequence[Array]) -> Contributions:
    n, n_rows = len(blocks), len(background)
    sets = (np.arange(2**n)[:, np.newaxis] >> np.arange(n)) & 1 == 1
    values = np.empty(2**n)
    at_once = max(1, 8192 // n_rows)
    for first in range(0, 2**n, at_once):
        chosen = sets[first : first + at_once]
        mixed = np.repeat(background[np.newaxis], len(chosen), axis=0)
        for k, block in enumerate(blocks):
            for feature in block:
                mixed[chosen[:, k], :, feature] = row[feature]
        values[first : first + len(chosen)] = answer(mixed.reshape(-1, len(row))).reshape(len(chosen), -1).mean(axis=1)
    sizes = sets.sum(axis=1)
    weights = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) if s < n else 0.0 for s in range(n + 1)])
    found = np.empty(n)
    for k in range(n):
        without = np.flatnonzero(~sets[:, k])
        found[k] = (weights[sizes[without]] * (values[without | (1 << k)] - values[without])).sum()
    return Contributions(found, np.zeros(n), float(values[0]), float(values[-1]), n_rows)


def _of_permutations(
    answer: Answer, row: Array, background: Array, blocks: Sequence[Array], budget: int, rng: np.random.Generator
) -> Contributions:
    """Return estimates: each pair of a permutation and its reverse starts from one background row."""
    n = len(blocks)
    n_pairs = max(LEAST_PAIRS, budget // (2 * (n + 1)))
    order = np.concatenate([rng.permutation(len(background)) for _ in range(n_pairs // len(background) + 1)])[:n_pairs]
    found = np.empty((n_pairs, n))
    at_once = max(1, 8192 // (2 * (n + 1)))
    starts = np.empty(n_pairs)
    for first in range(0, n_pairs, at_once):
        pairs = range(first, min(first + at_once, n_pairs))
        orders, walks = [], []
        for pair in pairs:
            forward = rng.permutation(n)
            for one in (forward, forward[::-1]):
                walk = np.repeat(background[order[pair]][np.newaxis], n + 1, axis=0)
                for step, k in enumerate(one, start=1):
                    walk[step:, blocks[k]] = row[blocks[k]]
                walks.append(walk)
                orders.append(one)
        answers = answer(np.concatenate(walks)).reshape(len(walks), n + 1)
        steps = np.empty((len(walks), n))
        np.put_along_axis(steps, np.array(orders), np.diff(answers, axis=1), axis=1)
        found[first : first + len(pairs)] = steps.reshape(len(pairs), 2, n).mean(axis=1)
        starts[first : first + len(pairs)] = answers[::2, 0]
    errors = found.std(axis=0, ddof=1) / np.sqrt(n_pairs)
    base = float(answer(background).mean())
    return Contributions(found.mean(axis=0), errors, base, float(answer(row[np.newaxis])[0]), len(background))
