"""Losses: values and derivatives behind every output activation that they accept."""

import json
from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.losses import LOSSES, get_loss
from koubai.core.losses.cross_entropy import CrossEntropy
from koubai.core.losses.hinge import Hinge
from koubai.core.losses.huber import Huber
from koubai.core.losses.perceptron import PerceptronLoss
from koubai.core.losses.poisson import Poisson
from koubai.core.network import Network

from ..oracles import PAIRS, PHI, ROW_LOSS, differences, parameters, targets_for

pytestmark = pytest.mark.usefixtures("double_precision")

each_pair = pytest.mark.parametrize(("output", "name"), PAIRS)
each_loss = pytest.mark.parametrize("name", LOSSES)


def case(output: str, name: str, n: int = 6, m: int = 3, seed: int = 0):
    """Activation, loss, u, z and y for a pair, away from the kinks of relu, hinge and Huber."""
    rng = np.random.default_rng(seed)
    phi, loss = get_activation(output), get_loss(name)
    u = rng.normal(size=(n, m)) * 1.5
    u[np.abs(u) < 0.05] = 0.3
    if loss.lower == 0 and output in ("relu", "step"):
        u = np.abs(u)  # log 0 has a convention of its own
    return phi, loss, u, phi.value(u), targets_for(name, n, m, rng)


@pytest.mark.parametrize(
    ("name", "z", "y", "expected"),
    [
        ("half_squared_error", [3.0, 1.0], [1.0, 1.5], 0.5 * (4 + 0.25)),
        ("cross_entropy", [0.25, 0.75], [0.0, 1.0], -log(0.75)),
        ("cross_entropy", [0.25, 0.75], [0.5, 0.5], -0.5 * log(0.1875)),
        ("binary_cross_entropy", [0.25, 0.75], [0.0, 1.0], -2 * log(0.75)),
        ("binary_cross_entropy", [0.2], [0.3], -0.3 * log(0.2) - 0.7 * log(0.8)),
        ("perceptron", [2.0, -3.0, -1.0], [1.0, 1.0, -1.0], 3.0),
        ("hinge", [2.0, -3.0, 0.25], [1.0, 1.0, 1.0], 4 + 0.75),
        ("huber", [0.5, 3.0], [0.0, 0.0], 0.125 + 2.5),
        ("poisson", [2.0, 3.0], [0.0, 1.0], 2 + (2 - log(3))),
        ("poisson", [2.0], [2.0], 0.0),
    ],
)
def test_known_values(name: str, z: list, y: list, expected: float) -> None:
    phi = get_activation("sigmoid" if "entropy" in name else "softplus" if name == "poisson" else "identity")
    z_rows, y_rows = np.array([z]), np.array([y])
    u = {
        "sigmoid": lambda: np.log(z_rows / (1 - z_rows)),
        "softplus": lambda: np.log(np.expm1(z_rows)),
        "identity": lambda: z_rows,
    }[phi.name]()
    np.testing.assert_allclose(get_loss(name).rows(phi, u, z_rows, y_rows), [expected], rtol=1e-14, atol=1e-15)


@each_pair
def test_rows_and_delta_agree_with_automatic_differentiation(output: str, name: str) -> None:
    phi, loss, u, z, y = case(output, name)
    rows = loss.rows(phi, u, z, y)

    def total(v):
        return ROW_LOSS[name](PHI[output](v, **parameters(phi)), y, **parameters(loss))

    expected, back = jax.vjp(total, jnp.asarray(u))
    delta = loss.delta(phi, u, z, y)
    assert rows.shape == (6,)
    assert delta.shape == u.shape
    if output == "step":  # its own logarithms of 0 are finite by convention
        finite = np.isfinite(np.asarray(expected))
        np.testing.assert_allclose(rows[finite], np.asarray(expected)[finite], rtol=1e-13)
        assert (delta == 0).all()
        return
    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(delta, back(jnp.ones(6))[0], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("output", "name"), [pair for pair in PAIRS if pair[0] != "step"])
def test_delta_is_that_of_central_differences(output: str, name: str) -> None:
    phi, loss, u, z, y = case(output, name, n=3, seed=5)
    expected = differences(lambda v: float(loss.rows(phi, v, phi.value(v), y).sum()), u)
    np.testing.assert_allclose(loss.delta(phi, u, z, y), expected, rtol=1e-8, atol=1e-9)


@each_loss
@given(seed=st.integers(0, 10**6))
def test_gradient_agrees_with_central_differences_by_the_outputs(name: str, seed: int) -> None:
    loss, rng = get_loss(name), np.random.default_rng(seed)
    y = targets_for(name, 4, 3, rng)
    z = rng.uniform(0.1, 0.9, (4, 3)) if loss.upper == 1 else rng.uniform(0.1, 3, (4, 3))
    kinks = {"hinge": 1 - y * z, "huber": np.abs(z - y) - 1, "perceptron": z}.get(name, np.ones_like(z))
    z = np.where(np.abs(kinks) < 0.01, z + 0.03, z)
    phi = get_activation("relu")  # has no logarithm of its own
    expected = differences(lambda v: float(loss.rows(phi, v, v, y).sum()), z)
    np.testing.assert_allclose(loss.gradient(z, y), expected, rtol=1e-7, atol=1e-9)


