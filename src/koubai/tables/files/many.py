"""A table that is not one local file: a folder, a pattern, or a URL such as s3://bucket/part-*.parquet.

Files elsewhere are copied, one by one, to unnamed files in the folder for temporary files, which are gone with the
process however it ends. Of a table that is read block by block, copies are made as its rows are read, and few are kept.
"""

import glob
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from koubai.core.errors import FileError, ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded
from koubai.core.untyped import FileSystem
from koubai.tables.files.parquet import complaints
from koubai.tables.files.scratch import ScratchFile

if TYPE_CHECKING:
    import polars as pl

SUFFIX = ".parquet"
BROUGHT = ("fsspec", "aiohttp", "s3fs")
"""Modules of the extra ``cloud``; clouds of other kinds need others."""
MOST_COPIED = 2**31
"""Bytes of copies that are kept of files elsewhere, so that a table of less is copied once; one file may be larger."""
END = 2**16
"""Bytes at the end of a Parquet file that are asked for first: most often all that says what is in it."""

STREAM_PATIENCE = 60.0
"""Seconds without a byte after which a stream counts as broken off."""


def is_url(source: str) -> bool:
    """Return whether a source is a URL."""
    return "://" in source


def is_many(source: str) -> bool:
    """Return whether a source is something else than one local file: a folder, a pattern or a URL."""
    if os.path.isdir(source):
        return next(Path(source).rglob(f"*{SUFFIX}"), None) is not None
    return is_url(source) or (_has_pattern(source) and not os.path.exists(source))


def _has_pattern(source: str) -> bool:
    return any(mark in source for mark in "*?[")


def files_of(source: str) -> list[str]:
    """Return the Parquet files of a folder, also of folders in it, of a pattern, or of a URL, in order of their names.

    Raises
    ------
    FileError
        If there is none, or the place cannot be reached.
    ParameterError
        If a package for URLs of this kind is missing.
    """
    if is_url(source):
        found = _files_at(source)
    elif os.path.isdir(source):
        found = [str(path) for path in Path(source).rglob(f"*{SUFFIX}")]
    else:
        found = glob.glob(source, recursive=True)
    files = sorted(path for path in found if path.lower().endswith(SUFFIX))
    if not files:
        raise FileError(worded("tables.error.hold_parquet_files_whose_names", source=source, suffix=SUFFIX))
    return files


def _files_at(source: str) -> list[str]:
    """Return the files that a URL names; several by a pattern, or as a folder."""
    files, path = _opened(source)
    try:
        if _has_pattern(path):
            names = files.glob(path)
        elif path.lower().endswith(SUFFIX):
            return [source]  # over HTTP there is nothing to list
        else:
            names = files.find(path)
    except (OSError, ValueError) as error:
        raise _out_of_reach(source, error) from error
    return [files.unstrip_protocol(name) for name in names]


def _opened(source: str) -> tuple[FileSystem, str]:
    """Return the file system of a URL, and the path in it."""
    kind = source.partition("://")[0]
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(source)
    except ImportError as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        missing = _module_of(error) or "fsspec"
        how = to_install("cloud" if missing in BROUGHT else "", missing)
        raise ParameterError(
            worded("tables.error.table_at_have_packages_read", kind=kind, reason=reason, how=how)
        ) from error
    except ValueError as error:
        raise FileError(worded("tables.error.table_url_begin_protocol_such", source=source)) from error
    return files, path


def _module_of(error: ImportError) -> str:
    """Return the module that was not found, which fsspec tells by the cause of its error."""
    cause = error.__cause__ or error.__context__
    return (_module_of(cause) if isinstance(cause, ImportError) else "") or (error.name or "").partition(".")[0]


def local_copy(source: str) -> ScratchFile:
    """Return a copy of a file elsewhere.

    Raises
    ------
    FileError
        If it cannot be read, or there is no room for it.
    """
    files, path = _opened(source)
    scratch = ScratchFile()
    try:
        try:
            with files.open(path, "rb") as remote:
                shutil.copyfileobj(remote, scratch.file, 2**20)
        except ValueError:
            if not source.startswith(("http://", "https://")):
                raise
            scratch.file.seek(0)
            with _in_one_stream(source) as remote:
                shutil.copyfileobj(remote, scratch.file, 2**20)
        scratch.file.flush()
    except Exception as error:  # what libraries for storage raise is of many kinds
        raise _out_of_reach(source, error) from error
    return scratch


def _in_one_stream(source: str) -> BinaryIO:
    """Open a file on a server of the web that sends no parts of one; it may take as long as something comes."""
    import fsspec
    from aiohttp import ClientTimeout

    timeout = ClientTimeout(total=None, sock_read=STREAM_PATIENCE)
    files, path = fsspec.core.url_to_fs(source, client_kwargs={"timeout": timeout})
    return files.open(path, "rb", block_size=0)


