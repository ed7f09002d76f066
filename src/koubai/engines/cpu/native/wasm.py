"""The engine as a WebAssembly module, which browsers run: from the same kernels, called by the same words.

``python -m koubai.engines.cpu.native.build wasm32`` builds it, beside the libraries, with a description for JavaScript
(see `koubai.engines.cpu.native.description`). Addresses have 32 bits there: no kernel knows of it, since they are told
the addresses and sizes of arrays in words of 64 bits, and nothing is optimised before LLVM knows that they are shorter.
Vectors are 16 bytes long. There is one thread, no BLAS, and nothing that the module needs of its surroundings.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from koubai.core.errors import KoubaiError
from koubai.engines.cpu.native.library import folder, put
from koubai.engines.cpu.native.worker import PRECISIONS, environment
from koubai.engines.cpu.sources import digest

LEVEL = "wasm32"
"""How a build is asked for it."""
TRIPLE = "wasm32-unknown-unknown"
FEATURES = "+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint"
"""What every browser has had since 2023 (Chrome 91, Firefox 89, Safari 16.4), and Node since 16.4."""
OWN = ("native/wasm.py", "native/description.py", "layout.py")
"""What the module and its description are made from beside the sources of all compiled code."""
VECTOR_BYTES = 16
NEVER = (1 << 63) - 1
"""Bytes of a factor from which on BLAS would multiply."""

SURROUNDINGS = """
declare void @llvm.trap()
declare float @llvm.sqrt.f32(float)
declare double @llvm.sqrt.f64(double)
define float @sqrtf(float %x) {
  %root = call float @llvm.sqrt.f32(float %x)
  ret float %root
}
define double @sqrt(double %x) {
  %root = call double @llvm.sqrt.f64(double %x)
  ret double %root
}
define i32 @sched_yield() {
  ret i32 0
}
define i32 @numba_xxgemm(i8 %kind, i8 %ta, i8 %tb, i64 %m, i64 %n, i64 %k, ptr %alpha, ptr %a, i64 %lda,
                         ptr %b, i64 %ldb, ptr %beta, ptr %c, i64 %ldc) {
  call void @llvm.trap()
  unreachable
}
"""
"""What kernels call. Square roots are an instruction; nobody waits for another thread; no product goes to BLAS."""


def files() -> tuple[Path, Path]:
    """Return the files of the module and of its description, made from the sources as they are now."""
    stem = f"engine-{LEVEL}-{digest(*OWN)}"
    return folder() / f"{stem}.wasm", folder() / f"{stem}.json"


def module_code(text: str, public: set[str]) -> bytes:
    """Return the object file of a module of kernels, in which nothing but these functions can be found."""
    from llvmlite import binding

    from koubai.engines.cpu.native.emit import object_code

    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    target = binding.Target.from_triple(TRIPLE)
    machine = target.create_target_machine(cpu="generic", features=FEATURES, opt=3, reloc="static", codemodel="default")
    return object_code(text, machine, [SURROUNDINGS], public)


def work(precision: str, place: Path) -> None:
    """Write the object file of a precision, and its functions with their arguments' names beside it."""
    from koubai.engines.cpu.kernels import sizes

    sizes.BLAS_FROM = NEVER  # before a kernel is written by it
    from koubai.engines.cpu.native.description import named_functions
    from koubai.engines.cpu.native.emit import written
    from koubai.engines.cpu.native.examples import examples

    gc.disable()  # compilation creates millions of objects that live until it is done
    calls = [(entry.name, entry.compiled(), arguments) for entry, arguments in examples(np.dtype(precision))]
    text, functions = written(calls, precision)
    (place / f"{precision}.o").write_bytes(module_code(text, {function.symbol for function in functions}))
    (place / f"{precision}.json").write_text(json.dumps(named_functions(calls, functions)))


def emit(precision: str, place: Path) -> None:
    """Do that work in a process of its own."""
    without_optimisation = {"NUMBA_OPT": "0"}  # which fixes sizes and places by 64-bit addresses
    variables = environment(VECTOR_BYTES) | without_optimisation
    command = [sys.executable, "-m", "koubai.engines.cpu.native.wasm", precision, str(place)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    if done.returncode:
        raise KoubaiError(f"building the engine: {LEVEL}, {precision} must compile; got\n{done.stderr.strip()}")


def need_linker() -> None:
    """Raise an error, before minutes have gone by, if there is nothing that links."""
    if not find_spec("ziglang"):
        raise KoubaiError(
            f"building the engine: a linker for {LEVEL} must be there; none was found. "
            f"Install the Python package ziglang."
        )


def link(place: Path, symbols: Sequence[str]) -> Path:
    """Link the object files to a module that shows these functions; return its file."""
    new = place / "engine.wasm"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-wasi", "-mexec-model=reactor", "-o", str(new)]
    command += ["-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--export=__heap_base"]
    command += [f"-Wl,--export={symbol}" for symbol in symbols]
    command += [*(str(place / f"{precision}.o") for precision in PRECISIONS), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise KoubaiError(f"building the engine: {LEVEL} must link; got\n{done.stderr.strip()}")
    return new


def build(say: Callable[[str], None]) -> None:
    """Build the module and its description, unless they are there."""
    from koubai.engines.cpu.native.description import description

    module, described = files()
    if module.exists() and described.exists():
        say(f"koubai: {module.name} is there, made from these sources")
        return
    need_linker()
    begun, n_jobs = time.perf_counter(), min(len(PRECISIONS), os.cpu_count() or 1)
    say(f"koubai: compiling the engine for {LEVEL}, {n_jobs} at a time; this takes a minute or two")
    with tempfile.TemporaryDirectory() as folder_of_parts, ThreadPoolExecutor(n_jobs) as jobs:
        place = Path(folder_of_parts)
        for done in [jobs.submit(emit, precision, place) for precision in PRECISIONS]:
            done.result()
        functions = [each for name in PRECISIONS for each in json.loads((place / f"{name}.json").read_text())]
        new = link(place, [function["symbol"] for function in functions])
        text = json.dumps(description(functions), indent=1)
        for target, content in ((described, text.encode()), (module, new.read_bytes())):
            put(target, content)
    say(f"koubai: {module.name}, {module.stat().st_size >> 10} KB, after {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]))
