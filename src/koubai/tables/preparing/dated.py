"""Dates and times as features: the year, and places on the circles of month, week and day."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Floats
from koubai.core.errors import DataError
from koubai.core.language import listed_as, term, worded
from koubai.core.schema import Record
from koubai.tables.meaning.columns import DATE, Column, Use
from koubai.tables.meaning.date_formats import PIVOT, DateFormat
from koubai.tables.meaning.values import BadCells, dates, shortened
from koubai.tables.preparing.numeric import LIMIT, beyond, seen_of, standard_statistics

if TYPE_CHECKING:
    import polars as pl

PARTS = ("year", "month (sin)", "month (cos)", "weekday (sin)", "weekday (cos)", "hour (sin)", "hour (cos)")


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates or times.

    Its features are the year with its fraction, and month, day of the week and hour as sine and cosine of their angle
    on the circle, so that December lies beside January; each standardised, and only those that vary in training.

    Parameters
    ----------
    name : str
        The column.
    format : DateFormat
        How dates in texts are written.
    parts : tuple of str
        Which of `PARTS` there are.
    marks_missing : bool
        Whether there is a feature for missing values.
    statistics : array of shape (3, n_parts)
        Median, mean and standard deviation of each part.
    seen : tuple (first, last) or None
        The range of the training dates as years with fractions; None for a model of an older version.
    """

    kind: ClassVar[str] = DATE

    name: str
    format: DateFormat
    parts: tuple[str, ...]
    marks_missing: bool
    statistics: Floats = field(compare=False)
    seen: tuple[float, float] | None = None

    @staticmethod
    def as_read(column: "pl.Series", described: Column, bad: BadCells | None = None) -> "pl.Series":
        """Return a cleaned column's points in time, null where they are missing, which all other methods take as well.

        Raises
        ------
        DataError
            If a cell holds what does not belong there; with ``bad``, such cells go there and are missing.
        """
        return _times(column, _date_format(described), 0, bad)

    @classmethod
    def fit(cls, column: "pl.Series", described: Column) -> "DateColumn":
        """Learn the statistics of a cleaned column."""
        format = _date_format(described)
        values = _date_parts(column, format)
        present = values[~np.isnan(values[:, 0])]
        varies = np.ptp(present, axis=0) > 1e-9
        varies[0] |= not varies.any()
        kept = present[:, varies]
        moments = np.array([standard_statistics(part) for part in kept.T]).T
        statistics = np.vstack([np.median(kept, axis=0), moments])
        parts = tuple(part for part, there in zip(PARTS, varies, strict=True) if there)
        seen = float(present[:, 0].min()), float(present[:, 0].max())
        return cls(column.name, format, parts, len(present) < len(values), statistics, seen)

    @property
    def features(self) -> list[str]:
        """Names of the features."""
        missing = [f"{self.name} (missing)"] if self.marks_missing else []
        return [f"{self.name} {part}" for part in self.parts] + missing

    def transform(self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None) -> Floats:
        """Return the features of a cleaned column, (n_rows, n_features).

        Raises
        ------
        DataError
            If a cell holds something that is no date in the form of the training table. With ``bad``, such cells go
            there and are missing.
        """
        chosen = [PARTS.index(part) for part in self.parts]
        values = _date_parts(column, self.format, first_row, bad)[:, chosen]
        missing = np.isnan(values[:, :1])
        median, mean, scale = self.statistics
        found = np.clip((np.where(missing, median, values) - mean) / scale, -LIMIT, LIMIT)
        return np.hstack([found, missing]) if self.marks_missing else found

    def read(self, column: "pl.Series", first_row: int = 0, bad: BadCells | None = None) -> "pl.Series":
        """Return a cleaned column's points in time, null where they are missing; errors as for `transform`."""
        return _times(column, self.format, first_row, bad)

    @property
    def span(self) -> tuple[str, str] | None:
        """The range of the training dates in words, to the day."""
        return None if self.seen is None else (_day(self.seen[0]), _day(self.seen[1]))

    def outside(self, column: "pl.Series") -> npt.NDArray[np.bool_] | None:
        """Return which dates lie outside the training range, extended by a tenth at each end.

        None if the range is not known, or the column is not yet one of dates.
        """
        if self.seen is None or not column.dtype.is_temporal():
            return None
        return beyond(_date_parts(column, self.format)[:, 0], *self.seen)

    def record(self) -> Record:
        """Return what is no number as plain data; the statistics go into a tensor."""
        return {
            "name": self.name,
            "kind": DATE,
            "form": self.format.form,
            "pivot": self.format.pivot,
            "parts": list(self.parts),
            "marks_missing": self.marks_missing,
            "seen": None if self.seen is None else list(self.seen),
        }

    @classmethod
    def from_record(cls, record: Record, tensor: Floats) -> "DateColumn":
        """Return the column that `record` described."""
        parts = tuple(str(part) for part in record["parts"])
        if not (tensor[2] > 0).all():
            raise ValueError("the deviations of a date's parts must be above 0")
        format = DateFormat(str(record["form"]), int(record.get("pivot", PIVOT)))
        return cls(str(record["name"]), format, parts, bool(record["marks_missing"]), tensor, seen_of(record))

    @property
    def tensor(self) -> Floats:
        """What goes into the model file beside the record."""
        return self.statistics

    @property
    def uses(self) -> list[Use]:
        """The same as `summary`, as keys of texts with their values."""
        found: list[Use] = [(f"card.used.{part}", {}) for part in dict.fromkeys(p.split(" ")[0] for p in self.parts)]
        return [*found, *([("card.used.usual_date", {})] if self.marks_missing else [])]

    @property
    def summary(self) -> str:
        """How the column is prepared, in a few words."""
        circles = dict.fromkeys(part.split(" ")[0] for part in self.parts)
        return listed_as(", ", [term(part) for part in circles]) + (
            worded("tables.used.usual_date") if self.marks_missing else ""
        )


