"""What a source holds, and its bytes, unpacked.

Zstandard is in Python's standard library from 3.14 on; before that, backports.zstd is the same module. (polars unpacks
zstd only on its way to cells, where it is too late for encodings and quotation marks.)
"""

import gzip
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, NamedTuple

from koubai.core.errors import DataError, FileError
from koubai.core.extras import to_install
from koubai.core.language import term, worded
from koubai.tables.files.containers.kinds import HEAD, KINDS, NAMES, kind_of_bytes, kind_of_name, remedy_for
from koubai.tables.files.containers.opening import archive_of, opened, unreadable
from koubai.tables.files.containers.standard import is_standard, standard_input
from koubai.tables.files.containers.zips import archive_opened, files_in, member_opened, spreadsheet_of, table_in
from koubai.tables.files.scratch import ScratchFile
from koubai.training.store import scratch_folder

PACKED = {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}
"""Suffixes of packed files, and what they are called."""
_BEGINNINGS = ((b"\x1f\x8b", ".gz"), (b"\x28\xb5\x2f\xfd", ".zst"), (b"PK\x03\x04", ".zip"))


class Contents(NamedTuple):
    """What a source holds (one of `KINDS`), how it is packed (one of `PACKED`, or ""), and notes on what was found."""

    kind: str
    packing: str = ""
    notes: tuple[str, ...] = ()


def contents_of(source: str) -> Contents:
    """Return what a source holds, by its name; for standard input, by its first bytes.

    Raises
    ------
    FileError
        If the name does not tell, or the file cannot be read.
    DataError
        If it is a zip file without a table or with several.
    """
    if is_standard(source):
        return _contents_of_standard_input(source)
    path, member = archive_of(source)
    packing = next((suffix for suffix in PACKED if path.lower().endswith(suffix)), "")
    if packing == ".zip":
        return _contents_of_zip(source, member)
    if kind := kind_of_name(path.lower().removesuffix(packing)):
        return Contents(kind, packing)
    opened(source).close()
    raise FileError(
        worded(
            "tables.error.table_name_end_these_gz", kinds=", ".join(KINDS), source=source, remedy_for=remedy_for(source)
        )
    )


def _contents_of_standard_input(source: str) -> Contents:
    with opened(source) as file:
        head = file.read(HEAD)
        packing = next((suffix for beginning, suffix in _BEGINNINGS if head.startswith(beginning)), "")
        kind = ""
        if packing == ".zip":
            with complaints_of(source, packing):
                kind = spreadsheet_of(file)
            packing = "" if kind else packing
    notes: tuple[str, ...] = ()
    if packing == ".zip":
        kind, _, notes = _contents_of_zip(source, "")
    elif packing:
        with unpacking(source, packing) as stream, complaints_of(source, packing):
            head = stream.read(HEAD)
            if head.startswith(b"PK"):
                stream.seek(0)
                kind = spreadsheet_of(stream)
    kind = kind or kind_of_bytes(source, head)
    packed = worded("tables.note.packed", packed=PACKED[packing]) if packing else ""
    note = worded("tables.note.standard_input_read_beginning_shows", get=NAMES.get(kind, kind), packed=packed)
    return Contents(kind, packing, (note, *notes))


def _contents_of_zip(source: str, wanted: str) -> Contents:
    with opened(source) as file, complaints_of(source, ".zip"), archive_opened(file) as archive:
        member = table_in(source, archive, wanted)
        n_files = len(files_in(archive))
    said = worded("tables.note.zip_file_holds_files_table", n_files=n_files, filename=repr(member.filename))
    return Contents(kind_of_name(member.filename), ".zip", (said,) if n_files > 1 and not wanted else ())


@contextmanager
def unpacking(source: str, packing: str) -> Iterator[IO[bytes]]:
    """Open a source for reading, unpacked; what is read from it is read within `complaints_of`.

    Parameters
    ----------
    source : str
        The file, or "-".
    packing : str
        How it is packed.

    Raises
    ------
    FileError
        If it cannot be read, or what unpacks it is missing.
    DataError
        If it is damaged.
    """
    with opened(source) as file:
        if packing == ".gz":
            yield gzip.GzipFile(fileobj=file)  # type: ignore[misc]  # reads like a file
        elif packing == ".zst":
            yield zstd(source).ZstdFile(file)
        elif packing == ".zip":
            with complaints_of(source, packing):
                archive = archive_opened(file)
            with archive:
                member = table_in(source, archive, archive_of(source)[1])
                with complaints_of(source, packing):
                    stream = member_opened(source, archive, member)
                with stream:
                    yield stream
        else:
            yield file


