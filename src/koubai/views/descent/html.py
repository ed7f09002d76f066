"""The lab's page: one HTML file that plays a comparison offline, with its tables and the answer by hand."""

import json
from functools import cache
from html import escape
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from koubai.core.language import Language, text
from koubai.core.schema import Record
from koubai.descent.fits.fitted import Fit
from koubai.descent.functions.by_hand import ByHand
from koubai.descent.functions.objective import Array
from koubai.descent.paths.compare import Comparison
from koubai.descent.paths.path import Path
from koubai.views.descent.own import own_controls, own_script
from koubai.views.descent.style import line_style, marker
from koubai.views.descent.words import (
    across_name,
    arrival_header,
    arrival_rows,
    axis_name,
    by_hand_lines,
    fit_lines,
    function_title,
    label,
    number,
    point,
    value_name,
)

FRAMES = 400
"""Maximum number of frames."""
VERTICES = 1200
"""Maximum number of vertices of a drawn path."""
GRID = 241
"""Maximum number of surface points along an axis."""


HEADS = {
    "o": "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
    "s": "M-.9-.9H.9V.9H-.9Z",
    "^": "M0-1.1L1.1.9H-1.1Z",
    "D": "M0-1.2L1.2 0L0 1.2L-1.2 0Z",
    "v": "M0 1.1L1.1-.9H-1.1Z",
    "P": "M-.4-1.1H.4V-.4H1.1V.4H.4V1.1H-.4V.4H-1.1V-.4H-.4Z",
    "X": "M-.5-1.05L0-.55L.5-1.05L1.05-.5L.55 0L1.05.5L.5 1.05L0 .55L-.5 1.05L-1.05.5L-.55 0L-1.05-.5Z",
}
"""The line heads as SVG paths of about one unit around 0, under matplotlib's names."""


@cache
def _asset(name: str) -> str:
    return (files("koubai") / "views" / "assets" / name).read_text(encoding="utf-8")


def page(comparison: Comparison, lang: Language, tall: str = "") -> str:
    """Return the whole HTML document; ``tall`` is the CSS height of its pictures, by default relative to the window."""
    height = f' style="--tall: {tall}"' if tall else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="generator" content="koubai">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(function_title(comparison.objective, lang))}</title>\n"
        f"<style>body {{ margin: 0; background: #fff; }}\n{_asset('descent.css')}</style>\n</head>\n"
        f"<body{height}>\n{_section(comparison, lang)}\n</body>\n</html>\n"
    )


def framed(comparison: Comparison, lang: Language) -> str:
    """Return the document in an iframe, for a notebook."""
    height = 760 + 32 * len(comparison.paths) * 2
    return (
        f'<iframe srcdoc="{escape(page(comparison, lang, "430px"))}" title="koubai" '
        f'style="width: 100%; height: {height}px; border: 0"></iframe>'
    )


