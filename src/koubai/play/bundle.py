"""The front end without a server: modules put together into one script, and what such a page brings along."""

import base64
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache

from koubai.core.language import LANGUAGES, catalogue
from koubai.play.catalogue import catalogue as choices
from koubai.play.catalogue import engine_files
from koubai.play.modules import STATIC, modules
from koubai.views.explanation.diagram import STYLE
from koubai.views.explanation.page import stylesheet

IMAGES_STYLE = "images/images.css"
"""The style sheet of what is shown of images; a page that is put together has it in its one sheet."""
NAMED = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)
AGAIN = re.compile(r"^export \{([^}]*)\};\n?", re.MULTILINE)
BROUGHT = re.compile(r'^import \{([^}]*)\} from "\./([\w/-]+\.js)";$', re.MULTILINE)

WIDGET = """const carried = {carried};
{script}
export default {{ render: (given) => koubai.render(given, carried) }};
"""


@cache
def script(entry: str, name: str = "") -> str:
    """Return a module and everything it imports as one classic script, for places in which modules cannot be imported.

    Parameters
    ----------
    entry : str
        The module's path in the page's folder.
    name : str
        A constant that holds what the module exports; none by default.

    Examples
    --------
    >>> script("session/worker.js").startswith('"use strict";')
    True
    """
    parts = [_wrapped(path, source) for path, source in modules(entry)]
    whole = "\n".join(['"use strict";', "const modules = {};", *parts])
    body = f"{whole}\nreturn modules[{json.dumps(entry)}];"
    return f"const {name} = (() => {{\n{body}\n}})();" if name else whole


def _wrapped(path: str, source: str) -> str:
    """Return a module as a function that returns what it exports."""
    found = NAMED.findall(source)
    for more in AGAIN.findall(source):
        found += [each.strip() for each in more.split(",") if each.strip()]
    text = AGAIN.sub("", source)
    text = BROUGHT.sub(
        lambda match: f"const {{{match[1].replace(' as ', ': ')}}} = modules[{json.dumps(match[2])}];", text
    )
    text = re.sub(r"^export (?=(?:async )?(?:function|class|const) )", "", text, flags=re.MULTILINE)
    left = re.search(r"^import .* from \"\..*|^export .*|import\.meta", text, re.MULTILINE)
    if left:
        raise ValueError(f"{path}: an import or export must be of named things, one statement a line; got {left[0]!r}.")
    return f"modules[{json.dumps(path)}] = (() => {{\n{text}\nreturn {{ {', '.join(found)} }};\n}})();"


def texts() -> dict[str, dict[str, str]]:
    """Return the page's texts by language and key."""
    return {
        lang: {key: words for key, words in catalogue(lang).items() if key.startswith("play.")} for lang in LANGUAGES
    }


def packed_engine() -> dict[str, str] | None:
    """Return the engine's module and its description, each packed by gzip and written in base64; None if not built."""
    found = engine_files()
    if found is None:
        return None
    module, description = (base64.b64encode(gzip.compress(path.read_bytes(), 9, mtime=0)).decode() for path in found)
    return {"module": module, "description": description}


def carried(lessons: Sequence[Mapping[str, object]] = ()) -> dict[str, object]:
    """Return what a page brings along that no server serves: choices, engine, worker, texts and lessons."""
    return {
        "catalogue": choices(),
        "engine": packed_engine(),
        "worker": script("session/worker.js"),
        "texts": texts(),
        "lessons": list(lessons),
    }


def widget_module(lessons: Sequence[Mapping[str, object]] = ()) -> str:
    """Return the widget as one ES module that imports nothing.

    Parameters
    ----------
    lessons : sequence of mappings, optional
        Lessons in the form of their JSON files.
    """
    return WIDGET.format(carried=json.dumps(carried(lessons)), script=script("widget.js", "koubai"))


def widget_style() -> str:
    """Return the style sheet of the playground and its derivations, which affects nothing else on a page."""
    own = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("style.css", IMAGES_STYLE))
    return f"{stylesheet()}.koubai-play {{\n{STYLE}}}\n{own}"
