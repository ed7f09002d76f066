"""What Unicode says of characters, as tables of numbers: for targets that know nothing of it."""

import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

HANGUL = range(0xAC00, 0xD7A4)
"""Syllables, which are composed by arithmetic."""
UNKNOWN = ("Cn", "Co", "Cs")
"""Categories of what is not assigned, of private use, or half of a character."""

Ranges = tuple[tuple[int, int], ...]
"""First and last character of each range, in order."""


class Characters(NamedTuple):
    """Tables of characters by their numbers.

    Parameters
    ----------
    decomposed : dict
        What a character is made of, all the way down (NFKD), but for syllables of Hangul.
    classes : dict
        The canonical combining class of those that have one above 0.
    composed : dict
        The character that two make together (NFC).
    lower : dict
        The lower case of a character that is not lower case itself.
    words : ranges
        Letters, digits and the low line: what words are made of.
    cased, ignored : ranges
        Letters that have cases, and characters that are passed over in looking for them: Σ behind one of the former,
        and before none, is ς.
    """

    decomposed: dict[int, tuple[int, ...]]
    classes: dict[int, int]
    composed: dict[tuple[int, int], int]
    lower: dict[int, tuple[int, ...]]
    words: Ranges
    cased: Ranges
    ignored: Ranges


@cache
def assigned() -> tuple[str, ...]:
    """Return all characters that this Python's Unicode knows; all others stay as they are, and are in no word."""
    letters = map(chr, range(sys.maxunicode + 1))
    return tuple(letter for letter in letters if unicodedata.category(letter) not in UNKNOWN)


def is_of_word(letter: str) -> bool:
    r"""Return whether a character is one of a word, as ``\w`` has it."""
    return letter.isalnum() or letter == "_"


@cache
def characters() -> Characters:
    """Return the tables of the Unicode that this Python knows."""
    decomposed: dict[int, tuple[int, ...]] = {}
    classes: dict[int, int] = {}
    composed: dict[tuple[int, int], int] = {}
    lower: dict[int, tuple[int, ...]] = {}
    for letter in assigned():
        code = ord(letter)
        if unicodedata.combining(letter):
            classes[code] = unicodedata.combining(letter)
        small = letter.lower()
        if small != letter:
            lower[code] = tuple(map(ord, small))
        if code in HANGUL:
            continue
        apart = unicodedata.normalize("NFKD", letter)
        if apart != letter:
            decomposed[code] = tuple(map(ord, apart))
        pair = unicodedata.decomposition(letter).split()
        if len(pair) == 2 and not pair[0].startswith("<") and unicodedata.normalize("NFC", letter) == letter:
            composed[int(pair[0], 16), int(pair[1], 16)] = code
    return Characters(
        decomposed,
        classes,
        composed,
        lower,
        ranges_of(is_of_word),
        ranges_of(_is_cased),
        ranges_of(lambda letter: f"a{letter}Σ".lower().endswith("ς") and not _is_cased(letter)),
    )


def _is_cased(letter: str) -> bool:
    return f"{letter}Σ".lower().endswith("ς")


def ranges_of(test: Callable[[str], bool]) -> Ranges:
    """Return the characters for which a test is true, as ranges."""
    found: list[list[int]] = []
    for letter in assigned():
        if test(letter):
            code = ord(letter)
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    return tuple((first, last) for first, last in found)
