"""The text of a table file in pieces: decompressed, decoded, and limited in size."""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO

from koubai.core.errors import DataError, FileError

PIECE = 2**24
"""Number of bytes read at a time."""


class Undecodable(Exception):
    """A text is not in the assumed encoding.

    Parameters
    ----------
    place : int
        Which byte of the text is the first that does not fit, from 1.
    content : bytes
        The text around it.
    """

    def __init__(self, place: int, content: bytes) -> None:
        super().__init__(place, content)
        self.place, self.content = place, content


def text_pieces(source: str, encoding: str, limit: int | None = None, size: int = PIECE) -> Iterator[bytes]:
    """Yield a file's text as UTF-8 without a byte order mark, with line feeds as line ends.

    Parameters
    ----------
    source : str
        The file; what ends in .gz is unpacked.
    encoding : str
        How the text is encoded.
    limit : int, optional
        Most bytes that a packed file may hold.
    size : int
        About so many bytes are read at a time.

    Raises
    ------
    Undecodable
        If bytes do not fit the encoding.
    FileError
        If the file cannot be read.
    DataError
        If it is no whole gzip file, holds more than the limit, or is no text.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    read, old_ends = 0, None
    for content in _with_end(_byte_pieces(source, limit, size)):
        try:
            text = decoder.decode(content, final=not content)
        except UnicodeDecodeError as error:
            raise Undecodable(read + error.start + 1, content) from error
        except UnicodeError as error:  # UTF-16 without any text, and the like
            raise Undecodable(read + 1, content) from error
        if not read:
            text = text.removeprefix("\ufeff")
            if "\0" in text[:10_000]:
                raise DataError(
                    f"The table '{source}' must be text; it holds null characters. Save it as CSV in UTF-8."
                )
        read += len(content)
        if old_ends is None and text:
            old_ends = "\r" in text and "\n" not in text
        yield (text.replace("\r", "\n") if old_ends else text).encode("utf-8", "replace")


def _with_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces, followed by an empty one."""
    yield from pieces
    yield b""


def _byte_pieces(source: str, limit: int | None, size: int) -> Iterator[bytes]:
    n = 0
    packed = source.lower().endswith(".gz")
    with opened(source) as file:
        stream: IO[bytes] = gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[assignment]  # reads alike
        while content := _read(source, stream, size):
            n += len(content)
            if packed and limit is not None and n > limit:
                raise DataError(
                    f"The table '{source}' must fit into memory when it is unpacked; it holds more than "
                    f"{limit / 1e9:.2g} GB. Read it block by block (stream)."
                )
            yield content


def _read(source: str, stream: IO[bytes], size: int) -> bytes:
    try:
        return stream.read(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"The table '{source}' must be a whole gzip file; it is damaged or none. Get it anew."
        ) from error
    except OSError as error:
        raise _unreadable(source, error) from error


def opened(source: str) -> IO[bytes]:
    """Return a file that is open for reading.

    Raises
    ------
    FileError
        If it cannot be read, with what comes close if it is missing.
    """
    if os.path.exists(source) and not os.path.isfile(source) and not os.path.isdir(source):
        raise not_regular(source)
    try:
        return Path(source).open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise missing(source) from error
    except IsADirectoryError as error:
        raise is_folder(source) from error
    except OSError as error:
        raise _unreadable(source, error) from error


def check_there(source: str) -> None:
    """Raise FileError unless a path names a file that can be read, whatever is in it."""
    opened(source).close()


def head_of(source: str, n_bytes: int, limit: int | None = None) -> bytes:
    """Return the first bytes of a file, unpacked."""
    return next(_byte_pieces(source, limit, n_bytes), b"")


def missing(source: str) -> FileError:
    """Return the error for a file that is not there, naming one whose name comes close."""
    folder = Path(source).parent
    near = [path.name for path in islice(folder.iterdir(), 1000)] if folder.is_dir() else []
    close = get_close_matches(Path(source).name, near, 1)
    hint = f"Did you mean '{folder / close[0]}'?" if close else "Check the name."
    return FileError(f"The table '{source}' must exist; there is no such file. {hint}")


def is_folder(source: str) -> FileError:
    """Return the error for a folder in place of a file."""
    return FileError(f"A table must be a file; got the folder '{source}'. Name the file in it.")


def not_regular(source: str) -> FileError:
    """Return the error for a pipe or a device: a table is read more than once, and a pipe would be waited for."""
    return FileError(f"A table must be a regular file; '{source}' is none. Write it to a file first.")


def _unreadable(source: str, error: OSError) -> FileError:
    reason = (error.strerror or "unknown").lower()
    return FileError(f"The table '{source}' must be readable; got: {reason}. Check it.")
