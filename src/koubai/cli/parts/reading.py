"""The table of a command: the options that say how it is read, and whether as a whole or block by block."""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from koubai.cli.parts.terminal import printable

if TYPE_CHECKING:
    from koubai.models.table_model import TableModel
    from koubai.tables.files.blocks import TableBlocks
    from koubai.tables.files.reading import ReadingOptions, Table


def add_reading_options(group: "argparse._ArgumentGroup", streams: bool = True) -> None:
    """Add the options that say how a table is read.

    Parameters
    ----------
    group : argument group
        Where they are listed.
    streams : bool
        Whether the command can read a table block by block.
    """
    group.add_argument(
        "--encoding", metavar="NAME", help="encoding of the text, such as cp932 (default: recognised, utf-8 if it is)"
    )
    group.add_argument("--separator", metavar="CHARACTER", help="what separates cells, such as ';' or tab")
    group.add_argument(
        "--skip-lines", type=int, metavar="N", help="lines before the table (default: titles of one cell are skipped)"
    )
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line names the columns (default: unless it holds numbers only)",
    )
    if streams:
        group.add_argument(
            "--stream",
            action=argparse.BooleanOptionalAction,
            help="read the table block by block, so that memory need not hold it (default: if the table is large "
            "beside the memory)",
        )


def reading_options(args: argparse.Namespace) -> "ReadingOptions":
    """Return what was said of how to read the table."""
    return {
        "encoding": args.encoding,
        "separator": args.separator,
        "header": args.header,
        "skip_lines": args.skip_lines,
    }


class ListedNames:
    """Names of columns as they were given: with commas between them, or one name that holds commas itself.

    Parameters
    ----------
    text : str
        Names with commas between them; one that holds a comma stands in quotation marks.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        cells = next(csv.reader([text], skipinitialspace=True), [])
        self.names = tuple(cell.strip() for cell in cells if cell.strip())

    def among(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the names, all of what was given being one if a table has such a column."""
        return (self.text.strip(),) if self.text.strip() in columns else self.names


def say_notes(notes: Iterable[str]) -> None:
    """Print what is to be said of a table on standard error."""
    for note in notes:
        print(f"Note: {printable(note)}", file=sys.stderr)


def is_streamed(args: argparse.Namespace, command: str) -> bool:
    """Tell whether a command reads its table block by block: as asked for, else if it is large, which is then said."""
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
    """Read the table of a command, or open it to be read block by block: as was said, else as a model's table was."""
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
