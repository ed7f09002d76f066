"""The picture of what two networks tolerate: drawn in both languages, with the curves and answers that were given."""

from pathlib import Path

import numpy as np
import pytest

from koubai.core.language import text
from koubai.views.images.tolerance import CHANGES, draw_tolerance

LEVELS = {"shift": [0, 2], "scale": [0.8, 1.0], "noise": [0.0, 0.3]}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_picture_says_what_it_was_given(tmp_path: Path, lang: str) -> None:
    curves = {change: {"neocognitron": [0.9, 0.8], "dense": [0.9, 0.3]} for change in CHANGES}
    shown = list(np.random.default_rng(0).random((4, 8, 8)))
    answers = {name: np.tile([[0.25, 0.75]], (4, 1)) for name in ("neocognitron", "dense")}
    for suffix in ("svg", "png"):
        path = tmp_path / f"picture.{suffix}"
        draw_tolerance(path, LEVELS, curves, shown, np.zeros((4, 8, 8, 3)), answers, ["no", "yes"], lang)
    written = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    for key in ("title", "plain", "shifted", "cells", "accuracy", *CHANGES):
        assert text(f"tolerance.{key}", lang) in written
    assert written.count("yes (75 %)") == 8
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
