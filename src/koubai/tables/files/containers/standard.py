"""A table on standard input, kept in a temporary file, since a table is read more than once and a pipe only once."""

import shutil
import sys
from pathlib import Path

from koubai.core.errors import FileError
from koubai.core.language import term, worded
from koubai.tables.files.scratch import ScratchFile
from koubai.training.store import scratch_folder

STANDARD_INPUT = "-"
"""What names standard input in place of a file; a file of this name is ./-."""

_kept: list[tuple[object, ScratchFile]] = []
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
        raise FileError(worded("tables.error.table_named_come_standard_input"))
    scratch = ScratchFile()
    try:
        shutil.copyfileobj(stream.buffer, scratch.file, 2**20)
        scratch.file.flush()
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise FileError(
            worded(
                "tables.error.standard_input_readable_have_room", scratch_folder=scratch_folder(), reason=term(reason)
            )
        ) from error
    _kept[:] = [(stream, scratch)]
    return scratch.path
