"""Parsing of text into cells, piece by piece, losing no line and reporting lines with the wrong number of cells."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.errors import DataError
from koubai.core.language import worded
from koubai.tables.files.layout import Layout
from koubai.tables.files.quotes import LINE_FEED, RETURN, Mended, Places, mended, outside, places
from koubai.tables.files.spreadsheets import has_guards, without_guards

if TYPE_CHECKING:
    import polars as pl

LONGEST_LINE = 2**26
"""Maximum length of a table's line in bytes."""


@dataclass
class Parser:
    """Converts pieces of a table's text to frames of strings.

    Parameters
    ----------
    source : str
        Where the text comes from, for messages.
    layout : Layout
        Its layout.

    Attributes
    ----------
    n_stray : int
        Cells so far that begin with a quotation mark which is text.
    """

    source: str
    layout: Layout
    n_stray: int = 0
    _line: int = field(default=1, repr=False)
    _first_stray: int = field(default=0, repr=False)
    _joined: tuple[int, int] | None = field(default=None, repr=False)

    def frames(self, pieces: Iterator[bytes]) -> "Iterator[pl.DataFrame]":
        """Yield the rows of a text that arrives in arbitrary pieces."""
        rest, to_skip = b"", self.layout.n_lines
        for piece in pieces:
            rest += piece
            if to_skip:
                rest, to_skip = self._without_lines(rest, to_skip)
                if to_skip:
                    continue
            frame, rest = self._parsed(rest, final=False)
            if frame is not None:
                yield frame
            if len(rest) > LONGEST_LINE:
                raise DataError(
                    worded(
                        "tables.error.table_have_lines_at_most",
                        source=self.source,
                        longest_line=LONGEST_LINE // 2**20,
                        line=self._line,
                    )
                )
        if rest and not to_skip:
            frame, _ = self._parsed(rest, final=True)
            if frame is not None:
                yield frame

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on quotation marks, one sentence each."""
        found = []
        if self.n_stray == 1:
            found.append(worded("tables.note.cell_begins_quotation_mark_does", first_stray=self._first_stray))
        elif self.n_stray:
            found.append(
                worded(
                    "tables.note.cells_begin_quotation_mark_does",
                    n_stray=f"{self.n_stray:,}",
                    first_stray=self._first_stray,
                )
            )
        if self._joined:
            first, last = self._joined
            found.append(worded("tables.note.quotation_marks_make_row_lines", first=first, last=last))
        return tuple(found)

    def _without_lines(self, text: bytes, n: int) -> tuple[bytes, int]:
        """Return a text without its first lines, and how many more are to be left out."""
        at = 0
        while n:
            end = text.find(b"\n", at)
            if end < 0:
                return (b"", n) if at == len(text) else (text[at:], n)
            at, n = end + 1, n - 1
            self._line += 1
        return text[at:], 0

    def _parsed(self, text: bytes, final: bool) -> "tuple[pl.DataFrame | None, bytes]":
        """Return the rows of complete lines, if any, and the remainder."""
        whole = mended(text, self.layout.separator, final)
        self._note_strays(text, whole)
        ends = whole.line_ends
        cut = len(whole.text) if final else int(ends[-1]) + 1 if len(ends) else 0
        rest = whole.text[cut:]
        whole = Mended(whole.text[:cut], whole.marks[: np.searchsorted(whole.marks, cut)])
        ends = ends[: np.searchsorted(ends, cut)]
        if final and not whole.text.endswith(b"\n"):
            ends = np.append(ends, len(whole.text))
        if not cut:
            return None, rest
        frame = self._frame(whole, ends)
        self._line += whole.text.count(b"\n")
        return (frame if frame.height else None), rest

    def _note_strays(self, text: bytes, whole: Mended) -> None:
        if whole.stray and not self.n_stray:
            self._first_stray = self._line + text.count(b"\n", 0, whole.stray[0])
        self.n_stray += len(whole.stray)

    def _frame(self, whole: Mended, ends: Places) -> "pl.DataFrame":
        """Return the rows of lines whose ends are known."""
        import polars as pl

        text, names = whole.text, self.layout.names
        bytes_ = np.frombuffer(text, np.uint8)
        starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
        returns = (ends > starts) & (bytes_[np.maximum(ends - 1, 0)] == RETURN)
        blank = ends - returns <= starts
        gaps = outside(places(text, ord(self.layout.separator)), whole.marks)
        n_cells = np.diff(np.searchsorted(gaps, np.append(starts, len(text)))) + 1
        wrong = ~blank & (n_cells != len(names))
        self._note_joined(whole, starts, ends)
        if wrong.any():
            self._refuse(whole, starts, ends, n_cells, wrong)
        n_rows = int((~blank).sum())
        if blank.any():
            text = _without(text, starts[blank], ends[blank])
        schema = {f"{position}": pl.String for position in range(len(names))}
        if not n_rows:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        try:
            frame = pl.read_csv(io.BytesIO(text), separator=self.layout.separator, has_header=False, schema=schema)
        except pl.exceptions.PolarsError:
            frame = None
        if frame is None or frame.height != n_rows or frame.width != len(names):
            frame = _parsed_slowly(text, self.layout.separator, len(names))
        frame.columns = names
        return frame.with_columns(without_guards()) if has_guards(text) else frame

    def _refuse(self, whole: Mended, starts: Places, ends: Places, n_cells: Places, wrong: "Places") -> None:
        at = int(np.flatnonzero(wrong)[0])
        text, start, end, names = whole.text, int(starts[at]), int(ends[at]), self.layout.names
        line = self._line + text.count(b"\n", 0, start)
        hint: str = worded("core.remedy.correct_line")
        if len(names) == 1:
            hint = worded("core.remedy.say_separator")
        if self.n_stray or self._joined or b"\n" in text[start:end]:
            hint += worded("tables.note.quotation_mark_may_missing", space=" ")
        cells = worded("tables.note.cell") if len(names) == 1 else worded("tables.note.cells_2", n_names=len(names))
        raise DataError(
            worded(
                "tables.error.table_have_each_line_first",
                source=self.source,
                cells=cells,
                int=int(n_cells[at]),
                line=line,
                hint=hint,
            )
        )

    def _note_joined(self, whole: Mended, starts: Places, ends: Places) -> None:
        """Remember the first row of several lines each of which could be a row, were the marks text."""
        width = len(self.layout.names)
        if self._joined or not len(whole.marks) or width < 2:
            return
        feeds = places(whole.text, LINE_FEED)
        inside = np.searchsorted(feeds, starts), np.searchsorted(feeds, ends)
        for at in np.flatnonzero(inside[1] > inside[0])[:1000]:
            lines = whole.text[int(starts[at]) : int(ends[at])].split(b"\n")
            separator = self.layout.separator.encode()
            if all(line.count(separator) == width - 1 for line in lines):
                first = self._line + whole.text.count(b"\n", 0, int(starts[at]))
                self._joined = first, first + len(lines) - 1
                return


def _without(text: bytes, starts: Places, ends: Places) -> bytes:
    """Return a text without blank lines, which end with a line feed or with the text."""
    kept = np.ones(len(text), bool)
    kept[starts[starts < len(text)]] = False
    kept[ends[ends < len(text)]] = False
    return np.frombuffer(text, np.uint8)[kept].tobytes()


def _parsed_slowly(text: bytes, separator: str, width: int) -> "pl.DataFrame":
    """Return the cells as Python's own reader finds them, where polars cannot do it."""
    import polars as pl

    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=separator)
    columns = list(zip(*reader, strict=True))
    return pl.DataFrame({f"{position}": pl.Series(columns[position], dtype=pl.String) for position in range(width)})