def zstd(source: str) -> ModuleType:
    """Return the module for Zstandard.

    Raises
    ------
    FileError
        If it is missing.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd as module
        else:
            from backports import zstd as module
    except ImportError:
        install = to_install("zst", "backports.zstd")
        raise FileError(
            worded("tables.error.table_needs_backports_zstd_unpacked", source=source, install=install)
        ) from None
    return module


@contextmanager
def complaints_of(source: str, packing: str) -> Iterator[None]:
    """Convert errors of unpacking to one sentence.

    Raises
    ------
    DataError
        If the file is damaged, or packed otherwise than its name says.
    FileError
        If the system does not let it be read.
    """
    damaged: tuple[type[Exception], ...] = (gzip.BadGzipFile, EOFError, zlib.error, zipfile.BadZipFile, lzma.LZMAError)
    if packing == ".zst":
        damaged += (zstd(source).ZstdError,)
    try:
        yield
    except (DataError, FileError):
        raise
    except damaged as error:
        if "too much memory" in str(error):
            raise DataError(worded("tables.error.table_unpacked_at_most_mb", source=source)) from error
        raise DataError(
            worded("tables.error.table_whole_packed", source=source, packed=term(PACKED.get(packing, "packed")))
        ) from error
    except OSError as error:
        raise unreadable(source, error) from error


def byte_pieces(source: str, limit: int | None, size: int) -> Iterator[bytes]:
    """Yield the bytes of a source, unpacked.

    Parameters
    ----------
    source : str
        The file, or "-".
    limit : int, optional
        Most bytes that a packed file may hold.
    size : int
        Approximate number of bytes to read at a time.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If it is damaged, or holds more than the limit.
    """
    n, packing = 0, contents_of(source).packing
    with unpacking(source, packing) as stream:
        while True:
            with complaints_of(source, packing):
                content = stream.read(size)
            if not content:
                return
            n += len(content)
            if packing and limit is not None and n > limit:
                raise DataError(
                    worded("tables.error.table_fit_into_memory_when", source=source, limit=f"{limit / 1e9:.2g}")
                )
            yield content


def on_disk(source: str, limit: int | None = None) -> tuple[Path, ScratchFile | None]:
    """Return a file with the unpacked bytes of a source, and what it lasts as long as, if it is a copy.

    Raises
    ------
    FileError
        If the source cannot be read, or there is no room for a copy.
    DataError
        As `byte_pieces`.
    """
    if not contents_of(source).packing:
        return standard_input() if is_standard(source) else Path(source), None
    scratch = ScratchFile()
    pieces = byte_pieces(source, limit, 2**20)
    try:
        for piece in pieces:
            scratch.file.write(piece)
        scratch.file.flush()
    except OSError as error:
        if isinstance(error, FileError | DataError):
            raise
        reason = (error.strerror or "unknown").lower()
        raise FileError(
            worded(
                "tables.error.folder_temporary_files_have_room_2", scratch_folder=scratch_folder(), reason=term(reason)
            )
        ) from error
    return scratch.path, scratch


@contextmanager
def unpacked(source: str, limit: int | None = None) -> Iterator[IO[bytes]]:
    """Open a source as one unpacked file in which can be sought; raises as `on_disk`."""
    scratch = on_disk(source, limit)[1]
    if scratch is not None:
        scratch.file.seek(0)
        yield scratch.file
        return
    with opened(source) as file:
        yield file


def unpacked_size(source: str) -> int:
    """Return the size of a source unpacked, as it says itself; where it does not, its packed size."""
    packing = contents_of(source).packing
    with opened(source) as file:
        packed = file.seek(0, 2)
        if packing == ".gz":
            file.seek(max(0, packed - 4))
            return max(packed, int.from_bytes(file.read(4), "little"))
        file.seek(0)
        if packing == ".zst":
            with complaints_of(source, packing):
                return max(packed, zstd(source).get_frame_info(file.read(HEAD)).decompressed_size or 0)
        if packing == ".zip":
            with complaints_of(source, packing), archive_opened(file) as archive:
                return table_in(source, archive, archive_of(source)[1]).file_size
    return packed


def name_of(source: str) -> str:
    """Return a source's name without folders and suffixes, for what is made of it.

    Examples
    --------
    >>> name_of("data/wine.csv.gz"), name_of("wine.zip/red.csv"), name_of("-")
    ('wine', 'red', 'table')
    """
    if is_standard(source):
        return "table"
    name = Path(source).name
    for suffix in PACKED:
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name[: -len(kind)] if (kind := kind_of_name(name)) else name
