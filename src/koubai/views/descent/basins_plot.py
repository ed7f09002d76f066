"""Maps of basins of attraction in matplotlib, coloured by minimum or, where there are many, by its value."""

from typing import TYPE_CHECKING

import numpy as np

from koubai.core.language import Language, text
from koubai.descent.functions.objective import Array
from koubai.descent.paths.basins import FAILED, NOWHERE, BasinMaps, Basins
from koubai.views.descent.plot import draw_title, legend_columns
from koubai.views.descent.style import COLOURS, SIZE, Drawn
from koubai.views.descent.words import axis_name, number, point, rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.patches import Patch

FEW = len(COLOURS) - 1
"""Maximum number of minima with a colour of their own; black is reserved for lines."""
SIMILAR = 3.0
"""Axes whose ranges differ by less than this factor have the same scale, so that nothing looks squashed."""
WIDEST = 4
"""Maximum number of maps in a row: beyond it titles would run into each other."""
SLOW, LOST = 0.45, 0.1
"""Grey levels of starts that had not arrived, and of those that diverged or left the domain."""


def basins_figure(found: BasinMaps, lang: Language) -> "Figure":
    """Return the maps of basins side by side, one per rule."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    first = found.maps[0]
    rows, columns = _grid(len(found.maps))
    every = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in every.flat[len(found.maps) :]:
        axes.set_visible(False)
    for index, (axes, one) in enumerate(zip(every.flat, found.maps, strict=False)):
        shown = _draw_map(axes, one, len(found.maps) == 1)
        axes.set_title(rule(one.optimizer, one.learning_rate, lang), fontsize=17 if columns > 3 else None)
        if index + columns >= len(found.maps):
            axes.set_xlabel(axis_name(first.objective.variables[0], lang))
            axes.xaxis.set_tick_params(labelbottom=True)
        if index % columns == 0:
            axes.set_ylabel(axis_name(first.objective.variables[1], lang))
    draw_title(figure, first.objective, lang)
    if len(first.minima) > FEW:
        bar = figure.colorbar(shown, ax=every, pad=0.02)
        bar.set_label(text("descent.axis.reached", lang))
    handles = _legend(found, lang)
    if handles:
        columns = legend_columns([str(handle.get_label()) for handle in handles])
        question = text("descent.title.basins", lang) if len(first.minima) <= FEW else None
        place: Drawn = {"loc": "outside lower center", "ncols": columns, "frameon": False}
        figure.legend(handles=handles, title=question, title_fontsize=19, **place)
    return figure


def _grid(count: int) -> tuple[int, int]:
    """Return rows and columns of maps that are as square as may be; titles, names and legend take some of the height.

    Examples
    --------
    >>> [_grid(count) for count in (1, 2, 3, 4, 6)]
    [(1, 1), (1, 2), (1, 3), (1, 4), (2, 3)]
    """
    width, height = SIZE[0] - 0.8, SIZE[1] - 2.2

    def squashed(columns: int) -> float:
        rows = -(-count // columns)
        return abs(float(np.log(max(width / columns - 0.2, 0.1) / max(height / rows - 0.6, 0.1))))

    rows = -(-count // min(range(1, min(count, WIDEST) + 1), key=squashed))
    return rows, -(-count // rows)


def _draw_map(axes: "Axes", found: Basins, alone: bool) -> "AxesImage":
    """Draw one map with the function's contours, the borders of the basins and the minima; return its image."""
    (left, right), (bottom, top) = found.surface.window
    extent = (left, right, bottom, top)
    few = len(found.minima) <= FEW
    placed: Drawn = {"origin": "lower", "extent": extent, "aspect": "auto", "interpolation": "nearest"}
    if few:
        shown = axes.imshow(_coloured(found), **placed)
        _draw_lines(axes, found)
    else:
        shown = axes.imshow(_heights(found), cmap="cividis_r", **placed)
        axes.set_facecolor(str(SLOW))
    minima = np.array(found.minima).reshape(-1, 2)
    lowest = np.array([value <= min(found.values) + 1e-6 for value in found.values], dtype=bool)
    size = (23 if few else 14) if alone else 15
    star: Drawn = {"linestyle": "", "marker": "*", "mec": "black", "mew": 1.4, "zorder": 5}
    axes.plot(*minima[lowest].T, markersize=size, mfc="#F0E442", **star)
    if few:
        axes.plot(*minima[~lowest].T, markersize=size, mfc="white", **star)
        if alone:
            _number_minima(axes, found)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    if 1 / SIMILAR < (right - left) / (top - bottom) < SIMILAR:
        axes.set_aspect("equal")
    return shown


