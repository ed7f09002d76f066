"""Comparisons: every combination, who arrived and at what cost, and where all starts of a window end."""

import time

import numpy as np
import pytest

from koubai.core.errors import ParameterError
from koubai.descent.functions.known import HIMMELBLAU_MINIMA, get_objective
from koubai.descent.paths.basins import FAILED, NOWHERE, basins, compare_basins
from koubai.descent.paths.compare import compare_descents, surface_of


def test_every_combination_is_made_and_labelled() -> None:
    comparison = compare_descents("booth", ["sgd", "adam"], [0.01, 0.02], [(0, 0), (1, 2)], max_steps=20)
    assert len(comparison.paths) == 8
    assert len(set(comparison.labels)) == 8
    assert comparison.labels[0] == "sgd (0, 0) α=0.01"


def test_two_settings_of_one_rule_are_told_apart() -> None:
    slow, fast = {"name": "momentum", "momentum": 0.5}, {"name": "momentum", "momentum": 0.9}
    comparison = compare_descents("booth", [slow, fast], [0.001], max_steps=5)
    assert comparison.labels == ("Momentum(momentum=0.5)", "Momentum(momentum=0.9)")


def test_arrival_is_the_first_step_after_which_a_path_stays_near_a_minimum() -> None:
    comparison = compare_descents("booth", ["sgd", "adadelta"], max_steps=300)
    arrived, late = comparison.arrivals
    near = 0.01 * np.hypot(20, 20)
    distances = np.linalg.norm(arrived.path.points - [1, 3], axis=1)
    assert arrived.minimum == (1.0, 3.0)
    assert arrived.step is not None
    assert (distances[arrived.step :] <= near).all()
    assert distances[arrived.step - 1] > near
    assert arrived.gradient_evaluations == arrived.step
    assert (late.minimum, late.step) == (None, None)


def test_a_path_that_fails_does_not_arrive_and_does_not_stretch_the_window() -> None:
    comparison = compare_descents("x**4 - 2*x**3 + 1", ["sgd"], [0.9, 0.01], [2.0])
    assert comparison.arrivals[0].minimum is None
    assert comparison.arrivals[1].minimum is not None
    assert comparison.surface is not None
    ((low, high),) = comparison.surface.window
    assert 1 < low < 1.5 < 2 < high < 3


def test_minima_of_an_expression_are_found() -> None:
    comparison = compare_descents("x**2*y**2 + y**2 - x + exp(x)", ["sgd"], starts=[(1, 1)])
    np.testing.assert_allclose(comparison.minima, [(0.0, 0.0)], atol=1e-9)
    assert comparison.lowest == pytest.approx(1.0)


def test_minima_of_a_python_function_are_where_descents_come_to_rest() -> None:
    comparison = compare_descents(lambda p: float(np.sum((p - [1, 2, 3]) ** 2)), ["sgd"], [0.1], [(0, 0, 0)])
    np.testing.assert_allclose(comparison.minima, [(1, 2, 3)], atol=1e-6)
    assert comparison.surface is None


def test_the_surface_is_the_objective_on_a_grid_and_its_levels_are_denser_below() -> None:
    objective = get_objective("rosenbrock")
    surface = surface_of(objective, ((-2, 2), (-1, 3)), 41)
    assert surface.values.shape == (41, 41)
    assert surface.values[10, 30] == pytest.approx(float(objective.value(np.array([1.0, 0.0]))))
    levels = surface.levels(16)
    assert (np.diff(levels) > 0).all()
    assert np.mean(surface.values < levels[8]) == pytest.approx(0.5**1.5, abs=0.01)


def test_outside_the_domain_the_surface_is_empty() -> None:
    surface = surface_of(get_objective("log(x) + y**2"), ((-1, 1), (-1, 1)), 11)
    assert np.isnan(surface.values[:, :6]).all()
    assert np.isfinite(surface.values[:, 6:]).all()


def test_nothing_to_compare_is_said() -> None:
    with pytest.raises(ParameterError, match="must not be empty; got nothing to compare"):
        compare_descents("booth", [])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop"])
def test_the_start_beside_a_minimum_belongs_to_it(optimizer: str) -> None:
    found = basins("himmelblau", optimizer, resolution=40)
    np.testing.assert_allclose(sorted(found.minima), sorted(HIMMELBLAU_MINIMA), atol=1e-6)
    for index, (x, y) in enumerate(found.minima):
        column, row = np.abs(found.axes[0] - x).argmin(), np.abs(found.axes[1] - y).argmin()
        assert found.labels[row, column] == index
    assert sum(found.shares) == pytest.approx(1.0)
    assert found.labels.shape == found.steps.shape == (40, 40)


def test_each_start_ends_where_it_would_alone() -> None:
    from koubai.descent.paths.descend import descend

    found = basins("camel", "momentum", resolution=12)
    for row, column in ((0, 0), (3, 7), (11, 2), (6, 6)):
        start = (found.axes[0][column], found.axes[1][row])
        alone = descend("camel", start, "momentum", found.learning_rate, max_steps=1000)
        nearest = np.linalg.norm(np.array(found.minima) - alone.point, axis=1).argmin()
        assert found.labels[row, column] == nearest


