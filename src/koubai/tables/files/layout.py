"""The layout of a text table: its separator, where it begins, and its column names."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from koubai.core.errors import DataError, ParameterError
from koubai.core.language import worded
from koubai.tables.files.headings import n_further_names, note_of_gaps, note_of_titles, with_further_names
from koubai.tables.files.names import unique_names
from koubai.tables.files.quotes import mended
from koubai.tables.files.spreadsheets import name_without_guard

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": worded("tables.note.vertical_bars")}

MOST_LINES = 400
"""Number of lines used to determine the layout."""
MOST_TITLES = 50
"""Maximum number of title lines before the header that are skipped automatically."""
FITS = 0.9
"""A separator fits if this share of the lines has the same number of cells."""

_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")
_SAYS_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.I)
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}.*)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a table in a text file.

    Parameters
    ----------
    separator : str
        The separator of cells.
    has_names : bool
        Whether the file names the columns.
    names : list of str
        The columns' names.
    n_lines : int
        Lines of the file before the first row.
    notes : tuple of str
        Notes on what was detected, one sentence each.
    """

    separator: str
    has_names: bool
    names: list[str]
    n_lines: int
    notes: tuple[str, ...]


class Record(NamedTuple):
    """A line of the table, or several if a quoted cell holds their ends: its cells, and its lines from 1."""

    cells: list[str]
    first: int
    last: int

    @property
    def n_filled(self) -> int:
        """Cells with something in them."""
        return sum(bool(cell.strip()) for cell in self.cells)


