"""The front end as one module and one style sheet, for use without a server: the notebook widget."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from koubai.core.language import LANGUAGES, catalogue
from koubai.views.explanation.diagram import STYLE
from koubai.views.explanation.page import stylesheet

IMPORT = re.compile(r'^import [^"]*"\./([\w-]+\.js)";$', re.MULTILINE)

LOADER = """const sources = {sources};
const carried = {carried};
const urls = {{}};
for (const [name, source] of sources) {{
  const address = (all, other) => (urls[other] ? JSON.stringify(urls[other]) : all);
  const linked = source.replace(/"\\.\\/([\\w-]+\\.js)"/g, address);
  urls[name] = URL.createObjectURL(new Blob([linked], {{ type: "text/javascript" }}));
}}
const playground = import(urls["widget.js"]);
export default {{ render: async (given) => (await playground).render(given, carried) }};
"""


@cache
def modules(entry: str) -> tuple[tuple[str, str], ...]:
    """Return the names and sources of a module and everything it imports, dependencies first.

    Examples
    --------
    >>> [name for name, _ in modules("main.js")][-1]
    'main.js'
    """
    found: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        source = (files("koubai") / "play" / "static" / name).read_text(encoding="utf-8")
        for needed in IMPORT.findall(source):
            visit(needed)
        found[name] = source

    visit(entry)
    return tuple(found.items())


def texts() -> dict[str, dict[str, str]]:
    """Return the page's texts by language and key."""
    return {
        lang: {key: words for key, words in catalogue(lang).items() if key.startswith("play.")} for lang in LANGUAGES
    }


def widget_module(lessons: Sequence[Mapping[str, object]] = ()) -> str:
    """Return the widget as one ES module that includes its texts and lessons.

    Parameters
    ----------
    lessons : sequence of mappings, optional
        Lessons in the form of their JSON files.
    """
    carried = {"texts": texts(), "lessons": list(lessons)}
    return LOADER.format(sources=json.dumps(modules("widget.js")), carried=json.dumps(carried))


def widget_style() -> str:
    """Return the style sheet of the playground and its derivations, which affects nothing else on a page."""
    own = (files("koubai") / "play" / "static" / "style.css").read_text(encoding="utf-8")
    return f"{stylesheet()}.koubai-play {{\n{STYLE}}}\n{own}"
