"""Texts as counts: which words and groups of characters are common, and how often each comes in a text.

A word is a run of letters and digits. A group is two to four characters side by side, without a blank inside; one at an
end stands for the border of a word. So endings, misspellings and languages that set no blanks between words are told
apart as well as words are (Cavnar and Trenkle 1994, "N-gram-based text categorization"). All of it depends on the
letters alone: widths and letter cases are made the same, and runs of blanks are one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MOST_CHARACTERS = 20_000
"""A longer text is read to here."""
SIZES = (2, 3, 4)
"""Characters of a group."""
LONGEST_WORD = 40
SHORTEST_WORD = 3
"""Shorter words are groups of characters as well."""
MOST_LEARNED = 2_000_000
"""Approximate maximum number of characters searched for terms, in texts from all over the table."""
MOST_AT_ONCE = 1_000_000
"""So many characters are counted at a time."""
ALPHABET = 4095
"""Different characters in groups: one has 12 bits, so that a group is a whole number."""
LEAST_TEXTS = 3
"""What occurs in fewer texts does not count as a term."""
MOST_COUNTED = 255
"""A term that comes more often in a text counts as so often."""

_WORD = re.compile(r"\w+")

Ints = npt.NDArray[np.int64]


class Terms(NamedTuple):
    """What is counted: words, and groups of characters in which a blank is the border of a word."""

    words: tuple[str, ...]
    groups: tuple[str, ...]


class Found(NamedTuple):
    """Counts that are not 0: the text, the place of the term, and how often it comes there, (n_found,) each."""

    rows: Ints
    places: Ints
    counts: Ints


def plain(text: str | None) -> str:
    r"""Return a text as it is counted: in small letters of common width, with a blank before, behind and between words.

    Examples
    --------
    >>> plain("Ｆｒｅｅ  entry\n"), plain(None)
    (' free entry ', ' ')
    """
    if not text:
        return " "
    words = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower().split()
    return f" {' '.join(words)} " if words else " "


def words_of(text: str) -> list[str]:
    """Return the words of a text as `plain` returns it that are long enough to count, and no longer than words are."""
    return [word for word in _WORD.findall(text) if SHORTEST_WORD <= len(word) <= LONGEST_WORD]


def common_terms(texts: Sequence[str | None], most: int) -> Terms:
    """Return the terms that tell most texts apart: those nearest to being in half of them.

    Half of them are words, half groups of characters; where there are fewer of one kind, there are more of the other.
    No targets are asked, so that nothing of them can leak into the choice.

    Parameters
    ----------
    texts : sequence of str or None
        The texts of the training rows.
    most : int
        Maximum number of terms.

    Examples
    --------
    >>> common_terms(["one cat", "one dog", "one cat", "a cat"], 4)
    Terms(words=('cat', 'one'), groups=(' c', ' ca'))
    """
    length = sum(min(len(text), MOST_CHARACTERS) for text in texts if text)
    chosen = texts[:: max(1, -(-length // MOST_LEARNED))]
    read = [plain(text) for text in chosen]
    words = Counter(chain.from_iterable(set(words_of(text)) for text in read))
    groups = _groups_in_texts(read)
    by_worth = [
        sorted((-min(n, len(read) - n), -n, term) for term, n in counted.items() if n >= LEAST_TEXTS)
        for counted in (words, groups)
    ]
    n_words = min(len(by_worth[0]), max(most // 2, most - len(by_worth[1])))
    found = (by_worth[0][:n_words], by_worth[1][: most - n_words])
    return Terms(*(tuple(sorted(term for *_, term in listed)) for listed in found))


def are_groups(groups: Sequence[str]) -> bool:
    """Tell whether texts can be groups of characters, of an alphabet that is not too large."""
    return all(len(group) in SIZES for group in groups) and len(set("".join(groups))) <= ALPHABET


def counts_of(texts: Sequence[str | None], terms: Terms) -> npt.NDArray[np.uint8]:
    """Return how often each term comes in each text, (n_texts, n_terms); words first.

    Examples
    --------
    >>> counts_of(["a cat, a cat", None], Terms(("cat",), (" a", "at "))).tolist()
    [[2, 2, 1], [0, 0, 0]]
    """
    found = np.zeros((len(texts), len(terms.words) + len(terms.groups)), np.uint8)
    lookup = _lookup(terms)
    first = 0
    for block in _blocks(texts):
        for rows, places, counts in (_words_in(block, lookup), _groups_in(block, lookup)):
            found[first + rows, places] = np.minimum(counts, MOST_COUNTED)
        first += len(block)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Lookup:
    """Where each word is, which number each character has, and the numbers of the groups in order with their places."""

    words: dict[str, int]
    codes: npt.NDArray[np.uint16]
    numbers: Ints
    places: Ints


@lru_cache(maxsize=8)
def _lookup(terms: Terms) -> _Lookup:
    codes = _coding(np.unique(_points("".join(terms.groups) or " ")))
    n = len(terms.words)
    numbers = np.array([_number(codes[_points(group)]) for group in terms.groups], np.int64)
    order = np.argsort(numbers)
    return _Lookup({word: place for place, word in enumerate(terms.words)}, codes, numbers[order], n + order)


def _blocks(texts: Sequence[str | None]) -> Iterator[list[str]]:
    """Yield the texts as they are counted, so many at a time that memory stays small."""
    block: list[str] = []
    length = 0
    for text in texts:
        block.append(plain(text))
        length += len(block[-1])
        if length >= MOST_AT_ONCE:
            yield block
            block, length = [], 0
    if block:
        yield block


def _words_in(texts: list[str], lookup: _Lookup) -> Found:
    found = [[lookup.words.get(word, -1) for word in words_of(text)] for text in texts]
    places = np.array(list(chain.from_iterable(found)), np.int64)
    rows = np.repeat(np.arange(len(texts)), [len(row) for row in found])
    return _counted(rows, places, len(lookup.words))


def _groups_in(texts: list[str], lookup: _Lookup) -> Found:
    n_terms = len(lookup.words) + len(lookup.numbers)
    if not len(lookup.numbers):
        return Found(*(np.empty(0, np.int64),) * 3)
    rows, places = [], []
    for in_rows, numbers in _numbered(texts, lookup.codes):
        at = np.minimum(np.searchsorted(lookup.numbers, numbers), len(lookup.numbers) - 1)
        known = lookup.numbers[at] == numbers
        rows.append(in_rows[known])
        places.append(lookup.places[at[known]])
    return _counted(np.concatenate(rows), np.concatenate(places), n_terms)


def _counted(rows: Ints, places: Ints, n_terms: int) -> Found:
    """Return counts of pairs of a text and a term's place; a place below 0 is not a term."""
    known = places >= 0
    pairs, counts = np.unique(rows[known] * max(1, n_terms) + places[known], return_counts=True)
    return Found(pairs // max(1, n_terms), pairs % max(1, n_terms), counts.astype(np.int64))


def _groups_in_texts(texts: list[str]) -> dict[str, int]:
    """Return in how many texts each group of characters comes."""
    points, counts = np.unique(_points("".join(texts)), return_counts=True)
    common = np.sort(points[np.argsort(-counts, kind="stable")[:ALPHABET]])
    found: dict[str, int] = {}
    for rows, numbers in _numbered(texts, _coding(common)):
        groups, places = np.unique(numbers, return_inverse=True)
        pairs = np.unique(places.astype(np.int64) * len(texts) + rows)
        n_texts = np.bincount(pairs // len(texts), minlength=len(groups))
        often = np.flatnonzero(n_texts >= LEAST_TEXTS)
        found |= {_spelled(int(groups[k]), common): int(n_texts[k]) for k in often}
    return found


def _numbered(texts: list[str], codes: npt.NDArray[np.uint16]) -> Iterator[tuple[Ints, Ints]]:
    """Yield, for each size, the text and the number of each group of known characters."""
    points = _points("".join(texts))
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    coded, blank = codes[points].astype(np.int64), points == ord(" ")
    for size in SIZES:
        n = len(points) - size + 1
        if n <= 0:
            continue
        number, fits = np.zeros(n, np.int64), np.ones(n, bool)
        for k in range(size):
            number = (number << 12) | coded[k : k + n]
            fits &= coded[k : k + n] > 0
            if 0 < k < size - 1:
                fits &= ~blank[k : k + n]
        if size == 2:  # the end of one text beside the beginning of the next
            fits &= ~(blank[:n] & blank[1:])
        yield rows[:n][fits], number[fits]


def _points(text: str) -> npt.NDArray[np.uint32]:
    """Return the numbers of characters in Unicode."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _coding(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
    """Return a table from characters to codes: 1, 2, … for those given, 0 for all others."""
    codes = np.zeros(0x110000, np.uint16)
    codes[points[:ALPHABET]] = np.arange(1, min(len(points), ALPHABET) + 1)
    return codes


def _number(codes: npt.NDArray[np.uint16]) -> int:
    number = 0
    for code in codes.tolist():
        number = number << 12 | code
    return number


def _spelled(number: int, points: npt.NDArray[np.uint32]) -> str:
    """Return the group of characters that a number stands for."""
    found = ""
    while number:
        found = chr(int(points[(number & 4095) - 1])) + found
        number >>= 12
    return found
