"""Detection of target leakage: copies of the target, renamed classes, and sums that yield it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from koubai.core.arrays import Floats
from koubai.core.language import worded
from koubai.tables.files.names import as_option

if TYPE_CHECKING:
    import polars as pl


MOST_ROWS = 5000
"""Maximum number of rows examined, spread over the table."""
LEAST_ROWS = 20
"""Minimum number of rows for meaningful detection."""
ROWS_PER_VALUE = 10
"""Minimum average number of rows per value for a column to be reported as determining the class."""
COPY = 0.9999
"""Rank correlation with the target above which a column counts as a copy."""
EXACT = 1e-3
"""A sum is exact if what is left is less than this share of the target's deviation, as rounded sums leave some."""
ROUNDED = 1e-2
"""And a sum whose weights are all 1 or -1, if it is less than this: its parts may be rounded to few digits."""
NOTHING = 2e-3
"""Columns with a smaller share in the sum are no part of it."""
MOST_TERMS = 200


def leaks(inputs: "Mapping[str, pl.Series]", answers: "pl.Series", target: str) -> list[str]:
    """Return a sentence for each column, or sum of columns, that gives the target away.

    Parameters
    ----------
    inputs : mapping of str to Series
        The columns to learn from: numbers as numbers.
    answers : Series
        The target: numbers for a regression, texts for classes.
    target : str
        Its name.

    Examples
    --------
    >>> import polars as pl
    >>> a, b = pl.Series([n * 37 % 101 for n in range(60)]), pl.Series([n * 53 % 89 for n in range(60)])
    >>> leaks({"a": a, "b": b}, a - b, "y")
    ["The target 'y' is a - b. If these are not known beforehand, say --drop a,b."]
    """
    import polars as pl

    every = -(-len(answers) // MOST_ROWS)
    y = answers.gather_every(every)
    columns = {name: column.gather_every(every) for name, column in inputs.items()}
    if len(y) < LEAST_ROWS:
        return []
    if y.dtype == pl.String:
        return [sentence for name, column in columns.items() if (sentence := _tells_class(name, column, y, target))]
    numeric = {name: column for name, column in columns.items() if column.dtype.is_numeric()}
    ranks_of_y = y.rank()
    copies = [sentence for name, x in numeric.items() if (sentence := _copy(name, x, y, ranks_of_y, target))]
    return copies or _sum(numeric, y, target)


def _tells_class(name: str, column: "pl.Series", y: "pl.Series", target: str) -> str:
    """Return a sentence if each of a column's few values goes with one class."""
    import polars as pl

    if ROWS_PER_VALUE * column.n_unique() > len(column) + ROWS_PER_VALUE:
        return ""
    there = column.is_not_null()
    column, y = column.filter(there), y.filter(there)
    n, k, n_classes = len(column), column.n_unique(), y.n_unique()
    if k < 2 or n_classes < 2 or n < max(LEAST_ROWS, ROWS_PER_VALUE * k):
        return ""
    if pl.DataFrame({"x": column, "y": y}).n_unique() != k:
        return ""
    key = "tables.note.column_is_target" if k == n_classes else "tables.note.column_tells_target"
    return worded(key, name=repr(name), k=k, target=target, as_option=as_option(name))


def _copy(name: str, column: "pl.Series", y: "pl.Series", ranks_of_y: "pl.Series", target: str) -> str:
    """Return a sentence if a column goes up and down with the target, without exception or nearly so."""
    x = column
    if column.has_nulls() or y.has_nulls():
        there = column.is_not_null() & y.is_not_null()
        x, ranks_of_y = column.filter(there), y.filter(there).rank()
    if len(x) < LEAST_ROWS or x.n_unique() < 10:
        return ""
    ranks, of_y = x.rank().to_numpy(), ranks_of_y.to_numpy()
    if of_y.std() == 0 or abs(float(np.corrcoef(ranks, of_y)[0, 1])) < COPY:
        return ""
    return worded(
        "tables.note.column_gives_target_away_both", name=repr(name), target=target, as_option=as_option(name)
    )


def _sum(columns: "dict[str, pl.Series]", y: "pl.Series", target: str) -> list[str]:
    """Return a sentence if the target is a sum of other columns, each with its weight."""
    if not 2 <= len(columns) <= MOST_TERMS:
        return []
    x: Floats = np.column_stack([column.cast(float).to_numpy() for column in columns.values()])
    answers: Floats = y.cast(float).to_numpy()
    whole = np.isfinite(x).all(axis=1) & np.isfinite(answers)
    x, answers = x[whole], answers[whole]
    if len(x) < max(LEAST_ROWS, 3 * x.shape[1]) or not answers.std() > 0:
        return []
    with np.errstate(all="ignore"):
        deviations = x.std(axis=0)
        varies = np.isfinite(deviations) & (deviations > 0)
        scaled = (x[:, varies] - x[:, varies].mean(axis=0)) / deviations[varies]
        centred = (answers - answers.mean()) / answers.std()
    if not np.isfinite(scaled).all() or not np.isfinite(centred).all():
        return []
    weights = np.linalg.lstsq(scaled, centred, rcond=1e-9)[0]
    left = np.abs(centred - scaled @ weights).std()
    names = [name for name, there in zip(columns, varies, strict=True) if there]
    own = weights * answers.std() / deviations[varies]
    terms = [(name, float(w)) for name, w, share in zip(names, own, weights, strict=True) if abs(share) > NOTHING]
    plain = len(terms) > 1 and all(abs(abs(weight) - 1) < 0.01 for _, weight in terms)
    if left > (ROUNDED if plain else EXACT):
        return []
    listed = as_option(*(name for name, _ in terms))
    if plain:
        signed = "".join(f" {'+' if weight > 0 else '-'} {name}" for name, weight in terms)
        shown = worded("tables.note.plain_sum", signed=signed.removeprefix(" +").strip())
    else:
        shown = worded("tables.note.weighted_sum", name=", ".join((name for name, _ in terms)))
    return [worded("tables.note.target_if_these_not_known", target=repr(target), shown=shown, listed=listed)]
