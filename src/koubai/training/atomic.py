"""Atomic writing of files, and checking beforehand whether a file can be written."""

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from koubai.core.errors import FileError
from koubai.core.language import term, worded
from koubai.training.abandoned import claim, remove_abandoned


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file atomically: whatever happens, the path holds the old content or all of the new.

    The content goes to a temporary file in the same folder, is flushed to disk, and replaces the path in one step
    (``os.replace``). Leftovers of killed writers are removed first. Links are followed, and an existing file keeps its
    permissions. Anything other than a regular file is written directly; so is ``/dev/stdout``, even if it is a regular
    file, after what was already written to it.

    Parameters
    ----------
    path : path
        The file to write.
    content : bytes
        The whole content.

    Raises
    ------
    FileError
        If the folder does not exist or cannot be written, the path is a folder, or the disk is full; an existing file
        is then left untouched.
    """
    with replacing_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield a temporary file to write to, which replaces ``path`` when the block succeeds.

    If the block raises, ``path`` is left untouched. Like `replace_file`, but for contents too large to hold in memory.

    Raises
    ------
    FileError
        As for `replace_file`, and for an OSError within the block.
    """
    open_already = _open_descriptor(path)
    target = Path(os.path.realpath(path))
    if open_already is None:
        _check_place(path, target)
    try:
        if open_already is not None:
            with open(os.dup(open_already), "wb") as file:
                yield file
        elif target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
        else:
            yield from _replacing(target)
    except (FileError, BrokenPipeError):
        raise
    except OSError as error:
        raise _cannot_write(path, error) from error


def _replacing(target: Path) -> Iterator[IO[bytes]]:
    remove_abandoned(target.parent, *_temporary_names(target))
    descriptor, temporary = _new_temporary(target)
    # keeps the lock until the file is renamed; not possible where an open file cannot be renamed
    held = None if os.name == "nt" else os.dup(descriptor)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.chmod(temporary, _mode(target))
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        if held is not None:
            os.close(held)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    with contextlib.suppress(OSError):  # where supported: makes the new name survive a power cut
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _temporary_names(target: Path) -> tuple[str, str]:
    """Return prefix and suffix of the names of temporary files for a target."""
    return f".{target.name[:100]}.", ".tmp"


def _new_temporary(target: Path) -> tuple[int, str]:
    """Return a new temporary file, open and locked, and its path."""
    prefix, suffix = _temporary_names(target)
    while True:
        descriptor, temporary = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=target.parent)
        if claim(descriptor) and os.path.exists(temporary):
            return descriptor, temporary
        os.close(descriptor)  # another writer removed it as abandoned before it was locked


def check_writable(path: str | os.PathLike[str], reads: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Raise FileError now if `replace_file` could not write to this path, and leave nothing behind.

    To be called before a long computation whose result goes there.

    Parameters
    ----------
    path : path
        The file to write.
    reads : paths
        Files that the computation reads, none of which may be the output.
    """
    for other in reads:
        if os.path.isfile(path) and os.path.isfile(other) and os.path.samefile(path, other):
            raise FileError(worded("file.is_input", path=os.fspath(path), other=os.fspath(other)))
    if _open_descriptor(path) is not None:
        return
    target = Path(os.path.realpath(path))
    _check_place(path, target)
    if target.exists() and not target.is_file():
        return
    try:
        descriptor, temporary = _new_temporary(target)
    except OSError as error:
        raise _cannot_write(path, error) from error
    os.close(descriptor)
    os.unlink(temporary)


def _open_descriptor(path: str | os.PathLike[str]) -> int | None:
    """Return the file descriptor that a path such as ``/dev/stdout`` or ``/dev/fd/3`` stands for, or None."""
    found = re.fullmatch(r"/dev/(stdout|stderr|fd/(\d{1,6}))", os.fspath(path))
    return None if found is None else {"stdout": 1, "stderr": 2}.get(found[1]) or int(found[2])


def _check_place(path: str | os.PathLike[str], target: Path) -> None:
    shown = os.fspath(path)
    if target.is_dir() or shown == "":
        raise FileError(worded("file.is_folder", path=shown))
    if not target.parent.is_dir():
        raise FileError(worded("file.no_folder", path=shown, folder=target.parent))
    if target.is_file() and not os.access(target, os.W_OK):
        raise FileError(worded("training.error.output_writable_read_only_choose", shown=shown))


def _cannot_write(path: str | os.PathLike[str], error: OSError) -> FileError:
    reason = (error.strerror or type(error).__name__).lower()
    return FileError(
        worded("training.error.output_cannot_written_choose_another", fspath=os.fspath(path), reason=term(reason))
    )


def _mode(target: Path) -> int:
    """Return the permissions for the new file: those of the old one, else the default under the umask."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
