"""Column names that span several lines: units, questions, or a second level below the names."""

import re
from collections.abc import Sequence

from koubai.core.language import worded
from koubai.tables.files.missing import MISSING_MARKS

MOST_FURTHER = 3
"""Maximum number of lines below the names that belong to them."""
LEAST_BELOW = 3
"""How many cells must stand below a line to conclude that it is a heading and not a row."""

_QUANTITY = re.compile(
    r"[^0-9A-Za-z]*[0-9][0-9.,:/\u2019\u00a0' -]*(?:[eE][+-]?[0-9]+)?[^0-9A-Za-z]*|[0-9]{1,4}[-/.年][0-9].*"
)
"""A number or a date, roughly."""


def n_further_names(rows: Sequence[Sequence[str]]) -> int:
    """Return how many lines below the first are none of the table's rows but say more of its columns.

    Such a line holds texts alone: above numbers or dates in two columns, or in all in which it holds something;
    and none of them stands below it again.

    Examples
    --------
    >>> n_further_names([["name", "size", "mass"], ["", "cm", "kg"], *([f"n{i}", f"{i}", "3"] for i in range(9))])
    1
    """
    for n in range(min(MOST_FURTHER, len(rows) - 1 - LEAST_BELOW), 0, -1):
        below = rows[1 + n :]
        if all(_names_columns(row, below) for row in rows[1 : 1 + n]):
            return n
    return 0


def _names_columns(line: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    n_filled = n_above_quantities = 0
    for place, cell in enumerate(map(str.strip, line)):
        if cell in MISSING_MARKS:
            continue
        cells = [text for row in below if place < len(row) and (text := row[place].strip()) not in MISSING_MARKS]
        if _QUANTITY.fullmatch(cell) or cell in cells:
            return False
        n_filled += 1
        n_above_quantities += len(cells) >= LEAST_BELOW and all(map(_QUANTITY.fullmatch, cells))
    return n_above_quantities >= 2 or 0 < n_filled == n_above_quantities


def with_further_names(names: Sequence[str], second: Sequence[str]) -> tuple[list[str], str, str]:
    """Return names with those of a second line, the key of what is to be said, and an example of a name for it.

    Where the first line leaves names out after others, or repeats some, as titles above several columns do, the
    second one makes them whole; where each column has a name of its own, the second is left aside.

    Examples
    --------
    >>> with_further_names(["id", "size", "", "mass"], ["", "now", "then", "now"])[0]
    ['id', 'size_now', 'size_then', 'mass_now']
    """
    first = [name.strip() for name in names]
    named = [name for name in first if name]
    is_whole = not note_of_gaps(names) and len(set(named)) == len(named)
    if is_whole:
        return list(names), "tables.note.under_names_aside", ""
    joined, above = [], ""
    for up, low in zip(first, second, strict=True):
        above = up or above
        joined.append("_".join(filter(None, (above, low.strip()))) if up or low.strip() else "")
    example = next(name for name, up in zip(joined, first, strict=True) if name != up)
    return joined, "tables.note.under_names_part", repr(example)


def note_of_titles(first: str, n_titles: int, last: int) -> str:
    """Return what is said of titles above a table: the first of them, and the number of the line that is the last."""
    lines = (
        worded("tables.note.first_line_no_part") if last == 1 else worded("tables.note.first_lines_no_part", last=last)
    )
    shown = repr(first[:40] + "…" if len(first) > 40 else first)
    return worded("tables.note.titles", lines=lines, shown=shown if n_titles == 1 else f"{shown}, …")


def note_of_gaps(names: Sequence[str]) -> str:
    """Return a sentence on columns without a name between others that have one, or nothing."""
    filled = [place for place, name in enumerate(names) if name.strip()]
    gaps = [place + 1 for place in range(filled[0], filled[-1]) if not names[place].strip()] if filled else []
    if not gaps:
        return ""
    which = ", ".join(f"column_{place}" for place in gaps[:5]) + (", …" if len(gaps) > 5 else "")
    return worded("tables.note.line_names_leaves_some_out", which=which)
