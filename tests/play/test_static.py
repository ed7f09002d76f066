"""The page's files: what the page loads first is what it needs."""

import re
from importlib.resources import files
from pathlib import Path

from koubai.play.modules import PANELS, index, modules

STATIC = files("koubai") / "play" / "static"
ENTRIES = (
    "main.js",
    "widget.js",
    "session/worker.js",
    "single.js",
    "exported.js",
    "classroom/student.js",
    "classroom/teacher.js",
)


def test_the_page_asks_at_once_for_every_module_that_it_needs():
    """Else each would be asked for only when the one before it has been read."""
    named = re.findall(r'<link rel="modulepreload" href="static/([\w/-]+\.js)">', index())
    assert {"app.js", PANELS, "runs/loss.js", "page/store.js"} < set(named)
    assert sorted(named) == sorted(name for name, _ in modules("main.js") if name != "main.js")
    assert "modules" not in index(preloaded=False)


def test_no_module_lies_about_unused():
    used = {name for entry in ENTRIES for name, _ in modules(entry)}
    root = Path(str(STATIC))
    there = {path.relative_to(root).as_posix() for path in root.rglob("*.js")}
    assert used - there == {PANELS}
    assert {name for name in there - used if not name.startswith("engine/")} <= {"types.js"}


def test_every_room_says_what_it_is_and_has_a_dozen_modules_at_most():
    rooms = [path for path in Path(str(STATIC)).iterdir() if path.is_dir()]
    assert rooms
    for room in rooms:
        assert (room / "README.md").read_text(encoding="utf-8").startswith("# "), room
        assert len(list(room.glob("*.js"))) <= 12, room
