"""The parts into which a table's rows are divided, each to be predicted by networks trained on others."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from koubai.core.arrays import Array

PARTS = 3
"""Number of parts into which the rows are divided."""
LEAST_ROWS = 40
"""Minimum number of rows for cross-validation to be meaningful."""


@dataclass(frozen=True, eq=False)
class Apart:
    """What keeps rows apart: their groups, or their times, (n_rows,); neither if they may be parted at random."""

    groups: Array | None = None
    times: Array | None = None


def parts_of(y: Array, classes: bool, seed: int, apart: Apart | None = None) -> Iterator[tuple[Array, Array]]:
    """Yield the training and predicted rows of each part; classes with fewer rows than parts are only trained on.

    Rows of one group stay together. With times, the latest sixth of the rows is predicted from all before it, then the
    sixth before that, and the one before.
    """
    if apart is not None and apart.groups is not None:
        yield from _parts_of_groups(y, classes, seed, apart.groups)
        return
    if apart is not None and apart.times is not None:
        yield from _parts_of_times(y, classes, apart.times)
        return
    from koubai.estimators.splitting import splitters  # loads scikit-learn: only if asked for

    rows = np.arange(len(y))
    if not classes:
        judged, always, split = rows, rows[:0], splitters().KFold(PARTS, shuffle=True, random_state=seed).split(rows)
    else:
        _, places, counts = np.unique(y, return_inverse=True, return_counts=True)
        enough = counts[places] >= PARTS
        judged, always = rows[enough], rows[~enough]
        if len(np.unique(places[enough])) < 2:
            return
        split = splitters().StratifiedKFold(PARTS, shuffle=True, random_state=seed).split(judged, places[judged])
    if len(judged) >= LEAST_ROWS:
        for trained, predicted in split:
            yield np.sort(np.concatenate([judged[trained], always])), judged[predicted]


def _parts_of_groups(y: Array, classes: bool, seed: int, groups: Array) -> list[tuple[Array, Array]]:
    """Return parts of whole groups; none if these are too few, or all rows of a class would be in one part."""
    from koubai.estimators.splitting import splitters

    if len(y) < LEAST_ROWS or len(np.unique(groups)) < PARTS:
        return []
    kind = splitters().StratifiedGroupKFold if classes else splitters().GroupKFold
    if classes and np.unique(y, return_counts=True)[1].min() < PARTS:
        return []
    parts = list(kind(PARTS, shuffle=True, random_state=seed).split(y, y, groups))
    whole = all(
        len(asked) and (not classes or len(np.unique(y[trained])) == len(np.unique(y))) for trained, asked in parts
    )
    return parts if whole else []


def _parts_of_times(y: Array, classes: bool, times: Array) -> list[tuple[Array, Array]]:
    """Return the latest parts, each to be predicted from all rows before it, as far as these have all its classes."""
    if len(y) < LEAST_ROWS:
        return []
    edges = np.sort(times)[[k * len(y) // (2 * PARTS) for k in range(PARTS, 2 * PARTS)]]
    found = []
    for begin, end in reversed(list(pairwise(np.unique(np.append(edges, np.inf))))):
        trained, asked = np.flatnonzero(times < begin), np.flatnonzero((times >= begin) & (times < end))
        if len(trained) and len(asked) and (not classes or len(np.unique(y[trained])) == len(np.unique(y))):
            found.append((trained, asked))
    return found
