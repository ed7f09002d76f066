"""Descent on data: fit a line, a logistic curve or a perceptron to points, in slope and intercept.

The loss is the sum over the rows, as on slides 17, 50 and 51 and in the lecture's straight-line exercise, so steepest
descent sees the sum over all rows, a batch the sum over its own rows, and one α serves both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from koubai.core.activations.base import Activation
from koubai.core.activations.identity import Identity
from koubai.core.activations.sigmoid import Sigmoid
from koubai.core.arguments import FLAG, NAMES, REAL, SEED, TEXT, WHOLE, WINDOW, floats, or_none, takes
from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.language import worded
from koubai.core.losses import Loss
from koubai.core.losses.binary_cross_entropy import BinaryCrossEntropy
from koubai.core.losses.perceptron import PerceptronLoss
from koubai.core.randomness import SHUFFLE, derive_key, permutation
from koubai.descent.fits.fitted import Fit, Model
from koubai.descent.functions.curvature import curvatures, one_digit
from koubai.descent.functions.objective import Array, Objective, Window, check_window
from koubai.descent.functions.stationary import newton
from koubai.descent.paths.compare import surface_of, view_window
from koubai.descent.paths.descend import descend_all, make_descent
from koubai.descent.paths.path import Path, Stopping
from koubai.descent.wording import tuple_said
from koubai.optimizers.protocol import Optimizer

Method = Literal["steepest", "minibatch", "sgd"]
Function = Callable[[Array], tuple[Array, Array]]

MODELS: tuple[Model, ...] = get_args(Model)
METHODS: tuple[Method, ...] = get_args(Method)
EPOCHS = 20
"""Maximum number of epochs for minibatches and single rows."""
CHUNK = 4_000_000
"""Maximum number of values (points times rows) held in memory at once."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OnData(Objective):
    """A loss summed over rows, a batch of which is seen by each update.

    Parameters
    ----------
    rows : callable
        Row indices → the loss of those rows alone, as a function of the parameters.
    n_rows : int
        Number of rows.
    batch_size : int
        Number of rows per update; all of them for steepest descent.
    seed : int
        Seed of the order of rows within each epoch.
    """

    rows: Callable[[npt.NDArray[np.int64]], Function]
    n_rows: int
    batch_size: int
    seed: int = 0

    @property
    def stochastic(self) -> bool:
        """Whether an update sees fewer than all rows."""
        return self.batch_size < self.n_rows

    def batch(self, step: int) -> npt.NDArray[np.int64]:
        """Return the rows of update ``step``, counted from 1: each epoch visits all rows in a new order (slide 75)."""
        per_epoch = -(-self.n_rows // self.batch_size)
        epoch, index = divmod(step - 1, per_epoch)
        order = _order(self.seed, epoch, self.n_rows)
        return order[index * self.batch_size : (index + 1) * self.batch_size]

    def look(self, points: Array, step: int) -> tuple[Array, Array]:
        """Return the loss of all rows, and the gradient of the loss of the update's rows."""
        if not self.stochastic:
            return self.function(points)
        return self.value(points), self.rows(self.batch(step))(points)[1]

    def cost(self, step: int) -> int:
        """Return the number of rows the update uses."""
        return len(self.batch(step)) if self.stochastic else self.n_rows


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, n: int) -> npt.NDArray[np.int64]:
    return permutation(derive_key(seed, SHUFFLE, epoch), n)


