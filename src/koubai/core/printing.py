"""What goes to a terminal: untrusted text made safe, and sentences in the language of whoever started this process."""

import sys
from typing import TextIO
from unicodedata import category

from koubai.core.language import Language, said_in


def printable(text: object) -> str:
    r"""Return a text with control characters escaped, since names may come from untrusted sources.

    Spaces of any width are kept.

    Examples
    --------
    >>> print(printable("a" + chr(27) + "[2Jb"))
    a\x1b[2Jb
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() or category(c) == "Zs" else repr(c)[1:-1] for c in shown)


_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


def without_controls(page: str) -> str:
    r"""Return a multi-line page with control characters escaped, since a terminal would obey them.

    Examples
    --------
    >>> print(without_controls("a" + chr(27) + "[2Jb"))
    a\x1b[2Jb
    """
    return page.translate(_CONTROLS)


class _Spoken:
    """The language of this process: English, unless a command chooses another."""

    lang: Language = "en"


def speak(lang: Language) -> None:
    """Let this process speak a language from now on, as the command line asks for it."""
    _Spoken.lang = lang


def spoken() -> Language:
    """Return the language in which this process speaks."""
    return _Spoken.lang


def said(sentence: object) -> str:
    """Return a sentence in the language that is spoken.

    Examples
    --------
    >>> from koubai.core.language import term
    >>> said(term("accuracy"))
    'accuracy'
    """
    return str(said_in(sentence, spoken()))


def say(sentence: object, stream: TextIO | None = None) -> None:
    """Print a sentence in the language that is spoken, by default to standard output."""
    print(said(sentence), file=stream or sys.stdout, flush=True)
