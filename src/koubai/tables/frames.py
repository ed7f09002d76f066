"""Whatever a user calls a table, as a polars table of cleaned cells."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from koubai.core.errors import DataError, ParameterTypeError
from koubai.tables.missing import NO_MARKS, Marks
from koubai.tables.reading import Table, read_table
from koubai.tables.values import clean

if TYPE_CHECKING:
    import polars as pl

TableLike: TypeAlias = "Table | pl.DataFrame | Mapping[str, Any] | str | os.PathLike[str] | Any"
"""A table that was read, a polars or pandas DataFrame, a mapping of names to values, or a file's path."""


def as_table(given: TableLike, marks: Marks = NO_MARKS) -> Table:
    """Return a table of cleaned cells.

    Parameters
    ----------
    given : Table, DataFrame, mapping or path
        A polars DataFrame or LazyFrame, anything with Arrow's stream interface (pandas, pyarrow), a mapping of column
        names to values, or the path of a file that `read_table` reads.
    marks : Marks, optional
        What the user says of missing values.

    Raises
    ------
    ParameterTypeError
        If it is nothing of the kind.
    DataError
        If the table has no rows, or its columns are of different length.
    """
    read = raw_table(given)
    return replace(read, frame=clean(read.frame, marks=marks))


def raw_table(given: TableLike) -> Table:
    """Return a table of cells as they are; parameters and errors as `as_table`."""
    import polars as pl

    if isinstance(given, str | os.PathLike):
        given = read_table(given)
    if isinstance(given, Table):
        return given
    if isinstance(given, pl.LazyFrame):
        given = given.collect()
    if not isinstance(given, pl.DataFrame):
        if not isinstance(given, Mapping) and not hasattr(given, "__arrow_c_stream__"):
            raise ParameterTypeError(
                f"A table must be a DataFrame, a mapping of column names to values, or a path; "
                f"got {type(given).__name__}. Try polars.DataFrame(…)."
            )
        try:
            given = pl.DataFrame(given)
        except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
            reason = str(error).split("\n", 1)[0]
            raise DataError(f"The table must have columns of equal length and of one type each; {reason}.") from error
    if given.height == 0:
        raise DataError("The table must hold at least one row; it has none.")
    return Table(given, "the table")
