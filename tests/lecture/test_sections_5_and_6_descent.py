"""Gradient methods and the straight line of the hands-on part, slides 67-78."""

from fractions import Fraction

import numpy as np
import pytest

from koubai.core.network import Network
from koubai.descent.fits.fitting import fit_points
from koubai.descent.functions.by_hand import by_hand
from koubai.descent.functions.exact import Kind
from koubai.descent.functions.expression import Number, parse
from koubai.descent.functions.known import get_objective
from koubai.descent.paths.descend import descend
from koubai.descent.paths.path import Stop
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.registry import get_engine
from koubai.optimizers.sgd import SGD

F = "x**4 - 2*x**3 + 1"
FAMILY = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop"]


def test_slide_69_by_hand() -> None:
    """f'(x) = 2x²(2x - 3); 0 is stationary but no extremum, and f(3/2) = -11/16 is the minimum."""
    answer = by_hand(get_objective(F))
    assert answer.derivatives == (parse("2*x**2*(2*x - 3)").tree,)
    zero, minimum = answer.stationary
    assert (zero.exact_point, zero.kind) == ((Number(Fraction(0)),), Kind.NEITHER)
    assert (minimum.exact_point, minimum.kind) == ((Number(Fraction(3, 2)),), Kind.MINIMUM)
    assert minimum.exact_value == Number(Fraction(-11, 16))
    assert answer.complete


@pytest.mark.parametrize("x", [Fraction(-1), Fraction(0), Fraction(1, 2), Fraction(3, 2), Fraction(2)])
def test_slide_69_values_and_slopes_are_exact(x: Fraction) -> None:
    f = get_objective(F)
    point = np.array([float(x)])
    assert f.value(point) == float(x**4 - 2 * x**3 + 1)
    assert f.gradient(point)[0] == float(2 * x**2 * (2 * x - 3))


def test_slides_70_to_73_steepest_descent() -> None:
    """x ← x - α f'(x), until convergence."""
    path = descend(F, start=2, learning_rate=0.05)
    for before, after in zip(path.points[:-1, 0], path.points[1:, 0], strict=True):
        assert after == pytest.approx(before - 0.05 * 2 * before**2 * (2 * before - 3), rel=1e-13)
    assert path.point[0] == pytest.approx(3 / 2, abs=1e-8)
    assert path.value == pytest.approx(-11 / 16, abs=1e-14)


def test_slide_74_the_end_depends_on_start_and_learning_rate() -> None:
    """From -1, α = 1/10 lands on the stationary point 0 exactly, a smaller α creeps towards it, a larger diverges."""
    exact = descend(F, start=-1, learning_rate=0.1)
    assert exact.points[:, 0].tolist() == [-1, 0]
    assert exact.value == 1
    assert -0.1 < descend(F, start=-1, learning_rate=0.01).point[0] < 0
    assert descend(F, start=-1, learning_rate=0.5).stop is Stop.DIVERGED
    low, high = (descend("camel", start=start, learning_rate=0.02) for start in ((0.1, 0.5), (1.6, -0.6)))
    assert low.value == pytest.approx(-1.0316, abs=1e-4)
    assert high.value > low.value + 0.5  # a local minimum, by the start alone
    assert low.stop is high.stop is Stop.GRADIENT_NORM


def test_slide_74_one_update_over_n_rows_costs_n_gradients_and_slide_75_one_row_costs_one() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 50)
    y = 2 * x + 1
    fits = fit_points(x, y, methods=["steepest", "sgd"], learning_rate=1e-3, max_steps=100)
    steepest, single = fits.paths
    assert steepest.gradient_evaluations == 50 * steepest.n_steps
    assert single.gradient_evaluations == single.n_steps == 100


@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_slides_75_76_stochastic_gradient_descent_takes_each_example_once_in_a_shuffled_order(engine: str) -> None:
    """Each row has a feature of its own, and so its own weight: an epoch moves every weight by its row's gradient."""
    network = Network.dense((6, 1), bias=False)
    x, y = np.eye(6), np.arange(1.0, 7.0)[:, np.newaxis]
    state = State(np.zeros(6), np.zeros((0, 6)))
    plan = Plan(network, SGD(), batch_size=1, seed=1)
    get_engine(engine).run(plan, state, Rows(x, y), np.full((1, 6), 0.25))
    np.testing.assert_allclose(state.theta, 0.25 * y[:, 0], rtol=1e-15)
    rates = np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])  # tells the order: the rate of row i's update moved weight i
    orders = []
    for epoch in range(2):
        state = State(np.zeros(6), np.zeros((0, 6)), epoch=epoch)
        get_engine(engine).run(plan, state, Rows(x, y), rates)
        orders.append((state.theta / y[:, 0]).round(12).tolist())
    assert all(sorted(order) == rates[0].tolist() for order in orders)
    assert orders[0] != orders[1]