@each_pair
def test_float32_is_kept_and_close(output: str, name: str) -> None:
    phi, loss, u, z, y = case(output, name, seed=2)
    u32, y32 = u.astype(np.float32), y.astype(np.float32)
    z32 = phi.value(u32)
    rows, delta = loss.rows(phi, u32, z32, y32), loss.delta(phi, u32, z32, y32)
    assert rows.dtype == delta.dtype == loss.gradient(z32, y32).dtype == np.float32
    if output == "step" and loss.lower == 0:  # the number that stands for 0 in a logarithm is the dtype's own
        assert (np.isfinite(rows) & (rows >= 0)).all()
    else:
        np.testing.assert_allclose(rows, loss.rows(phi, u, z, y), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(delta, loss.delta(phi, u, z, y), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "poisson"])
def test_slides_57_58_with_its_own_output_delta_is_z_minus_y(name: str) -> None:
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "poisson": "exponential"}[name]
    phi, loss, u, z, y = case(output, name)
    np.testing.assert_allclose(loss.delta(phi, u, z, y), z - y, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(phi.pull_back(u, z, loss.gradient(z, y)), z - y, rtol=1e-12, atol=1e-14)


@given(p=arrays(np.float64, (1, 4), elements=st.floats(0, 1)), u=arrays(np.float64, (1, 4), elements=st.floats(-9, 9)))
def test_soft_targets_that_add_up_to_anything(p, u) -> None:
    """δ_k = z_k Σ_j p_j - p_k behind softmax, whatever the targets add up to."""
    phi = get_activation("softmax")
    z = phi.value(u)
    np.testing.assert_allclose(CrossEntropy().delta(phi, u, z, p), z * p.sum() - p, rtol=1e-12, atol=1e-14)
    assert CrossEntropy().rows(phi, u, z, p)[0] == pytest.approx(-(p * np.log(z)).sum(), rel=1e-12, abs=1e-12)


@given(
    p=arrays(np.float64, (1, 4), elements=st.floats(0.01, 1)), u=arrays(np.float64, (1, 4), elements=st.floats(-9, 9))
)
def test_cross_entropy_is_least_at_the_target_itself(p, u) -> None:
    """Gibbs' inequality: -Σ p log q >= -Σ p log p for distributions p and q."""
    phi, p = get_activation("softmax"), p / p.sum()
    entropy = -(p * np.log(p)).sum()
    assert CrossEntropy().rows(phi, u, phi.value(u), p)[0] >= entropy - 1e-12
    own = np.log(p)
    assert CrossEntropy().rows(phi, own, phi.value(own), p)[0] == pytest.approx(entropy)
    np.testing.assert_allclose(CrossEntropy().delta(phi, own, phi.value(own), p), 0, atol=1e-15)


@each_loss
@given(seed=st.integers(0, 10**6))
def test_no_loss_is_negative_and_a_perfect_output_costs_least(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = targets_for(name, 4, 3, rng)
    phi = get_activation("softplus" if name == "poisson" else "sigmoid" if "entropy" in name else "identity")
    u = rng.normal(size=(4, 3)) * 3
    rows = get_loss(name).rows(phi, u, phi.value(u), y)
    assert (rows >= -1e-12).all()
    if phi.name == "identity":
        assert (get_loss(name).rows(phi, 1e3 * y, 1e3 * y if name in ("hinge", "perceptron") else y, y) == 0).all()


def test_slide_18_perceptron_loss_at_zero_counts_as_wrong_for_a_positive_row_only() -> None:
    z, y = (
        np.array([[0.0], [0.0], [2.0], [2.0], [-2.0], [-2.0]]),
        np.array([[1.0], [-1.0], [1.0], [-1.0], [1.0], [-1.0]]),
    )
    phi = get_activation("identity")
    assert PerceptronLoss().rows(phi, z, z, y).tolist() == [0, 0, 0, 2, 2, 0]
    assert PerceptronLoss().gradient(z, y)[:, 0].tolist() == [-1, 0, 0, 1, -1, 0]


def test_hinge_has_slope_zero_at_its_kink() -> None:
    z, y = np.array([[1.0, 1.0 - 1e-9, -1.0]]), np.array([[1.0, 1.0, -1.0]])
    assert Hinge().gradient(z, y).tolist() == [[0, -1, 0]]


@given(threshold=st.floats(0.01, 100), d=st.floats(-1e3, 1e3))
def test_huber_is_squared_error_within_its_threshold_and_straight_beyond(threshold: float, d: float) -> None:
    phi, loss, z, y = get_activation("identity"), Huber(threshold), np.array([[d]]), np.array([[0.0]])
    expected = 0.5 * d * d if abs(d) <= threshold else threshold * (abs(d) - 0.5 * threshold)
    assert loss.rows(phi, z, z, y)[0] == pytest.approx(expected, rel=1e-12)
    assert loss.gradient(z, y)[0, 0] == max(-threshold, min(threshold, d))


@each_pair
def test_nan_outputs_give_a_nan_loss(output: str, name: str) -> None:
    """Divergence must be seen."""
    phi, loss, u, _, y = case(output, name)
    u[2, 1] = np.nan
    rows = loss.rows(phi, u, phi.value(u), y)
    assert np.isnan(rows[2])
    assert np.isfinite(np.delete(rows, 2)).all()


@pytest.mark.parametrize(
    ("output", "name"),
    [(output, name) for output in ACTIVATIONS for name in LOSSES if (output, name) not in PAIRS],
)
def test_a_refused_pair_is_named_with_a_remedy(output: str, name: str) -> None:
    remedy = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "poisson": "exponential"}[name]
    upper = "inf" if name == "poisson" else "1"
    with pytest.raises(ParameterError) as caught:
        Network.dense((2, 3), output=output, loss=name)
    message = str(caught.value)
    assert message.startswith(
        f"Network: the loss {name} must have outputs in [0, {upper}]; got the output activation {output}"
    )
    assert message.endswith(f"Try {remedy}.")
    assert Network.dense((2, 3), output=remedy, loss=name).loss == get_loss(name)


def test_the_accepted_pairs_are_these() -> None:
    accepted = {name: {output for output, loss in PAIRS if loss == name} for name in LOSSES}
    probabilities = {"step", "sigmoid", "softmax"}
    assert accepted["cross_entropy"] == accepted["binary_cross_entropy"] == probabilities
    assert accepted["poisson"] == probabilities | {"relu", "softplus", "exponential"}
    for name in ("half_squared_error", "perceptron", "hinge", "huber"):
        assert accepted[name] == set(ACTIVATIONS)


@each_loss
def test_a_stored_description_gives_the_same_loss(name: str) -> None:
    loss = get_loss(name)
    assert get_loss(json.loads(json.dumps(loss.spec()))) == loss
    assert get_loss(loss) is loss
    assert get_loss({"name": "huber", "threshold": 2.5}) == Huber(2.5)


@pytest.mark.parametrize(
    ("alias", "name"),
    [("squared_error", "half_squared_error"), ("mse", "half_squared_error"), ("log_loss", "cross_entropy")],
)
def test_aliases(alias: str, name: str) -> None:
    assert get_loss(alias) == get_loss(name)
    assert set(LOSSES.aliases) == {"squared_error", "mse", "log_loss"}


@pytest.mark.parametrize(
    ("given_kind", "error", "message"),
    [
        (
            "crossentropy",
            ParameterError,
            "loss must be a known loss; got 'crossentropy'. Try one of: half_squared_error, cross_entropy, "
            "binary_cross_entropy, perceptron, hinge, huber, poisson.",
        ),
        (
            None,
            ParameterTypeError,
            "loss must be the name of a loss or an instance; got NoneType. Try one of: half_squared_error, "
            "cross_entropy, binary_cross_entropy, perceptron, hinge, huber, poisson.",
        ),
        (
            {"name": "huber", "delta": 1},
            ParameterError,
            "loss: huber must be given only threshold; got delta. Leave it out.",
        ),
        (
            {"name": "huber", "threshold": 0},
            ParameterError,
            "Huber: threshold must be > 0 and finite; got 0.0. Try 1.0.",
        ),
        (
            {"name": "huber", "threshold": None},
            ParameterTypeError,
            "Huber: threshold must be a number; got NoneType. Try 1.0.",
        ),
    ],
)
def test_a_bad_name_or_parameter_is_named_in_one_sentence(given_kind, error, message) -> None:
    with pytest.raises(error) as caught:
        get_loss(given_kind)
    assert str(caught.value) == message


def test_units_are_told() -> None:
    """Reports print a loss with its unit."""
    assert {name: get_loss(name).unit for name in LOSSES} == {
        "half_squared_error": "squared target units",
        "cross_entropy": "nats",
        "binary_cross_entropy": "nats",
        "perceptron": "dimensionless",
        "hinge": "dimensionless",
        "huber": "squared target units",
        "poisson": "nats",
    }


def test_poisson_is_half_the_deviance() -> None:
    from sklearn.metrics import mean_poisson_deviance

    rng = np.random.default_rng(0)
    y, u = rng.poisson(2.0, (50, 1)).astype(float), rng.normal(size=(50, 1))
    phi = get_activation("exponential")
    rows = Poisson().rows(phi, u, phi.value(u), y)
    assert 2 * rows.mean() == pytest.approx(mean_poisson_deviance(y, phi.value(u)), rel=1e-13)