@takes(
    "fit",
    model=TEXT,
    intercept=or_none(REAL),
    methods=NAMES,
    max_steps=WHOLE,
    step_size=REAL,
    batch_size=WHOLE,
    seed=SEED,
    names=NAMES,
    window=or_none(WINDOW),
    standardize=FLAG,
)
def fit_points(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    model: Model = "line",
    *,
    intercept: float | None = None,
    methods: Sequence[Method] = ("steepest",),
    optimizer: str | Mapping[str, object] | Optimizer = "sgd",
    learning_rate: float | None = None,
    start: Sequence[float] | float | None = None,
    max_steps: int = 10_000,
    step_size: float = 1e-8,
    batch_size: int = 32,
    seed: int = 0,
    names: tuple[str, str] = ("x", "y"),
    window: Window | None = None,
    standardize: bool = False,
) -> Fit:
    """Fit slope and intercept by gradient descent and record the paths.

    Parameters
    ----------
    x, y : (n,)
        The points. For ``logistic`` and ``perceptron``, y has two distinct values, the larger of which is the positive
        class.
    model : {"line", "logistic", "perceptron"}
        What is minimised: Σ (y - (w x + b))², the cross-entropy of σ(w x + b), or Σ max(0, -y (w x + b)).
    intercept : float, optional
        b, if known; only the slope w is then fitted.
    methods : sequence of {"steepest", "minibatch", "sgd"}
        All rows, ``batch_size`` rows, or one row per update.
    optimizer : str, Mapping or Optimizer
        The rule that follows the gradient.
    learning_rate : float, optional
        α of every method; by default, one that suits each.
    start : float or sequence of float, optional
        Starting point; by default zero, or (-1, 1) for the perceptron, whose loss is 0 at zero.
    max_steps : int
        Maximum number of updates; minibatches and single rows also stop after 20 epochs.
    step_size : float
        Steepest descent stops after an update with ‖Δθ‖ below this.
    batch_size, seed
        Rows of a minibatch; seed of their order.
    names : tuple of str
        What x and y are called.
    window : Window, optional
        The part of the loss surface to show.
    standardize : bool
        Whether to fit (x - mean) / standard deviation instead of x, which turns a long valley in the loss into a round
        bowl.

    Raises
    ------
    DataError, ShapeError
        If the points are not two columns of finite numbers, or y does not have two classes.
    ParameterError
        If a name or a number is not allowed.

    Examples
    --------
    >>> x = np.linspace(0, 1, 50)
    >>> result = fit_points(x, 3 * x - 1, intercept=-1, learning_rate=0.01)
    >>> round(float(result.paths[0].point[0]), 6), round(result.answer[0], 6)
    (3.0, 3.0)
    """
    x, y, classes = _checked_points(x, y, model)
    _check_choices(intercept, methods, batch_size)
    x, scaling = _standardized(x) if standardize else (x, None)
    _check_spread(x, intercept)
    whole = objective_on(x, y, model, intercept, seed)
    answer = _answer(whole, x, y, model, intercept)
    whole = replace(whole, minima=() if answer is None else (answer,))
    paths = [
        _descend(whole, method, optimizer, learning_rate, start, Stopping(max_steps, step_size), batch_size)
        for method in methods
    ]
    check_window(whole, window)
    look = window or view_window(whole, paths)
    return Fit(
        whole,
        tuple(paths),
        surface_of(whole, look, 121),
        whole.minima,
        tuple(methods),
        model=model,
        x=x,
        y=y,
        names=names,
        intercept=intercept,
        answer=answer,
        classes=classes,
        scaling=scaling,
    )


def _check_choices(intercept: float | None, methods: Sequence[Method], batch_size: int) -> None:
    if intercept is not None and not np.isfinite(intercept):
        raise ParameterError(worded("descend.error.intercept", got=repr(intercept)))
    if len(methods) == 0 or any(method not in METHODS for method in methods):
        raise ParameterError(worded("descend.error.methods", methods=", ".join(METHODS), got=tuple_said(methods)))
    if not batch_size >= 1:
        raise ParameterError(worded("descend.error.fit_batch", got=repr(batch_size)))


def objective_on(x: Array, y: Array, model: Model, intercept: float | None = None, seed: int = 0) -> OnData:
    """Return the model's loss over the points as an objective in the slope and, unless it is given, the intercept."""
    activation: Activation = Sigmoid() if model == "logistic" else Identity()
    loss: Loss = PerceptronLoss() if model == "perceptron" else BinaryCrossEntropy()

    def rows(chosen: npt.NDArray[np.int64]) -> Function:
        if model == "line":
            return _squares(x[chosen], y[chosen], intercept)
        return _losses(x[chosen], y[chosen], loss, activation, intercept)

    n = len(x)
    variables = ("slope",) if intercept is not None else ("slope", "intercept")
    start = (-1.0, 1.0)[: len(variables)] if model == "perceptron" else (0.0,) * len(variables)
    function = rows(np.arange(n))
    return OnData(model, variables, function, start=start, rows=rows, n_rows=n, batch_size=n, seed=seed)


def _squares(x: Array, y: Array, intercept: float | None) -> Function:
    """Return θ → ‖y - Aθ‖² and its gradient 2 (AᵀA θ - Aᵀy), A = (x, 1); the products are precomputed."""
    design = x[:, np.newaxis] if intercept is not None else np.stack([x, np.ones_like(x)], axis=1)
    target = y - (intercept or 0.0)
    gram, moment, square = design.T @ design, design.T @ target, float(target @ target)

    def function(points: Array) -> tuple[Array, Array]:
        image = points @ gram
        value = square + (points * (image - 2 * moment)).sum(axis=-1)
        return np.asarray(value), np.asarray(2 * (image - moment))

    return function


