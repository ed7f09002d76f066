"""A column's number format: decimal mark, thousands separator and unit, stored in the model."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from koubai.core.errors import ParameterError
from koubai.core.language import term, worded
from koubai.core.schema import Fields, Later, Record, Text, Truth

if TYPE_CHECKING:
    import polars as pl

FORMAT = Fields(
    {
        "decimal": Text((".", ",")),
        "grouped": Truth(),
        "unit": Text(longest=100),
        "open_ended": Truth(),
        "minus_behind": Later(Truth(), False),
    }
)
"""What the record of a format must hold."""

CURRENCIES = ("$", "€", "£", "¥", "₹", "₩", "₽", "us$", "r$", "chf", "eur", "usd", "gbp", "jpy", "rs", "kr", "円")
"""Units that may be absent in some cells: $5 and 5 are the same price."""

_PREFIX = r"(?i:US\$|R\$|CHF|EUR|USD|GBP|JPY|Rs\.?|kr\.?|[$€£¥\uffe5₹₩₽])"
SPACES = "\u0020\u00a0\u2009\u202f"
APOSTROPHES = "'\u2019"
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"

WRITTEN = (
    rf"^(\()?\s*([+\u2212-]?)\s*({_PREFIX})?\s*([+\u2212-]?)"
    rf"((?:[0-9]|[.,][0-9])[0-9.,{APOSTROPHES}{SPACES}]*{_EXPONENT})([+\u2212-])?(\))?"
    rf"\s*([^0-9()\s.,+{APOSTROPHES}\u2212-][^0-9()]{{0,19}})?\s*(\))?$"
)
"""A cell's parts: parenthesis, sign, currency, sign, digits with their marks, sign, parenthesis, unit, parenthesis."""


LAKHS = "[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
"""Digits in the groups that India writes: 12,34,567."""


