"""How a column writes its dates: the order of day, month and year, found from all its cells and kept in the model."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from koubai.tables.number_formats import Asked

if TYPE_CHECKING:
    import polars as pl

PIVOT = 69
"""Years of two digits from here on are those of the 20th century, as POSIX and Python have it."""

YEAR_FIRST = "%Y-%m-%d"

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

PARTS = {
    "%d": "(?P<day>[0-9]{1,2})",
    "%m": "(?P<month>[0-9]{1,2})",
    "%Y": "(?P<year>[0-9]{4})",
    "%y": "(?P<short>[0-9]{2})",
    "%b": "(?P<name>[A-Za-z]{3,9}\\.?)",
    "%V": "(?P<week>[0-9]{1,2})(?:-(?P<day_of_week>[1-7]))?",
    "%q": "(?P<quarter>[1-4])",
    "%E": "(?P<era>明治|大正|昭和|平成|令和|[MTSHR])\\.? ?(?P<era_year>元|[0-9]{1,2})",
}

ERAS = {"M": 1868, "T": 1912, "S": 1926, "H": 1989, "R": 2019}
"""First years of the eras of Japan's calendar."""
KANJI_ERAS = {"明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"}

WEEKDAY = r"(?:(?i:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
JAPANESE_WEEKDAY = r"(?:\s*[((][月火水木金土日][))])?"
TIME = (
    r"(?:(?:T|,?\s+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"|\s*(?P<hour_jp>[0-9]{1,2})時(?P<minute_jp>[0-9]{1,2})分(?:(?P<second_jp>[0-9]{1,2})秒)?)?"
)
ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?|[A-Z]{3,4}))?"

ORDERS = {"dmy": ("%d", "%m"), "mdy": ("%m", "%d"), "ymd": ("%y", "%m")}

FORMS = (
    YEAR_FIRST,
    "%Y/%m/%d",
    "%Y.%m.%d",
    *(order.replace(" ", mark) for mark in "/.-" for order in ("%m %d %Y", "%d %m %Y")),
    *(order.replace(" ", mark) for mark in "/.-" for order in ("%m %d %y", "%d %m %y", "%y %m %d")),
    *(f"%d{mark}%b{mark}{year}" for mark in (" ", "-", "/") for year in ("%Y", "%y")),
    "%d. %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%Y-%b-%d",
    "%Y-%m",
    "%Y/%m",
    "%b %Y",
    "%b-%Y",
    "%Y年%m月%d日",
    "%Y年%m月",
    "%Y-W%V",
    "W%V/%Y",
    "%Y-Q%q",
    "Q%q/%Y",
    "%E年%m月%d日",
    "%E年%m月",
    *(f"%E{mark}%m{mark}%d" for mark in ".-/"),
)
"""Forms of dates that are recognised, each with or without a time of day and a zone."""


_LOOSE = {
    "%Y-W%V": f"{PARTS['%Y']}[-/ ]?(?:W|KW|CW) ?{PARTS['%V']}",
    "W%V/%Y": f"(?:W|KW|CW|Week) ?{PARTS['%V']}[-/. ] ?{PARTS['%Y']}",
    "%Y-Q%q": f"{PARTS['%Y']}[-/ ]?Q{PARTS['%q']}",
    "Q%q/%Y": f"Q{PARTS['%q']}[-/ ]{PARTS['%Y']}",
}
"""What weeks and quarters look like, which have no one way to be set apart."""


def _pattern(form: str) -> str:
    """Return what a date of this form, followed by a time or not, looks like, with a named group for each part."""
    if form in _LOOSE:
        date = _LOOSE[form]
    elif form.startswith("%Y") and form.endswith("%d"):
        date = f"{PARTS['%Y']}[-/.]({PARTS['%m']})[-/.]{PARTS['%d']}"
        if "%b" in form:
            date = f"{PARTS['%Y']}[-/. ]{PARTS['%b']}[-/. ]{PARTS['%d']}"
    else:
        pieces = re.split("(%[a-zA-Z])", form)
        date = "".join(PARTS.get(piece, re.escape(piece)) for piece in pieces)
    return f"^{WEEKDAY}{date}{JAPANESE_WEEKDAY}{TIME}{ZONE}$"


def date_of(form: str) -> str:
    """Return a form without its time of day, as models of earlier versions have it."""
    return re.split(r"[ T]%H", form)[0]


