"""Writing a table of any size, frame by frame."""

import os
import re
from collections.abc import Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING, Literal

from koubai.tables.files.spreadsheets import guarded

if TYPE_CHECKING:
    import polars as pl


def write_csv(
    frames: "Iterator[pl.DataFrame]", file: IO[bytes], separator: str = ",", *, raw_cells: bool = False
) -> None:
    """Write frames of the same columns one after the other as CSV, the names once.

    Parameters
    ----------
    frames : iterator of polars.DataFrame
        The rows.
    file : binary file
        Where they go.
    separator : str
        What stands between two cells.
    raw_cells : bool
        Whether texts that a spreadsheet would run as formulas are written as they are, without an apostrophe.
    """
    for number, frame in enumerate(frames):
        shown = frame if raw_cells else guarded(frame)
        file.write(shown.write_csv(separator=separator, include_header=number == 0).encode())


def write_parquet(
    frames: "Iterator[pl.DataFrame]",
    file: IO[bytes],
    row_group_size: int | None = None,
    compression: Literal["zstd", "lz4"] = "zstd",
) -> None:
    """Write frames of the same columns one after the other as a Parquet file, in memory that does not grow.

    An error in making a frame is raised as it is, and an error of the system as an OSError.

    Parameters
    ----------
    frames : iterator of polars.DataFrame
        The rows, one frame at least.
    file : binary file
        Where they go.
    row_group_size : int, optional
        Rows that are written together.
    compression : {"zstd", "lz4"}
        How.
    """
    import polars as pl
    from polars.io.plugins import register_io_source

    first = next(frames)
    failed: list[BaseException] = []

    def give(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> "Iterator[pl.DataFrame]":
        try:
            yield from chain([first], frames)
        except BaseException as error:
            failed.append(error)
            raise

    try:
        register_io_source(give, schema=first.schema).sink_parquet(
            file, engine="streaming", row_group_size=row_group_size, compression=compression
        )
    except BaseException as error:
        if failed:
            raise failed[0] from None
        if found := re.search(r"os error (\d+)", str(error)):  # all that polars tells of an error of the system
            number = int(found[1])
            raise OSError(number, os.strerror(number)) from error
        raise
