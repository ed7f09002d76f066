"""Files opened for reading, with one sentence for whatever prevents it."""

import os
import re
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO

from koubai.core.errors import FileError
from koubai.core.language import term, worded
from koubai.tables.files.containers.standard import is_standard, standard_input

_MEMBER = re.compile(r"(.*?\.zip)[/\\](.+)", re.IGNORECASE | re.DOTALL)


def archive_of(source: str) -> tuple[str, str]:
    """Return the file of a source, and what is named in it, as in data.zip/red.csv; otherwise the source and ""."""
    found = _MEMBER.fullmatch(source)
    if found and not os.path.exists(source) and os.path.isfile(found[1]):
        return found[1], found[2].replace("\\", "/")
    return source, ""


def opened(source: str) -> IO[bytes]:
    """Return a file that is open for reading, packed as it is.

    Raises
    ------
    FileError
        If it cannot be read, with what comes close if it is missing.
    """
    if is_standard(source):
        file = standard_input().open("rb")
        file.seek(0)  # on some systems, a reopened file goes on where the other one is
        return file
    path, _ = archive_of(source)
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise not_regular(source)
    try:
        return Path(path).open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise missing(source) from error
    except IsADirectoryError as error:
        raise is_folder(source) from error
    except OSError as error:
        raise unreadable(source, error) from error


def check_there(source: str) -> None:
    """Raise FileError unless a path names a file that can be read, whatever is in it."""
    opened(source).close()


def missing(source: str) -> FileError:
    """Return the error for a file that is not there, naming one whose name comes close."""
    folder = Path(source).parent
    near = [path.name for path in islice(folder.iterdir(), 1000)] if folder.is_dir() else []
    close = get_close_matches(Path(source).name, near, 1)
    if close:
        return FileError(worded("file.missing_table_like", path=source, other=folder / close[0]))
    return FileError(worded("file.missing_table", path=source))


def is_folder(source: str) -> FileError:
    """Return the error for a folder in place of a file."""
    return FileError(worded("tables.error.table_file_got_folder_name", source=source))


def not_regular(source: str) -> FileError:
    """Return the error for a pipe or a device: a table is read more than once, and a pipe would be waited for."""
    return FileError(worded("tables.error.table_regular_file_none_write", source=source))


def unreadable(source: str, error: OSError) -> FileError:
    """Return the error for a file that the system refuses to open."""
    reason = (error.strerror or "unknown").lower()
    return FileError(worded("tables.error.table_readable_got_check", source=source, reason=term(reason)))
