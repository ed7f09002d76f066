"""Checks of what a `TableModel` is asked to learn: a table's column, by name, and never bare arrays."""

import os
from dataclasses import dataclass

from koubai.core.errors import ParameterError, ParameterTypeError
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
    """

    target: str
    test_fraction: float
    streamed: bool


def name_of_target(target: object) -> str:
    """Return a target's name; raise ParameterTypeError if it is not a name but, for example, the targets themselves."""
    if isinstance(target, str | tuple) or not hasattr(target, "__len__") or getattr(target, "ndim", 1) == 0:
        return column_name(target)
    raise ParameterTypeError(
        who="TableModel",
        parameter="target",
        required="be the name of a column of the table",
        got=f"{len(target)} values ({type(target).__name__})",
        remedy="Add them to the table as a column, or pass X and y to MLPClassifier or MLPRegressor.",
    )


def path_of(table: TableLike) -> str:
    """Return the path of a table to be read block by block; raise ParameterError if the table is in memory."""
    if not isinstance(table, str | os.PathLike):
        raise ParameterError(
            who="TableModel",
            parameter="stream",
            required="be False for a table in memory",
            got=f"True with a {type(table).__name__}",
            remedy="Pass the path of a Parquet file.",
        )
    return os.fspath(table)
