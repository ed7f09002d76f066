"""L-BFGS through SciPy: the same path as SciPy's own call, its limits, and what is handed back."""

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from koubai.core.errors import DivergenceError
from koubai.optimizers.lbfgs import minimize_lbfgs

START = np.array([-1.2, 1.0, 0.5])


def rosenbrock(x):
    return float(rosen(x)), rosen_der(x)


def test_same_path_as_scipy():
    """With scikit-learn's settings (tol as gtol, max_iter, max_fun), to the last bit."""
    theirs_path, ours_path = [], []
    theirs = minimize(
        rosenbrock,
        START,
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": 15000, "maxiter": 200, "gtol": 1e-4},
        callback=lambda xk: theirs_path.append(xk.copy()),
    )
    ours = minimize_lbfgs(
        rosenbrock,
        START,
        gradient_tolerance=1e-4,
        max_iterations=200,
        max_evaluations=15000,
        callback=lambda number, theta, value: ours_path.append((number, theta, value)),
    )
    np.testing.assert_array_equal(ours.theta, theirs.x)
    assert (ours.value, ours.n_iterations, ours.n_evaluations) == (theirs.fun, theirs.nit, theirs.nfev)
    assert (ours.status, ours.message) == (0, theirs.message)
    assert ours.converged
    np.testing.assert_array_equal([theta for _, theta, _ in ours_path], theirs_path)
    assert [number for number, _, _ in ours_path] == list(range(1, theirs.nit + 1))
    values = [value for _, _, value in ours_path]
    assert values == sorted(values, reverse=True)
    assert values[-1] == ours.value


def test_slide_69_minimum():
    found = minimize_lbfgs(
        lambda x: (float((x**4 - 2 * x**3 + 1)[0]), 4 * x**3 - 6 * x**2), np.array([2.0]), gradient_tolerance=1e-10
    )
    assert found.theta[0] == pytest.approx(1.5, rel=1e-9)
    assert found.value == pytest.approx(-11 / 16, rel=1e-12)


def test_shape_dtype_and_start_are_kept():
    start = np.full((2, 2), 3.0, dtype=np.float32)
    seen = []

    def bowl(theta):
        seen.append((theta.shape, theta.dtype))
        return float((theta**2).sum()), 2 * theta

    found = minimize_lbfgs(bowl, start)
    assert found.theta.shape == (2, 2)
    assert found.theta.dtype == np.float32
    np.testing.assert_allclose(found.theta, 0, atol=1e-5)
    assert set(seen) == {((2, 2), np.dtype(np.float32))}
    assert (start == 3).all()


def test_limit_on_iterations():
    found = minimize_lbfgs(rosenbrock, START, max_iterations=3)
    assert (found.n_iterations, found.status, found.converged) == (3, 1, False)
    assert "ITERATIONS" in found.message
    assert found.value == rosen(found.theta)


def test_limit_on_evaluations():
    found = minimize_lbfgs(rosenbrock, START, max_evaluations=5)
    assert (found.status, found.converged) == (1, False)
    assert 5 < found.n_evaluations < 15
    assert "EVALUATIONS" in found.message


def test_callback_can_stop():
    found = minimize_lbfgs(rosenbrock, START, callback=lambda number, theta, value: number == 4)
    assert (found.n_iterations, found.converged) == (4, False)
    assert found.value == rosen(found.theta)
    assert found.status == 99
    assert "callback" in found.message.lower()


def test_changing_the_callbacks_theta_changes_nothing():
    def scribble(number, theta, value):
        theta[:] = 7

    np.testing.assert_array_equal(
        minimize_lbfgs(rosenbrock, START, callback=scribble).theta, minimize_lbfgs(rosenbrock, START).theta
    )


def test_tolerance_on_the_value():
    loose = minimize_lbfgs(rosenbrock, START, value_tolerance=1e-1)
    assert loose.converged
    assert loose.n_iterations < minimize_lbfgs(rosenbrock, START).n_iterations


def test_history_is_passed_on():
    assert (
        minimize_lbfgs(rosenbrock, START, history_size=1).n_iterations > minimize_lbfgs(rosenbrock, START).n_iterations
    )


def test_an_edge_of_the_finite_numbers_ends_it_where_it_still_was_finite():
    """Beyond x = 1.2 the function is NaN: the last good point comes back, with its own value, and not as converged."""

    def broken(x):
        value, slope = float((x**4 - 2 * x**3 + 1)[0]), 4 * x**3 - 6 * x**2
        return (value, slope) if x[0] <= 1.2 else (np.nan, slope * np.nan)

    found = minimize_lbfgs(broken, np.array([1.0]))
    assert not found.converged
    assert found.value == broken(found.theta)[0]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda x: (float("nan"), np.zeros(3)),
            "minimize_lbfgs: the function must be finite at the start; got nan. Start from other values of theta.",
        ),
        (
            lambda x: (0.0, np.array([0.0, np.inf, 0.0])),
            "minimize_lbfgs: the gradient must be finite at the start; got inf in component 1. "
            "Start from other values of theta.",
        ),
    ],
)
def test_a_start_that_is_not_finite(function, message):
    with pytest.raises(DivergenceError) as caught:
        minimize_lbfgs(function, START)
    assert str(caught.value) == message
