"""The style of the lab's figures: colours safe for colour-blind viewers, text readable from the back row."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import Language, worded
from koubai.core.schema import Record

Drawn: TypeAlias = Record
"""Keyword arguments of matplotlib's functions."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000")
"""The palette of Okabe and Ito (2008), without its yellow, which is invisible on white."""
FURTHER = ("#882255", "#332288", "#999933", "#44AA99", "#661100")
"""Colours of Tol's muted scheme (2021) for lines beyond those: every optimizer of a comparison has its own."""
DASHES = ((), (6.0, 2.5), (2.0, 2.0))
"""Once the colours are used up, lines are dashed, then dotted."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Line heads in turn, so that lines can be told apart by shape alone."""
LIGHTEST, DARKEST = 0.99, 0.72
"""Grey levels of the lowest and the highest band of a surface."""
FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "IPAexGothic",
    "IPAGothic",
    "Hiragino Sans",
    "Hiragino Kaku Gothic ProN",
    "Yu Gothic",
    "Meiryo",
    "MS Gothic",
    "TakaoGothic",
    "VL Gothic",
)
"""Japanese fonts, in order of preference."""
SIZE = (12.8, 7.2)
"""Figure size in inches: slightly smaller than a 13.3 × 7.5 slide, so that text keeps its size on one."""
DPI = 150
"""Dots per inch: 1920 × 1080."""


def line_style(index: int) -> tuple[str, tuple[float, ...]]:
    """Return the colour and dash pattern of line ``index``."""
    colours = COLOURS + FURTHER
    return colours[index % len(colours)], DASHES[index // len(colours) % len(DASHES)]


def marker(index: int) -> str:
    """Return the head of line ``index``, by matplotlib's name."""
    return MARKERS[index % len(MARKERS)]  # their number and that of the colours have no factor in common


def load_matplotlib() -> ModuleType:
    """Return matplotlib.

    Raises
    ------
    ParameterError
        If it is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        install = to_install("plots", "matplotlib")
        raise ParameterError(worded("views.error.matplotlib.descent", install=install)) from None
    return matplotlib


@cache
def japanese_font() -> str | None:
    """Return the name of a Japanese font that matplotlib can use; None if there is none.

    The machine's own fonts come first, then the one bundled with matplotlib-fontja, from the ``plots`` extra,
    which is not imported: it would change matplotlib's settings.
    """
    load_matplotlib()
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    for name in FONTS:
        if name in known:
            return name
    brought = find_spec("matplotlib_fontja")
    folders = [Path(folder) for folder in (brought.submodule_search_locations or [])] if brought else []
    fonts = [str(path) for folder in folders for path in folder.rglob("*.ttf")]
    for path in (*font_manager.findSystemFonts(), *fonts):  # some may be newer than matplotlib's list
        if any(part in path for part in ("NotoSansCJK-Regular", "NotoSansJP", "ipaexg", "ipag", "TakaoGothic")):
            font_manager.fontManager.addfont(path)
            name = font_manager.fontManager.ttflist[-1].name
            return str(name)
    return None


@contextmanager
def drawing(lang: Language, vector: bool = False) -> Iterator[None]:
    """Set up the lab's fonts; for Japanese, a Japanese font or a warning that says how to get one.

    Parameters
    ----------
    lang : "en" or "ja"
        Language of the texts.
    vector : bool
        For SVG: text stays text, and the viewer supplies the font.
    """
    matplotlib = load_matplotlib()
    families = ["DejaVu Sans"]
    if lang == "ja":
        font = japanese_font()
        if font is None and not vector:
            warnings.warn(
                worded("views.warning.font", install=to_install("plots", "matplotlib-fontja")),
                stacklevel=4,
            )
        families = [*([font] if font else []), *(FONTS if vector else ()), "DejaVu Sans"]
    settings: Drawn = {
        "font.family": families,
        "font.size": 18,
        "figure.titlesize": 24,
        "axes.titlesize": 20,
        "axes.labelsize": 20,
        "xtick.labelsize": 17,
        "ytick.labelsize": 17,
        "legend.fontsize": 18,
        "legend.columnspacing": 1.4,
        "legend.handletextpad": 0.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "svg.fonttype": "none",
        "svg.hashsalt": "koubai",
        "lines.solid_capstyle": "round",
    }
    fonts = logging.getLogger("matplotlib.font_manager")
    level = fonts.level
    if vector:  # it lists fonts for other machines, which this one need not have
        fonts.setLevel(logging.ERROR)
    try:
        with matplotlib.rc_context(settings):
            yield
    finally:
        fonts.setLevel(level)


def is_vector(suffix: str) -> bool:
    """Return whether this file type keeps text as text."""
    return suffix in (".svg", ".pdf")
