"""Conversion of a table's columns to network inputs, by plain formulas that can be stored in a model file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.arrays import Array
from koubai.core.errors import DataError
from koubai.core.language import listed_as, worded
from koubai.core.schema import (
    Record,
    Tensors,
    consistent,
)
from koubai.tables.meaning.columns import BOOLEAN, CATEGORY, DATE, NUMBER, TEXT, Column, describe_columns
from koubai.tables.meaning.number_formats import Asked
from koubai.tables.meaning.values import BadCells
from koubai.tables.meaning.written import Written
from koubai.tables.preparing.categories import CategoryColumn
from koubai.tables.preparing.dated import DateColumn
from koubai.tables.preparing.described import DESCRIPTION, tensor_of
from koubai.tables.preparing.numeric import NumberColumn, n_pieces_of
from koubai.tables.preparing.texts.column import NO_TERMS, TextColumn

if TYPE_CHECKING:
    import polars as pl

Prepared = NumberColumn | CategoryColumn | DateColumn | TextColumn

OF_WORDS = (CategoryColumn, TextColumn)
"""Columns that take any cell, as it is written."""

KINDS: Mapping[str, type[NumberColumn] | type[CategoryColumn] | type[DateColumn] | type[TextColumn]] = {
    NUMBER: NumberColumn,
    BOOLEAN: NumberColumn,
    CATEGORY: CategoryColumn,
    DATE: DateColumn,
    TEXT: TextColumn,
}


@dataclass(frozen=True, slots=True)
class Whole:
    """Statistics of all rows of a table of which only a sample is available.

    Parameters
    ----------
    n_rows : int
        How many there are.
    n_missing : mapping of str to int
        Missing cells of each column.
    categories : mapping of str to mapping
        For columns whose values were counted, the rows of each category.
    """

    n_rows: int
    n_missing: Mapping[str, int]
    categories: Mapping[str, Mapping[str, int]]

    def corrected(self, column: Prepared) -> Prepared:
        """Return a column that learned from the sample as it is in the whole table, where that is known."""
        n_missing = self.n_missing[column.name]
        if isinstance(column, CategoryColumn) and column.name in self.categories:
            return CategoryColumn.of_counts(column.name, self.categories[column.name], n_missing)
        return replace(column, marks_missing=n_missing > 0)


def read_once(frame: "pl.DataFrame", described: Sequence[Column], is_sample: bool = False) -> "pl.DataFrame":
    """Return a cleaned table whose columns hold what their cells mean, so that no later step reads texts again.

    Numbers and truth values are float64, dates are points in time, categories are texts. A preparation takes such a
    table as it takes one of texts.

    Parameters
    ----------
    frame : polars.DataFrame
        The table, as `koubai.tables.files.missing.clean` returns it.
    described : sequence of Column
        What its columns hold.
    is_sample : bool
        Whether these are some rows of a larger table: cells that do not belong are then missing here, and are named
        with their rows when all are read.

    Raises
    ------
    DataError
        If a cell holds what does not belong there.
    """
    read = [
        KINDS[column.kind].as_read(frame[column.name], column, BadCells() if is_sample else None)
        for column in described
        if column.used
    ]
    return frame.with_columns(read)


@dataclass(frozen=True)
class Preparation:
    """The preparation of a table's columns into features.

    Parameters
    ----------
    columns : sequence of NumberColumn, CategoryColumn, DateColumn or TextColumn
        Those that are used, in the table's order.
    left_out : sequence of Column
        Those that are not, with the reason.
    said : sequence of str
        What is to be said of how cells are read, of a table that was just learned from.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"age": [20, 30, None, 50], "sex": ["f", "m", "m", "f"]})
    >>> preparation = Preparation.fit(table)
    >>> preparation.features
    ['age', 'age (missing)', 'sex = f', 'sex = m']
    >>> preparation.transform(table).round(2)[:2].tolist()
    [[-1.15, 0.0, 1.0, 0.0], [-0.23, 0.0, 0.0, 1.0]]
    """

    columns: Sequence[Prepared]
    left_out: Sequence[Column] = ()
    said: Sequence[str] = ()

    @property
    def texts(self) -> dict[int, TextColumn]:
        """The columns of texts by their places among all columns."""
        return {k: column for k, column in enumerate(self.columns) if isinstance(column, TextColumn)}

    @classmethod
    def fit(
        cls,
        frame: "pl.DataFrame",
        rows: npt.NDArray[np.int64] | None = None,
        *,
        drop: Collection[str] = (),
        keep: Collection[str] = (),
        category: Collection[str] = (),
        text: Collection[str] = (),
        whole: Whole | None = None,
        how: Written | None = None,
    ) -> "Preparation":
        """Learn the kinds and preparation of columns from a cleaned table without its target.

        Parameters
        ----------
        frame : polars.DataFrame
            The table, as `koubai.tables.files.missing.clean` returns it.
        rows : array of int, optional
            The rows to learn statistics and categories from, the kinds of columns being found on all; all rows, if
            not given.
        drop, keep, category, text : collections of str
            As `koubai.tables.meaning.columns.describe_columns`.
        whole : Whole, optional
            What is known of the whole table, where the frame is a sample of its rows.
        how : Written, optional
            How its numbers and dates are written; found from the frame, if not given.

        Raises
        ------
        DataError
            If no column is of use, or one of numbers holds texts or infinities.
        """
        of_rows = None if whole is None else whole.n_rows
        described = describe_columns(
            frame, drop=drop, keep=keep, category=category, text=text, of_rows=of_rows, how=how
        )
        return cls.learned(described, read_once(frame, described, whole is not None), rows, whole)

    @classmethod
    def learned(
        cls,
        described: Sequence[Column],
        frame: "pl.DataFrame",
        rows: npt.NDArray[np.int64] | None = None,
        whole: Whole | None = None,
        piecewise: bool = False,
    ) -> "Preparation":
        """Learn how to prepare columns of which it is known what they hold, and that `read_once` has read.

        Parameters and errors as `fit`; with ``piecewise``, numbers have a piecewise linear encoding as well.
        """
        columns: list[Prepared] = []
        left_out, said = [], []
        n_pieces = 0
        if piecewise:
            of_numbers = [frame[each.name] for each in described if each.used and each.kind == NUMBER]
            n_pieces = n_pieces_of(of_numbers if rows is None else [column[rows] for column in of_numbers])
        for column in described:
            values = frame[column.name]
            if column.used and rows is not None:
                values = values[rows]
                if values.null_count() == len(values):
                    column = Column(column.name, "missing", worded("tables.note.all_cells_training_rows_missing"))
            if column.used:
                if n_pieces and column.kind == NUMBER:
                    fitted: Prepared = NumberColumn.fit(values, column, n_pieces)
                elif column.kind == TEXT:
                    fitted = TextColumn.fit(values, column, None if whole is None else whole.n_rows)
                    if not fitted.n_terms:
                        left_out.append(Column(column.name, TEXT, NO_TERMS))
                        continue
                else:
                    fitted = KINDS[column.kind].fit(values, column)
                columns.append(fitted if whole is None else whole.corrected(fitted))
                said += [column.note] if column.note else []
            else:
                left_out.append(column)
        if not columns:
            reasons = listed_as(
                "; ", [worded("tables.note.reason", name=column.name, reason=column.reason) for column in left_out[:5]]
            ) or worded("tables.note.there_no_others")
            raise DataError(worded("tables.error.table_have_at_least_column", reasons=reasons))
        return cls(columns, left_out, said)

    @property
    def features(self) -> list[str]:
        """Names of the features, in the order of `transform`'s columns."""
        return [feature for column in self.columns for feature in column.features]

    def plain_features(self) -> npt.NDArray[np.bool_] | None:
        """Return which features are not pieces of a number's range, (n_features,); None if none are pieces."""
        pieces = [
            column.is_piece if isinstance(column, NumberColumn) else [False] * len(column.features)
            for column in self.columns
        ]
        plain = ~np.concatenate(pieces)
        return None if plain.all() else plain

    def transform(
        self,
        frame: "pl.DataFrame",
        dtype: npt.DTypeLike = np.float64,
        first_row: int = 0,
        bad: BadCells | None = None,
    ) -> Array:
        """Return the features of a cleaned table, (n_rows, n_features).

        Parameters
        ----------
        frame : polars.DataFrame
            The table, as `koubai.tables.files.missing.clean` returns it; columns that are not needed are ignored.
        dtype : dtype
            float64 or float32.
        first_row : int
            Which row of the whole table, counted from 0, the frame begins with, for messages.
        bad : BadCells, optional
            Where cells go that do not belong, which are missing then.

        Raises
        ------
        DataError
            If a column is missing, or, without ``bad``, a cell holds what does not belong there.
        """
        self.check_columns(frame.columns)
        blocks = [column.transform(frame[column.name], first_row, bad) for column in self.columns]
        return np.ascontiguousarray(np.hstack(blocks), dtype=dtype)

    def read(self, frame: "pl.DataFrame", first_row: int = 0, bad: BadCells | None = None) -> "pl.DataFrame":
        """Return a cleaned table with its numbers and dates read from texts, which `transform` takes as well.

        Parameters and errors as for `transform`.
        """
        import polars as pl

        self.check_columns(frame.columns)
        columns = [c for c in self.columns if not isinstance(c, OF_WORDS) and frame[c.name].dtype == pl.String]
        return frame.with_columns([column.read(frame[column.name], first_row, bad) for column in columns])

    def outside(self, frame: "pl.DataFrame") -> dict[str, npt.NDArray[np.bool_]]:
        """Return which rows of a table that `read` returned lie outside the training rows, for columns with any."""
        kinds = [column for column in self.columns if not isinstance(column, OF_WORDS)]
        found = {column.name: column.outside(frame[column.name]) for column in kinds}
        return {name: mask for name, mask in found.items() if mask is not None and mask.any()}

    def check_columns(self, names: Collection[str]) -> None:
        """Raise DataError if a table of these columns lacks one that is needed."""
        absent = [column.name for column in self.columns if column.name not in names]
        if absent:
            more = worded("tables.note.more_3", n_absent=len(absent) - 1, space=" ") if len(absent) > 1 else ""
            raise DataError(
                worded(
                    "tables.error.table_have_column_model_learned",
                    absent=repr(absent[0]),
                    more=more,
                    list=", ".join(list(names)[:12]),
                )
            )

    @property
    def is_of_old(self) -> bool:
        """Whether it was saved by a version that kept no formats of numbers."""
        return any(isinstance(c, NumberColumn) and c.kind == NUMBER and c.format is None for c in self.columns)

    def rewritten(self, asked: Asked) -> "Preparation":
        """Return the same preparation for a table whose numbers are written with other marks."""
        columns = [
            replace(column, format=column.format.rewritten(asked))
            if isinstance(column, NumberColumn) and column.format is not None
            else column
            for column in self.columns
        ]
        return replace(self, columns=columns)

    def unseen(self, frame: "pl.DataFrame") -> dict[str, list[str]]:
        """Return the categories of a cleaned table that training did not see, in order, of each column with any."""
        found = {c.name: c.unseen(frame[c.name]) for c in self.columns if isinstance(c, CategoryColumn)}
        return {name: values for name, values in found.items() if values}

    def notes(
        self, names: Sequence[str], unseen: Mapping[str, Sequence[str]], also_known: Collection[str] = ()
    ) -> list[str]:
        """Return what is to be said of a table before predicting.

        Parameters
        ----------
        names : sequence of str
            The table's columns, of which those that are not needed are named.
        unseen : mapping of str to sequence of str
            What `unseen` returned.
        also_known : collection of str
            Further columns that are no surprise.
        """
        known = {column.name for column in (*self.columns, *self.left_out)} | set(also_known)
        extra = [name for name in names if name not in known]
        notes: list[str] = (
            [worded("tables.note.ignored_columns_model_does_not", extra=", ".join(extra))] if extra else []
        )
        for name, values in unseen.items():
            shown = ", ".join(map(repr, values[:5])) + ("…" if len(values) > 5 else "")
            notes.append(worded("tables.note.column_holds_values_training_did", name=repr(name), shown=shown))
        return notes

    def to_record(self) -> tuple[dict[str, object], dict[str, npt.NDArray[np.float64]]]:
        """Return the preparation as plain data and arrays for a model file; `from_record` reads them back."""
        record = {
            "columns": [column.record() for column in self.columns],
            "summaries": [column.summary for column in self.columns],
            "left_out": [
                {"name": column.name, "kind": column.kind, "reason": column.reason} for column in self.left_out
            ],
        }
        tensors = {f"column.{i}": column.tensor for i, column in enumerate(self.columns) if column.tensor.size}
        return record, tensors

    @classmethod
    def from_record(cls, record: Record, tensors: Tensors) -> "Preparation":
        """Return the preparation described by `to_record`.

        Raises
        ------
        ModelFileError
            If the record does not describe one.
        """
        checked = DESCRIPTION.check("Preparation", record, tensors)
        return consistent("Preparation", lambda: cls._restored(checked, tensors))

    @classmethod
    def _restored(cls, record: Record, tensors: Tensors) -> "Preparation":
        columns: list[Prepared] = []
        for index, column in enumerate(record["columns"]):
            name = f"column.{index}"
            tensor = tensors.get(name, np.empty(0))
            if name in tensors or column["kind"] in (DATE, TEXT):
                tensor_of(column).check(name, tensor, {}, tensors)
            columns.append(KINDS[column["kind"]].from_record(column, tensor))
        left_out = [Column(column["name"], column["kind"], column["reason"]) for column in record["left_out"]]
        return cls(columns, left_out)
