"""PNG: a network's picture as pixels, drawn by matplotlib."""

import io
from typing import TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded
from koubai.views.descent.style import japanese_font
from koubai.views.figures.pictures import RADIUS, Picture
from koubai.views.figures.svg import INK, NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 200
"""Dots an inch."""


def write(picture: Picture) -> bytes:
    """Return a picture as the content of a PNG file.

    Raises
    ------
    ParameterError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.collections import LineCollection, PatchCollection
        from matplotlib.figure import Figure
        from matplotlib.patches import Circle
    except ModuleNotFoundError as error:
        install = to_install("plots", "matplotlib")
        raise ParameterError(worded("views.error.matplotlib.png", name=error.name, install=install)) from None
    family = japanese_font()
    figure = Figure(figsize=(picture.width / 96, picture.height / 96), dpi=DOTS)
    with rc_context({"font.family": ["DejaVu Sans", *([family] if family else [])]}):
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, picture.width)
        axes.set_ylim(picture.height, 0)
        axes.axis("off")
        lines = [((link.start.x, link.start.y), (link.end.x, link.end.y)) for link in picture.links]
        colours = [POSITIVE if link.weight >= 0 else NEGATIVE for link in picture.links]
        widths = [link.width * 0.75 for link in picture.links]
        axes.add_collection(LineCollection(lines, colors=colours, linewidths=widths, alpha=0.75, zorder=1))
        shown = [node for nodes in picture.layers for node in nodes if node.number]
        circles = [Circle((node.x, node.y), RADIUS) for node in shown]
        axes.add_collection(PatchCollection(circles, facecolor="white", edgecolor=INK, linewidth=1, zorder=2))
        _write_words(axes, picture)
        found = io.BytesIO()
        figure.savefig(found, format="png", metadata={"Software": "koubai"})
    return found.getvalue()


def _write_words(axes: "Axes", picture: Picture) -> None:
    """Write names, captions and ellipses."""
    text = axes.text
    last = len(picture.layers) - 1
    for place, nodes in enumerate(picture.layers):
        for node in nodes:
            if not node.number:
                text(node.x, node.y, "⋮", ha="center", va="center", color=INK, fontsize=13)
            elif node.name:
                side, align = (-18, "right") if place < last else (18, "left")
                text(node.x + side, node.y, node.name, ha=align, va="center", color=INK, fontsize=9)
        text(nodes[0].x, picture.height - 16, picture.captions[place], ha="center", va="center", color=INK, fontsize=9)
