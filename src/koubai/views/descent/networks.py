"""The lab's pictures of real networks: landscapes, lines, layers in training, range tests, batch sizes."""

from typing import TYPE_CHECKING

import numpy as np

from koubai.core.errors import ParameterTypeError
from koubai.core.language import Language, text
from koubai.descent.functions.objective import Array
from koubai.descent.surfaces.batches import BatchProgress
from koubai.descent.surfaces.landscape import Landscape, Line
from koubai.descent.surfaces.rates import RangeTest
from koubai.descent.surfaces.spectrum import Spectrum
from koubai.descent.surfaces.watching import TrainingRecord
from koubai.views.descent.network_words import NetworkRecord, batch_name, limit_sentence, network_title
from koubai.views.descent.plot import draw_bands
from koubai.views.descent.style import COLOURS, SIZE, Drawn, line_style, marker
from koubai.views.descent.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure


def network_figure(record: object, lang: Language) -> "Figure":
    """Return the figure for a record about a network.

    Raises
    ------
    ParameterTypeError
        If there is no figure for such a record.
    """
    match record:
        case Landscape():
            return landscape_figure(record, lang)
        case Line():
            return line_figure(record, lang)
        case Spectrum():
            return spectrum_figure(record, lang)
        case TrainingRecord():
            return training_figure(record, lang)
        case RangeTest():
            return range_figure(record, lang)
        case BatchProgress():
            return batches_figure(record, lang)
    raise ParameterTypeError(
        f"save: the record must come from the descent lab; got {type(record).__name__}. Call descend first."
    )


USUAL = 1e-3
"""Typical ratio of update to weight in healthy training."""


def _figure(record: NetworkRecord, lang: Language) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    figure.suptitle(network_title(record, lang))
    return figure


def landscape_figure(found: Landscape, lang: Language) -> "Figure":
    """Return the contours of a loss around a network, with the training path if the plane was derived from one."""
    figure = _figure(found, lang)
    axes = figure.subplots()
    values = found.surface.values
    levels = _levels(values)
    draw_bands(axes, found.surface, np.array([np.nanmin(values), *levels, np.nanmax(values)]))
    lines = axes.contour(*found.surface.axes, values, levels=levels, colors=COLOURS[0], linewidths=1.8)
    _label_lines(axes, lines)
    for index, axis in enumerate((axes.xaxis, axes.yaxis)):
        if found.explained is None:
            axis.set_label_text(text("descent.axis.direction", lang, number=index + 1))
        else:
            share = f"{found.explained[index]:.0%}"
            axis.set_label_text(text("descent.axis.component", lang, number=index + 1, share=share))
    if found.path is not None:
        axes.plot(*found.path.T, "-o", color=COLOURS[1], linewidth=2.4, markersize=6, zorder=4)
        axes.plot(*found.path[0], "o", markersize=12, mfc="white", mec="black", mew=1.6, zorder=5)
        axes.annotate(
            text("descent.mark.start", lang), found.path[0], xytext=(12, 10), textcoords="offset points", zorder=6
        )
    axes.plot(0, 0, "*", markersize=21, mfc="#F0E442", mec="black", mew=1.6, zorder=5)
    colon = "：" if lang == "ja" else ": "
    axes.set_title(f"★ {text('descent.network.network', lang)}{colon}{_loss(found.loss, lang)}")
    return figure


def _loss(value: float, lang: Language) -> str:
    return f"{text('descent.axis.loss', lang)} {number(value, 3)}"


