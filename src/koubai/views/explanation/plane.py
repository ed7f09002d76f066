"""Examples of two features as a small SVG picture: the line between both answers, and which examples are wrong."""

from collections.abc import Callable, Iterator

from koubai.explain.derivations import Plane, Text

SIDE, EDGE = 170, 16
"""Of the picture, in pixels; room below and left of it for the numbers at its axes."""
ROOM = 0.5
"""What is shown around the examples, as a share of their range."""
POSITIVE, NEGATIVE, INK, AXIS = "#0072b2", "#d55e00", "#1c2733", "#7d8794"


def plane_svg(plane: Plane, words: Callable[[Text], str]) -> str:
    """Return examples and the line between both answers as an ``svg`` element; ``words`` writes a text, escaped."""
    spans = [_span([point[axis] for point in plane.points]) for axis in (0, 1)]

    def place(x: float, y: float) -> tuple[float, float]:
        (left, right), (low, high) = spans
        return EDGE + (x - left) / (right - left) * SIDE, (high - y) / (high - low) * SIDE

    corners = [(spans[0][i], spans[1][j]) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
    side = list(_positive(corners, plane.line))
    parts = [f'<rect x="{EDGE}" y="0" width="{SIDE}" height="{SIDE}" fill="{NEGATIVE}" fill-opacity="0.10"/>']
    if side:
        outline = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in side)
        parts.append(f'<polygon points="{outline}" fill="#fff"/>')
        parts.append(f'<polygon points="{outline}" fill="{POSITIVE}" fill-opacity="0.16"/>')
    ends = [place(*point) for point in side if abs(_answer(point, plane.line)) < 1e-9 and any(plane.line[:2])]
    if len(ends) > 1:
        (a, b), (c, d) = ends[0], ends[-1]
        parts.append(f'<path class="line" d="M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" stroke="{INK}" stroke-width="2"/>')
    for index, (point, label) in enumerate(zip(plane.points, plane.labels, strict=True)):
        x, y = place(*point)
        colour, sign = (POSITIVE, "+") if label > 0 else (NEGATIVE, "−")
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{colour}"/>')
        parts.append(f'<text class="sign" x="{x:.1f}" y="{y + 4.5:.1f}">{sign}</text>')
        if index in plane.wrong:
            ring = f'cx="{x:.1f}" cy="{y:.1f}" r="12.5" fill="none" stroke="{INK}" stroke-width="2"'
            parts.append(f'<circle class="wrong" {ring}/>')
    parts += [
        f'<rect x="{EDGE}" y="0.5" width="{SIDE - 0.5}" height="{SIDE - 0.5}" fill="none" stroke="{AXIS}"/>',
        *_numbers(sorted({point[0] for point in plane.points}), lambda x: (place(x, 0.0)[0], SIDE + 12.0)),
        f'<text x="{EDGE + SIDE - 6}" y="{SIDE + 12}">x₁</text><text x="{EDGE - 8}" y="10">x₂</text>',
        *_numbers(sorted({point[1] for point in plane.points}), lambda y: (EDGE - 7.0, place(0.0, y)[1] + 4)),
    ]
    return (
        f'<svg viewBox="0 0 {SIDE + EDGE} {SIDE + EDGE}" role="img" aria-label="{words(plane.title)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" font-size="12" text-anchor="middle" '
        f'fill="{INK}"><style>.sign{{fill:#fff;font-size:14px;font-weight:bold}}</style>{"".join(parts)}</svg>'
    )


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = ROOM * ((high - low) or 1.0)
    return low - room, high + room


def _answer(point: tuple[float, float], line: tuple[float, float, float]) -> float:
    return line[0] * point[0] + line[1] * point[1] + line[2]


def _positive(corners: list[tuple[float, float]], line: tuple[float, float, float]) -> Iterator[tuple[float, float]]:
    """Yield the outline of what the line leaves on its positive side of a convex area; of all or none, without it."""
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        here, there = _answer(a, line), _answer(b, line)
        if here > 0 or (here == 0 and any(line[:2])):
            yield a
        if here * there < 0:
            share = here / (here - there)
            yield a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _numbers(values: list[float], place: Callable[[float], tuple[float, float]]) -> Iterator[str]:
    """Yield the first and the last number of an axis."""
    for value in dict.fromkeys((values[0], values[-1])):
        x, y = place(value)
        yield f'<text x="{x:.1f}" y="{y:.1f}">{value:g}</text>'
