"""How much memory a process may still take."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def free_memory() -> int:
    """Return how much memory a process may still take, bytes.

    On Linux what the system has available, or what a container's limit leaves if that is less; elsewhere half of the
    machine's memory, and 4 GB where not even that is known.
    """
    found = [size for size in (_available(), _left_by_limit()) if size is not None]
    if found:
        return min(found)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return 4 * 10**9


def _available() -> int | None:
    try:
        lines = MEMINFO.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def _left_by_limit() -> int | None:
    """Return what the limit of a container (cgroup, version 2) leaves; file pages that it counts can be given back."""
    try:
        limit, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        lines = (CGROUP / "memory.stat").read_text().splitlines()
        files = sum(int(line.split()[1]) for line in lines if line.startswith(("active_file ", "inactive_file ")))
        return max(0, limit - used + files)
    except (OSError, ValueError, IndexError):
        return None
