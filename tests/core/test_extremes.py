"""Losses at |u| = 1e4 behind every output, against decimal arithmetic with 150 digits; and the derivatives, too.

The oracle (in ``tests/kinds``) writes φ and E as the definitions have them, in ``decimal``, where exp(-10000) does not
vanish. Its derivative is a central difference with h = 10⁻³⁰, whose error is far below float64.
"""

from decimal import Context, Decimal, localcontext
from itertools import product

import numpy as np
import pytest
from tests.kinds.known import KNOWN_ACTIVATIONS, KNOWN_LOSSES, Numbers

from koubai.core.activations import get_activation
from koubai.core.losses import get_loss
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Rows
from koubai.engines.reference import ReferenceEngine

from ..oracles import PAIRS

DIGITS = 150
ONE, H = Decimal(1), Decimal("1e-30")
ARGUMENTS = [(1e4, -1e4), (-1e4, 0.5), (-1e4, -1e4 + 1), (800.0, 0.25), (-750.0, -60.0), (-36.0, -45.0), (-12.0, -20.0)]
PAIRS_HERE = [(output, name) for output, name in PAIRS if KNOWN_ACTIVATIONS[output].exact is not None]


def exact(output: str, name: str, u: tuple, y: tuple) -> tuple[float, list[float]]:
    """E and ∂E/∂u of one row, computed with 150 digits and rounded at the end."""
    phi, loss = KNOWN_ACTIVATIONS[output], KNOWN_LOSSES[name]
    assert phi.exact is not None
    with localcontext(Context(prec=DIGITS, Emax=10**9, Emin=-(10**9))):

        def value(v: Numbers) -> Decimal:
            z, targets = phi.exact(v), [Decimal(t) for t in y]
            rest = phi.complement(v) if phi.complement is not None else [ONE - a for a in z]
            return sum((loss.exact(a, b, t) for a, b, t in zip(z, rest, targets, strict=True)), Decimal(0))

        at = [Decimal(v) for v in u]
        slopes = []
        for k in range(len(at)):
            up, down = ([v + sign * H * (j == k) for j, v in enumerate(at)] for sign in (1, -1))
            slopes.append(float((value(up) - value(down)) / (2 * H)))
        return float(value(at)), slopes


@pytest.mark.parametrize(("output", "name"), PAIRS_HERE)
def test_value_and_derivative_far_from_zero(output: str, name: str) -> None:
    phi, loss = get_activation(output), get_loss(name)
    for u, y in product(ARGUMENTS, [point[:2] for point in KNOWN_LOSSES[name].points]):
        if max(u) > KNOWN_ACTIVATIONS[output].largest:
            u = tuple(min(v, KNOWN_ACTIVATIONS[output].largest) for v in u)
        if KNOWN_ACTIVATIONS[output].dead and loss.lower == 0:
            u = tuple(v if target == 0 or v > 0 else 5.0 for v, target in zip(u, y, strict=True))  # log 0
        u_row, y_row = np.array([u]), np.array([y], dtype=float)
        z = phi.value(u_row)
        expected, slopes = exact(output, name, u, y)
        assert loss.rows(phi, u_row, z, y_row)[0] == pytest.approx(expected, rel=1e-12, abs=1e-12), (u, y)
        found = loss.delta(phi, u_row, z, y_row)[0]
        np.testing.assert_allclose(
            found, slopes, rtol=1e-12, atol=1e-13 * max(1, *map(abs, slopes)), err_msg=f"{u} {y}"
        )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("output", "name", "u", "y", "expected", "delta"),
    [
        ("softmax", "cross_entropy", [1e4, -1e4], [1, 0], 0, [0, 0]),
        ("softmax", "cross_entropy", [1e4, -1e4], [0, 1], 2e4, [1, -1]),
        ("sigmoid", "cross_entropy", [1e4, -1e4], [0, 1], 1e4, [0, -1]),
        ("sigmoid", "binary_cross_entropy", [1e4, -1e4], [1, 0], 0, [0, 0]),
        ("sigmoid", "binary_cross_entropy", [1e4, -1e4], [0, 1], 2e4, [1, -1]),
        ("softmax", "binary_cross_entropy", [1e4, -1e4], [0, 1], 4e4, [2, -2]),
        ("softplus", "poisson", [-1e4, -1e4], [1, 0], 1e4 - 1, [-1, 0]),
        ("exponential", "poisson", [-1e4, -1e4], [1, 0], 1e4 - 1, [-1, 0]),
    ],
)
def test_logarithms_do_not_stop_where_outputs_do(dtype, output, name, u, y, expected, delta) -> None:
    """σ(-1e4) is 0 in floating point, yet its logarithm is -1e4, and the derivative still pulls back."""
    phi, loss = get_activation(output), get_loss(name)
    u_row, y_row = np.array([u], dtype), np.array([y], dtype)
    z = phi.value(u_row)
    assert loss.rows(phi, u_row, z, y_row)[0] == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(loss.delta(phi, u_row, z, y_row), [delta], atol=1e-6)


