"""Numerical search for stationary points and minima: Newton's method on the gradient, from many starts at once."""

from collections.abc import Sequence

import numpy as np

from koubai.descent.functions.objective import Array, Objective, Window

MOST_STARTS = 5000


@np.errstate(all="ignore")  # overflow shows in the values
def stationary_points(objective: Objective, window: Window, per_side: int = 17) -> list[Array]:
    """Return the points of a window where the gradient is zero, found by Newton's method from a grid of starts.

    Each step solves H Δ = -g; a point counts if it ends inside the window with a gradient below 1e-9 of the
    starts' median, and counts once. So do the kinks of a function of one variable where its slope changes its sign.
    """
    axes = [np.linspace(low, high, per_side) for low, high in window]
    count = per_side ** len(window)  # a full grid in ten variables would not fit in memory
    chosen = np.arange(count) if count <= MOST_STARTS else np.random.default_rng(0).choice(count, MOST_STARTS, False)
    places = np.unravel_index(chosen, (per_side,) * len(window))
    points = np.stack([axis[place] for axis, place in zip(axes, places, strict=True)], axis=-1)
    lows, highs = np.array(window).T
    scale = np.nanmedian(np.hypot.reduce(objective.gradient(points), axis=1)) or 1.0  # squares of 1e200 overflow
    points = newton(objective, points, (highs - lows) / 8)
    with np.errstate(all="ignore"):
        values, gradients = objective.function(points)
        good = np.isfinite(values) & (np.hypot.reduce(gradients, axis=1) < 1e-9 * scale)
    good &= ((points >= lows - 1e-9) & (points <= highs + 1e-9)).all(axis=1)
    found: list[Array] = []
    for point in points[good]:
        if all(np.linalg.norm(point - other) > 1e-5 * np.linalg.norm(highs - lows) for other in found):
            found.append(point)
        if len(found) == 400:
            break
    if len(window) == 1:
        found += [
            kink
            for kink in _kinks(objective, window[0])
            if all(abs(kink - other) > 1e-5 * (highs - lows) for other in found)
        ]
    return found


def _kinks(objective: Objective, across: tuple[float, float], count: int = 1001) -> list[Array]:
    """Return the points between two numbers where f is continuous and its slope changes its sign, (1,) each."""
    grid = np.linspace(*across, count)
    values, gradients = (found.reshape(-1) for found in objective.function(grid[:, np.newaxis]))
    slopes = np.sign(np.where(np.isfinite(values), gradients, np.nan))
    sloping = np.flatnonzero(np.isfinite(slopes) & (slopes != 0))
    before, after = sloping[:-1], sloping[1:]
    turning = (slopes[before] != slopes[after]) & (after - before <= 2)
    before, after = before[turning], after[turning]
    left, right = grid[before], grid[after]
    for _ in range(80):
        middle = (left + right) / 2
        here = np.sign(objective.gradient(middle[:, np.newaxis])[:, 0])
        left = np.where((here == slopes[before]) | (here == 0), middle, left)
        right = np.where((here == slopes[after]) | (here == 0), middle, right)
    digits = 12 - int(np.floor(np.log10(across[1] - across[0])))
    turns = np.round((left + right) / 2, digits) + 0.0  # no -0
    rises = np.abs(objective.value(turns[:, np.newaxis]) - values[before])
    steepest = np.maximum(np.abs(gradients[before]), np.abs(gradients[after])) * (grid[after] - grid[before])
    return [turn for turn, good in zip(turns[:, np.newaxis], rises <= 10 * steepest, strict=True) if good]


def newton(objective: Objective, points: Array, longest: Array, count: int = 40) -> Array:
    """Return the points (n, d) after ``count`` Newton steps, none longer than ``longest``."""
    with np.errstate(all="ignore"):
        for _ in range(count):
            points = points + _newton_steps(objective, points, longest)
    return points


def _newton_steps(objective: Objective, points: Array, longest: Array) -> Array:
    """Return -H⁻¹ g at every point, clipped to a maximum step; 0 where H is singular."""
    n, d = points.shape
    h = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1.0, np.abs(points))
    gradients = objective.gradient(points)
    matrices = np.empty((n, d, d))
    for axis in range(d):
        shift = np.zeros((n, d))
        shift[:, axis] = h[:, axis]
        difference = objective.gradient(points + shift) - objective.gradient(points - shift)
        matrices[:, :, axis] = difference / (2 * h[:, axis, np.newaxis])
    ok = np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2)) & np.isfinite(gradients).all(axis=1))
    ok = ok[np.abs(np.linalg.det(matrices[ok])) > 1e-300]
    steps = np.zeros_like(points)
    steps[ok] = -np.linalg.solve(matrices[ok], gradients[ok][..., np.newaxis])[..., 0]
    return np.clip(steps, -longest, longest)


def minima_of(
    objective: Objective, window: Window, rests: Sequence[Array], search: bool = True
) -> tuple[tuple[float, ...], ...]:
    """Return the minima among ``rests``, where descents came to rest, and if ``search``, those Newton's method finds.

    The window is searched only for an expression of at most two variables: anything else could be slow to evaluate.
    """
    scale = np.linalg.norm([high - low for low, high in window])
    candidates = _polished(objective, rests, 0.02 * float(scale))
    if search and objective.n_variables <= 2 and objective.expression is not None:
        candidates += stationary_points(objective, window)
    typical = _typical_slope(objective, window)
    found: list[Array] = []
    for point in sorted(candidates, key=lambda p: float(objective.value(p[np.newaxis])[0])):
        slope = float(np.linalg.norm(objective.gradient(point[np.newaxis])))
        at_rest = slope < 1e-4 * typical or not np.isfinite(slope)
        new = all(np.linalg.norm(point - other) > 1e-3 * scale for other in found)
        if at_rest and new and _uphill_around(objective, point, 1e-3 * float(scale)):
            found.append(point)
    return tuple(tuple(point.tolist()) for point in found)


def _typical_slope(objective: Objective, window: Window) -> float:
    """Return the median gradient norm over the window."""
    lows, highs = np.array(window).T
    points = lows + (highs - lows) * np.random.default_rng(0).random((64, len(window)))
    slopes = np.linalg.norm(objective.gradient(points), axis=1)
    return float(np.median(slopes[np.isfinite(slopes)])) if np.isfinite(slopes).any() else 1.0


def _uphill_around(objective: Objective, point: Array, radius: float) -> bool:
    """Return whether f is higher all around a point, as at a minimum even where the curvature is zero."""
    d = len(point)
    directions = np.concatenate([np.eye(d), -np.eye(d), np.random.default_rng(1).normal(size=(32 * (d > 1), d))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    around = objective.value(point + radius * directions)
    here = float(objective.value(point[np.newaxis])[0])
    return bool((around > here).all())


def _polished(objective: Objective, rests: Sequence[Array], near: float) -> list[Array]:
    """Return each point refined by Newton's method, or unchanged if that moves it further than ``near``."""
    if not len(rests):
        return []
    points = np.array(rests)
    better = newton(objective, points, np.full(points.shape[1], near / 4), 20)
    return list(np.where(np.linalg.norm(better - points, axis=1, keepdims=True) < near, better, points))
