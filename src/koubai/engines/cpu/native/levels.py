"""The kinds of processor that libraries are built for, and which of them this one is.

The levels of x86-64 are those that compilers and Linux distributions agreed on: v2 has vectors of 16 bytes, v3 (AVX2,
FMA) of 32, v4 (AVX-512) of 64. What a processor has is known to NumPy, which chooses its own loops by it.
"""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from koubai.core.errors import ParameterError

VARIABLE = "KOUBAI_LEVEL"
"""The environment variable that names the level to run, for trying a lower one."""
VECTOR_BYTES = "KOUBAI_VECTOR_BYTES"
"""The environment variable by which a build sets the vector width, in bytes, of the kernels."""


@dataclass(frozen=True, slots=True)
class Level:
    """A kind of processor.

    Parameters
    ----------
    name : str
        What LLVM calls it, and how a library's file is named.
    machine : str
        The architecture, as `platform.machine` gives it on Linux.
    features : tuple of str
        What a processor must have, in NumPy's words, beyond what the level before needs. A name that NumPy gained only
        recently, for a whole level, counts where it is known.
    vector_bytes : int
        Bytes of a vector register, by which kernels are laid out.
    plainest : str
        What LLVM calls the plainest processor that has all this.
    """

    name: str
    machine: str
    features: tuple[str, ...]
    vector_bytes: int
    plainest: str


LEVELS = (
    Level(
        "x86-64-v2", "x86_64", ("SSE", "SSE2", "SSE3", "SSSE3", "SSE41", "POPCNT", "SSE42", "X86_V2"), 16, "x86-64-v2"
    ),
    Level("x86-64-v3", "x86_64", ("AVX", "F16C", "FMA3", "AVX2", "X86_V3"), 32, "x86-64-v3"),
    Level("x86-64-v4", "x86_64", ("AVX512F", "AVX512CD", "AVX512_SKX", "X86_V4"), 64, "x86-64-v4"),
    Level("aarch64", "aarch64", ("NEON", "ASIMD"), 16, "generic"),
)
"""The levels, of one architecture each above the one before."""


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system that libraries are made for.

    Parameters
    ----------
    name : str
        As it is named to the build.
    runs_as : str
        What `sys.platform` is there.
    triple : str
        LLVM's name for it behind the architecture.
    suffix : str
        How its libraries are named.
    linked_as : str
        What zig calls it behind the architecture; a Linux library then needs a C library of 2014 or later.
    """

    name: str
    runs_as: str
    triple: str
    suffix: str
    linked_as: str


PLATFORMS = (
    Platform("linux", "linux", "unknown-linux-gnu", ".so", "linux-gnu.2.17"),
    Platform("macos", "darwin", "apple-macosx11.0.0", ".dylib", "macos.11.0"),
    Platform("windows", "win32", "pc-windows-gnu", ".dll", "windows-gnu"),
)
"""The systems."""


def platform_here() -> Platform | None:
    """Return the system of this machine, if it is one of `PLATFORMS`."""
    return next((each for each in PLATFORMS if each.runs_as == sys.platform), None)


def platform_called(name: str) -> Platform:
    """Return a system by its name."""
    for each in PLATFORMS:
        if each.name == name:
            return each
    raise ParameterError(f"platform must be one of {', '.join(each.name for each in PLATFORMS)}; got {name!r}.")


MACHINES = ("linux-x86_64", "linux-aarch64", "macos-aarch64", "windows-x86_64")
"""What wheels are made for: system and architecture."""


def machine_called(name: str) -> tuple[Platform, str]:
    """Return the system and the architecture that a name such as linux-aarch64 stands for."""
    system, _, machine = name.partition("-")
    if name not in MACHINES:
        raise ParameterError(f"platform must be one of {', '.join(MACHINES)}; got {name!r}.")
    return platform_called(system), machine


def level_called(name: str) -> Level:
    """Return a level by its name."""
    for level in LEVELS:
        if level.name == name:
            return level
    raise ParameterError(f"level must be one of {', '.join(level.name for level in LEVELS)}; got {name!r}.")


def architecture() -> str:
    """Return this machine's architecture in the words of `LEVELS`, whatever the system calls it."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


def processor_features() -> Mapping[str, bool]:
    """Return the features that NumPy has detected; NumPy has no public name for them."""
    features: Mapping[str, bool] = import_module("numpy._core._multiarray_umath").__cpu_features__
    return features


def levels_here(features: Mapping[str, bool] | None = None, machine: str | None = None) -> list[Level]:
    """Return the levels that this processor can run, the best one first.

    Parameters
    ----------
    features, machine
        What another processor has, in place of this one's.
    """
    features = processor_features() if features is None else features
    found: list[Level] = []
    for level in LEVELS:
        if level.machine == (machine or architecture()):
            if not all(features.get(feature, feature.startswith("X86_V")) for feature in level.features):
                break
            found.insert(0, level)
    return found


def allowed_levels() -> list[Level]:
    """Return the levels that may run here, the best one first: those of the processor, or the one that is asked for.

    Raises
    ------
    ParameterError
        If the environment variable names none, or one that this processor cannot run.
    """
    here, asked = levels_here(), os.environ.get(VARIABLE, "")
    if not asked:
        return here
    names = [level.name for level in here]
    if asked not in names:
        known = f"one of {', '.join(names)}, which this processor can run" if names else "unset on this processor"
        raise ParameterError(f"{VARIABLE} must be {known}; got {asked!r}. Unset it for the best one.")
    return [here[names.index(asked)]]
