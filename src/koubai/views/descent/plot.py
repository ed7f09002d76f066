"""The lab's static figures in matplotlib: paths over contours, value against step, and fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.language import Language, text
from koubai.descent.fits.fitted import Fit
from koubai.descent.functions.by_hand import ByHand
from koubai.descent.functions.objective import Array, Objective, Window
from koubai.descent.paths.compare import Comparison, Surface
from koubai.descent.paths.path import Path
from koubai.views.descent.style import DARKEST, LIGHTEST, SIZE, Drawn, line_style, marker
from koubai.views.descent.words import (
    across_name,
    axis_name,
    by_hand_lines,
    formula,
    function_title,
    label,
    number,
    point,
    value_name,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Panels:
    """The axes of a figure: the function (if it has one or two variables), the data of a fit, the values."""

    surface: "Axes | None"
    data: "Axes | None"
    values: "Axes"


def comparison_figure(comparison: Comparison, lang: Language) -> "Figure":
    """Return the figure for a comparison: the paths on the function, and their values."""
    figure, panels = framed_figure(comparison, lang)
    draw_progress(panels, comparison, [path.n_steps for path in comparison.paths])
    return figure


def framed_figure(comparison: Comparison, lang: Language) -> "tuple[Figure, Panels]":
    """Return the figure with everything that does not move: function, marks, data, axes and legend."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    panels = _panels(figure, comparison)
    if panels.surface is not None and comparison.surface is not None:
        draw_surface(panels.surface, comparison.surface, comparison.objective, lang)
        draw_marks(panels.surface, comparison, lang)
        if comparison.by_hand is not None and len(comparison.surface.axes) == 1:
            draw_by_hand(panels.surface, comparison.by_hand, lang)
    if panels.data is not None and isinstance(comparison, Fit):
        frame_data(panels.data, comparison, lang)
    frame_values(panels.values, comparison, lang)
    draw_title(figure, comparison.objective, lang)
    draw_legend(figure, comparison, lang)
    return figure, panels


def draw_progress(panels: Panels, comparison: Comparison, steps: Sequence[int]) -> None:
    """Draw each path up to the given update."""
    if panels.surface is not None:
        draw_paths(panels.surface, comparison, steps)
    if panels.data is not None and isinstance(comparison, Fit):
        draw_fit(panels.data, comparison, steps)
    draw_values(panels.values, comparison, steps)


def _panels(figure: "Figure", comparison: Comparison) -> Panels:
    if comparison.surface is None:
        return Panels(None, None, figure.subplots())
    if isinstance(comparison, Fit):
        grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
        return Panels(*(figure.add_subplot(cell) for cell in (grid[:, 0], grid[0, 1], grid[1, 1])))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    return Panels(left, None, right)


def draw_title(figure: "Figure", objective: Objective, lang: Language) -> None:
    """Write the objective above the figure: on one line, or a long formula on a second line, as large as fits."""
    title = function_title(objective, lang)
    written = formula(objective)
    if len(title) > 70 and title != written and written in title:
        title = title.replace(f": {written}", f"\n{written}").replace(f"：{written}", f"\n{written}")
    longest = max(len(line) for line in title.split("\n"))
    figure.suptitle(title, fontsize=min(24.0, 1500 / max(longest, 1)), linespacing=1.25)


def draw_surface(axes: "Axes", surface: Surface, objective: Objective, lang: Language) -> None:
    """Draw the function: a curve, or grey bands between contour lines, light for low values."""
    variables = objective.variables
    axes.set_xlabel(axis_name(variables[0], lang))
    if len(surface.axes) == 1:
        axes.plot(surface.axes[0], surface.values, color="0.45", linewidth=2.5, zorder=1)
        axes.set_ylabel(value_name(objective, lang))
        axes.set_xlim(*surface.window[0])
        _room_below(axes, surface.values)
        return
    axes.set_ylabel(axis_name(variables[1], lang))
    draw_bands(axes, surface)
    levels = surface.levels()
    if len(levels) > 2:
        axes.contour(
            *surface.axes,
            surface.values,
            levels=levels[1:-1],
            colors="0.55",
            linewidths=0.7,
            linestyles="solid",
            zorder=1,
        )


def draw_bands(axes: "Axes", surface: Surface, levels: Array | None = None) -> None:
    """Fill bands between levels with grey, light for low values, in a closed frame."""
    levels = surface.levels() if levels is None else levels
    if len(levels) > 2:
        greys = [str(grey) for grey in np.linspace(LIGHTEST, DARKEST, len(levels) - 1)]
        axes.contourf(*surface.axes, surface.values, levels=levels, colors=greys, zorder=0, extend="neither")
    axes.set_xlim(*surface.window[0])
    axes.set_ylim(*surface.window[1])
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def _room_below(axes: "Axes", values: Array) -> None:
    """Limit the axis to the lower part of a curve that rises steeply at the window's edges."""
    finite = values[np.isfinite(values)]
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        axes.set_ylim(low - 0.08 * (high - low), high + 0.05 * (high - low))


