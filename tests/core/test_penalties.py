"""Penalties: value and gradient, for weights alone."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.network import Network
from koubai.core.penalties import Penalty

from ..oracles import differences

pytestmark = pytest.mark.usefixtures("double_precision")

NETWORK = Network.dense((2, 3, 2))
strengths = st.floats(0, 10)


def test_known_value_and_gradient() -> None:
    network = Network.dense((2, 1))
    theta = np.array([3.0, -4.0, 100.0])  # two weights and a bias
    assert Penalty(l1=0.5).value(network, theta, 1) == 3.5
    assert Penalty(l2=0.5).value(network, theta, 1) == 0.5 * 0.5 * 25
    assert Penalty(l1=0.5, l2=2).gradient(network, theta, 1).tolist() == [0.5 + 6, -0.5 - 8, 0]
    assert Penalty(l1=1.0).gradient(network, np.array([0.0, -0.0, 5.0]), 1).tolist() == [0, 0, 0]


@settings(max_examples=10)
@given(l1=strengths, l2=strengths, per_row=st.booleans(), weight=st.floats(0.5, 100), seed=st.integers(0, 99))
def test_gradient_is_that_of_the_value(l1: float, l2: float, per_row: bool, weight: float, seed: int) -> None:
    penalty = Penalty(l1, l2, per_row)
    theta = np.random.default_rng(seed).normal(size=NETWORK.n_parameters)
    theta[np.abs(theta) < 0.01] = 0.5
    gradient = penalty.gradient(NETWORK, theta, weight)
    np.testing.assert_allclose(
        gradient, differences(lambda t: penalty.value(NETWORK, t, weight), theta), rtol=1e-9, atol=1e-9
    )
    share = 1 / weight if per_row else 1.0
    mask = NETWORK.is_weight

    def value(t):
        w = t[mask]
        return share * (l1 * abs(w).sum() + 0.5 * l2 * (w * w).sum())

    expected, by_jax = jax.value_and_grad(value)(jax.numpy.asarray(theta))
    assert penalty.value(NETWORK, theta, weight) == pytest.approx(float(expected), rel=1e-13)
    np.testing.assert_allclose(gradient, by_jax, rtol=1e-13, atol=1e-15)


def test_per_row_divides_by_the_weight_of_the_batch() -> None:
    """As scikit-learn's ``alpha`` counts: ½ α Σ w² / n."""
    theta = np.arange(1.0, 1 + NETWORK.n_parameters)
    whole, shared = Penalty(0.3, 0.7), Penalty(0.3, 0.7, per_row=True)
    assert shared.value(NETWORK, theta, 20) == pytest.approx(whole.value(NETWORK, theta, 20) / 20)
    np.testing.assert_allclose(shared.gradient(NETWORK, theta, 20), whole.gradient(NETWORK, theta, 20) / 20)


def test_float32_is_kept() -> None:
    assert Penalty(0.1, 0.2).gradient(NETWORK, np.ones(NETWORK.n_parameters, np.float32), 7).dtype == np.float32


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"l1": -1}, ParameterError, "Penalty: l1 must be >= 0 and finite; got -1.0. Try 0.0."),
        ({"l2": np.nan}, ParameterError, "Penalty: l2 must be >= 0 and finite; got nan. Try 0.0."),
        ({"l2": np.inf}, ParameterError, "Penalty: l2 must be >= 0 and finite; got inf. Try 0.0."),
        ({"l1": "small"}, ParameterTypeError, "Penalty: l1 must be a number; got str. Try 0.0."),
    ],
)
def test_a_bad_strength_is_named_in_one_sentence(changes, error, message) -> None:
    with pytest.raises(error) as caught:
        Penalty(**changes)
    assert str(caught.value) == message
