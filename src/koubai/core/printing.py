"""Texts from anywhere, fit to be shown on a terminal."""

from unicodedata import category


def printable(text: object) -> str:
    r"""Return a text with all that could steer a terminal made visible: names may come from anywhere.

    Blanks of any width stay as they are.

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
    r"""Return a page of several lines with control characters made visible, as a terminal that prints it obeys them.

    Examples
    --------
    >>> print(without_controls("a" + chr(27) + "[2Jb"))
    a\x1b[2Jb
    """
    return page.translate(_CONTROLS)
