"""Activations: their values and derivatives, far from 0 too, and how they are named."""

import json
from math import log

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.kinds.known import KNOWN_ACTIVATIONS

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.activations.elu import ELU
from koubai.core.activations.leaky_relu import LeakyReLU
from koubai.core.activations.softmax import Softmax
from koubai.core.errors import ParameterError, ParameterTypeError

from ..oracles import differences, parameters

pytestmark = pytest.mark.usefixtures("double_precision")

KINDS = [*map(get_activation, ACTIVATIONS), LeakyReLU(slope=0.3), ELU(scale=0.4)]

each_kind = pytest.mark.parametrize("phi", KINDS, ids=repr)
elementwise = pytest.mark.parametrize("phi", [phi for phi in KINDS if phi.name != "softmax"], ids=repr)
smooth_arguments = arrays(
    np.float64, (3, 4), elements=st.floats(-8, 8).filter(lambda u: abs(u) > 0.02)
)  # no point of the differences crosses a kink at 0


@pytest.mark.parametrize(
    ("name", "u", "z", "slope"),
    [(name, *values) for name, known in KNOWN_ACTIVATIONS.items() for values in known.values],
)
def test_known_values_and_slopes(name: str, u: float, z: float, slope: float) -> None:
    phi = get_activation(name)
    given_u = np.array([[u]])
    value = phi.value(given_u)
    np.testing.assert_allclose(value, [[z]], rtol=1e-15)
    np.testing.assert_allclose(phi.derivative(given_u, value), [[slope]], rtol=1e-14)


def test_slide_35_softmax_of_10_2_1() -> None:
    z = Softmax().value(np.array([[10.0, 2.0, 1.0]]))
    assert z.round(4).tolist() == [[0.9995, 0.0003, 0.0001]]
    np.testing.assert_allclose(Softmax().value(np.array([[0.0, log(3)]])), [[1 / 4, 3 / 4]], rtol=1e-15)


