"""What each column of a table holds, and whether it is of use."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from koubai.core.errors import DataError
from koubai.tables.values import TRUTH_PAIRS, date_form, labels, numbers, shortened

if TYPE_CHECKING:
    import polars as pl

NUMBER = "number"
CATEGORY = "category"
BOOLEAN = "boolean"
DATE = "date"
USED = (NUMBER, CATEGORY, BOOLEAN, DATE)

MOSTLY_UNIQUE = 0.5
"""Texts of which more than this share are different name the rows and say nothing about others."""

MOSTLY_NUMBERS = 0.9
"""A column of texts of which this share are numbers is a column of numbers with mistakes in it."""

LONG_NAME = 40
"""Longer names of columns are cut off in lists (characters)."""

_NAME_OF_ROWS = re.compile(r"(^|[_\s.-])(id|ids|uid|uuid|guid|index|idx|key|nr|no|number|rownames?)$", re.I)
_CAMEL_ID = re.compile(r"[a-z](Id|ID)$")
_CODE = re.compile(r"^0\d+$")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        ``number``, ``category``, ``boolean`` or ``date`` for a column that is used; ``identifier``, ``text``,
        ``constant``, ``missing``, ``nested`` or ``dropped`` for one that is left out.
    reason : str
        For a column that is left out, why.
    n_missing, n_different : int
        Cells that are missing, and different values among the others.
    form : str
        For a date in text form, how it is written, as `polars.Series.str.to_datetime` reads it.
    """

    name: str
    kind: str
    reason: str = ""
    n_missing: int = 0
    n_different: int = 0
    form: str = ""

    @property
    def used(self) -> bool:
        """Whether the network gets to see it."""
        return self.kind in USED


def describe_columns(
    frame: "pl.DataFrame",
    *,
    drop: Collection[str] = (),
    keep: Collection[str] = (),
    category: Collection[str] = (),
    of_rows: int | None = None,
) -> list[Column]:
    """Find out what the columns of a cleaned table hold.

    Parameters
    ----------
    frame : polars.DataFrame
        The table without the target, as `koubai.tables.values.clean` returns it.
    drop, keep, category : collections of str
        Names of columns that are left out, that are used though they look like identifiers, and that are
        categories though they look like numbers.
    of_rows : int, optional
        How many rows the whole table has, where the frame is a sample of them.

    Raises
    ------
    DataError
        If one of the names does not exist, or a column of numbers holds a few texts.
    """
    for name in (*drop, *keep, *category):
        require_column(frame, name)
    return [
        Column(column.name, "dropped", "left out as asked")
        if column.name in drop
        else _describe(column, column.name in keep, column.name in category, of_rows)
        for column in frame.iter_columns()
    ]


def require_column(frame: "pl.DataFrame", name: str) -> None:
    """Raise DataError, with the names that come close, unless the table has a column of this name."""
    if name not in frame.columns:
        by_case = {other.lower(): other for other in frame.columns}
        close = [by_case[near] for near in get_close_matches(name.lower(), by_case, 3)]
        hint = (
            f"Did you mean {' or '.join(map(shortened, close))}?" if close else f"There are: {_listed(frame.columns)}."
        )
        raise DataError(f"The table must have a column {shortened(name)}; it has none of that name. {hint}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(name if len(name) <= LONG_NAME else name[:LONG_NAME] + "…" for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"


def _describe(column: "pl.Series", keep: bool, category: bool, of_rows: int | None) -> Column:
    import polars as pl

    its = "its" if of_rows in (None, len(column)) else f"{len(column)} sampled"
    name, n_missing = column.name, column.null_count()
    if n_missing == len(column):
        return Column(name, "missing", f"all {its} cells are missing", n_missing)
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        return Column(name, "nested", f"its cells are no single values but {column.dtype}", n_missing)
    present = column.drop_nulls()
    n_different = present.n_unique()
    if n_different == 1 and not n_missing:
        return Column(name, "constant", f"all {its} cells are {shortened(present[0])}", 0, 1)
    if category:
        return Column(name, CATEGORY, "", n_missing, n_different)
    kind, form = _kind(present)
    reason = "" if keep else _names_rows(present, kind, n_missing, n_different, of_rows or len(column))
    if reason:
        long = kind == CATEGORY and labels(present).str.len_chars().mean() > 40  # type: ignore[operator]  # no nulls here
        return Column(name, "text" if long else "identifier", reason, n_missing, n_different)
    return Column(name, kind, "", n_missing, n_different, form)


def _kind(present: "pl.Series") -> tuple[str, str]:
    """Return what the cells of a column without missing ones are, and for dates their form."""
    import polars as pl

    if present.dtype == pl.Boolean:
        return BOOLEAN, ""
    if present.dtype in (pl.Date, pl.Datetime):
        return DATE, ""
    if present.dtype != pl.String:
        return NUMBER, ""
    found = numbers(present)
    n_numbers = len(found) - found.null_count()
    if n_numbers == len(present):
        return (CATEGORY if present.str.contains(_CODE.pattern).any() else NUMBER), ""
    if n_numbers >= MOSTLY_NUMBERS * len(present) and len(present) >= 10:
        _refuse_mistakes(present, found)
    if any(set(present.str.to_lowercase().unique()) <= pair for pair in TRUTH_PAIRS):
        return BOOLEAN, ""
    form = date_form(present)
    return (DATE, form) if form else (CATEGORY, "")


def _refuse_mistakes(present: "pl.Series", found: "pl.Series") -> None:
    texts = present.filter(found.is_null())
    n_texts, holds = len(texts), "holds" if len(texts) == 1 else "hold"
    raise DataError(
        f"Column {present.name!r} must hold numbers, as {len(present) - n_texts} of its cells do; {n_texts} {holds} "
        f"text, the first {shortened(texts[0])}. Correct them, or name the column in drop or category."
    )


def _names_rows(present: "pl.Series", kind: str, n_missing: int, n_different: int, of_rows: int) -> str:
    """Return why a column only names the rows, or nothing."""
    n = len(present)
    if kind == CATEGORY and n_different > MOSTLY_UNIQUE * n and n_different > 2:
        return f"{n_different} different texts in {n} cells name the rows"
    if kind != NUMBER or n < 10:
        return ""
    values = numbers(present)
    if (values != values.round()).any():
        return ""
    if n_different == n and not n_missing and float(values.max()) - float(values.min()) < 1.5 * of_rows:  # type: ignore[arg-type]  # numbers
        return "its whole numbers count the rows"
    if n_different > MOSTLY_UNIQUE * n and (_NAME_OF_ROWS.search(present.name) or _CAMEL_ID.search(present.name)):
        return f"{n_different} different whole numbers in {n} cells name the rows"
    return ""
