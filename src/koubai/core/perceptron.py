"""The perceptron, one example at a time: inference, loss and the learning rule (lecture slides 13-25).

The functions are exactly the slides' equations. They compute in the number type they are given: arrays of
``fractions.Fraction`` stay exact. A bias is the weight of a constant feature 1 (see `with_bias`). Source: Rosenblatt
1958, "The perceptron: a probabilistic model for information storage and organization in the brain".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.formulas.values import Value
from koubai.core.language import term

Score: TypeAlias = Any
"""A number of one example, a float or a fraction, or of each row (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One step of the learning rule.

    Parameters
    ----------
    sweep : int
        The pass over the data, from 0.
    row : int
        The row drawn, from 0.
    x : (n_features,)
        Its features.
    y : int
        Its label, +1 or -1.
    weights_before, weights : (n_features,)
        w before and after the step.
    score : number
        f(x) = wᵀx with the weights before the step.
    prediction : int
        +1 if f(x) > 0, else -1.
    right : bool
        Whether the prediction equals the label. If so, the weights are unchanged.
    """

    sweep: int
    row: int
    x: Array
    y: int
    weights_before: Array
    score: Score
    prediction: int
    right: bool
    weights: Array


def score(weights: Array, x: Array) -> Score:
    """Return f(x) = wᵀx of one example (n_features,), or of each row of (n, n_features)."""
    return x @ weights


def predict(weights: Array, x: Array) -> Score:
    """Return +1 where f(x) > 0, else -1; f(x) = 0 gives -1 (slide 18).

    Examples
    --------
    >>> int(predict(np.array([1.0, -1.0]), np.array([3.0, 2.0])))
    1
    >>> int(predict(np.array([1.0, -1.0]), np.array([2.0, 2.0])))
    -1
    """
    return np.where(score(weights, x) > 0, 1, -1)


def loss(weights: Array, x: Array, y: Array) -> Score:
    """Return L(D) = Σ_i max(0, -y_i wᵀx_i) over the rows of x (n, n_features); correct examples cost nothing."""
    return np.maximum(0 * y, -y * score(weights, x)).sum()


def update(weights: Array, x: Array, y: int, learning_rate: Value = 1) -> Array:
    """Return w + η y x, the weights after a wrong prediction for the example (x, y) (slide 18)."""
    return weights + learning_rate * y * x


def with_bias(x: Array) -> Array:
    """Return the rows of x (n, n_features) preceded by a constant feature 1, whose weight is the bias w_0."""
    return np.column_stack([np.ones(x.shape[0], dtype=x.dtype), x])


def learn(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    learning_rate: Value = 1,
    start: npt.ArrayLike | None = None,
    order: Sequence[int] | None = None,
    n_sweeps: int = 1,
) -> tuple[Example, ...]:
    """Run the learning rule and return a record of each step.

    Each row is drawn in turn and predicted; where the prediction differs from the label, w ← w + η y x (slide 18).

    Parameters
    ----------
    X : (n, n_features)
        Features. Arrays of Python objects (fractions) are kept; everything else is converted to float64.
    y : (n,)
        Labels, +1 or -1.
    learning_rate : number
        η > 0, dimensionless.
    start : (n_features,), optional
        The initial weights; zeros by default.
    order : sequence of int, optional
        The rows drawn in one sweep, in order, possibly with omissions or repeats; by default, all in turn.
    n_sweeps : int
        Number of sweeps, >= 1.

    Returns
    -------
    examples : tuple of Example
        One record per drawn row; ``examples[-1].weights`` are the learned weights.

    Raises
    ------
    ShapeError
        If X is not a table, or y or start does not match it.
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
        raise ParameterError(
            who="learn", parameter="learning_rate", required="be > 0", got=str(learning_rate), remedy="Try 1."
        )
    if n_sweeps < 1:
        raise ParameterError(who="learn", parameter="n_sweeps", required="be >= 1", got=repr(n_sweeps), remedy="Try 1.")
    drawn = _drawn(order, len(rows))
    steps: list[Example] = []
    for sweep in range(n_sweeps):
        for row in drawn:
            steps.append(_step(sweep, row, rows[row], labels[row], weights, learning_rate))
            weights = steps[-1].weights
    return tuple(steps)


def _drawn(order: Sequence[int] | None, n_rows: int) -> Sequence[int]:
    """Return the rows of one sweep in their order; raise ParameterError if one does not exist, or there is none."""
    drawn = range(n_rows) if order is None else [int(row) for row in order]
    outside = [row for row in drawn if not 0 <= row < n_rows]
    if outside or not len(drawn):
        raise ParameterError(
            who="learn",
            parameter="order",
            required=f"name rows from 0 to {n_rows - 1}",
            got=str(outside[0] if outside else "none"),
            remedy="Leave it out to take all rows in turn.",
        )
    return drawn


def _step(sweep: int, row: int, x: Array, y: int, weights: Array, learning_rate: Value) -> Example:
    """Return the record of one step."""
    prediction = int(predict(weights, x))
    right = prediction == y
    after = weights if right else _frozen(update(weights, x, y, learning_rate))
    return Example(sweep, row, x, y, weights, score(weights, x), prediction, right, after)


def _examples(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, list[int]]:
    """Return the rows, in float64, or unchanged if exact, and the labels."""
    rows = np.array(X)
    if rows.dtype != object:
        rows = rows.astype(np.float64)
    if rows.ndim != 2:
        raise ShapeError(
            who="learn",
            parameter="X",
            required="have shape (n_rows, n_features)",
            got=str(rows.shape),
            remedy="Put one example in a row.",
        )
    if not len(rows):
        raise DataError(
            who="learn",
            parameter="X",
            required="have at least one row",
            got=term("none"),
            remedy="Give the examples to learn from.",
        )
    labels = np.asarray(y)
    if labels.shape != (len(rows),):
        raise ShapeError(
            who="learn",
            parameter="y",
            required=f"have shape (n_rows,) = ({len(rows)},)",
            got=str(labels.shape),
            remedy="Give one label for each row.",
        )
    for label in labels:
        if label not in (1, -1):
            raise DataError(
                who="learn",
                parameter="y",
                required="hold +1 and -1 only",
                got=repr(label),
                remedy="Code one class as +1, the other as -1.",
            )
    return _frozen(rows), [int(label) for label in labels]


def _start(start: npt.ArrayLike | None, rows: Array) -> Array:
    """Return the initial weights, of the same number type as the rows."""
    if start is None:
        return _frozen(0 * rows[0])
    weights = np.array(start)
    weights = weights if rows.dtype == object else weights.astype(np.float64)
    if weights.shape != rows.shape[1:]:
        raise ShapeError(
            who="learn",
            parameter="start",
            required=f"have shape (n_features,) = {rows.shape[1:]}",
            got=str(weights.shape),
            remedy="Give one weight for each feature.",
        )
    return _frozen(weights)


def _frozen(array: Array) -> Array:
    """Make a record's array read-only."""
    array.flags.writeable = False
    return array
