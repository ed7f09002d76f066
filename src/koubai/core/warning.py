"""Warnings attributed to the caller's line."""

import sys
import warnings
from pathlib import Path
from types import FrameType

HERE = str(Path(__file__).parents[1])
"""koubai's own folder."""
WRAPPER = ("sklearn.base", "sklearn.utils.metaestimators", "sklearn.utils.parallel")
"""Modules that merely forward calls of ``fit``."""


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning located at the line that called koubai, where users look for it and can silence it.

    The number of koubai's frames in between varies from call to call, so the stack is searched.
    """
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and _passes_on(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level if frame is not None else 2)


def _passes_on(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(HERE) or frame.f_globals.get("__name__") in WRAPPER