def _losses(x: Array, y: Array, loss: Loss, activation: Activation, intercept: float | None) -> Function:
    """Return θ → Σ_i E(w x_i + b, y_i) and its gradient Σ_i δ_i (x_i, 1)."""

    def some(points: Array) -> tuple[Array, Array]:
        b = points[:, 1:] if intercept is None else intercept
        u = (points[:, :1] * x + b).reshape(-1, 1)  # (n_points · n, 1)
        targets = np.tile(y, len(points))[:, np.newaxis]
        z = activation.value(u)
        value = loss.rows(activation, u, z, targets).reshape(len(points), -1).sum(axis=1)
        deltas = loss.delta(activation, u, z, targets).reshape(len(points), -1)
        gradient = np.stack([deltas @ x, deltas.sum(axis=1)], axis=1)[:, : points.shape[1]]
        return value, gradient

    def function(points: Array) -> tuple[Array, Array]:
        flat = points.reshape(-1, points.shape[-1])
        pieces = np.array_split(flat, max(1, -(-flat.shape[0] * len(x) // CHUNK)))
        values, gradients = zip(*(some(piece) for piece in pieces), strict=True)
        return np.concatenate(values).reshape(points.shape[:-1]), np.concatenate(gradients).reshape(points.shape)

    return function


def _standardized(x: Array) -> tuple[Array, tuple[float, float]]:
    """Return (x - mean) / standard deviation, and both statistics."""
    mean, deviation = float(x.mean()), float(x.std())
    if not deviation > 0:
        raise DataError(worded("descend.error.standardize", got=f"{x[0]:g}"))
    return (x - mean) / deviation, (mean, deviation)


def _check_spread(x: Array, intercept: float | None) -> None:
    """Refuse x for which the best parameters are not unique."""
    if intercept is None and float(np.ptp(x)) == 0:
        raise DataError(worded("descend.error.spread", got=f"{x[0]:g}"))
    if not np.any(x):
        raise DataError(worded("descend.error.zeros"))


def _checked_points(x: npt.ArrayLike, y: npt.ArrayLike, model: Model) -> tuple[Array, Array, tuple[str, str] | None]:
    """Return x and y as arrays (n,), y coded as the model needs it, and the names of the two classes."""
    if model not in MODELS:
        raise ParameterError(f"fit: model must be one of {', '.join(MODELS)}; got {model!r}. Try 'line'.")
    given, names = (floats("fit", "y", y) if model == "line" else np.asarray(y)), None
    if model != "line":
        classes = np.unique(given)
        if len(classes) != 2:
            raise DataError(worded("descend.error.classes", model=model, got=len(classes)))
        names = (str(classes[0]), str(classes[1]))
        given = np.where(given == classes[1], 1.0, 0.0 if model == "logistic" else -1.0)
    xs, ys = floats("fit", "x", x), floats("fit", "y", given)
    if xs.ndim != 1 or xs.shape != ys.shape or len(xs) < 2:
        raise ShapeError(worded("descend.error.fit_rows", x=tuple_said(xs.shape), y=tuple_said(ys.shape)))
    if not (np.isfinite(xs).all() and np.isfinite(ys).all()):
        bad = int(np.flatnonzero(~(np.isfinite(xs) & np.isfinite(ys)))[0])
        raise DataError(worded("descend.error.fit_finite", x=f"{xs[bad]}", y=f"{ys[bad]}", row=bad + 1))
    return xs, ys, names


def _answer(whole: OnData, x: Array, y: Array, model: Model, intercept: float | None) -> tuple[float, ...] | None:
    """Return the loss-minimising parameters without descending; None if there are none."""
    if model == "line":
        design = x[:, np.newaxis] if intercept is not None else np.stack([x, np.ones_like(x)], axis=1)
        solution = np.linalg.lstsq(design, y - (intercept or 0.0), rcond=None)[0]
        return tuple(float(v) for v in solution)
    if model == "perceptron":
        return None
    d = whole.n_variables
    found = newton(whole, np.zeros((1, d)), np.full(d, 5.0), 60)[0]
    slope = float(np.linalg.norm(whole.gradient(found)))
    if not slope < 1e-6 * len(x) or curvatures(whole, found).min() < 1e-6:  # separable: the loss decreases for ever
        return None
    return tuple(found.tolist())


def _descend(
    whole: OnData,
    method: Method,
    optimizer: str | Mapping[str, object] | Optimizer,
    learning_rate: float | None,
    start: Sequence[float] | float | None,
    stopping: Stopping,
    batch_size: int,
) -> Path:
    """Descend by one method; batches stop by count alone, since one lucky row can make a tiny step."""
    size = {"steepest": whole.n_rows, "minibatch": min(batch_size, whole.n_rows), "sgd": 1}[method]
    objective = replace(whole, batch_size=size)
    if objective.stochastic:
        updates = EPOCHS * -(-whole.n_rows // size)
        stopping = replace(stopping, max_steps=min(updates, stopping.max_steps), step_size=0.0)
    descent = make_descent(whole, start, optimizer, learning_rate)
    if learning_rate is None and descent.optimizer.stability_limit(1.0) is not None:
        descent = replace(descent, learning_rate=_batch_rate(whole, size, descent.learning_rate))
    return descend_all(objective, [descent], stopping)[0]


def _batch_rate(whole: OnData, size: int, rate: float) -> float:
    """Return α for batches: larger for fewer rows, but less so the more the rows differ.

    The loss of b rows is on average n / b times as flat as that of all rows, and single rows may be ten times as curved
    as the average: hence b / (b + 9) of that. The perceptron's loss has no curvature to go by: slide 19's η = 1/2 is
    shared among the rows of a batch.
    """
    if whole.name == "perceptron":
        return 0.5 / size
    return one_digit(rate * max(1.0, whole.n_rows / (size + 9)))
