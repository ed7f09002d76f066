"""Curvature of an objective: its Hessian at a point, and the learning rates it allows."""

from collections.abc import Sequence

import numpy as np

from koubai.descent.functions.objective import Array, Objective, Window
from koubai.optimizers.protocol import Optimizer


def hessian(objective: Objective, point: Array) -> Array:
    """Return ∂²f/∂θ² at a point (d,) by central differences of the gradient, (d, d), symmetric.

    With h = ∛ε · max(1, abs θ) the error is about h² ≈ 4e-11 times the fourth derivative. Outside the domain: NaN.
    """
    point = np.asarray(point, dtype=np.float64)
    h = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1.0, np.abs(point))
    shifts = np.diag(h)
    values, gradients = objective.function(np.concatenate([point + shifts, point - shifts]))  # (2d,), (2d, d)
    gradients[~np.isfinite(values)] = np.nan
    d = len(point)
    columns = (gradients[:d] - gradients[d:]) / (2 * h[:, np.newaxis])
    return np.asarray((columns + columns.T) / 2)


def curvatures(objective: Objective, point: Array) -> Array:
    """Return the eigenvalues of the Hessian at a point, ascending, (d,); NaN where the Hessian is not finite."""
    matrix = hessian(objective, point)
    if not np.isfinite(matrix).all():
        return np.full(len(matrix), np.nan)
    return np.asarray(np.linalg.eigvalsh(matrix))


def stability_limit(optimizer: Optimizer, curvature: float) -> float | None:
    """Return the learning rate above which a rule diverges on a quadratic of curvature λ; None if there is no limit.

    Steepest descent multiplies the distance to the minimum by 1 - αλ, which grows for α > 2/λ. With momentum μ the
    limit is 2 (1 + μ)/λ, with Nesterov's 2 (1 + μ)/((1 + 2μ) λ): there the roots of the recursion's characteristic
    polynomial leave the unit circle. The rules that divide by running averages of the gradient
    have none: their steps do not grow with the gradient. Each rule says it of itself.

    Examples
    --------
    >>> from koubai.optimizers.sgd import SGD
    >>> stability_limit(SGD(), 24.0)
    0.08333333333333333
    """
    return optimizer.stability_limit(curvature) if curvature > 0 else None


def suggested_learning_rate(objective: Objective, start: Array, optimizer: Optimizer) -> float:
    """Return a learning rate that suits the objective: one digit, good enough for a first look.

    Rules whose steps scale with the gradient get a fraction of their stability limit (half for steepest descent, a
    twentieth with momentum, which is about 1 / λ · (1 - μ) and damps oscillations); rules that normalise the gradient
    get a fraction of the window's width, since α is then about the length of a step. Adadelta needs none and gets 1.
    """
    window = objective.window or _window_around([start, *map(np.asarray, objective.minima)])
    width = float(np.mean([high - low for low, high in window]))
    if optimizer.needs_no_rate:
        return optimizer.default_learning_rate
    limit = stability_limit(optimizer, typical_curvature(objective, start, window))
    if limit is None:
        return one_digit(width * optimizer.share_of_width)
    rate = limit / optimizer.parts_of_limit
    slope = float(np.linalg.norm(objective.gradient(start[np.newaxis])[0]))
    if slope > 0:
        rate = min(rate, width / 4 / slope)  # a first step right across the picture shows nothing
    return one_digit(rate)


def _window_around(points: Sequence[Array]) -> Window:
    """Return a window with these points (d,) in it, each at least 1 and its own distance from 0 away from the edge."""
    margins = [1 + np.abs(point) for point in points]
    lows = np.min([point - margin for point, margin in zip(points, margins, strict=True)], axis=0)
    highs = np.max([point + margin for point, margin in zip(points, margins, strict=True)], axis=0)
    return tuple(zip(lows.tolist(), highs.tolist(), strict=True))


def typical_curvature(objective: Objective, start: Array, window: Window) -> float:
    """Return the largest curvature at the start and the known minima, or the window's lower quartile if that is larger.

    A minimum a hundred times as sharp as the window's quartile (the tip of a cone) is ignored.
    """
    rng = np.random.default_rng(0)
    lows, highs = np.array(window).T
    around = [curvatures(objective, lows + (highs - lows) * rng.random(len(start))) for _ in range(25)]
    largest = np.abs(around).max(axis=1)
    largest = largest[np.isfinite(largest)]
    quartile = float(np.quantile(largest, 0.25)) if len(largest) else 0.0
    found = [quartile, float(np.abs(curvatures(objective, start)).max())]
    sharpest = 100 * quartile if quartile else np.inf
    at_minima = [float(np.abs(curvatures(objective, np.array(point))).max()) for point in objective.minima]
    found.extend(curvature for curvature in at_minima if curvature < sharpest)
    return float(np.nanmax(found))


def one_digit(number: float) -> float:
    """Return a positive number truncated to its first significant digit.

    Examples
    --------
    >>> one_digit(0.0417)
    0.04
    """
    if not 0 < number < np.inf:
        return 0.01
    exponent = int(np.floor(np.log10(number) + 1e-12))
    return float(f"{int(number / 10.0**exponent + 1e-9)}e{exponent}")
