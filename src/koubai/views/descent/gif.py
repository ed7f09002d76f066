"""The lab's animation as a GIF: the background is drawn once, and each frame redraws only what moves."""

import io

import numpy as np
import numpy.typing as npt

from koubai.core.language import Language
from koubai.core.untyped import Matplotlib
from koubai.descent.paths.compare import Comparison
from koubai.views.descent.plot import draw_progress, framed_figure
from koubai.views.descent.style import drawing

FRAMES = 72
"""Maximum number of frames."""
MILLISECONDS, LAST = 70, 2500
"""Duration of a frame, and of the last one."""
DPI = 75
"""Dots per inch: 960 × 540."""


def gif(comparison: Comparison, lang: Language) -> bytes:
    """Return the animation of a comparison as the bytes of a GIF file."""
    from PIL import Image

    frames = _frames(comparison, lang)
    palette = Image.fromarray(frames[-1]).quantize(256, dither=Image.Dither.NONE)
    colours, corner = palette.getpalette() or [], 3 * int(np.asarray(palette)[0, 0])
    colours[corner : corner + 3] = [255] * 3  # keep the background pure white after averaging
    palette.putpalette(colours)
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    target = io.BytesIO()
    images[0].save(
        target,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=[MILLISECONDS] * (len(images) - 1) + [LAST],
        loop=0,
        optimize=False,
        comment=b"koubai",
    )
    return target.getvalue()


def _frames(comparison: Comparison, lang: Language) -> list[npt.NDArray[np.uint8]]:
    """Return every frame as an RGB image (height, width, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with drawing(lang):
        figure, panels = framed_figure(comparison, lang)
        figure.set_dpi(DPI)
        canvas: Matplotlib = FigureCanvasAgg(figure)
        canvas.draw()
        still = canvas.copy_from_bbox(figure.bbox)
        fixed = {artist for axes in figure.axes for artist in axes.lines}
        frames = []
        for steps in comparison.moments(FRAMES).tolist():
            canvas.restore_region(still)
            draw_progress(panels, comparison, steps)
            moving = [artist for axes in figure.axes for artist in axes.lines if artist not in fixed]
            for artist in sorted([*moving, *_marks(fixed)], key=lambda artist: artist.get_zorder()):
                artist.axes.draw_artist(artist)
            frames.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
            for artist in moving:
                artist.remove()
    return frames


def _marks(fixed: set[Matplotlib]) -> list[Matplotlib]:
    """Return the marks that lie above the paths, so that they can be redrawn over them."""
    return [artist for artist in fixed if artist.get_zorder() > 5]
