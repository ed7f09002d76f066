"""Writing a file so that it is there whole or not at all, and asking beforehand whether it can be written."""

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from koubai.core.errors import FileError


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file atomically: whatever happens, the path holds the old content or all of the new.

    The content goes to a temporary file in the same folder, is flushed to the disk, and takes the path's place in
    one step (``os.replace``). A link is followed, and an existing file keeps its permissions. Something that is no
    regular file is written directly; so is ``/dev/stdout``, after what was written there before, even if it is one.

    Parameters
    ----------
    path : path
        Where the file shall be.
    content : bytes
        All of it.

    Raises
    ------
    FileError
        If the folder does not exist or cannot be written, the path is a folder, or the disk is full; an existing
        file is then untouched.
    """
    open_already = _open_descriptor(path)
    target = Path(os.path.realpath(path))
    if open_already is None:
        _check_place(path, target)
    if open_already is not None or (target.exists() and not target.is_file()):
        try:
            with open(target if open_already is None else os.dup(open_already), "wb") as stream:
                stream.write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _cannot_write(path, error) from error
        return
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), _mode(target))
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    _sync_folder(target.parent)


def check_writable(path: str | os.PathLike[str], reads: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Raise FileError now if `replace_file` could not write this path, and leave nothing behind.

    Worth asking before a long computation whose result goes there.

    Parameters
    ----------
    path : path
        Where the file shall be.
    reads : paths
        Files that the computation reads: none of them may be the one that is written.
    """
    for other in reads:
        if os.path.isfile(path) and os.path.isfile(other) and os.path.samefile(path, other):
            raise FileError(
                f"The output '{os.fspath(path)}' must be another file than '{os.fspath(other)}', which is read and "
                f"would be lost. Choose another name."
            )
    if _open_descriptor(path) is not None:
        return
    target = Path(os.path.realpath(path))
    _check_place(path, target)
    if target.exists() and not target.is_file():
        return
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    os.close(descriptor)
    os.unlink(temporary)


def _open_descriptor(path: str | os.PathLike[str]) -> int | None:
    """Return the number of the open file that a path such as ``/dev/stdout`` or ``/dev/fd/3`` stands for, or None."""
    found = re.fullmatch(r"/dev/(stdout|stderr|fd/(\d{1,6}))", os.fspath(path))
    return None if found is None else {"stdout": 1, "stderr": 2}.get(found[1]) or int(found[2])


def _check_place(path: str | os.PathLike[str], target: Path) -> None:
    shown = os.fspath(path)
    if target.is_dir() or shown == "":
        raise FileError(f"The output must be a file; got the folder '{shown}'. Add a file name.")
    if not target.parent.is_dir():
        raise FileError(
            f"The output '{shown}' must lie in a folder that exists; '{target.parent}' does not. Make it first."
        )
    if target.is_file() and not os.access(target, os.W_OK):
        raise FileError(f"The output '{shown}' must be writable; it is read-only. Choose another name.")


def _cannot_write(path: str | os.PathLike[str], error: OSError) -> FileError:
    reason = (error.strerror or type(error).__name__).lower()
    return FileError(f"The output '{os.fspath(path)}' cannot be written: {reason}. Choose another place.")


def _mode(target: Path) -> int:
    """Return the permissions for the new file: those of the old one, else what the user's umask leaves."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    """Flush the folder's entry, where the system allows it, so that the new name survives a power cut."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
