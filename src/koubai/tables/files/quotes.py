"""Quotation marks in a text table: which ones quote a cell, and which are text.

A quoted cell begins with a mark and ends with the next one that is not doubled, which must stand before a separator or
the end of a line (RFC 4180). Elsewhere the mark is an ordinary character: the cell is then quoted anew, so that
the next reader sees what was meant.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MARK, LINE_FEED, RETURN = b'"\n\r'
MOST_QUOTED = 2**24
"""A mark without a partner within this many bytes is text."""

Places = npt.NDArray[np.int64]


class Mended(NamedTuple):
    """A text in which all marks are in order.

    Parameters
    ----------
    text : bytes
        The text, cells with stray marks quoted.
    marks : array of int
        Where its quotation marks are; every other one opens a quoted stretch.
    stray : tuple of int
        Where, in the text that was given, the cells begin that begin with a mark which is text.
    """

    text: bytes
    marks: Places
    stray: tuple[int, ...] = ()

    @property
    def line_ends(self) -> Places:
        """Where lines end that are not within a quoted cell."""
        return outside(places(self.text, LINE_FEED), self.marks)


def places(text: bytes, byte: int) -> Places:
    """Return where a byte is in a text."""
    return np.flatnonzero(np.frombuffer(text, np.uint8) == byte)


def outside(of: Places, marks: Places) -> Places:
    """Return those places that are not within quotation marks."""
    return of[np.searchsorted(marks, of) % 2 == 0] if len(marks) else of


def mended(text: bytes, separator: str, final: bool = True) -> Mended:
    r"""Return a text with all quotation marks in order.

    Parameters
    ----------
    text : bytes
        Whole lines from the beginning of one, UTF-8 (or another encoding that has ASCII as it is).
    separator : str
        What stands between two cells.
    final : bool
        Whether the table ends with this text; if not, a quoted cell may end beyond it.

    Examples
    --------
    >>> len(mended(b'a,"b,c"\nd,"e\nf,g\n', ",").stray)
    1
    """
    marks = places(text, MARK)
    if _in_order(text, marks, ord(separator), final):
        return Mended(text, marks)
    pieces, at, stray = [], 0, []
    for begin, end in _strays(text, marks, separator.encode(), final):
        pieces += [text[at:begin], b'"', text[begin:end].replace(b'"', b'""'), b'"']
        at = end
        if text[begin] == MARK:
            stray.append(begin)
    pieces.append(text[at:])
    whole = b"".join(pieces)
    return Mended(whole, places(whole, MARK), tuple(stray))


def _in_order(text: bytes, marks: Places, separator: int, final: bool) -> bool:
    """Tell whether every mark opens or closes a cell, or is one of a pair within one."""
    if not len(marks):
        return True
    if len(marks) % 2 and (final or len(text) - marks[-1] > MOST_QUOTED):
        return False
    bytes_ = np.frombuffer(text, np.uint8)
    ends = [separator, LINE_FEED, RETURN, MARK]
    opening, closing = marks[::2], marks[1::2]
    before = bytes_[opening[opening > 0] - 1]
    after = bytes_[closing[closing < len(text) - 1] + 1]
    long = closing - opening[: len(closing)] > MOST_QUOTED
    return bool(np.isin(before, ends).all() and np.isin(after, ends).all() and not long.any())


def _strays(text: bytes, marks: Places, separator: bytes, final: bool) -> list[tuple[int, int]]:
    """Return the cells, from where to where, whose marks are text."""
    found: list[tuple[int, int]] = []
    ends = (separator, b"\n", b"\r", b"")
    places_, n = marks.tolist(), len(marks)
    at = free = 0  # the mark that is looked at, and where the cells before it end
    line = -1  # where the line ends in which the last stray mark stands: it is sought once, however long the line
    while at < n:
        mark = places_[at]
        if text[mark - 1 : mark] in ends or mark == 0:
            close = at + 1
            while close + 1 < n and places_[close + 1] == places_[close] + 1:
                close += 2
            if close >= n and not final and len(text) - mark <= MOST_QUOTED:
                break  # it ends in what is still to come
            if close < n and places_[close] - mark <= MOST_QUOTED:
                after = places_[close] + 1
                if text[after : after + 1] in ends:
                    at, free = close + 1, after
                    continue
        begin = max(free, text.rfind(separator, free, mark) + 1, text.rfind(b"\n", free, mark) + 1)
        if mark > line:
            line = text.find(b"\n", mark)
            line = len(text) if line < 0 else line
        end = _end_of_cell(text, mark, separator, line)
        found.append((begin, end))
        free = end
        while at < n and places_[at] < end:
            at += 1
    return found


def _end_of_cell(text: bytes, start: int, separator: bytes, line: int) -> int:
    """Return where the cell ends that holds a place of the line that ends at ``line``."""
    cell = text.find(separator, start, line)
    end = line if cell < 0 else cell
    return end - 1 if end == line and text[end - 1 : end] == b"\r" else end