@pytest.mark.parametrize("name", FAMILY)
def test_slides_77_78_every_method_goes_down_the_long_valley_and_leaves_the_saddle(name: str) -> None:
    rate = {"adagrad": 0.5, "adadelta": 1.0, "rmsprop": 0.02}.get(name, 0.05)
    valley = descend("valley", optimizer=name, learning_rate=rate, max_steps=3000)
    assert valley.value < 1e-2 * valley.values[0]
    saddle = descend("saddle", optimizer=name, learning_rate=rate, max_steps=3000)
    assert saddle.value < 0
    assert abs(saddle.point[1]) == pytest.approx(1, abs=0.1)


def test_slides_77_78_momentum_is_ahead_in_the_valley_and_adaptive_rules_at_the_saddle() -> None:
    def value(function: str, name: str, rate: float, steps: int) -> float:
        return descend(function, optimizer=name, learning_rate=rate, max_steps=steps).value

    assert value("valley", "momentum", 0.05, 100) < value("valley", "sgd", 0.05, 100)
    assert value("valley", "nesterov", 0.05, 100) < value("valley", "sgd", 0.05, 100)
    assert value("saddle", "rmsprop", 0.05, 60) < value("saddle", "sgd", 0.05, 60)


RNG = np.random.default_rng(314)
LINE_X = RNG.uniform(-2, 2, 1000)
LINE_Y = 3.14 * LINE_X - 1.59 + RNG.normal(scale=0.3, size=1000)
LEAST_SQUARES = float(LINE_X @ (LINE_Y + 1.59) / (LINE_X @ LINE_X))


def test_section_6_the_slope_alone() -> None:
    """Σ (y_i - f(x_i))², intercept -1.59 known, α = 1e-4, at most 10000 updates or until |Δw| < 1e-8: about 3.14."""
    rule = SGD()
    w, slots, t, moved = np.zeros(1), rule.init(np.zeros(1)), 0, np.inf
    while moved >= 1e-8 and t < 10_000:
        t += 1
        error = w * LINE_X - 1.59 - LINE_Y
        gradient = np.array([2 * (error * LINE_X).sum()])
        after, slots = rule.step(w, gradient, slots, t, 1e-4)
        moved, w = float(abs(after - w)[0]), after
    assert moved < 1e-8
    assert w[0] == pytest.approx(3.14, abs=0.02)
    assert w[0] == pytest.approx(LEAST_SQUARES, abs=1e-7)
    path = fit_points(LINE_X, LINE_Y, intercept=-1.59, learning_rate=1e-4, step_size=1e-8, max_steps=10_000).paths[0]
    assert path.n_steps == t
    assert path.point[0] == pytest.approx(w[0], rel=1e-12)


@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_section_6_slope_and_intercept_together_with_the_rule_and_with_a_network_of_one_node(engine: str) -> None:
    """A network's loss is half the mean, so that α on the sum is 2000 α on it; both walk the same path."""
    path = fit_points(LINE_X, LINE_Y, learning_rate=1e-4, max_steps=100, step_size=0).paths[0]
    network = Network.dense((1, 1))
    state = State(np.array(path.points[0]), np.zeros((0, 2)))
    plan = Plan(network, SGD(), batch_size=1000, shuffle=False)
    rows = Rows(LINE_X[:, np.newaxis], LINE_Y[:, np.newaxis])
    get_engine(engine).run(plan, state, rows, np.full((100, 1), 2 * 1000 * 1e-4))
    np.testing.assert_allclose(state.theta, path.point, rtol=1e-10)
    np.testing.assert_allclose(state.theta, [3.14, -1.59], atol=0.03)
    np.testing.assert_allclose(state.theta, np.polyfit(LINE_X, LINE_Y, 1), atol=1e-6)


def test_section_6_by_stochastic_gradient_descent() -> None:
    network = Network.dense((1, 1))
    state = State(np.zeros(2), np.zeros((0, 2)))
    rows = Rows(LINE_X[:, np.newaxis], LINE_Y[:, np.newaxis])
    rates = np.linspace(0.02, 0.0005, 10)[:, np.newaxis] * np.ones(1000)
    losses = get_engine("cpu").run(Plan(network, SGD(), batch_size=1), state, rows, rates)
    np.testing.assert_allclose(state.theta, [3.14, -1.59], atol=0.05)
    assert losses[-1] == pytest.approx(0.5 * 0.3**2, rel=0.1)  # half the variance of the noise
