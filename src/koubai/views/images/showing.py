"""What a network sees in images, as a picture or as a page."""

import base64
import io
import os
from contextlib import AbstractContextManager
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import Language, language, text, worded
from koubai.models.of_images.seeing import Seen
from koubai.training.atomic import replace_file
from koubai.views.descent.style import drawing
from koubai.views.images.panels import Panel, caption, panels, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".html", ".png")
"""What it can be written as."""
LARGER = "@media screen and (min-width: 1200px) { .seen { font-size: clamp(16px, .5vw + 10px, 24px) } }"
"""On a whole page: letters that a class can read from a projector."""
WIDTH, DPI = 12.0, 110
"""Inches, and dots per inch."""
STYLE = """.seen { max-width: 72em; margin: 0 auto; font-family: system-ui, sans-serif; color: #111; background: #fff;
line-height: 1.5 }
.seen h1 { font-size: 1.6em } .seen h2 { font-size: 1.2em; margin: 1.7em 0 .2em }
.seen p { margin: .2rem 0 .6rem; max-width: 46em } .seen img { width: 100%; min-width: 44rem; height: auto }
.seen .picture { overflow-x: auto }
@page { size: A4; margin: 16mm 15mm }
@media print { body { margin: 0 !important } .seen { font-size: 10pt; max-width: none }
.seen img { min-width: 0; break-inside: avoid } .seen .picture { overflow: visible }
.seen h2, .seen h2 + p { break-after: avoid } }"""


def check_suffix(path: str | os.PathLike[str]) -> str:
    """Return how a file's name ends; raise ParameterError unless it can be written so."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ParameterError(
            parameter="out",
            required=worded("core.must.end_in", endings=", ".join(SUFFIXES)),
            got=f"'{os.fspath(path)}'",
            remedy=worded("core.remedy.rename"),
        )
    return suffix


def save(seen: Seen, path: str | os.PathLike[str], lang: str | None = None) -> None:
    """Write what a network sees to a file: a page (.html) that needs no other file, or a picture (.png).

    Raises
    ------
    ParameterError
        If the file's name ends otherwise, or matplotlib is not installed.
    FileError
        If the file cannot be written.
    """
    suffix, tongue = check_suffix(path), language(lang)
    replace_file(path, picture(seen, tongue) if suffix == ".png" else page(seen, tongue).encode())


def fragment(seen: Seen) -> str | None:
    """Return the content of the page as a notebook cell shows it; None without matplotlib."""
    if find_spec("matplotlib") is None:
        return None
    return f"<style>\n{STYLE}\n</style>\n{_article(seen, language())}"


def png(seen: Seen) -> bytes | None:
    """Return all panels as a picture for a notebook; None without matplotlib."""
    return picture(seen, language()) if find_spec("matplotlib") is not None else None


def picture(seen: Seen, lang: Language) -> bytes:
    """Return all panels below each other, as the bytes of a PNG file."""
    shown = list(panels(seen, lang))
    with _drawing(lang):
        heights = [panel.height + 0.5 for panel in shown]
        figure = _figure(sum(heights))
        parts = figure.subfigures(len(shown), 1, squeeze=False, height_ratios=heights)
        for part, panel in zip(parts[:, 0], shown, strict=True):
            panel.draw(part)
            part.suptitle(title(panel, lang), fontsize=14, x=0.01, ha="left")
        return _bytes(figure)


def page(seen: Seen, lang: Language) -> str:
    """Return a page with every panel under its title and what it shows."""
    heading = escape(text("images.title", lang, name=seen.name))
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="generator" content="koubai">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{heading}</title>\n<style>\nbody {{ margin: 2rem 1rem }}\n{STYLE}\n{LARGER}\n"
        f"</style>\n</head>\n<body>\n{_article(seen, lang)}\n</body>\n</html>\n"
    )


def _article(seen: Seen, lang: Language) -> str:
    with _drawing(lang):
        sections = "\n".join(_section(panel, lang) for panel in panels(seen, lang))
    heading = escape(text("images.title", lang, name=seen.name))
    return f'<article class="seen" lang="{lang}">\n<h1>{heading}</h1>\n{sections}\n</article>'


def _section(panel: Panel, lang: Language) -> str:
    figure = _figure(panel.height)
    panel.draw(figure)
    image = base64.b64encode(_bytes(figure)).decode()
    heading, about = escape(title(panel, lang)), escape(caption(panel, lang))
    drawn = f'<img alt="{heading}. {about}" src="data:image/png;base64,{image}">'
    return f'<h2>{heading}</h2>\n<p>{about}</p>\n<div class="picture">{drawn}</div>'


def _drawing(lang: Language) -> AbstractContextManager[None]:
    try:
        import matplotlib  # noqa: F401  # asked for here, in the words of this command
    except ImportError as error:
        install = to_install("plots", "matplotlib")
        raise ParameterError(worded("views.error.matplotlib.images", install=install)) from error
    return drawing(lang)


def _figure(height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")


def _bytes(figure: "Figure") -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=DPI, metadata={"Software": "koubai"})
    return target.getvalue()