def test_starts_that_leave_the_domain_reach_nothing() -> None:
    found = basins("x - log(x) + y**2", "sgd", 0.05, window=((-1, 3), (-1, 1)), resolution=20)
    assert (found.labels[:, found.axes[0] < 0] == FAILED).all()
    assert (found.labels[:, found.axes[0] > 0.3] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"function": "x**2"}, r"the function must have 2 variables; got 1 \(x\*\*2\)"),
        ({"function": "booth", "resolution": 1}, "resolution must be an integer from 2 to 1000; got 1"),
        ({"function": "booth", "learning_rate": 0}, "learning_rate must be > 0"),
    ],
)
def test_what_has_no_basins_gets_one_sentence(arguments: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        basins(**arguments)


def test_a_local_minimum_counts_as_reached_and_as_local() -> None:
    comparison = compare_descents("rastrigin", ["sgd"], starts=[(-3.3, 2.4), (0.1, 0.1)])
    stuck, lucky = comparison.arrivals
    assert stuck.minimum == (pytest.approx(-2.985, abs=1e-3), pytest.approx(1.99, abs=1e-3))
    assert lucky.minimum == (0.0, 0.0)
    assert [comparison.is_local(arrival.minimum) for arrival in comparison.arrivals] == [True, False]
    assert comparison.minima[0] == (0.0, 0.0)
    assert len(comparison.minima) == 2  # the known one, and the one where a path came to rest


def test_minima_of_one_height_are_not_local() -> None:
    comparison = compare_descents("camel", ["sgd"], max_steps=5)
    assert [comparison.is_local(minimum) for minimum in comparison.minima] == [False, False, True, True, True, True]


def test_starts_that_diverge_are_told_from_those_that_are_slow() -> None:
    found = basins("x**4 + y**2", "sgd", 0.1, window=((-9, 9), (-1, 1)), resolution=20, max_steps=3)
    far, near = np.abs(found.axes[0]) > 5, np.abs(found.axes[0]) < 1
    assert (found.labels[:, far] == FAILED).all()
    assert (found.labels[:, near] != FAILED).all()
    assert (found.labels == NOWHERE).any()


def test_maps_of_several_rules_share_starts_and_minima() -> None:
    found = compare_basins("himmelblau", ["sgd", "momentum"], resolution=15)
    alone = basins("himmelblau", "momentum", resolution=15)
    assert [one.optimizer.name for one in found.maps] == ["sgd", "momentum"]
    assert found.maps[0].minima == found.maps[1].minima
    assert (found.maps[1].labels == alone.labels).all()
    assert (found.maps[0].labels != found.maps[1].labels).any()


def test_forty_thousand_starts_take_seconds() -> None:
    began = time.process_time()
    found = basins("himmelblau", "momentum")
    assert found.labels.size == 40_000
    assert time.process_time() - began < 10


def test_eight_rules_over_a_thousand_steps_take_less_than_a_second() -> None:
    names = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "nadam"]
    began = time.process_time()
    comparison = compare_descents("rosenbrock", names, max_steps=1000, gradient_norm=0)
    assert [path.n_steps for path in comparison.paths] == [1000] * 8
    assert time.process_time() - began < 1


def test_each_optimizer_may_have_a_learning_rate_of_its_own() -> None:
    found = compare_descents(
        "x**2 + 20*y**2", ["sgd:0.001", "momentum:0.001", "adam:0.1"], starts=[(-9, 2)], max_steps=5
    )
    assert [path.learning_rate for path in found.paths] == [0.001, 0.001, 0.1]
    assert found.labels == ("sgd", "momentum", "adam")
    with pytest.raises(
        ParameterError, match=r"learning_rates must be left out where an optimizer has its own; got 0\.1"
    ):
        compare_descents("x**2", ["sgd:0.001"], [0.1], [1.0])
    with pytest.raises(
        ParameterError, match=r"the learning rate of sgd must be a number; got 'fast'\. Try sgd:0\.01\."
    ):
        compare_descents("x**2", ["sgd:fast"], starts=[1.0])


def test_with_one_small_rate_for_all_the_slides_order_comes_out() -> None:
    """Slides 77-78: down a long valley, momentum and adaptive rules are ahead of plain descent."""
    names = ["sgd:0.001", "momentum:0.001", "nesterov:0.001", "rmsprop:0.02", "adam:0.1"]
    found = compare_descents("x**2 + 20*y**2", names, starts=[(-9, 2)], max_steps=300)
    ends = dict(zip(found.labels, (path.value for path in found.paths), strict=True))
    assert ends["momentum"] < ends["sgd"]
    assert ends["nesterov"] < ends["sgd"]
    assert ends["adam"] < ends["sgd"]
