"""Objectives: functions of a few variables that give values and gradients at many points at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from koubai.core.arguments import NAMES, TEXT, WHOLE, Kind, or_none, shown, takes
from koubai.core.errors import ParameterError, ParameterTypeError, ShapeError
from koubai.core.language import worded
from koubai.core.randomness import derive_key, uniforms
from koubai.descent.functions.evaluation import Tape
from koubai.descent.functions.expression import Expression, parse

Array = npt.NDArray[np.float64]
Window = tuple[tuple[float, float], ...]
"""Lower and upper limit of each variable in a plot."""

NOISE = 3
"""Random stream of the gradient noise."""

MOST_VARIABLES = 10_000
"""Maximum number of variables of a function: each gets a name, and two calls for a gradient by differences."""


@dataclass(frozen=True, eq=False)
class Objective:
    """A function f of d variables.

    Parameters
    ----------
    name : str
        Its name.
    variables : tuple of str
        Names of the variables, d of them.
    function : callable
        Points (…, d) → f, shape (…), and its gradient, shape (…, d), NaN or infinity outside the domain.
    window : Window, optional
        The region to show.
    start : tuple of float, optional
        A starting point that shows its characteristic behaviour.
    minima : tuple of tuple of float
        The known minima.
    expression : Expression, optional
        The expression it was built from.
    """

    name: str
    variables: tuple[str, ...]
    function: Callable[[Array], tuple[Array, Array]]
    window: Window | None = None
    start: tuple[float, ...] | None = None
    minima: tuple[tuple[float, ...], ...] = ()
    expression: Expression | None = None

    @property
    def n_variables(self) -> int:
        """Number of variables d."""
        return len(self.variables)

    @property
    def stochastic(self) -> bool:
        """Whether a step sees something other than the gradient of f."""
        return False

    def value(self, points: Array) -> Array:
        """Return f at the points (…, d), shape (…)."""
        return self.function(points)[0]

    def gradient(self, points: Array) -> Array:
        """Return the gradient of f at the points (…, d), shape (…, d)."""
        return self.function(points)[1]

    def look(self, points: Array, step: int) -> tuple[Array, Array]:
        """Return f and the gradient that update ``step`` (counted from 1) sees, at the points (…, d)."""
        return self.function(points)

    def cost(self, step: int) -> int:
        """Return the number of gradients evaluated by update ``step``: one, unless f is a sum over rows of data."""
        return 1


@dataclass(frozen=True, eq=False)
class Noisy(Objective):
    """An objective with normal noise on its gradient, like that of a small batch.

    Parameters
    ----------
    noise : float
        Standard deviation of the noise on each component.
    seed : int
        Seed of the noise; update t sees the same noise on every path, so that methods can be compared.
    """

    noise: float = 1.0
    seed: int = 0

    @property
    def stochastic(self) -> bool:
        """Whether there is noise."""
        return self.noise > 0

    def look(self, points: Array, step: int) -> tuple[Array, Array]:
        """Return f and its gradient plus noise (Box and Muller 1958), at the points (…, d)."""
        value, gradient = self.function(points)
        draws = uniforms(derive_key(self.seed, NOISE, step), 2 * self.n_variables)
        radius = np.sqrt(-2 * np.log1p(-draws[: self.n_variables]))
        return value, gradient + self.noise * radius * np.cos(2 * np.pi * draws[self.n_variables :])


def check_window(objective: Objective, window: Window | None) -> None:
    """Raise ShapeError if a window has other variables than the objective."""
    if window is not None and len(window) != objective.n_variables:
        raise ShapeError(
            f"descend: window must be (lowest, highest) for each of {', '.join(objective.variables)}; "
            f"got {len(window)} of them. Leave it out."
        )


EXPRESSION = Kind(
    "a text or of class Expression", lambda value: isinstance(value, str | Expression), "Try 'x**4 - 2*x**3 + 1'."
)


class Known(TypedDict, total=False):
    """What is known of a function besides its values; see `Objective`."""

    window: Window | None
    start: tuple[float, ...] | None
    minima: tuple[tuple[float, ...], ...]


@takes("expression", given=EXPRESSION, name=or_none(TEXT), variables=or_none(NAMES))
def from_expression(
    given: "str | Expression", name: str | None = None, variables: tuple[str, ...] | None = None, **known: Unpack[Known]
) -> Objective:
    """Return the objective given by an expression.

    Parameters
    ----------
    given : str or Expression
        See `koubai.descent.functions.expression.parse`.
    name : str, optional
        Its name; by default, the text itself.
    variables : tuple of str, optional
        The variables in the wanted order, possibly more than occur.
    **known
        ``window``, ``start``, ``minima``.

    Raises
    ------
    ParameterError
        If there is no variable, or ``variables`` leaves one out.

    Examples
    --------
    >>> from_expression("x**4 - 2*x**3 + 1").gradient(np.array([1.0]))
    array([-2.])
    """
    expression = parse(given) if isinstance(given, str) else given
    names = expression.variables if variables is None else tuple(variables)
    if not names:
        raise ParameterError(worded("descend.error.no_variable", got=repr(expression.text)))
    missing = [variable for variable in expression.variables if variable not in names]
    if missing or len(set(names)) < len(names):
        raise ParameterError(
            f"expression: variables must list each of {', '.join(expression.variables)} once; "
            f"got {', '.join(names)}. Omit variables."
        )
    tape = Tape(expression.tree, names)
    return Objective(name or expression.text, names, tape.value_and_gradient, expression=expression, **known)


@takes("descend", n_variables=WHOLE, name=or_none(TEXT))
def from_callable(
    function: Callable[[Array], float],
    gradient: Callable[[Array], object] | None = None,
    n_variables: int = 2,
    name: str | None = None,
    **known: Unpack[Known],
) -> Objective:
    """Return the objective of a Python function of one vector.

    Parameters
    ----------
    function : callable
        Vector (d,) → f.
    gradient : callable, optional
        Vector (d,) → gradient (d,); by default, central differences (f(x + h) - f(x - h)) / 2h are used, with h = ∛ε ·
        max(1, abs x).
    n_variables : int
        d.
    name : str, optional
        Its name; by default, the function's own.
    **known
        ``window``, ``start``, ``minima``.

    Raises
    ------
    ParameterTypeError
        If ``function`` is not callable.
    ParameterError
        If there is no variable, or there are more than 10,000.
    ShapeError
        When called: if the function does not return one number, or the gradient does not have d.
    """
    if not callable(function):
        raise ParameterTypeError(
            f"descend: function must be an expression, a name or a callable; got {type(function).__name__}. "
            f"Try 'rosenbrock'."
        )
    if not 1 <= n_variables <= MOST_VARIABLES:
        raise ParameterError(
            f"descend: n_variables must be from 1 to {MOST_VARIABLES}; got {shown(n_variables)}. Try 2."
        )
    label = name or str(getattr(function, "__name__", "f"))
    called = _Called(label, function, gradient)
    names = {1: ("x",), 2: ("x", "y"), 3: ("x", "y", "z")}.get(
        n_variables, tuple(f"x{i + 1}" for i in range(n_variables))
    )
    return Objective(label, names, called.value_and_gradient, **known)


@dataclass(frozen=True, slots=True)
class _Called:
    """A Python function of one vector (d,), with its gradient if that is known."""

    label: str
    function: Callable[[Array], float]
    gradient: Callable[[Array], object] | None

    def value(self, point: Array) -> float:
        """Return f at one point."""
        value = np.asarray(self.function(point.copy()), dtype=np.float64)
        if value.size != 1:
            raise ShapeError(
                f"{self.label}: the function must return one number; got shape {value.shape}. Sum its terms."
            )
        return float(value.reshape(()))

    def slope(self, point: Array) -> Array:
        """Return the gradient at one point (d,)."""
        if self.gradient is None:
            return central_differences(self.value, point)
        given = np.asarray(self.gradient(point.copy()), dtype=np.float64)
        if given.shape != point.shape:
            raise ShapeError(
                f"{self.label}: the gradient must have shape (n_variables,) = {point.shape}; got {given.shape}. "
                f"Leave it out to use central differences."
            )
        return given

    def value_and_gradient(self, points: Array) -> tuple[Array, Array]:
        """Return f (...,) and its gradient (..., d) at points (..., d)."""
        rows = points.reshape(-1, points.shape[-1])
        with np.errstate(all="ignore"):
            values = np.array([self.value(row) for row in rows]).reshape(points.shape[:-1])
            slopes = np.array([self.slope(row) for row in rows]).reshape(points.shape)
        return values, slopes


def central_differences(function: Callable[[Array], float], point: Array) -> Array:
    """Return the gradient of a function at a point (d,) by (f(x + h) - f(x - h)) / 2h in each direction, (d,)."""
    h = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1.0, np.abs(point))
    shifts = np.diag(h)
    return np.array([(function(point + s) - function(point - s)) / (2 * s[i]) for i, s in enumerate(shifts)])
