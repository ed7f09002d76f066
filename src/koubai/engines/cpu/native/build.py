"""Building the engine's libraries: ``python -m koubai.engines.cpu.native.build [LEVEL ...]``.

Each width of vectors and precision is compiled in a process of its own, as many at a time as there are processors.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from koubai.core.errors import KoubaiError, ParameterError
from koubai.engines.cpu.native import wasm, worker
from koubai.engines.cpu.native.levels import (
    LEVELS,
    MACHINES,
    PLATFORMS,
    Level,
    Platform,
    architecture,
    level_called,
    levels_here,
    machine_called,
    platform_here,
)
from koubai.engines.cpu.native.library import file_of, put
from koubai.engines.cpu.native.worker import PRECISIONS
from koubai.engines.cpu.sources import digest

OPTIONS = {
    "linux": ["-shared", "-Wl,-Bsymbolic", "-Wl,--gc-sections", "-Wl,-z,defs"],
    "macos": ["-dynamiclib", "-Wl,-dead_strip"],
    "windows": ["-shared"],
}
"""Linker options for a library, by system."""
EXAMPLES = """examples:
  python -m koubai.engines.cpu.native.build
  python -m koubai.engines.cpu.native.build here
  python -m koubai.engines.cpu.native.build x86-64-v2 x86-64-v3
  python -m koubai.engines.cpu.native.build --platform macos-aarch64
  python -m koubai.engines.cpu.native.build wasm32

It needs numba, and to link a C compiler or, for other machines than this one and for browsers, the Python package
ziglang.
"""


class Target(NamedTuple):
    """What a library is built for."""

    level: Level
    system: Platform

    @property
    def name(self) -> str:
        """As the worker knows it."""
        return f"{self.level.name}/{self.system.name}"


def default_levels() -> list[Level]:
    """Return the targets for this machine: its own level, and the lowest, in case the build is moved."""
    here = levels_here()
    return list(dict.fromkeys([here[0], here[-1]])) if here else []


def linker(level: Level, system: Platform) -> list[str]:
    """Return the command that links for a level and system.

    Raises
    ------
    KoubaiError
        If there is none.
    """
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    own = level.machine == architecture() and system == platform_here() and system.name != "windows"
    if own and compiler and "KOUBAI_LINK_BY_ZIG" not in os.environ:
        return [*compiler.split(), "-s"] if system.name == "linux" else compiler.split()
    if find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc", "-target", f"{level.machine}-{system.linked_as}", "-s"]
    raise KoubaiError(
        f"building the engine: a linker for {level.machine} and {system.name} must be there; none was found. "
        f"Install the Python package ziglang, or for this machine's own libraries a C compiler."
    )


def emit(vector_bytes: int, precision: str, folder: Path, targets: Sequence[Target]) -> None:
    """Compile for targets of one width of vectors, in a process of its own; write object files."""
    names = [target.name for target in targets]
    command = [sys.executable, "-m", worker.__name__, str(vector_bytes), precision, str(folder), *names]
    done = subprocess.run(command, env=worker.environment(vector_bytes), capture_output=True, text=True)
    if done.returncode:
        raise KoubaiError(
            f"building the engine: {', '.join(names)}, {precision} must compile; got\n{done.stderr.strip()}"
        )


def link(target: Target, sources: str, folder: Path) -> Path:
    """Link a target's object files, with a table of what is in them, to the library; return its file."""
    from koubai.engines.cpu.native.emit import common_object

    level, system = target
    objects = [folder / worker.object_name(target.name, precision) for precision in PRECISIONS]
    functions = [each for file in objects for each in json.loads(file.with_suffix(".json").read_text())]
    common = folder / worker.object_name(target.name, "common")
    text = json.dumps({"digest": sources, "level": level.name, "functions": functions})
    common.write_bytes(common_object(level, system, text))
    new = folder / f"{level.name}{system.suffix}"
    command = [*linker(level, system), *OPTIONS[system.name], "-o", str(new), *map(str, objects), str(common), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise KoubaiError(f"building the engine: {target.name} must link; got\n{done.stderr.strip()}")
    return put(file_of(level, system), new.read_bytes())


def build(targets: Sequence[Target], say: Callable[[str], None]) -> Iterator[Path]:
    """Build the libraries of these targets; yield each file as it is completed."""
    for target in targets:
        if file_of(*target).exists():
            say(f"koubai: {file_of(*target).name} is there, made from these sources")
            yield file_of(*target)
    missing = [target for target in targets if not file_of(*target).exists()]
    if not missing:
        return
    widths: dict[int, list[Target]] = {}
    for target in missing:
        widths.setdefault(target.level.vector_bytes, []).append(target)
    n_jobs = min(len(widths) * len(PRECISIONS), os.cpu_count() or 1)
    names, sources = ", ".join(target.name for target in missing), digest()  # before anything is compiled
    say(f"koubai: compiling the engine for {names}, {n_jobs} at a time; this takes some minutes")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(n_jobs) as jobs:
        folder = Path(place)
        pending = {
            width: [jobs.submit(emit, width, precision, folder, some) for precision in PRECISIONS]
            for width, some in widths.items()
        }
        for width, running in pending.items():
            for job in running:
                job.result()
            for target in widths[width]:
                file = link(target, sources, folder)
                say(f"koubai: {file.name}, {file.stat().st_size >> 10} KB, after {time.perf_counter() - begun:.0f} s")
                yield file


def targets_called(given: Sequence[str], where: str | None) -> list[Target]:
    """Return the targets that the command line names.

    Raises
    ------
    ParameterError
        If it names something that cannot be built.
    """
    system, machine = (platform_here(), architecture()) if where is None else machine_called(where)
    if system is None:
        raise ParameterError(
            f"building the engine: this system must be one of {', '.join(each.name for each in PLATFORMS)}; "
            f"got {sys.platform!r}. Name another machine's by --platform."
        )
    own = [level for level in LEVELS if level.machine == machine]
    if list(given) == ["all"] or (where is not None and not given):
        levels = own
    elif list(given) == ["here"]:
        levels = levels_here()[:1]
    else:
        levels = [level_called(name) for name in given] or default_levels()
    if not levels or not set(levels) <= set(own):
        raise ParameterError(
            f"building the engine: levels must be of {machine} ({', '.join(each.name for each in own) or 'none known'})"
            f"; got {', '.join(given) or 'none'}. Name another machine's with --platform."
        )
    return [Target(level, system) for level in levels]


def say(sentence: str) -> None:
    """Report a build's progress on standard output at once."""
    print(sentence, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build from the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m koubai.engines.cpu.native.build",
        description="Compile the engine into native libraries, for this machine or for others.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ", ".join(level.name for level in LEVELS)
    parser.add_argument(
        "levels",
        nargs="*",
        metavar="LEVEL",
        help=f"{names}; here: of this processor; all: of this architecture; by default this processor's and the lowest"
        f"; {wasm.LEVEL}: for browsers",
    )
    parser.add_argument(
        "--platform",
        metavar="SYSTEM-MACHINE",
        help=f"another machine's: {', '.join(MACHINES)}; all its levels, unless some are named",
    )
    given = parser.parse_args(arguments)
    levels = [name for name in given.levels if name != wasm.LEVEL]
    try:
        if levels != given.levels:
            wasm.build(say)
            if not levels and given.platform is None:
                return 0
        for _ in build(targets_called(levels, given.platform), say):
            pass
    except KoubaiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
