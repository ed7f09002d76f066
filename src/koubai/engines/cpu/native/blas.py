"""The addresses of SciPy's matrix products, which SciPy hands out for compiled code."""

import sys
from collections.abc import Mapping
from ctypes import c_char_p, c_void_p, py_object, pythonapi
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

from koubai.core.errors import KoubaiError

MODULE = "scipy.linalg.cython_blas"


@cache
def load() -> Mapping[str, object]:
    """Load SciPy's BLAS, once, and return the capsules with its routines.

    It is loaded without the package around it, SciPy's linear algebra, which takes a tenth of a second; a later import
    of that package gets the same module. If its file is not found this way, it is imported as usual.
    """
    import scipy

    found = PathFinder.find_spec(MODULE, [f"{path}/linalg" for path in scipy.__path__])
    if found is None or found.loader is None:
        from scipy.linalg import cython_blas
    else:
        known = MODULE in sys.modules
        cython_blas = module_from_spec(found)
        found.loader.exec_module(cython_blas)
        if not known:
            sys.modules.pop(MODULE, None)  # else an import would not make it the package's own
    capsules: Mapping[str, object] = cython_blas.__pyx_capi__
    return capsules


@cache
def routines() -> dict[str, int]:
    """Return the addresses of sgemm and dgemm, found once."""
    capsules = load()
    name_of, pointer_of = pythonapi.PyCapsule_GetName, pythonapi.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = c_char_p, (py_object,)
    pointer_of.restype, pointer_of.argtypes = c_void_p, (py_object, c_char_p)
    found = {}
    for routine in ("sgemm", "dgemm"):
        capsule = capsules[routine]
        signature = name_of(capsule)
        if not signature.startswith(b"void (char *, char *, int *, int *, int *,"):
            raise KoubaiError(
                f"engine 'cpu': SciPy's {routine} must take sizes as int; got {signature.decode()}. "
                f"Set engine='reference', or install another release of SciPy."
            )
        found[routine] = pointer_of(capsule, signature)
    return found
