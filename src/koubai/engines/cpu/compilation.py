"""Compilation of kernels, and caching of the compiled code on disk.

Compiled code lives in the platform's cache folder for the user, in a folder named after the version of koubai and a
digest of all kernel sources: numba itself checks only the file of the requested function, so a change in a kernel
called from another file would otherwise go unnoticed. A read-only installation works; if no cache folder is writable
and trusted, code is compiled in each process (see `koubai.engines.cpu.kept_code`).
"""

import gc
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numba
import numpy as np
import platformdirs
from numba.core import config as numba_config

from koubai import core, optimizers
from koubai.core.layers import LAYERS
from koubai.engines.cpu.kept_code import KeptCode, make_folder, not_kept, unusable
from koubai.engines.cpu.parts import EntryCompiler, PartCompiler

config: Any = numba_config
jit: Any = numba.njit

ALLOWED_MATH = {"contract", "reassoc", "nsz"}
"""Fused multiply-add, sums in any order, unsigned zero; NaN and infinity keep their meaning."""


@cache
def cache_folder() -> Path:
    """Return the folder of this version's compiled code."""
    kinds = (Path(core.__path__[0]) / name for name in ("activations", "losses", "logarithms.py", "scalars.py"))
    folders = (Path(__file__).parent, *kinds, Path(optimizers.__path__[0]))
    sources = sorted(path for folder in folders for path in (folder.rglob("*.py") if folder.is_dir() else [folder]))
    codes = repr([(name, kind.code) for name, kind in LAYERS.items() if LAYERS.is_own(kind)])  # they are in the code
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + codes.encode()).hexdigest()[:12]
    try:
        release = version("koubai")
    except PackageNotFoundError:  # run from a source tree that is not installed
        release = "source"
    return platformdirs.user_cache_path("koubai", appauthor=False) / f"{release}-{digest}"


def kernel(
    function: Callable[..., Any] | None = None,
    *,
    entry: bool = False,
    within: bool = False,
    exact: bool = False,
    portable: bool = False,
    inlined: bool = False,
    allocates: bool = False,
) -> Any:
    """Compile a function on plain arrays, without the GIL.

    Kernels work in the arrays they are given, without counting references: numba would use an atomic instruction for
    every array passed on, sliced or taken from a record, which takes longer than a small network's arithmetic.

    Parameters
    ----------
    entry : bool
        Whether it is called from Python: such functions are cached on disk. Others exist only as parts of these (see
        `koubai.engines.cpu.parts`).
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
    allocates : bool
        Whether it allocates arrays, which requires reference counting.
    """
    if function is None:
        return partial(
            kernel,
            entry=entry,
            within=within,
            exact=exact,
            portable=portable,
            inlined=inlined,
            allocates=allocates,
        )
    options: dict[str, Any] = {
        "nogil": True,
        "forceinline": inlined,
        "_nrt": allocates,
        "error_model": "numpy",
        "fastmath": False if portable else {"contract"} if exact else ALLOWED_MATH,
    }
    if not entry:
        options["inline"] = "always" if within else "never"
        parts = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": PartCompiler}
        return jit(**parts, **options)(function)
    compiled = jit(no_cfunc_wrapper=True, pipeline_class=EntryCompiler, **options)(function)
    before = config.CACHE_DIR
    config.CACHE_DIR = before or str(cache_folder())
    try:
        compiled._cache = KeptCode(function)
    finally:
        config.CACHE_DIR = before
    return compiled


_there: set[tuple[str, np.dtype[Any]]] = set()
"""Code known to this process to be compiled."""
_quiet: list[bool] = []
"""Non-empty while messages are suppressed."""
_NOTHING_TO_SAY: AbstractContextManager[None] = nullcontext()


@contextmanager
def quietly() -> Iterator[None]:
    """Suppress compilation messages inside the block, where the caller reports progress."""
    _quiet.append(True)
    try:
        yield
    finally:
        _quiet.pop()


def announce_compilation(what: str, dtype: np.dtype[Any]) -> AbstractContextManager[None]:
    """Report on standard error that code is being compiled, unless it is cached; to be wrapped around the call.

    Parameters
    ----------
    what : str
        A name for the compiled code, such as ``"training"``.
    dtype : dtype
        The precision that it is compiled for.
    """
    return _NOTHING_TO_SAY if (what, dtype) in _there else _announced(what, dtype)


@contextmanager
def _announced(what: str, dtype: np.dtype[Any]) -> Iterator[None]:
    folder = cache_folder()
    marker = folder / f"{what}-{dtype.name}.done"
    reason = unusable(folder)
    if not _quiet and (reason or not marker.exists()):
        kept = (
            f"this takes some seconds, in this run alone, since the folder for compiled code {folder} {reason}"
            if reason
            else f"once; this takes some seconds, and later runs use the code kept in {folder}"
        )
        sys.stderr.write(f"koubai: compiling the engine ({what}, {dtype.name}), {kept}\n")
        sys.stderr.flush()
    collects = gc.isenabled()
    gc.disable()  # compilation creates millions of objects that live until it is done
    try:
        yield
    finally:
        if collects:
            gc.enable()
    _there.add((what, dtype))
    if reason or not_kept:
        return  # the next process compiles again and says so
    with suppress(OSError):
        make_folder(folder)
        marker.touch()
