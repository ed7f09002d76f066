"""The lab's records as pictures, pages and words: the entry point for the terminal, files and notebooks."""

import io
import os
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.language import Language, language
from koubai.descent.paths.basins import BasinMaps, Basins
from koubai.descent.paths.compare import Comparison, comparison_of
from koubai.descent.paths.path import Path
from koubai.training.atomic import replace_file
from koubai.views.descent.style import DPI, drawing, is_vector

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf", ".html", ".gif")
"""Supported file types."""
STILL = (".png", ".svg", ".pdf")
"""The file types for static figures."""


def _comparison(record: object) -> Comparison | None:
    """Return a path as a comparison of one, a comparison unchanged, and None for anything else."""
    if isinstance(record, Path):
        return comparison_of(record.objective, [record])
    return record if isinstance(record, Comparison) else None


def figure_of(record: object, lang: Language) -> "Figure":
    """Return the static figure of a record; call it within `drawing`.

    Raises
    ------
    ParameterTypeError
        If there is no figure for such a record.
    """
    match _comparison(record) or record:
        case Comparison() as comparison:
            from koubai.views.descent.plot import comparison_figure

            return comparison_figure(comparison, lang)
        case BasinMaps() as maps:
            from koubai.views.descent.basins_plot import basins_figure

            return basins_figure(maps, lang)
        case Basins() as found:
            from koubai.views.descent.basins_plot import basins_figure

            return basins_figure(BasinMaps((found,)), lang)
    from koubai.views.descent.networks import network_figure  # imports the engines, which functions do not need

    return network_figure(record, lang)


def picture(record: object, lang: Language, suffix: str = ".png", dpi: int = DPI) -> bytes:
    """Return the static figure of a record as the bytes of a .png, .svg or .pdf file."""
    target = io.BytesIO()
    with drawing(lang, is_vector(suffix)):
        figure_of(record, lang).savefig(target, format=suffix[1:], dpi=dpi, metadata=_signed(suffix))
    return target.getvalue()


def _signed(suffix: str) -> dict[str, str | None]:
    """Return a figure's metadata: without the time, so that the same record gives the same bytes."""
    return {
        ".svg": {"Date": None, "Title": "koubai"},
        ".pdf": {"CreationDate": None, "Creator": "koubai"},
    }.get(suffix, {"Software": "koubai"})


def save(record: object, path: str | os.PathLike[str], lang: str | None = None) -> None:
    """Write a record to a file in the format given by its extension.

    Raises
    ------
    ParameterError
        If the extension is not in `SUFFIXES`, or is for animation and the record does not move.
    """
    from koubai.views.descent.gif import gif
    from koubai.views.descent.html import page

    spoken, suffix = language(lang), FilePath(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"save: path must end in one of {', '.join(SUFFIXES)}; got {str(path)!r}. Try out.png.")
    comparison = _comparison(record)
    if suffix in (".html", ".gif"):
        if comparison is None:
            raise ParameterError(
                f"save: a {type(record).__name__.lower()} record does not move, so path must end in .png or .svg; "
                f"got {str(path)!r}."
            )
        content = page(comparison, spoken).encode() if suffix == ".html" else gif(comparison, spoken)
    else:
        content = picture(record, spoken, suffix)
    replace_file(path, content)


def show(record: object, lang: str | None = None) -> None:
    """Print a record to the terminal."""
    from koubai.views.descent.text import print_record

    print_record(_comparison(record) or record, language(lang))


def html(record: object) -> str | None:
    """Return a record's animation in an iframe for a notebook; None if the record does not move."""
    from koubai.views.descent.html import framed

    comparison = _comparison(record)
    return None if comparison is None else framed(comparison, language())


def png(record: object) -> bytes | None:
    """Return a record's figure for a notebook; None without matplotlib."""
    try:
        return picture(record, language(), dpi=DPI // 2)
    except ParameterError:
        return None
