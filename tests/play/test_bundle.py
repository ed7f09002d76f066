"""The widget's module carries every file of the front end, each behind what it imports."""

import re

from koubai.play.bundle import texts, widget_module, widget_style
from koubai.play.modules import modules


def test_every_module_comes_after_what_it_imports():
    seen = set()
    for name, source in modules("widget.js"):
        imported = re.findall(r'^(?:import|export) .*from "\./([\w/-]+\.js)"', source, re.MULTILINE)
        assert set(imported) <= seen, name
        seen.add(name)
    assert {"app.js", "widget.js"} <= seen


def test_the_widget_carries_both_languages_and_the_style_of_derivations():
    assert set(texts()) == {"en", "ja"}
    assert "play.header.play" in widget_module()
    assert ".koubai-play" in widget_style()
    assert ".net .edge" in widget_style()
