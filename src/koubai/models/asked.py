"""Checks of what a `TableModel` is asked to learn: a table's column, by name, and never bare arrays."""

import os
from dataclasses import dataclass

from koubai.core.arguments import WHOLE, check_kind
from koubai.core.errors import ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.tables.files.frames import TableLike
from koubai.tables.files.names import column_name


@dataclass(frozen=True, slots=True)
class Checked:
    """What `koubai.models.table_model.TableModel.check` found to be allowed, whatever the table holds.

    Parameters
    ----------
    target : str
        The column to be predicted.
    test_fraction : float
        Share of the rows that are held out for a test.
    streamed : bool
        Whether the table is read block by block.
    group, time_column : str or None
        The column by which rows are kept apart.
    """

    target: str
    test_fraction: float
    streamed: bool
    group: str | None = None
    time_column: str | None = None


def name_of_target(target: object) -> str:
    """Return a target's name; raise ParameterTypeError if it is not a name but, for example, the targets themselves."""
    if isinstance(target, str | tuple) or not hasattr(target, "__len__") or getattr(target, "ndim", 1) == 0:
        return column_name(target)
    raise ParameterTypeError(
        who="TableModel",
        parameter="target",
        required=worded("core.must.name_column_table"),
        got=worded("core.got.values", n_target=len(target), name=type(target).__name__),
        remedy=worded("core.remedy.add_them_table_column_pass"),
    )


def check_row(row: int, n_rows: int) -> None:
    """Raise ParameterError unless a row, counted from 1, is within the number of rows."""
    check_kind("TableModel", "row", row, WHOLE, 1)
    if not 1 <= row <= n_rows:
        raise ParameterError(
            who="TableModel",
            parameter="row",
            required=worded("core.must.from_one_to", n=n_rows),
            got=repr(row),
            remedy=worded("core.remedy.rows_count"),
        )


def refuse_by_blocks(parameter: str, given: object) -> None:
    """Raise ParameterError for a parameter that a table read block by block does not allow."""
    raise ParameterError(
        who="TableModel",
        parameter=parameter,
        required=worded("core.must.left_out_table_read_block"),
        got=repr(given),
        remedy=worded("core.remedy.leave_out_fit_sample_rows"),
    )


def path_of(table: TableLike) -> str:
    """Return the path of a table to be read block by block; raise ParameterError if the table is in memory."""
    if not isinstance(table, str | os.PathLike):
        raise ParameterError(
            who="TableModel",
            parameter="stream",
            required=worded("core.must.false_table_memory"),
            got=worded("core.got.true", name=type(table).__name__),
            remedy=worded("core.remedy.pass_path_parquet_file"),
        )
    return os.fspath(table)
