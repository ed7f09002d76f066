"""Detection of suspicious data in a usable table: sentinels, spellings, repeated rows, leaks.

Nothing is changed on suspicion; each finding becomes a note on what to do if it is true.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from koubai.core.language import all_of, listed_as, worded
from koubai.tables.meaning.columns import NUMBER
from koubai.tables.meaning.date_formats import DateFormat
from koubai.tables.meaning.doubts import sums_below
from koubai.tables.meaning.values import TRUTH, are_mixed_truths, dates, labels, numbers
from koubai.tables.preparing.categories import CategoryColumn
from koubai.tables.preparing.dated import DateColumn
from koubai.tables.preparing.leaks import leaks
from koubai.tables.preparing.numeric import NumberColumn
from koubai.tables.preparing.preparation import Preparation
from koubai.tables.preparing.targets import AS_ASKED, Target

if TYPE_CHECKING:
    import polars as pl

FAR = 2.0
"""A number stands far from all others if its distance to the next is this many times their range."""

LAST_YEARS = 9000
"""Dates of years beyond are marks: 9999-12-31."""

REPEATED = 0.01
"""Rows that repeat others are worth saying if they are this share of all rows."""

MOST_SPELLINGS = 5000
"""Columns of more different texts are not searched for spellings."""


class Lone(NamedTuple):
    """A number far from all others: itself, how many rows hold it, and between what the others lie."""

    value: float
    n_rows: int
    lowest: float
    highest: float


FEW_CODES = 5
"""Whole numbers that are read as classes are mentioned from this many different ones on."""


def suspicions(
    frame: "pl.DataFrame",
    target: Target,
    preparation: Preparation,
    kept: npt.NDArray[np.int64] | None = None,
    test: npt.NDArray[np.int64] | None = None,
) -> list[str]:
    """Return the findings on a table, one sentence each.

    Parameters
    ----------
    frame : polars.DataFrame
        Its cleaned rows that have a target, or a sample of them.
    target : Target
        The column to be predicted.
    preparation : Preparation
        The other columns that are used.
    kept, test : array of int, optional
        Row numbers in ``frame`` of the rows to learn from, and of those held out.
    """
    if not frame.height:
        return []
    columns = {column.name: frame[column.name] for column in preparation.columns}
    values = {
        column.name: numbers(columns[column.name], column.format)
        for column in preparation.columns
        if isinstance(column, NumberColumn) and column.kind == NUMBER
    }
    y = frame[target.name]
    if not target.is_classification:
        values[target.name] = numbers(y, target.format)
    texts = {c.name: columns[c.name] for c in preparation.columns if isinstance(c, CategoryColumn)}
    if target.is_classification and not target.whole and not target.truth:
        texts[target.name] = y
    inputs = {name: values.get(name, column) for name, column in columns.items()}
    answers = values[target.name] if target.name in values else labels(y)
    return [
        *sentinels(values),
        *far_dates({c.name: (frame[c.name], c.format) for c in preparation.columns if isinstance(c, DateColumn)}),
        *(sentence for name, column in texts.items() if (sentence := spellings(column, name == target.name))),
        *(sums_below(values, frame.height) if kept is not None else ()),
        *repeated_rows(frame, kept, test),
        *leaks(inputs, answers, target.name),
    ]


def amounts_as_classes(target: Target, n_classes: int) -> str:
    """Return a sentence on whole numbers that were read as classes and might be amounts, or nothing.

    Counts such as 0 … 11 look like the codes of classes; a model of classes then knows nothing of their order.
    """
    if not target.whole or target.why == AS_ASKED or n_classes < FEW_CODES:
        return ""
    return worded("tables.note.different_whole_numbers_read_classes", n_classes=n_classes, name=repr(target.name))


def lone_value(values: "pl.Series") -> Lone | None:
    """Return the lowest or highest of numbers if it stands far from all others, as a mark for missing ones would.

    Nines, as in -999, are believed sooner than other whole numbers, which must come at least three times.

    Examples
    --------
    >>> import polars as pl
    >>> lone_value(pl.Series([-999.0, *range(20)])).value
    -999.0
    """
    present = values.drop_nulls()
    if len(present) < 12:
        return None
    for end in (float(present.min()), float(present.max())):  # type: ignore[arg-type]  # numbers
        others = present.filter(present != end)
        count = len(present) - len(others)
        if len(others) < 10 or count > len(others) or end != round(end):
            continue
        lowest, highest = float(others.min()), float(others.max())  # type: ignore[arg-type]  # numbers
        gap, span = max(lowest - end, end - highest), highest - lowest
        nines = re.fullmatch(r"-?9{2,}", f"{end:.0f}") is not None and (count > 1 or abs(end) > 99)
        common = count >= 3 and others.n_unique() >= 5
        if span > 0 and gap >= FAR * span and (nines or common):
            return Lone(end, count, lowest, highest)
    return None


def sentinels(columns: "dict[str, pl.Series]") -> list[str]:
    """Return a sentence for each number that stands far from all else in one or more columns."""
    found: dict[float, dict[str, Lone]] = defaultdict(dict)
    for name, values in columns.items():
        if lone := lone_value(values):
            found[lone.value][name] = lone
    sentences: list[str] = []
    for value, lones in found.items():
        name, lone = next(iter(lones.items()))
        also = [
            other
            for other, values in columns.items()
            if other != name and (other in lones or (_is_alone(values, value)))
        ]
        more = worded("tables.note.does", also=", ".join(also)) if also else ""
        between = (f"{lone.lowest:.6g}", f"{lone.highest:.6g}")
        sentences.append(_stands_far(name, f"{value:.10g}", lone.n_rows, between, more))
    return sentences


def _stands_far(name: str, value: str, n_rows: int, others: tuple[str, str], more: str = "") -> str:
    """Return the sentence about a value that stands far from all others, which lie between two."""
    return worded(
        "tables.note.column_stands_far_all_else",
        name=repr(name),
        value=value,
        rows=worded("tables.note.row_3") if n_rows == 1 else worded("tables.note.rows", n_rows=f"{n_rows:,}"),
        lowest=others[0],
        highest=others[1],
        more=more,
    )


def far_dates(columns: "Mapping[str, tuple[pl.Series, DateFormat]]") -> list[str]:
    """Return a sentence for each column in which one date stands far from all others, as 9999-12-31 and 1900-01-01 do.

    The last years that a calendar knows are believed however many rows hold them, other dates from three rows on.

    Examples
    --------
    >>> import polars as pl
    >>> days = pl.Series([f"2024-05-{day:02}" for day in range(1, 21)] + ["9999-12-31"] * 2)
    >>> print(far_dates({"until": (days, DateFormat())})[0])
    Column 'until': 9999-12-31 stands in 2 rows far from all else (2024-05-01 to 2024-05-20). If it marks missing \
