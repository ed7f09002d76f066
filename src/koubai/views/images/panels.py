"""What a network sees, drawn: each panel on a figure, or a part of one, of its own."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from koubai.core.arrays import Array
from koubai.core.language import Language, text
from koubai.models.of_images.exciting import Exciting
from koubai.models.of_images.seeing import Seen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

MOST_MAPS = 32
"""Most kernels or maps of a layer that are drawn."""
MOST_ANSWERS = 5
ACROSS = 16
"""Maps side by side."""
TILE, GAP = 48, 5
"""Side of a map as it is drawn, and the gap between two, in dots of the picture."""
ROW = 0.76
"""Inches of a row of maps as high as they are wide."""
SIGNED, BRIGHT = "RdBu_r", "gray"
"""Colours of numbers around 0, and of pixels and activations."""


class Panel(NamedTuple):
    """A panel: its key in the catalogue, what it is about, its height in inches, what draws it, and a further note."""

    key: str
    about: str
    height: float
    draw: "Callable[[FigureBase], None]"
    note: str = ""


def panels(seen: Seen, lang: Language) -> Iterator[Panel]:
    """Yield the panels of a record in order.

    Parameters
    ----------
    seen : Seen
        What a network sees.
    lang : "en" or "ja"
        Language of the texts.
    """
    of_cells = seen.saliency is None
    yield Panel("answer_of_cells" if of_cells else "answer", "", 3.4, partial(_answer, seen=seen, lang=lang))
    if seen.kernels is not None:
        kernels = np.moveaxis(seen.kernels.mean(axis=2), 2, 0)
        yield _grid_panel("connections" if of_cells else "kernels", "", kernels, lang, signed=True)
    for layer in seen.layers:
        name = text(f"images.layer.{layer.kind}", lang, name=layer.name)
        yield _grid_panel("cells" if of_cells else "maps", name, np.moveaxis(layer.numbers, 2, 0), lang)
    for each in seen.exciting:
        name, (_, height, width, _) = text("images.layer.convolution", lang, name=each.name), each.wanted.shape
        rows = 1 + each.patches.shape[1]
        inches = 0.4 + ROW * rows * min(2.5, height / width)
        note = _of_more(len(each.wanted), each.n_filters, lang)
        yield Panel("exciting", name, inches, partial(_exciting, exciting=each), note)
    if seen.wrong:
        yield Panel("wrong", "", 2.3 * ceil(len(seen.wrong) / 6), partial(_wrong, seen=seen, lang=lang))


def _grid_panel(key: str, about: str, maps: Array, lang: Language, *, signed: bool = False) -> Panel:
    draw, note = partial(_grid, maps=maps, signed=signed), _of_more(min(len(maps), MOST_MAPS), len(maps), lang)
    return Panel(key, about, _height(maps), draw, note)


def _of_more(shown: int, n: int, lang: Language) -> str:
    """Return the note for a picture that does not show all filters."""
    return text("images.of_more", lang, shown=shown, n=n) if shown < n else ""


def title(panel: Panel, lang: Language) -> str:
    """Return a panel's title."""
    heading = text(f"images.{panel.key}.title", lang)
    return f"{heading}{'：' if lang == 'ja' else ': '}{panel.about}" if panel.about else heading


def caption(panel: Panel, lang: Language) -> str:
    """Return what a panel shows, in a sentence or two."""
    about = text(f"images.{panel.key}.about", lang)
    return f"{about}{'' if lang == 'ja' else ' '}{panel.note}" if panel.note else about


def _height(maps: Array) -> float:
    n = min(len(maps), MOST_MAPS)
    return 0.1 + ROW * ceil(n / ACROSS) * min(2.5, maps.shape[1] / maps.shape[2])


def _show(axes: "Axes", pixels: Array, low: float | None = None, high: float | None = None) -> None:
    """Draw an image as it is, grey, or red, green and blue, from its own darkest to its brightest if not from others.

    NaN is drawn white.
    """
    low = float(pixels.min()) if low is None else low
    high = float(pixels.max()) if high is None else high
    if pixels.shape[2] == 3:
        shown = np.clip((pixels - low) / ((high - low) or 1.0), 0, 1)
        axes.imshow(np.nan_to_num(shown, nan=1.0), interpolation="nearest")
    else:
        axes.imshow(pixels.mean(axis=2), cmap=BRIGHT, vmin=low, vmax=high, interpolation="nearest")
    axes.set_axis_off()