def _colours(count: int) -> Array:
    """Return pale colours for the minima, (count, 3)."""
    from matplotlib.colors import to_rgb

    return 0.4 + 0.6 * np.array([to_rgb(COLOURS[index]) for index in range(count)]).reshape(-1, 3)


def _coloured(found: Basins) -> Array:
    """Return the map as an image (n_y, n_x, 3), each start in the colour of its minimum."""
    palette = np.concatenate([_colours(len(found.minima)), np.full((1, 3), LOST), np.full((1, 3), SLOW)])
    return np.asarray(palette[found.labels])  # -1 is the last entry, -2 the one before


def _heights(found: Basins) -> Array:
    """Return the value of the minimum each start reaches, (n_y, n_x); NaN for none."""
    values = np.array([*found.values, np.nan])
    return np.asarray(values[np.maximum(found.labels, NOWHERE)])


def _draw_lines(axes: "Axes", found: Basins) -> None:
    """Draw thin contours of the function and thick borders between the basins."""
    levels = found.surface.levels(10)
    if len(levels) > 2:
        style: Drawn = {"colors": "0.25", "linewidths": 0.6, "linestyles": "solid"}
        axes.contour(*found.surface.axes, found.surface.values, levels=levels[1:-1], **style)
    for label in np.unique(found.labels).tolist():
        inside = (found.labels == label).astype(float)
        if 0 < inside.mean() < 1:
            axes.contour(*found.axes, inside, levels=[0.5], colors="black", linewidths=1.6)


def _number_minima(axes: "Axes", found: Basins) -> None:
    """Label each minimum with its number in the legend, so that colours need not be told apart."""
    from matplotlib.patheffects import withStroke

    (left, right), (bottom, top) = found.surface.window
    for index, (x, y) in enumerate(found.minima):
        if left <= x <= right and bottom <= y <= top:
            away = -26 if x > right - 0.06 * (right - left) else 15
            axes.annotate(
                str(index + 1),
                (x, y),
                xytext=(away, 8),
                textcoords="offset points",
                fontsize=20,
                fontweight="bold",
                path_effects=[withStroke(linewidth=4, foreground="white")],
                zorder=6,
                annotation_clip=True,
            )


def _legend(found: BasinMaps, lang: Language) -> "list[Patch]":
    """Return a legend entry for each minimum, and for starts that reached none."""
    from matplotlib.patches import Patch

    first, alone = found.maps[0], len(found.maps) == 1
    handles = []
    if len(first.minima) <= FEW:
        for index, colour in enumerate(_colours(len(first.minima))):
            share = f"  {first.shares[index]:.0%}" if alone else ""
            named = f"{f'{index + 1}  ' if alone else ''}{point(first.minima[index], 3)}{share}"
            handles.append(Patch(facecolor=colour, edgecolor="black", label=named))
    for key, code, grey in (("nowhere", NOWHERE, SLOW), ("failed", FAILED, LOST)):
        shares = [float((one.labels == code).mean()) for one in found.maps]
        if max(shares) > 0:
            share = f"  {number(100 * shares[0], 2)}%" if alone else ""
            named = f"{text(f'descent.mark.{key}', lang)}{share}"
            handles.append(Patch(facecolor=str(grey), edgecolor="black", label=named))
    return handles
