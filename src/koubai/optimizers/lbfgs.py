"""L-BFGS: a quasi-Newton method for functions with a full gradient, through SciPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DivergenceError

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

ValueAndGradient = Callable[[Array], tuple[float, Array]]
"""θ → (f(θ), ∂f/∂θ), the gradient of θ's shape."""

AfterIteration = Callable[[int, Array, float], bool | None]
"""(iteration from 1, θ, f(θ)) → True to stop."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """The result of a minimisation.

    Parameters
    ----------
    theta : array
        θ, of the shape and dtype of the start.
    value : float
        f(θ), in units of f.
    n_iterations, n_evaluations : int
        Accepted steps, and calls of f (a line search may call it more than once per step).
    converged : bool
        Whether a tolerance was met, as opposed to a limit, a failed line search or the callback.
    status : int
        SciPy's code: 0 converged, 1 a limit was reached, 2 no step lowers f any more, 99 the callback ended it.
    message : str
        SciPy's message.
    """

    theta: Array
    value: float
    n_iterations: int
    n_evaluations: int
    converged: bool
    status: int
    message: str


def minimize_lbfgs(
    function: ValueAndGradient,
    theta: Array,
    *,
    gradient_tolerance: float = 1e-5,
    value_tolerance: float = 2.220446049250313e-09,
    max_iterations: int = 15_000,
    max_evaluations: int = 15_000,
    history_size: int = 10,
    callback: AfterIteration | None = None,
) -> Minimum:
    """Minimise f from a start by limited-memory BFGS (Liu and Nocedal 1989; Zhu, Byrd, Lu and Nocedal 1997).

    A quadratic model of f from the last few gradients gives each direction, a line search the length of the step.
    With scikit-learn's ``tol``, ``max_iter`` and ``max_fun`` as ``gradient_tolerance``, ``max_iterations`` and
    ``max_evaluations`` it is the same call of ``scipy.optimize.minimize`` that scikit-learn's networks make.

    Parameters
    ----------
    function : callable
        θ → (f(θ), ∂f/∂θ); it receives θ in the start's shape and dtype and must not modify it.
    theta : array
        The start, which is left unchanged.
    gradient_tolerance : float
        Converged once no component of the gradient is larger in absolute value.
    value_tolerance : float
        Converged once a step lowers f by no more than this, relative to max(|f|, 1).
    max_iterations, max_evaluations : int
        Limits on steps and on calls of f; the second is checked after each step, so a line search may exceed it.
    history_size : int
        Number of past steps in the model.
    callback : callable, optional
        Called after each iteration with its number, θ and f(θ); True ends the minimisation there.

    Returns
    -------
    Minimum
        The last point reached, converged or not; every step lowered f.

    Raises
    ------
    DivergenceError
        If f or its gradient is not finite at the start.

    Examples
    --------
    >>> found = minimize_lbfgs(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(2))
    >>> found.theta, found.converged
    (array([3., 3.]), True)
    """
    from scipy.optimize import minimize

    walk = _Walk(function, theta, callback)
    result = minimize(
        walk.evaluate,
        theta.astype(np.float64).ravel(),
        method="L-BFGS-B",
        jac=True,
        options={
            "gtol": gradient_tolerance,
            "ftol": value_tolerance,
            "maxiter": max_iterations,
            "maxfun": max_evaluations,
            "maxcor": history_size,
        },
        callback=walk.after_iteration,
    )
    return walk.minimum(result)


class _Walk:
    """A minimisation by SciPy: f on its flat float64 vectors, and the last point that it accepted."""

    def __init__(self, function: ValueAndGradient, theta: Array, callback: AfterIteration | None) -> None:
        self.function, self.theta, self.callback = function, theta, callback
        self.n_iterations = 0
        self.accepted: tuple[Array, float] | None = None

    def point(self, x: npt.NDArray[np.float64]) -> Array:
        """Return a flat vector in the shape and dtype of the start."""
        return x.reshape(self.theta.shape).astype(self.theta.dtype)

    def evaluate(self, x: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """Return f and its gradient; the first call is at the start."""
        value, gradient = self.function(self.point(x))
        flat = np.asarray(gradient, dtype=np.float64).ravel()
        if self.accepted is None:
            _check_start(float(value), flat)
            self.accepted = self.theta.copy(), float(value)
        return float(value), flat

    def after_iteration(self, intermediate_result: "OptimizeResult") -> None:  # SciPy inspects the parameter's name
        """Keep the point that was reached, and ask the callback whether to go on."""
        self.n_iterations += 1
        theta, value = self.point(intermediate_result.x), float(intermediate_result.fun)
        self.accepted = theta, value
        if self.callback is not None and self.callback(self.n_iterations, theta.copy(), value):
            raise StopIteration

    def minimum(self, result: "OptimizeResult") -> Minimum:
        """Return the result; after a failed line search, SciPy's own x and fun may belong to different points."""
        assert self.accepted is not None
        return Minimum(
            *self.accepted,
            n_iterations=int(result.nit),
            n_evaluations=int(result.nfev),
            converged=bool(result.status == 0),
            status=int(result.status),
            message=str(result.message),
        )


def _check_start(value: float, gradient: Array) -> None:
    if not np.isfinite(value):
        raise DivergenceError(
            f"minimize_lbfgs: the function must be finite at the start; got {value}. Start from other values of theta."
        )
    if not np.isfinite(gradient).all():
        index = int(np.flatnonzero(~np.isfinite(gradient))[0])
        raise DivergenceError(
            f"minimize_lbfgs: the gradient must be finite at the start; got {gradient[index]} in component {index}. "
            f"Start from other values of theta."
        )
