"""SciPy's BLAS is loaded without its linear algebra, and is the one that SciPy itself uses."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from koubai.engines.cpu.native import blas

ALONE = """
import sys
from koubai.engines.cpu.native.blas import load, routines
found = routines()
print("scipy.linalg" in sys.modules)
from scipy.linalg import cython_blas, solve
assert cython_blas.__pyx_capi__ is not None and found.keys() == {"sgemm", "dgemm"} and all(found.values())
load.cache_clear(), routines.cache_clear()
assert routines() == found
assert solve([[2.0]], [4.0]) == [2.0]
"""


def test_it_is_loaded_alone_and_scipy_works_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False"]


def test_its_module_can_be_imported_afterwards() -> None:
    code = """
from koubai.engines.cpu.native.blas import routines
routines()
import scipy.linalg.cython_blas
assert scipy.linalg.cython_blas.__pyx_capi__
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_where_its_file_is_not_found_it_is_imported_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = blas.routines()
    monkeypatch.setattr(blas, "PathFinder", SimpleNamespace(find_spec=lambda *_: None))
    blas.load.cache_clear()
    blas.routines.cache_clear()
    assert blas.routines() == addresses
