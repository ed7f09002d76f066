"""The program of a separate build process: ``worker VECTOR_BYTES DTYPE FOLDER LEVEL/PLATFORM ...`` emits object files.

Kernels are written once for a width of vectors, and turned into machine code for each processor and system.
"""

import gc
import json
import os
import sys
from pathlib import Path

import numpy as np

from koubai.engines.cpu.native.levels import VECTOR_BYTES, level_called, platform_called

PRECISIONS = ("float64", "float32")


def environment(vector_bytes: int) -> dict[str, str]:
    """Return the environment in which kernels are written for a width of vectors."""
    return os.environ | {
        "KOUBAI_ENGINE_CODE": "jit",
        VECTOR_BYTES: str(vector_bytes),
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_BOUNDSCHECK": "0",
        "NUMBA_DISABLE_JIT": "0",
    }


def object_name(target: str, precision: str) -> str:
    """Return the name of the object file of a target (``LEVEL/PLATFORM``) and precision."""
    return f"{target.replace('/', '-')}-{precision}.o"


def work(precision: str, folder: Path, targets: list[str]) -> None:
    """Write an object file for each target, and the list of their functions, which is the same for all."""
    from koubai.engines.cpu.native.emit import machine_code, written
    from koubai.engines.cpu.native.examples import examples

    gc.disable()  # compilation creates millions of objects that live until it ends
    calls = [(entry.name, entry.compiled(), arguments) for entry, arguments in examples(np.dtype(precision))]
    text, functions = written(calls, precision)
    public = {function.symbol for function in functions}
    for target in targets:
        level, _, system = target.partition("/")
        code = machine_code(level_called(level), platform_called(system), text, public)
        file = folder / object_name(target, precision)
        file.write_bytes(code)
        file.with_suffix(".json").write_text(json.dumps(functions))


if __name__ == "__main__":
    work(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