def visible(path: Path, window: Window, upto: int) -> Array:
    """Return a path's points up to an update; NaN where far outside the window (SVG cannot hold 1e300)."""
    points = path.points[: upto + 1].copy()
    lows, highs = np.array(window).T
    margin = 2 * (highs - lows)
    points[~((points > lows - margin) & (points < highs + margin)).all(axis=1)] = np.nan
    return points


def line_width(path: Path) -> Drawn:
    """Return a path's line width and opacity: thin and faint if it goes back and forth, as its means are drawn then."""
    return {"linewidth": 0.7, "alpha": 0.22} if path.wanders else {"linewidth": 3.0}


def draw_means(axes: "Axes", index: int, path: Path, across: Array, up: Array, upto: int) -> None:
    """Draw the means of the finished stages of a path that goes back and forth, which would be a blob without them."""
    colour, style = _style(index)
    done = path.stages[0] <= upto
    drawn: Drawn = {"linewidth": 2.5, "marker": "o", "markersize": 4, "zorder": 3.5 + index / 100}
    axes.plot(across[done], up[done], color=colour, **style, **drawn)


def draw_paths(axes: "Axes", comparison: Comparison, steps: Sequence[int]) -> None:
    """Draw every path with its head; on a curve, also the point of each update."""
    assert comparison.surface is not None
    for index, (path, upto) in enumerate(zip(comparison.paths, steps, strict=True)):
        colour, style = _style(index)
        points = visible(path, comparison.surface.window, upto)
        across, up = points[:, 0], points[:, -1]
        on_curve = points.shape[1] == 1
        if on_curve:
            up = np.where(np.isnan(across), np.nan, path.values[: len(points)])
        above = 3 + index / 100
        axes.plot(across, up, color=colour, zorder=above, **style, **({"lw": 1.0} if on_curve else line_width(path)))
        if path.wanders and not on_curve:
            means = path.stages[1]
            draw_means(axes, index, path, means[:, 0], means[:, -1], upto)
        if path.n_steps <= 60 or on_curve:
            axes.plot(across, up, linestyle="", marker="o", markersize=5, color=colour, zorder=above)
        if not np.isnan(up[-1]):
            axes.plot(across[-1:], up[-1:], color=colour, zorder=4 + above / 10, **_head(index, 14))


def _head(index: int, size: float) -> Drawn:
    """Return the style of a line's head."""
    return {"linestyle": "", "marker": marker(index), "markersize": size, "mec": "white", "mew": 1.8}


def _style(index: int) -> tuple[str, Drawn]:
    colour, dashes = line_style(index)
    return colour, {"dashes": dashes} if dashes else {}


def draw_marks(axes: "Axes", comparison: Comparison, lang: Language) -> None:
    """Mark the starts and the minima, above all paths."""
    objective = comparison.objective
    starts = np.unique([path.points[0] for path in comparison.paths], axis=0)
    local = [minimum for minimum in comparison.minima if comparison.is_local(minimum)]
    lowest = [minimum for minimum in comparison.minima if minimum not in local]
    name = text(f"descent.mark.{'lowest' if local else 'minimum'}", lang)
    if isinstance(comparison, Fit) and comparison.answer is not None:
        name = f"{text(f'descent.mark.answer.{comparison.model}', lang)} {point(comparison.answer, 4)}"
    hollow: Drawn = {"marker": "o", "markerfacecolor": "white", "markersize": 12}
    star: Drawn = {"marker": "*", "markerfacecolor": "#F0E442", "markersize": 21}
    marks = (
        (starts, hollow, text("descent.mark.start", lang)),
        (np.array(local), {**star, "markerfacecolor": "white"}, text("descent.mark.local", lang)),
        (np.array(lowest), star, name),
    )
    for points, style, said in marks:
        if len(points):
            up = points[:, 1] if points.shape[1] == 2 else objective.value(points)
            drawn: Drawn = {"linestyle": "", "markeredgecolor": "black", "markeredgewidth": 1.5, "zorder": 6}
            axes.plot(points[:, 0], up, label=said, **drawn, **style)


