"""Comparing descents: several paths on one objective, the surface around them, and which arrived."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import NAMES, REAL, SEQUENCE, WHOLE, WINDOW, or_none, shown, takes
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.functions.by_hand import ByHand, by_hand
from koubai.descent.functions.expression import Expression
from koubai.descent.functions.known import get_objective
from koubai.descent.functions.objective import Array, Objective, Window, check_window
from koubai.descent.functions.stationary import minima_of
from koubai.descent.paths.descend import descend_all, make_descent, size_of
from koubai.descent.paths.path import Path, Stopping
from koubai.optimizers.protocol import Optimizer

FINEST = 2000
"""Maximum number of grid points along each axis of a surface."""
NEAR = 0.01
"""A path has arrived once it stays within this share of the window's diagonal of a minimum."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Values of an objective of one or two variables on a grid over a window.

    Attributes
    ----------
    axes : tuple of arrays
        The grid's coordinates, one array for each variable.
    values : (n,) or (n_y, n_x)
        f; NaN outside the domain. Rows follow the second variable.
    """

    axes: tuple[Array, ...]
    values: Array

    @property
    def window(self) -> Window:
        """The region the grid covers."""
        return tuple((float(axis[0]), float(axis[-1])) for axis in self.axes)

    def levels(self, count: int = 16) -> Array:
        """Return at most ``count`` contour levels, ascending and denser towards the lowest value.

        They are quantiles of the grid's values at (i / count)^1.5, so that a valley has contours whatever the
        function's range.
        """
        finite = self.values[np.isfinite(self.values)]
        if finite.size == 0:
            return np.zeros(1)
        return np.unique(np.quantile(finite, np.linspace(0, 1, count + 1) ** 1.5))


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one path fared.

    Attributes
    ----------
    label : str
        The optimizer, with the learning rate or the start if paths differ only in that.
    path : Path
        The path.
    minimum : tuple of float or None
        The minimum it stays near; None if none.
    step : int or None
        The first update after which it stayed near.
    gradient_evaluations : int or None
        Number of gradients evaluated by then.
    """

    label: str
    path: Path
    minimum: tuple[float, ...] | None
    step: int | None
    gradient_evaluations: int | None


@dataclass(frozen=True, eq=False)
class Comparison(Displayed):
    """Several paths on one objective.

    Attributes
    ----------
    objective : Objective
        What was minimised.
    paths : tuple of Path
        The descents.
    surface : Surface or None
        The objective around them; None for more than two variables.
    minima : tuple of tuple of float
        The minima inside the window, known or found.
    labels : tuple of str
        One per path: the optimizer's name, and whatever else distinguishes it.
    by_hand : ByHand or None
        The answer by calculus, if requested.
    """

    objective: Objective
    paths: tuple[Path, ...]
    surface: Surface | None
    minima: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    by_hand: ByHand | None = None

    @cached_property
    def arrivals(self) -> tuple[Arrival, ...]:
        """How each path fared, in the order of ``paths``."""
        window = self.surface.window if self.surface else self.objective.window
        diagonal = float(np.linalg.norm([high - low for low, high in window])) if window else 1.0
        return tuple(
            _arrival(label, path, self.minima, NEAR * diagonal)
            for label, path in zip(self.labels, self.paths, strict=True)
        )

    def is_local(self, minimum: tuple[float, ...]) -> bool:
        """Return whether a minimum lies above the lowest known value."""
        above = float(self.objective.value(np.array(minimum))) - self.lowest
        return above > 1e-6 * max(1.0, abs(self.lowest))

    @property
    def counts_differ(self) -> bool:
        """Whether updates cost more gradients on some paths than on others, so that cost is what to compare."""
        return len({int(path.costs[1]) for path in self.paths if path.n_steps}) > 1

    def excess(self, index: int) -> Array:
        """Return how far each value of a path lies above the lowest known value; NaN where it does not."""
        above = self.paths[index].values - self.lowest
        floor = 1e-16 * max(1.0, abs(self.lowest))
        return np.where(np.isfinite(above) & (above > floor), above, np.nan)

    @property
    def excess_range(self) -> tuple[float, float]:
        """The range of excess values to show: at most twelve powers of ten."""
        excesses = [self.excess(index) for index in range(len(self.paths))]
        highest = max((excess[0] for excess in excesses if np.isfinite(excess[0])), default=1.0)
        lowest = min((np.nanmin(excess) for excess in excesses if np.isfinite(excess).any()), default=1e-8)
        failed = any(path.failed for path in self.paths)
        return float(max(lowest / 2, 1e-12 * highest)), float((1e3 if failed else 3) * highest)

    def moments(self, count: int) -> npt.NDArray[np.int64]:
        """Return the update each path has reached in each frame of an animation, (n_frames, n_paths).

        All paths are shown at the same update or, where updates differ in cost, at the same cost; time runs slowly at
        first, when most happens.
        """
        last = max(path.n_steps for path in self.paths)
        if not self.counts_differ:
            frames = np.unique(np.round(last * np.linspace(0, 1, count) ** (1 if last < count else 1.7)))
            steps = frames.astype(np.int64)
            return np.minimum(steps[:, np.newaxis], [path.n_steps for path in self.paths])
        costs = np.unique(np.round(np.geomspace(1, max(path.costs[-1] for path in self.paths), count)))
        columns = [np.searchsorted(path.costs, [0.0, *costs], side="right") - 1 for path in self.paths]
        return np.stack(columns, axis=1)

    @cached_property
    def lowest(self) -> float:
        """The lowest known value, over the minima and all paths."""
        reached = [float(np.nanmin(path.values)) for path in self.paths if not path.failed]
        reached += [float(self.objective.value(np.array(minimum))) for minimum in self.minima]
        return min(reached, default=0.0)


