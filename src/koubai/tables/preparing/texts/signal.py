"""Whether texts say something of the target: whether a linear model predicts rows that it did not learn from."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Array, Floats
from koubai.core.language import worded
from koubai.tables.files.names import as_option
from koubai.tables.meaning.columns import CATEGORY, TEXT, Column, is_prose
from koubai.tables.preparing.categories import MAX_CATEGORIES
from koubai.tables.preparing.splits import Rows, Splitter
from koubai.tables.preparing.texts.column import TextColumn

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 3000
"""So many rows are looked at."""
LEAST_ROWS = 50
"""In fewer rows, texts count as saying nothing, unless they are asked for."""
HELD_OUT = 1 / 3
MOST_CLASSES = 20
"""More classes than this are told apart by the commonest of them."""
LEAST_SHARE = 0.02
"""The share of the target's variance that texts must explain …"""
CERTAINLY = 3.0
"""… and which must exceed its standard error by this factor."""


def said_by_texts(column: "pl.Series", y: Array, splitter: Splitter, is_classes: bool, rows: Rows) -> float:
    """Return which share of the target's variance texts explain in rows not learned from; 0 where that may be chance.

    Parameters
    ----------
    column : Series
        The texts of all rows.
    y : array of shape (n_rows,)
        The targets.
    splitter : Splitter
        Which rows are kept apart.
    is_classes : bool
        Whether targets are classes.
    rows : array of int
        The rows to learn from; no others are looked at.
    """
    from sklearn.linear_model import Ridge

    rows = rows[:: max(1, -(-len(rows) // MOST_ROWS))]
    kept, held = splitter.split(rows, HELD_OUT, 0)
    if min(len(kept), 2 * len(held)) < LEAST_ROWS / 2 or column[kept].null_count() == len(kept):
        return 0.0
    prepared = TextColumn.fit(column[kept], Column(column.name, TEXT))
    if not prepared.n_terms:
        return 0.0
    targets = _numbers(y, kept, is_classes)
    model = Ridge(1.0).fit(prepared.transform(column[kept]), targets[kept])
    answers = np.asarray(model.predict(prepared.transform(column[held]))).reshape(len(held), -1)
    gains = (targets[held] - targets[kept].mean(axis=0)) ** 2
    total = float(gains.sum())
    gained = (gains - (targets[held] - answers) ** 2).sum(axis=1)
    if splitter.groups is not None:  # rows of one group say the same
        gained = np.bincount(np.unique(splitter.groups[held], return_inverse=True)[1], gained)
    error = float(gained.std()) * np.sqrt(len(gained))
    share = float(gained.sum()) / total if total > 0 else 0.0
    return share if share > LEAST_SHARE and gained.sum() > CERTAINLY * error else 0.0


def _numbers(y: Array, kept: Rows, is_classes: bool) -> Floats:
    """Return targets as numbers, (n_rows, 1) or (n_rows, n_classes): 1 for a row's class, and ranks of numbers."""
    if is_classes:
        classes, counts = np.unique(y[kept], return_counts=True)
        commonest = classes[np.argsort(-counts, kind="stable")[:MOST_CLASSES]]
        return (y[:, np.newaxis] == commonest).astype(np.float64)
    ordered = np.sort(y[kept])
    return np.searchsorted(ordered, y)[:, np.newaxis] / len(ordered)


def with_texts(
    described: Sequence[Column],
    frame: "pl.DataFrame",
    y: Array,
    splitter: Splitter,
    is_classes: bool,
    rows: Rows,
    besides: Collection[str] = (),
) -> list[Column]:
    """Return what columns hold, those of long texts being used as texts where these say something of the target.

    Parameters
    ----------
    described : sequence of Column
        What they hold as far as their cells alone tell.
    frame : polars.DataFrame
        The rows that have a target.
    y, splitter, is_classes, rows
        As for `said_by_texts`.
    besides : collection of str
        Columns of which the user said what they are.
    """
    return [
        _decided(column, frame[column.name], y, splitter, is_classes, rows)
        if column.name not in besides and _may_be_texts(column, frame[column.name])
        else column
        for column in described
    ]


def _may_be_texts(column: Column, cells: "pl.Series") -> bool:
    """Tell whether a column holds long texts that are left out, or more of them than there can be categories."""
    if column.kind == TEXT:
        return not column.used
    many = column.kind == CATEGORY and column.n_different > MAX_CATEGORIES
    return many and cells.null_count() < len(cells) and is_prose(cells.drop_nulls())


def _decided(column: Column, cells: "pl.Series", y: Array, splitter: Splitter, is_classes: bool, rows: Rows) -> Column:
    share = said_by_texts(cells, y, splitter, is_classes, rows)
    if not share:
        said = worded("tables.note.their_words_say_nothing_target", reason=column.reason)
        return replace(column, reason=said) if column.reason else column
    name = as_option(column.name)
    note = worded(
        "tables.note.column_read_texts_their_words", name=repr(column.name), share=f"{share:.0%}", name_2=name
    )
    return Column(column.name, TEXT, "", column.n_missing, column.n_different, note=note)
