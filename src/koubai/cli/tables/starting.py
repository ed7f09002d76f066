"""A quick start: what libraries import and a command has no use for is loaded when it is used.

This is done in the command line's own process alone; whoever imports koubai gets all libraries as they are.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

OF_NUMPY = ("numpy.f2py", "numpy.testing", "numpy.ma", "numpy.polynomial", "numpy.ctypeslib")
"""NumPy loads them when they are asked for; SciPy and scikit-learn ask for all, to have every name of NumPy in a
module of their own."""
SELDOM_USED = ("scipy.stats", "asyncio")
"""Slow to load: imported by scikit-learn's base, for distributions and for caches on disk."""
ABSENT = ("pandas", "psutil")
"""What scikit-learn's base looks for and does without. Where frames are passed to it, it asks for pandas anew."""


class _WhenUsed(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> object:
        """Return what the module has under a name, loading it."""
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def later(names: tuple[str, ...], absent: tuple[str, ...] = ()) -> Iterator[None]:
    """Let imports in this block bind modules that are loaded when something of them is used, or find them absent.

    It does not do for modules that are imported by ``import *``. Modules that are loaded already stay as they are.

    Parameters
    ----------
    names, absent : tuple of str
        The modules, each parent before its parts. NumPy is loaded if parts of it are named.
    """
    stubs = {name: _WhenUsed(name) for name in names if name not in sys.modules}
    missing = [name for name in absent if name not in sys.modules]
    for name, stub in stubs.items():
        sys.modules[name] = stub
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent])[child] = stub
    for name in missing:
        sys.modules[name] = None  # type: ignore[assignment]  # an import then raises ImportError
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
        for name, stub in stubs.items():
            if sys.modules.get(name) is stub:
                del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if parent in sys.modules and vars(sys.modules[parent]).get(child) is stub:
                del vars(sys.modules[parent])[child]


def load_arrays() -> None:
    """Import the part of SciPy that every numerical command needs, without the parts of NumPy that it rarely uses."""
    if "scipy.special" in sys.modules:
        return
    import_module("numpy")
    with later(OF_NUMPY):
        import scipy.special  # noqa: F401


def load_base() -> None:
    """Import what estimators need of scikit-learn, without the slow modules that they only might use.

    Where one of these is there already, nothing is to be gained, and scikit-learn is imported as usual.
    """
    load_arrays()
    if {"sklearn", "scipy.stats", *ABSENT} & set(sys.modules):
        return
    with later(OF_NUMPY + SELDOM_USED, ABSENT):
        import sklearn.base
        import sklearn.preprocessing  # noqa: F401