def core_pattern(decimal: str, grouped: bool) -> str:
    """Return what digits with their marks look like under a decimal mark.

    Groups have three digits, the first of them one to three and no leading 0. Spaces and apostrophes always group;
    ``grouped`` says whether the other one of point and comma does. Commas may also set off lakhs and crores, as in
    India: groups of two digits before the last one of three.
    """
    other = "," if decimal == "." else "."
    groups = [rf"[{SPACES}]", rf"[{APOSTROPHES}]", *([rf"\{other}"] if grouped else [])]
    fraction = rf"(?:\{decimal}[0-9]*)?"
    grouping = "|".join(rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+{fraction}" for mark in groups)
    if grouped and other == ",":
        grouping += f"|{LAKHS}{fraction}"
    return rf"^(?:{grouping}|[0-9]+{fraction}{_EXPONENT}|\{decimal}[0-9]+{_EXPONENT})$"


def canonical_unit(text: str) -> str:
    """Return one spelling of a unit: "Mins." and "min" are the same one, "m" and "M" are not.

    Examples
    --------
    >>> canonical_unit("Mins."), canonical_unit(" kg"), canonical_unit("%")
    ('min', 'kg', '%')
    """
    unit = text.strip().rstrip(".").replace("\uffe5", "¥").replace("\uff05", "%")
    if len(unit) > 1:
        unit = unit.casefold()
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") else unit


@dataclass(frozen=True)
class NumberFormat:
    """A number format.

    Parameters
    ----------
    decimal : {".", ","}
        The decimal mark.
    grouped : bool
        Whether the other one of point and comma sets off thousands.
    unit : str
        What stands at every number, such as ``min`` or ``€``, in the spelling of `canonical_unit`; nothing otherwise.
    open_ended : bool
        Whether 3+ is 3.
    minus_behind : bool
        Whether 1.23- is -1.23.

    Examples
    --------
    >>> import polars as pl
    >>> NumberFormat(",", grouped=True, unit="€").read(pl.Series(["1.234,50 €", "€ 5", "(3)", "1.5"])).to_list()
    [1234.5, 5.0, -3.0, None]
    """

    decimal: str = "."
    grouped: bool = False
    unit: str = ""
    open_ended: bool = False
    minus_behind: bool = False

    @cached_property
    def _core(self) -> str:
        return core_pattern(self.decimal, self.grouped)

    def read(self, column: "pl.Series") -> "pl.Series":
        """Parse a text column as float64 numbers; null for anything that is not a number in this format."""
        import polars as pl

        plain = column.cast(pl.Float64, strict=False).fill_nan(None)
        as_it_is = self.decimal == "." and not self.unit
        if as_it_is and plain.null_count() == column.null_count():
            return plain
        cells = parts_of(column)
        texts = pl.DataFrame(cells).select(pl.when(pl.col("digits").str.contains(self._core)).then(pl.col("digits")))
        digits = texts.to_series().str.replace_all(rf"[{SPACES}{APOSTROPHES}]", "")
        if self.decimal == ",":
            digits = digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        else:
            digits = digits.str.replace_all(",", "", literal=True)
        found = digits.cast(pl.Float64, strict=False)
        found = found.zip_with(~cells["negative"], -found)
        found = found.set(~self._of_this_unit(cells["unit"]), None)
        if not self.open_ended:
            found = found.set(cells["plus"], None)
        if not self.minus_behind:
            found = found.set(cells["minus_behind"], None)
        if as_it_is:
            found = plain.zip_with(plain.is_not_null(), found)
        return found.alias(column.name)

    def _of_this_unit(self, units: "pl.Series") -> "pl.Series":
        optional = not self.unit or self.unit in CURRENCIES
        return (units == self.unit) | ((units == "") & optional)

    def rewritten(self, asked: "Asked") -> "NumberFormat":
        """Return the same format with the marks that were asked for."""
        if asked.mark is None and asked.thousands is None:
            return self
        return replace(self, decimal=asked.mark or self.decimal, grouped=asked.groups)

    @property
    def words(self) -> str:
        """The required content of cells, for messages."""
        comma = worded("tables.note.decimal_comma", space=" ") if self.decimal == "," else ""
        return term("numbers") + comma + (worded("tables.note.in", unit=self.unit, space=" ") if self.unit else "")

    def record(self) -> Record:
        """Return it as plain data for a model file."""
        return {
            "decimal": self.decimal,
            "grouped": self.grouped,
            "unit": self.unit,
            "open_ended": self.open_ended,
            **({"minus_behind": True} if self.minus_behind else {}),
        }

    @classmethod
    def from_record(cls, record: Record | None) -> "NumberFormat | None":
        """Return the format that `record` described; None for a model that was saved before there were formats."""
        if record is None:
            return None
        decimal, unit = str(record["decimal"]), str(record["unit"])
        if decimal not in (".", ","):
            raise ValueError("a decimal mark must be a point or a comma")
        return cls(decimal, bool(record["grouped"]), unit, bool(record["open_ended"]), bool(record.get("minus_behind")))


def decimal_points() -> "pl.Expr":
    """Return all texts with 1,5 written 1.5: models that keep no formats expect it of files with semicolons."""
    import polars as pl

    return pl.col(pl.String).str.replace(r"^\s*([+-]?[0-9]*),([0-9]+(?:[eE][+-]?[0-9]+)?)\s*$", "${1}.${2}")


def parts_of(column: "pl.Series") -> dict[str, "pl.Series"]:
    """Return what cells of text consist of, as far as they look like numbers.

    ``digits`` (null where a cell does not look like a number), ``negative``, ``plus`` and ``minus_behind`` (whether
    that sign follows the digits), ``unit`` (canonical), ``shown`` (the unit as written).
    """
    import polars as pl

    if column.str.contains("[\uff10-\uff19\uff0c\uff0e]").any():  # full-width digits and marks
        column = column.str.normalize("NFKC")
    found = column.str.extract_groups(WRITTEN).struct.unnest()
    opened, closed = found["1"].is_not_null(), found["7"].is_not_null() | found["9"].is_not_null()
    twice = found["7"].is_not_null() & found["9"].is_not_null()
    signs = found["2"].fill_null("") + found["4"].fill_null("")
    minus_behind = found["6"].is_in(["-", "\u2212"]).fill_null(False)
    shown = found["3"].fill_null("") + found["8"].fill_null("").str.strip_chars()
    spellings = shown.unique().to_list()
    unit = shown.replace_strict({text: canonical_unit(text) for text in spellings}, return_dtype=pl.String)
    joined = (unit != "") & ~unit.is_in(list(CURRENCIES))  # 12-A is a place in a street
    unclear = (opened != closed) | twice | (minus_behind & (opened | (signs != "") | joined))
    digits = found["5"].str.strip_chars(SPACES).set(unclear, None)
    negative = opened.fill_null(False) | signs.str.contains("[\u2212-]") | minus_behind
    return {
        "digits": digits,
        "negative": negative.fill_null(False),
        "plus": (found["6"] == "+").fill_null(False),
        "minus_behind": minus_behind,
        "unit": unit,
        "shown": shown,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """The user's number and date formats.

    Parameters
    ----------
    decimal, thousands : str, optional
        The decimal mark, and what sets off thousands: a point or a comma (for thousands also a space or an
        apostrophe, which are understood anyway, or ``none``).
    date_order : {"dmy", "mdy", "ymd"}, optional
        In which order dates of numbers stand where it cannot be seen.

    """

    decimal: str | None = None
    thousands: str | None = None
    date_order: str | None = None

    def check(self) -> None:
        """Raise ParameterError if they are invalid, or the same."""
        if self.decimal not in (None, ".", ","):
            raise ParameterError(
                who="TableModel",
                parameter="decimal",
                required=worded("core.must.be_or"),
                got=repr(self.decimal),
                remedy=worded("core.remedy.try_2"),
            )
        if self.thousands not in (None, ".", ",", " ", "'", "none"):
            raise ParameterError(
                who="TableModel",
                parameter="thousands",
                required=worded("core.must.none"),
                got=repr(self.thousands),
                remedy=worded("core.remedy.try_2"),
            )
        if self.thousands is not None and self.thousands == self.decimal:
            raise ParameterError(
                who="TableModel",
                parameter="thousands",
                required=worded("core.must.another_mark_than_decimal"),
                got=worded("core.got.twice", decimal=repr(self.decimal)),
                remedy=worded("core.remedy.leave_one_out"),
            )
        if self.date_order not in (None, "dmy", "mdy", "ymd"):
            raise ParameterError(
                who="TableModel",
                parameter="date_order",
                required=worded("core.must.dmy_mdy_ymd"),
                got=repr(self.date_order),
                remedy=worded("core.remedy.try_dmy"),
            )

    @property
    def mark(self) -> str | None:
        """The decimal mark that was asked for, also by way of the thousands."""
        if self.decimal is None and self.thousands in (".", ","):
            return "," if self.thousands == "." else "."
        return self.decimal

    @property
    def groups(self) -> bool:
        """Whether the other one of point and comma may set off thousands."""
        return self.thousands in (None, ".", ",")
