"""What all tests share."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from tests.children import hear_interrupts

hear_interrupts()
for name in ("KOUBAI_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES"):
    os.environ.pop(name, None)  # what the tests read does not follow who runs them
os.environ["LC_ALL"] = "C.UTF-8"

settings.register_profile("koubai", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("koubai")

SHARED_DATA = Path(os.environ.get("KOUBAI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


LONG = {
    "engines/test_native.py": 400,
    "engines/test_wasm.py": 350,
    "engines/test_bounds.py": 300,
    "engines/test_other_registers.py": 250,
    "estimators/test_mlp_checks.py": 90,
    "estimators/test_perceptron_checks.py": 60,
    "training/test_interrupts.py": 250,
    "cli/test_processes.py": 250,
    "training/test_checkpoints.py": 200,
    "views/test_descent_page_in_a_browser.py": 200,
    "play/browser/test_page.py": 17,
    "play/browser/test_training.py": 17,
    "play/browser/test_rate.py": 16,
    "play/notebook/test_jupyterlab.py": 16,
}
"""Files whose few tests take as long as this many of the others. What holds the browser in its own process comes after
the files of the server, which run an event loop."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that are marked as slow, too")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow tests unless they are asked for; let processes that share the files begin with the longest.

    So no process works on at the end while others wait. A test that is left out costs no report, as a skipped one does.
    """
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    files = Counter(item.path for item in items)
    here = Path(__file__).parent
    assert all((here / name).is_file() for name in LONG)
    lengths = {
        path: max(n, LONG.get(path.as_posix().removeprefix(f"{here.as_posix()}/"), 0)) for path, n in files.items()
    }
    items.sort(key=lambda item: -lengths[item.path])


@pytest.fixture
def shared_data(request: pytest.FixtureRequest) -> Path:
    """The folder of published data sets beside the checkout; without it a test is skipped, and says what it proves."""
    if not SHARED_DATA.is_dir():
        proof = (request.function.__doc__ or request.node.name.removeprefix("test_").replace("_", " ")).split("\n")[0]
        pytest.skip(f"not shown without published data: {proof.rstrip('.')}. KOUBAI_SHARED_DATA must name their folder")
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
