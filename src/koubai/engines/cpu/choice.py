"""Where the code of kernels comes from: a native library, numba, or the kernels themselves as Python.

A library is made from the kernels as they are (`koubai.engines.cpu.native.build`); one built from other sources is
ignored.
While kernels are being developed, numba compiles them at run time, as the environment variable ``KOUBAI_ENGINE_CODE``
requests. Without a library nothing is compiled: the reference engine trains networks, and the perceptron's kernels run
as plain Python functions, which give the same numbers far more slowly.
"""

import os
import sys
from functools import cache

from koubai.core.errors import ParameterError
from koubai.core.language import term, worded
from koubai.core.printing import say
from koubai.engines.cpu.native.levels import allowed_levels
from koubai.engines.cpu.native.library import Library, file_of, installed_file

VARIABLE = "KOUBAI_ENGINE_CODE"
"""The environment variable that says where kernels come from."""
LIBRARY, JIT, PYTHON = "library", "jit", "python"
"""Its values."""


@cache
def library() -> Library | None:
    """Return the library that the kernels come from, or None if there is none or another kind of code is asked for."""
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", LIBRARY, JIT, PYTHON):
        raise ParameterError(
            worded("engines.error.code", variable=VARIABLE, one=LIBRARY, two=JIT, three=PYTHON, asked=repr(asked))
        )
    levels = allowed_levels()  # report a wrong name wherever the kernels come from
    if asked in (JIT, PYTHON):
        return None
    for level in levels:
        file = installed_file(level) or file_of(level)
        if not file.exists():
            continue
        try:
            return Library(level, file)
        except OSError as error:
            say(worded("engines.note.library_not_used", file=file, error=error), sys.stderr)
    if asked == LIBRARY:
        names = ", ".join(level.name for level in levels) or term("none")
        raise ParameterError(worded("engines.error.no_library", variable=VARIABLE, library=LIBRARY, names=names))
    return None


def kind_of_code() -> str:
    """Return how the kernels run here: ``"library"``, ``"jit"`` or ``"python"``."""
    if library() is not None:
        return LIBRARY
    return JIT if os.environ.get(VARIABLE) == JIT else PYTHON


@cache
def is_compiled() -> bool:
    """Return whether compiled code is available; if not, say so once, unless that was requested."""
    if kind_of_code() != PYTHON:
        return True
    if os.environ.get(VARIABLE) != PYTHON:
        say(worded("engines.note.not_compiled"), sys.stderr)
    return False
