"""How Sphinx makes the site of the documents: `scripts/build-site` runs it over the repository, README and all."""

import os
import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError

import koubai

project = "koubai 勾配"
author = project_copyright = "The koubai developers"
version = release = version_of("koubai")
sys.path.insert(0, str(Path(__file__).parent / "site"))
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "languages"]

# The source is the whole repository, so that a link between two files is the same on the site as on the forge.
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/tutorial/*.md",
    "docs/api/*.rst",
    "benchmarks/README.md",
    "examples/README.md",
    "examples/*/README.md",
]
exclude_patterns = [".*", "build", "dist", "src", "tests", "shared", "**/__pycache__"]
templates_path = ["site"]

html_theme = "furo"
html_title = f"koubai {version}"
html_copy_source = False
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_additional_pages = {"index": "start.html"}  # the site's own address leads to docs/index.html
myst_heading_anchors = 4  # as the forge makes them

default_role = "py:obj"  # a name in single backquotes is linked where it is documented
autosummary_generate = True
autodoc_member_order = "groupwise"
autodoc_typehints = "none"  # the docstrings say the types
autodoc_default_options = {"members": True, "inherited-members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
suppress_warnings = ["config.cache"]

REPOSITORY = os.environ.get("GITHUB_REPOSITORY")
FORGE = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{REPOSITORY}/blob/{os.environ.get('GITHUB_SHA')}"


def every_public_name_is_on_the_page(app: Sphinx, _env: Any, _docnames: list[str]) -> None:
    """Refuse to build a reference that lacks a public name, or has one that is gone."""
    page = (app.srcdir / "docs" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^ +koubai\.(\w+)$", page, re.MULTILINE)
    if sorted(named) != sorted(koubai.__all__):
        wrong = sorted({*named} ^ {*koubai.__all__}) or "a name twice"
        raise ConfigError(f"docs/api.md must name each of koubai.__all__ once; differs in {wrong}.")


def of_others(_app: Sphinx, _kind: str, name: str, member: Any, skip: bool, _options: Any) -> bool | None:
    """Leave out what scikit-learn gives its estimators: its own documents have it."""
    home = getattr(getattr(member, "fget", member), "__module__", None) or "koubai"
    requests = re.fullmatch(r"set_\w+_request|get_metadata_routing", name)
    return True if requests or not home.startswith("koubai") else None


def link_files_to_the_forge(app: Sphinx, doctree: nodes.document) -> None:
    """Where the forge is known, a link to a file of code opens it there; elsewhere the site offers it to download."""
    if not REPOSITORY:
        return
    for link in list(doctree.findall(addnodes.download_reference)):
        relative, _ = app.env.relfn2path(link["reftarget"])
        link.replace_self(nodes.reference("", "", *link.children, refuri=f"{FORGE}/{relative}", internal=False))


def link_lessons_to_the_playground(app: Sphinx, doctree: nodes.document) -> None:
    """Where the slides' table names a lesson, the site opens it, in the page's language."""
    name = app.env.docname
    if name not in ("docs/slides", "docs/slides.ja"):
        return
    lessons = {path.stem for path in (Path(koubai.__file__).parent / "play/lessons").glob("*.json")}
    query = "?lang=ja" if name.endswith(".ja") else ""
    for literal in [each for entry in doctree.findall(nodes.entry) for each in entry.findall(nodes.literal)]:
        if literal.astext() in lessons:
            uri = f"../playground/index.html{query}#lesson={literal.astext()}"
            literal.replace_self(nodes.reference("", "", literal.deepcopy(), refuri=uri, internal=False))


def setup(app: Sphinx) -> None:
    """Connect what is above with Sphinx."""
    app.connect("env-before-read-docs", every_public_name_is_on_the_page)
    app.connect("autodoc-skip-member", of_others)
    app.connect("doctree-read", link_lessons_to_the_playground)
    app.connect("doctree-read", link_files_to_the_forge, priority=400)  # before Sphinx collects downloads
