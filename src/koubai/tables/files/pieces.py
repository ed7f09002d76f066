"""The text of a table file in pieces: decompressed, decoded, and limited in size."""

import codecs
from collections.abc import Iterator

from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.tables.files.containers.packing import byte_pieces

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
        The file, which is unpacked, or "-".
    encoding : str
        How the text is encoded.
    limit : int, optional
        Most bytes that a packed file may hold.
    size : int
        Approximate number of bytes to read at a time.

    Raises
    ------
    Undecodable
        If bytes do not fit the encoding.
    FileError
        If the file cannot be read.
    DataError
        If it is damaged, holds more than the limit, or is not text.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    read, old_ends = 0, None
    for content in _with_end(byte_pieces(source, limit, size)):
        try:
            text = decoder.decode(content, final=not content)
        except UnicodeDecodeError as error:
            raise Undecodable(read + error.start + 1, content) from error
        except UnicodeError as error:  # UTF-16 without any text, and the like
            raise Undecodable(read + 1, content) from error
        if not read:
            text = text.removeprefix("\ufeff")
            if "\0" in text[:10_000]:
                raise DataError(worded("tables.error.table_text_holds_null_characters", source=source))
        read += len(content)
        if old_ends is None and text:
            old_ends = "\r" in text and "\n" not in text
        yield (text.replace("\r", "\n") if old_ends else text).encode("utf-8", "replace")


def _with_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces, followed by an empty one."""
    yield from pieces
    yield b""


def head_of(source: str, n_bytes: int, limit: int | None = None) -> bytes:
    """Return the first bytes of a file, unpacked."""
    return next(byte_pieces(source, limit, n_bytes), b"")
