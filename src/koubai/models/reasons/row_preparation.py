"""From a table's cells to the network's inputs, for one row: filled in, standardised, and what else columns give."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from koubai.core.arrays import Floats
from koubai.core.formulas.tree import Formula, Number, Quantity, Symbol, log
from koubai.core.formulas.values import as_given
from koubai.explain.derivations import Block, Cell, Section, Step, Table, Text, say, step_id
from koubai.tables.preparing.numeric import LIMIT, NumberColumn
from koubai.tables.preparing.preparation import Preparation

if TYPE_CHECKING:
    import polars as pl

MOST_COLUMNS = 12
"""Columns of numbers that are shown step by step."""
MOST_FEATURES = 40
"""Other features that are listed."""
LONGEST = 30
"""Characters of a cell that are shown."""


def preparation_section(preparation: Preparation, frame: "pl.DataFrame", row: int) -> Section:
    """Return how one row's cells become inputs, as the first section of its derivation.

    Parameters
    ----------
    preparation : Preparation
        What was learned of the columns.
    frame : polars.DataFrame
        The cleaned table.
    row : int
        Which row, counted from 0.
    """
    one = preparation.read(frame.slice(row, 1), row)
    blocks: list[Block] = [say("explain.prepared.about")]
    others: list[tuple[Cell, ...]] = []
    shown, first = 0, 1
    for column in preparation.columns:
        cell = one[column.name][0]
        values = column.transform(one[column.name], row)[0]
        begin = 0
        if isinstance(column, NumberColumn) and shown < MOST_COLUMNS:
            blocks.append(_standardised(column, None if cell is None else float(cell), first, float(values[0])))
            shown, begin = shown + 1, 1
        others += _others(column.features, values, first, begin, cell)
        first += len(values)
    if others:
        columns: tuple[Cell, ...] = (Symbol("x", ("j",)), *map(say, (f"explain.column.{n}" for n in COLUMNS)))
        blocks += [say("explain.prepared.others"), Table(columns, tuple(others[:MOST_FEATURES]))]
    if len(others) > MOST_FEATURES:
        blocks.append(say("explain.prepared.more", count=len(others) - MOST_FEATURES))
    return Section(say("explain.prepared.title"), tuple(blocks))


COLUMNS = ("feature", "cell", "value")


def _standardised(column: NumberColumn, cell: float | None, place: int, value: float) -> Step:
    """Return the step from a number, or the median in its place, to the feature (g(c) - m) / s."""
    given = column.median if cell is None else cell
    c = Quantity(Symbol("c"), Number(as_given(given)))
    mean = Quantity(Symbol("m"), Number(as_given(column.mean)))
    scale = Quantity(Symbol("s"), Number(as_given(column.scale)))
    notes: list[Text] = []
    if cell is None:
        notes.append(say("explain.prepared.median", value=f"{column.median:g}"))
    inside: Formula = c
    if column.unit:
        unit = Quantity(Symbol("q"), Number(as_given(column.unit)))
        inside = log(1 + c / unit) if given >= 0 else -log(1 + (-c) / unit)
        notes.append(say("explain.prepared.logarithm"))
    if abs(value) >= LIMIT:
        notes.append(say("explain.prepared.clipped", limit=f"{LIMIT:g}"))
    key = "explain.prepared.filled" if cell is None else "explain.prepared.standardised"
    formula = (inside - mean) / scale
    shown = formula.evaluate() if abs(value) < LIMIT else value
    return Step(
        step_id("prepared", place),
        say(key, name=column.name),
        Symbol("x", (place,)),
        formula,
        Number(shown),
        notes=tuple(notes),
    )


def _others(features: list[str], values: Floats, first: int, begin: int, cell: object) -> Iterator[tuple[Cell, ...]]:
    """Yield what is no standardised number: ranks, pieces, marks of missing cells, categories that hold."""
    written = say("explain.prepared.empty") if cell is None else _short(cell)
    for k in range(begin, len(features)):
        if values[k]:
            yield Symbol("x", (first + k,)), features[k], written, Number(as_given(float(values[k])))


def _short(cell: object) -> str:
    text = f"{cell:g}" if isinstance(cell, float) else str(cell)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
