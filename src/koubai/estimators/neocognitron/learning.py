"""Competitive learning of S-cells, without labels (Fukushima 1980, section 3, equation 7)."""

import numpy as np

from koubai.core.arrays import Array
from koubai.estimators.neocognitron.cells import LEAST, SLayer, fixed_connections, looked, windows

RATE = np.float32(100.0)
"""q: large, so that what a plane has learned is a direction, and its first pattern already makes it selective."""
STRONG = 0.5
"""A place without an answer founds a plane if its input is at least this part of the strongest in the image."""


def learned(maps: Array, size: int, planes: int, threshold: float, order: Array) -> SLayer:
    """Return S-cells that have learned from maps (n, height, width, planes below), shown one after the other.

    For each image the S-cells compete: at every place the plane that answers most wins, and of all places that a plane
    has won the one with its strongest answer is its seed cell, from which the whole plane learns:
    Δa(v, κ, k) = q c(v) u_C(n̂ + v, κ). Where the input is strong and no cell answers, a new plane begins with that
    input, as long as there are fewer than ``planes``.

    Parameters
    ----------
    maps : ndarray
        What lies below the S-cells, for each image.
    size : int
        Side of the window.
    planes : int
        Most planes.
    threshold : float
        θ while learning; the higher, the more alike are the patterns that one plane answers to.
    order : ndarray of int
        The images in the order in which they are shown.
    """
    around = windows(maps.shape[1:], size)
    fixed = fixed_connections(size, size * size * maps.shape[3])
    weights = np.zeros((len(fixed), 0), np.float32)
    flat = maps.reshape(len(maps), -1)
    for image in order:
        seen, v = looked(flat[image : image + 1], around)
        there = v > max(LEAST, STRONG * float(v.max()))
        if not there.any():
            continue
        seen, v = seen[there], v[there]
        answers = SLayer(weights, size, threshold).answers(seen, v)
        places, winners = seed_cells(answers)
        weights[:, winners] += RATE * fixed[:, np.newaxis] * seen[places].T
        silent = np.flatnonzero(answers.max(axis=1, initial=0) <= 0)
        if weights.shape[1] < planes and len(silent):
            place = silent[v[silent].argmax()]
            weights = np.column_stack([weights, RATE * fixed * seen[place]])
    return SLayer(weights, size, threshold)


def seed_cells(answers: Array) -> tuple[Array, Array]:
    """Return the places of seed cells and their planes, from answers (places, planes).

    Examples
    --------
    >>> places, planes = seed_cells(np.array([[0.2, 0.1], [0.5, 0.9], [0.3, 0.2]]))
    >>> places.tolist(), planes.tolist()
    ([2, 1], [0, 1])
    """
    if answers.shape[1] == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    won = np.where(answers == answers.max(axis=1, keepdims=True), answers, 0)
    places, planes = won.argmax(axis=0), np.arange(answers.shape[1])
    does = won[places, planes] > 0
    return places[does], planes[does]
