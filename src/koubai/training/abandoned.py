"""Temporary files whose ownership ends with their process.

A writer holds a lock (``flock``) on its temporary file, which the system releases however the process ends. A file that
can be locked therefore has no writer any more, and the next process may remove it without harming a live one.
"""

import contextlib
import os
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed, which serves as the lock
    fcntl = None

RANDOM = 8
"""Number of random characters in a name made by `tempfile`."""


def claim(descriptor: int) -> bool:
    """Lock an open file until it is closed; return False if another process holds the lock.

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
        return True  # a file system without locks: nothing can be claimed, so nothing is ever removed
    return True


def is_abandoned(path: str | os.PathLike[str]) -> bool:
    """Return whether a temporary file's writer is gone.

    Parameters
    ----------
    path : path
        A file claimed by its writer.
    """
    if fcntl is None:
        return True
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False  # already gone, or owned by another user
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def remove_abandoned(folder: Path, prefix: str, suffix: str) -> None:
    """Remove abandoned files from a folder, by prefix and suffix of their names.

    Parameters
    ----------
    folder : Path
        The folder; files that cannot be read or removed are left.
    prefix, suffix : str
        Prefix and suffix of the names, with `RANDOM` characters from `tempfile.mkstemp` between them.
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
