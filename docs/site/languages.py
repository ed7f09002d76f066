"""Both languages on the site: `NAME.ja.md` is the Japanese page of `NAME.md`, and search finds Japanese words."""

import re
from gettext import translation
from pathlib import Path
from typing import Any

import sphinx
from furo.navigation import get_navigation_tree
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment.adapters.toctree import _resolve_toctree
from sphinx.search.en import SearchEnglish

JAPANESE_INDEX = "docs/index.ja"
OF_SPHINX = translation("sphinx", Path(sphinx.__file__).parent / "locale", ["ja"])
OF_FURO = {
    "Back to top": "先頭へ戻る",
    "Home": "ホーム",
    "Next": "次へ",
    "On this page": "このページの内容",
    "Previous": "前へ",
    "Skip to content": "本文へ移動",
}
"""What the theme says, of which Sphinx has no Japanese."""


class BothLanguages(SearchEnglish):
    """Words as they stand, stemmed in English's way; of Japanese, which has no blanks, every two signs in a row."""

    lang = "en"
    japanese = r"[\u3005\u3041-\u30ff\u3400-\u9fff]"
    parts = re.compile(rf"{japanese}+|(?:(?!{japanese})\w)+")
    js_splitter_code = rf"""
var splitQuery = (query) =>
  (query.match(/{japanese}+|(?:(?!{japanese})[\p{{Letter}}\p{{Number}}_])+/gu) ?? []).flatMap((part) =>
    /^{japanese}{{3,}}$/u.test(part) ? [...part.slice(1)].map((_, at) => part.slice(at, at + 2)) : [part]);
"""

    def split(self, text: str) -> list[str]:
        """Return the terms of a text, as `splitQuery` does those of what is looked for."""
        found = []
        for part in self.parts.findall(text):
            pairs = [part[at : at + 2] for at in range(len(part) - 1)]
            found += pairs if pairs and re.match(self.japanese, part) else [part]
        return found


def in_japanese(said: str) -> str:
    """Return what the theme says in Japanese, or as it is."""
    return OF_FURO.get(said.strip()) or OF_SPHINX.gettext(said)


def twin(pagename: str) -> str:
    """Return the name of the page in the other language, whether there is one or not."""
    return pagename.removesuffix(".ja") if pagename.endswith(".ja") else f"{pagename}.ja"


def navigation(app: Sphinx, pagename: str) -> str:
    """Return the links at the side of a Japanese page: what the Japanese index has."""
    index = app.env.get_doctree(JAPANESE_INDEX)
    found = [
        _resolve_toctree(app.env, pagename, app.builder, tree, titles_only=True, maxdepth=-1, tags=app.tags)
        for tree in index.findall(addnodes.toctree)
    ]
    return get_navigation_tree("".join(app.builder.render_partial(tree)["fragment"] for tree in found if tree))


def dress(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Say in the page's head where the other language is; give a Japanese page its language, words and navigation."""
    if twin(pagename) in app.env.all_docs:
        other = app.builder.get_relative_uri(pagename, twin(pagename))
        lang = "en" if pagename.endswith(".ja") else "ja"
        context["metatags"] = f'{context.get("metatags", "")}<link rel="alternate" hreflang="{lang}" href="{other}">'
    if pagename.endswith(".ja"):
        context |= {"language": "ja", "_": in_japanese, "gettext": in_japanese, "master_doc": JAPANESE_INDEX}
        context["furo_navigation_tree"] = navigation(app, pagename)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect what is above with Sphinx."""
    app.add_search_language(BothLanguages)
    app.connect("html-page-context", dress, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}
