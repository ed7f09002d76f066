"""Output files of commands: an existing file is replaced only if koubai wrote it, or with --force."""

import argparse
import csv
import os
from collections.abc import Iterable
from pathlib import Path

from koubai.core.errors import FileError
from koubai.core.language import worded

MARKS = {
    ".html": b'<meta name="generator" content="koubai">',
    ".htm": b'<meta name="generator" content="koubai">',
    ".md": b"<!-- koubai -->",
    ".txt": "— koubai".encode(),
    ".png": b"Software\0koubai",
    ".svg": b"<dc:title>koubai</dc:title>",
    ".pdf": b"/Creator (koubai)",
    ".gif": b"koubai",
    ".onnx": b"koubai",
    ".c": b"/* koubai: ",
    ".mjs": b"// koubai: ",
    ".js": b"// koubai: ",
    ".py": b'"""koubai: ',
    ".sql": b"-- koubai: ",
    ".tex": b"% koubai",
    ".gift": b"// koubai",
    ".xml": b"<!-- koubai -->",
    ".zip": b"koubai",
}
"""Signatures in pages and pictures written by koubai."""
OF_A_CLASS = (["student", "name", "question"], ["student", "name", "points"])
"""How the columns of a class's questions, keys, marks and scores begin."""
LOOKED_AT = 2**16
"""Number of bytes at the start and the end of a file searched for a signature."""


def add_force(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Add the option that lets a command overwrite any file."""
    parser.add_argument("--force", action="store_true", help="overwrite files not written by koubai")


def check_output(path: str, force: bool, reads: Iterable[str | None] = ()) -> None:
    """Raise FileError if a file cannot be written, or would replace one not written by koubai.

    Parameters
    ----------
    path : str
        The file to write.
    force : bool
        Whether any file may be replaced.
    reads : iterable of str or None
        The command's input files, which must never be overwritten.
    """
    from koubai.training.atomic import check_writable

    check_writable(path, reads=[read for read in reads if read is not None])
    if path.startswith("/dev/"):
        return  # an already open file, which is appended to
    if not force and os.path.isfile(path) and os.path.getsize(path) and not is_own(path):
        raise FileError(worded("file.foreign", path=path))


def check_different(path: str | None, other: str | None, what: str) -> None:
    """Raise FileError if two things that a command writes, which a sentence names, would go to the same file."""
    if path is not None and other is not None and os.path.realpath(path) == os.path.realpath(other):
        raise FileError(worded(f"file.different.{what}", path=path))


def foreign(path: str, wanted: str) -> FileError:
    """Return the error for a file that would be overwritten."""
    return FileError(worded("cli.error.output_new_file_replaced_contains", path=path, wanted=wanted))


def is_own(path: str) -> bool:
    """Return whether a page, a picture or a table of predictions was written by koubai, judging by its content."""
    suffix = Path(path).suffix.lower()
    if suffix in MARKS:
        with open(path, "rb") as file:
            begin = file.read(LOOKED_AT)
            file.seek(max(0, os.path.getsize(path) - LOOKED_AT))
            return MARKS[suffix] in begin or MARKS[suffix] in file.read()
    names = _names_in_parquet(path) if suffix == ".parquet" else _names_in_text(path, suffix)
    return _are_predictions(names) or names[:3] in OF_A_CLASS


def _are_predictions(names: list[str]) -> bool:
    """Return whether column names are those of predictions, ending with the prediction and what belongs to it."""
    while len(names) > 1 and names[-1].startswith(("probability_", "prediction_", "reason")):
        names = names[:-1]
    return bool(names) and names[-1] == "prediction"


def _names_in_parquet(path: str) -> list[str]:
    import polars as pl

    try:
        return list(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return []  # whatever it is, it is not one of our tables


def _names_in_text(path: str, suffix: str) -> list[str]:
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        begin = file.readline(LOOKED_AT * 16)
    return next(csv.reader([begin.rstrip("\r\n")], delimiter="\t" if suffix == ".tsv" else ","), [])