def checked_separator(separator: str | None) -> str | None:
    """Return the given separator as a character.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if separator is None:
        return None
    separator = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    if len(separator) != 1 or not separator.isascii() or separator in '"\n\r':
        raise ParameterError(
            parameter="separator",
            required=worded("core.must.ascii_character_tab"),
            got=repr(separator),
            remedy=worded("core.remedy.try_2"),
        )
    return separator


def checked_skip_lines(skip_lines: int | None) -> int | None:
    """Return the given number of lines; raise ParameterError if it is not one."""
    if skip_lines is not None and (not isinstance(skip_lines, int) or isinstance(skip_lines, bool) or skip_lines < 0):
        raise ParameterError(
            parameter="skip_lines",
            required=worded("core.must.integer_not_negative"),
            got=repr(skip_lines),
            remedy=worded("core.remedy.try_3"),
        )
    return skip_lines


def layout_of(
    source: str, text: str, *, separator: str | None, header: bool | None, skip_lines: int | None, tabs: bool = False
) -> Layout:
    """Determine the layout of a text file from its beginning.

    Parameters
    ----------
    source, separator, header, skip_lines
        As `koubai.tables.files.reading.read_table`.
    text : str
        The file's text, or the beginning of it: whole lines.
    tabs : bool
        Whether the file's name says that tabs separate its cells.

    Raises
    ------
    DataError
        If the first line has another number of cells than the others, or all lines are skipped.
    ParameterError
        If the separator or the number of lines is none.
    """
    given, skipped = checked_separator(separator), checked_skip_lines(skip_lines)
    notes: list[str] = []
    start, mark, sample = _separated(source, text, given, skipped or 0, tabs, notes)
    records = _records(sample, mark, start)
    if not records:
        raise DataError(worded("tables.error.table_hold_column_names_rows_2", source=source))
    n_titles = _n_titles(records) if skipped is None else 0
    if n_titles:
        notes.append(_of_titles(records[:n_titles]))
    records = records[n_titles:]
    _check_width(source, records)
    if header is None:
        header = _has_header(records, notes)
    first = records[0]
    raw, last = _header(records, notes) if header else ([""] * len(first.cells), first.first - 1)
    names, more = unique_names(raw)
    return Layout(mark, header, names, last, (*notes, *more))


def _separated(
    source: str, text: str, given: str | None, start: int, tabs: bool, notes: list[str]
) -> tuple[int, str, str]:
    """Return how many lines are skipped, what separates cells, and the lines that are looked at; add notes on them."""
    lines = text.split("\n", start + MOST_LINES)[: start + MOST_LINES]
    if not any(line.strip() for line in lines[start:]):
        raise DataError(worded("tables.error.table_have_lines_after_skipped", source=source, start=start))
    begin = next(number for number in range(start, len(lines)) if lines[number].strip())
    if found := _SAYS_SEPARATOR.fullmatch(lines[begin]):
        given = given or found[1]
        start = begin + 1
        notes.append(worded("tables.note.first_line_says_what_separates", strip=lines[begin].strip()))
    sample = "\n".join(lines[start:])
    if not sample.strip():
        raise DataError(worded("tables.error.table_hold_column_names_rows", source=source))
    mark = given or _found_separator(sample, tabs)
    if given is None and (mark in ";|" or (tabs and mark != "\t")):
        notes.append(worded("tables.note.columns_separated", separators=SEPARATORS[mark]))
    return start, mark, sample


def _has_header(records: Sequence[Record], notes: list[str]) -> bool:
    """Return whether the first line names the columns; add a note if it might be otherwise."""
    first = records[0]
    if all(_is_number(cell) for cell in first.cells):
        notes.append(worded("tables.note.first_line_holds_numbers_only", n_cells=len(first.cells)))
        return False
    if looks_like_a_row([record.cells for record in records]):
        notes.append(worded("tables.note.first_line_gives_columns_their", shown=_shown(first.cells)))
    return True


def _header(records: Sequence[Record], notes: list[str]) -> tuple[list[str], int]:
    """Return the names as the first line, or lines, of the table have them, and the last of these lines."""
    first = records[0]
    further = records[1 : 1 + n_further_names([record.cells for record in records])]
    names = [name_without_guard(name) for name in first.cells]
    if further:
        names, key, example = with_further_names(names, further[0].cells)
        notes.append(worded(key, lines=_lines(further), shown=_shown(further[0].cells), example=example))
    elif note := note_of_gaps(names):
        notes.append(note)
    return names, (further or [first])[-1].last


def _lines(records: Sequence[Record]) -> str:
    first, last = records[0].first, records[-1].last
    return (
        worded("tables.note.line", first=first)
        if first == last
        else worded("tables.note.lines", first=first, last=last)
    )


def _shown(cells: Sequence[str]) -> str:
    """Return the first cells of a line that hold something, for a message."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    shown = ", ".join(cell[:20] + "…" if len(cell) > 20 else cell for cell in filled[:3])
    return f"{shown}{', …' if len(filled) > 3 else ''}"


def _records(text: str, separator: str, n_before: int = 0) -> list[Record]:
    """Return the lines that are not blank, cut into cells, as they count in the file."""
    whole = mended(text.encode(), separator).text.decode()
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator)
    found, line = [], n_before + 1
    for cells in reader:
        last = n_before + reader.line_num
        if any(cell.strip() for cell in cells) or len(cells) > 1:
            found.append(Record(cells, line, last))
        line = last + 1
    return found


class Fit(NamedTuple):
    """How well a separator fits, the better the greater: lines of titles, header and other lines are looked at."""

    fits: bool
    without_titles: bool
    has_header: bool
    share: float
    width: int


def _found_separator(text: str, tabs: bool) -> str:
    """Determine the separator from many lines; a comma if there is none."""
    tried = {mark: _records(text, mark) for mark in SEPARATORS}
    found = {mark: fit for mark, records in tried.items() if (fit := _fit(records))}
    if tabs:
        others = [mark for mark, fit in found.items() if fit.fits]
        return others[0] if len(others) == 1 and "\t" not in found else "\t"
    if not found:
        return ","
    best = max(found, key=found.__getitem__)
    if best == "," and ";" in found and found[";"].fits and _commas_are_decimal(tried[";"]):
        return ";"
    return best


