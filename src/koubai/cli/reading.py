"""The table of a command: the options that say how it is read, and whether as a whole or block by block."""

import argparse
import sys
from typing import TYPE_CHECKING

from koubai.cli.terminal import printable

if TYPE_CHECKING:
    from koubai.tables.blocks import TableBlocks
    from koubai.tables.reading import Table


def add_reading_options(group: "argparse._ArgumentGroup") -> None:
    """Add the options that say how a table is read."""
    group.add_argument("--encoding", metavar="NAME", help="encoding of the text, such as cp932 (default: utf-8)")
    group.add_argument("--separator", metavar="CHARACTER", help="what separates cells, such as ';' or tab")
    group.add_argument("--no-header", action="store_true", help="the first line holds values, not column names")
    group.add_argument(
        "--stream",
        action=argparse.BooleanOptionalAction,
        help="read the table block by block, so that memory need not hold it: Parquet, or text in UTF-8 (default: if "
        "the table is large beside the memory)",
    )


def is_streamed(args: argparse.Namespace, command: str) -> bool:
    """Tell whether a command reads its table block by block: as asked for, else if it is large, which is then said."""
    from koubai.tables.blocks import size_of

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


def read_or_open(args: argparse.Namespace, streamed: bool) -> "Table | TableBlocks":
    """Read the table of a command, or open it to be read block by block."""
    from koubai.tables.blocks import open_blocks
    from koubai.tables.reading import read_table

    options = {
        "encoding": args.encoding,
        "separator": args.separator,
        "header": False if args.no_header else None,
    }
    if not streamed:
        return read_table(args.table, **options)
    table = open_blocks(args.table, **options)
    table.progress = not args.quiet and sys.stderr.isatty()
    return table
