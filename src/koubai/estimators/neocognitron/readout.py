"""What says the class of an image from the top C-cells: softmax regression, or labelled winners as in the papers."""

import warnings
from typing import TypeAlias

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from koubai.core.arrays import Array
from koubai.estimators.classifier import MLPClassifier

SOFTMAX, WINNER = "softmax", "winner"
PIECE = 1024
"""Rows whose likeness to all cells is computed at a time."""


class Winner:
    """Cells of the highest stage, each with a class; the one whose pattern is most like the input says the class.

    They learn with labels (Fukushima 2003): for each image, the cell with the largest cosine wins. If its class is the
    image's, it learns from it as an S-cell does, else the image founds a new cell with its own class.

    Parameters
    ----------
    weights : ndarray of shape (n_cells, n_inputs)
        The sum of the patterns that each cell has learned.
    classes : ndarray of shape (n_cells,)
        The place of each cell's class among the classes.
    """

    def __init__(self, weights: Array, classes: Array) -> None:
        self.weights, self.classes = weights, classes
        self._directions = _unit(weights)

    @classmethod
    def learned(cls, rows: Array, codes: Array, order: Array) -> "Winner":
        """Return the cells that have learned from rows (n, n_inputs) of coded classes, shown in an order."""
        units = _unit(rows)
        sums, directions = np.zeros_like(units), np.zeros_like(units)
        classes = np.zeros(len(rows), np.int64)
        n_cells = 0
        for row in order:
            likeness = directions[:n_cells] @ units[row]
            cell = int(likeness.argmax()) if n_cells else n_cells
            if n_cells == 0 or classes[cell] != codes[row]:
                cell, n_cells = n_cells, n_cells + 1
                classes[cell] = codes[row]
            sums[cell] += units[row]
            directions[cell] = _unit(sums[cell])
        return cls(sums[:n_cells].copy(), classes[:n_cells].copy())

    @property
    def directions(self) -> Array:
        """Return the cells' patterns, each of length 1, (n_cells, n_inputs)."""
        return self._directions

    def predict(self, rows: Array) -> Array:
        """Return the place of each row's class among the classes."""
        pieces = [rows[start : start + PIECE] @ self._directions.T for start in range(0, len(rows), PIECE)]
        return np.concatenate([self.classes[likeness.argmax(axis=1)] for likeness in pieces])


Readout: TypeAlias = MLPClassifier | Winner


def _unit(rows: Array) -> Array:
    """Return rows of length 1; rows of zeros are left as they are."""
    length = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    found: Array = rows / np.where(length > 0, length, 1)
    return found


def learned_readout(
    kind: str, rows: Array, codes: Array, alpha: float, n_jobs: int | None, rng: np.random.RandomState
) -> Readout:
    """Return a readout of a kind that has learned from the top C-cells' answers and the coded classes."""
    if kind == WINNER:
        return Winner.learned(rows, codes, rng.permutation(len(rows)))
    model = MLPClassifier((), solver="lbfgs", alpha=alpha, max_iter=200, random_state=0, n_jobs=n_jobs)
    with warnings.catch_warnings():
        # Its loss is convex, and by then answers no longer change; "increase max_iter" names no parameter there is
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, codes)
