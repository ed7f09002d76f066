"""What scikit-learn's own tests need to be run here."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thread_unsafe: scikit-learn's mark of tests that must not run in threads")
