"""Detection of each column's number format, from all its cells and then from the other columns.

"1.234" may be 1.234 or 1234. A cell of which only one reading is a number proves that reading for its column, and
columns that prove one decide for those that do not: a table is written in one way. What is left is taken in the way
that nearly all tables use, with a note, or, where it cannot be told, asked for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from koubai.core.errors import DataError
from koubai.core.language import listed_as, one_after_another, worded
from koubai.tables.meaning.number_formats import CURRENCIES, LAKHS, SPACES, Asked, NumberFormat, core_pattern, parts_of

if TYPE_CHECKING:
    import polars as pl

MOSTLY_NUMBERS = 0.9
"""A text column with at least this share of numbers is a numeric column with mistakes."""

FIRST = 200
"""Approximate number of cells, spread over a column, examined first; they nearly always decide."""

POINT, COMMA = core_pattern(".", grouped=True), core_pattern(",", grouped=True)


UNCLEAR = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
"""A number with a point that may be a thousands separator."""


class Evidence(NamedTuple):
    """What a column of texts shows of how its numbers are written.

    ``point`` and ``comma`` count cells that are numbers only if that is the decimal mark; ``unclear`` is an example of
    a cell that is a number either way, with another value, or nothing; ``below`` and ``above`` say whether there are
    whole numbers without marks below 1000, and from 1000 on. ``unit`` is that of all cells, None if they have
    different ones. ``n_numbers`` counts the cells that are numbers, one way or the other. ``minus_behind`` is an
    example of a cell with a minus behind its digits, ``lakhs`` of one with groups as in India, or nothing.
    """

    point: int = 0
    comma: int = 0
    unclear: str = ""
    below: bool = False
    above: bool = False
    unit: str | None = ""
    shown: str = ""
    n_plus: int = 0
    n_in_parentheses: int = 0
    n_numbers: int = 0
    minus_behind: str = ""
    lakhs: str = ""

    @property
    def decimal(self) -> str | None:
        """The decimal mark that cells prove; where they contradict each other, that of more of them."""
        if not self.point and not self.comma:
            return None
        return "." if self.point >= self.comma else ","


@dataclass(frozen=True, slots=True)
class Decided:
    """The format of a column, None if its cells have several units; and a note on it."""

    format: NumberFormat | None
    note: str = ""


def evidence_of(column: "pl.Series") -> Evidence | None:
    """Return the evidence from a text column, or None if it is not numeric."""
    import polars as pl

    present = column.drop_nulls()
    if column.dtype != pl.String or not len(present):
        return None
    first = present.gather_every(max(1, len(present) // FIRST))
    if not present.cast(pl.Float64, strict=False).has_nulls():
        with_point = first.filter(first.str.contains(".", literal=True))
        if not with_point.str.contains(UNCLEAR).all():
            return Evidence(1, n_numbers=len(present))
        if not len(with_point) and not present.str.contains(".", literal=True).any():
            return Evidence(n_numbers=len(present))
        return _shapes(present)
    if first.str.contains("[0-9\uff10-\uff19]").sum() < MOSTLY_NUMBERS * len(first):
        return None
    if _shapes(first).n_numbers < MOSTLY_NUMBERS * len(first):
        return None
    found = _shapes(present)
    return found if found.n_numbers >= MOSTLY_NUMBERS * len(present) else None


def _shapes(present: "pl.Series") -> Evidence:
    """Count what the cells of a column without missing ones show."""
    import polars as pl

    cells = pl.DataFrame(parts_of(present)).with_columns(cell=present).filter(pl.col("digits").is_not_null())
    digits = cells["digits"]
    by_point, by_comma = digits.str.contains(POINT), digits.str.contains(COMMA)
    marked = digits.str.contains("[.,]")
    unclear = cells["cell"].filter(by_point & by_comma & marked)
    whole = digits.filter(digits.str.contains("^[0-9]+$"))
    unit, shown = _unit(cells)
    return Evidence(
        int((by_point & ~by_comma).sum()),
        int((by_comma & ~by_point).sum()),
        _first(unclear),
        bool((whole.str.len_chars() <= 3).any()),
        bool((whole.str.len_chars() > 3).any()),
        None if _is_grouped_like_a_code(digits) else unit,
        shown,
        int(cells["plus"].sum()),
        int(cells["cell"].str.starts_with("(").sum()),
        int((by_point | by_comma).sum()),
        _first(cells["cell"].filter(cells["minus_behind"])),
        _first(cells["cell"].filter(digits.str.contains(rf"^{LAKHS}(?:\.|$)"))),
    )


def _first(cells: "pl.Series") -> str:
    return str(cells[0]) if len(cells) else ""


def _unit(cells: "pl.DataFrame") -> tuple[str | None, str]:
    """Return the one unit of all cells and how the first shows it, or None if there are several."""
    units = cells["unit"].unique().to_list()
    named = [unit for unit in units if unit]
    if not named:
        return "", ""
    optional = named[0] in CURRENCIES
    if len(named) > 1 or ("" in units and not optional):
        return None, ""
    return named[0], str(cells["shown"].filter(cells["unit"] != "")[0])


def _is_grouped_like_a_code(digits: "pl.Series") -> bool:
    """Tell whether all cells have the same groups set off by spaces, as telephone numbers have and amounts have not."""
    spaced = digits.str.contains(rf"[0-9][{SPACES}][0-9]")
    return bool(spaced.all()) and digits.str.len_chars().n_unique() == 1 and len(digits) > 2


def decide(columns: "Iterable[pl.Series]", asked: Asked | None = None, separator: str = "") -> dict[str, Decided]:
    """Return the formats of the text columns that contain numbers.

    Parameters
    ----------
    columns : iterable of Series
        The columns of a cleaned table that may be numbers.
    asked : Asked, optional
        What the user says.
    separator : str
        What separates the cells of the file: between semicolons or tabs, a comma may well be the decimal mark.

    Raises
    ------
    DataError
        If it cannot be told what a column's marks mean.

    Examples
    --------
    >>> import polars as pl
    >>> found = decide([pl.Series("area", ["11,9", "202,4"]), pl.Series("flats", ["987", "7.489"])])
    >>> found["flats"].format.decimal, found["flats"].format.grouped
    (',', True)
    """
    asked = asked or Asked()
    found = {column.name: shown for column in columns if (shown := evidence_of(column))}
    proven = {name: shown.decimal for name, shown in found.items() if shown.decimal}
    marks = set(proven.values())
    of_table = marks.pop() if len(marks) == 1 else None
    decided = {}
    for name, shown in found.items():
        if shown.unit is None:
            decided[name] = Decided(None, worded("tables.note.column_cells_numbers_different_units", name=repr(name)))
            continue
        if shown.n_plus and shown.minus_behind:
            signs = worded("tables.note.some_cells_stands_behind_number", minus_behind=shown.minus_behind)
            decided[name] = Decided(None, worded("tables.note.column_taken_texts", name=repr(name), signs=signs))
            continue
        note = ""
        own = None if shown.point and shown.comma else shown.decimal
        decimal = own or asked.mark or shown.decimal
        grouped = asked.groups and bool(shown.decimal or of_table or asked.mark)
        if decimal is None and shown.unclear:
            if of_table is None:
                decimal = _usual(name, shown, separator)
                grouped = asked.groups and decimal == "."
                why = worded("tables.note.most_tables_have_decimal_says")
            else:
                decimal, why = (
                    of_table,
                    worded("tables.note.decimal_mark", of_table=of_table, first_of=repr(_first_of(proven, of_table))),
                )
            note = _note_of_mark(name, shown.unclear, decimal, why, of_table is not None)
        decimal = decimal or of_table or "."
        used = NumberFormat(decimal, grouped, shown.unit, shown.n_plus > 0, shown.minus_behind != "")
        decided[name] = Decided(used, one_after_another((note, _note_of_cells(name, shown))))
    return decided


def _usual(name: str, shown: Evidence, separator: str) -> str:
    """Return the decimal mark of a column that leaves it open in a table that leaves it open, or ask."""
    european = separator in (";", "\t")
    if "." in shown.unclear:
        # Whole numbers below 1000 beside 1.234, and none from 1000 on: as if 1.234 came soon after 999.
        if shown.above or not (shown.below or separator == ";"):
            return "."
    elif not european and not shown.above:
        return "."
    decimal = shown.unclear
    either = decimal.replace(",", "").replace(".", "")
    raise DataError(
        worded(
            "tables.error.column_show_what_points_commas",
            name=repr(name),
            decimal=decimal,
            replace=decimal.replace(",", "."),
            either=either,
        )
    )


def _first_of(proven: Mapping[str, str], mark: str) -> str:
    return next(name for name, shown in proven.items() if shown == mark)


def _note_of_mark(name: str, cell: str, decimal: str, why: str, of_table: bool) -> str:
    value = NumberFormat(decimal, grouped=True).read(_series(cell))[0]
    if value is None:
        value = NumberFormat(decimal, True, _shapes(_series(cell)).unit or "").read(_series(cell))[0]
    if decimal == "." and "." in cell:
        return ""
    return worded("tables.note.column_read", name=repr(name), cell=cell, value=f"{value:.10g}", why=why)


def _series(cell: str) -> "pl.Series":
    import polars as pl

    return pl.Series([cell])


def _note_of_cells(name: str, shown: Evidence) -> str:
    """Return the notes on units, open ends and parentheses, if any."""
    said = []
    if shown.unit:
        said.append(worded("tables.note.cells_numbers_left_off", shown=repr(shown.shown)))
    if shown.n_plus:
        said.append(worded("tables.note.cells_such_count"))
    if shown.minus_behind:
        said.append(worded("tables.note.minus_behind_number_counts_negative", minus_behind=shown.minus_behind))
    if shown.lakhs:
        digits = re.sub("[^0-9.]", "", shown.lakhs)
        said.append(worded("tables.note.commas_set_off_lakhs_crores", lakhs=shown.lakhs, digits=digits))
    if shown.n_in_parentheses:
        said.append(worded("tables.note.numbers_parentheses_negative"))
    return worded("tables.note.column_2", name=repr(name), said=listed_as("; ", said)) if said else ""
