"""Basins of attraction: which minimum one rule reaches from each start in a window.

All starts move together, as the rows of one array; those that have arrived are removed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import SEQUENCE, WHOLE, WINDOW, or_none, takes
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.descent.display import Displayed
from koubai.descent.functions.expression import Expression
from koubai.descent.functions.known import get_objective
from koubai.descent.functions.objective import Array, Objective, Window, check_window
from koubai.descent.functions.stationary import minima_of
from koubai.descent.paths.compare import Surface, surface_of
from koubai.descent.paths.descend import Descent, Walkers, Watch, make_descent
from koubai.descent.paths.path import Stopping
from koubai.optimizers.protocol import Optimizer

CHUNK = 10_000
"""Number of starts moved together: few enough for their arrays to stay in the processor's cache."""
LAP = 50
"""Number of updates between checks for whether a start still makes progress."""
MOST_MAPS = 9
"""Maximum number of rules whose maps fit in one figure."""
CIRCLING = 0.05
"""A start whose net progress is below this share of its path length is oscillating, and counts as at rest."""
NOWHERE, FAILED = -1, -2
"""Values in ``labels``: no minimum reached by the last update; diverged or left the domain."""


@dataclass(frozen=True, eq=False)
class Basins(Displayed):
    """Where the starts of a grid end up.

    Attributes
    ----------
    objective : Objective
        What was minimised.
    optimizer : Optimizer
        The rule.
    learning_rate : float
        α.
    minima : tuple of tuple of float
        The minima, lowest first.
    axes : tuple of two arrays
        The coordinates of the starts.
    labels : (n_y, n_x)
        Index of the minimum reached from each start; -1 for none by the last update, -2 if it diverged or left the
        domain.
    steps : (n_y, n_x)
        Number of updates taken.
    surface : Surface
        The objective over the same window.
    """

    objective: Objective
    optimizer: Optimizer
    learning_rate: float
    minima: tuple[tuple[float, ...], ...]
    axes: tuple[Array, Array]
    labels: npt.NDArray[np.int16]
    steps: npt.NDArray[np.int32]
    surface: Surface

    @property
    def values(self) -> tuple[float, ...]:
        """f at each minimum."""
        return tuple(float(self.objective.value(np.array(minimum))) for minimum in self.minima)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of starts that reach each minimum."""
        return tuple(float(np.mean(self.labels == index)) for index in range(len(self.minima)))


@dataclass(frozen=True, eq=False)
class BasinMaps(Displayed):
    """Where the starts of one grid end up under each of several rules.

    Attributes
    ----------
    maps : tuple of Basins
        One per rule, all with the same minima.
    """

    maps: tuple[Basins, ...]


def basins(
    function: "str | Expression | Objective | Callable[[Array], float]",
    optimizer: str | Mapping[str, object] | Optimizer = "sgd",
    learning_rate: float | None = None,
    *,
    window: Window | None = None,
    resolution: int = 200,
    max_steps: int = 1000,
) -> Basins:
    """Descend from every point of a grid and record which minimum each start reaches.

    Parameters
    ----------
    function : str, Expression, Objective or callable
        Of two variables; see `koubai.descent.paths.descend.descend`.
    optimizer, learning_rate
        The rule, and α; by default, one that suits the curvature.
    window : Window, optional
        Where the starts lie; by default, the function's own window, else ±5.
    resolution : int
        Number of starts along each axis, 2 to 1000; 200 gives 40,000 starts.
    max_steps : int
        Maximum number of updates; a start still moving then is judged by where it is.

    See Also
    --------
    compare_basins : Several rules, side by side.

    Raises
    ------
    ParameterError
        If the function does not have two variables, or ``resolution`` is not allowed.

    Examples
    --------
    >>> found = basins("x**4/4 - x**2/2 + y**2", resolution=20, window=((-2, 2), (-2, 2)))
    >>> found.minima, found.shares
    (((-1.0, 0.0), (1.0, 0.0)), (0.5, 0.5))
    """
    return compare_basins(
        function, [optimizer], learning_rate, window=window, resolution=resolution, max_steps=max_steps
    ).maps[0]


@takes("basins", optimizers=SEQUENCE, window=or_none(WINDOW), resolution=WHOLE, max_steps=WHOLE)
@np.errstate(all="ignore")  # what overflows is seen in the numbers
def compare_basins(
    function: "str | Expression | Objective | Callable[[Array], float]",
    optimizers: Sequence[str | Mapping[str, object] | Optimizer],
    learning_rate: float | None = None,
    *,
    window: Window | None = None,
    resolution: int = 200,
    max_steps: int = 1000,
) -> BasinMaps:
    """Map the basins of several rules from the same starts, with the same minima.

    Parameters
    ----------
    function, learning_rate, window, resolution, max_steps
        See `basins`.
    optimizers : sequence
        The rules, at most nine.

    Raises
    ------
    ParameterError
        If the function does not have two variables, or an argument is not allowed.

    Examples
    --------
    >>> found = compare_basins("himmelblau", ["sgd", "adam"], resolution=20)
    >>> [len(one.minima) for one in found.maps]
    [4, 4]
    """
    objective = _checked(get_objective(function), resolution)
    if not 1 <= len(optimizers) <= MOST_MAPS:
        raise ParameterError(worded("descend.error.basins_rules", most=MOST_MAPS, got=len(optimizers)))
    check_window(objective, window)
    look = window or objective.window or ((-5.0, 5.0), (-5.0, 5.0))
    axes = (np.linspace(*look[0], resolution), np.linspace(*look[1], resolution))
    starts = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    first = objective.start or tuple((low + high) / 2 for low, high in look)
    descents = [make_descent(objective, first, optimizer, learning_rate) for optimizer in optimizers]
    slopes = np.linalg.norm(objective.gradient(starts), axis=1)
    rest = 1e-6 * float(np.median(slopes[np.isfinite(slopes)])) if np.isfinite(slopes).any() else 0.0
    found = [_all_ends(objective, starts, descent, Stopping(max_steps, gradient_norm=rest)) for descent in descents]
    near = 0.02 * float(np.linalg.norm([high - low for low, high in look]))
    minima = _all_minima(objective, look, np.concatenate([ends for ends, _ in found]), near)
    shape, surface = (resolution, resolution), surface_of(objective, look)
    return BasinMaps(
        tuple(
            Basins(
                objective,
                descent.optimizer,
                descent.learning_rate,
                minima,
                axes,
                _nearest(ends, minima, near).reshape(shape),
                steps.reshape(shape),
                surface,
            )
            for descent, (ends, steps) in zip(descents, found, strict=True)
        )
    )


def _checked(objective: Objective, resolution: int) -> Objective:
    if objective.n_variables != 2:
        named = {"got": objective.n_variables, "name": objective.name}
        raise ParameterError(worded("descend.error.basins_variables", **named))
    if not isinstance(resolution, int | np.integer) or not 2 <= resolution <= 1000:
        raise ParameterError(worded("descend.error.basins_resolution", got=repr(resolution)))
    return objective


def _all_ends(
    objective: Objective, starts: Array, descent: Descent, stopping: Stopping
) -> tuple[Array, npt.NDArray[np.int32]]:
    """Return where each start ends and its number of updates, computed in chunks."""
    chunks = np.array_split(starts, -(-len(starts) // CHUNK))
    parts = [_ends(objective, chunk, descent.optimizer, descent.learning_rate, stopping) for chunk in chunks]
    ends, steps = zip(*parts, strict=True)
    return np.concatenate(ends), np.concatenate(steps)


def _all_minima(objective: Objective, window: Window, ends: Array, near: float) -> tuple[tuple[float, ...], ...]:
    """Return every minimum that is known or where starts came to rest, lowest first."""
    known = [np.array(minimum) for minimum in objective.minima]
    ends = ends[np.isfinite(ends).all(axis=1)]
    _, first = np.unique(np.round(ends / (near / 4)), axis=0, return_index=True)
    margin = tuple((low - 0.1 * (high - low), high + 0.1 * (high - low)) for low, high in window)
    for point in minima_of(objective, margin, list(ends[first[:2000]])):
        if all(np.linalg.norm(np.array(point) - other) > 1e-3 for other in known):
            known.append(np.array(point))
    known.sort(key=lambda p: (round(float(objective.value(p[np.newaxis])[0]), 9), *p.tolist()))
    return tuple(tuple(point.tolist()) for point in known)


def _ends(
    objective: Objective, starts: Array, rule: Optimizer, rate: float, stopping: Stopping
) -> tuple[Array, npt.NDArray[np.int32]]:
    """Return where each start ends, (n, 2), NaN if it fails, and after how many updates, (n,)."""
    ends, steps = starts.copy(), np.full(len(starts), stopping.max_steps, dtype=np.int32)
    values, gradients = objective.look(starts, 1)
    alive = np.flatnonzero(np.isfinite(values) & np.isfinite(gradients).all(axis=1))
    ends[np.setdiff1d(np.arange(len(starts)), alive)] = np.nan
    walkers = Walkers(starts[alive], [(slice(None), rule, rate)])
    watch = Watch(objective, stopping, starts[alive], values[alive])
    gradients, anchor, travelled = gradients[alive], starts[alive], np.zeros(len(alive))
    for t in range(1, stopping.max_steps + 1):
        if not len(alive):
            break
        moved = walkers.step(gradients, t)
        values, gradients = objective.look(moved, t + 1)
        codes = watch.codes(walkers.theta, moved, values, gradients)
        travelled += _manhattan(moved - walkers.theta)
        walkers.theta = moved
        ended = codes != 0
        if t % LAP == 0:
            ended |= _manhattan(moved - anchor) < CIRCLING * travelled
            anchor, travelled = moved, np.zeros(len(alive))
        if ended.any():
            ends[alive[ended]], steps[alive[ended]] = moved[ended], t
            ends[alive[(codes >= 1) & (codes <= 3)]] = np.nan
            going = ~ended
            alive, gradients, anchor, travelled = alive[going], gradients[going], anchor[going], travelled[going]
            walkers.theta, walkers.slots = moved[going], [walkers.slots[0][:, going]]
            watch.keep(going)
    ends[alive] = walkers.theta
    return ends, steps


def _manhattan(moves: Array) -> Array:
    """Return abs Δx + abs Δy of moves (n, 2): adding columns is ten times as fast as summing each row."""
    lengths = np.abs(moves)
    return np.asarray(lengths[:, 0] + lengths[:, 1])


def _nearest(ends: Array, minima: Sequence[tuple[float, ...]], near: float) -> npt.NDArray[np.int16]:
    """Return the index of the minimum within ``near`` of each end, (n,); -1 if none, -2 for NaN."""
    labels = np.where(np.isfinite(ends).all(axis=1), NOWHERE, FAILED).astype(np.int16)
    best = np.full(len(ends), near)
    for index, minimum in enumerate(minima):
        distance = np.linalg.norm(ends - np.array(minimum), axis=1)
        closer = distance < best  # False for NaN
        labels[closer], best[closer] = index, distance[closer]
    return labels