@np.errstate(all="ignore")  # what overflows is seen in the numbers
def _arrival(label: str, path: Path, minima: Sequence[tuple[float, ...]], near: float) -> Arrival:
    if not minima or path.failed:
        return Arrival(label, path, None, None, None)
    distances = np.linalg.norm(path.points[:, np.newaxis] - np.array(minima), axis=2)  # (n_steps + 1, n_minima)
    nearest = int(distances[-1].argmin())
    away = np.flatnonzero(distances[:, nearest] > near)
    step = int(away[-1]) + 1 if len(away) else 0
    if step == len(path.points):
        return Arrival(label, path, None, None, None)
    return Arrival(label, path, minima[nearest], step, int(path.costs[step]))


@np.errstate(all="ignore")  # what overflows is seen in the numbers
@takes(
    "compare_descents",
    optimizers=SEQUENCE,
    learning_rates=SEQUENCE,
    starts=SEQUENCE,
    max_steps=WHOLE,
    step_size=REAL,
    gradient_norm=REAL,
    value=or_none(REAL),
    variables=or_none(NAMES),
    window=or_none(WINDOW),
    resolution=WHOLE,
)
def compare_descents(
    function: "str | Expression | Objective | Callable[[Array], float]",
    optimizers: Sequence[str | Mapping[str, object] | Optimizer] = (
        "sgd",
        "momentum",
        "nesterov",
        "adagrad",
        "rmsprop",
        "adam",
    ),
    learning_rates: Sequence[float | None] = (None,),
    starts: Sequence[float | Sequence[float] | None] = (None,),
    *,
    max_steps: int = 1000,
    step_size: float = 0.0,
    gradient_norm: float = 1e-8,
    value: float | None = None,
    gradient: Callable[[Array], object] | None = None,
    variables: tuple[str, ...] | None = None,
    window: Window | None = None,
    resolution: int = 241,
    work_out: bool = False,
) -> Comparison:
    """Minimise one function by every combination of optimizers, learning rates and starts.

    Parameters
    ----------
    function : str, Expression, Objective or callable
        See `koubai.descent.paths.descend.descend`.
    optimizers, learning_rates, starts : sequences
        What to combine; None means a suggested learning rate, or the function's own start. An optimizer may have a
        learning rate of its own, ``"adam:0.1"``.
    max_steps, step_size, gradient_norm, value
        Stopping criteria: see `koubai.descent.paths.path.Stopping`.
    gradient, variables
        See `koubai.descent.paths.descend.descend`.
    window : Window, optional
        The region to show; by default, the function's own window or one that contains the paths.
    resolution : int
        Number of grid points along each axis.
    work_out : bool
        Whether to add the answer by calculus, for an expression; needs SymPy.

    Raises
    ------
    ParameterError
        If there is nothing to compare, or an argument is not allowed.

    Examples
    --------
    >>> comparison = compare_descents("booth", ["sgd", "adam"], max_steps=300)
    >>> comparison.labels
    ('sgd', 'adam')
    """
    if not 2 <= resolution <= FINEST:
        raise ParameterError(
            f"compare_descents: resolution must be from 2 to {FINEST}; got {shown(resolution)}. Try 241."
        )
    first = next((size_of(start) for start in starts if start is not None), 2)
    objective = get_objective(function, gradient, first, variables)
    check_window(objective, window)
    descents = [
        make_descent(objective, start, *_with_own_rate(optimizer, rate))
        for start, optimizer, rate in product(starts, optimizers, learning_rates)
    ]
    if not descents:
        raise ParameterError(
            "compare_descents: optimizers, learning_rates and starts must not be empty; got nothing to compare."
            " Try ['adam']."
        )
    stopping = Stopping(max_steps, step_size, gradient_norm, value)
    paths = descend_all(objective, descents, stopping)
    answer = by_hand(objective, window or view_window(objective, paths)) if work_out else None
    return comparison_of(objective, paths, window, resolution, answer)


