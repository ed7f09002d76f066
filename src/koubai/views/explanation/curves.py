"""Curves over one variable as a small SVG picture: lines over numbers, bars over categories."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from html import escape
from itertools import groupby
from math import ceil

from koubai.core.formulas.tree import Number
from koubai.core.formulas.values import Notation
from koubai.core.language import Language, said_in
from koubai.explain.derivations import Curves
from koubai.views.explanation.composing import visible
from koubai.views.formulas.plain import PlainWriter

WHOLE = 1_000_000
"""Integers below this are written in full: 2007 is a year."""
WIDTH, HEIGHT = 300, 190
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 30, 34
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7d8794", "#1c2733")
"""Okabe and Ito's colours, safe for colour-blind viewers; lines also differ in dashes."""
NUMERAL = re.compile(r"[−-]?[\d.,]+(?:e[−+-]?\d+)?")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "4 2", "1 2", "10 4", "3 5")


def shown_value(value: float | str) -> str:
    """Return a number with three significant digits; integers and words are unchanged.

    Examples
    --------
    >>> shown_value(0.12345), shown_value(-3950.0), shown_value(2007.0), shown_value("red")
    ('0.123', '−3950', '2007', 'red')
    """
    if isinstance(value, str):
        return value
    whole = float(value).is_integer() and abs(value) < WHOLE
    return PlainWriter(Notation(digits=3)).write(Number(Fraction(int(value)) if whole else value))


def value_range(curves: Curves, bars: bool = False) -> tuple[float, float]:
    """Return the lowest and the highest number of all curves, of bars with their baseline; a width of 0 is widened."""
    if curves.limits is not None:
        return curves.limits
    numbers = [value for _, values in curves.curves for value in values] or [0.0]
    numbers += [up for _, up in curves.dots]
    numbers += [curves.baseline] if bars else []
    low, high = min(numbers), max(numbers)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def named(name: str, lang: Language) -> str:
    """Return the name of a variable or a curve in the view's language: a user's own as it is, a worded one told."""
    return visible(str(said_in(name, lang)))


def curves_svg(curves: Curves, lang: Language) -> str:
    """Return curves as an ``svg`` element; the names of several curves stand below the title."""
    words = any(isinstance(value, str) for value in curves.grid)
    low, high = value_range(curves, words)
    marks = _bars(curves, low, high) if words else _lines(curves, low, high)
    axis = (
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#7d8794"/>'
        f'<text x="{LEFT - 4}" y="{TOP + 4}" text-anchor="end">{_end(high, high - low)}</text>'
        f'<text x="{LEFT - 4}" y="{HEIGHT - BOTTOM}" text-anchor="end">{_end(low, high - low)}</text>'
    )
    variable = escape(named(curves.variable, lang))
    title = f'<text x="{LEFT}" y="12" font-weight="bold">{variable}</text>'
    return (
        f'<svg class="curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{variable}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" font-size="11" fill="#1c2733">'
        f"{title}{_key(curves, lang)}{axis}{marks}</svg>"
    )


def _end(value: float, width: float) -> str:
    """Return the number at an axis's end; 0 for what is indistinguishable from it in the picture."""
    return shown_value(0.0 if abs(value) < width / 1000 else value)


def _key(curves: Curves, lang: Language) -> str:
    """Return the names of the curves, each in its colour."""
    if len(curves.curves) < 2:
        return ""
    spans = "  ".join(
        f'<tspan fill="{COLOURS[k % len(COLOURS)]}">{"━" if k == 0 else "╍"} {escape(named(name, lang))}</tspan>'
        for k, (name, _) in enumerate(curves.curves)
    )
    return f'<text x="{LEFT}" y="25" xml:space="preserve">{spans}</text>'


def _height(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP)


def _lines(curves: Curves, low: float, high: float) -> str:
    numbers = [value for value in curves.grid if not isinstance(value, str)]
    first, last = numbers[0], numbers[-1]
    across = (WIDTH - LEFT - RIGHT) / ((last - first) or 1)
    parts = [
        f'<circle cx="{LEFT + (x - first) * across:.1f}" cy="{_height(y, low, high):.1f}" r="2.4" '
        f'fill="{COLOURS[0]}" fill-opacity="0.55"/>'
        for x, y in curves.dots
    ]
    for k, (_, values) in enumerate(curves.curves):
        style = f'stroke="{COLOURS[k % len(COLOURS)]}" stroke-dasharray="{DASHES[k % len(DASHES)]}"'
        for run in _within(zip(numbers, values, strict=True), low, high):
            points = " ".join(f"{LEFT + (x - first) * across:.1f},{_height(y, low, high):.1f}" for x, y in run)
            parts.append(f'<polyline points="{points}" fill="none" stroke-width="2" {style}/>')
    y = HEIGHT - BOTTOM + 14
    parts.append(f'<text x="{LEFT}" y="{y}">{_end(first, last - first)}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{y}" text-anchor="end">{_end(last, last - first)}</text>')
    return "".join(parts)


def _within(points: Iterable[tuple[float, float]], low: float, high: float) -> Iterator[list[tuple[float, float]]]:
    """Yield the runs of points between the limits: a line ends where it leaves the picture."""
    for inside, run in groupby(points, lambda point: low <= point[1] <= high):
        if inside:
            yield list(run)


def _bars(curves: Curves, low: float, high: float) -> str:
    """Return bars that start at the baseline, up or down, and the baseline as a line with its number."""
    slot = (WIDTH - LEFT - RIGHT) / len(curves.grid)
    thick = 0.8 * slot / max(1, len(curves.curves))
    base = _height(curves.baseline, low, high)
    words = [shown_value(value) for value in curves.grid]
    ordered = all(NUMERAL.fullmatch(word) for word in words)  # then every so manieth says what the others are
    apart = ceil((max(map(len, words)) * 6.2 + 5) / slot)
    parts = []
    for index, value in enumerate(curves.grid):
        start = LEFT + slot * index + 0.1 * slot
        for k, (_, values) in enumerate(curves.curves):
            end = _height(values[index], low, high)
            colour = COLOURS[k % len(COLOURS)]
            parts.append(
                f'<rect x="{start + k * thick:.1f}" y="{min(base, end):.1f}" width="{thick:.1f}" '
                f'height="{abs(base - end):.1f}" fill="{colour}"/>'
            )
        word = shown_value(value)
        short = word if ordered or len(word) <= max(3, slot / 6) else word[: max(2, int(slot / 6) - 1)] + "…"
        if ordered and index % apart:
            continue
        place = f'x="{start + 0.4 * slot:.1f}" y="{HEIGHT - BOTTOM + 14}"'
        parts.append(f'<text {place} text-anchor="middle">{escape(visible(short))}</text>')
    if low < curves.baseline < high:
        parts.append(f'<path d="M{LEFT} {base:.1f}H{WIDTH - RIGHT}" stroke="#1c2733"/>')
        if min(base - TOP, HEIGHT - BOTTOM - base) > 12:  # apart from the numbers at the ends
            shown = _end(curves.baseline, high - low)
            parts.append(f'<text x="{LEFT - 4}" y="{base + 4:.1f}" text-anchor="end">{shown}</text>')
    return "".join(parts)
