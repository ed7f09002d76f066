"""Conversion of any table-like input to a polars table of cleaned cells."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, Unpack

from koubai.core.errors import DataError, ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.untyped import TableOfOthers
from koubai.tables.files.forks import check_process
from koubai.tables.files.missing import NO_MARKS, Marks, clean
from koubai.tables.files.names import unique_names
from koubai.tables.files.reading import ReadingOptions, Table, read_table

if TYPE_CHECKING:
    import polars as pl

TableLike: TypeAlias = "Table | pl.DataFrame | Mapping[str, object] | str | os.PathLike[str] | TableOfOthers"
"""A `Table`, a polars or pandas DataFrame, a mapping of names to values, or a file path."""


def as_table(given: TableLike, marks: Marks = NO_MARKS, **reading: Unpack[ReadingOptions]) -> Table:
    """Return a table of cleaned cells.

    Column names are distinct strings without surrounding spaces; other names are converted to strings.

    Parameters
    ----------
    given : Table, DataFrame, mapping or path
        A polars DataFrame or LazyFrame, anything with Arrow's stream interface (pandas, pyarrow), a mapping of column
        names to values, or the path of a file that `read_table` reads.
    marks : Marks, optional
        The user's marks of missing values.
    **reading
        How a file is to be read, see `read_table`.

    Raises
    ------
    ParameterTypeError
        If it is none of these.
    ParameterError
        If reading options are given and it is not a file.
    DataError
        If the table has no rows, or its columns differ in length.
    """
    read = raw_table(given, **reading)
    return replace(read, frame=clean(read.frame, marks=marks))


def raw_table(given: TableLike, **reading: Unpack[ReadingOptions]) -> Table:
    """Return a table of raw cells; parameters and errors as for `as_table`."""
    import polars as pl

    check_process()
    if isinstance(given, str | os.PathLike):
        return read_table(given, **reading)
    said = [(name, value) for name, value in reading.items() if value is not None]
    if said:
        raise ParameterError(
            worded(
                "tables.error.left_out_table_memory_got",
                said=said[0][0],
                said_2=repr(said[0][1]),
                name=type(given).__name__,
            )
        )
    if isinstance(given, Table):
        return given
    if isinstance(given, pl.LazyFrame):
        given = given.collect()
    frame, notes = _named(given)
    if frame.height == 0:
        raise DataError(worded("tables.error.table_hold_at_least_row"))
    return Table(frame, "the table", notes=notes)


def _named(given: TableOfOthers) -> "tuple[pl.DataFrame, tuple[str, ...]]":
    """Return a polars frame with normalised column names, and notes on these."""
    import polars as pl

    if isinstance(given, pl.DataFrame):
        names, notes = unique_names(given.columns)
        return given.rename(dict(zip(given.columns, names, strict=True))) if names != given.columns else given, notes
    if isinstance(given, Mapping):
        names, notes = unique_names(list(given))
        return _of_columns(names, list(given.values())), notes
    if _is_pandas(given):
        names, notes = unique_names(list(given.columns))
        return _of_pandas(given, names), notes
    if not hasattr(given, "__arrow_c_stream__"):
        raise ParameterTypeError(worded("tables.error.table_dataframe_mapping_column_names", name=type(given).__name__))
    if len(set(own := getattr(given, "column_names", []))) < len(own):  # of an Arrow table, which polars would refuse
        given = given.rename_columns(unique_names(own)[0])
    try:
        frame = pl.DataFrame(given)
    except (pl.exceptions.PolarsError, NotImplementedError, TypeError, ValueError) as error:
        raise _no_columns(error) from error
    names, notes = unique_names(own or frame.columns)
    frame.columns = names
    return frame, notes


def _of_columns(names: Sequence[str], columns: Sequence[object]) -> "pl.DataFrame":
    import polars as pl

    try:
        frame = pl.DataFrame({f"{place}": column for place, column in enumerate(columns)})
    except (pl.exceptions.PolarsError, NotImplementedError, TypeError, ValueError) as error:
        raise _no_columns(error) from error
    frame.columns = list(names)
    return frame


def _is_pandas(given: object) -> bool:
    return type(given).__module__.partition(".")[0] == "pandas" and hasattr(given, "columns") and hasattr(given, "iloc")


def _of_pandas(given: TableOfOthers, names: Sequence[str]) -> "pl.DataFrame":
    """Convert a pandas frame to polars, at once if all types are supported, else column by column."""
    import polars as pl

    columns = [_plain(given.iloc[:, place]) for place in range(given.shape[1])]
    return pl.DataFrame([_series(column, name) for name, column in zip(names, columns, strict=True)])


def _plain(column: TableOfOthers) -> TableOfOthers:
    """Return a column of pandas in place of one of a type that only pandas has."""
    kind = type(column.dtype).__name__
    if kind == "PeriodDtype":
        return column.dt.to_timestamp()
    if kind == "SparseDtype":
        return column.sparse.to_dense()
    if kind == "IntervalDtype":
        return column.astype(str).where(column.notna(), None)
    if kind == "CategoricalDtype":
        return column.astype(object)
    return column


def _series(column: TableOfOthers, name: str) -> "pl.Series":
    """Convert a pandas column; cells of mixed types become texts, as in a file."""
    import polars as pl

    cells = None
    if column.dtype == object:
        cells = [None if _is_missing(cell) else cell for cell in column.tolist()]
        if len({type(cell) for cell in cells if cell is not None}) > 1 and not _all_numbers(cells):
            cells = [None if cell is None else str(cell) for cell in cells]
    try:
        return pl.Series(name, column if cells is None else cells).alias(name)
    except (pl.exceptions.PolarsError, ImportError, NotImplementedError, TypeError, ValueError, OverflowError):
        pass  # what polars does not know as a whole, it may know as single cells
    try:
        return pl.Series(name, [None if _is_missing(cell) else cell for cell in column.tolist()], strict=False)
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            worded("tables.error.column_hold_numbers_texts_truth", name=repr(name), dtype=column.dtype)
        ) from error


def _is_missing(cell: object) -> bool:
    """Tell whether a cell is None, NaN, NaT or pandas.NA."""
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or (isinstance(cell, float) and cell != cell)


def _all_numbers(cells: Sequence[object]) -> bool:
    return all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells if cell is not None)


def _no_columns(error: Exception) -> DataError:
    reason = str(error).split("\n", 1)[0]
    return DataError(worded("tables.error.table_have_columns_equal_length", reason=reason))
