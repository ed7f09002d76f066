"""The page of a comparison of learners: one file, offline, without scripts, for screens and paper."""

import os
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt

from koubai.core.errors import ParameterError
from koubai.core.language import Language, language, text, worded
from koubai.models.comparing.boundaries import Boundaries
from koubai.models.comparing.compare import Compared, Comparison
from koubai.training.atomic import replace_file
from koubai.views.explanation.curves import COLOURS, shown_value
from koubai.views.explanation.page import page_style, stylesheet
from koubai.views.pixels import embedded

BAR = 160
"""Width of a bar of full length, in pixels."""
SIDE = 180
"""Width and height of one picture of boundaries."""
STYLE = """
.koubai { max-width: 66em; }
.koubai .panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(12em, 46%), 1fr)); gap: 0.8rem; }
.koubai .panels figure { margin: 0; text-align: center; overflow: visible; break-inside: avoid; }
.koubai .panels figcaption { font-size: 0.85em; }
.koubai svg.bar { width: 10.6em; min-width: 0; height: 0.9em; vertical-align: middle; }
.koubai .key span { display: inline-block; margin-right: 1em; }
.koubai .key i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.3em; border-radius: 50%;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
"""


def save(comparison: Comparison, path: str | os.PathLike[str], lang: str | None = None) -> None:
    """Write a comparison as a page of HTML.

    Raises
    ------
    ParameterError
        If the path does not end in .html.
    FileError
        If the file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        example = f"{target.stem or 'page'}.html"
        raise ParameterError(worded("core.error.ending", endings=".html", got=repr(target.name), example=example))
    replace_file(target, page(comparison, language(lang)).encode("utf-8"))


def page(comparison: Comparison, lang: Language) -> str:
    """Return the whole HTML document."""
    title = escape(text("compare.title", lang, target=comparison.target))
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="generator" content="koubai">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>\n{page_style()}{STYLE}</style>\n</head>\n<body>\n"
        f"{article(comparison, lang)}\n</body>\n</html>\n"
    )


def fragment(comparison: Comparison, lang: str | None = None) -> str:
    """Return a comparison as an element for a notebook."""
    return f"<style>{stylesheet()}{STYLE}</style>{article(comparison, language(lang))}"


def article(comparison: Comparison, lang: Language) -> str:
    """Return the comparison as an ``article`` element."""

    def words(key: str, **values: object) -> str:
        return escape(text(f"compare.{key}", lang, **values))

    measure = words(f"measure.{comparison.measure}")
    scheme = words(f"scheme.{comparison.scheme.split(' ')[0]}")
    intro = words("intro", n=f"{comparison.n_rows:,}", k=comparison.n_folds, scheme=scheme, source=comparison.source)
    heads = ["learner", "score", "bar", "fit", "predict", "kept", "keeps"]
    head = "".join(f"<th>{measure if name == 'score' else words(f'column.{name}')}</th>" for name in heads)
    rows = "".join(_row(one, comparison, lang) for one in comparison.learners)
    constant = words("constant", score=shown_value(comparison.constant))
    return (
        f'<article class="koubai" lang="{lang}"><h1>{words("title", target=comparison.target)}</h1>\n<p>{intro}</p>\n'
        f'<div class="scroll"><table class="data"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n'
        f"<p>{constant}</p>\n<p>{words('explained')}</p>\n{_pictures(comparison.boundaries, lang)}</article>"
    )


def _row(one: Compared, comparison: Comparison, lang: Language) -> str:
    name = escape(text(f"compare.learner.{one.name}", lang))
    keeps = escape(text(f"compare.keeps.{one.keeps}", lang))
    score = f"{shown_value(one.mean)} ± {shown_value(one.spread)}"
    marked = ' class="marked"' if one.name == "network" else ""
    times = _time(one.fit_seconds), _time(one.predict_seconds)
    cells = (name, score, _bar(one, comparison), *times, _size(one.kept_bytes), keeps)
    return f"<tr{marked}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _bar(one: Compared, comparison: Comparison) -> str:
    """Return the mean as a bar from 0, with the spread as a line and the constant answer as a tick."""
    highest = max([comparison.constant, *(each.mean + each.spread for each in comparison.learners)]) or 1.0
    scale = BAR / highest
    low, high = (max(0.0, one.mean - one.spread) * scale, (one.mean + one.spread) * scale)
    constant = comparison.constant * scale
    return (
        f'<svg class="bar" viewBox="0 0 {BAR + 10} 14" aria-hidden="true"><rect y="2" width="{one.mean * scale:.1f}" '
        f'height="10" fill="#8fc3e3"/><path d="M{low:.1f} 7H{high:.1f}" stroke="#1c2733" stroke-width="2"/>'
        f'<path d="M{constant:.1f} 0V14" stroke="#d55e00" stroke-dasharray="2 2"/></svg>'
    )


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{shown_value(seconds / size)} {unit}"
    return f"{shown_value(seconds / 1e-9)} ns"


def _size(n_bytes: float) -> str:
    return f"{shown_value(n_bytes / 1024)} KiB" if n_bytes < 2**20 else f"{shown_value(n_bytes / 2**20)} MiB"


def _pictures(found: Boundaries | None, lang: Language) -> str:
    """Return what each learner answers over two columns, side by side."""
    if found is None:
        return ""
    across, up = found.columns
    title = escape(text("compare.boundaries", lang))
    told = escape(text("compare.boundaries_told", lang, across=across, up=up))
    panels = "".join(_panel(found, k, lang) for k in range(len(found.names)))
    key = "".join(
        f'<span><i style="background:{COLOURS[k % len(COLOURS)]}"></i>{escape(label)}</span>'
        for k, label in enumerate(found.classes[: len(COLOURS)])
    )
    return f'<section><h2>{title}</h2><p>{told}</p><p class="key">{key}</p><div class="panels">{panels}</div></section>'


def _panel(found: Boundaries, k: int, lang: Language) -> str:
    name = escape(text(f"compare.learner.{found.names[k]}", lang))
    low, high = float(found.answers.min()), float(found.answers.max())
    picture = embedded(_colours(found.answers[k], found, low, high)[::-1])
    (x_low, x_high), (y_low, y_high) = found.ranges
    dots = []
    for (x, y), truth in zip(found.points, found.truths, strict=True):
        left, top = (x - x_low) / (x_high - x_low) * SIDE, SIDE - (y - y_low) / (y_high - y_low) * SIDE
        if 0 <= left <= SIDE and 0 <= top <= SIDE:
            red, green, blue = _colours(np.array([[truth]]), found, low, high, strong=True)[0, 0]
            dots.append(f'<circle cx="{left:.1f}" cy="{top:.1f}" r="2.2" fill="rgb({red},{green},{blue})"/>')
    return (
        f'<figure><svg viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{name}" xmlns="http://www.w3.org/2000/svg">'
        f'<image href="{picture}" width="{SIDE}" height="{SIDE}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated"/><g stroke="#fff" stroke-width="0.6">{"".join(dots)}</g>'
        f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#7d8794"/></svg>'
        f"<figcaption>{name}</figcaption></figure>"
    )


def _colours(
    answers: npt.NDArray[np.float64], found: Boundaries, low: float, high: float, strong: bool = False
) -> npt.NDArray[np.uint8]:
    """Return the colour of each answer, (…, 3): of classes pale ones, of numbers from white to blue."""
    if found.classes:
        palette = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in COLOURS])
        full = palette[answers.astype(int) % len(palette)]
        return (full if strong else 255 - (255 - full) * 0.35).astype(np.uint8)
    share = np.clip((answers - low) / ((high - low) or 1), 0, 1)[..., np.newaxis]
    return (np.array([247, 251, 255]) * (1 - share) + np.array([8, 69, 148]) * share).astype(np.uint8)
