"""How well probabilities rank rows, by two measures of `sklearn.metrics`, which takes longer to load than they do."""

import numpy as np

from koubai.core.arrays import Array


def roc_area(truth: Array, scores: Array) -> float:
    """Return the area under the ROC curve: the share of pairs of a true and a false row that the scores put in order.

    A pair of equal scores counts half (Mann and Whitney 1947).

    Parameters
    ----------
    truth : array of bool of shape (n_rows,)
        True and false rows, at least one of each.
    scores : array of shape (n_rows,)
        Higher for rows that are more likely true.

    Examples
    --------
    >>> roc_area(np.array([False, True, True]), np.array([0.3, 0.3, 0.8]))
    0.75
    """
    true, false = _counts(truth, scores)
    below = np.concatenate([[0], np.cumsum(false)[:-1]])
    return float((true * (below + false / 2)).sum() / (true.sum() * false.sum()))


def average_precision(truth: Array, scores: Array) -> float:
    """Return the mean of the precision over the true rows, each at the threshold that just admits it.

    Parameters
    ----------
    truth, scores
        As for `roc_area`.

    Examples
    --------
    >>> average_precision(np.array([False, True, True]), np.array([0.3, 0.2, 0.8])).__round__(3)
    0.833
    """
    true, false = (counts[::-1] for counts in _counts(truth, scores))
    precision = np.cumsum(true) / np.cumsum(true + false)
    return float((true * precision).sum() / true.sum())


def _counts(truth: Array, scores: Array) -> tuple[Array, Array]:
    """Return how many true and false rows have each of the different scores, in rising order."""
    different, places = np.unique(scores, return_inverse=True)
    true = np.bincount(places[truth], minlength=len(different))
    return true.astype(np.float64), np.bincount(places[~truth], minlength=len(different)).astype(np.float64)
