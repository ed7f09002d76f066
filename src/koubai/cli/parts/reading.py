"""The table of a command: options for reading it, as a whole or block by block."""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from koubai.cli.parts.terminal import printable
from koubai.core.errors import ParameterError

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel
    from koubai.tables.files.blocks import TableBlocks
    from koubai.tables.files.reading import ReadingOptions, Table


def add_reading_options(group: "argparse._ArgumentGroup", streams: bool = True) -> None:
    """Add the options for reading a table.

    Parameters
    ----------
    group : argument group
        The group that lists them.
    streams : bool
        Whether the command can read a table block by block.
    """
    group.add_argument("--encoding", metavar="NAME", help="text encoding, such as cp932 (default: detected)")
    group.add_argument("--separator", metavar="CHARACTER", help="the separator of cells, such as ';' or tab")
    group.add_argument(
        "--skip-lines", type=int, metavar="N", help="lines to skip before the table (default: single-cell title lines)"
    )
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line names the columns (default: yes, unless it contains only numbers)",
    )
    if streams:
        group.add_argument(
            "--stream",
            action=argparse.BooleanOptionalAction,
            help="read the table block by block, for tables larger than memory (default: if it is large)",
        )


def require_files(tables: Iterable[str | None], models: Iterable[str | None] = ()) -> None:
    """Raise FileError or ModelFileError for a file that is missing, before what reads it is loaded, for seconds."""
    for model in models:
        if model is not None:
            from koubai.training import container

            container.check_there(model)
    for table in tables:
        if table is not None:
            from koubai.tables.files import pieces

            pieces.check_there(table)


def refuse_reading_options(args: argparse.Namespace, needed: str) -> None:
    """Raise ParameterError if an option for reading a table was given where there is none."""
    for name, value in reading_options(args).items():
        if value is not None:
            raise ParameterError(f"--{name.replace('_', '-')} must come with {needed}, which is missing. Leave it out.")


def reading_options(args: argparse.Namespace) -> "ReadingOptions":
    """Return the user's options for reading the table."""
    return {
        "encoding": args.encoding,
        "separator": args.separator,
        "header": args.header,
        "skip_lines": args.skip_lines,
    }


class ListedNames:
    """Column names as given: comma-separated, or a single name that contains commas.

    Parameters
    ----------
    text : str
        Comma-separated names; a name that contains a comma is put in quotation marks.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        cells = next(csv.reader([text], skipinitialspace=True), [])
        self.names = tuple(cell.strip() for cell in cells if cell.strip())

    def among(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the names; the whole text is a single name if the table has such a column."""
        return (self.text.strip(),) if self.text.strip() in columns else self.names


def say_notes(notes: Iterable[str]) -> None:
    """Print notes on a table to standard error."""
    for note in notes:
        print(f"Note: {printable(note)}", file=sys.stderr)


def is_streamed(args: argparse.Namespace, command: str) -> bool:
    """Return whether a command reads its table block by block: as requested, else if it is large, with a note."""
    from koubai.tables.files.blocks import size_of

    if args.stream is not None:
        return bool(args.stream)
    size = size_of(args.table)
    if size.is_large and not args.quiet:
        print(
            f"koubai {command}: {printable(args.table)} is read block by block, as its cells alone would take "
            f"{size.needed / 1e9:.1f} GB and {size.free / 1e9:.1f} GB of memory are free.",
            file=sys.stderr,
        )
    return size.is_large


def read_or_open(args: argparse.Namespace, streamed: bool, model: "TableModel | None" = None) -> "Table | TableBlocks":
    """Read a command's table, or open it block by block, with the given options or else those of a model's table."""
    from koubai.tables.files.blocks import open_blocks
    from koubai.tables.files.reading import read_table

    given = reading_options(args)
    options = given if model is None else model.reading_for(args.table, **given)
    notes = () if model is None else model.note_of_reading(options, **given)
    if not streamed:
        table = read_table(args.table, **options)
        return replace(table, notes=(*notes, *table.notes))
    blocks = open_blocks(args.table, **options)
    blocks.notes = (*notes, *blocks.notes)
    blocks.progress = not args.quiet and sys.stderr.isatty()
    return blocks