def _day(year: float) -> str:
    """Return the day that a year with its fraction stands for."""
    whole = int(np.floor(year))
    return str(date(whole, 1, 1) + timedelta(days=round((year - whole) * 366)))


def _date_format(described: Column) -> DateFormat:
    return described.format if isinstance(described.format, DateFormat) else DateFormat()


def _date_parts(column: "pl.Series", format: DateFormat, first_row: int = 0, bad: BadCells | None = None) -> Floats:
    """Return all of `PARTS`, NaN where the date is missing, (n_rows, n_parts)."""
    times = _times(column, format, first_row, bad)
    day = times.dt.ordinal_day().to_numpy().astype(np.float64)
    year = times.dt.year().to_numpy().astype(np.float64) + (day - 1) / 366
    circle = [
        (times.dt.month().to_numpy().astype(np.float64) - 1) / 12,
        (times.dt.weekday().to_numpy().astype(np.float64) - 1) / 7,
        (times.dt.hour().to_numpy().astype(np.float64) + times.dt.minute().to_numpy().astype(np.float64) / 60) / 24,
    ]
    turns = [function(2 * np.pi * part) for part in circle for function in (np.sin, np.cos)]
    return np.stack([year, *turns], axis=1)


def _times(column: "pl.Series", format: DateFormat, first_row: int = 0, bad: BadCells | None = None) -> "pl.Series":
    """Return the points in time of a column, null where they are missing."""
    times = dates(column, format)
    wrong = (times.is_null() & column.is_not_null()).arg_true()
    if len(wrong) and bad is None:
        row = int(wrong[0])
        raise DataError(
            worded(
                "tables.error.column_hold_dates_form_got",
                name=repr(column.name),
                words=format.words,
                shortened=shortened(_cell(column, row)),
                first_row=first_row + row + 1,
            )
        )
    if len(wrong) and bad is not None:
        bad.add(column.name, _cell(column, int(wrong[0])), first_row + int(wrong[0]) + 1, len(wrong))
    return times


def _cell(column: "pl.Series", row: int) -> object:
    """Return a cell; as a text if it is a time, which Python may have no year for."""
    import polars as pl

    return column[row : row + 1].cast(pl.String)[0] if column.dtype.is_temporal() else column[row]
