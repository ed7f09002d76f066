"""Zip files: the table in one."""

import io
import zipfile
from pathlib import PurePosixPath
from typing import IO, cast

from koubai.core.errors import DataError
from koubai.core.language import term, worded
from koubai.tables.files.containers.kinds import KINDS, kind_of_name, remedy_for

MOST_NAMED = 5
"""Maximum number of tables that a message lists."""


def table_in(source: str, archive: zipfile.ZipFile, wanted: str) -> zipfile.ZipInfo:
    """Return the member of a zip file that is the table: the one that is asked for, or the only one.

    Parameters
    ----------
    source : str
        The file, for messages.
    archive : ZipFile
        Its contents.
    wanted : str
        The member's name, or "".

    Raises
    ------
    DataError
        If there is no such member or no table, or there are several, which are named.
    """
    tables = [member for member in files_in(archive) if kind_of_name(member.filename)]
    names = [member.filename for member in tables]
    listed = ", ".join(names[:MOST_NAMED]) + (
        worded("tables.note.more", n_names=len(names) - MOST_NAMED, space=" ") if len(names) > MOST_NAMED else ""
    )
    if wanted:
        found = next((member for member in tables if member.filename == wanted), None)
        if found is None:
            raise DataError(worded("tables.error.table_in_zip", source=source, listed=listed or term("no table")))
        return found
    if not tables:
        others = [member.filename for member in files_in(archive)]
        raise DataError(
            worded(
                "tables.error.zip_file_hold_table_whose",
                source=source,
                kinds=", ".join(KINDS),
                remedy_for=remedy_for(others[0] if len(others) == 1 else ""),
            )
        )
    if len(tables) > 1:
        way = (
            worded("tables.note.name", source=source, names=names[0])
            if source != "-"
            else worded("tables.note.send_them")
        )
        raise DataError(
            worded("tables.error.zip_file_hold_table_holds", source=source, n_names=len(names), listed=listed, way=way)
        )
    return tables[0]


def member_opened(source: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Return a member open for reading.

    Raises
    ------
    DataError
        If it is encrypted, or packed in a way that Python does not know.
    """
    if member.flag_bits & 1:
        raise DataError(worded("tables.error.zip_file_not_ask_password", source=source))
    try:
        return archive.open(member)
    except NotImplementedError as error:
        raise DataError(worded("tables.error.zip_file_packed_usual_way", source=source)) from error


def spreadsheet_of(file: IO[bytes]) -> str:
    """Return ".xlsx" or ".ods" for a spreadsheet, which is a zip file too, or ""."""
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            return ".xlsx"
        if "mimetype" in names:
            with archive.open("mimetype") as said:
                if said.read(100).startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                    return ".ods"
    return ""


def archive_opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Return the zip file in an open file, which is closed with it by whoever opened it."""
    return zipfile.ZipFile(cast("io.BufferedReader", file))


def files_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files in a zip file."""
    return [member for member in archive.infolist() if not _is_aside(member)]


def _is_aside(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a folder, or something that an operating system put beside the files."""
    parts = PurePosixPath(member.filename).parts
    return member.is_dir() or any(part == "__MACOSX" or part.startswith(".") for part in parts)
