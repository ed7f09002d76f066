"""A column's date format: the order of day, month and year, determined from all its cells and stored in the model."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

PIVOT = 69
"""Two-digit years from here on belong to the 20th century, as in POSIX and Python."""

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
"""Recognised date forms, each with or without a time of day and a zone."""


LOOSE = {
    "%Y-W%V": f"{PARTS['%Y']}[-/ ]?(?:W|KW|CW) ?{PARTS['%V']}",
    "W%V/%Y": f"(?:W|KW|CW|Week) ?{PARTS['%V']}[-/. ] ?{PARTS['%Y']}",
    "%Y-Q%q": f"{PARTS['%Y']}[-/ ]?Q{PARTS['%q']}",
    "Q%q/%Y": f"Q{PARTS['%q']}[-/ ]{PARTS['%Y']}",
}
"""What weeks and quarters look like, which have no one way to be set apart."""


def pattern_of(form: str) -> str:
    """Return what a date of this form, followed by a time or not, looks like, with a named group for each part."""
    if form in LOOSE:
        date = LOOSE[form]
    elif form.startswith("%Y") and form.endswith("%d"):
        date = f"{PARTS['%Y']}[-/.]({PARTS['%m']})[-/.]{PARTS['%d']}"
        if "%b" in form:
            date = f"{PARTS['%Y']}[-/. ]{PARTS['%b']}[-/. ]{PARTS['%d']}"
    else:
        pieces = re.split("(%[a-zA-Z])", form)
        date = "".join(PARTS.get(piece, re.escape(piece)) for piece in pieces)
    return f"^{WEEKDAY}{date}{JAPANESE_WEEKDAY}{TIME}{ZONE}$"


def date_of(form: str) -> str:
    """Return a form without its time of day, which older models include."""
    return re.split(r"[ T]%H", form)[0]


def is_date_form(form: str) -> bool:
    """Tell whether a form names each part of a date once at most, and its month and year; none is the usual one."""
    parts = sorted(part.lower().replace("b", "m") for part in re.findall("%([a-zA-Z])", date_of(form)))
    return not form or parts in (["m", "y"], ["d", "m", "y"], ["v", "y"], ["q", "y"], ["e", "m"], ["d", "e", "m"])


@dataclass(frozen=True)
class DateFormat:
    """A date format.

    A date with a four-digit year first is understood in any date column, since it is unambiguous; so are a time of day
    after a date, with or without seconds and AM or PM, and a zone, which is ignored: day and hour are taken as written.

    Parameters
    ----------
    form : str
        The form of the date, in the letters of `datetime.datetime.strptime`; ``%q`` is a quarter, ``%E`` a year of an
        era of Japan.
    pivot : int
        Two-digit years from here on belong to the 20th century, the others to the 21st.

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
        return tuple(dict.fromkeys((pattern_of(date), pattern_of(YEAR_FIRST))))

    def read(self, column: "pl.Series") -> "pl.Series":
        """Parse a text column as points in time (Datetime); null for anything that is not a date of this form."""
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
        """The form in the usual notation."""
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


def in_words(form: str) -> str:
    """Return a form in the usual notation, such as dd.mm.yyyy.

    Examples
    --------
    >>> in_words("%d.%m.%y"), in_words("%b %d, %Y")
    ('dd.mm.yy', 'Mon dd, yyyy')
    """
    words = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy", "%b": "Mon", "%V": "ww", "%q": "q", "%E": "era y"}
    return re.sub("%[a-zA-Z]", lambda found: words.get(found[0], found[0]), date_of(form))
