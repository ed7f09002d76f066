"""Activations, losses and softmax on their own: formulas against the equations that train."""

import numpy as np
import pytest
from tests.kinds.known import KNOWN_LOSSES

from koubai.core.activations import ACTIVATIONS, get_activation
from koubai.core.errors import ParameterError, ShapeError
from koubai.core.losses import LOSSES, get_loss
from koubai.explain.derivations import Curves
from koubai.explain.network.single import activation, loss, softmax

from .checks import check_derivation


def curves_of(derivation) -> Curves:
    """Return the one picture of curves in a derivation."""
    (found,) = [block for section in derivation.sections for block in section.blocks if isinstance(block, Curves)]
    return found


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
@pytest.mark.parametrize("at", [-900.0, -1.5, 0.0, 0.25, 2.0, 600.0])
def test_an_activation_s_value_and_derivative_are_the_engine_s(name, at):
    derivation = activation(name, at)
    check_derivation(derivation)
    phi, u = get_activation(name), np.array([[at]])
    with np.errstate(over="ignore", under="ignore"):
        z = phi.value(u)
        slope = phi.derivative(u, z)[0, 0]
    assert float(derivation.step("z").result.value) == pytest.approx(z[0, 0], rel=1e-12, abs=1e-300)
    assert float(derivation.step("slope").result.value) == pytest.approx(slope, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_every_activation_is_drawn_with_its_derivative_and_a_dot_at_its_value(name):
    shown = curves_of(activation(name, 2.0))
    phi, u = get_activation(name), np.array(shown.grid)[:, np.newaxis]
    z = phi.value(u)
    assert [label for label, _ in shown.curves] == ["φ", "φ′"]
    np.testing.assert_allclose(shown.curves[0][1], z[:, 0], rtol=1e-12)
    np.testing.assert_allclose(shown.curves[1][1], phi.derivative(u, z)[:, 0], rtol=1e-12)
    assert shown.grid[0] <= -5 < 5 <= shown.grid[-1]
    assert shown.dots == ((2.0, float(phi.value(np.array([[2.0]]))[0, 0])),)
    assert activation(name, 9.0).sections[0].blocks[-1].grid[-1] > 9


def test_numbers_that_run_out_of_float64_are_not_drawn():
    assert not any(isinstance(block, Curves) for block in activation("exponential", 900.0).sections[0].blocks)


def test_softmax_is_drawn_as_its_first_input_changes():
    shown = curves_of(softmax([10, 2, 1], [1, 0, 0]))
    names, values = zip(*shown.curves, strict=True)
    assert names == ("z₁", "z₂", "z₃", "∂z₁/∂u₁")
    u = np.array(shown.grid)
    rows = np.exp(np.stack([u, np.full_like(u, 2), np.full_like(u, 1)]))
    np.testing.assert_allclose(values[:3], rows / rows.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(values[3], np.gradient(values[0], u), atol=4e-3)
    assert shown.dots[0] == (10.0, pytest.approx(0.99954, abs=1e-5))
    assert not any(isinstance(block, Curves) for block in softmax([1.0] * 5, [0.2] * 5).sections[0].blocks)


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_loss_s_value_and_derivative_are_the_engine_s(name):
    z, y = [0.25, 0.5, 0.125], list(KNOWN_LOSSES[name].points[0])
    derivation = loss(name, z, y)
    check_derivation(derivation)
    kind, rows = get_loss(name), np.array([z])
    expected = kind.rows(get_activation("identity"), rows, rows, np.array([y]))[0]
    assert float(derivation.step("E").result.value) == pytest.approx(expected, rel=1e-12)
    for k, slope in enumerate(kind.gradient(rows, np.array([y]))[0], start=1):
        assert float(derivation.step(f"dz.{k}").result.value) == pytest.approx(slope, rel=1e-12)


def test_softmax_of_the_slide():
    derivation = softmax([10, 2, 1], [1, 0, 0])
    shown = [round(float(derivation.step(f"z.1.{k}").result.value), 4) for k in (1, 2, 3)]
    assert shown == [0.9995, 0.0003, 0.0001]
    check_derivation(derivation)


def test_the_long_way_through_softmax_gives_z_minus_p():
    derivation = softmax([0.5, -1.0, 2.0, 0.0], [0.25, 0.25, 0.5, 0.0])
    check_derivation(derivation)
    for k, share in enumerate([0.25, 0.25, 0.5, 0.0], start=1):
        z = float(derivation.step(f"z.1.{k}").result.value)
        assert float(derivation.step(f"long.1.{k}").result.value) == pytest.approx(z - share)
        assert float(derivation.step(f"delta.1.{k}").result.value) == pytest.approx(z - share)


def test_mistakes_are_told_in_one_sentence():
    with pytest.raises(ParameterError, match=r"^explain: activation must be a function of a single u; got softmax"):
        activation("softmax")
    with pytest.raises(ShapeError, match=r"^explain: z and y must have the same length; got 1 and 2 numbers"):
        loss("hinge", [1], [1, 1])
    with pytest.raises(ShapeError, match=r"^explain: u and p must have the same length; got 2 and 1"):
        softmax([1, 2], [1])
    with pytest.raises(ParameterError, match=r"^explain: p must contain shares that add up to 1; got 1, 1\. Try 1,0,0"):
        softmax([1, 2], [1, 1])
