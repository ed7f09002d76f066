"""The perceptron, one example at a time: inference, loss and the learning rule (lecture slides 13-25).

The functions are the slides' equations and nothing else. They compute in whatever numbers they are given: arrays of
``fractions.Fraction`` stay exact. A bias is the weight of a feature that is always 1 (see `with_bias`).
Source: Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ShapeError


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What the learning rule did with one example.

    Parameters
    ----------
    sweep : int
        The pass over the data, from 0.
    row : int
        The row of the data that was drawn, from 0.
    x : (n_features,)
        Its features.
    y : int
        Its label, +1 or -1.
    weights_before, weights : (n_features,)
        w when it was drawn, and w after it.
    score : number
        f(x) = wᵀx with the weights before.
    prediction : int
        +1 if f(x) > 0, else -1.
    right : bool
        Whether the prediction is the label. If so, the weights did not change.
    """

    sweep: int
    row: int
    x: Array
    y: int
    weights_before: Array
    score: Any
    prediction: int
    right: bool
    weights: Array


def score(weights: Array, x: Array) -> Any:
    """Return f(x) = wᵀx of one example (n_features,), or of each row of (n, n_features)."""
    return x @ weights


def predict(weights: Array, x: Array) -> Any:
    """Return +1 where f(x) > 0, else -1; f(x) = 0 gives -1 (slide 18).

    Examples
    --------
    >>> int(predict(np.array([1.0, -1.0]), np.array([3.0, 2.0])))
    1
    >>> int(predict(np.array([1.0, -1.0]), np.array([2.0, 2.0])))
    -1
    """
    return np.where(score(weights, x) > 0, 1, -1)


def loss(weights: Array, x: Array, y: Array) -> Any:
    """Return L(D) = Σ_i max(0, -y_i wᵀx_i) over the rows of x (n, n_features); a right example costs nothing."""
    return np.maximum(0 * y, -y * score(weights, x)).sum()


def update(weights: Array, x: Array, y: int, learning_rate: Any = 1) -> Array:
    """Return w + η y x, the weights after a wrong prediction for the example (x, y) (slide 18)."""
    return weights + learning_rate * y * x


def with_bias(x: Array) -> Array:
    """Return the rows of x (n, n_features) with a first feature that is always 1: its weight is the bias w_0."""
    return np.column_stack([np.ones(x.shape[0], dtype=x.dtype), x])


def learn(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    learning_rate: Any = 1,
    start: npt.ArrayLike | None = None,
    order: Sequence[int] | None = None,
    n_sweeps: int = 1,
) -> tuple[Example, ...]:
    """Run the learning rule and return what happened at each example.

    Each row is drawn in turn and predicted; where the prediction differs from the label, w ← w + η y x (slide 18).

    Parameters
    ----------
    X : (n, n_features)
        Features. Arrays of Python objects (fractions) keep their numbers; all else becomes float64.
    y : (n,)
        Labels, +1 or -1.
    learning_rate : number
        η > 0, dimensionless.
    start : (n_features,), optional
        The weights at the start; zeros if left out.
    order : sequence of int, optional
        The rows in the order in which one sweep draws them, some perhaps never or twice; all in turn if left out.
    n_sweeps : int
        How often the order is gone through, >= 1.

    Returns
    -------
    examples : tuple of Example
        One record a drawn row; ``examples[-1].weights`` are the learned weights.

    Raises
    ------
    ShapeError
        If X is not a table, or y or start does not fit it.
    DataError
        If there is no row, or a label is neither +1 nor -1.
    ParameterError
        If η or ``n_sweeps`` is not positive, or ``order`` names a row that does not exist.

    Examples
    --------
    >>> steps = learn([[1, 0], [0, 1]], [1, -1])
    >>> [step.right for step in steps], steps[-1].weights
    ([False, True], array([1., 0.]))
    """
    rows, labels = _examples(X, y)
    weights = _start(start, rows)
    if not learning_rate > 0:
        raise ParameterError(f"learn: learning_rate must be > 0; got {learning_rate}. Try 1.")
    if n_sweeps < 1:
        raise ParameterError(f"learn: n_sweeps must be >= 1; got {n_sweeps!r}. Try 1.")
    drawn = range(len(rows)) if order is None else [int(row) for row in order]
    outside = [row for row in drawn if not 0 <= row < len(rows)]
    if outside or not len(drawn):
        raise ParameterError(
            f"learn: order must name rows from 0 to {len(rows) - 1}; got {outside[0] if outside else 'none'}. "
            f"Leave it out to take all rows in turn."
        )
    steps: list[Example] = []
    for sweep in range(n_sweeps):
        for row in drawn:
            steps.append(_step(sweep, row, rows[row], labels[row], weights, learning_rate))
            weights = steps[-1].weights
    return tuple(steps)


def _step(sweep: int, row: int, x: Array, y: int, weights: Array, learning_rate: Any) -> Example:
    """Return the record of one example drawn."""
    prediction = int(predict(weights, x))
    right = prediction == y
    after = weights if right else _frozen(update(weights, x, y, learning_rate))
    return Example(sweep, row, x, y, weights, score(weights, x), prediction, right, after)


def _examples(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, list[int]]:
    """Return the rows, in float64 or as they are if exact, and the labels."""
    rows = np.array(X)
    if rows.dtype != object:
        rows = rows.astype(np.float64)
    if rows.ndim != 2:
        raise ShapeError(f"learn: X must have shape (n_rows, n_features); got {rows.shape}. Put one example in a row.")
    if not len(rows):
        raise DataError("learn: X must have at least one row; got none. Give the examples to learn from.")
    labels = np.asarray(y)
    if labels.shape != (len(rows),):
        raise ShapeError(
            f"learn: y must have shape (n_rows,) = ({len(rows)},); got {labels.shape}. Give one label for each row."
        )
    for label in labels:
        if label not in (1, -1):
            raise DataError(f"learn: y must hold +1 and -1 only; got {label!r}. Code one class as +1, the other as -1.")
    return _frozen(rows), [int(label) for label in labels]


def _start(start: npt.ArrayLike | None, rows: Array) -> Array:
    """Return the weights at the start, of the same kind of numbers as the rows."""
    if start is None:
        return _frozen(0 * rows[0])
    weights = np.array(start)
    weights = weights if rows.dtype == object else weights.astype(np.float64)
    if weights.shape != rows.shape[1:]:
        raise ShapeError(
            f"learn: start must have shape (n_features,) = {rows.shape[1:]}; got {weights.shape}. "
            f"Give one weight for each feature."
        )
    return _frozen(weights)


def _frozen(array: Array) -> Array:
    """Make an array that belongs to a record read-only."""
    array.flags.writeable = False
    return array