values, say --missing 9999-12-31.
    """
    sentences: list[str] = []
    for name, (cells, format) in columns.items():
        times = dates(cells, format)
        known = times.drop_nulls().unique().sort()
        if len(known) < 6:
            continue
        for end, first, last in ((known[0], known[1], known[-1]), (known[-1], known[0], known[-2])):
            there = (times == end).fill_null(False)
            count, n_others = int(there.sum()), int((~there & times.is_not_null()).sum())
            believed = end.year > LAST_YEARS or 3 <= count <= n_others
            if max(first - end, end - last) < FAR * (last - first) or not believed:
                continue
            cell = cells[int(there.arg_true()[0])]
            value = cell if isinstance(cell, str) else str(cell).removesuffix(" 00:00:00")
            sentences.append(_stands_far(name, value, count, (f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}")))
            break
    return sentences


def _is_alone(values: "pl.Series", value: float) -> bool:
    """Tell whether a number that is suspected elsewhere lies outside the range of the others here, repeatedly."""
    others = values.filter(values != value).drop_nulls()
    count = int((values == value).sum())
    if count < 3 or not len(others):
        return False
    lowest, highest = float(others.min()), float(others.max())  # type: ignore[arg-type]  # numbers
    return max(lowest - value, value - highest) > 0.1 * (highest - lowest)


def spellings(column: "pl.Series", is_target: bool = False) -> str:
    """Return a sentence on texts that differ only in the case of letters, in blanks or in width, or nothing.

    Examples
    --------
    >>> import polars as pl
    >>> print(spellings(pl.Series("ok", ["yes", "Yes", "no"])))
    Column 'ok': 'Yes' and 'yes' differ only in spelling and are different categories. Make them one if they are one.
    """
    different = column.drop_nulls().unique()
    if len(different) > MOST_SPELLINGS:
        return ""
    found = labels(different, as_written=is_target).unique()
    groups: dict[str, list[str]] = defaultdict(list)
    key = _key
    if are_mixed_truths([text.lower() for text in found]):

        def key(text: str) -> str:
            return str(TRUTH[text.lower()])

    for text in sorted(found.to_list()):
        groups[key(text)].append(text)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return ""
    alike = [all_of([repr(text) for text in group[:4]]) for group in several[:3]]
    shown = listed_as("; ", alike) + ("; …" if several[3:] else "")
    said = "tables.note.spelled_target" if is_target else "tables.note.spelled_column"
    return worded(said, name=repr(column.name), shown=shown)


def _key(text: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub(r"^([+-]?(?:0|[1-9][0-9]*))\.0*$", r"\1", plain)


def repeated_rows(
    frame: "pl.DataFrame", kept: npt.NDArray[np.int64] | None = None, test: npt.NDArray[np.int64] | None = None
) -> list[str]:
    """Return a sentence on rows that repeat others in all columns, more of them than chance explains, or nothing."""
    plain = frame.select(column for column in frame.iter_columns() if not column.dtype.is_nested())
    if plain.width < 2:
        return []
    rows = plain.hash_rows()
    n_repeated = len(rows) - rows.n_unique()
    if n_repeated < max(1, REPEATED * len(rows)) or n_repeated <= 3 * _pairs_by_chance(plain):
        return []
    key = "tables.note.row_repeats" if n_repeated == 1 else "tables.note.rows_repeat"
    sentence: str = worded(key, n_repeated=f"{n_repeated:,}", n_rows=f"{len(rows):,}")
    if kept is not None and test is not None and len(test):
        both = int(rows[test].is_in(rows[kept].unique().implode()).sum())
        if both:
            key = "tables.note.test_row_repeats" if both == 1 else "tables.note.test_rows_repeat"
            sentence += worded(key, both=f"{both:,}", n_test=f"{len(test):,}", space=" ")
    return [sentence]


def _pairs_by_chance(frame: "pl.DataFrame") -> float:
    """Return how many pairs of rows would be equal if the columns had nothing to do with each other.

    A row is no pair with itself: counted as one, it would make any repetition in a small table look like chance.
    """
    pairs = frame.height * (frame.height - 1) / 2
    chance = 1.0
    for column in frame.iter_columns():
        counts = column.value_counts(name="n_rows_of_it")["n_rows_of_it"].to_numpy().astype(np.float64)
        chance *= float((counts * (counts - 1) / 2).sum()) / max(1.0, pairs)
    return chance * pairs
