"""Shortened gradients: their direction and length, and that divergence stays visible."""

import jax
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from koubai.core.errors import ParameterError
from koubai.optimizers.clipping import clip_by_norm

vectors = arrays(np.float64, 5, elements=st.floats(-1e3, 1e3))


def test_three_four_five():
    np.testing.assert_array_equal(clip_by_norm(np.array([3.0, 4.0]), 2.5), [1.5, 2.0])


def test_a_short_gradient_is_returned_itself():
    gradient = np.array([3.0, 4.0])
    assert clip_by_norm(gradient, 5.0) is gradient
    assert clip_by_norm(np.zeros(2), 5.0).tolist() == [0.0, 0.0]


@given(gradient=vectors, max_norm=st.floats(1e-3, 1e3))
def test_never_longer_and_same_direction(gradient, max_norm):
    before = gradient.copy()
    clipped = clip_by_norm(gradient, max_norm)
    np.testing.assert_array_equal(gradient, before)
    norm = np.linalg.norm(gradient)
    assert np.linalg.norm(clipped) <= max_norm * (1 + 1e-12)
    np.testing.assert_allclose(clipped * norm, gradient * min(norm, max_norm), rtol=1e-12, atol=1e-12)


@given(gradient=vectors, max_norm=st.floats(1e-3, 1e3))
def test_optax_clips_the_same(gradient, max_norm):
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        theirs, _ = optax.clip_by_global_norm(max_norm).update(jax.numpy.asarray(gradient), optax.EmptyState())
    finally:
        jax.config.update("jax_enable_x64", before)
    np.testing.assert_allclose(clip_by_norm(gradient, max_norm), np.asarray(theirs), rtol=1e-12, atol=1e-15)


def test_float32_is_kept_and_does_not_overflow():
    """(1e20)² is beyond float32, but the norm is not: an exploding gradient is shortened and not turned into 0."""
    clipped = clip_by_norm(np.array([3e20, 4e20], dtype=np.float32), 5.0)
    assert clipped.dtype == np.float32
    np.testing.assert_allclose(clipped, [3.0, 4.0], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.inf, np.nan, 1e200])
def test_what_has_no_finite_norm_stays(bad):
    np.testing.assert_array_equal(clip_by_norm(np.array([bad, 1.0]), 1.0), [bad, 1.0])


@pytest.mark.parametrize("max_norm", [0.0, -1.0, float("nan")])
def test_an_impossible_length(max_norm):
    with pytest.raises(ParameterError) as caught:
        clip_by_norm(np.ones(2), max_norm)
    assert str(caught.value) == f"clip_by_norm: max_norm must be > 0; got {max_norm!r}. Try 1.0."
