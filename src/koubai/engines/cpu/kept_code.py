"""Compiled code on disk: written atomically, and run only if undamaged and not writable by others.

numba unpickles what it finds, and pickles can run code, so files that another user could have written are never read.
If code cannot be cached or trusted, it is compiled in memory, with a message.
"""

import hashlib
import os
import pickle
import stat
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import config as numba_config
from numba.core.caching import CompileResultCacheImpl, FunctionCache

config: Any = numba_config

OTHERS_MAY_WRITE = 0o022
"""Write permissions of group and others, which code must not have in order to be run."""
OWN_FOLDER, OWN_FILE = 0o755, 0o644
"""Permissions of created folders and files."""

not_kept: list[str] = []
"""Reasons why this process could not cache code."""


@cache
def say(sentence: str) -> None:
    """Print a message about compiled code to standard error, once per process."""
    sys.stderr.write(f"koubai: {sentence}\n")
    sys.stderr.flush()


def distrusted(status: os.stat_result) -> str:
    """Return why a file or folder is not trusted, given its owner and permissions; an empty string if it is.

    Files of the administrator are trusted, such as code in a container image.
    """
    if not hasattr(os, "getuid"):  # Windows separates user profiles itself
        return ""
    if status.st_uid not in (0, os.getuid()):
        return f"belongs to another user (number {status.st_uid})"
    if status.st_mode & stat.S_ISVTX and stat.S_ISDIR(
        status.st_mode
    ):  # such as /tmp, where users cannot modify others' files
        return ""
    return "can be written by other users" if status.st_mode & OTHERS_MAY_WRITE else ""


def unusable(folder: Path) -> str:
    """Return why compiled code cannot be cached in a folder, which need not exist yet; an empty string if it can."""
    try:
        status = folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        above = next(parent for parent in folder.parents if parent.exists())
        return "" if above.is_dir() and os.access(above, os.W_OK | os.X_OK) else "cannot be made"
    except OSError as error:
        return _reason(error)
    return distrusted(status)


def make_folder(folder: Path) -> None:
    """Create a folder writable only by this user, including its parents."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(OWN_FOLDER)


class KeptCode(FunctionCache):  # type: ignore[misc]  # numba is untyped
    """The cache interface that numba uses for one function's compiled code."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _Files(Path(self._cache_path), self._impl.filename_base)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the code for arguments of these types, or None."""
        try:
            return super().load_overload(signature, target)
        except Exception as error:  # whatever is wrong with the file, recompiling fixes it
            say(f"compiled code in '{self._cache_path}' cannot be used ({type(error).__name__}); compiling it anew.")
            return None

    def save_overload(self, signature: Any, data: Any) -> None:
        """Cache the code for arguments of these types, if possible."""
        try:
            super().save_overload(signature, data)
        except OSError as error:
            not_kept.append(_reason(error))
            say(
                f"compiled code cannot be kept in '{self._cache_path}': {not_kept[-1]}. Later runs compile it again; "
                f"make room, or set XDG_CACHE_HOME to another folder."
            )


class _Files:
    """The files of one function's compiled code: one per combination of argument types, starting with a digest."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def load(self, key: Any) -> Any:
        """Return what was saved under a key, or None if there is nothing usable."""
        try:
            with self._path(key).open("rb") as file:
                reason = self._distrusted() or distrusted(os.fstat(file.fileno()))
                if reason:
                    say(
                        f"compiled code in '{self._folder}' is not used, since it {reason}. Remove that folder, or set "
                        f"XDG_CACHE_HOME to one of your own."
                    )
                    return None
                content = file.read()
        except OSError:  # missing or unreadable
            return None
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            say(f"compiled code in '{self._folder}' is damaged; compiling it anew.")
            return None
        return pickle.loads(content[32:])

    def save(self, key: Any, data: Any) -> None:
        """Write a file atomically."""
        make_folder(self._folder)
        if self._distrusted():
            return  # the next process would not use it
        content = pickle.dumps(data, protocol=-1)
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            os.chmod(temporary, OWN_FILE)
            os.replace(temporary, self._path(key))
        except BaseException:
            os.unlink(temporary)
            raise

    def flush(self) -> None:
        """Delete everything saved."""
        for path in self._folder.glob(f"{self._name}.*.nbc"):
            path.unlink(missing_ok=True)

    def _distrusted(self) -> str:
        return distrusted(self._folder.stat()) or distrusted(self._folder.parent.stat())

    def _path(self, key: Any) -> Path:
        what = repr((key, numba.__version__, llvmlite.__version__))
        return self._folder / f"{self._name}.{hashlib.sha256(what.encode()).hexdigest()[:16]}.nbc"


class _Place:
    """The only location where numba looks for a function's compiled code: koubai's folder."""

    def __init__(self, function: Any, source: str) -> None:
        folder = os.path.dirname(os.path.abspath(source))
        self._line = function.__code__.co_firstlineno
        self._path = Path(config.CACHE_DIR, f"{Path(folder).name}_{hashlib.sha256(folder.encode()).hexdigest()[:16]}")

    @classmethod
    def from_function(cls, function: Any, source: str) -> "_Place":
        """Return the place of a function."""
        return cls(function, source)

    def ensure_cache_path(self) -> None:
        """Do nothing: the folder is created when there is code to cache."""

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(self._path)

    def get_source_stamp(self) -> None:
        """Return None, since the folder's name contains a digest of the sources."""

    def get_disambiguator(self) -> str:
        """Return what distinguishes functions of the same name."""
        return str(self._line)


class _Contents(CompileResultCacheImpl):  # type: ignore[misc]  # numba is untyped
    """How compiled code becomes data, and where these lie."""

    _locator_classes = (_Place,)


KeptCode._impl_class = _Contents


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