def _section(comparison: Comparison, lang: Language) -> str:
    """Return the comparison as one element, including its script."""
    data = json.dumps(_data(comparison, lang), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    hand = _by_hand(comparison, lang)
    title = escape(function_title(comparison.objective, lang))
    return (
        f'<section class="koubai-descent" tabindex="-1">\n<h1>{title}</h1>\n'
        f"{_panels(comparison, lang)}\n{_controls(comparison, lang)}\n{own_controls(comparison, lang)}"
        f'<div class="below{" two" if hand else ""}">\n<div>{_live_table(comparison, lang)}</div>\n{hand}</div>\n'
        f"{_arrivals(comparison, lang)}\n{_remarks(comparison, lang)}"
        f'<script type="application/json">{data}</script>\n<script>{_asset("descent.js")}</script>\n'
        f"{own_script(comparison, lang)}</section>"
    )


def _panels(comparison: Comparison, lang: Language) -> str:
    """Return the canvases, each with a text alternative."""
    kind = "fit" if isinstance(comparison, Fit) else "" if comparison.surface else "single"
    small = " small" if kind == "fit" else ""
    canvases = []
    if comparison.surface is not None:
        key = "curve" if len(comparison.surface.axes) == 1 else "surface"
        canvases.append(_canvas("surface", key, lang))
    if kind == "fit":
        canvases.append(_canvas("data" + small, "data", lang))
    canvases.append(_canvas("values" + small, "values", lang))
    return f'<div class="panels {kind}">{"".join(canvases)}</div>'


def _canvas(name: str, key: str, lang: Language) -> str:
    return f'<canvas class="{name}" role="img" aria-label="{escape(text(f"descent.page.{key}", lang))}"></canvas>'


def _controls(comparison: Comparison, lang: Language) -> str:
    counted = text(f"descent.axis.{'cost' if comparison.counts_differ else 'step'}", lang)
    speeds = "".join(
        f'<option value="{rate}"{" selected" if rate == "1" else ""}>× {rate}</option>'
        for rate in ("0.25", "0.5", "1", "2", "4")
    )
    return (
        f'<div class="controls"><button type="button">{text("descent.page.play", lang)}</button>\n'
        f'<input type="range" min="0" value="0" aria-label="{escape(counted)}">\n'
        f"<span>{escape(counted)}</span> <output></output>\n"
        f"<label>{text('descent.page.speed', lang)} <select>{speeds}</select></label></div>\n"
        f'<p class="keys">{escape(text("descent.page.keys", lang))}</p>'
    )


def _live_table(comparison: Comparison, lang: Language) -> str:
    """Return the legend: each path's line, name and current position."""
    words = [
        text("descent.column.method", lang),
        ", ".join(axis_name(variable, lang) for variable in comparison.objective.variables),
        text("descent.axis.value", lang),
    ]
    rows = []
    for index in range(len(comparison.paths)):
        colour, dashes = line_style(index)
        dash = f' stroke-dasharray="{" ".join(map(str, dashes))}"' if dashes else ""
        rows.append(
            f'<tr><td><label><input type="checkbox" checked><svg class="swatch" viewBox="0 0 48 20" aria-hidden="true">'
            f'<line x1="1" y1="10" x2="47" y2="10" stroke="{colour}" stroke-width="5"{dash}/>'
            f'<path d="{HEADS[marker(index)]}" transform="translate(24 10) scale(8)" fill="{colour}" '
            f'stroke="#fff" stroke-width="0.2"/></svg>'
            f'{escape(label(comparison, index, lang))}</label></td><td class="point"></td><td class="value"></td></tr>'
        )
    if isinstance(comparison, Fit) and comparison.answer is not None:
        named = text(f"descent.mark.answer.{comparison.model}", lang)
        rows.append(
            f"<tr><td>★ {escape(named)}</td><td>{point(comparison.answer, 6)}</td>"
            f"<td>{number(comparison.answer_value, 5)}</td></tr>"
        )
    head = "".join(f"<th>{escape(word)}</th>" for word in words)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _by_hand(comparison: Comparison, lang: Language) -> str:
    """Return the answer by calculus beside the numerical one; empty if it was not requested."""
    answer: ByHand | None = comparison.by_hand
    if answer is None:
        return ""
    items = []
    for head, lines in by_hand_lines(answer, lang):
        described = "".join(f"<dd>{escape(line)}</dd>" for line in lines)
        items.append(f"<dt>{escape(head)}</dt>{described}" if head else described)
    best = min((path for path in comparison.paths if not path.failed), key=lambda path: path.value, default=None)
    if best is not None:
        found = point(best.point, 8)
        inner = found if found.startswith("(") else f"({found})"
        items.append(
            f"<dt>{text('descent.hand.machine', lang)}</dt><dd>f{escape(inner)} = {number(best.value, 8)}</dd>"
        )
    return f"<div><h2>{text('descent.hand.title', lang)}</h2><dl>{''.join(items)}</dl></div>"


def _arrivals(comparison: Comparison, lang: Language) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in arrival_header(lang))
    rows = []
    for row in arrival_rows(comparison, lang):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[:-1])
        rows.append(f'<tr>{cells}<td class="words">{escape(row[-1])}</td></tr>')
    return (
        f"<h2>{text('descent.page.arrivals', lang)}</h2>\n"
        f'<div class="scroll"><table class="arrivals"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _remarks(comparison: Comparison, lang: Language) -> str:
    """Return the remarks on a fit."""
    lines = fit_lines(comparison, lang) if isinstance(comparison, Fit) else []
    return "".join(f"<p>{escape(line)}</p>\n" for line in lines)


def _data(comparison: Comparison, lang: Language) -> Record:
    """Return what the script draws as plain data, rounded to screen precision."""
    moments = comparison.moments(FRAMES)
    frames = np.empty_like(moments)
    paths = []
    for index in range(len(comparison.paths)):
        steps = _vertices(comparison.paths[index].n_steps, moments[:, index])
        frames[:, index] = np.searchsorted(steps, moments[:, index])
        paths.append(_path(comparison, index, steps))
    data: Record = {
        "words": {"play": text("descent.page.play", lang), "pause": text("descent.page.pause", lang)},
        "frames": frames.tolist(),
        "paths": paths,
        "minima": [_on_picture(comparison, minimum) for minimum in comparison.minima],
        "panels": _axes(comparison, lang),
    }
    surface = comparison.surface
    if surface is not None and len(surface.axes) == 2:
        stride = max(1, -(-len(surface.axes[0]) // GRID))
        values = surface.values[::stride, ::stride]
        data["surface"] = {
            "nx": values.shape[1],
            "ny": values.shape[0],
            "values": _numbers(values.ravel(), 4),
            "levels": _numbers(surface.levels(), 6),
        }
    elif surface is not None:
        data["curve"] = [_numbers(surface.axes[0], 6), _numbers(surface.values, 6)]
    if isinstance(comparison, Fit):
        shown = np.linspace(0, len(comparison.x) - 1, min(len(comparison.x), 1000)).astype(int)
        data["points"] = [_numbers(comparison.x[shown], 5), _numbers(comparison.y[shown], 5)]
        data["answer"] = None if comparison.answer is None else comparison.line(comparison.answer)
        data["model"] = comparison.model
    return data


def _vertices(n_steps: int, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the updates at which a path has a vertex on the page: all, or a visually sufficient subset."""
    if n_steps < VERTICES:
        return np.arange(n_steps + 1)
    even = np.linspace(0, n_steps, VERTICES).astype(np.int64)
    return np.unique(np.concatenate([even, moments]))


def _path(comparison: Comparison, index: int, steps: npt.NDArray[np.int64]) -> Record:
    path: Path = comparison.paths[index]
    colour, dashes = line_style(index)
    points, values, costs = path.points[steps], path.values[steps], path.costs[steps]
    with np.errstate(divide="ignore"):
        excess = np.log10(comparison.excess(index)[steps])
    counts = costs if comparison.counts_differ else steps
    across = np.log10(np.maximum(costs, 0.8)) if comparison.counts_differ else steps
    data: Record = {
        "colour": colour,
        "dashes": list(dashes),
        "head": HEADS[marker(index)],
        "thin": path.wanders,
        "across": _numbers(across, 5),
        "up": _numbers(excess, 5),
        "counts": [int(count) for count in counts],
        "values": [number(float(value), 5) for value in values],
        "points": [point(row, 4) for row in points],
    }
    if comparison.surface is not None:
        lows, highs = np.array(comparison.surface.window).T
        near = ((points > lows - 2 * (highs - lows)) & (points < highs + 2 * (highs - lows))).all(axis=1)
        up = points[:, 1] if points.shape[1] == 2 else values
        data["x"] = _numbers(np.where(near, points[:, 0], np.nan), 5)
        data["y"] = _numbers(np.where(near, up, np.nan), 5)
    if path.wanders:
        data["means"] = _means(comparison, index, steps)
    if isinstance(comparison, Fit):
        data["lines"] = [[float(f"{v:.6g}") for v in comparison.line(row)] for row in points]
    return data


def _means(comparison: Comparison, index: int, steps: npt.NDArray[np.int64]) -> Record:
    """Return the means of the stages of a path that goes back and forth, and the vertex at which each is finished."""
    path = comparison.paths[index]
    ends, points, values = path.stages
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.log10(values - comparison.lowest)
    costs = path.costs[ends]
    return {
        "ends": np.searchsorted(steps, ends).tolist(),
        "x": _numbers(points[:, 0], 5),
        "y": _numbers(points[:, -1], 5),
        "across": _numbers(np.log10(np.maximum(costs, 0.8)) if comparison.counts_differ else ends, 5),
        "up": _numbers(excess, 5),
    }


def _numbers(values: Array | npt.NDArray[np.int64], digits: int) -> list[float | None]:
    """Return rounded numbers; None where not finite."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values.tolist()]


def _on_picture(comparison: Comparison, minimum: tuple[float, ...]) -> list[float | bool]:
    """Return a minimum's position in the picture (on a curve, at its value), and whether it is only local."""
    up = minimum[1] if len(minimum) > 1 else float(comparison.objective.value(np.array(minimum)))
    return [minimum[0], up, comparison.is_local(minimum)]


def _axes(comparison: Comparison, lang: Language) -> Record:
    """Return the ranges and names of all axes; logarithmic ranges in powers of ten."""
    panels: Record = {"values": _value_axes(comparison, lang)}
    surface, variables = comparison.surface, comparison.objective.variables
    if surface is not None:
        low, high = float(np.nanmin(surface.values)), float(np.nanmax(surface.values))
        on_curve = len(surface.axes) == 1
        panels["surface"] = {
            "x": surface.window[0],
            "y": (low - 0.08 * (high - low), high + 0.05 * (high - low)) if on_curve else surface.window[1],
            "nameX": axis_name(variables[0], lang),
            "nameY": value_name(comparison.objective, lang) if on_curve else axis_name(variables[1], lang),
        }
    if isinstance(comparison, Fit):
        panels["data"] = {
            "x": (float(comparison.x.min()), float(comparison.x.max())),
            "y": _padded(float(comparison.y.min()), float(comparison.y.max())),
            "nameX": across_name(comparison, lang),
            "nameY": comparison.names[1],
            "named": None
            if comparison.classes is None
            else [
                [float(comparison.y.min()), comparison.classes[0]],
                [float(comparison.y.max()), comparison.classes[1]],
            ],
        }
    return panels


def _padded(low: float, high: float) -> tuple[float, float]:
    return low - 0.08 * (high - low), high + 0.08 * (high - low)


def _value_axes(comparison: Comparison, lang: Language) -> Record:
    low, high = comparison.excess_range
    by_cost = comparison.counts_differ
    longest = max(1.0, float(max((path.costs[-1] if by_cost else path.n_steps) for path in comparison.paths)))
    return {
        "x": (-0.1, float(np.log10(longest)) + 0.1) if by_cost else (0.0, 1.02 * longest),
        "y": (float(np.log10(low)), float(np.log10(high))),
        "logX": by_cost,
        "logY": True,
        "grid": True,
        "nameX": text(f"descent.axis.{'cost' if by_cost else 'step'}", lang),
        "nameY": text("descent.axis.excess", lang),
    }