def draw_by_hand(axes: "Axes", answer: ByHand, lang: Language) -> None:
    """Write the answer by calculus above the curve."""
    lines = [line for _, group in by_hand_lines(answer, lang)[1:] for line in group]
    axes.text(
        0.5,
        0.98,
        "\n".join([text("descent.hand.title", lang), *lines[:7]]),
        transform=axes.transAxes,
        ha="center",
        va="top",
        fontsize=18,
        linespacing=1.4,
        bbox={"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "0.6"},
        zorder=7,
    )


def frame_values(axes: "Axes", comparison: Comparison, lang: Language) -> None:
    """Prepare the axes of excess value against update, or against cost where costs differ."""
    axes.set_yscale("log")
    axes.set_ylim(*comparison.excess_range)
    if comparison.excess_range[1] < 100 * comparison.excess_range[0]:
        _plain_ticks(axes, *comparison.excess_range)
    if comparison.counts_differ:
        axes.set_xscale("log")
        axes.set_xlim(0.8, 1.3 * max(path.costs[-1] for path in comparison.paths))
        axes.set_xlabel(text("descent.axis.cost", lang))
    else:
        axes.set_xlim(0, max(1, *(path.n_steps for path in comparison.paths)) * 1.02)
        axes.set_xlabel(text("descent.axis.step", lang))
    axes.set_ylabel(text("descent.axis.excess", lang), fontsize=17 if isinstance(comparison, Fit) else 20)
    axes.grid(color="0.9")


def _plain_ticks(axes: "Axes", low: float, high: float) -> None:
    """Where an axis spans less than two decades, put plain-number ticks at 1, 2 and 5 times powers of ten."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    marks = [m * 10.0**power for power in powers for m in (1, 2, 5)]
    axes.yaxis.set_major_locator(FixedLocator([mark for mark in marks if low <= mark <= high]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def draw_values(axes: "Axes", comparison: Comparison, steps: Sequence[int]) -> None:
    """Draw each path's excess value up to an update."""
    for index, (path, upto) in enumerate(zip(comparison.paths, steps, strict=True)):
        colour, style = _style(index)
        across = path.costs if comparison.counts_differ else np.arange(path.n_steps + 1)
        across = np.maximum(across, 0.8) if comparison.counts_differ else across
        up = np.minimum(comparison.excess(index)[: upto + 1], 1e100)
        steps_of: Drawn = {"drawstyle": "steps-post"} if comparison.counts_differ else {}
        axes.plot(across[: upto + 1], up, color=colour, **style, **line_width(path), **steps_of)
        if path.wanders:
            ends, _, means = path.stages
            draw_means(axes, index, path, across[ends], np.minimum(means - comparison.lowest, 1e100), upto)
        if np.isfinite(up[-1]):
            axes.plot(across[upto : upto + 1], up[-1:], color=colour, zorder=5, **_head(index, 11))


def frame_data(axes: "Axes", comparison: Fit, lang: Language) -> None:
    """Draw the data of a fit and the optimum found without descent."""
    axes.plot(comparison.x, comparison.y, "o", markersize=4, color="0.65", alpha=0.7, zorder=0, rasterized=True)
    if comparison.answer is not None:
        axes.plot(*comparison.curve(comparison.answer), color="black", linewidth=6, alpha=0.3)
    axes.set_xlabel(across_name(comparison, lang))
    axes.set_ylabel(comparison.names[1])
    if comparison.classes is not None:
        axes.set_yticks([float(comparison.y.min()), float(comparison.y.max())], comparison.classes)
    low, high = float(comparison.y.min()), float(comparison.y.max())
    axes.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    axes.autoscale(False)


def draw_fit(axes: "Axes", comparison: Fit, steps: Sequence[int]) -> None:
    """Draw each path's fit at an update."""
    for index, (path, upto) in enumerate(zip(comparison.paths, steps, strict=True)):
        colour, style = _style(index)
        axes.plot(*comparison.curve(path.points[upto]), color=colour, linewidth=3.0, **style)


def draw_legend(figure: "Figure", comparison: Comparison, lang: Language) -> None:
    """Draw the legend of paths and marks below the figure."""
    from matplotlib.lines import Line2D

    handles: list[Artist] = []
    for index in range(len(comparison.paths)):
        colour, dashes = line_style(index)
        named = label(comparison, index, lang)
        if comparison.paths[index].wanders:
            named = f"{named} {text('descent.mark.means', lang)}"
        line = Line2D([], [], color=colour, linewidth=4, label=named, **{**_head(index, 13), "linestyle": "-"})
        if dashes:
            line.set_dashes(dashes)
        handles.append(line)
    if comparison.surface is not None:
        handles += figure.axes[0].get_legend_handles_labels()[0]
    columns = legend_columns([str(handle.get_label()) for handle in handles])
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)


def legend_columns(labels: Sequence[str]) -> int:
    """Return the number of columns in which these labels fit below a figure; Japanese characters are twice as wide."""
    widths = [7 + sum(1.8 if ord(letter) > 0x2E80 else 1.0 for letter in label) for label in labels]
    for columns in range(min(6, len(labels)), 1, -1):
        rows = -(-len(labels) // columns)  # matplotlib fills column by column
        if sum(max(widths[first : first + rows]) for first in range(0, len(widths), rows)) <= 99:
            return -(-len(labels) // rows)
    return 1
