"""The words of a text that matter: how the answer changes when a word is taken out."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array
from koubai.models.reasons.record import WordReason
from koubai.tables.files.frames import TableLike
from koubai.tables.meaning.values import labels
from koubai.tables.preparing.texts.column import TextColumn

if TYPE_CHECKING:
    import polars as pl

    from koubai.models.reasons.usual import Usual
    from koubai.models.table_predictor import TablePredictor

MOST_WORDS = 100
"""So many different words of a text are taken out by turns, the first ones."""
SHOWN = 10
"""Number of words that are named."""
NOTHING = 1e-3
"""Changes below this share of the largest are not named."""
KANJI, KATAKANA, HIRAGANA = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff", "\u30a0-\u30ff\uff66-\uff9f", "\u3040-\u309f"

_WORD = re.compile(f"[{KANJI}]{{1,4}}|[{KATAKANA}]+|[{HIRAGANA}]+|(?:(?![{KANJI}{KATAKANA}{HIRAGANA}])\\w)+")
"""A word; where blanks are not set, a run of one script."""


def words_of(usual: "Usual", frame: "pl.DataFrame", row: Array, place: int | None) -> list[WordReason]:
    """Return the words of a row's texts that matter most, the largest change first.

    A word's change is the answer with it minus the answer without it, at all its places in the text; so words that
    repeat each other share their effect, and the changes need not add up.

    Parameters
    ----------
    usual : Usual
        The model and its answers.
    frame, row
        The row as a table and as features, (n_features,).
    place : int or None
        Of a class, its place among the classes.
    """
    found = []
    for k, column in usual.model.preparation_.texts.items():
        cell = labels(frame[column.name])[0]
        for word, change in _changes(usual, k, column, cell or "", row, place):
            found.append(WordReason(column.name, word, change))
    found.sort(key=lambda each: -abs(each.change))
    least = NOTHING * abs(found[0].change) if found else 0.0
    return [each for each in found[:SHOWN] if abs(each.change) > least]


def _changes(
    usual: "Usual", k: int, column: TextColumn, cell: str, row: Array, place: int | None
) -> list[tuple[str, float]]:
    """Return the words of a cell, each with what the answer changes by it."""
    import polars as pl

    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for match in _WORD.finditer(cell):
        if match.group().lower() in spans or len(spans) < MOST_WORDS:
            spans[match.group().lower()].append(match.span())
    if not spans:
        return []
    without = pl.Series(column.name, [_without(cell, places) for places in spans.values()], dtype=pl.String)
    mixed = np.repeat(row[np.newaxis], len(spans) + 1, axis=0)
    mixed[1:, usual.blocks[k]] = column.transform(without)
    answers = usual.answer(place, mixed)
    return [
        (cell[slice(*places[0])], float(change))
        for places, change in zip(spans.values(), answers[0] - answers[1:], strict=True)
    ]


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = f"{text[:start]} {text[end:]}"
    return text


@dataclass(frozen=True, slots=True)
class CommonWord:
    """A word that stands in several texts, taken out of each of them by itself.

    Attributes
    ----------
    column, word : str
        The column of texts, and the word in small letters.
    change : float
        The mean change of the answer by it: of a class, in log-odds of the class that is answered there.
    n_texts : int
        Number of texts.
    answer : str
        The class that is answered there; nothing for numbers.
    """

    column: str
    word: str
    change: float
    n_texts: int
    answer: str


LEAST_TEXTS = 3
"""Minimum number of examined texts that must contain a word for it to be named for the whole model."""
TEXTS = 200
"""So many texts are looked at."""


def words_of_model(model: "TablePredictor", table: TableLike, seed: int = 0) -> list[CommonWord]:
    """Return the words that matter most to a model in texts of several rows; none if it has no column of texts.

    Parameters
    ----------
    model : TablePredictor
        A fitted model.
    table : Table, DataFrame, mapping or path
        Rows to look at, some of which are drawn.
    seed : int
        Seed of these rows.
    """
    from koubai.models.reasons.usual import LEAST_BACKGROUND, Usual

    if not model.preparation_.texts:
        return []
    if model.columns_of(table).frame.height < LEAST_BACKGROUND:
        return []
    usual = Usual(model, table, seed)
    rows = np.sort(np.random.default_rng(seed).permutation(usual.frame.height)[:TEXTS])
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for k, column in usual.model.preparation_.texts.items():
        cells = labels(usual.frame[column.name][rows]).to_list()
        for row, cell in zip(rows.tolist(), cells, strict=True):
            answer, place, _ = usual.chosen(usual.features[row])
            said = str(answer) if place is not None else ""
            for word, change in _changes(usual, k, column, cell or "", usual.features[row], place):
                found[column.name, word.lower(), said].append(change)
    listed = [
        CommonWord(name, word, float(np.mean(changes)), len(changes), said)
        for (name, word, said), changes in found.items()
        if len(changes) >= LEAST_TEXTS
    ]
    listed.sort(key=lambda each: -abs(each.change))
    return listed[: 2 * SHOWN]
