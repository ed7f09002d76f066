"""A column of texts as a step: how often each word and each group of characters comes in a text, by tf-idf."""

import re
from dataclasses import dataclass

from koubai.core.arrays import Floats
from koubai.export.steps import Input, Step
from koubai.tables.preparing.texts.counting import MOST_CHARACTERS, MOST_COUNTED, plain

BLANKS = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What is stripped off the ends of a cell when a table is read, as a class of regular expressions has it."""
BORDERS = f"{BLANKS}\x1c-\x1f"
"""What stands between the words of a text."""

__all__ = ["BLANKS", "BORDERS", "MOST_CHARACTERS", "MOST_COUNTED", "Counted", "in_full", "plain"]


def in_full(characters: str) -> str:
    """Return every character of a class of regular expressions."""
    ranges = re.findall(r"(.)(?:-(.))?", characters, re.DOTALL)
    return "".join(chr(code) for first, last in ranges for code in range(ord(first), ord(last or first) + 1))


@dataclass(frozen=True)
class Counted(Step):
    """For each term (1 + ln n) w, n being how often it comes in the text and w its weight; all divided by their length.

    The text is that of an input, of which `koubai.export.steps.Read` gives only whether it is missing.

    Parameters
    ----------
    given : Input
        The input.
    words : tuple of str
        Words: runs of letters and digits of the text as `plain` returns it.
    groups : tuple of str
        Two to four characters of that text side by side.
    weights : array
        w of each, words first.
    """

    given: Input
    words: tuple[str, ...]
    groups: tuple[str, ...]
    weights: Floats