@elementwise
@given(u=smooth_arguments)
def test_derivative_is_that_of_central_differences(phi, u) -> None:
    h = 1e-3
    slope = (phi.value(u - 2 * h) - 8 * phi.value(u - h) + 8 * phi.value(u + h) - phi.value(u + 2 * h)) / (
        12 * h
    )  # fourth order
    np.testing.assert_allclose(phi.derivative(u, phi.value(u)), slope, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@each_kind
@settings(max_examples=15)
@given(u=smooth_arguments, g=arrays(np.float64, (3, 4), elements=st.floats(-3, 3)))
def test_value_and_pull_back_agree_with_automatic_differentiation(phi, u, g) -> None:
    expected, back = jax.vjp(lambda v: KNOWN_ACTIVATIONS[phi.name].jax(v, **parameters(phi)), jax.numpy.asarray(u))
    z = phi.value(u)
    np.testing.assert_allclose(z, expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(phi.pull_back(u, z, g), back(jax.numpy.asarray(g))[0], rtol=1e-11, atol=1e-12)


def test_softmax_pulls_back_through_the_whole_jacobian() -> None:
    rng = np.random.default_rng(0)
    u, g = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    phi = Softmax()
    z = phi.value(u)
    np.testing.assert_allclose(phi.pull_back(u, z, g), differences(lambda v: (g * phi.value(v)).sum(), u), atol=1e-11)
    jacobian = np.array([phi.pull_back(u[:1], z[:1], row[np.newaxis])[0] for row in np.eye(3)])
    np.testing.assert_allclose(jacobian, np.diag(z[0]) - np.outer(z[0], z[0]), atol=1e-16)
    np.testing.assert_allclose(phi.derivative(u, z)[0], np.diagonal(jacobian), atol=1e-16)


@given(u=arrays(np.float64, (2, 5), elements=st.floats(-1e4, 1e4)), shift=st.floats(-1e3, 1e3))
def test_softmax_is_a_distribution_that_a_shift_leaves_alone(u, shift) -> None:
    z = Softmax().value(u)
    np.testing.assert_allclose(z.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(Softmax().value(u + shift), z, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_far_from_zero_values_and_slopes_are_their_limits(name: str, dtype: type) -> None:
    """At ±1e4 nothing overflows (a warning would fail this test); exp alone becomes infinite, as exp(10000) must."""
    phi = get_activation(name)
    u = np.array([[-1e4, 1e4]], dtype)
    z = phi.value(u)
    slopes = phi.derivative(u, z)
    np.testing.assert_allclose(z, [KNOWN_ACTIVATIONS[name].far], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(slopes, [KNOWN_ACTIVATIONS[name].far_slopes], rtol=1e-6, atol=1e-6)
    assert z.dtype == slopes.dtype == dtype


@each_kind
def test_nan_stays_nan(phi) -> None:
    u = np.array([[1.0, np.nan, -1.0]])
    z = phi.value(u)
    assert np.isnan(z[0, 1])
    if phi.name != "softmax":  # whose nodes share their sum
        assert np.isfinite(z[0, [0, 2]]).all()


@each_kind
def test_float32_is_kept_and_close(phi) -> None:
    rng = np.random.default_rng(3)
    u, g = rng.normal(size=(4, 5)) * 3, rng.normal(size=(4, 5))
    u32, g32 = u.astype(np.float32), g.astype(np.float32)
    z, z32 = phi.value(u), phi.value(u32)
    assert z32.dtype == phi.derivative(u32, z32).dtype == phi.pull_back(u32, z32, g32).dtype == np.float32
    np.testing.assert_allclose(z32, z, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(phi.pull_back(u32, z32, g32), phi.pull_back(u, z, g), rtol=1e-4, atol=2e-6)


@each_kind
@given(u=arrays(np.float64, (2, 3), elements=st.floats(-1e4, 700)))
def test_values_lie_in_the_declared_range(phi, u) -> None:
    """Losses rely on the range: it says which outputs they accept."""
    z = phi.value(u)
    assert (z >= phi.lower).all()
    assert (z <= phi.upper).all()


@each_kind
def test_nothing_that_is_given_changes_and_results_are_new(phi) -> None:
    u = np.array([[0.5, -0.5, 2.0]])
    z, g = phi.value(u), np.ones((1, 3))
    before = u.copy(), z.copy(), g.copy()
    for result in (z, phi.derivative(u, z), phi.pull_back(u, z, g)):
        assert not np.shares_memory(result, u)
    assert not np.shares_memory(phi.derivative(u, z), z)
    for now, then in zip((u, z, g), before, strict=True):
        np.testing.assert_array_equal(now, then)


@each_kind
def test_a_stored_description_gives_the_same_activation(phi) -> None:
    assert get_activation(json.loads(json.dumps(phi.spec()))) == phi
    assert get_activation(phi) is phi


@pytest.mark.parametrize(
    ("alias", "name"), [("logistic", "sigmoid"), ("linear", "identity"), ("swish", "silu"), ("exp", "exponential")]
)
def test_aliases(alias: str, name: str) -> None:
    assert get_activation(alias) == get_activation(name)
    assert ACTIVATIONS.aliases[alias] == name


def test_names_that_are_in_peoples_files_stay() -> None:
    stay = "identity step sigmoid tanh relu leaky_relu elu gelu silu softplus exponential softmax"
    assert " ".join(ACTIVATIONS).startswith(stay)


KNOWN = ", ".join(ACTIVATIONS)


@pytest.mark.parametrize(
    ("given_kind", "error", "message"),
    [
        ("rleu", ParameterError, f"hidden must be a known activation; got 'rleu'. Try one of: {KNOWN}."),
        (
            3,
            ParameterTypeError,
            f"hidden must be the name of an activation or an instance; got int. Try one of: {KNOWN}.",
        ),
        (
            {"name": "elu", "slope": 1},
            ParameterError,
            "hidden: elu must be given only scale; got slope. Leave it out.",
        ),
        (
            {"name": "relu", "slope": 1},
            ParameterError,
            "hidden: relu must be given no parameters; got slope. Leave it out.",
        ),
        (
            {"name": "leaky_relu", "slope": "steep"},
            ParameterTypeError,
            "LeakyReLU: slope must be a number; got str. Try 0.01.",
        ),
        (
            {"name": "leaky_relu", "slope": np.nan},
            ParameterError,
            "LeakyReLU: slope must be finite; got nan. Try 0.01.",
        ),
        ({"name": "elu", "scale": -1}, ParameterError, "ELU: scale must be >= 0 and finite; got -1.0. Try 1.0."),
        ({"slope": 1}, ParameterError, f"hidden must be a known activation; got 'None'. Try one of: {KNOWN}."),
    ],
)
def test_a_bad_name_or_parameter_is_named_in_one_sentence(given_kind, error, message) -> None:
    with pytest.raises(error) as caught:
        get_activation(given_kind, "hidden")
    assert str(caught.value) == message