def is_date_form(form: str) -> bool:
    """Tell whether a form names each part of a date once at most, and its month and year; none is the usual one."""
    parts = sorted(part.lower().replace("b", "m") for part in re.findall("%([a-zA-Z])", date_of(form)))
    return not form or parts in (["m", "y"], ["d", "m", "y"], ["v", "y"], ["q", "y"], ["e", "m"], ["d", "e", "m"])


@dataclass(frozen=True)
class DateFormat:
    """How dates are written.

    A date with the year first and in four digits is understood in any column of dates, as it can mean one thing only;
    so are a time of day behind a date, with seconds and AM or PM or without, and a zone, which is read over: what
    counts are day and hour as they are written.

    Parameters
    ----------
    form : str
        The form of the date, in the letters of `datetime.datetime.strptime`; ``%q`` is a quarter, ``%E`` a year of an
        era of Japan.
    pivot : int
        Years of two digits from here on are those of the 20th century, the others of the 21st.

    Examples
    --------
    >>> import polars as pl
    >>> DateFormat("%d.%m.%y").read(pl.Series(["30.09.19", "2019-09-30", "30.9.19 2:05 PM"])).dt.to_string().to_list()
    ['2019-09-30 00:00:00.000000', '2019-09-30 00:00:00.000000', '2019-09-30 14:05:00.000000']
    """

    form: str = YEAR_FIRST
    pivot: int = PIVOT

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        date = date_of(self.form) or YEAR_FIRST
        return tuple(dict.fromkeys((_pattern(date), _pattern(YEAR_FIRST))))

    def read(self, column: "pl.Series") -> "pl.Series":
        """Return the points in time that a column of texts holds (Datetime), null for what is no date of this form."""
        found = self._read(column, self._patterns[0])
        if len(self._patterns) > 1 and found.null_count() > column.null_count():
            found = found.zip_with(found.is_not_null(), self._read(column, self._patterns[1]))
        return found

    def _read(self, column: "pl.Series", pattern: str) -> "pl.Series":
        import polars as pl

        parts = column.str.extract_groups(pattern).struct.unnest()
        by_week = "week" in parts.columns
        dates = [_year(parts, self.pivot), _month(parts), _day(parts)]
        if by_week:
            dates = [pl.col("year"), pl.col("week").str.zfill(2), pl.col("day_of_week").fill_null("1")]
        texts = parts.select(
            pl.concat_str(
                pl.concat_str(dates, separator="-"),
                _time(parts),
                separator=" ",
            )
        ).to_series()
        form = "%G-%V-%u" if by_week else "%Y-%m-%d"
        return texts.str.to_datetime(f"{form} %H:%M:%S", strict=False, time_unit="us").alias(column.name)

    @property
    def words(self) -> str:
        """The form as people write it."""
        return in_words(self.form or YEAR_FIRST)

    def short_years(self, column: "pl.Series") -> "pl.Series":
        """Return the years of two digits that a column of texts holds."""
        import polars as pl

        return column.str.extract_groups(self._patterns[0]).struct.field("short").cast(pl.Int64)


def _year(parts: "pl.DataFrame", pivot: int) -> "pl.Expr":
    import polars as pl

    if "year" in parts.columns:
        return pl.col("year")
    if "era" in parts.columns:
        first = pl.col("era").replace(KANJI_ERAS).replace_strict(ERAS, return_dtype=pl.Int64)
        year = pl.col("era_year").replace("元", "1").cast(pl.Int64)
        return pl.when(year > 0).then(first + year - 1).cast(pl.String)
    short = pl.col("short").cast(pl.Int64)
    return (short + pl.when(short >= pivot).then(1900).otherwise(2000)).cast(pl.String)


def _month(parts: "pl.DataFrame") -> "pl.Expr":
    import polars as pl

    if "month" in parts.columns:
        return pl.col("month").str.zfill(2)
    if "quarter" in parts.columns:
        return (pl.col("quarter").cast(pl.Int64) * 3 - 2).cast(pl.String).str.zfill(2)
    numbers = {name: f"{number:02}" for number, name in enumerate(MONTHS, 1)}
    name = pl.col("name").str.to_lowercase().str.strip_suffix(".")
    full = [month.lower() for month in _FULL]
    is_whole = (name.str.len_chars() == 3) | name.is_in(full) | (name == "sept")
    return pl.when(is_whole).then(name.str.slice(0, 3).replace_strict(numbers, default=None, return_dtype=pl.String))


