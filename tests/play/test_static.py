"""The page's files: what the page loads first is what it needs."""

import re
from importlib.resources import files

from koubai.play.bundle import modules

STATIC = files("koubai") / "play" / "static"


def test_the_page_asks_at_once_for_every_module_that_it_needs():
    """Else each would be asked for only when the one before it has been read."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'<link rel="modulepreload" href="/static/([\w-]+\.js)">', page)
    assert sorted(named) == sorted(name for name, _ in modules("main.js") if name != "main.js")


def test_no_module_lies_about_unused():
    used = {name for entry in ("main.js", "widget.js") for name, _ in modules(entry)}
    there = {path.name for path in STATIC.iterdir() if path.name.endswith(".js")}
    assert there - used <= {"types.js"}
