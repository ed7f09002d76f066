"""Products with vector registers of other sizes than this processor has: LLVM makes several of them, or parts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("test_products.py")
WITH_FEATURES = """
import sys
from unittest.mock import patch
import numba
import pytest
numba.njit(lambda: 0)()  # numba has asked what this processor can
with patch("llvmlite.binding.get_host_cpu_features", return_value={sys.argv[1]: True}):
    from koubai.engines.cpu.kernels.lanes import VECTOR_BYTES
assert VECTOR_BYTES == int(sys.argv[2]), VECTOR_BYTES
sys.exit(pytest.main(["-q", "--timeout=500", "-p", "no:cacheprovider", "-k", "width or few_columns", sys.argv[3]]))
"""


@pytest.mark.slow  # each compiles what it tests for a processor that this is not
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("feature", "n_bytes"), [("avx512f", 64), ("sse2", 16)])
def test_every_width_is_right(feature: str, n_bytes: int) -> None:
    command = [sys.executable, "-c", WITH_FEATURES, feature, str(n_bytes), str(TESTS)]
    done = subprocess.run(
        command, env=os.environ | {"KOUBAI_ENGINE_CODE": "jit"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert " passed" in done.stdout
