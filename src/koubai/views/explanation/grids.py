"""Grids of numbers side by side: as SVG, shaded by size, with the numbers where there is room; and as text.

Grids of numbers of one sign are grey, the larger the darker; of both signs, blue for negative and orange for positive.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from html import escape

import numpy as np

from koubai.core.formulas.tree import Number
from koubai.core.formulas.values import Notation
from koubai.explain.derivations import Grid, Grids, Text
from koubai.views.formulas.plain import SUPERSCRIPTS, PlainWriter
from koubai.views.pixels import embedded

WIDEST = 9
"""Columns and rows up to which the numbers of a grid are written."""
CELL_WIDE, CELL_HIGH = 40, 28
"""Of a cell with its number, in pixels."""
LARGE, SMALLEST = 230, 3
"""Width that a grid without numbers takes, and the smallest cell."""
LEAST, MOST = 0.1, 1000.0
"""If the largest number of a grid lies between these, the grid needs no common factor."""
GAP, TITLE, MARGIN = 34, 40, 4
POSITIVE, NEGATIVE, DARK = (213, 94, 0), (0, 114, 178), (28, 39, 51)
"""The colours of the largest numbers."""
SMALLEST_SHOWN = 0.77
"""To what share of its size a phone may shrink the picture, so that its numbers stay legible; then it scrolls."""
WORDS_WIDE = 20
"""Characters of a title's line."""
STYLE = """
.grids text{font:13px system-ui,sans-serif;fill:#1c2733;text-anchor:middle}
.grids .title{fill:#4c5866}
.grids .sign{font-size:22px}
.grids .light{fill:#fff}
.grids rect.cell{stroke:#d5dae0;stroke-width:.5}
.grids rect.frame{fill:none;stroke:#1c2733;stroke-width:3}
.grids rect.mark{fill:none;stroke:#d55e00;stroke-width:4}
"""


def is_written(grid: Grid) -> bool:
    """Return whether a grid is small enough for its numbers to be written."""
    return len(grid.numbers) <= WIDEST and len(grid.numbers[0]) <= WIDEST


def grids_svg(grids: Grids, words: Callable[[Text], str]) -> str:
    """Return grids as an ``svg`` element.

    Parameters
    ----------
    grids : Grids
    words : callable
        Writes a text, escaped.
    """
    sizes = [_size(grid) for grid in grids.grids]
    tall = TITLE + max(height for _, height in sizes) + 2 * MARGIN
    parts, left = [], MARGIN
    for index, (grid, (width, height)) in enumerate(zip(grids.grids, sizes, strict=True)):
        if index:
            sign = grids.signs[index - 1] if index <= len(grids.signs) else ""
            middle = TITLE + (tall - TITLE) / 2 + 7
            parts.append(f'<text class="sign" x="{left + GAP / 2:g}" y="{middle:g}">{escape(sign)}</text>')
            left += GAP
        title = words(grid.title) + _power_words(grid)
        room = max(width, _title_width(title))
        parts += _title(title, left + room / 2)
        parts.append(
            f'<g transform="translate({left + (room - width) / 2:g} {TITLE + (tall - TITLE - height) / 2:g})">'
        )
        parts += _cells(grid)
        parts.append("</g>")
        left += round(room)
    whole = left + MARGIN
    return (
        f'<svg class="grids" role="img" aria-label="{words(grids.title)}" viewBox="0 0 {whole} {tall:g}" '
        f'style="width:{whole / 16:g}em;min-width:{round(SMALLEST_SHOWN * whole)}px;max-width:100%;height:auto">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>"
    )


