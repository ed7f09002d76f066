"""The table of a command: options for reading it, as a whole or block by block."""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from koubai.cli.parts.terminal import printable
from koubai.core.errors import ParameterError
from koubai.core.language import worded
from koubai.core.printing import say

if TYPE_CHECKING:
    from koubai.engines.protocol import Together
    from koubai.models.table_predictor import TablePredictor
    from koubai.tables.files.blocks import TableBlocks
    from koubai.tables.files.reading import ReadingOptions, Table


TABLES = (
    "a .csv, .tsv, .parquet, .xlsx, .ods, .jsonl, .arrow or .feather file, also packed (.gz, .zst, .zip); - for "
    "standard input; or Parquet files in a folder, by a pattern, or at a URL"
)
"""What a table may be."""


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
            from koubai.tables.files import many
            from koubai.tables.files.containers.opening import check_there

            if many.is_many(table):
                many.files_of(table)
            else:
                check_there(table)


def refuse_reading_options(args: argparse.Namespace, needed: str) -> None:
    """Raise ParameterError if an option for reading a table was given without a table."""
    for name, value in reading_options(args).items():
        if value is not None:
            option = name.replace("_", "-")
            raise ParameterError(worded("explain.error.reading_alone", option=option, needed=needed))


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
        say(worded("cli.note", note=printable(note)), sys.stderr)


def is_streamed(args: argparse.Namespace, command: str, together: "Together | None" = None) -> bool:
    """Return whether a command reads its table block by block: as requested, else if it is large, with a note.

    For processes that read it together it is large if it is for one of them, since their memory may differ.
    """
    from koubai.engines.together import ALONE, told
    from koubai.tables.files.blocks import Size, size_of

    if args.stream is not None:
        return bool(args.stream)
    found = told(together or ALONE, size_of(args.table))
    size = max((Size(*each) for each in found), key=lambda size: size.is_large)
    if size.is_large and not args.quiet:
        say(
            worded(
                "cli.koubai_read_block_block_cells",
                command=command,
                table=printable(args.table),
                needed=f"{size.needed / 1e9:.1f}",
                free=f"{size.free / 1e9:.1f}",
            ),
            sys.stderr,
        )
    return size.is_large


def read_or_open(
    args: argparse.Namespace,
    streamed: bool,
    model: "TablePredictor | None" = None,
    together: "Together | None" = None,
) -> "Table | TableBlocks":
    """Read a command's table, or open it block by block, with the given options or else those of a model's table.

    Processes that read it together open it block by block, each for its own rows.
    """
    from koubai.engines.together import ALONE
    from koubai.tables.files.blocks import open_blocks
    from koubai.tables.files.reading import read_table

    given = reading_options(args)
    options = given if model is None else model.reading_for(args.table, **given)
    notes = () if model is None else model.note_of_reading(options, **given)
    if not streamed:
        table = read_table(args.table, **options)
        return replace(table, notes=(*notes, *table.notes))
    blocks = open_blocks(args.table, together=together or ALONE, **options)
    blocks.notes = (*notes, *blocks.notes)
    blocks.progress = not args.quiet and sys.stderr.isatty()
    return blocks