def _fit(records: Sequence[Record]) -> Fit | None:
    """Return how well a separator fits that gives these cells; None if it cuts nothing."""
    titles = 0
    if not records:
        return None
    while titles < min(len(records) - 1, MOST_TITLES) and len(records[titles].cells) == 1:
        titles += 1
    counts = [len(record.cells) for record in records[titles:]]
    width, n = max(Counter(counts).items(), key=lambda item: (item[1], item[0] == counts[0]))
    if width < 2 or (titles and len(counts) < 2):  # a last line alone is no table under titles
        return None
    share = n / len(counts)
    return Fit(share >= FITS, not titles, counts[0] == width, share, width)


def _commas_are_decimal(records: Sequence[Record]) -> bool:
    """Return whether commas occur only within numbers, as in files separated by semicolons."""
    with_comma = [cell for record in records for cell in record.cells if "," in cell]
    return bool(with_comma) and all(map(_DECIMAL_COMMA.fullmatch, with_comma))


def _n_titles(records: Sequence[Record]) -> int:
    """Return how many lines before the names are titles: one cell with something in it, where the table has more."""
    width = _usual_width(records)
    if width < 2:
        return 0
    for number, record in enumerate(records[: MOST_TITLES + 1]):
        alone = len(record.cells) == 1 or (width > 2 and record.n_filled <= 1)
        comment = record.cells[0].startswith("#") and len(record.cells) != width
        if not (alone or comment):
            return number if len(record.cells) == width else 0
    return 0


def _usual_width(records: Sequence[Record]) -> int:
    """Return the number of cells that nearly all lines have, those with one cell before them left out, or 0."""
    counts = [len(record.cells) for record in records]
    while len(counts) > 1 and counts[0] == 1:
        counts.pop(0)
    if len(counts) == 1 < len(records) and counts[0] > 1:  # the last line alone
        return 0
    width, n = Counter(counts).most_common(1)[0]
    return width if n >= FITS * len(counts) or n >= len(counts) - 1 else 0


def _of_titles(titles: Sequence[Record]) -> str:
    first = next(cell.strip() for cell in titles[0].cells if cell.strip() or len(titles[0].cells) == 1)
    return note_of_titles(first, len(titles), titles[-1].last)


def _check_width(source: str, records: Sequence[Record]) -> None:
    """Raise DataError if the line of names differs from nearly all others."""
    first, width = records[0], _usual_width(records[1:]) if len(records) > 2 else 0
    if width < 2 or width == len(first.cells):
        return
    cells = (
        worded("tables.note.cell") if len(first.cells) == 1 else worded("tables.note.cells", n_cells=len(first.cells))
    )
    raise DataError(
        worded("tables.error.table_have_many_names_cells", source=source, cells=cells, last=first.last, width=width)
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def looks_like_a_row(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row looks like data rather than a header.

    It does if none of its cells is of another kind than those below it, and at least half of them are of the same:
    a number above numbers, a date above dates, or one of the few texts that come below. Numbers that count up, such as
    years, may well be names.
    """
    if len(rows) < 4:
        return False
    alike = []
    first = [cell.strip() for cell in rows[0]]
    numbers = [float(cell) for cell in first if _is_number(cell)]
    counting = len(numbers) > 1 and all(b - a == 1 for a, b in pairwise(numbers))
    for position, cell in enumerate(first):
        below = [row[position].strip() for row in rows[1:] if position < len(row) and row[position].strip()]
        alike.append(None if not cell or not below else _is_like(cell, below, counting))
    return False not in alike and 2 * alike.count(True) >= len(alike)


def _is_like(cell: str, below: Sequence[str], counting: bool) -> bool | None:
    """Return whether a cell is of the kind of those below it; None where nothing can be told."""
    for is_kind in (_is_number, lambda text: bool(_DATE.fullmatch(text))):
        share = sum(map(is_kind, below)) / len(below)
        if is_kind(cell):
            return (None if counting and is_kind is _is_number else True) if share >= FITS else False
        if share >= FITS:
            return False
    different = set(below)
    if cell in different:
        return True
    return None if len(different) > len(below) / 2 else False
