"""The playground without a server: a folder for any static host, or one file that opens by a double click."""

import base64
import gzip
import hashlib
import html
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from koubai.core.errors import FileError, ParameterError
from koubai.core.language import LANGUAGES, Language, term, worded
from koubai.core.schema import Record
from koubai.play.bundle import IMAGES_STYLE, carried, script, texts, widget_style
from koubai.play.catalogue import engine_addresses, engine_files, with_images
from koubai.play.classroom.lessons import with_own
from koubai.play.datasets import GIVEN_IMAGES, PICTURES, READ
from koubai.play.derived.whole import derivations
from koubai.play.modules import STATIC, index, opened_in
from koubai.play.of_images.sets import ImageSet
from koubai.play.runs.rows import pixels_of, rows_of
from koubai.play.settings import Settings
from koubai.training.atomic import replace_file

Lessons = Mapping[str, Record]

MARKS = ("catalogue.json", "index.html", "lessons.json")
"""What a folder has in it that was exported before, and may be written anew."""
NEW = ".koubai-new"
"""Where in a folder all parts are written before any takes its place, so that a full disk spoils no earlier export."""
POLICY = (
    "default-src 'none'; script-src {script} 'wasm-unsafe-eval'; style-src {style}; img-src {own}data: blob:; "
    "media-src blob:; worker-src {worker}; connect-src {connect}; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: the page's own parts, no code from text, and no other machine."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>koubai playground</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
<style>{style}</style>
</head>
<body>
<div id="koubai-play" class="koubai-play"><header class="top"><h1><span class="name">koubai</span> playground</h1></header></div>
<noscript>The playground needs JavaScript. / この画面には JavaScript が必要です。</noscript>
<script type="application/json" id="koubai-carried">{carried}</script>
<script>{script}</script>
</body>
</html>
"""  # noqa: E501  a page's own lines


def export(
    target: Path,
    *,
    first: Settings | None = None,
    own: Lessons | None = None,
    images: ImageSet | None = None,
    lang: Language | None = None,
) -> list[Path]:
    """Write the playground to a file that ends in .html, or to a folder; return what was written.

    Parameters
    ----------
    target : Path
        The file, or the folder, which must be empty, new, or an earlier export.
    first : Settings, optional
        What is seen first.
    own : mapping, optional
        Lessons by name, in addition to those included with koubai.
    images : ImageSet, optional
        Images of the user's own; see `koubai.play.of_images.given.given_images`.
    lang : {"en", "ja"}, optional
        The language of visitors who have not chosen one; by default their browsers'.

    Raises
    ------
    ParameterError
        If there is no engine for browsers, or the folder has other things in it.
    FileError
        If it cannot be written.
    """
    if engine_files() is None:
        raise ParameterError(worded("playground.error.play_export_needs_engine_module"))
    told = list(with_own(own).values())
    choices = {**with_images(images), "served": False, "first": None if first is None else first.as_json()}
    if target.suffix.lower() in (".html", ".htm"):
        page = _one_file(choices, told, rows_at_hand(images))
        replace_file(target, opened_in(page, lang).encode())
        return [target]
    try:
        return _folder(target, choices, told, rows_at_hand(images), lang)
    except OSError as error:
        why = (error.strerror or "unknown").lower()
        raise FileError(worded("playground.error.writable", target=target, why=term(why))) from error


def rows_at_hand(images: ImageSet | None = None) -> dict[str, Record]:
    """Return the sets of images, and the example tables as usually split, with what their model files need."""
    usual = Settings()
    tables = {name: rows_of(usual.changed({"dataset": name, "axes": "pca"}), {}, with_template=True) for name in READ}
    own = {} if images is None else {GIVEN_IMAGES: pixels_of(images)}
    return {**tables, **{name: pixels_of(name) for name in PICTURES}, **own}


def _one_file(choices: Record, told: list[Record], tables: Mapping[str, Record]) -> str:
    parts = {
        **carried(told),
        "catalogue": choices,
        "tables": {name: _packed(rows) for name, rows in tables.items()},
        "derivations": _packed(derivations()),
    }
    content = json.dumps(parts).replace("<", "\\u003c")  # no text can end the element
    code, style = f"{script('single.js')}\n", widget_style()
    for name, text in (("script", code), ("style", style)):
        if f"</{name}" in text:
            raise ParameterError(worded("playground.error.play_page_not_hold_own", name=name))
    policy = POLICY.format(script=_digest(code), style=_digest(style), own="", worker="blob:", connect="'none'")
    return PAGE.format(policy=html.escape(policy, quote=True), icon=_icon(), style=style, carried=content, script=code)


def _packed(rows: Record) -> str:
    return base64.b64encode(gzip.compress(json.dumps(rows).encode(), 9, mtime=0)).decode()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _folder(
    target: Path, choices: Record, told: list[Record], tables: Mapping[str, Record], lang: Language | None
) -> list[Path]:
    is_ours = all((target / name).is_file() for name in MARKS)
    if target.exists() and (
        not target.is_dir() or (any(each.name != NEW for each in target.iterdir()) and not is_ours)
    ):
        raise ParameterError(worded("playground.error.play_export_name_new_empty", target=target))
    engine, names = engine_files(), engine_addresses()
    assert engine is not None
    assert names is not None
    ahead = {
        "derivations.json": json.dumps(derivations()),
        **{f"texts/{lang}.json": json.dumps(texts()[lang]) for lang in LANGUAGES},
        **{f"tables/{name}.json": json.dumps(rows) for name, rows in tables.items()},
    }
    found: dict[str, str | bytes] = {
        "catalogue.json": json.dumps({**choices, "engine": names, "ahead": list(ahead)}),
        "lessons.json": json.dumps(told),
        **ahead,
        **{path: file.read_bytes() for path, file in zip(names.values(), engine, strict=True)},
        "static/page.js": f"{script('exported.js')}\n",
        "static/worker.js": f"{script('session/worker.js')}\n",
        "static/style.css": widget_style(),
        "index.html": opened_in(_index(names), lang),
        ".nojekyll": "",  # GitHub Pages leaves the files as they are
    }
    is_new = not target.exists()
    whole = target / NEW
    try:
        shutil.rmtree(whole, ignore_errors=True)  # of an export that was killed
        for name, content in found.items():
            part = whole / name
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content if isinstance(content, bytes) else content.encode())
    except BaseException:
        shutil.rmtree(target if is_new else whole, ignore_errors=True)
        raise
    for folder in ("engine", "lessons", "static", "tables"):  # of an earlier export
        shutil.rmtree(target / folder, ignore_errors=True)
    for name in found:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(whole / name, target / name)
    shutil.rmtree(whole)
    return [target / name for name in found]


def _icon() -> str:
    """Return the page's icon as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode((STATIC / 'icon.svg').read_bytes()).decode()}"


def _index(names: Mapping[str, str]) -> str:
    """Return the page with its policy, which no server adds; what its script will ask for is asked for at once."""
    own = "'self'"
    policy = POLICY.format(script=own, style=own, own="'self' ", worker=f"{own} blob:", connect=own)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=True)}">'
    asked = "\n".join(
        f'<link rel="preload" href="{name}" as="fetch" crossorigin>' for name in ("catalogue.json", *names.values())
    )
    ours = f'{asked}\n<script defer src="static/page.js"></script>'
    page = re.sub(r'<script type="module"[^>]*></script>', ours, index(preloaded=False))
    page = page.replace(f'<link rel="stylesheet" href="static/{IMAGES_STYLE}">\n', "")
    page = page.replace('href="static/icon.svg"', f'href="{_icon()}"')  # browsers ask for it again and again
    return re.sub(r'(<meta charset="utf-8">)', rf"\1\n{meta}", page, count=1)
