"""Compilation of kernels by numba: for a library that is being built, or where they run while they are being written.

Nothing is kept: what is compiled where it runs lasts as long as the process.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from koubai.engines.cpu.choice import PYTHON, kind_of_code

ALLOWED_MATH = {"contract", "reassoc", "nsz"}
"""Fused multiply-add, sums in any order, unsigned zero; NaN and infinity keep their meaning."""


def kernel(
    function: Callable[..., Any] | None = None,
    *,
    entry: bool = False,
    within: bool = False,
    exact: bool = False,
    portable: bool = False,
    inlined: bool = False,
) -> Any:
    """Compile a function on plain arrays, without the GIL; where nothing is compiled, return it as it is.

    Kernels work in the arrays they are given, without counting references: numba would use an atomic instruction for
    every array passed on, sliced or taken from a record, which takes longer than a small network's arithmetic.

    Parameters
    ----------
    entry : bool
        Whether it is called from Python. Others exist only as parts of these (see `koubai.engines.cpu.parts`).
    within : bool
        Whether to inline it before compiling: for a large function called from one place, since each level of calls is
        optimised again with everything below it.
    exact : bool
        Keep the order of floating-point operations as written, fused multiply-add aside: for arithmetic that relies on
        rounding.
    portable : bool
        Rule out fused multiply-add too: for arithmetic that rounds as other software does on any processor.
    inlined : bool
        Whether always to inline it, for a short function.
    """
    if function is None:
        return partial(kernel, entry=entry, within=within, exact=exact, portable=portable, inlined=inlined)
    if kind_of_code() == PYTHON:
        return function
    import numba

    from koubai.engines.cpu.parts import EntryCompiler

    jit: Any = numba.njit

    options: dict[str, Any] = {
        "nogil": True,
        "forceinline": inlined,
        "_nrt": False,
        "error_model": "numpy",
        "fastmath": False if portable else {"contract"} if exact else ALLOWED_MATH,
    }
    if entry:
        return jit(no_cfunc_wrapper=True, pipeline_class=EntryCompiler, **options)(function)
    return jit(**part(), inline="always" if within else "never", **options)(function)


def part() -> dict[str, Any]:
    """Return what numba is told of a function that exists only as a part of others."""
    from koubai.engines.cpu.parts import PartCompiler

    return {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": PartCompiler}


def part_options(entry: Any) -> dict[str, Any]:
    """Return what numba is told of an entry where it is compiled as a part."""
    kept = ("nogil", "_nrt", "error_model", "fastmath", "forceinline")
    return {**part(), "inline": "never", **{name: entry.targetoptions[name] for name in kept}}
