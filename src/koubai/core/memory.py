"""The amount of memory available to a process."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def free_memory() -> int:
    """Return the memory available to a process, in bytes.

    On Linux, the system's available memory or, if less, what remains of a container's limit; elsewhere half of the
    machine's memory, or 4 GB if even that is unknown.
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
    """Return what remains of a container's limit (cgroup v2); cached file pages count as reclaimable."""
    try:
        limit, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        lines = (CGROUP / "memory.stat").read_text().splitlines()
        files = sum(int(line.split()[1]) for line in lines if line.startswith(("active_file ", "inactive_file ")))
        return max(0, limit - used + files)
    except (OSError, ValueError, IndexError):
        return None
