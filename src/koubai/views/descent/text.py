"""The lab's records in the terminal: which paths arrived, and the answer by calculus."""

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from koubai.core.errors import ParameterTypeError
from koubai.core.language import Language, text
from koubai.descent.fits.fitted import Fit
from koubai.descent.functions.by_hand import ByHand
from koubai.descent.paths.basins import FAILED, NOWHERE, BasinMaps, Basins
from koubai.descent.paths.compare import Comparison
from koubai.views.descent.words import (
    arrival_header,
    arrival_rows,
    by_hand_lines,
    fit_lines,
    function_title,
    number,
    point,
    rule,
)

WIDE = 160
"""Width in columns of text sent to a file or a pipe."""
MOST_MINIMA = 20
"""Maximum number of minima listed for a map of basins."""


def print_record(record: object, lang: Language, file: TextIO | None = None) -> None:
    """Print a record of the lab.

    Raises
    ------
    ParameterTypeError
        If the record is not one of the lab's.
    """
    target = file or sys.stdout
    console = Console(file=target, width=None if target.isatty() else WIDE, highlight=False)
    match record:
        case Comparison():
            _print_comparison(console, record, lang)
        case BasinMaps():
            _print_basins(console, record.maps, lang)
        case Basins():
            _print_basins(console, (record,), lang)
        case ByHand():
            _print_by_hand(console, record, lang)
        case _:
            _print_network(console, record, lang)


def _print_network(console: Console, record: object, lang: Language) -> None:
    from koubai.views.descent.network_words import NetworkRecord, network_lines

    if not isinstance(record, NetworkRecord):
        raise ParameterTypeError(
            f"show: the record must come from the descent lab; got {type(record).__name__}. Call descend first."
        )
    title, *lines = network_lines(record, lang)
    console.print(Text(title, style="bold"))
    for line in lines:
        console.print(Text(line))


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
    if isinstance(comparison, Fit):
        for line in fit_lines(comparison, lang):
            console.print(Text(line))


def _print_by_hand(console: Console, answer: ByHand, lang: Language) -> None:
    console.print(Text(text("descent.hand.title", lang), style="bold"))
    groups = by_hand_lines(answer, lang)
    width = max(cell_len(head) for head, _ in groups) + 2
    for head, lines in groups:
        for index, line in enumerate(lines):
            start = head if index == 0 else ""
            console.print(Text(f"  {start}{' ' * (width - cell_len(start))}{line}"))


def _print_basins(console: Console, maps: Sequence[Basins], lang: Language) -> None:
    """Print the share of starts that reaches each minimum, with a column for each rule."""
    first = maps[0]
    console.print(Text(function_title(first.objective, lang), style="bold"))
    console.print(Text(text("descent.title.basins", lang)))
    header = (
        text("descent.column.arrived", lang),
        text("descent.column.value", lang),
        *(rule(found.optimizer, found.learning_rate, lang) for found in maps),
    )
    rows: list[tuple[str, ...]] = [
        (point(minimum), number(value, 6), *(f"{found.shares[index]:.1%}" for found in maps))
        for index, (minimum, value) in enumerate(zip(first.minima, first.values, strict=True))
    ]
    left = [("…", "", *("" for _ in maps))] if len(rows) > MOST_MINIMA else []
    rows = rows[:MOST_MINIMA] + left
    for key, code in (("nowhere", NOWHERE), ("failed", FAILED)):
        shares = [float((found.labels == code).mean()) for found in maps]
        rows.append((text(f"descent.mark.{key}", lang), "—", *(f"{share:.1%}" for share in shares)))
    console.print(_table(header, rows))
