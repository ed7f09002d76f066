"""How the numbers and dates of a whole table are written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from koubai.tables.meaning.date_evidence import Decided as DecidedDate
from koubai.tables.meaning.date_evidence import decide_dates
from koubai.tables.meaning.date_formats import DateFormat
from koubai.tables.meaning.number_evidence import Decided, decide
from koubai.tables.meaning.number_formats import Asked, NumberFormat

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Written:
    """How the columns of texts of a table are written, as far as they hold numbers or dates.

    Parameters
    ----------
    numbers, dates : mapping
        What was decided for each of those columns.
    default : NumberFormat
        For columns of numbers by type, which hold no texts yet.
    """

    numbers: Mapping[str, Decided] = field(default_factory=dict)
    dates: Mapping[str, DecidedDate] = field(default_factory=dict)
    default: NumberFormat = field(default_factory=NumberFormat)

    def number(self, name: str) -> NumberFormat | None:
        """Return how a column's numbers are written; None if it holds none, or is not text."""
        return self.numbers[name].format if name in self.numbers else None

    def date(self, name: str) -> DateFormat | None:
        """Return how a column's dates are written; None if it holds none, or is not text."""
        return self.dates[name].format if name in self.dates else None

    def doubt_of(self, name: str) -> str:
        """Return why a column of numbers is taken as texts, or nothing."""
        found = self.numbers.get(name)
        of_texts = found is not None and found.format is None
        return found.note.partition(": ")[2].rstrip(".") if found is not None and of_texts else ""

    def note_of(self, name: str) -> str:
        """Return what is to be said of how a column's cells are read, or nothing."""
        for found in (self.numbers, self.dates):
            if name in found:
                return found[name].note
        return ""


def written(
    frame: "pl.DataFrame", asked: Asked | None = None, separator: str = "", besides: Collection[str] = ()
) -> Written:
    """Find out how the numbers and dates of a cleaned table are written.

    Parameters
    ----------
    frame : polars.DataFrame
        The table, its target among the columns.
    asked : Asked, optional
        What the user says.
    separator : str
        What separates the cells of its file, if it came from one.
    besides : collection of str
        Columns that are left out, or are categories whatever they hold.

    Raises
    ------
    DataError
        If it cannot be told what a column's points and commas mean.
    """
    import polars as pl

    texts = [column for column in frame.iter_columns() if column.dtype == pl.String and column.name not in besides]
    numbers = decide(texts, asked, separator)
    dates = decide_dates((column for column in texts if column.name not in numbers), asked)
    asked = asked or Asked()
    return Written(numbers, dates, NumberFormat(asked.mark or ".", asked.groups and asked.mark is not None))
