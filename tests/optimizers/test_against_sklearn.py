"""Momentum, Nesterov, Adam and two schedules against the optimizers inside scikit-learn's networks."""

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from tests.optimizers.paths import GRADIENTS, RATES, START, follow, given_gradient

from koubai.optimizers.adam import Adam
from koubai.optimizers.registry import get_optimizer
from koubai.optimizers.schedules import get_schedule


@pytest.mark.parametrize(
    ("name", "momentum", "nesterov"), [("sgd", 0.0, False), ("momentum", 0.9, False), ("nesterov", 0.9, True)]
)
def test_sgd_under_a_changing_learning_rate(name, momentum, nesterov):
    theirs = START.copy()
    optimizer = SGDOptimizer([theirs], momentum=momentum, nesterov=nesterov)
    path = []
    for gradient, rate in zip(GRADIENTS, RATES, strict=True):
        optimizer.learning_rate = rate
        optimizer.update_params([theirs], [gradient])
        path.append(theirs.copy())
    np.testing.assert_array_equal(follow(get_optimizer(name), START, given_gradient, RATES), np.array(path))


def test_adam_differs_in_the_place_of_epsilon_alone():
    theirs = START.copy()
    optimizer = AdamOptimizer([theirs], learning_rate_init=0.02, epsilon=1e-300)
    path = []
    for gradient in GRADIENTS:
        optimizer.update_params([theirs], [gradient])
        path.append(theirs.copy())
    ours = follow(Adam(epsilon=1e-300), START, given_gradient, [0.02] * 200)
    np.testing.assert_allclose(ours, np.array(path), rtol=1e-12, atol=1e-12)


def test_adam_with_scikit_learns_epsilon():
    """ε / √(1 - β₂ᵗ) in our rule is scikit-learn's ε, as the docstring says of its place beside √v."""
    theirs, gradient = np.array([1.0]), np.array([1e-3])
    AdamOptimizer([theirs], learning_rate_init=0.1, epsilon=1e-4).update_params([theirs], [gradient])
    ours, _ = Adam(epsilon=1e-4 / np.sqrt(1 - 0.999)).step(np.array([1.0]), gradient, np.zeros((2, 1)), 1, 0.1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_inverse_scaling_is_invscaling_to_the_last_bit():
    """scikit-learn counts rows and changes its rate at the end of an epoch; 55 rows in batches of 10, 30 epochs."""
    optimizer = SGDOptimizer([], learning_rate_init=0.3, lr_schedule="invscaling", power_t=0.4)
    schedule = get_schedule({"name": "inverse_scaling", "power": 0.4})
    ours = schedule.rates(0.3, 0, 180, 6, 180, n_rows=55).reshape(30, 6)
    for epoch in range(30):
        assert (ours[epoch] == optimizer.learning_rate).all()
        optimizer.iteration_ends(55 * (epoch + 1))


def test_inverse_scaling_goes_on_after_tables_of_other_lengths():
    """As after partial_fit with 55 rows, then 20, then 20 again."""
    optimizer = SGDOptimizer([], learning_rate_init=0.3, lr_schedule="invscaling")
    optimizer.iteration_ends(75)
    ours = get_schedule("inverse_scaling").rates(0.3, 8, 2, 2, 10, n_rows=20, rows_seen=75)
    assert (ours == optimizer.learning_rate).all()


def test_adaptive_is_scikit_learns_until_it_stops():
    optimizer = SGDOptimizer([], learning_rate_init=0.1, lr_schedule="adaptive")
    schedule = get_schedule("adaptive")
    rate, n_falls = 0.1, 0
    while rate is not None:
        assert rate == optimizer.learning_rate
        assert (schedule.rates(rate, 0, 3, 1, 3) == rate).all()
        rate = schedule.after_stagnation(rate)
        assert optimizer.trigger_stopping("", False) == (rate is None)
        n_falls += 1
    assert n_falls == 9
