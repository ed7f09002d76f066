"""Terminal output shared by the commands."""

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TextIO

from koubai.core import printing
from koubai.core.language import term
from koubai.core.printing import said

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH_OF_FILES = 100
"""Width of output that does not go to a terminal, in characters."""


def printable(words: object) -> str:
    """Return words in the language that is spoken, with control characters escaped."""
    return printing.printable(said(words))


def sentence_of(warning: Warning | str) -> str:
    """Return what a warning says."""
    said: str = warning.args[0] if isinstance(warning, Warning) and warning.args else str(warning)
    return said


def forget_output() -> None:
    """Discard pending output once the pipe is closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(stream: TextIO | None = None) -> "Console":
    """Return a console for a stream (by default standard output) that prints text literally."""
    from rich.console import Console

    class QuietAboutPipes(Console):
        """A console that lets the program handle a closed pipe."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

        def print(self, *objects: object, **how: Any) -> None:
            """Print things, sentences of the catalogues in the language that is spoken."""
            super().print(*(said(each) if isinstance(each, str) else each for each in objects), **how)

    file = stream or sys.stdout
    width = None if file.isatty() else WIDTH_OF_FILES
    return QuietAboutPipes(file=file, width=width, markup=False, highlight=False, emoji=False)


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()) -> "Table":
    """Return a table in the language that is spoken; the columns at the places in ``numbers`` are aligned right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 1))
    for index, heading in enumerate(headings):
        table.add_column(printable(term(heading)), justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    return table


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """Return values as a line of block characters; neighbours are averaged to fit the width.

    Examples
    --------
    >>> sparkline([1, 2, 3, 8])
    '▁▂▃█'
    """
    finite = [value for value in values if value == value and abs(value) != float("inf")]
    if not finite:
        return ""
    n = min(width, len(finite))
    edges = [round(index * len(finite) / n) for index in range(n + 1)]
    means = [sum(finite[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    step = (high - low) / (len(BLOCKS) - 1) or 1.0
    return "".join(BLOCKS[round((mean - low) / step)] for mean in means)


def number(value: float) -> str:
    """Return a number with a sensible number of digits.

    Examples
    --------
    >>> number(0.98123456), number(47635.95), number(1.0), number(5e-5), number(1e25)
    ('0.9812', '47,636', '1.0000', '5e-05', '1e+25')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:.4f}" if abs(value) >= 0.001 or value == 0 else f"{value:.3g}"
