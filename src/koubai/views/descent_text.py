"""The lab's records at the terminal: who arrived, and what calculus says."""

import sys
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from koubai.core.errors import ParameterTypeError
from koubai.core.language import Language, text
from koubai.descent.basins import Basins
from koubai.descent.by_hand import ByHand
from koubai.descent.compare import Comparison
from koubai.descent.fits import Fit
from koubai.descent.landscape import Landscape, Line
from koubai.descent.spectrum import Spectrum
from koubai.descent.watching import BatchProgress, RangeTest, TrainingRecord
from koubai.views.descent_words import (
    arrival_header,
    arrival_rows,
    basins_title,
    by_hand_lines,
    function_title,
    network_lines,
    number,
    point,
)

WIDE = 160
"""Columns of text that goes into a file or a pipe."""


def print_record(record: object, lang: Language, file: TextIO | None = None) -> None:
    """Print a record of the lab.

    Raises
    ------
    ParameterTypeError
        If the record is none of these.
    """
    target = file or sys.stdout
    console = Console(file=target, width=None if target.isatty() else WIDE, highlight=False)
    match record:
        case Comparison():
            _print_comparison(console, record, lang)
        case Basins():
            _print_basins(console, record, lang)
        case ByHand():
            _print_by_hand(console, record, lang)
        case Spectrum():
            console.print(Text(text("descent.network.eigenvalues", lang), style="bold"))
            console.print(Text("  " + ",  ".join(number(value, 6) for value in record.values)))
            limit = number(record.largest_learning_rate, 3)
            console.print(Text("  " + text("descent.network.limit", lang, limit=limit)))
        case Landscape() | Line() | TrainingRecord() | RangeTest() | BatchProgress():
            for line in network_lines(record, lang):
                console.print(Text(line))
        case _:
            raise ParameterTypeError(
                f"show: the record must be one of the descent lab; got {type(record).__name__}. Call descend first."
            )


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _print_comparison(console: Console, comparison: Comparison, lang: Language) -> None:
    console.print(Text(function_title(comparison.objective, lang), style="bold"))
    if comparison.by_hand is not None:
        _print_by_hand(console, comparison.by_hand, lang)
    if isinstance(comparison, Fit) and comparison.answer is not None:
        value = number(comparison.answer_value, 6)
        named = text(f"descent.mark.answer.{comparison.model}", lang)
        console.print(Text(f"{named}: {point(comparison.answer, 8)}  ({text('descent.axis.value', lang)} {value})"))
    console.print(_table(arrival_header(lang), arrival_rows(comparison, lang)))


def _print_by_hand(console: Console, answer: ByHand, lang: Language) -> None:
    console.print(Text(text("descent.hand.title", lang), style="bold"))
    groups = by_hand_lines(answer, lang)
    width = max(cell_len(head) for head, _ in groups) + 2
    for head, lines in groups:
        for index, line in enumerate(lines):
            start = head if index == 0 else ""
            console.print(Text(f"  {start}{' ' * (width - cell_len(start))}{line}"))


def _print_basins(console: Console, found: Basins, lang: Language) -> None:
    console.print(Text(basins_title(found, lang), style="bold"))
    console.print(Text(function_title(found.objective, lang)))
    header = tuple(text(f"descent.column.{name}", lang) for name in ("arrived", "value", "share"))
    rows: list[tuple[str, ...]] = [
        (point(minimum), number(value, 6), f"{share:.1%}")
        for minimum, value, share in zip(found.minima, found.values, found.shares, strict=True)
    ]
    rows.append((text("descent.mark.nowhere", lang), "—", f"{1 - sum(found.shares):.1%}"))
    console.print(_table(header, rows[:20] if len(rows) > 21 else rows))
