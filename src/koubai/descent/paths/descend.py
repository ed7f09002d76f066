"""Descent: the project's optimizers, unchanged, on an objective of a few variables.

All paths of a comparison advance in lockstep, as rows of one array: every update evaluates the objective once for all
of them, and each rule moves its own rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import NAMES, REAL, WHOLE, check_kind, or_none, takes
from koubai.core.errors import ParameterError, ParameterTypeError, ShapeError
from koubai.core.language import worded
from koubai.descent.functions.curvature import curvatures, one_digit, stability_limit, suggested_learning_rate
from koubai.descent.functions.expression import Expression
from koubai.descent.functions.known import get_objective
from koubai.descent.functions.objective import Array, Objective
from koubai.descent.paths.path import Advice, Path, Stop, Stopping
from koubai.descent.wording import tuple_said, variables_said
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.registry import get_optimizer

MOST_POINTS = 20_000_000
"""Maximum number of steps over all paths together, since all are stored."""
FAR = 1e8
"""A path this many times further out than its start has diverged."""
HUGE = 1e12
"""So has a path whose value has grown by this factor."""


@dataclass(frozen=True, slots=True)
class Descent:
    """A descent to be run: its start, rule and learning rate."""

    start: tuple[float, ...]
    optimizer: Optimizer
    learning_rate: float


@np.errstate(all="ignore")  # what overflows is seen in the numbers
@takes("descend", max_steps=WHOLE, step_size=REAL, gradient_norm=REAL, value=or_none(REAL), variables=or_none(NAMES))
def descend(
    function: "str | Expression | Objective | Callable[[Array], float]",
    start: float | Sequence[float] | None = None,
    optimizer: str | Mapping[str, object] | Optimizer = "sgd",
    learning_rate: float | None = None,
    *,
    max_steps: int = 1000,
    step_size: float = 0.0,
    gradient_norm: float = 1e-8,
    value: float | None = None,
    gradient: Callable[[Array], object] | None = None,
    variables: tuple[str, ...] | None = None,
) -> Path:
    """Minimise a function by a gradient method and record the whole path.

    Parameters
    ----------
    function : str, Expression, Objective or callable
        A named function (``"rosenbrock"``), an expression (``"x**4 - 2*x**3 + 1"``), or a Python function of a vector.
    start : float or sequence of float, optional
        θ⁽⁰⁾; by default, the named function's own.
    optimizer : str, Mapping or Optimizer
        A rule of `koubai.optimizers`.
    learning_rate : float, optional
        α > 0; by default, one that suits the curvature at the start.
    max_steps, step_size, gradient_norm, value
        Stopping criteria: see `koubai.descent.paths.path.Stopping`.
    gradient : callable, optional
        The gradient of a Python function; by default, central differences.
    variables : tuple of str, optional
        The variables of an expression, to set their order.

    Returns
    -------
    Path
        Points, values, gradients, and why it stopped.

    Raises
    ------
    ParameterError
        If the function, the start or the learning rate is not allowed.

    Examples
    --------
    >>> path = descend("x**4 - 2*x**3 + 1", start=2, learning_rate=0.01)
    >>> round(float(path.point[0]), 6), round(path.value, 6), path.stop.name
    (1.5, -0.6875, 'GRADIENT_NORM')
    """
    n_variables = size_of(start)
    objective = get_objective(function, gradient, n_variables, variables)
    descent = make_descent(objective, start, optimizer, learning_rate)
    return descend_all(objective, [descent], Stopping(max_steps, step_size, gradient_norm, value))[0]


def size_of(start: float | Sequence[float] | None) -> int:
    """Return the number of variables implied by a start; 2 without one."""
    try:
        return 2 if start is None else int(np.size(start))
    except ValueError:  # rows of different lengths: `check_start` says so
        return 2


def make_descent(
    objective: Objective,
    start: float | Sequence[float] | None,
    optimizer: str | Mapping[str, object] | Optimizer,
    learning_rate: float | None,
) -> Descent:
    """Return the descent described by these arguments, after checking them.

    Raises
    ------
    ParameterError, ParameterTypeError
        If the start is missing, not finite or outside the domain, or α is not allowed.
    ShapeError
        If the start does not have one value per variable of the objective.
    """
    point = check_start(objective, start)
    rule = get_optimizer(optimizer)
    rate = suggested_learning_rate(objective, point, rule) if learning_rate is None else learning_rate
    check_kind("descend", "learning_rate", rate, REAL, rule.default_learning_rate)
    if not 0 < rate < np.inf:
        raise ParameterError(worded("descend.error.rate", got=repr(rate), example=rule.default_learning_rate))
    return Descent(tuple(point.tolist()), rule, float(rate))


def check_start(objective: Objective, start: float | Sequence[float] | None) -> Array:
    """Return the start as an array (d,), or raise as `make_descent` does."""
    if start is None:
        if objective.start is None:
            names = variables_said(objective.variables)
            raise ParameterError(worded("descend.error.no_start", function=objective.name, names=names))
        start = objective.start
    try:
        point = np.atleast_1d(np.asarray(start, dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        raise ParameterTypeError(f"descend: start must be numbers; got {start!r}. Try {(1.0,) * 2}.") from None
    if point.shape != (objective.n_variables,):
        key = "descend.error.start_value" if objective.n_variables == 1 else "descend.error.start_values"
        names = variables_said(objective.variables)
        raise ShapeError(worded(key, n=objective.n_variables, names=names, got=point.size))
    if not np.isfinite(point).all():
        named = {"got": tuple_said(point.tolist()), "example": tuple_said((1.0,) * len(point))}
        raise ParameterError(worded("descend.error.start_finite", **named))
    with np.errstate(all="ignore"):  # what overflows is told
        value, gradient = objective.look(point[np.newaxis], 1)
    if not (np.isfinite(value).all() and np.isfinite(gradient).all()):
        named = {"function": objective.name, "got": tuple_said(point.tolist()), "value": f"{value[0]}"}
        raise ParameterError(worded("descend.error.start_domain", **named))
    return point


def descend_all(
    objective: Objective, descents: Sequence[Descent], stopping: Stopping, advise: bool = True
) -> list[Path]:
    """Run several descents on one objective in lockstep.

    Parameters
    ----------
    objective : Objective
        What to minimise.
    descents : sequence of Descent
        The descents.
    stopping : Stopping
        When each of them stops.
    advise : bool
        Whether to look for a working learning rate for each descent that diverges or leaves the domain.

    Returns
    -------
    list of Path
        In the order of ``descents``.

    Raises
    ------
    ParameterError
        If there could be more than `MOST_POINTS` steps, all of which are stored.
    """
    if len(descents) * stopping.max_steps > MOST_POINTS:
        named = {"most": MOST_POINTS, "n": len(descents), "steps": stopping.max_steps}
        raise ParameterError(worded("descend.error.all_steps", **named))
    order = sorted(range(len(descents)), key=lambda i: _rule(descents[i]))
    paths: list[Path | None] = [None] * len(descents)
    for row, path in zip(order, _lockstep(objective, [descents[i] for i in order], stopping), strict=True):
        if advise and path.stop in (Stop.DIVERGED, Stop.LEFT_DOMAIN):
            path = replace(path, advice=advice_for(objective, descents[row], stopping))
        paths[row] = path
    return [path for path in paths if path is not None]


def _rule(descent: Descent) -> tuple[str, float]:
    return (repr(descent.optimizer), descent.learning_rate)


class Walkers:
    """Rows of points, (n, d), each moved by its rule; rows with the same rule are contiguous."""

    def __init__(self, theta: Array, rules: Sequence[tuple[slice, Optimizer, float]]) -> None:
        self.theta = theta
        self.rules = list(rules)
        self.slots = [rule.init(theta[rows]) for rows, rule, _ in rules]

    @classmethod
    def of(cls, descents: Sequence[Descent]) -> "Walkers":
        """Return the walkers for descents sorted by rule."""
        rules, first = [], 0
        for _, group in groupby(descents, key=_rule):
            members = list(group)
            rules.append((slice(first, first + len(members)), members[0].optimizer, members[0].learning_rate))
            first += len(members)
        return cls(np.array([descent.start for descent in descents], dtype=np.float64), rules)

    def step(self, gradient: Array, t: int) -> Array:
        """Return the points after update ``t``, (n, d), without moving there; the rules' state advances."""
        moved = np.empty_like(self.theta)
        with np.errstate(all="ignore"):  # a path that overflows is recorded as diverged
            for index, (rows, rule, rate) in enumerate(self.rules):
                moved[rows], self.slots[index] = rule.step(self.theta[rows], gradient[rows], self.slots[index], t, rate)
        return moved


