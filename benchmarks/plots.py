"""Pictures of a report: ratios, share of the limit, and growth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders import PEERS
from benchmarks.report import HEADINGS, by_row, limit, own
from benchmarks.results import Report, Result, ratio

COLORS = {
    "koubai": "#c1272d",
    "koubai-fit": "#e2868a",
    "sklearn": "#f29111",
    "torch": "#6a4c93",
    "torch-compile": "#a78bca",
    "jax": "#1982c4",
    "products": "#999999",
}
GROWTH_AXES = {
    "growth-rows": "rows",
    "growth-width": "nodes of the hidden layer",
    "growth-depth": "hidden layers of 64 nodes",
    "growth-batch": "rows a batch",
}


def figure(width: float, height: float, columns: int = 1) -> Any:
    """Return an empty figure and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(picture)
    return picture, picture.subplots(1, columns, squeeze=False)[0]


def bare(axes: Any) -> None:
    """Take away the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)


def bars(results: Sequence[Result], dtype: str, *, share: bool) -> Any:
    """Return bars for each row of training: the ratio of each peer to koubai, or its share of the limit."""
    groups = [g for g in by_row(results) if g[0].dtype == dtype and own(g) and (limit(g) or not share)]
    skipped = ("products",) if share else ("products", "koubai")
    peers = [p for p in PEERS if p not in skipped and any(r.peer == p for g in groups for r in g)]
    picture, (axes,) = figure(9, 0.9 + 0.2 * (len(peers) + 1.5) * len(groups))
    step = len(peers) + 1.5
    for place, group in enumerate(groups):
        found = {r.peer: r for r in group if not r.failed}
        to = own(group)
        assert to is not None
        for offset, peer in enumerate(peers):
            if peer not in found:
                continue
            bound = limit(group)
            value = ratio(bound, found[peer])[0] * 100 if share and bound else ratio(found[peer], to)[0]
            y = place * step + offset
            start = 0.0 if share else 1.0
            axes.barh(y, value - start, 0.86, start, color=COLORS[peer], label=PEERS[peer].label)
            text = f"{value:.0f} %" if share else f"{value:.3g}×"
            axes.annotate(text, (max(value, start), y), (3, 0), textcoords="offset points", va="center", fontsize=7.5)
    middle = (len(peers) - 1) / 2
    axes.set_yticks(
        [place * step + middle for place in range(len(groups))],
        [g[0].title.replace(", ", "\n", 1) for g in groups],
        fontsize=8,
    )
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    if share:
        axes.axvline(100, color="black", linewidth=0.8)
        axes.margins(x=0.08)
        axes.set_xlabel(f"share of the time that the matrix products alone take, %  ({dtype})")
    else:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}×")
        axes.axvline(1, color="black", linewidth=0.8)
        axes.margins(x=0.08)
        axes.set_xlabel(f"time over koubai's (engine); above 1, koubai is faster  ({dtype})")
    axes.grid(axis="x", alpha=0.3)
    bare(axes)
    shown = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    picture.legend(
        shown.values(), shown.keys(), loc="outside upper center", ncols=len(peers), frameon=False, fontsize=8
    )
    return picture


def growth(report: Report) -> Any | None:
    """Return curves of the time of a step as one size grows."""
    sections = [s for s in GROWTH_AXES if any(r.section == s for r in report.results)]
    if not sections:
        return None
    picture, all_axes = figure(3.2 * len(sections) + 0.8, 3.6, len(sections))
    for axes, section in zip(all_axes, sections, strict=True):
        results = [r for r in report.results if r.section == section and not r.failed]
        for peer in PEERS:
            points = sorted((r.value, r.median) for r in results if r.peer == peer)
            if points:
                style = "--" if peer == "products" else "-"
                axes.plot(
                    *zip(*points, strict=True),
                    style,
                    marker="o",
                    markersize=3,
                    color=COLORS[peer],
                    label=PEERS[peer].label,
                )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(GROWTH_AXES[section])
        axes.set_title(HEADINGS[section].replace("Growth with the ", ""), fontsize=9)
        axes.grid(alpha=0.3)
        bare(axes)
    all_axes[0].set_ylabel("µs a step")
    handles, labels = all_axes[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False, fontsize=8)
    return picture


def draw(report: Report, folder: Path, prefix: str = "") -> list[tuple[str, Path]]:
    """Write all pictures that the results allow; return their titles and paths."""
    training = [r for r in report.results if r.section == "training"]
    pictures = []
    for dtype in dict.fromkeys(r.dtype for r in training):
        for share, name in ((False, "ratios"), (True, "share-of-limit")):
            title = "Share of the limit" if share else "Time of a training step over koubai's"
            pictures.append((f"{title}, {dtype}", f"{name}-{dtype}", bars(training, dtype, share=share)))
    grown = growth(report)
    if grown is not None:
        pictures.append(("Growth of the time of a step", "growth", grown))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for title, name, picture in pictures:
        path = folder / f"{prefix}{name}.png"
        picture.savefig(path, dpi=130)
        written.append((title, path))
    return written
