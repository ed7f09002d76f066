"""Events by year as a small SVG picture: a line on which years lie to scale, and what happened beside them."""

import re
from collections.abc import Callable
from html import escape, unescape

from koubai.explain.derivations import Text, Timeline

WIDTH, LINE, LABEL, WORDS = 408, 12, 48, 86
"""Of the picture; where the line of years stands, and where the numbers of the years and the words begin."""
PER_YEAR, LEAST = 5.0, 19.0
"""Height of a year, and of a line of words: words that would lie on each other move down."""
WIDE, NARROW = 13.0, 7.2
"""Widths of a Japanese sign and of another one."""
TOP, SIZE = 14.0, 13


def timeline_svg(timeline: Timeline, words: Callable[[Text], str]) -> str:
    """Return events as an ``svg`` element; ``words`` writes a text, escaped."""
    first = timeline.events[0][0]
    ys = [TOP + PER_YEAR * (year - first) for year, _ in timeline.events]
    said = [_filled(unescape(words(event))) for _, event in timeline.events]
    labels: list[float] = []
    below = 0.0
    for y, lines in zip(ys, said, strict=True):
        labels.append(max(y, below))
        below = labels[-1] + LEAST * len(lines)
    height = max(ys[-1], below - LEAST) + TOP
    marks = []
    for (year, _), lines, y, label in zip(timeline.events, said, ys, labels, strict=True):
        first_line, *others = map(escape, lines)
        marks.append(
            f'<circle cx="{LINE}" cy="{y:.1f}" r="4" fill="#0072b2"/>'
            f'<path d="M{LINE + 4} {y:.1f}L{LABEL - 6} {label:.1f}" fill="none" stroke="#7d8794"/>'
            f'<text x="{LABEL}" y="{label + 4:.1f}"><tspan font-weight="bold">{year}</tspan> {first_line}'
            + "".join(f'<tspan x="{WORDS}" dy="{LEAST:g}">{line}</tspan>' for line in others)
            + "</text>"
        )
    line = f'<path d="M{LINE} {ys[0]:.1f}V{ys[-1]:.1f}" stroke="#7d8794" stroke-width="2"/>'
    name = escape(f"{first} – {timeline.events[-1][0]}")
    return (
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{name}" '
        f'style="width:{WIDTH / SIZE:g}em;max-width:100%;height:auto" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="system-ui,sans-serif" font-size="{SIZE}" fill="#1c2733">{line}{"".join(marks)}</svg>'
    )


def _filled(words: str) -> list[str]:
    """Return words on as many lines as they need, broken at blanks, or between Japanese signs."""
    lines = [""]
    for piece in re.findall(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s?", words):
        if lines[-1] and _width(lines[-1] + piece.rstrip()) > WIDTH - WORDS and piece not in "，。）":
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _width(words: str) -> float:
    return sum(WIDE if ord(sign) > 0x2E80 else NARROW for sign in words)