class _Recorder:
    """Points, values and gradients of all rows, step by step; capacity doubles when full."""

    def __init__(self, n: int, d: int, max_steps: int) -> None:
        capacity = min(max_steps, 1023) + 1
        self.points, self.gradients = np.empty((2, capacity, n, d))
        self.values = np.empty((capacity, n))

    def keep(self, t: int, points: Array, values: Array, gradients: Array) -> None:
        """Record step t."""
        if t == len(self.points):
            self.points = np.concatenate([self.points, np.empty_like(self.points)])
            self.gradients = np.concatenate([self.gradients, np.empty_like(self.gradients)])
            self.values = np.concatenate([self.values, np.empty_like(self.values)])
        self.points[t], self.values[t], self.gradients[t] = points, values, gradients


def _lockstep(objective: Objective, descents: Sequence[Descent], stopping: Stopping) -> list[Path]:
    walkers = Walkers.of(descents)
    start = walkers.theta
    n_runs, d = start.shape
    recorder = _Recorder(n_runs, d, stopping.max_steps)
    values, gradients = objective.look(start, 1)
    recorder.keep(0, start, values, gradients)
    watch = Watch(objective, stopping, start, values)
    reasons = watch.at_start(values, gradients)
    lengths = np.zeros(len(descents), dtype=np.int64)
    t = 0
    while t < stopping.max_steps and any(reason is None for reason in reasons):
        t += 1
        moved = walkers.step(gradients, t)
        values, gradients = objective.look(moved, t + 1)
        recorder.keep(t, moved, values, gradients)
        for row, found in watch.after(walkers.theta, moved, values, gradients):
            if reasons[row] is None:
                reasons[row], lengths[row] = found, t
        walkers.theta = moved
    lengths[[reason is None for reason in reasons]] = t
    costs = np.cumsum([0, *(objective.cost(step) for step in range(1, t + 1))])
    return [
        Path(
            objective,
            descent.optimizer,
            descent.learning_rate,
            recorder.points[: n + 1, row].copy(),
            recorder.values[: n + 1, row].copy(),
            recorder.gradients[: n + 1, row].copy(),
            reasons[row] or Stop.COUNT,
            costs[: n + 1].astype(np.float64),
        )
        for row, (descent, n) in enumerate(zip(descents, lengths.tolist(), strict=True))
    ]


