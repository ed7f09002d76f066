"""ONNX counts words by numbers of characters: a text is taken apart by onnxruntime's tokenizer, terms are n-grams.

No standard operator brings texts into one form (NFKC, small letters). The graph maps each character by itself, which is
the same wherever characters do not act on each other. Where they would (a letter and an accent that make one character
together, accents in another order, parts of syllables of Hangul, Σ at the end of a word), an operator that is named
after it fails, so that no answer is ever another without a word; `koubai.export.onnx_inputs` gives texts in that form.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np

from koubai.core.arrays import Array
from koubai.export.targets.onnx_graph import OnnxWriter
from koubai.export.targets.texts.characters import HANGUL, assigned, characters, is_of_word
from koubai.export.targets.texts.onnx_cells import without_zeros
from koubai.export.words import MOST_CHARACTERS, MOST_COUNTED, Counted

DOMAIN = "com.microsoft"
"""Where the operator is that takes texts apart; onnxruntime has it built in."""
START, END = "\x02", "\x03"
"""What it sets before and behind a text."""
GAP, BLANK, OTHER, LETTER, FIRST = range(5)
"""Numbers of nothing, a blank, a character that is in no term, one that words are made of, and the first that is."""
JAMO = ((0x1161, 0x1175), (0x11A8, 0x11C2))
"""Vowels and last consonants of Hangul, which join the syllable before."""


class Acting(NamedTuple):
    """How a character acts on others.

    Parameters
    ----------
    first, last : int
        Classes of the first and the last of what it is made of; 0 for no mark.
    joins, begins : int
        Places among the characters that join one before, and among those that one behind may join; 0 for none.
    mark : bool
        Whether it is, or ends in, a mark of its own.
    always : bool
        Whether it may be another character wherever it stands.
    """

    first: int
    last: int
    joins: int
    begins: int
    mark: bool
    always: bool


class Reading(NamedTuple):
    """How the graph reads characters.

    Parameters
    ----------
    rows : dict of str to int
        For a character its row in the tables; all others have row 0.
    slots : array (n_rows, n_slots)
        The numbers that it becomes, as many as the longest needs.
    acting : array (n_rows, 6)
        How it acts on others.
    """

    rows: dict[str, int]
    slots: Array
    acting: Array


@cache
def joining() -> tuple[dict[int, int], dict[int, int], Array]:
    """Return the places of characters that join others, of those that they join, and which pairs of them do."""
    pairs = characters().composed
    joins = {code: place for place, code in enumerate(sorted({b for _, b in pairs}), 1)}
    begins = {code: place for place, code in enumerate(sorted({a for a, _ in pairs}), 1)}
    table = np.zeros((len(begins) + 1, len(joins) + 1), np.bool_)
    for a, b in pairs:
        table[begins[a], joins[b]] = True
    return joins, begins, table


NOTHING = Acting(0, 0, 0, 0, False, False)
"""How most characters act on others."""


@cache
def special() -> tuple[str, ...]:
    """Return the characters that become others, act on others, or stand between words."""
    known, (joins, begins, _) = characters(), joining()
    codes = {*known.decomposed, *known.classes, *known.lower, *joins, *begins, *HANGUL, ord("Σ")}
    return (
        *map(chr, sorted(codes)),
        *(letter for letter in assigned() if letter.isspace() and ord(letter) not in codes),
    )


@cache
def simple() -> tuple[str, ...]:
    """Return the characters of words that are not among the `special` ones."""
    others = set(special())
    return tuple(letter for letter in assigned() if is_of_word(letter) and letter not in others)


def acting(letter: str, has_sigma: bool) -> Acting:
    """Return how a character acts on others."""
    joins, begins, _ = joining()
    apart, whole = unicodedata.normalize("NFKD", letter), unicodedata.normalize("NFKC", letter)
    first, last = unicodedata.combining(apart[0]), unicodedata.combining(apart[-1])
    always = any(low <= ord(apart[0]) <= high for low, high in JAMO)
    always |= has_sigma and "Σ" in whole
    mark = unicodedata.combining(whole[-1]) > 0
    return Acting(first, last, joins.get(ord(apart[0]), 0), begins.get(ord(whole[-1]), 0), mark, always)


def reading_of(words: tuple[str, ...], groups: tuple[str, ...]) -> tuple[Reading, dict[str, int]]:
    """Return how characters are read for these terms, and the numbers of the characters that are in terms."""
    alphabet = sorted(set("".join((*words, *groups))) - {" "})
    numbers = {letter: FIRST + place for place, letter in enumerate(alphabet)} | {" ": BLANK}
    has_sigma = bool({"σ", "ς"} & set(alphabet))
    kinds: dict[tuple[tuple[int, ...], Acting], int] = {((OTHER,), NOTHING): 0, ((LETTER,), NOTHING): 1}
    rows: dict[str, int] = dict.fromkeys(simple(), 1)
    for letter in (*special(), *alphabet):
        row = kinds.setdefault((_numbered(letter, numbers), acting(letter, has_sigma)), len(kinds))
        if row:
            rows[letter] = row
    found = list(kinds)
    for sign, becomes in ((START, (BLANK,)), (END, (BLANK,)), ("", (GAP,))):
        rows[sign] = len(found)
        found.append((becomes, NOTHING))
    n_slots = max(len(becomes) for becomes, _ in found)
    slots = np.array([[*becomes, *[GAP] * (n_slots - len(becomes))] for becomes, _ in found], np.int64)
    return Reading(rows, slots, np.array([acts for _, acts in found], np.int64)), numbers


def _numbered(letter: str, numbers: dict[str, int]) -> tuple[int, ...]:
    """Return the numbers that a character becomes by itself; several of what is in no term are one."""
    found: list[int] = []
    for small in unicodedata.normalize("NFKC", letter).lower():
        number = BLANK if small.isspace() else numbers.get(small, LETTER if is_of_word(small) else OTHER)
        if number not in (BLANK, OTHER, LETTER) or found[-1:] != [number]:
            found.append(number)
    return tuple(found)


def onnx_counted(writer: OnnxWriter, step: Counted) -> str:
    """Take the text apart, read its characters, count n-grams of them, and weigh the counts."""
    graph = writer.graph
    reading, numbers = reading_of(step.words, step.groups)
    rows = _rows_of_characters(writer, step, reading)
    characters_ = _read(writer, reading, _checked(writer, step, reading, rows))
    counts = []
    if step.words:
        is_word = np.array([0, 0, 0, 1, *[is_of_word(letter) for letter in numbers if letter != " "]], np.bool_)
        inside = graph.node("Gather", graph.constant(is_word), characters_)
        lone = graph.node("Where", inside, characters_, graph.places(BLANK))
        around = [(BLANK, *(numbers[letter] for letter in word), BLANK) for word in step.words]
        counts.append(_counts(writer, lone, around))
    if step.groups:
        counts.append(_counts(writer, characters_, [tuple(numbers[letter] for letter in g) for g in step.groups]))
    n = counts[0] if len(counts) == 1 else graph.node("Concat", *counts, axis=1)
    n = graph.cast(graph.node("Slice", n, graph.places([1]), graph.places([2**62]), graph.places([0])), np.float64)
    return _weighed(writer, step, n)


def _rows_of_characters(writer: OnnxWriter, step: Counted, reading: Reading) -> str:
    """Return the row of each character in the tables, (rows, characters): a mark, the text, and a blank."""
    graph = writer.graph
    texts = graph.node("Concat", graph.constant(np.array([["-"]])), writer.texts[step.given.name], axis=0)
    apart = graph.node(
        "Tokenizer",
        without_zeros(writer, texts),  # with one more before them, since it takes none only in another shape
        domain=DOMAIN,
        mark=1,
        mincharnum=1,
        pad_value="",
        separators=[""],
    )
    apart = graph.node("Squeeze", apart, graph.places([1]))
    most = graph.places([MOST_CHARACTERS + 1])
    apart = graph.node("Slice", apart, graph.places([0]), most, graph.places([1]))
    return str(
        graph.node(
            "LabelEncoder",
            apart,
            domain="ai.onnx.ml",
            keys_strings=list(reading.rows),
            values_int64s=list(reading.rows.values()),
            default_int64=0,
        )
    )


def _checked(writer: OnnxWriter, step: Counted, reading: Reading, rows: str) -> str:
    """Return the rows as they are, behind an operator that fails where characters act on each other."""
    graph = writer.graph
    first, last, joins, begins, mark, always = (
        graph.node("Gather", graph.constant(reading.acting[:, k].copy()), rows) for k in range(6)
    )
    before = (graph.places([0]), graph.places([-1]), graph.places([1]))
    behind = (graph.places([1]), graph.places([MOST_CHARACTERS + 2]), graph.places([1]))
    own_first, own_joins = (graph.node("Slice", each, *behind) for each in (first, joins))
    last_before, begins_before, mark_before = (graph.node("Slice", each, *before) for each in (last, begins, mark))
    zero = graph.places(0)
    marked = graph.node("Greater", own_first, zero)
    disordered = graph.node("And", marked, graph.node("Greater", last_before, own_first))
    table = joining()[2]
    at = graph.node("Add", graph.node("Mul", begins_before, graph.places(table.shape[1])), own_joins)
    joined = graph.node("Gather", graph.constant(table.ravel()), at)
    rising = graph.node("Less", last_before, own_first)
    behind_mark = graph.node("And", graph.node("Greater", mark_before, zero), rising)
    unsure = graph.node("And", graph.node("Greater", own_joins, zero), graph.node("Or", behind_mark, joined))
    acts = graph.cast(graph.node("Or", disordered, unsure), np.int64)
    sums = [graph.node("ReduceSum", each, graph.places([1]), keepdims=1) for each in (acts, always)]
    for sign in (START, END):  # but for those that the tokenizer sets
        same = graph.cast(graph.node("Equal", rows, graph.places(reading.rows[sign])), np.int64)
        total = graph.node("ReduceSum", same, graph.places([1]), keepdims=1)
        sums.append(graph.cast(graph.node("Greater", total, graph.places(1)), np.int64))
    place = graph.node("Min", graph.node("Sum", *(graph.cast(each, np.float64) for each in sums)), writer.one())
    note, graph.note = graph.note, f"{step.given.name} must be in Unicode's form NFKC, without U+0002 and U+0003"
    nothing = graph.node("Gather", graph.places([0]), graph.cast(place, np.int64))
    graph.note = note
    return str(graph.node("Add", rows, nothing))


def _read(writer: OnnxWriter, reading: Reading, rows: str) -> str:
    """Return the numbers that a text's characters become, with one blank before, behind and between words."""
    graph = writer.graph
    slots = graph.node("Gather", graph.constant(reading.slots), rows)
    shape = graph.node("Shape", rows)
    wide = graph.node("Mul", shape, graph.places([1, reading.slots.shape[1]]))
    found = graph.node("Reshape", slots, wide, allowzero=1)
    one = graph.node("Slice", shape, graph.places([0]), graph.places([1]))
    column = graph.node("Concat", one, graph.places([1]), axis=0)
    blank = graph.node("Expand", graph.places([[BLANK]]), column)
    found = _closed(writer, graph.node("Concat", found, blank, axis=1))
    before = graph.node("Slice", found, graph.places([0]), graph.places([-1]), graph.places([1]))
    before = graph.node("Concat", blank, before, axis=1)
    blanks = [graph.node("Equal", each, graph.places(BLANK)) for each in (found, before)]
    again = graph.node("And", *blanks)
    single = graph.node("Where", again, graph.places(GAP), found)
    # the first blank of all has one before it as well, and is set anew
    return str(graph.node("Concat", blank, _closed(writer, single), axis=1))


