"""Temporary files that belong to a process only as long as it lives.

A writer holds a lock on its temporary file (``flock``), which the system gives back however the process ends. So a
file that can be locked has no writer any more: whoever comes next may remove it, and takes none from a living writer.
"""

import contextlib
import os
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed: that is the lock
    fcntl = None

RANDOM = 8
"""Characters that `tempfile` puts into a name."""


def claim(descriptor: int) -> bool:
    """Lock an open file for as long as it is open; return whether nobody else had done so.

    Parameters
    ----------
    descriptor : int
        The open file.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: nothing there can be claimed, and nothing is ever removed
    return True


def is_abandoned(path: str | os.PathLike[str]) -> bool:
    """Return whether a temporary file's writer is gone.

    Parameters
    ----------
    path : path
        A file that its writer claimed.
    """
    if fcntl is None:
        return True
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False  # gone already, or another user's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def remove_abandoned(folder: Path, prefix: str, suffix: str) -> None:
    """Remove the files of a folder whose names begin and end so, and whose writers are gone.

    Parameters
    ----------
    folder : Path
        Where to look; what cannot be read there or removed is left.
    prefix, suffix : str
        How the names of temporary files begin and end; `tempfile.mkstemp` puts `RANDOM` characters between.
    """
    length = len(prefix) + RANDOM + len(suffix)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = [
            entry.path
            for entry in entries
            if entry.name.startswith(prefix)
            and entry.name.endswith(suffix)
            and len(entry.name) == length
            and entry.is_file(follow_symlinks=False)
        ]
        for path in found:
            if is_abandoned(path):
                with contextlib.suppress(OSError):
                    os.unlink(path)