def _cell(grid: Grid) -> tuple[float, float]:
    """Return width and height of a cell."""
    if is_written(grid):
        return CELL_WIDE, CELL_HIGH
    side = max(SMALLEST, LARGE // max(len(grid.numbers), len(grid.numbers[0])))
    return side, side


def _size(grid: Grid) -> tuple[float, float]:
    wide, high = _cell(grid)
    return wide * len(grid.numbers[0]), high * len(grid.numbers)


def _title_lines(words: str) -> list[str]:
    """Return a title on two lines at most, broken at a space, or in a language without spaces anywhere."""
    if len(words) <= WORDS_WIDE:
        return [words]
    at = words.rfind(" ", 0, WORDS_WIDE + 1)
    return [words[: at if at > 0 else WORDS_WIDE].rstrip(), words[at if at > 0 else WORDS_WIDE :].lstrip()]


def _title_width(words: str) -> float:
    return max(sum(14 if ord(letter) > 0x2E80 else 7.2 for letter in line) for line in _title_lines(words))


def _title(words: str, middle: float) -> list[str]:
    lines = _title_lines(words)
    first = TITLE - 10 - 16 * (len(lines) - 1)
    return [f'<text class="title" x="{middle:g}" y="{first + 16 * k}">{line}</text>' for k, line in enumerate(lines)]


def _power(grid: Grid) -> int:
    """Return the power of ten by which numbers are divided to fit in their cells, usually 0."""
    most = max(abs(value) for row in grid.numbers for value in row)
    return math.floor(math.log10(most)) if is_written(grid) and most and not LEAST <= most < MOST else 0


def _power_words(grid: Grid) -> str:
    power = _power(grid)
    return f" (×10{str(power).translate(SUPERSCRIPTS)})" if power else ""


def _short(value: float) -> str:
    """Return a number in a few characters: two decimals, fewer of a large one."""
    decimals = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    text = f"{value:.{decimals}f}"
    if float(text) == int(float(text)):
        text = str(int(float(text)))
    return text.replace("-", "−")


def _cells(grid: Grid) -> list[str]:
    """Return the cells of a grid, its numbers if there is room for them, and the frames."""
    wide, high = _cell(grid)
    parts = _written_cells(grid) if is_written(grid) else [_image(grid)]
    boxes = [("frame", *grid.window)] if grid.window else []
    boxes += [("mark", *grid.marked, 1, 1)] if grid.marked else []
    for kind, top, left, rows, columns in boxes:
        parts.append(
            f'<rect class="{kind}" x="{left * wide:g}" y="{top * high:g}" width="{columns * wide:g}" '
            f'height="{rows * high:g}"/>'
        )
    return parts


def _shades(grid: Grid) -> list[list[tuple[float, tuple[int, ...]]]]:
    """Return the share of the largest number and the colour of every cell."""
    values = [value for row in grid.numbers for value in row]
    most, signed = max(map(abs, values), default=0.0) or 1.0, min(values) < 0

    def shade(value: float) -> tuple[float, tuple[int, ...]]:
        share, colour = abs(value) / most, (POSITIVE if value > 0 else NEGATIVE) if signed else DARK
        return share * (2 / 3 if signed else 1), tuple(round(255 + share * (each - 255)) for each in colour)

    return [[shade(value) for value in row] for row in grid.numbers]


def _written_cells(grid: Grid) -> list[str]:
    """Return cells with their numbers, light on dark ones."""
    (wide, high), power, parts = _cell(grid), _power(grid), []
    for r, (row, shades) in enumerate(zip(grid.numbers, _shades(grid), strict=True)):
        for c, (value, (dark, colour)) in enumerate(zip(row, shades, strict=True)):
            fill = "#" + "".join(f"{each:02x}" for each in colour)
            box = f'x="{c * wide:g}" y="{r * high:g}" width="{wide:g}" height="{high:g}"'
            at = f'x="{(c + 0.5) * wide:g}" y="{(r + 0.5) * high + 4.5:g}"'
            kind = ' class="light"' if dark > 0.5 else ""
            parts.append(f'<rect class="cell" {box} fill="{fill}"/>')
            parts.append(f"<text{kind} {at}>{_short(value / 10.0**power)}</text>")
    return parts


def _image(grid: Grid) -> str:
    """Return a large grid as a picture of one pixel a cell, which takes a hundredth of what as many shapes would."""
    width, height = _size(grid)
    pixels = np.array([[colour for _, colour in row] for row in _shades(grid)], np.uint8)
    return (
        f'<image width="{width:g}" height="{height:g}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{embedded(pixels)}"/>'
        f'<rect class="cell" width="{width:g}" height="{height:g}" fill="none"/>'
    )


def written(value: float, writer: PlainWriter) -> str:
    """Return a number as a cell shows it."""
    return writer.write(Number(0.0 if value == 0 else value))


def grid_lines(grids: Grids, words: Callable[[Text], str], notation: Notation) -> list[str]:
    """Return the small grids as lines of aligned numbers under their titles; a marked number is in brackets."""
    writer, lines = PlainWriter(replace(notation, digits=3)), []
    for grid in filter(is_written, grids.grids):
        lines.append(f"{words(grid.title)}:")
        rows = [[written(value, writer) for value in row] for row in grid.numbers]
        if grid.marked:
            r, c = grid.marked
            rows[r][c] = f"[{rows[r][c]}]"
        wide = max(len(cell) for row in rows for cell in row)
        lines += ["  " + "  ".join(cell.rjust(wide) for cell in row) for row in rows]
    return lines
