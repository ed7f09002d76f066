"""Which date format each column of a table is in: seen from all its cells, then from the other columns of dates."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from koubai.core.language import either_of, one_after_another, worded
from koubai.tables.meaning.date_formats import FORMS, LOOSE, PIVOT, DateFormat, date_of, in_words, pattern_of
from koubai.tables.meaning.number_formats import Asked

if TYPE_CHECKING:
    import polars as pl


class Decided(NamedTuple):
    """The format of a column's dates, and what is to be said of it."""

    format: DateFormat
    note: str = ""


def fitting(column: "pl.Series") -> list[DateFormat]:
    """Return the formats in which all cells of a column of texts that are not missing are dates."""
    present = column.drop_nulls()
    first = present.head(5)
    if (
        not len(present)
        or not first.str.contains(r"[0-9元].?[-/. 年].|[A-Za-z]{3}.*[0-9]{4}|[0-9][WQ][0-9]|W[0-9].*[0-9]{4}").all()
    ):
        return []
    sample = present.head(20)
    fits = [DateFormat(form) for form in FORMS if sample.str.contains(pattern_of(form)).all()]
    fits = [found for found in fits if not found.read(sample).has_nulls()]
    found = [fit for fit in fits if not fit.read(present).has_nulls()]
    year_first = [fit for fit in found if fit.form.startswith("%Y")]
    as_written = [
        fit for fit in year_first if fit.form in LOOSE or fit.form[2] in sample[0]
    ]  # their patterns take each other's marks
    return (as_written or year_first)[:1] or found


