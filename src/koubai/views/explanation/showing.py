"""The ways to show a derivation: printed, as a string, or written to a file."""

import os
from collections.abc import Sequence
from pathlib import Path

from koubai.core.errors import ParameterError
from koubai.core.language import Language, language, worded
from koubai.core.printing import without_controls
from koubai.explain.derivations import Derivation
from koubai.training.atomic import replace_file
from koubai.views.explanation.markdown import markdown
from koubai.views.explanation.page import fragment, page
from koubai.views.explanation.terminal import Screen, plain

FORMS = ("text", "markdown", "html", "fragment")
SIGNED = {"markdown": "\n<!-- koubai -->\n", "text": "\n— koubai\n"}
"""Signature at the end of file formats that have no metadata."""
ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".txt": "text"}


def render(derivation: Derivation | Sequence[Derivation], form: str, lang: str | None = None) -> str:
    """Return a derivation as text, Markdown with LaTeX, a whole HTML page, or a fragment of HTML for a notebook.

    Parameters
    ----------
    derivation : Derivation or several
    form : str
        "text", "markdown", "html" or "fragment".
    lang : "en" or "ja", optional
        By default the language of the environment.

    Raises
    ------
    ParameterError
        If there is no such form or language.
    """
    spoken = language(lang)
    several = [derivation] if isinstance(derivation, Derivation) else list(derivation)
    if form == "html":
        return without_controls(page(several, spoken))
    one = {"text": plain, "markdown": markdown, "fragment": fragment}.get(form)
    if one is None:
        raise ParameterError(f"render: form must be one of {', '.join(FORMS)}; got {form!r}. Try html.")
    return without_controls("\n".join(one(each, spoken) for each in several))


def save(derivation: Derivation | Sequence[Derivation], path: str | os.PathLike[str], lang: str | None = None) -> None:
    """Write a derivation to a file, whole or not at all; its ending says the form.

    Raises
    ------
    ParameterError
        If the extension is not .html, .md or .txt.
    FileError
        If the file cannot be written; an existing file is then left untouched.
    """
    target = Path(path)
    form = ENDINGS.get(target.suffix.lower())
    if form is None:
        example = f"{target.stem or 'page'}.html"
        endings = worded("core.either", first=".html, .md", other=".txt")
        raise ParameterError(worded("core.error.ending", endings=endings, got=repr(target.name), example=example))
    replace_file(target, (render(derivation, form, lang) + SIGNED.get(form, "")).encode("utf-8"))


def show(derivation: Derivation | Sequence[Derivation], lang: str | None = None) -> None:
    """Print a derivation to the terminal, in colour where supported."""
    spoken: Language = language(lang)
    for each in [derivation] if isinstance(derivation, Derivation) else derivation:
        Screen(each, spoken).all()
