"""A picture of how two networks take shifted, scaled and noisy images: their answers to one, their accuracy on many."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.core.language import language, text
from koubai.core.untyped import Matplotlib
from koubai.training.atomic import replacing_file
from koubai.views.descent.style import DPI, drawing, is_vector, line_style, marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANGES = ("shift", "scale", "noise")
SIZE = (12.8, 10.4)


def draw_tolerance(
    path: Path,
    levels: Mapping[str, Sequence[float]],
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    shown: Sequence[Array],
    cells: Array,
    answers: Mapping[str, Array],
    labels: Sequence[str],
    lang: str | None = None,
) -> None:
    """Write the picture to a file, PNG or SVG by its name.

    Parameters
    ----------
    path : Path
        The file.
    levels : mapping of str to sequence of float
        For each of `CHANGES`, how much images were changed.
    curves : mapping of str to mapping of str to sequence of float
        For each of them and each network, ``"neocognitron"`` and ``"dense"``, the accuracy at each level.
    shown : sequence of ndarray of shape (height, width)
        One image: as it is, shifted, scaled, noisy.
    cells : ndarray of shape (4, height, width, planes)
        What C-cells say of these.
    answers : mapping of str to ndarray of shape (4, n_classes)
        What each network says of these.
    labels : sequence of str
        The classes.
    lang : {"en", "ja"}, optional
        Language of the texts.
    """
    tongue = language(lang)
    with drawing(tongue, is_vector(path.suffix)):
        from matplotlib.figure import Figure

        figure = Figure(figsize=SIZE, layout="constrained")
        figure.suptitle(text("tolerance.title", tongue))
        parts: Matplotlib = figure.subfigures(2, 1, height_ratios=[1.45, 1])
        above, below = parts
        panels = above.subplots(2, 4)
        titles = [text(f"tolerance.{name}", tongue) for name in ("plain", "shifted", "scaled", "noisy")]
        brightest = float(cells.max())
        for place, title in enumerate(titles):
            panels[0, place].imshow(shown[place], cmap="gray_r", vmin=0, vmax=1)
            panels[0, place].set_title(title)
            panels[1, place].imshow(cells[place].max(axis=2), cmap="viridis", vmin=0, vmax=brightest)
            said = [_said(text(f"tolerance.{name}", tongue), row[place], labels) for name, row in answers.items()]
            panels[1, place].set_xlabel("\n".join(said), fontsize=15)
            for panel in panels[:, place]:
                panel.set_xticks([])
                panel.set_yticks([])
        panels[0, 0].set_ylabel(text("tolerance.image", tongue), fontsize=16)
        panels[1, 0].set_ylabel(text("tolerance.cells", tongue), fontsize=16)
        axes = below.subplots(1, 3, sharey=True)
        for axis, change in zip(axes, CHANGES, strict=True):
            _draw_curves(axis, levels[change], curves[change], text(f"tolerance.{change}", tongue))
        axes[0].set_ylabel(text("tolerance.accuracy", tongue))
        names = [text(f"tolerance.{name}", tongue) for name in curves[CHANGES[0]]]
        below.legend(axes[0].lines, names, loc="outside lower center", ncols=2, frameon=False)
        with replacing_file(path) as file:
            figure.savefig(file, format=path.suffix[1:].lower(), dpi=DPI)


def _said(name: str, probabilities: Array, labels: Sequence[str]) -> str:
    best = int(np.argmax(probabilities))
    return f"{name}: {labels[best]} ({100 * probabilities[best]:.0f} %)"


def _draw_curves(axis: "Axes", levels: Sequence[float], accuracies: Mapping[str, Sequence[float]], title: str) -> None:
    for index, heights in enumerate(accuracies.values()):
        colour, _ = line_style(index)
        axis.plot(levels, heights, color=colour, marker=marker(index), linewidth=2.5, markersize=8)
    axis.set_xlabel(title)
    axis.set_ylim(0, 1.03)
    axis.grid(alpha=0.3)
