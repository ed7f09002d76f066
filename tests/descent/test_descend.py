"""Descents: they follow the optimizers' rules, end for the reason that they name, and say what would have helped."""

import numpy as np
import pytest

from koubai.core.errors import ParameterError, ParameterTypeError, ShapeError
from koubai.descent.functions.curvature import curvatures, hessian, one_digit, stability_limit
from koubai.descent.functions.known import NAMED, get_objective
from koubai.descent.paths.descend import Descent, descend, descend_all, make_descent
from koubai.descent.paths.path import Stop, Stopping
from koubai.optimizers.registry import OPTIMIZERS, get_optimizer
from koubai.optimizers.sgd import SGD

QUARTIC = "x**4 - 2*x**3 + 1"


def test_the_lectures_function_ends_at_its_minimum() -> None:
    path = descend(QUARTIC, start=2, learning_rate=0.01)
    assert path.point[0] == pytest.approx(1.5, abs=1e-8)
    assert path.value == pytest.approx(-11 / 16, abs=1e-12)
    assert path.stop is Stop.GRADIENT_NORM


def test_steepest_descent_takes_the_steps_of_slide_70() -> None:
    path = descend(QUARTIC, start=2, learning_rate=0.01, max_steps=3)
    x = 2.0
    for t in range(4):
        assert path.points[t, 0] == x
        assert path.gradients[t, 0] == pytest.approx(4 * x**3 - 6 * x**2, rel=1e-15)
        x -= 0.01 * path.gradients[t, 0]
    np.testing.assert_array_equal(path.steps, np.diff(path.points, axis=0))
    assert path.gradient_evaluations == 3
    assert path.stop is Stop.COUNT


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_paths_in_lockstep_are_those_of_the_rule_alone(name: str) -> None:
    objective = get_objective("rosenbrock")
    rule = get_optimizer(name)
    runs = [Descent((-1.2, 1.0), rule, 0.001), Descent((0.3, 0.4), SGD(), 0.0005), Descent((0.5, 2.0), rule, 0.001)]
    together = descend_all(objective, runs, Stopping(30))
    for run, path in zip(runs, together, strict=True):
        theta, slots = np.array(run.start), run.optimizer.init(np.array(run.start))
        for t in range(1, 31):
            theta, slots = run.optimizer.step(theta, objective.gradient(theta), slots, t, run.learning_rate)
            np.testing.assert_allclose(path.points[t], theta, rtol=1e-12)


def test_it_stops_on_a_small_step() -> None:
    path = descend("x**2", start=1, learning_rate=0.25, step_size=1e-3, gradient_norm=0)
    assert path.stop is Stop.STEP_SIZE
    sizes = np.abs(path.steps[:, 0])
    assert sizes[-1] < 1e-3 <= sizes[-2]


def test_it_stops_on_a_low_value() -> None:
    path = descend("x**2", start=1, learning_rate=0.25, value=0.01)
    assert path.stop is Stop.VALUE
    assert path.values[-1] <= 0.01 < path.values[-2]


def test_at_a_stationary_point_it_does_not_move() -> None:
    path = descend(QUARTIC, start=0, learning_rate=0.1)
    assert (path.n_steps, path.stop) == (0, Stop.GRADIENT_NORM)


def test_a_start_below_the_wanted_value_ends_at_once() -> None:
    assert descend("x**2", start=0.01, learning_rate=0.1, value=1.0).stop is Stop.VALUE


@pytest.mark.parametrize("start", [2.0, -1.0, 3.0])
def test_divergence_is_said_with_a_learning_rate_that_works(start: float) -> None:
    path = descend(QUARTIC, start=start, learning_rate=0.9)
    assert path.stop is Stop.DIVERGED
    assert path.advice is not None
    assert path.advice.curvature == pytest.approx(abs(12 * start**2 - 12 * start), rel=1e-6)
    assert path.advice.limit == pytest.approx(2 / path.advice.curvature)
    assert path.advice.learning_rate is not None
    assert path.advice.learning_rate < path.advice.limit
    again = descend(QUARTIC, start=start, learning_rate=path.advice.learning_rate)
    assert not again.failed


def test_no_advice_where_no_learning_rate_helps() -> None:
    path = descend("-x**2", start=1, learning_rate=0.4)
    assert path.stop is Stop.UNBOUNDED
    assert path.advice is None
    uphill = descend(lambda p: p[0] ** 2, start=1.0, learning_rate=1e-9, gradient=lambda p: -1e12 * np.exp(p))
    assert uphill.stop is Stop.DIVERGED
    assert uphill.advice is not None
    assert uphill.advice.learning_rate is None or uphill.advice.learning_rate < 1e-9


def test_leaving_the_domain_is_said() -> None:
    path = descend("x - log(x)", start=0.05, optimizer="momentum", learning_rate=2.0)
    assert path.stop is Stop.LEFT_DOMAIN
    assert path.point[0] < 0
    assert np.isfinite(path.values[:-1]).all()


@pytest.mark.parametrize(("name", "factor"), [("sgd", 2.0), ("momentum", 3.8), ("nesterov", 3.8 / 2.8)])
def test_the_stability_limit_is_where_a_bowl_begins_to_diverge(name: str, factor: float) -> None:
    curvature = 6.0
    limit = stability_limit(get_optimizer(name), curvature)
    assert limit == pytest.approx(factor / curvature)
    below = descend("3*x**2", start=1, optimizer=name, learning_rate=0.99 * limit, max_steps=3000)
    above = descend("3*x**2", start=1, optimizer=name, learning_rate=1.01 * limit, max_steps=3000)
    assert abs(below.point[0]) < 1e-3
    assert abs(above.point[0]) > 1e3