class Watch:
    """Decides for each row whether its descent has ended, and why."""

    def __init__(self, objective: Objective, stopping: Stopping, start: Array, values: Array) -> None:
        self.stopping = stopping
        self.gradient_norm = 0.0 if objective.stochastic else stopping.gradient_norm
        self.far = FAR * (1 + np.abs(start).max(axis=1))
        self.huge = HUGE * (1 + np.abs(values))

    def at_start(self, values: Array, gradients: Array) -> list[Stop | None]:
        """Return, for each row, why it cannot start, or None."""
        small = self._norm(gradients) < self.gradient_norm
        low = values <= self.stopping.value if self.stopping.value is not None else small & False
        return [Stop.VALUE if v else Stop.GRADIENT_NORM if s else None for v, s in zip(low, small, strict=True)]

    @staticmethod
    def _norm(vectors: Array) -> Array:
        return np.asarray(np.sqrt(reduce(np.add, (vectors * vectors).T)))

    def codes(self, before: Array, after: Array, values: Array, gradients: Array) -> npt.NDArray[np.int8]:
        """Return for each row the index in `REASONS` of why it ended with this update; 0 if it did not."""
        codes = np.zeros(len(values), dtype=np.int8)
        with np.errstate(all="ignore"):
            distances, norms = reduce(np.maximum, np.abs(after).T), self._norm(gradients)
            lengths = self._norm(after - before) if self.stopping.step_size else np.ones(1)
            lowest = -self.huge if self.stopping.value is None else np.maximum(self.stopping.value, -self.huge)
            goes_on = (distances < self.far) & (np.abs(values) <= self.huge) & (values > lowest)
            goes_on &= (norms >= self.gradient_norm) & (norms < np.inf) & (lengths >= self.stopping.step_size)
            rows = np.flatnonzero(~goes_on)  # nearly all rows nearly always continue
            if len(rows):
                codes[rows] = self._reasons(rows, before[rows], after[rows], values[rows], gradients[rows])
        return codes

    def _reasons(
        self, rows: npt.NDArray[np.intp], before: Array, after: Array, values: Array, gradients: Array
    ) -> npt.NDArray[np.int8]:
        """Return the number of the first reason that holds for each of these rows; 0 if none does."""
        far = ~(np.abs(after).max(axis=1) < self.far[rows])
        low = np.zeros(len(rows), dtype=bool) if self.stopping.value is None else values <= self.stopping.value
        checks = [
            far | (values > self.huge[rows]) | np.isinf(gradients).any(axis=1),
            values < -self.huge[rows],
            ~(np.isfinite(values) & np.isfinite(gradients).all(axis=1)),
            low,
            self._norm(gradients) < self.gradient_norm,
            self._norm(after - before) < self.stopping.step_size,
        ]
        return np.asarray(np.select(checks, list(range(1, 7)), 0), dtype=np.int8)

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Watch only these rows from now on."""
        self.far, self.huge = self.far[rows], self.huge[rows]

    def after(self, before: Array, after: Array, values: Array, gradients: Array) -> list[tuple[int, Stop]]:
        """Return the rows that ended with this update, and why."""
        codes = self.codes(before, after, values, gradients)
        return [(int(row), REASONS[codes[row]]) for row in np.flatnonzero(codes)]


REASONS = (
    Stop.COUNT,
    Stop.DIVERGED,
    Stop.UNBOUNDED,
    Stop.LEFT_DOMAIN,
    Stop.VALUE,
    Stop.GRADIENT_NORM,
    Stop.STEP_SIZE,
)
"""Why a descent ended, by number; the first that holds counts."""


def advice_for(objective: Objective, descent: Descent, stopping: Stopping) -> Advice:
    """Return a learning rate that does not fail: half the stability limit at the start's curvature, tried out."""
    curvature = float(np.abs(curvatures(objective, np.array(descent.start))).max())
    limit = stability_limit(descent.optimizer, curvature)
    rate = one_digit(min(limit / 2 if limit else np.inf, descent.learning_rate / 2))
    for _ in range(40):
        path = _lockstep(objective, [replace(descent, learning_rate=rate)], stopping)[0]
        if not path.failed:
            return Advice(curvature, limit, rate)
        rate = one_digit(rate / 2)
    return Advice(curvature, limit, None)
