"""Generated data in the square [-6, 6]²: the six data sets of TensorFlow Playground, made by its rules.

Source: Smilkov, Carter, Sculley, Viégas and Wattenberg 2017, "Direct-manipulation visualization of deep networks", and
the page's own rules: noise moves a point before its class is determined or, for the spiral and the two clouds, spreads
it. The page makes the same points from the same counter-based numbers (``static/data/datasets.js``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from koubai.core.arrays import Array
from koubai.core.counter_random import DATA, CounterRandom

CLASSES, NUMBERS = "classification", "regression"

MADE: Mapping[str, str] = {
    "circle": CLASSES,
    "xor": CLASSES,
    "gauss": CLASSES,
    "spiral": CLASSES,
    "plane": NUMBERS,
    "multi_gauss": NUMBERS,
}
"""Data sets generated from a seed, with their task."""

READ = ("baseball", "penguins", "spam")
"""Tables included with koubai."""

PICTURES = ("digits",)
"""Sets of images included with scikit-learn."""

GIVEN_IMAGES = "images"
"""Images of the user's own, which a playground is opened with."""

DATASETS = (*MADE, "points", *READ, *PICTURES, GIVEN_IMAGES, "table")
"""All kinds of data: generated, drawn by hand, included with koubai, images, the user's own."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points (n, 2) with their targets (n,): classes 0 and 1, or numbers in [-1, 1]."""

    points: Array
    targets: Array


def make(name: str, n_rows: int, noise: float, seed: int) -> Points:
    """Return a generated data set with its rows in random order.

    Parameters
    ----------
    name : str
        One of `MADE`.
    n_rows : int
        Number of points.
    noise : float
        From 0 to 0.5.
    seed : int
        The same seed gives the same points.

    Examples
    --------
    >>> found = make("xor", 100, 0.0, seed=1)
    >>> bool(((found.points[:, 0] * found.points[:, 1] > 0) == (found.targets == 1)).all())
    True
    """
    rng = CounterRandom(seed, DATA, list(MADE).index(name))
    points, targets = RULES[name](rng, n_rows, noise)
    order = rng.permutation(n_rows)
    return Points(points[order], targets[order])


def _circle(rng: CounterRandom, n: int, noise: float) -> tuple[Array, Array]:
    radius, inner = 5.0, n // 2
    distance = np.concatenate([rng.uniform(0, 0.5 * radius, inner), rng.uniform(0.7 * radius, radius, n - inner)])
    angle = rng.uniform(0, 2 * np.pi, n)
    points = np.column_stack([distance * np.sin(angle), distance * np.cos(angle)])
    seen = points + noise * rng.uniform(-radius, radius, (n, 2))
    return points, (np.hypot(seen[:, 0], seen[:, 1]) < 0.5 * radius).astype(float)


def _xor(rng: CounterRandom, n: int, noise: float) -> tuple[Array, Array]:
    drawn = rng.uniform(-5, 5, (n, 2))
    points = drawn + np.where(drawn > 0, 0.3, -0.3)
    seen = points + noise * rng.uniform(-5, 5, (n, 2))
    return points, (seen[:, 0] * seen[:, 1] >= 0).astype(float)


def _gauss(rng: CounterRandom, n: int, noise: float) -> tuple[Array, Array]:
    spread = np.sqrt(0.5 + 7.0 * noise)  # variance 0.5 without noise, 4 at maximum noise
    targets = (np.arange(n) < n // 2).astype(float)
    return np.where(targets[:, np.newaxis] == 1, 2.0, -2.0) + spread * rng.normal(0.0, 1.0, (n, 2)), targets


def _spiral(rng: CounterRandom, n: int, noise: float) -> tuple[Array, Array]:
    halves = (n // 2, n - n // 2)
    share = np.concatenate([np.arange(half) / half for half in halves])
    turned = np.repeat([0.0, np.pi], halves)
    radius, angle = 5 * share, 1.75 * 2 * np.pi * share + turned
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]) + noise * rng.uniform(-1, 1, (n, 2))
    return points, (turned == 0).astype(float)


def _plane(rng: CounterRandom, n: int, noise: float) -> tuple[Array, Array]:
    points = rng.uniform(-6, 6, (n, 2))
    seen = points + noise * rng.uniform(-6, 6, (n, 2))
    return points, np.clip(seen.sum(axis=1) / 10, -1, 1)


def _multi_gauss(rng: CounterRandom, n: int, noise: float) -> tuple[Array, Array]:
    centers = np.array([[-4, 2.5], [0, 2.5], [4, 2.5], [-4, -2.5], [0, -2.5], [4, -2.5]])
    signs = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])  # as in TensorFlow Playground, row by row
    points = rng.uniform(-6, 6, (n, 2))
    seen = points + noise * rng.uniform(-6, 6, (n, 2))
    distance = np.linalg.norm(seen[:, np.newaxis] - centers, axis=2)
    heights = signs * np.clip(1 - distance / 2, 0, 1)
    return points, heights[np.arange(n), np.abs(heights).argmax(axis=1)]


RULES: Mapping[str, Callable[[CounterRandom, int, float], tuple[Array, Array]]] = {
    "circle": _circle,
    "xor": _xor,
    "gauss": _gauss,
    "spiral": _spiral,
    "plane": _plane,
    "multi_gauss": _multi_gauss,
}