def mostly_dates(column: "pl.Series") -> DateFormat | None:
    """Return the format in which at least nine tenths of the cells of a column of texts are dates, not all of them.

    Such a column is one of dates with a mistake in it, as 31.02.2021.
    """
    import polars as pl

    sample = column.gather_every(max(1, len(column) // 200))
    if column.dtype != pl.String or len(column) < 10 or sample.str.contains("[0-9]").sum() < 0.8 * len(sample):
        return None
    likely = (form for form in FORMS if sample.str.contains(pattern_of(form)).sum() >= 0.8 * len(sample))
    counted = [(DateFormat(form).read(column).count(), -place, form) for place, form in enumerate(likely)]
    n_dates, _, form = max(counted, default=(0, 0, ""))
    return DateFormat(form) if 0.9 * len(column) <= n_dates < len(column) else None


def decide_dates(columns: "Iterable[pl.Series]", asked: Asked | None = None) -> dict[str, Decided]:
    """Return the formats of those columns of texts that hold dates.

    Where a column leaves the order of day and month open, the other columns of dates decide; if they leave it open too,
    the month is first between slashes, else the day, which is said.

    Examples
    --------
    >>> import polars as pl
    >>> found = decide_dates([pl.Series("a", ["31/12/2024", "1/2/2024"]), pl.Series("b", ["1/2/2024", "3/4/2024"])])
    >>> found["b"].format.form
    '%d/%m/%Y'
    """
    asked = asked or Asked()
    found = {column.name: (column, fits) for column in columns if (fits := fitting(column))}
    settled = {order_of(fits[0].form) for _, fits in found.values() if len(fits) == 1} & {"dmy", "mdy"}
    of_table = settled.pop() if len(settled) == 1 else None
    return {name: _decide(name, column, fits, asked.date_order, of_table) for name, (column, fits) in found.items()}


def order_of(form: str) -> str:
    """Return the order of a form in numbers, such as ``dmy``."""
    return "".join(re.findall("%([a-zA-Z])", date_of(form))).lower()


def _decide(name: str, column: "pl.Series", fits: list[DateFormat], asked: str | None, table: str | None) -> Decided:
    note = ""
    chosen = fits[0]
    if len(fits) > 1:
        by_order = {order_of(fit.form): fit for fit in fits}
        chosen = by_order.get(asked or "") or by_order.get(table or "") or _likely(column, by_order)
        if order_of(chosen.form) != asked:
            others = either_of([order for order in by_order if order != order_of(chosen.form)])
            cell = column.drop_nulls()[0]
            note = worded(
                "tables.note.column_dates_read_date_order",
                name=repr(name),
                in_words=in_words(chosen.form),
                cell=cell,
                read=f"{chosen.read(column.drop_nulls().head(1))[0]:%Y-%m-%d}",
                others=others,
            )
    if "%y" in chosen.form:
        years = sorted(chosen.short_years(column).drop_nulls().unique().to_list())
        chosen = DateFormat(chosen.form, pivot_of(years))
        first = 1900 + chosen.pivot
        of_years = worded("tables.note.column_years_two_digits_those", name=repr(name), first=first, first_2=first + 99)
        note = one_after_another((note, of_years))
    notes = (note, _note_of_calendar(name, column, chosen), _note_of_zones(name, column))
    return Decided(chosen, one_after_another(notes))


def _note_of_calendar(name: str, column: "pl.Series", chosen: DateFormat) -> str:
    """Return a sentence on what weeks, quarters and years of an era are taken for, or nothing."""
    said = {
        "%V": worded("tables.note.weeks_taken_their_mondays"),
        "%q": worded("tables.note.quarters_their_first_days"),
        "%E": worded("tables.note.years_japan"),
    }
    what = next((words for part, words in said.items() if part in chosen.form), "")
    if not what:
        return ""
    cell = column.drop_nulls().head(1)
    day = f"{chosen.read(cell)[0]:%Y-%m-%d}"
    return worded("tables.note.column_category_keeps_them_texts", name=repr(name), what=what, cell=cell[0], day=day)


def _note_of_zones(name: str, column: "pl.Series") -> str:
    """Return a sentence on dates in different zones, or nothing."""
    zones = column.drop_nulls().str.extract(r":[0-9]{2}(?:[.,][0-9]+)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$", 1)
    named = zones.str.replace("^(Z|UTC|GMT|[+-]00:?00)$", "UTC").str.replace(":", "").unique()
    if len(named) < 2 or not column.str.contains(":").any():
        return ""
    return worded("tables.note.column_times_different_zones_some", name=repr(name))


def _likely(column: "pl.Series", by_order: dict[str, DateFormat]) -> DateFormat:
    """Return the format to take where cells fit several: years are fewer than days; months come first in 1/2/2024."""
    import polars as pl

    if "ymd" in by_order and len(by_order) > 1:
        ends = column.drop_nulls().str.extract_groups(r"^([0-9]{1,2}).[0-9]{1,2}.([0-9]{1,2})").struct.unnest()
        first, last = (ends[name].cast(pl.Int64).n_unique() for name in ends.columns)
        by_order = {order: fit for order, fit in by_order.items() if (order == "ymd") == (first < last)}
    form = next(iter(by_order.values())).form
    preferred = ("ymd", "mdy", "dmy") if "/" in form else ("ymd", "dmy", "mdy")
    return next(by_order[order] for order in preferred if order in by_order)


def pivot_of(years: list[int]) -> int:
    """Return from which year of two digits on they are those of the 20th century, so that they lie together.

    ``years`` are different ones in order. If one gap of the circle of 100 years is far larger than all others, as with
    years of birth, they begin after it; otherwise with `PIVOT`.

    Examples
    --------
    >>> pivot_of([19, 20, 21]), pivot_of([85, 99]), pivot_of([*range(6), *range(35, 100)])
    (69, 69, 35)
    """
    if not years or years[0] >= PIVOT or years[-1] < PIVOT:
        return PIVOT
    gaps = sorted((b - a, b % 100) for a, b in zip(years, [*years[1:], years[0] + 100], strict=True))
    clear = len(gaps) > 1 and gaps[-1][0] >= 20 and gaps[-1][0] >= 3 * gaps[-2][0]
    return gaps[-1][1] if clear else PIVOT