def _closed(writer: OnnxWriter, found: str) -> str:
    """Return numbers (rows, n) without the gaps between them, which come last."""
    graph = writer.graph
    n = graph.node("Slice", graph.node("Shape", found), graph.places([1]), graph.places([2]))
    flat = graph.node("Squeeze", n, graph.places([0]))
    places = graph.node("Range", graph.places(0), flat, graph.places(1))
    is_gap = graph.node("Equal", found, graph.places(GAP))
    order = graph.node("Where", is_gap, graph.node("Add", places, flat), places)
    return str(graph.node("GatherElements", found, graph.pair("TopK", order, n, axis=1, largest=0)[1], axis=1))


def _counts(writer: OnnxWriter, found: str, terms: list[tuple[int, ...]]) -> str:
    """Return how often each term comes in rows of numbers, (rows, n_terms)."""
    by_length = sorted(range(len(terms)), key=lambda place: len(terms[place]))
    longest, pool, starts = len(terms[by_length[-1]]), list[int](), list[int]()
    for length in range(1, longest + 1):
        starts.append(len(pool))
        pool += [number for place in by_length if len(terms[place]) == length for number in terms[place]]
    return str(
        writer.graph.node(
            "TfIdfVectorizer",
            found,
            mode="TF",
            min_gram_length=min(map(len, terms)),
            max_gram_length=longest,
            max_skip_count=0,
            pool_int64s=pool,
            ngram_counts=starts,
            ngram_indexes=by_length,
        )
    )


def _weighed(writer: OnnxWriter, step: Counted, n: str) -> str:
    """Return (1 + ln n) w, 0 without the term or the text, divided by their length."""
    graph, one = writer.graph, writer.one()
    n = graph.node("Min", n, graph.constant(np.array(float(MOST_COUNTED))))
    there = graph.node("Greater", n, graph.constant(np.array(0.0)))
    raised = graph.node("Add", one, graph.node("Log", graph.node("Max", n, one)))
    z = graph.node(
        "Mul", graph.node("Mul", raised, graph.constant(step.weights[np.newaxis])), graph.cast(there, np.float64)
    )
    z = graph.node("Where", writer.missing_texts[step.given.name], graph.constant(np.array(0.0)), z)
    total = graph.node("ReduceSum", graph.node("Mul", z, z), graph.places([1]), keepdims=1)
    length = graph.node(
        "Sqrt", graph.node("Where", graph.node("Greater", total, graph.constant(np.array(0.0))), total, one)
    )
    return str(graph.node("Div", z, length))
