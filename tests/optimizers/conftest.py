"""What the comparisons with other implementations share."""

import jax
import pytest


@pytest.fixture
def double_precision():
    """JAX computes in float64."""
    with jax.enable_x64(True):
        yield
