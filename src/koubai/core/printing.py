"""Making untrusted text safe to show on a terminal."""

from unicodedata import category


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
