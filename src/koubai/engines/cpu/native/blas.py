"""The addresses of SciPy's matrix products, which SciPy hands out for compiled code."""

from ctypes import c_char_p, c_void_p, py_object, pythonapi
from functools import cache

from koubai.core.errors import KoubaiError


@cache
def routines() -> dict[str, int]:
    """Return the addresses of sgemm and dgemm, found once: loading SciPy's linear algebra takes a tenth of a second."""
    from scipy.linalg.cython_blas import __pyx_capi__ as capsules

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
