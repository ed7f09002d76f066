"""What tests of the playground's server share."""

import pytest

pytest.importorskip("starlette", reason="pip install '.[play]'")


@pytest.fixture(scope="module")
def server():
    """A server that the tests of one module share: its process and its address."""
    from .playing import served

    with served() as found:
        yield found