def _with_own_rate(
    optimizer: str | Mapping[str, object] | Optimizer, rate: float | None
) -> tuple[str | Mapping[str, object] | Optimizer, float | None]:
    """Return an optimizer and its learning rate, which ``"adam:0.1"`` has itself."""
    if not isinstance(optimizer, str) or ":" not in optimizer:
        return optimizer, rate
    name, _, own = optimizer.partition(":")
    if rate is not None:
        raise ParameterError(worded("descend.error.rate_beside", rate=f"{rate:g}", optimizer=repr(optimizer)))
    try:
        return name, float(own)
    except ValueError:
        raise ParameterError(worded("descend.error.rate_number", name=name, got=repr(own))) from None


@np.errstate(all="ignore")  # what overflows is seen in the numbers
def comparison_of(
    objective: Objective,
    paths: Sequence[Path],
    window: Window | None = None,
    resolution: int = 241,
    answer: ByHand | None = None,
) -> Comparison:
    """Return a comparison of existing paths; a few exact stationary points are kept in the window."""
    stationary = [s.point for s in answer.stationary] if answer and len(answer.stationary) <= 6 else []
    look = window or view_window(objective, paths, stationary)
    surface = surface_of(objective, look, resolution) if objective.n_variables <= 2 else None
    minima = _minima(objective, look, [path.point for path in paths if not path.failed])
    return Comparison(objective, tuple(paths), surface, minima, labels_of(paths), answer)


def _minima(objective: Objective, window: Window, rests: Sequence[Array]) -> tuple[tuple[float, ...], ...]:
    """Return the known minima plus local ones where paths came to rest, or all that can be found."""
    if not objective.minima:
        return minima_of(objective, window, rests)
    near = 0.01 * float(np.linalg.norm([high - low for low, high in window]))
    known = np.array(objective.minima)
    elsewhere = [rest for rest in rests if np.linalg.norm(known - rest, axis=1).min() > near]
    local = minima_of(objective, window, elsewhere, search=False)
    return (*objective.minima, *(m for m in local if np.linalg.norm(known - np.array(m), axis=1).min() > near))


def labels_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return a label for each path: the optimizer's name, plus the learning rate and the start where they differ."""
    names = [path.optimizer.name for path in paths]
    kinds = {repr(path.optimizer) for path in paths}
    per_name = {name: {path.learning_rate for path in paths if path.optimizer.name == name} for name in names}
    starts = {tuple(path.points[0].tolist()) for path in paths}
    labels = []
    for path in paths:
        label = path.optimizer.name
        if len(kinds) > len(set(names)):
            label = repr(path.optimizer)
        if len(starts) > 1:
            label += f" ({', '.join(f'{x:g}' for x in path.points[0])})"
        if len(per_name[path.optimizer.name]) > 1:
            label += f" α={path.learning_rate:g}"
        labels.append(label)
    return tuple(labels)


def view_window(objective: Objective, paths: Sequence[Path], also: Sequence[tuple[float, ...]] = ()) -> Window:
    """Return the objective's own window, or one around the paths that did not fail and the points ``also``."""
    if objective.window is not None:
        return objective.window
    points = [path.points[:1] if path.failed else path.points for path in paths]
    points += [np.array(more) for more in (objective.minima, also) if len(more)]
    every = np.concatenate(points)
    lows, highs = every.min(axis=0), every.max(axis=0)
    margins = np.maximum(0.25 * (highs - lows), 0.1 * np.maximum(np.abs(lows), 1.0))
    return tuple((float(low - m), float(high + m)) for low, high, m in zip(lows, highs, margins, strict=True))


def surface_of(objective: Objective, window: Window, resolution: int = 241) -> Surface:
    """Return the objective on a grid; with one variable, the curve gets three times as many points."""
    if len(window) == 1:
        axis = np.linspace(*window[0], 3 * resolution)
        return Surface((axis,), _finite(objective.value(axis[:, np.newaxis])))
    x, y = (np.linspace(low, high, resolution) for low, high in window)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    return Surface((x, y), _finite(objective.value(grid)))


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)
