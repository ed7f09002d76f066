"""No kernel reads or writes outside its arrays: the engine's tests pass where numba checks every index."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BEYOND = """
import numpy as np
from koubai.engines.cpu.compilation import kernel

@kernel
def part(array, i):
    return array[i]

@kernel(entry=True)
def read(array, i):
    return part(array, i)

assert read(np.ones(3), 2) == 1
try:
    read(np.ones(3), 3)
except IndexError:
    raise SystemExit(0)
raise SystemExit("an index beyond the end went unseen")
"""


CHECKED = os.environ | {"NUMBA_BOUNDSCHECK": "1", "KOUBAI_ENGINE_CODE": "jit"}
"""The environment in which kernels are compiled where they run, with their indices checked."""


def test_an_index_beyond_the_end_would_be_seen(tmp_path: Path) -> None:
    program = tmp_path / "beyond.py"
    program.write_text(BEYOND)
    subprocess.run([sys.executable, str(program)], env=CHECKED, check=True, timeout=120)


@pytest.mark.slow
@pytest.mark.timeout(1700)
def test_kernels_stay_within_their_arrays() -> None:
    """Training by one thread and by teams, gradients and predictions, dense and CSR, the perceptron's passes."""
    names = ("test_races.py", "test_agreement.py", "test_kernels.py", "test_maps.py", "test_perceptron.py")
    files = [HERE / name for name in names]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--timeout=1600",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        *map(str, files),
    ]
    done = subprocess.run(command, env=CHECKED, cwd=HERE.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
