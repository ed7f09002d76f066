"""Which values filled the places of a template: read back from the finished text, in a time in step with its length."""

from functools import cache
from string import Formatter

LONGEST = 4000
"""Characters of a text in which values are looked for: files from elsewhere may hold any text."""


def values_in(template: str, text: str) -> dict[str, str] | None:
    """Return the values with which a template gives a text; None if there are none, or it is longer than `LONGEST`.

    Each value has at least one character and is as short as can be, in the order of the places. No other division is
    tried: where the earliest place of a part between values leaves no room for those behind it, no later one does.

    Parameters
    ----------
    template : str
        Words with places, ``{name}``; a name that stands twice has the same value.
    text : str
        The finished text.

    Examples
    --------
    >>> values_in("{n} rows of {name}.", "3 rows of spam.")
    {'n': '3', 'name': 'spam'}
    >>> values_in("{n} rows of {name}.", "3 columns of spam.") is None
    True
    """
    if len(text) > LONGEST:
        return None
    begin, places = _parts(template)
    if not text.startswith(begin):
        return None
    at, found = len(begin), dict[str, str]()
    for number, (name, behind) in enumerate(places, 1):
        is_last = number == len(places)
        end = len(text) - len(behind) if is_last else text.find(behind, at + 1)
        if end <= at or (is_last and not text.endswith(behind)):
            return None
        value, at = text[at:end], end + len(behind)
        if found.setdefault(name, value) != value:
            return None
    return found if places or text == begin else None


@cache
def _parts(template: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the words before all places, and each place's name with the words behind it."""
    words, names = [""], list[str]()
    for literal, name, _, _ in Formatter().parse(template):
        words[-1] += literal
        if name is not None:
            names.append(name)
            words.append("")
    return words[0], tuple(zip(names, words[1:], strict=True))
