"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("koubai", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("koubai")

SHARED_DATA = Path(os.environ.get("KOUBAI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture
def shared_data() -> Path:
    """The folder of published data sets beside the checkout; a test that needs it is skipped without."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no data folder at {SHARED_DATA}; set KOUBAI_SHARED_DATA to run this test")
    return SHARED_DATA


@pytest.fixture
def global_random_seed() -> int:
    """The seed that scikit-learn's own tests ask for."""
    return 42


@pytest.fixture(scope="module")
def double_precision():
    """JAX computes in float64 in the modules that ask for this."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