def _out_of_reach(source: str, error: Exception) -> FileError:
    reason = str(error).strip().partition("\n")[0][:160] or type(error).__name__
    return FileError(worded("tables.error.table_readable_got_check_name", source=source, reason=reason))


class LocalFiles:
    """The files of a source on this machine: themselves, or copies that last as long as this object.

    Parameters
    ----------
    source : str
        A folder, a pattern or a URL.
    """

    def __init__(self, source: str) -> None:
        self.names = files_of(source)
        self.copies = [local_copy(name) for name in self.names] if is_url(source) else []
        self.paths = [copy.path for copy in self.copies] or [Path(name) for name in self.names]


class FilesUnderWay:
    """Parquet files elsewhere, one behind the other as one table: each is copied when its rows are read.

    Before, only their ends are read, which say how many rows there are. The copies used last are kept, as far as
    `MOST_COPIED` allows, so that disk and memory stay the same however many files there are.

    Parameters
    ----------
    source : str
        A URL.

    Attributes
    ----------
    n_rows : int
        Number of rows of all files.
    schema : polars.Schema
        Names and kinds of their columns.

    Raises
    ------
    FileError
        If a file cannot be read.
    DataError
        If one is damaged, or has other columns than the first.
    """

    def __init__(self, source: str) -> None:
        self.names = files_of(source)
        self._copies: dict[str, ScratchFile] = {}  # the one used last is last
        self._sizes: dict[str, int] = {}
        self._counts = [0] * len(self.names)
        for place, name in enumerate(self.names):
            self._counts[place], schema = self._looked_at(name)
            if not place:
                self.schema = schema
            elif schema != self.schema:
                raise FileError(
                    worded("tables.error.files_have_same_columns_has", source=source, name=name, names=self.names[0])
                )
        self.n_rows = sum(self._counts)

    def scans(self, rows: range) -> "Iterator[tuple[pl.LazyFrame, int]]":
        """Yield what reads these rows, file by file, with the number of the first row of each."""
        import polars as pl

        begin = 0
        for name, count in zip(self.names, self._counts, strict=True):
            low, high = max(rows.start, begin), min(rows.stop, begin + count)
            if low < high:
                yield pl.scan_parquet(self._copy(name).path, glob=False).slice(low - begin, high - low), low
            begin += count

    @property
    def sizes(self) -> list[int]:
        """Sizes of the files, in bytes."""
        return [self._sizes[name] for name in self.names]

    def _copy(self, name: str) -> ScratchFile:
        """Return a copy of a file; where room is short, the least recently used copies are dropped first."""
        found = self._copies.pop(name, None)
        if found is None:
            self._make_room(self._sizes.get(name, 0))
            found = local_copy(name)
            self._sizes[name] = os.path.getsize(found.path)
        self._make_room(self._sizes[name])  # some servers do not say how large a file is
        self._copies[name] = found
        return found

    def _make_room(self, size: int) -> None:
        while self._copies and sum(self._sizes[name] for name in self._copies) + size > MOST_COPIED:
            self._copies.pop(next(iter(self._copies))).file.close()

    def _looked_at(self, name: str) -> "tuple[int, pl.Schema]":
        """Return the number of rows of a file, and its columns: from its end only, where the server allows that."""
        import polars as pl

        end = _end_of(name)
        if end is None:
            end = self._copy(name)
        else:
            self._sizes[name] = os.path.getsize(end.path)
        with complaints(name):
            rows = pl.scan_parquet(end.path, glob=False)
            return int(rows.select(pl.len()).collect().item()), rows.collect_schema()


def _end_of(source: str) -> ScratchFile | None:
    """Return a file as long as the one elsewhere, of which only the end is filled in.

    None if the file has to be read as a whole.
    """
    files, path = _opened(source)
    try:
        size = files.size(path)
        if not size:
            return None  # some servers do not say
        with files.open(path, "rb", cache_type="none") as remote:
            content = _last(remote, size, min(size, END))
            needed = int.from_bytes(content[-8:-4], "little") + 8
            if len(content) < needed <= size:
                content = _last(remote, size, needed)
    except ValueError:
        return None  # it sends files as a whole only
    except Exception as error:  # what libraries for storage raise is of many kinds
        raise _out_of_reach(source, error) from error
    scratch = ScratchFile()
    scratch.file.truncate(size)  # what is not written takes no room
    scratch.file.seek(size - len(content))
    scratch.file.write(content)
    scratch.file.flush()
    return scratch


def _last(remote: IO[bytes], size: int, count: int) -> bytes:
    """Return the last bytes of a file."""
    remote.seek(size - count)
    content: bytes = remote.read(count)
    if len(content) != count:
        raise ValueError(f"{count} bytes were asked for, and {len(content)} came")
    return content