def test_rules_that_normalise_have_no_limit_and_neither_has_a_saddle_that_falls_everywhere() -> None:
    assert stability_limit(get_optimizer("adam"), 10.0) is None
    assert stability_limit(SGD(), -1.0) is None


def test_the_hessian_is_that_of_calculus() -> None:
    objective = get_objective("rosenbrock")
    np.testing.assert_allclose(hessian(objective, np.array([1.0, 1.0])), [[802, -400], [-400, 200]], rtol=1e-7)
    assert np.isnan(curvatures(get_objective("log(x)"), np.array([-1.0]))).all()


@pytest.mark.parametrize("name", list(NAMED))
def test_known_minima_are_minima_and_lie_in_the_window(name: str) -> None:
    objective = NAMED[name]()
    assert objective.window is not None
    for minimum in objective.minima:
        point = np.array(minimum)
        np.testing.assert_allclose(objective.gradient(point), 0, atol=1e-7)
        if name != "ackley":  # its minimum is the tip of a cone
            assert curvatures(objective, point).min() > 0
        assert all(low <= x <= high for x, (low, high) in zip(minimum, objective.window, strict=True))
    assert all(low <= x <= high for x, (low, high) in zip(objective.start or (), objective.window, strict=True))


@pytest.mark.parametrize("name", ["valley", "saddle", "himmelblau", "booth", "camel", "quartic", "plateau"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_the_suggested_learning_rate_arrives(name: str, optimizer: str) -> None:
    path = descend(name, optimizer=optimizer)
    assert path.distances[-1] < 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NAMED))
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_no_suggested_learning_rate_diverges(name: str, optimizer: str) -> None:
    path = descend(name, optimizer=optimizer, max_steps=200)
    assert not path.failed
    assert path.value < path.values[0]


def test_python_functions_descend_with_and_without_a_gradient() -> None:
    def bowl(p: np.ndarray) -> float:
        return float((p[0] - 1) ** 2 + 3 * (p[1] + 2) ** 2 + p[2] ** 2)

    by_differences = descend(bowl, start=(0, 0, 1), learning_rate=0.1)
    exact = descend(
        bowl, start=(0, 0, 1), learning_rate=0.1, gradient=lambda p: [2 * (p[0] - 1), 6 * (p[1] + 2), 2 * p[2]]
    )
    np.testing.assert_allclose(exact.point, [1, -2, 0], atol=1e-7)
    np.testing.assert_allclose(by_differences.points[:50], exact.points[:50], atol=1e-7)


def test_noise_is_the_same_on_every_path_and_averages_out() -> None:
    objective = get_objective("noisy_bowl")
    points = np.zeros((3, 2))
    _, first = objective.look(points, 1)
    np.testing.assert_array_equal(first[0], first[1])
    draws = np.array([objective.look(points, step)[1][0] for step in range(1, 2001)])
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.08)
    np.testing.assert_allclose(draws.std(axis=0), 1, atol=0.06)
    assert descend("noisy_bowl", max_steps=50).stop is Stop.COUNT


def test_one_digit_cuts() -> None:
    assert [one_digit(x) for x in (0.0417, 1.0, 0.1, 97.0, 0.0)] == [0.04, 1.0, 0.1, 90.0, 0.01]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"function": "rosenbrok"}, ParameterError, "got 'rosenbrok'. Did you mean rosenbrock"),
        ({"function": "qwertz"}, ParameterError, "Try one of: quartic, valley"),
        ({"function": 3}, ParameterTypeError, "must be an expression, a name or a callable; got int"),
        ({"function": "x**2"}, ParameterError, r"start must be given for x\*\*2; got None"),
        ({"function": "x**2", "start": np.nan}, ParameterError, r"start must be finite; got \(nan,\)"),
        ({"function": "x**2", "start": "here"}, ParameterTypeError, "start must be numbers; got 'here'"),
        ({"function": "log(x)", "start": -1}, ParameterError, r"start must lie where log\(x\) and its gradient are"),
        ({"function": "rosenbrock", "start": 1}, ShapeError, "start must hold 2 values, for x, y; got 1"),
        ({"function": "x**2", "start": (1, 2)}, ShapeError, "start must hold 1 value, for x; got 2"),
        ({"function": "booth", "learning_rate": -1}, ParameterError, "learning_rate must be > 0 and finite; got -1"),
        ({"function": "booth", "learning_rate": "a"}, ParameterTypeError, "learning_rate must be a number; got 'a'"),
        ({"function": "booth", "optimizer": "sdg"}, ParameterError, "got 'sdg'"),
        ({"function": "booth", "max_steps": 0}, ParameterError, "max_steps must be an integer from 1 to 1000000"),
        ({"function": "booth", "step_size": -1}, ParameterError, "step_size must be >= 0 and finite; got -1"),
        ({"function": "booth", "value": np.inf}, ParameterError, "value must be finite; got inf"),
        ({"function": lambda p: p, "start": (1, 2)}, ShapeError, r"must return one number; got shape \(2,\)"),
        (
            {"function": lambda p: p[0], "start": (1, 2), "gradient": lambda p: [1.0]},
            ShapeError,
            r"the gradient must have shape \(n_variables,\) = \(2,\); got \(1,\)",
        ),
    ],
)
def test_what_cannot_be_descended_gets_one_sentence(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        descend(**arguments)


def test_make_run_suggests_only_when_asked() -> None:
    objective = get_objective("booth")
    assert make_descent(objective, None, "sgd", 0.5).learning_rate == 0.5
    assert make_descent(objective, (1, 1), "sgd", None).learning_rate == pytest.approx(0.05, abs=0.05)
