"""Vectors of many features, of which a page shows the entries that matter: as vectors they would fill it."""

from collections.abc import Sequence

from koubai.core.arrays import Array
from koubai.core.formulas.tree import Formula, Number, Symbol, add
from koubai.core.formulas.values import Value, as_given
from koubai.explain.derivations import Block, Cell, Table, Text, say

SHOWN_FEATURES = 12
"""Maximum number of features shown as vectors and columns; with more, as many weights are shown by name."""
LISTED = 6
"""Maximum number of terms shown of a sum, and of changes shown of an update."""


def largest_terms(terms: Sequence[Formula]) -> tuple[Formula, tuple[Text, ...]]:
    """Return the sum of terms; of many, the largest are written and the others added up.

    Parameters
    ----------
    terms : sequence of Formula
        The terms that are not 0.
    """
    if len(terms) <= LISTED:
        return (add(*terms) if terms else Number(as_given(0))), ()
    order = sorted(range(len(terms)), key=lambda k: -abs(terms[k].evaluate()))
    shown, others = sorted(order[:LISTED]), order[LISTED:]
    rest = Number(sum((terms[k].evaluate() for k in others), as_given(0)))
    note = say("explain.note.rest", rest=rest, count=len(others), shown=len(shown))
    return add(*(terms[k] for k in shown), rest), (note,)


def changes(features: Sequence[str], before: Array, after: Array, t: int) -> list[Block]:
    """Return the weights that an update changed, with what was added to each; of many, the largest changes."""
    changed = [k for k in range(len(before)) if before[k] != after[k]]
    shown = sorted(_largest(changed, [abs(after[k] - before[k]) for k in changed], LISTED))
    columns = (
        say("explain.column.feature"),
        Symbol("w", ("j",), t - 1),
        say("explain.column.added"),
        Symbol("w", ("j",), t),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (features[k], *(Number(as_given(value)) for value in (before[k], after[k] - before[k], after[k])))
        for k in shown
    )
    return [Table(columns, rows), *_others(len(changed) - len(shown))]


def weights(features: Sequence[str], values: Array) -> list[Block]:
    """Return the weights that are not 0 by the names of their features, largest first."""
    there = [k for k in range(len(values)) if values[k] != 0]
    shown = _largest(there, [abs(values[k]) for k in there], SHOWN_FEATURES)
    if not shown:
        return [say("explain.text.all_weights_zero")]
    columns = (say("explain.column.feature"), say("explain.column.weight"))
    rows = tuple((features[k], Number(as_given(values[k]))) for k in shown)
    return [Table(columns, rows), *_others(len(there) - len(shown))]


def _largest(places: Sequence[int], sizes: Sequence[Value], count: int) -> list[int]:
    return [place for _, place in sorted(zip(sizes, places, strict=True), key=lambda pair: (-pair[0], pair[1]))][:count]


def _others(count: int) -> list[Block]:
    return [say("explain.text.more_rows", count=count)] if count else []