_FULL = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _day(parts: "pl.DataFrame") -> "pl.Expr":
    import polars as pl

    return pl.col("day").str.zfill(2) if "day" in parts.columns else pl.lit("01")


def _time(parts: "pl.DataFrame") -> "pl.Expr":
    """Return the time of day as 14:05:00; null for 13 o'clock in the afternoon."""
    import polars as pl

    hour = pl.coalesce("hour", "hour_jp").fill_null("0").cast(pl.Int64)
    half = pl.col("half").str.to_lowercase()
    twelve = pl.when(hour.is_between(1, 12)).then(hour % 12 + pl.when(half == "p").then(12).otherwise(0))
    hour = pl.when(half.is_null()).then(hour).otherwise(twelve)
    minute = pl.coalesce("minute", "minute_jp").fill_null("0").str.zfill(2)
    second = pl.coalesce("second", "second_jp").fill_null("0").str.zfill(2)
    return pl.concat_str(hour.cast(pl.String).str.zfill(2), minute, second, separator=":")


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
    fits = [DateFormat(form) for form in FORMS if sample.str.contains(_pattern(form)).all()]
    fits = [found for found in fits if not found.read(sample).has_nulls()]
    found = [fit for fit in fits if not fit.read(present).has_nulls()]
    year_first = [fit for fit in found if fit.form.startswith("%Y")]
    as_written = [
        fit for fit in year_first if fit.form in _LOOSE or fit.form[2] in sample[0]
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
    likely = (form for form in FORMS if sample.str.contains(_pattern(form)).sum() >= 0.8 * len(sample))
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
            others = " or ".join(order for order in by_order if order != order_of(chosen.form))
            cell = column.drop_nulls()[0]
            note = (
                f"Column {name!r}: dates are read as {in_words(chosen.form)}, so that {cell} is "
                f"{chosen.read(column.drop_nulls().head(1))[0]:%Y-%m-%d}; --date-order {others} (in Python date_order) "
                f"decides otherwise."
            )
    if "%y" in chosen.form:
        years = sorted(chosen.short_years(column).drop_nulls().unique().to_list())
        chosen = DateFormat(chosen.form, pivot_of(years))
        first = 1900 + chosen.pivot
        note = " ".join(
            filter(None, (note, f"Column {name!r}: years of two digits are those from {first} to {first + 99}."))
        )
    notes = (note, _note_of_calendar(name, column, chosen), _note_of_zones(name, column))
    return Decided(chosen, " ".join(filter(None, notes)))


def _note_of_calendar(name: str, column: "pl.Series", chosen: DateFormat) -> str:
    """Return a sentence on what weeks, quarters and years of an era are taken for, or nothing."""
    said = {"%V": "weeks are taken as their Mondays", "%q": "quarters as their first days", "%E": "years are Japan's"}
    what = next((words for part, words in said.items() if part in chosen.form), "")
    if not what:
        return ""
    cell = column.drop_nulls().head(1)
    day = f"{chosen.read(cell)[0]:%Y-%m-%d}"
    return f"Column {name!r}: {what}, so that {cell[0]} is {day}; --category keeps them as texts."


def _note_of_zones(name: str, column: "pl.Series") -> str:
    """Return a sentence on dates in different zones, or nothing."""
    zones = column.drop_nulls().str.extract(r":[0-9]{2}(?:[.,][0-9]+)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$", 1)
    named = zones.str.replace("^(Z|UTC|GMT|[+-]00:?00)$", "UTC").str.replace(":", "").unique()
    if len(named) < 2 or not column.str.contains(":").any():
        return ""
    return f"Column {name!r}: times are of different zones, or some have none; hours are taken as they are written."


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


def in_words(form: str) -> str:
    """Return a form as people write it, such as dd.mm.yyyy.

    Examples
    --------
    >>> in_words("%d.%m.%y"), in_words("%b %d, %Y")
    ('dd.mm.yy', 'Mon dd, yyyy')
    """
    words = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy", "%b": "Mon", "%V": "ww", "%q": "q", "%E": "era y"}
    return re.sub("%[a-zA-Z]", lambda found: words.get(found[0], found[0]), date_of(form))
