"""The page's modules: what each needs, the list of those that are panels, and the page that asks for them at once."""

import posixpath
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from koubai.core.language import Language

STATIC = Path(str(files("koubai"))) / "play" / "static"
"""The page's folder."""
PANELS = "panels/all.js"
"""The module that lists all panels; no file, but made of the modules that export one."""
IMPORT = re.compile(r'^((?:import|export) [^"]*)"(\.\.?/[\w/.-]+\.js)";$', re.MULTILINE)
PANEL = re.compile(r"^export const panel\b", re.MULTILINE)


@cache
def modules(entry: str) -> tuple[tuple[str, str], ...]:
    """Return the paths and sources of a module and everything it imports, dependencies first.

    Paths are relative to the page's folder, in the sources' imports too, wherever the module lies.

    Examples
    --------
    >>> [name for name, _ in modules("main.js")][-1]
    'main.js'
    """
    found: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        source = panels() if name == PANELS else (STATIC / name).read_text(encoding="utf-8")

        def here(match: re.Match[str]) -> str:
            needed = posixpath.normpath(posixpath.join(posixpath.dirname(name), match[2]))
            visit(needed)
            return f'{match[1]}"./{needed}";'

        found[name] = IMPORT.sub(here, source)

    visit(entry)
    return tuple(found.items())


@cache
def panels() -> str:
    """Return the source of the module that lists the panels by the names of their modules.

    Examples
    --------
    >>> [line for line in panels().splitlines() if "loss" in line][0]
    'import { panel as loss } from "../runs/loss.js";'
    """
    found = sorted(path for path in STATIC.rglob("*.js") if PANEL.search(path.read_text(encoding="utf-8")))
    names = [re.sub(r"\W", "_", path.stem) for path in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"Modules that export a panel must have different names; got {' and '.join(twice)} twice.")
    imports = [
        f'import {{ panel as {name} }} from "../{path.relative_to(STATIC).as_posix()}";'
        for name, path in zip(names, found, strict=True)
    ]
    return "\n".join([*imports, f"export const PANELS = {{ {', '.join(names)} }};", ""])


def opened_in(page: str, lang: Language | None) -> str:
    """Return a page that opens in a language where the visitor has not chosen one; by default the browser's.

    Examples
    --------
    >>> opened_in('<html lang="en">', "ja")
    '<html lang="ja" data-lang="ja">'
    """
    return page if lang is None else page.replace('<html lang="en">', f'<html lang="{lang}" data-lang="{lang}">', 1)


def index(preloaded: bool = True) -> str:
    """Return the page; it asks at once for every module that it needs, unless that is not wanted.

    Else each would be asked for only when the one before it has been read.
    """
    names = sorted(name for name, _ in modules("main.js") if name != "main.js") if preloaded else []
    asked = "".join(f'<link rel="modulepreload" href="static/{name}">\n' for name in names)
    return (STATIC / "index.html").read_text(encoding="utf-8").replace("<!-- modules -->\n", asked)