def _levels(values: Array) -> Array:
    """Return at most eleven levels between the lowest and nearly the highest loss, for both bands and lines."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(np.quantile(finite, 0.98))
    if not low < high:
        return np.array([low])
    spaced = np.geomspace(low, high, 12) if low > 0 else np.linspace(low, high, 12)
    rounded = np.unique([float(f"{level:.2g}") for level in spaced])
    return rounded[(rounded > low) & (rounded < finite.max())] if len(rounded) > 2 else spaced[1:]


def _label_lines(axes: "Axes", lines: "ContourSet") -> None:
    """Label the contours with the loss, except where the frame would clip a label."""
    from matplotlib.patheffects import withStroke

    labels = axes.clabel(lines, fmt=lambda level: number(level, 2), fontsize=17, colors="black", inline=False)
    (left, right), (bottom, top) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    for written in labels:
        x, y = written.get_position()
        near = min((x - left) / (right - left), (right - x) / (right - left))
        if min(near, (y - bottom) / (top - bottom), (top - y) / (top - bottom)) < 0.05:
            written.set_visible(False)
        written.set_path_effects([withStroke(linewidth=5, foreground="0.95")])


def spectrum_figure(found: Spectrum, lang: Language) -> "Figure":
    """Return the largest eigenvalues of the Hessian as bars, with what they imply for the learning rate."""
    figure = _figure(found, lang)
    axes = figure.subplots()
    ranks = np.arange(1, len(found.values) + 1)
    bars = axes.bar(ranks, found.values, color=COLOURS[0], width=0.6)
    axes.bar_label(bars, [number(value, 3) for value in found.values], padding=4, fontsize=20)
    axes.axhline(0, color="black", linewidth=1)
    axes.set_xticks(ranks)
    axes.set_xlabel(text("descent.axis.rank", lang))
    axes.set_ylabel(text("descent.axis.eigenvalue", lang))
    axes.margins(y=0.12)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.set_title(limit_sentence(found, lang))
    return figure


def line_figure(found: Line, lang: Language) -> "Figure":
    """Return the loss on the line between two networks."""
    figure = _figure(found, lang)
    axes = figure.subplots()
    axes.plot(found.positions, found.losses, color=COLOURS[0], linewidth=3.5)
    axes.plot([0, 1], found.ends, "o--", color=COLOURS[1], linewidth=2, markersize=13, mec="white", mew=1.8)
    axes.set_xlabel(text("descent.axis.position", lang))
    axes.set_ylabel(text("descent.axis.loss", lang))
    axes.set_title(text("descent.network.barrier", lang, height=number(found.barrier, 3)))
    axes.grid(color="0.9")
    return figure


def training_figure(record: TrainingRecord, lang: Language) -> "Figure":
    """Return loss, gradient norms and update ratios, update by update, with a line for each layer."""
    figure = _figure(record, lang)
    loss, gradient, ratio = figure.subplots(1, 3)
    steps = np.arange(1, len(record.losses) + 1)
    loss.plot(steps, record.losses, color="0.75", linewidth=1)
    loss.plot(steps, running_mean(record.losses), color="black", linewidth=3)
    loss.set_title(text("descent.axis.loss", lang))
    for axes, measured, key in ((gradient, record.gradient_norms, "gradient"), (ratio, record.update_ratios, "ratio")):
        smooth = [running_mean(column) for column in measured.T]
        for layer, values in enumerate(smooth):
            colour, dashes = line_style(layer)
            label = text("descent.network.layer", lang, number=layer + 1)
            drawn = axes.plot(steps, values, color=colour, linewidth=3, label=label)
            if dashes:
                drawn[0].set_dashes(dashes)
        axes.set_yscale("log")
        every = np.concatenate(smooth)
        positive = every[(every > 0) & np.isfinite(every)]
        if positive.size:
            low, high = float(positive.min()), float(positive.max())
            marked = USUAL if measured is record.update_ratios else low
            axes.set_ylim(min(low, marked) / 1.8, max(high, marked, 10 * low) * 1.8)
        axes.set_title(text(f"descent.axis.{key}", lang))
    ratio.axhline(USUAL, color="0.5", linestyle=":", linewidth=2)
    ratio.annotate(
        text("descent.network.usual", lang),
        (0.98, USUAL),
        xycoords=("axes fraction", "data"),
        xytext=(0, 5),
        textcoords="offset points",
        ha="right",
        fontsize=16,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        zorder=6,
    )
    for axes in (loss, gradient, ratio):
        axes.set_xlabel(text("descent.axis.step", lang))
        axes.grid(color="0.9")
    figure.legend(*gradient.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return figure


def running_mean(values: Array) -> Array:
    """Return a running mean over about a fiftieth of the values, so that the trend shows through the noise."""
    width = max(1, len(values) // 50)
    padded = np.concatenate([np.full(width - 1, values[0]), values])
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def range_figure(found: RangeTest, lang: Language) -> "Figure":
    """Return loss against the growing learning rate, with the suggested rate."""
    figure = _figure(found, lang)
    axes = figure.subplots()
    axes.plot(found.rates, found.losses, color="0.75", linewidth=1.2)
    axes.plot(found.rates, found.smoothed, color=COLOURS[0], linewidth=3.5)
    axes.axvline(found.suggested, color=COLOURS[1], linestyle="--", linewidth=2.5)
    axes.annotate(
        text("descent.network.suggested", lang, rate=f"{found.suggested:g}"),
        (found.suggested, 0.95),
        xycoords=("data", "axes fraction"),
        xytext=(-10, 0),
        textcoords="offset points",
        ha="right",
        color=COLOURS[1],
        fontsize=22,
    )
    axes.set_xscale("log")
    low, first = float(found.smoothed.min()), float(found.smoothed[0])
    drop = max(first - low, 0.05 * abs(first))
    axes.set_ylim(low - (0.15 if low > 0 else 0.4) * drop, first + 0.5 * drop)
    axes.set_xlabel(text("descent.axis.learning_rate", lang))
    axes.set_ylabel(text("descent.axis.loss", lang))
    axes.grid(color="0.9")
    return figure


def batches_figure(found: BatchProgress, lang: Language) -> "Figure":
    """Return the loss of each batch size against cost."""
    figure = _figure(found, lang)
    axes = figure.subplots()
    for index, size in enumerate(found.batch_sizes):
        colour, dashes = line_style(index)
        label = batch_name(size, found.n_rows, lang)
        costs = np.maximum(found.evaluations[index], 0.8)
        drawn = axes.plot(costs, found.losses[index], color=colour, linewidth=3.2, label=label)
        if dashes:
            drawn[0].set_dashes(dashes)
        head: Drawn = {"linestyle": "", "marker": marker(index), "markersize": 15, "mec": "white", "mew": 1.8}
        axes.plot(costs[-1:], found.losses[index][-1:], color=colour, zorder=5, **head)
    _mark_epoch(axes, found.n_rows)
    axes.set_xscale("log")
    every = np.concatenate(found.losses)
    if 0 < 10 * every.min() < every.max():
        axes.set_yscale("log")
    axes.set_xlabel(text("descent.axis.cost", lang))
    axes.set_ylabel(text("descent.axis.loss", lang))
    axes.grid(color="0.9")
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _mark_epoch(axes: "Axes", n_rows: int) -> None:
    """Mark the cost of one pass over the rows: steepest descent's first update."""
    axes.axvline(n_rows, color="0.5", linestyle=":", linewidth=2)
    axes.annotate(
        "n", (n_rows, 0.02), xycoords=("data", "axes fraction"), xytext=(6, 0), textcoords="offset points", fontsize=22
    )
