"""A table on standard input, kept in a temporary file, since a table is read more than once and a pipe only once."""

import shutil
import sys
from pathlib import Path
from typing import Any

from koubai.core.errors import FileError
from koubai.tables.files.scratch import ScratchFile
from koubai.training.store import scratch_folder

STANDARD_INPUT = "-"
"""What names standard input in place of a file; a file of this name is ./-."""

_kept: list[tuple[Any, ScratchFile]] = []
"""The standard input that was read, and its copy."""


def is_standard(source: str) -> bool:
    """Return whether a source is standard input."""
    return source == STANDARD_INPUT


def standard_input() -> Path:
    """Return a file with all of standard input, which is read at the first call.

    Raises
    ------
    FileError
        If there is nothing to be read from, or no room for it.
    """
    stream = sys.stdin
    if _kept and _kept[0][0] is stream:
        return _kept[0][1].path
    if stream is None or stream.closed or stream.isatty():
        raise FileError(
            "A table named '-' must come by standard input, to which nothing is sent. Try a pipe, or < table.csv."
        )
    scratch = ScratchFile()
    try:
        shutil.copyfileobj(stream.buffer, scratch.file, 2**20)
        scratch.file.flush()
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise FileError(
            f"Standard input must be readable, and '{scratch_folder()}' have room for it; got: {reason}. Make room, "
            f"or set TMPDIR to another folder."
        ) from error
    _kept[:] = [(stream, scratch)]
    return scratch.path
