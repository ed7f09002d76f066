"""Where the code of kernels comes from: a native library, numba, or the kernels themselves as Python.

A library is made from the kernels as they are (`koubai.engines.cpu.native.build`); one of other sources is not used.
While kernels are being written numba compiles them where they run, which the environment variable
``KOUBAI_ENGINE_CODE`` asks for. Where there is no library, nothing is compiled: the reference engine trains networks,
and the perceptron's kernels run as the Python functions that they are, with the same numbers and much slower.
"""

import os
import sys
from functools import cache

from koubai.core.errors import ParameterError
from koubai.engines.cpu.native.levels import allowed_levels
from koubai.engines.cpu.native.library import Library, file_of, installed_file

VARIABLE = "KOUBAI_ENGINE_CODE"
"""The environment variable that says where kernels come from."""
LIBRARY, JIT, PYTHON = "library", "jit", "python"
"""Its values."""
BUILD = "Run python -m koubai.engines.cpu.native.build, which needs numba and a C compiler or ziglang"
"""What makes a library, for messages."""


@cache
def library() -> Library | None:
    """Return the library that the kernels come from, or None if there is none or another kind of code is asked for."""
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", LIBRARY, JIT, PYTHON):
        raise ParameterError(
            f"{VARIABLE} must be {LIBRARY}, {JIT} or {PYTHON}; got {asked!r}. Unset it for what is there."
        )
    levels = allowed_levels()  # a wrong name is told whatever the kernels come from
    if asked in (JIT, PYTHON):
        return None
    for level in levels:
        file = installed_file(level) or file_of(level)
        if not file.exists():
            continue
        try:
            return Library(level, file)
        except OSError as error:
            sys.stderr.write(f"koubai: the library {file} is not used: {error}. Build it anew.\n")
    if asked == LIBRARY:
        names = ", ".join(level.name for level in levels) or "none"
        raise ParameterError(
            f"engine 'cpu': {VARIABLE}={LIBRARY} needs a library for this processor (levels: {names}); there is none. "
            f"{BUILD}."
        )
    return None


def kind_of_code() -> str:
    """Return what the kernels are here: ``"library"``, ``"jit"`` or ``"python"``."""
    if library() is not None:
        return LIBRARY
    return JIT if os.environ.get(VARIABLE) == JIT else PYTHON


@cache
def is_compiled() -> bool:
    """Return whether compiled code is there; if it is not, say so once, unless that was asked for."""
    if kind_of_code() != PYTHON:
        return True
    if os.environ.get(VARIABLE) != PYTHON:
        sys.stderr.write(
            f"koubai: there is no compiled engine for this processor, so the reference engine works, many times as "
            f"slowly. {BUILD}.\n"
        )
    return False