@pytest.mark.parametrize(
    ("output", "name", "y"),
    [
        ("step", "cross_entropy", 1.0),
        ("step", "binary_cross_entropy", 1.0),
        ("relu", "poisson", 1.0),
        ("step", "poisson", 1.0),
    ],
)
def test_an_output_that_is_0_counts_as_the_smallest_normal_number(output: str, name: str, y: float) -> None:
    """An infinite loss would end training at the first dead node; its row stays by far the worst, with derivative 0."""
    phi, loss = get_activation(output), get_loss(name)
    u, target = np.array([[-1.0]]), np.array([[y]])
    z = phi.value(u)
    rows = loss.rows(phi, u, z, target)
    assert rows[0] == pytest.approx(-y * np.log(np.finfo(float).tiny), abs=2)
    assert loss.delta(phi, u, z, target).tolist() == [[0]]


@pytest.mark.parametrize(("output", "name"), [("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy")])
def test_zero_times_log_zero_is_zero(output: str, name: str) -> None:
    """A sure and right output costs exactly 0, and a sure and wrong one what the definition says."""
    phi, loss = get_activation(output), get_loss(name)
    u = np.array([[1e4, -1e4]])
    z = phi.value(u)
    assert z.tolist() == [[1, 0]]
    rows = loss.rows(phi, u, z, np.array([[1.0, 0.0]]))
    assert rows.tolist() == [0]
    assert not np.signbit(rows[0])


def test_a_shift_of_all_softmax_nodes_changes_nothing_in_float32() -> None:
    """log(1 - z) is a difference of two sums of exponentials; near -1e4 it must not lose what makes them differ."""
    phi, loss = get_activation("softmax"), get_loss("binary_cross_entropy")
    y = np.array([[1.0, 0.0, 0.5]], np.float32)
    near = np.array([[0.0, 1.0, -1.0]], np.float32)
    shifted = near - np.float32(1e4)
    expected = loss.rows(phi, near, phi.value(near), y)
    np.testing.assert_allclose(loss.rows(phi, shifted, phi.value(shifted), y), expected, rtol=3e-7)


def test_one_softmax_node_is_always_1() -> None:
    phi, loss = get_activation("softmax"), get_loss("binary_cross_entropy")
    u, y = np.array([[3.0], [-1e4]]), np.array([[1.0], [1.0]])
    z = phi.value(u)
    assert z.tolist() == [[1], [1]]
    assert loss.rows(phi, u, z, y).tolist() == [0, 0]
    assert loss.delta(phi, u, z, y).tolist() == [[0], [0]]


@pytest.mark.parametrize(("output", "name"), [pair for pair in PAIRS if pair[0] != "exponential"])
def test_a_whole_network_with_enormous_weights_has_a_finite_loss_and_gradient(output: str, name: str) -> None:
    network = Network.dense((1, 2), output=output, loss=name)
    theta = np.array([1e4, -1e4, 0.0, 0.0])
    y = np.array([KNOWN_LOSSES[name].points[0][:2]], dtype=float)
    loss, gradient = ReferenceEngine().loss_and_gradient(network, theta, Rows(np.array([[1.0]]), y), Penalty())
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()