def _signed(axes: "Axes", numbers: Array, heading: str) -> None:
    """Draw numbers around 0: red above, blue below."""
    limit = float(np.abs(numbers).max()) or 1.0
    axes.imshow(numbers, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(heading, fontsize=12)


def _answer(figure: "FigureBase", seen: Seen, lang: Language) -> None:
    image, bars, *rest = figure.subplots(1, 4)
    _show(image, seen.pixels)
    image.set_title(_short(seen.name), fontsize=12)
    answers = seen.answers[:MOST_ANSWERS]
    if answers[0][0]:
        shares = [share for _, share in answers]
        colours = ["#009E73" if seen.truth in ("", name) else "#D55E00" for name, _ in answers]
        bars.barh(range(len(answers)), shares, color=colours)
        for place, (name, share) in enumerate(answers):
            bars.text(0.02, place, f"{_short(name)}  {share:.3f}", va="center", fontsize=12)
        bars.set_xlim(0, 1)
        bars.invert_yaxis()
        bars.set_yticks([])
        bars.tick_params(labelsize=10)
    else:
        bars.text(0.5, 0.5, f"{answers[0][1]:.4g}", ha="center", va="center", fontsize=22)
        bars.set_axis_off()
    known = text("images.answer.truth", lang, truth=_short(seen.truth)) if seen.truth else ""
    bars.set_title(known or text("images.answer.probabilities", lang), fontsize=12)
    occlusion = rest[-1]
    if seen.saliency is not None:
        _signed(rest[0], seen.saliency, text("images.answer.saliency", lang))
    else:
        occlusion, empty = rest
        empty.set_axis_off()
    _signed(occlusion, seen.occlusion, text("images.answer.occlusion", lang))


def _grid(figure: "FigureBase", maps: Array, *, signed: bool = False) -> None:
    """Draw maps (n, height, width) beside and below each other, on one scale."""
    shown = maps[:MOST_MAPS]
    high = float(np.abs(shown).max()) or 1.0
    low = -high if signed else float(shown.min())
    axes = _whole(figure)
    colours = SIGNED if signed else BRIGHT
    axes.imshow(mosaic(shown, ACROSS), cmap=colours, vmin=low, vmax=high, interpolation="nearest")


def _whole(figure: "FigureBase") -> "Axes":
    """Return axes that take the whole figure, without a frame: much faster than axes for each of many tiles."""
    axes = figure.subplots()
    axes.set_axis_off()
    return axes


def mosaic(tiles: Array, across: int) -> Array:
    """Return tiles (n, height, width) or (n, height, width, channels) beside and below each other, NaN between them.

    Each is repeated until it is `TILE` wide, so that the gaps are narrow whatever the size of the tiles.

    Examples
    --------
    >>> mosaic(np.ones((3, 2, 2)), 2).shape == (2 * TILE + GAP, 2 * TILE + GAP)
    True
    """
    n, height, width = tiles.shape[:3]
    times = max(1, TILE // max(height, width))
    large = tiles.repeat(times, axis=1).repeat(times, axis=2)
    down, right = large.shape[1] + GAP, large.shape[2] + GAP
    found = np.full((ceil(n / across) * down - GAP, across * right - GAP, *tiles.shape[3:]), np.nan)
    for place, tile in enumerate(large):
        row, column = divmod(place, across)
        found[row * down : row * down + len(tile), column * right : column * right + tile.shape[1]] = tile
    return found


def _exciting(figure: "FigureBase", exciting: Exciting) -> None:
    """Draw a column for each filter: the pattern that it wants, and below the patches that excite it most."""
    flat = exciting.wanted.reshape(len(exciting.wanted), -1)
    lowest, highest = (found[:, np.newaxis, np.newaxis, np.newaxis] for found in (flat.min(axis=1), flat.max(axis=1)))
    wanted = (exciting.wanted - lowest) / np.where(highest > lowest, highest - lowest, 1.0)
    darkest, brightest = float(exciting.patches.min()), float(exciting.patches.max())
    patches = (exciting.patches - darkest) / ((brightest - darkest) or 1.0)
    columns = np.concatenate(
        [wanted[:, np.newaxis], patches], axis=1
    )  # (filters, 1 + patches, height, width, channels)
    tiles = np.full((columns.shape[1], ACROSS, *columns.shape[2:]), np.nan)
    tiles[:, : len(columns)] = np.swapaxes(columns, 0, 1)
    axes = _whole(figure)
    _show(axes, mosaic(tiles.reshape(-1, *columns.shape[2:]), ACROSS), 0.0, 1.0)
    width = (axes.get_xlim()[1] + 0.5 + GAP) / ACROSS
    for place in range(len(columns)):
        middle = (place + 0.5) * width - GAP / 2
        axes.text(middle, -GAP, str(place + 1), ha="center", va="bottom", fontsize=11)


def _wrong(figure: "FigureBase", seen: Seen, lang: Language) -> None:
    rows = ceil(len(seen.wrong) / 6)
    axes: Sequence[Axes] = np.atleast_1d(figure.subplots(rows, 6)).ravel().tolist()
    for each in axes:
        each.set_axis_off()
    for each, image in zip(axes, seen.wrong, strict=False):
        _show(each, image.pixels)
        said = text("images.wrong.pair", lang, truth=_short(image.truth), answer=_short(image.answer))
        each.set_title(said if image.share is None else f"{said} ({image.share:.2f})", fontsize=11)


def _short(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"…{name[1 - most :]}"
