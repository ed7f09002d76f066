"""Losses: values and derivatives behind every output activation that they accept."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.kinds.known import KNOWN_ACTIVATIONS, KNOWN_LOSSES

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.losses import LOSSES, get_loss
from koubai.core.losses.cross_entropy import CrossEntropy
from koubai.core.losses.hinge import Hinge
from koubai.core.losses.huber import Huber
from koubai.core.losses.perceptron import PerceptronLoss
from koubai.core.losses.poisson import Poisson
from koubai.core.network import Network

from ..oracles import PAIRS, differences, parameters, targets_for

pytestmark = pytest.mark.usefixtures("double_precision")

each_pair = pytest.mark.parametrize(("output", "name"), PAIRS)
each_loss = pytest.mark.parametrize("name", LOSSES)


def case(output: str, name: str, n: int = 6, m: int = 3, seed: int = 0):
    """Activation, loss, u, z and y for a pair, away from the kinks of relu, hinge and Huber."""
    rng = np.random.default_rng(seed)
    phi, loss = get_activation(output), get_loss(name)
    u = rng.normal(size=(n, m)) * 1.5
    u[np.abs(u) < 0.05] = 0.3
    if loss.lower == 0 and KNOWN_ACTIVATIONS[output].dead:
        u = np.abs(u)  # log 0 has a convention of its own
    return phi, loss, u, phi.value(u), targets_for(name, n, m, rng)


@pytest.mark.parametrize(
    ("name", "z", "y", "expected"),
    [(name, *values) for name, known in KNOWN_LOSSES.items() for values in known.values],
)
def test_known_values(name: str, z: list, y: list, expected: float) -> None:
    z_rows, phi = np.array([z]), get_activation("relu")  # behind which no loss has an equation of its own
    np.testing.assert_allclose(
        get_loss(name).rows(phi, z_rows, z_rows, np.array([y])), [expected], rtol=1e-14, atol=1e-15
    )


@pytest.mark.slow
@each_pair
def test_rows_and_delta_agree_with_automatic_differentiation(output: str, name: str) -> None:
    phi, loss, u, z, y = case(output, name)
    rows = loss.rows(phi, u, z, y)

    def total(v):
        return KNOWN_LOSSES[name].jax(KNOWN_ACTIVATIONS[output].jax(v, **parameters(phi)), y, **parameters(loss))

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
    kinks = KNOWN_LOSSES[name].kinks
    z = z if kinks is None else np.where(np.abs(kinks(z, y)) < 0.01, z + 0.03, z)
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
    loss = get_loss(name)
    phi, u = get_activation(loss.output), rng.normal(size=(4, 3)) * 3
    rows = loss.rows(phi, u, phi.value(u), y)
    assert (rows >= -1e-12).all()
    if phi.name == "identity":
        best = 1e3 * y if loss.signed else y
        np.testing.assert_allclose(loss.rows(phi, best, best, y), 0, atol=1e-15)


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
    refused = get_loss(name)
    remedy = refused.output
    with pytest.raises(ParameterError) as caught:
        Network.dense((2, 3), output=output, loss=name)
    message = str(caught.value)
    assert message.startswith(
        f"Network: the loss {name} must have outputs in [{refused.lower:g}, {refused.upper:g}]; "
        f"got the output activation {output}"
    )
    assert message.endswith(f"Try {remedy}.")
    assert Network.dense((2, 3), output=remedy, loss=name).loss == get_loss(name)


@each_loss
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_a_loss_accepts_an_output_whose_values_all_lie_in_its_range(output: str, name: str) -> None:
    u = np.random.default_rng(0).normal(size=(2000, 3)) * np.geomspace(1e-3, 1e2, 2000)[:, np.newaxis]
    z, loss = get_activation(output).value(u), get_loss(name)
    assert ((output, name) in PAIRS) == bool((z >= loss.lower).all() and (z <= loss.upper).all())


def test_class_shares_and_probabilities_and_counts_have_their_ranges() -> None:
    ranges = {name: (kind.lower, kind.upper) for name, kind in LOSSES.items()}
    assert ranges["cross_entropy"] == ranges["binary_cross_entropy"] == (0, 1)
    assert ranges["poisson"] == (0, np.inf)
    for name in ("half_squared_error", "perceptron", "hinge", "huber"):
        assert ranges[name] == (-np.inf, np.inf)


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
    assert LOSSES.aliases[alias] == name


def test_names_that_are_in_peoples_files_stay() -> None:
    stay = "half_squared_error cross_entropy binary_cross_entropy perceptron hinge huber poisson"
    assert " ".join(LOSSES).startswith(stay)


@pytest.mark.parametrize(
    ("given_kind", "error", "message"),
    [
        (
            "crossentropy",
            ParameterError,
            f"loss must be a known loss; got 'crossentropy'. Try one of: {', '.join(LOSSES)}.",
        ),
        (
            None,
            ParameterTypeError,
            f"loss must be the name of a loss or an instance; got NoneType. Try one of: {', '.join(LOSSES)}.",
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


@each_loss
def test_units_are_told(name: str) -> None:
    """Reports print a loss with its unit."""
    assert get_loss(name).unit == KNOWN_LOSSES[name].unit


def test_poisson_is_half_the_deviance() -> None:
    from sklearn.metrics import mean_poisson_deviance

    rng = np.random.default_rng(0)
    y, u = rng.poisson(2.0, (50, 1)).astype(float), rng.normal(size=(50, 1))
    phi = get_activation("exponential")
    rows = Poisson().rows(phi, u, phi.value(u), y)
    assert 2 * rows.mean() == pytest.approx(mean_poisson_deviance(y, phi.value(u)), rel=1e-13)


SMOOTHED = [("cross_entropy", "softmax"), ("cross_entropy", "sigmoid"), ("binary_cross_entropy", "sigmoid")]


@pytest.mark.parametrize(("name", "output"), [*SMOOTHED, ("binary_cross_entropy", "softmax")])
def test_label_smoothing_and_its_derivatives_agree_with_automatic_differentiation(name: str, output: str) -> None:
    loss, phi = get_loss({"name": name, "smoothing": 0.3}), get_activation(output)
    _, _, u, z, y = case(output, name)

    def total(v):
        return KNOWN_LOSSES[name].jax(KNOWN_ACTIVATIONS[output].jax(v), y, smoothing=0.3)

    expected, back = jax.vjp(total, jnp.asarray(u))
    np.testing.assert_allclose(loss.rows(phi, u, z, y), expected, rtol=1e-12)
    np.testing.assert_allclose(loss.delta(phi, u, z, y), back(jnp.ones(6))[0], rtol=1e-10, atol=1e-13)
    by_output = differences(lambda v: float(loss.rows(get_activation("relu"), v, v, y).sum()), z)
    np.testing.assert_allclose(loss.gradient(z, y), by_output, rtol=1e-5, atol=1e-7)


def test_label_smoothing_is_torchs_definition_by_hand() -> None:
    """Three classes, s = 0.3: the true one counts 0.7 + 0.1, the others 0.1; of a yes or no 0.85 and 0.15."""
    classes = CrossEntropy(0.3).smoothed(np.array([[0.0, 1.0, 0.0]]))
    np.testing.assert_allclose(classes, [[0.1, 0.8, 0.1]], rtol=1e-15)
    answers = get_loss({"name": "binary_cross_entropy", "smoothing": 0.3}).smoothed(np.array([[1.0, 0.0]]))
    np.testing.assert_allclose(answers, [[0.85, 0.15]], rtol=1e-15)


def test_files_name_smoothing_only_where_there_is_some() -> None:
    assert CrossEntropy().spec() == {"name": "cross_entropy"}
    assert get_loss(CrossEntropy(0.1).spec()) == CrossEntropy(0.1)
    with pytest.raises(ParameterError, match=r"^CrossEntropy: smoothing must be >= 0 and < 1; got 1\.0\. Try 0\.0\.$"):
        CrossEntropy(1)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.8])
def test_the_constant_of_least_quantile_loss_is_the_quantile(q: float) -> None:
    from sklearn.metrics import mean_pinball_loss

    rng, phi = np.random.default_rng(0), get_activation("identity")
    y = rng.exponential(size=(2001, 1))
    loss = get_loss({"name": "quantile", "quantile": q})

    def mean(z: float) -> float:
        constant = np.full_like(y, z)
        return float(loss.rows(phi, constant, constant, y).mean())

    best = np.quantile(y, q)
    assert mean(best) == pytest.approx(mean_pinball_loss(y, np.full_like(y, best), alpha=q), rel=1e-12)
    assert all(mean(best) <= mean(best + step) for step in (-0.1, -0.01, 0.01, 0.1))
