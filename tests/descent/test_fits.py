"""Descent on data: the lecture's straight-line exercise; logistic and perceptron losses beside other answers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.descent.fits.fitting import fit_points, objective_on
from koubai.descent.paths.path import Stop

rng = np.random.default_rng(6)
X = rng.uniform(-2, 2, 1000)
Y = 3.14 * X - 1.59 + rng.normal(0, 0.5, 1000)
LABELS = np.where(X + rng.normal(0, 0.8, 1000) > 0.3, "yes", "no")


def test_the_lectures_run_gives_the_least_squares_slope() -> None:
    result = fit_points(X, Y, intercept=-1.59, learning_rate=1e-4, max_steps=10_000, step_size=1e-8)
    slope = float(X @ (Y + 1.59) / (X @ X))
    path = result.paths[0]
    assert path.stop is Stop.STEP_SIZE
    assert path.point[0] == pytest.approx(slope, abs=1e-6)
    assert slope == pytest.approx(3.14, abs=0.05)
    assert result.answer == (pytest.approx(slope, rel=1e-12),)


def test_slope_and_intercept_together_give_least_squares() -> None:
    result = fit_points(X, Y, learning_rate=1e-4)
    expected = np.polyfit(X, Y, 1)
    np.testing.assert_allclose(result.paths[0].point, expected, atol=1e-6)
    np.testing.assert_allclose(result.answer, expected, rtol=1e-10)
    assert result.line(result.paths[0].point) == tuple(result.paths[0].point)


def test_single_rows_come_near_and_cost_one_gradient_each() -> None:
    result = fit_points(X, Y, methods=["sgd"], learning_rate=1e-3, max_steps=4000)
    path = result.paths[0]
    np.testing.assert_allclose(path.point, result.answer, atol=0.1)
    assert path.gradient_evaluations == path.n_steps == 4000


def test_an_epoch_takes_every_row_once_in_a_new_order() -> None:
    result = fit_points(X[:10], Y[:10], methods=["minibatch"], batch_size=4, max_steps=6)
    objective = result.paths[0].objective
    first = np.concatenate([objective.batch(step) for step in (1, 2, 3)])
    second = np.concatenate([objective.batch(step) for step in (4, 5, 6)])
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)
    assert result.paths[0].costs.tolist() == [0, 4, 8, 10, 14, 18, 20]


def test_a_batch_sees_its_own_rows() -> None:
    whole = objective_on(X, Y, "line")
    part = whole.rows(np.arange(5))
    value, gradient = part(np.array([2.0, 1.0]))
    residual = Y[:5] - (2 * X[:5] + 1)
    assert value == pytest.approx(residual @ residual)
    np.testing.assert_allclose(gradient, [-2 * residual @ X[:5], -2 * residual.sum()])


@pytest.mark.parametrize("model", ["line", "logistic", "perceptron"])
@pytest.mark.parametrize("intercept", [None, 0.4])
def test_gradients_are_those_of_central_differences(model: str, intercept: float | None) -> None:
    y = Y if model == "line" else np.where(LABELS == "yes", 1.0, 0.0 if model == "logistic" else -1.0)
    objective = objective_on(X, y, model, intercept)
    points = np.array([[0.7, -0.2], [-1.1, 0.5]])[:, : objective.n_variables]
    for axis in range(objective.n_variables):
        h = 1e-6 * np.eye(objective.n_variables)[axis]
        expected = (objective.value(points + h) - objective.value(points - h)) / 2e-6
        np.testing.assert_allclose(objective.gradient(points)[:, axis], expected, rtol=1e-5)


def test_logistic_regression_is_scikit_learns() -> None:
    result = fit_points(X, LABELS, "logistic")
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X[:, np.newaxis], LABELS)
    np.testing.assert_allclose(result.answer, [oracle.coef_[0, 0], oracle.intercept_[0]], rtol=1e-5)
    np.testing.assert_allclose(result.paths[0].point, result.answer, atol=1e-3)


def test_separable_classes_have_no_lowest_loss() -> None:
    assert fit_points(np.array([-2.0, -1, 1, 2]), [0, 0, 1, 1], "logistic", max_steps=50).answer is None


def test_the_perceptron_separates_what_can_be_separated() -> None:
    x = np.concatenate([np.linspace(-2, -0.5, 20), np.linspace(0.5, 2, 20)])
    y = np.repeat([0, 1], 20)
    result = fit_points(x, y, "perceptron", methods=["sgd"], max_steps=800)
    slope, intercept = result.line(result.paths[0].point)
    assert ((slope * x + intercept > 0) == (y == 1)).all()


def test_a_perceptron_predicts_one_class_on_either_side_of_its_border() -> None:
    x = np.array([-2.0, -1, 1, 2])
    fit = fit_points(x, ["no", "no", "yes", "yes"], "perceptron", max_steps=5)
    assert fit.classes == ("no", "yes")
    across, up = fit.curve([2.0, -1.0])
    assert across.tolist() == [-2, 0.5, 0.5, 2]
    assert up.tolist() == [-1, -1, 1, 1]
    assert fit.curve([-2.0, 1.0])[1].tolist() == [1, 1, -1, -1]
    assert fit.curve([1.0, 10.0])[1].tolist() == [1, 1]
    assert fit.curve([0.0, -1.0])[1].tolist() == [-1, -1]


def test_standardized_x_gives_the_same_line_for_x_as_given() -> None:
    x = 50 + 10 * X
    plain, scaled = fit_points(x, Y, max_steps=3), fit_points(x, Y, standardize=True)
    np.testing.assert_allclose(scaled.unscaled(scaled.paths[0].point), plain.answer, atol=1e-6)
    assert scaled.condition == pytest.approx(1.0)
    design = np.stack([x, np.ones_like(x)], axis=1)
    assert plain.condition == pytest.approx(np.linalg.cond(design.T @ design), rel=1e-6)
    assert (plain.is_ill_conditioned, scaled.is_ill_conditioned) == (True, False)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 4000.0])
def test_without_a_learning_rate_a_line_is_found_whatever_its_size(scale: float) -> None:
    result = fit_points(X, scale * (3 * X - 1), methods=["steepest", "minibatch"], standardize=True)
    for path in result.paths:
        np.testing.assert_allclose(path.point, result.answer, rtol=0.05)


@pytest.mark.slow
def test_minibatches_take_longer_steps_than_all_rows_without_a_learning_rate() -> None:
    result = fit_points(X, LABELS, "logistic", methods=["steepest", "minibatch", "sgd"])
    rates = [path.learning_rate for path in result.paths]
    assert rates == sorted(rates)
    assert rates[1] > 5 * rates[0]
    for path in result.paths:
        assert path.value < 1.1 * result.answer_value


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": [3, 3], "y": [1, 2]}, DataError, "x must have at least two distinct values; got only 3"),
        ({"x": [0, 0], "y": [1, 2], "intercept": 1.0}, DataError, "x must have a nonzero value"),
        (
            {"x": [3, 3], "y": [1, 2], "standardize": True},
            DataError,
            "distinct values to be standardized; got only 3",
        ),
        ({"x": [1, 2], "y": [1, 2, 3]}, ShapeError, r"two columns of at least 2 rows; got shapes \(2,\) and \(3,\)"),
        ({"x": ["a", "b"], "y": [1, 2]}, DataError, "fit: x must contain only numbers; got a list"),
        ({"x": [1, np.nan], "y": [1, 2]}, DataError, r"must be finite; got \(nan, 2.0\) in row 2"),
        ({"x": [1, 2, 3], "y": [0, 1, 2], "model": "logistic"}, DataError, "two distinct values for logistic; got 3"),
        ({"x": [1, 2], "y": [1, 2], "model": "curve"}, ParameterError, "model must be one of line, logistic"),
        ({"x": [1, 2], "y": [1, 2], "methods": ["adam"]}, ParameterError, "methods must be among steepest, minibatch"),
        ({"x": [1, 2], "y": [1, 2], "intercept": np.inf}, ParameterError, "intercept must be finite; got inf"),
        ({"x": [1, 2], "y": [1, 2], "batch_size": 0}, ParameterError, "batch_size must be >= 1; got 0"),
        ({"x": [1, 2], "y": [1, 2], "start": (1, 2, 3)}, ShapeError, "start must hold 2 values, for slope, intercept"),
    ],
)
def test_what_cannot_be_fitted_gets_one_sentence(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        fit_points(**arguments)
