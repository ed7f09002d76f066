"""The lab's pictures of real networks: landscapes, lines, layers in training, range tests, batch sizes."""

from typing import TYPE_CHECKING

import numpy as np

from koubai.core.language import Language, text
from koubai.descent.landscape import Landscape, Line
from koubai.descent.objective import Array
from koubai.descent.watching import BatchProgress, RangeTest, TrainingRecord
from koubai.views.descent_plot import draw_bands
from koubai.views.descent_style import COLOURS, SIZE, line_style
from koubai.views.descent_words import batch_name, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _figure(title: str) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    figure.suptitle(title, fontsize=22)
    return figure


def landscape_figure(found: Landscape, lang: Language) -> "Figure":
    """Return the contours of a loss around a network, with the training path if the plane was made of one."""
    figure = _figure(text("descent.network.landscape" if found.path is None else "descent.network.path", lang))
    axes = figure.subplots()
    values = found.surface.values
    draw_bands(axes, found.surface)
    positive = float(np.nanmin(values)) > 0
    lines = axes.contour(
        *found.surface.axes,
        values,
        levels=_levels(values, positive),
        colors=COLOURS[0],
        linewidths=1.8,
    )
    axes.clabel(lines, fmt=lambda level: number(level, 2), fontsize=15, colors="black")
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
    here = f"★ {text('descent.network.network', lang)}: {text('descent.axis.loss', lang)} {number(found.loss, 3)}"
    axes.set_title(here)
    return figure


def _levels(values: Array, positive: bool) -> Array:
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(np.quantile(finite, 0.98))
    if not low < high:
        return np.array([low])
    return np.geomspace(low, high, 11)[1:] if positive else np.linspace(low, high, 11)[1:]


def line_figure(found: Line, lang: Language) -> "Figure":
    """Return the loss on the line between two networks."""
    figure = _figure(text("descent.network.line", lang))
    axes = figure.subplots()
    axes.plot(found.positions, found.losses, color=COLOURS[0], linewidth=3.5)
    axes.plot([0, 1], found.ends, "o--", color=COLOURS[1], linewidth=2, markersize=13, mec="white", mew=1.8)
    axes.set_xlabel(text("descent.axis.position", lang))
    axes.set_ylabel(text("descent.axis.loss", lang))
    axes.set_title(text("descent.network.barrier", lang, height=number(found.barrier, 3)))
    axes.grid(color="0.9")
    return figure


def training_figure(record: TrainingRecord, lang: Language) -> "Figure":
    """Return loss, gradient norms and update ratios, update by update, a line for each layer."""
    title = text("descent.network.training", lang, optimizer=record.optimizer.name, rate=f"{record.learning_rate:g}")
    figure = _figure(title)
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
        if positive.size:  # whole powers of ten at both ends
            low, high = positive.min(), positive.max()
            axes.set_ylim(10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high) + 0.01))
        axes.set_title(text(f"descent.axis.{key}", lang))
    ratio.axhline(1e-3, color="0.5", linestyle=":", linewidth=2)
    ratio.annotate(
        text("descent.network.usual", lang),
        (0.98, 1e-3),
        xycoords=("axes fraction", "data"),
        xytext=(0, 5),
        textcoords="offset points",
        ha="right",
        fontsize=13,
    )
    for axes in (loss, gradient, ratio):
        axes.set_xlabel(text("descent.axis.step", lang))
        axes.grid(color="0.9")
    figure.legend(*gradient.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return figure


def running_mean(values: Array) -> Array:
    """Return values averaged over about a fiftieth of their number, so that a line is to be seen in the noise."""
    width = max(1, len(values) // 50)
    padded = np.concatenate([np.full(width - 1, values[0]), values])
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def range_figure(found: RangeTest, lang: Language) -> "Figure":
    """Return loss against the growing learning rate, with the rate that it suggests."""
    figure = _figure(text("descent.network.range", lang, optimizer=found.optimizer.name))
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
        fontsize=18,
    )
    axes.set_xscale("log")
    low, first = float(found.smoothed.min()), float(found.smoothed[0])
    drop = max(first - low, 0.05 * abs(first))
    axes.set_ylim(low - 0.4 * drop, first + 0.7 * drop)
    axes.set_xlabel(text("descent.axis.learning_rate", lang))
    axes.set_ylabel(text("descent.axis.loss", lang))
    axes.grid(color="0.9")
    return figure


def batches_figure(found: BatchProgress, lang: Language) -> "Figure":
    """Return the loss of each batch size against what it has cost."""
    values = {"optimizer": found.optimizer.name, "rate": f"{found.learning_rate:g}", "n": found.n_rows}
    figure = _figure(text("descent.network.batches", lang, **values))
    axes = figure.subplots()
    for index, size in enumerate(found.batch_sizes):
        colour, dashes = line_style(index)
        label = batch_name(size, found.n_rows, lang)
        costs = np.maximum(found.evaluations[index], 0.8)
        drawn = axes.plot(costs, found.losses[index], color=colour, linewidth=3.2, label=label)
        if dashes:
            drawn[0].set_dashes(dashes)
        axes.plot(costs[-1:], found.losses[index][-1:], "o", markersize=12, color=colour, mec="white", mew=1.8)
    _mark_epoch(axes, found.n_rows)
    axes.set_xscale("log")
    every = np.concatenate(found.losses)
    if 0 < 10 * every.min() < every.max():
        axes.set_yscale("log")
    axes.set_xlabel(text("descent.axis.cost", lang))
    axes.set_ylabel(text("descent.axis.loss", lang))
    axes.grid(color="0.9", which="both")
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _mark_epoch(axes: "Axes", n_rows: int) -> None:
    """Mark the cost of one pass over the rows: steepest descent's first update."""
    axes.axvline(n_rows, color="0.5", linestyle=":", linewidth=2)
    axes.annotate(
        "n", (n_rows, 0.02), xycoords=("data", "axes fraction"), xytext=(6, 0), textcoords="offset points", fontsize=18
    )
