"""What would have to change in a row for another answer, among values that the training table holds."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.models.reasons.record import Change, shown

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.reasons.usual import Usual

VALUES = 24
"""So many values of each column are tried; of pairs of columns, half as many of each."""
MOST_CHANGES = 4
"""Number of changes that are named."""
PAIRED = 4
"""Number of columns among which pairs are tried: those whose own change alters the answer most."""


def changes_of(
    usual: "Usual", frame: "pl.DataFrame", row: Array, answer: str | float, place: int | None
) -> Iterator[Change]:
    """Yield changes of one column or, where none is enough, of two, that lead to another class.

    For numbers, those are yielded that raise and lower the answer most.

    Parameters
    ----------
    usual : Usual
        The training rows.
    frame, row
        The row as a table and as features.
    answer, place
        The answer, and for a class its place among the classes.
    """
    texts = usual.model.preparation_.texts  # of which another whole text says little
    tried = {k: _values(usual, k, row) for k in range(len(usual.blocks)) if k not in texts}
    if place is None:
        yield from _of_numbers(usual, frame, row, float(answer), tried)
        return
    found, moved = [], {}
    for k, values in tried.items():
        if not len(values):
            continue
        mixed = _mixed(row, usual, {k: values})
        predicted, probabilities = usual.model.outputs(mixed.astype(usual.model.dtype))
        other = np.flatnonzero(predicted != answer)
        if probabilities is not None:
            moved[k] = float(probabilities[:, place].min())
        if len(other):  # the values are in order of their distance
            best = int(other[0])
            found.append(
                (
                    _distance(usual, row, k, int(values[best])),
                    _change(usual, frame, {k: int(values[best])}, predicted[best]),
                )
            )
    if not found:
        pairs = combinations(sorted(moved, key=moved.__getitem__)[:PAIRED], 2)
        found = [change for pair in pairs for change in _of_pair(usual, frame, row, answer, tried, pair)]
    for _, change in sorted(found, key=lambda each: each[0])[:MOST_CHANGES]:
        yield change


def _values(usual: "Usual", k: int, row: Array) -> Array:
    """Return rows of the training table whose values of a column differ, nearest to the row's first."""
    column = usual.frame[usual.names[k]]
    _, first = np.unique(usual.features[:, usual.blocks[k]], axis=0, return_index=True)
    apart = np.array([_distance(usual, row, k, int(place)) for place in first])
    order = np.argsort(apart, kind="stable")
    order = order[apart[order] > 0]
    if len(order) > VALUES:
        order = order[np.unique(np.linspace(0, len(order) - 1, VALUES).astype(int))]
    there = [place for place in first[order] if column[int(place)] is not None]
    return np.array(there, np.int64)


def _distance(usual: "Usual", row: Array, k: int, place: int) -> float:
    block = usual.blocks[k]
    return float(np.sqrt(((usual.features[place, block] - row[block]) ** 2).mean()))


def _mixed(row: Array, usual: "Usual", values: dict[int, Array]) -> Array:
    """Return copies of a row with columns taken from training rows."""
    n = len(next(iter(values.values())))
    mixed = np.repeat(row[np.newaxis], n, axis=0)
    for k, places in values.items():
        mixed[:, usual.blocks[k]] = usual.features[places][:, usual.blocks[k]]
    return mixed


def _change(usual: "Usual", frame: "pl.DataFrame", places: dict[int, int], answer: str | float) -> Change:
    steps = tuple(
        (usual.names[k], shown(frame[usual.names[k]][0]), shown(usual.frame[usual.names[k]][place]))
        for k, place in places.items()
    )
    return Change(steps, f"{answer:.6g}" if isinstance(answer, float) else str(answer))


def _of_pair(
    usual: "Usual",
    frame: "pl.DataFrame",
    row: Array,
    answer: str | float,
    tried: dict[int, Array],
    pair: tuple[int, int],
) -> list[tuple[float, Change]]:
    """Return the nearest change of two columns that leads to another class, with its distance; or nothing."""
    one, other = pair
    a, b = (array.ravel() for array in np.meshgrid(tried[one][::2], tried[other][::2], indexing="ij"))
    predicted, _ = usual.model.outputs(_mixed(row, usual, {one: a, other: b}).astype(usual.model.dtype))
    changed = np.flatnonzero(predicted != answer)
    if not len(changed):
        return []
    apart = [_distance(usual, row, one, int(a[i])) + _distance(usual, row, other, int(b[i])) for i in changed]
    best = int(changed[int(np.argmin(apart))])
    return [(min(apart), _change(usual, frame, {one: int(a[best]), other: int(b[best])}, predicted[best]))]


def _of_numbers(
    usual: "Usual", frame: "pl.DataFrame", row: Array, answer: float, tried: dict[int, Array]
) -> Iterator[Change]:
    """Yield the changes of one column that raise a number most, then those that lower it most."""
    rises: list[tuple[float, int, int]] = []
    falls: list[tuple[float, int, int]] = []
    for k, values in tried.items():
        if not len(values):
            continue
        found: Array = usual.model.outputs(_mixed(row, usual, {k: values}).astype(usual.model.dtype))[0]
        for extremes, best in ((rises, int(found.argmax())), (falls, int(found.argmin()))):
            extremes.append((float(found[best]), k, int(values[best])))
    half = MOST_CHANGES // 2
    for predicted, k, place in sorted(rises, reverse=True)[:half]:
        if predicted > answer:
            yield _change(usual, frame, {k: place}, predicted)
    for predicted, k, place in sorted(falls)[:half]:
        if predicted < answer:
            yield _change(usual, frame, {k: place}, predicted)
