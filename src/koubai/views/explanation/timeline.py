"""Events by year as a small SVG picture: a line on which years lie to scale, and what happened beside them."""

from collections.abc import Callable
from html import escape

from koubai.explain.derivations import Text, Timeline

WIDTH, LINE, LABEL = 560, 56, 92
"""Of the picture; where the line of years stands, and where the words begin."""
PER_YEAR, LEAST = 5.0, 19.0
"""Height of a year, and of a line of words: words that would lie on each other move down."""
TOP = 14.0


def timeline_svg(timeline: Timeline, words: Callable[[Text], str]) -> str:
    """Return events as an ``svg`` element; ``words`` writes a text, escaped."""
    first = timeline.events[0][0]
    ys = [TOP + PER_YEAR * (year - first) for year, _ in timeline.events]
    labels: list[float] = []
    for y in ys:
        labels.append(max(y, labels[-1] + LEAST) if labels else y)
    height = max(ys[-1], labels[-1]) + TOP
    marks = []
    for (year, said), y, label in zip(timeline.events, ys, labels, strict=True):
        marks.append(
            f'<circle cx="{LINE}" cy="{y:.1f}" r="4" fill="#0072b2"/>'
            f'<path d="M{LINE + 4} {y:.1f}L{LABEL - 6} {label:.1f}" fill="none" stroke="#7d8794"/>'
            f'<text x="{LABEL}" y="{label + 4:.1f}"><tspan font-weight="bold">{year}</tspan> {words(said)}</text>'
        )
    line = f'<path d="M{LINE} {ys[0]:.1f}V{ys[-1]:.1f}" stroke="#7d8794" stroke-width="2"/>'
    name = escape(f"{first} – {timeline.events[-1][0]}")
    return (
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{name}" '
        f'style="width:{WIDTH}px;max-width:100%;height:auto" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="system-ui,sans-serif" font-size="13" fill="#1c2733">{line}{"".join(marks)}</svg>'
    )
