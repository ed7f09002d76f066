"""The machine and the versions that figures come from."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.contenders import ROOT

LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "torch", "jax", "jaxlib")


def processor() -> str:
    """Return the processor's name."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def vector_sets() -> list[str]:
    """Return the widest vector instructions that the processor names."""
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    return [
        name for name in ("avx2", "fma", "avx512f", "avx512_fp16", "amx_tile", "asimd", "sve") if f" {name} " in text
    ]


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gib() -> float:
    """Return the size of the memory, GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def versions() -> dict[str, str]:
    """Return the versions of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def blas() -> list[str]:
    """Return the BLAS of NumPy and of SciPy, which koubai's kernels call."""
    import numpy.linalg
    import scipy.linalg.cython_blas
    from threadpoolctl import threadpool_info

    assert numpy.linalg
    assert scipy.linalg.cython_blas
    return sorted(
        {f"{lib['internal_api']} {lib['version']} ({lib.get('architecture', '?')})" for lib in threadpool_info()}
    )


def commit(folder: Path = ROOT) -> str:
    """Return the revision of a checkout, with ``+`` if it has changes; empty outside of one."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    revision = git("rev-parse", "--short", "HEAD")
    return revision + ("+" if revision and git("status", "--porcelain", "--", "src") else "")


def describe(command: str) -> dict[str, Any]:
    """Return everything about where and how figures are made."""
    return {
        "processor": processor(),
        "vector instructions": vector_sets(),
        "cores": usable_cores(),
        "memory GiB": round(memory_gib(), 1),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions(),
        "BLAS": blas(),
        "commit": commit(),
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "load before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }
